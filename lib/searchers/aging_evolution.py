"""Aging evolution (Real et al., arXiv 1802.01548), asynchronous as in StyleNAS.

A young population of P genomes; each new one is a mutated copy of the best of S drawn members, and the oldest dies.
"""

from collections import deque
from typing import Any, NamedTuple

from lib.searchers.base import Proposal, Searcher, check_init, draw
from lib.spaces.base import Genome, Space, keyed


class Member(NamedTuple):
    """One of the population: proposal, genome and finite score."""

    k: int
    genome: Genome
    score: float


class AgingEvolution(Searcher):
    """Proposal k follows from (seed, k) and the scores told before it; failed genomes never enter the population."""

    name = "aging_evolution"

    def __init__(
        self,
        space: Space,
        seed: int,
        *,
        population: int = 20,  # P
        sample: int = 10,  # S, drawn with replacement
        rate: float | None = None,
        count: int | None = 1,
        init: str = "uniform",
    ) -> None:
        """Raise ValueError for sizes below 1, or unless exactly one of `rate` and `count` (see mutate) is given."""
        super().__init__(space, seed)
        if population < 1 or sample < 1:
            raise ValueError(f"population is {population}, sample is {sample}; at least 1 is allowed")
        space.check_mutation(rate, count)
        self.size, self.sample, self.rate, self.count = population, sample, rate, count
        self.init = check_init(init)
        self.population: deque[Member] = deque(maxlen=population)  # oldest first, by the order of the tells
        self._told = 0

    def settings(self) -> dict[str, Any]:
        mutation = {"rate": self.rate, "count": self.count}
        return {"searcher": self.name, "population": self.size, "sample": self.sample, **mutation, "init": self.init}

    def _propose(self, k: int) -> tuple[Genome, dict[str, Any]] | None:
        if self.size <= k and self._told < self.size:
            return None  # the first P are all scored before the first is copied
        rng = keyed(self.seed, k)
        if k < self.size or not self.population:
            return draw(self.space, self.init, lambda: self.space.sample(rng)), {"parents": []}
        drawn = rng.integers(0, len(self.population), self.sample).tolist()
        parent = min((self.population[i] for i in drawn), key=lambda member: (member.score, -member.k))  # ties: younger
        child = self.space.mutate(parent.genome, rng, rate=self.rate, count=self.count)
        return child, {"parents": [parent.k], "flips": self.space.distance(parent.genome, child)}

    def _learn(self, proposal: Proposal, score: float) -> None:
        self._told += 1
        if score < float("inf"):
            self.population.append(Member(proposal.k, proposal.genome, score))
