"""How to search: ask for a genome, tell its score. The whole state follows from the seed and the scores told.

So a record of scores is a checkpoint: asking and telling again from it restores any searcher.
"""

import math
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar

from lib.spaces.base import Genome, Space

DRAWS = 10_000  # tries for one valid genome before a space counts as having none


@dataclass(frozen=True)
class Proposal:
    """The k-th genome asked for, counted from 0; `origin` (plain JSON) says where it comes from."""

    k: int
    genome: Genome
    origin: dict[str, Any] = field(default_factory=dict)


class Searcher(ABC):
    """A search strategy over one space; a strategy writes `_propose`, and `_learn` where it learns."""

    name: ClassVar[str]  # its key in SEARCHERS

    def __init__(self, space: Space, seed: int) -> None:
        """Raise ValueError for a seed that is not a whole number from 0."""
        if type(seed) is not int or seed < 0:
            raise ValueError(f"seed is {seed!r}; a whole number from 0 is allowed")
        self.space, self.seed = space, seed
        self._asked = 0
        self._pending: deque[Proposal] = deque()  # asked and not yet told

    def ask(self) -> Proposal | None:
        """The next proposal; None while the searcher waits for scores, or once it is done."""
        found = None if self.done else self._propose(self._asked)
        if found is None:
            return None
        proposal = Proposal(self._asked, *found)
        self._asked += 1
        self._pending.append(proposal)
        return proposal

    def tell(self, k: int, score: float) -> None:
        """Take the score of proposal k, lower is better, inf for failed or invalid.

        Raises ValueError if k is not the oldest proposal without a score, or the score is nan or -inf.
        """
        if not self._pending or k != self._pending[0].k:
            expected = self._pending[0].k if self._pending else "none: all proposals have their score"
            raise ValueError(f"k is {k}; scores are told in the order of asking and the next is {expected}")
        if not score > -math.inf:
            raise ValueError(f"the score of k={k} is {score}; a number or inf (failed) is allowed")
        self._learn(self._pending.popleft(), float(score))

    @property
    def done(self) -> bool:
        """Whether the searcher itself ends the search."""
        return False

    @abstractmethod
    def settings(self) -> dict[str, Any]:
        """Everything besides space and seed that shapes the proposals, as plain JSON, with `searcher`: its name."""

    @abstractmethod
    def _propose(self, k: int) -> tuple[Genome, dict[str, Any]] | None:
        """Genome and origin of proposal k; None to wait for scores."""

    def _learn(self, proposal: Proposal, score: float) -> None:  # noqa: B027 (random search learns nothing)
        """Take in one score."""


def check_init(init: str) -> str:
    """The rule for random genomes: "uniform", or "valid" to redraw invalid ones; ValueError for another."""
    if init not in ("uniform", "valid"):
        raise ValueError(f"init is {init!r}; allowed are 'uniform' and 'valid'")
    return init


def draw(space: Space, init: str, sample: Callable[[], Genome]) -> Genome:
    """A random genome; for `init` "valid" drawn again until the space finds nothing against it.

    Raises ValueError where no draw is valid.
    """
    for _ in range(DRAWS):
        genome = sample()
        if init == "uniform" or space.invalid(genome) is None:
            return genome
    raise ValueError(f"none of {DRAWS} random genomes of {space.name} is valid: {space.invalid(genome)}")


def drive(
    searcher: Searcher, score: Callable[[Genome], float], budget: int, window: int = 1
) -> Iterator[tuple[Proposal, float]]:
    """Search in this process without a record: proposals with their scores, in order, at most `budget` of them.

    Up to `window` proposals are asked before the oldest is told, as in the search loop.
    """
    waiting: deque[Proposal] = deque()
    asked = 0
    while True:
        while asked < budget and len(waiting) < window and (proposal := searcher.ask()):
            waiting.append(proposal)
            asked += 1
        if not waiting:
            return
        proposal = waiting.popleft()
        value = score(proposal.genome)
        searcher.tell(proposal.k, value)
        yield proposal, value
