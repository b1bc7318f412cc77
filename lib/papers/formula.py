"""A formula as the score of any paper's space: a toy objective for comparing searchers, no training."""

from dataclasses import dataclass

import numpy as np

from lib.papers.problem import Problem
from lib.search.workers import Outcome
from lib.spaces.base import Genome, Space, keyed

SEED = 0  # of the costs


@dataclass(frozen=True)
class Additive:
    """A space in which every choice costs something, whatever the others are; the best of each gene costs nothing."""

    space: Space
    costs: tuple[tuple[float, ...], ...]  # of each gene's choices; the dearest genome costs 1

    @classmethod
    def of(cls, space: Space) -> "Additive":
        """Costs drawn once, uniformly."""
        rng = keyed(SEED)
        drawn = [rng.random(len(gene.choices)) for gene in space.genes]
        total = sum(float(np.ptp(costs)) for costs in drawn)
        return cls(space, tuple(tuple(((costs - costs.min()) / total).tolist()) for costs in drawn))


def additive(table: Additive, genome: Genome, seed: int) -> Outcome:
    """The sum of the costs of a genome's choices, 0 to 1."""
    return Outcome(sum(costs[choice] for costs, choice in zip(table.costs, genome, strict=True)))


def problem(name: str, title: str, space: Space) -> Problem:
    """A paper's space under such costs; its optimum is 0."""
    table = Additive.of(space)
    identity = {"costs": [list(costs) for costs in table.costs]}
    return Problem(name, title, "standin", space, additive, table, identity, "share of the highest cost", 0.0)
