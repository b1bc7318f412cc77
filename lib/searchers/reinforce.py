"""REINFORCE over any space: the policy proposes a batch, learns from its scores, and proposes the next."""

import math
from collections import deque
from typing import Any

from lib.searchers.base import Proposal, Searcher
from lib.spaces.base import Genome, Space, keyed


class Reinforce(Searcher):
    """The reward is the negative score; a failed genome earns the worst reward seen so far.

    `batch` proposals make an update; the other settings are those of the controller.
    """

    name = "reinforce"

    def __init__(
        self,
        space: Space,
        seed: int,
        *,
        batch: int = 10,
        hidden: int = 100,
        lr: float = 3e-3,
        beta: float = 1e-4,
        decay: float = 0.9,
    ) -> None:
        """Raise ValueError for a batch below 1."""
        from lib.searchers.controller import Controller  # here alone: the other searchers need no torch

        super().__init__(space, seed)
        if batch < 1:
            raise ValueError(f"batch is {batch}; at least 1 is allowed")
        self.batch = batch
        self._policy: dict[str, Any] = {"hidden": hidden, "lr": lr, "beta": beta, "decay": decay}
        self.controller = Controller(space, seed, **self._policy)
        self._update = 0
        self._drawn: deque[Genome] = deque()  # not yet asked
        self._scored: list[tuple[Genome, float]] = []
        self._worst = -math.inf

    def settings(self) -> dict[str, Any]:
        return {"searcher": self.name, "batch": self.batch, **self._policy}

    def _propose(self, k: int) -> tuple[Genome, dict[str, Any]] | None:
        if k == (self._update + 1) * self.batch:
            return None  # the policy moves once the whole batch is scored
        if k == self._update * self.batch:
            self._drawn.extend(self.controller.sample(keyed(self.seed, self._update), self.batch).genomes)
        return self._drawn.popleft(), {"update": self._update}

    def _learn(self, proposal: Proposal, score: float) -> None:
        self._scored.append((proposal.genome, score))
        if len(self._scored) < self.batch:
            return
        genomes, scores = zip(*self._scored, strict=True)
        self._worst = max([self._worst, *(score for score in scores if score < math.inf)])
        if self._worst > -math.inf:  # without any success there is nothing to learn
            self.controller.update(genomes, [-min(score, self._worst) for score in scores])
        self._scored, self._update = [], self._update + 1
