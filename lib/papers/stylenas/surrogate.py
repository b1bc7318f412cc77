"""The surrogate objective: a formula in place of training, to try searches on in seconds (section 5.6).

It sums up the authors' log of one search, a biased sample in which good genomes are alike: for tests and budgets, never
for conclusions on what an operator does.
"""

from math import exp, fsum
from typing import Any

from lib.papers.stylenas.experiments import SPACE, WEIGHTS
from lib.search.workers import Outcome
from lib.spaces.base import Genome, keyed

PENALTY = 1.0  # of the ridge; chosen so that the fit gives the printed numbers
START = (-4.04, 0.21)  # log E and log P of the empty genome
EFFECTS = {  # what each active operator adds to them
    0: (-0.04, -0.08), 1: (-0.07, 0.03), 2: (-0.02, -0.03), 3: (0.19, 0.13), 4: (0.20, 0.08), 5: (0.29, 0.26),
    6: (-0.07, -0.01), 7: (0.06, 0.12), 9: (0.09, 0.05), 10: (-0.17, -0.13), 11: (0.10, 0.05), 12: (-0.02, -0.05),
    13: (-0.13, -0.16), 14: (0.04, 0.04), 15: (0.09, 0.11), 16: (0.19, 0.06), 17: (-0.30, -0.07), 18: (0.07, -0.18),
    19: (-0.08, -0.02), 20: (0.07, -0.06), 21: (-0.16, -0.26), 22: (-0.06, -0.06), 23: (-0.21, 0.08),
    24: (0.71, 0.12), 25: (-0.20, -0.67), 26: (-0.04, 0.17), 27: (-0.60, -0.42), 28: (-0.37, 0.11),
    29: (-1.03, -1.00), 30: (0.85, 0.78), 31: (-0.51, -0.26),
}  # fmt: skip
NOISE = 0.0025  # standard deviation of L between trainings of one genome


IDENTITY: dict[str, Any] = {  # for a record's header
    "start": list(START), "noise": NOISE, "effects": {str(place): list(pair) for place, pair in EFFECTS.items()},
}  # fmt: skip


def parts(genome: Genome) -> dict[str, float]:
    """E, P and O of a genome, without noise: E and P are exponentials of sums over its active operators."""
    active = SPACE.decode(genome).active
    e, p = (exp(START[i] + fsum(EFFECTS[place][i] for place in active)) for i in (0, 1))
    return {"E": e, "P": p, "O": SPACE.ones(genome) / len(genome)}


def evaluate(settings: None, genome: Genome, seed: int) -> Outcome:
    """The outcome of a genome: L, lower is better, with its parts and the `true` L without noise.

    The noise follows from seed and genome, so that this is a function, as a training with its seed is.
    """
    found = parts(genome)
    true = sum(weight * found[name] for weight, name in zip(WEIGHTS, "EPO", strict=True))
    return Outcome(true + NOISE * float(keyed(seed, *genome).standard_normal()), {**found, "true": true})
