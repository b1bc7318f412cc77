"""A formula as the score of any paper's space: a toy objective for comparing searchers, no training."""

import numpy as np

from lib.papers.problem import Problem
from lib.search.workers import Outcome
from lib.spaces.base import Genome, Space, keyed

SEED = 0  # of the costs
Costs = tuple[tuple[float, ...], ...]  # of each gene's choices


def additive(costs: Costs, genome: Genome, seed: int) -> Outcome:
    """The sum of the costs of a genome's choices, 0 to 1."""
    return Outcome(sum(of[choice] for of, choice in zip(costs, genome, strict=True)))


def problem(name: str, title: str, space: Space) -> Problem:
    """A paper's space in which every choice costs something, drawn once, whatever the others are.

    The best choice of each gene costs nothing, so that the optimum is 0, and the dearest genome costs 1.
    """
    rng = keyed(SEED)
    drawn = [rng.random(len(gene.choices)) for gene in space.genes]
    total = sum(float(np.ptp(costs)) for costs in drawn)
    costs = tuple(tuple(((one - one.min()) / total).tolist()) for one in drawn)
    identity = {"costs": [list(one) for one in costs]}
    return Problem(name, title, "standin", space, additive, costs, identity, "share of the highest cost", 0.0)
