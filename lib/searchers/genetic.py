"""The genetic algorithm of NAS-DIP (Ho et al., arXiv 2001.04776, section 3.2)."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from lib.searchers.base import Proposal, Searcher, check_init, draw
from lib.searchers.generation import TRANSFORMS, Member, Parents, Stop, fitness
from lib.spaces.base import Genome, Space, keyed

CHOICES = {"parents": ("middle", "survivors"), "fitness": TRANSFORMS, "selection": ("proportional", "tournament")}


@dataclass(frozen=True)
class Setup:
    """K = `population`; the share `elite` (at least one) passes unchanged, and as many of the worst are dropped.

    Parents come from the "middle" between both or from all "survivors", with probability proportional to fitness or
    as the best of `tournament`; `rate` is the mutation rate of a gene. Raises ValueError for other values.
    """

    population: int = 50
    elite: float = 0.05
    rate: float = 0.05
    parents: str = "survivors"
    fitness: str = "rank"
    selection: str = "proportional"
    tournament: int = 3
    init: str = "uniform"
    stop: Stop | None = None

    def __post_init__(self) -> None:
        for name, allowed in CHOICES.items():
            if getattr(self, name) not in allowed:
                raise ValueError(f"{name} is {getattr(self, name)!r}; allowed are {', '.join(allowed)}")
        check_init(self.init)
        if self.tournament < 1 or self.breeding.start >= self.breeding.stop:
            raise ValueError(f"{self} leaves no parents: population or tournament is too small, or elite too large")

    @property
    def elites(self) -> int:
        """How many pass unchanged, and how many are dropped."""
        return max(1, round(self.elite * self.population))

    @property
    def breeding(self) -> slice:
        """The ranks that parents come from, 0 the best."""
        return slice(self.elites if self.parents == "middle" else 0, self.population - self.elites)


class Genetic(Searcher):
    """Generation 0 is the first K genomes of random search; all draws of an offspring follow (generation, slot).

    `population` is the last generation that was fully told, best first; `trace` has the best and mean fitness over
    the valid members of each generation (of the negative score where fitness is a rank), nan without any.
    """

    name = "genetic"

    def __init__(self, space: Space, seed: int, **setup: Any) -> None:
        """Take the fields of `Setup` by name."""
        super().__init__(space, seed)
        self.setup = Setup(**setup)
        space.check_mutation(self.setup.rate, None)
        self.population: list[Member] = []
        self.trace: list[tuple[float, float]] = []
        self._parents: Parents | None = None
        self._slot, self._scored = 0, list[Member]()  # how far the next generation is asked and told

    def settings(self) -> dict[str, Any]:
        return {"searcher": self.name, **asdict(self.setup)}

    @property
    def done(self) -> bool:
        """Whether the stop rule ended the search."""
        return self.setup.stop is not None and self.setup.stop.reached(self.trace)

    def _propose(self, k: int) -> tuple[Genome, dict[str, Any]] | None:
        generation, slot = len(self.trace), self._slot
        if slot == self.setup.population:
            return None  # the next generation needs all scores of this one
        self._slot += 1
        origin: dict[str, Any] = {"generation": generation, "slot": slot}
        if self._parents is None:
            rng = keyed(self.seed, k)
            return draw(self.space, self.setup.init, lambda: self.space.sample(rng)), origin
        rng = keyed(self.seed, generation, slot)
        a, b = self._parents.draw(rng), self._parents.draw(rng)
        cut = self.space.cut(rng)
        child = self.space.join(a.genome, b.genome, cut)
        mutant = self.space.mutate(child, rng, rate=self.setup.rate)
        origin |= {"parents": [a.k, b.k], "cut": cut, "flips": self.space.distance(child, mutant)}
        if hasattr(self.space, "live_bits"):
            live = self.space.live_bits(child)
            origin["live_flips"] = sum(x != y and alive for x, y, alive in zip(child, mutant, live, strict=True))
        return mutant, origin

    def _learn(self, proposal: Proposal, score: float) -> None:
        genome = proposal.genome
        standing = genome if np.isinf(score) else self.space.canonical(genome)
        self._scored.append(Member(score, self.space.text(standing), proposal.k, genome))
        if len(self._scored) == self.setup.population:
            self._turn()

    def _turn(self) -> None:
        """Close a generation: rank it, weigh its parents, pass on its elite."""
        self.population, setup = sorted(self._scored), self.setup
        scores = np.array([member.score for member in self.population])
        weights, valid = fitness(scores, setup.fitness), np.isfinite(scores)
        level = (-scores if setup.fitness == "rank" else weights)[valid]
        self.trace.append((float(level.max()), float(level.mean())) if valid.any() else (np.nan, np.nan))
        tournament = setup.tournament if setup.selection == "tournament" else None
        self._parents = Parents(self.population[setup.breeding], weights[setup.breeding], tournament)
        self._scored, self._slot = self.population[: setup.elites], setup.elites
