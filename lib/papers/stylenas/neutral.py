"""The neutral control of claim C4: aging evolution told scores by chance (section 5.6).

Its curves of distance fall too, because late genomes are relatives. Replicas run side by side, without a searcher.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.stats import rankdata

from lib.spaces.base import keyed
from lib.spaces.stylenas import POSITIONS


@dataclass(frozen=True)
class Neutral:
    """Replicas under random scores: the index of each one's best (R,), and every genome's distance to it (R, C)."""

    best: np.ndarray
    distances: np.ndarray

    def band(self) -> pd.DataFrame:
        """For each `index` the 5th, 50th and 95th percentile over the replicas: `low`, `median` and `high`."""
        levels = np.percentile(self.distances, [5, 50, 95], axis=0)
        return pd.DataFrame(levels.T, columns=["low", "median", "high"]).rename_axis("index").reset_index()


def replicas(
    count: int,
    evaluations: int,  # C
    population: int,  # P
    sample: int,  # S
    *,
    best: int | None = None,
    window: int = 1,
    bits: int = len(POSITIONS),
    seed: int = 0,
) -> Neutral:
    """So many searches of C evaluations under random scores, with one flip a child and none that fails.

    With `best` each has its lowest score at that index: exact, since chance scores do not depend on the genomes. With
    a `window`, children are drawn while so many less one scores are outstanding, as in the search loop.
    """
    rng, rows = keyed(seed), np.arange(count)
    scores = rng.random((count, evaluations))
    if best is not None:
        lowest = scores.argmin(1)
        scores[rows, lowest], scores[:, best] = scores[:, best].copy(), scores[rows, lowest]
    genomes = rng.integers(0, 2, (count, evaluations, bits), dtype=np.int8)
    for k in range(population, evaluations):
        told = max(population, k - window + 1)
        drawn = rng.integers(told - population, told, (count, sample))
        parent = drawn[rows, scores[rows[:, None], drawn].argmin(1)]
        genomes[:, k] = genomes[rows, parent]
        genomes[rows, k, rng.integers(0, bits, count)] ^= 1
    lowest = scores.argmin(1)
    return Neutral(lowest, (genomes != genomes[rows, lowest][:, None]).sum(2))


def trend(distances: ArrayLike) -> np.ndarray:
    """Spearman's correlation of the index with distances (..., C): below 0 where they fall, NaN where all are equal."""
    ranks = rankdata(distances, axis=-1)
    ranks -= ranks.mean(-1, keepdims=True)
    order = np.arange(ranks.shape[-1]) - (ranks.shape[-1] - 1) / 2
    with np.errstate(invalid="ignore"):
        return ranks @ order / np.sqrt((ranks**2).sum(-1) * (order**2).sum())


def percentile(values: np.ndarray, observed: float) -> float:
    """The share of the control, in percent, that is at most the observed value, which counts as one of it."""
    return 100 * (1 + int((values <= observed).sum())) / (1 + len(values))
