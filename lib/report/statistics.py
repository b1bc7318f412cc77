"""Statistics behind the claims: resampling intervals, rank tests, shares, pairwise preferences, Pareto fronts.

Bradley-Terry strengths come from two-alternative votes, one row a click with the columns `voter`, `left_id`, `right_id`
and `choice`; their intervals resample whole voters, whose clicks are not independent.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

CHOICES = ("left", "right", "cannot decide", "skip")
MOST_UPDATES = 10_000  # of Bradley-Terry strengths
CENTRAL = [50 * (1 - 0.95), 50 * (1 + 0.95)]  # percentiles that hold 95% between them
VIRTUAL = 0.5  # wins added each way to every pair, so that an unbeaten option stays finite
Statistic = Callable[..., Any]
Values = Sequence[float] | np.ndarray


class Interval(NamedTuple):
    """An estimate with its 95% interval from n observations; limits are NaN where unknown."""

    value: float
    low: float
    high: float
    n: int


def bootstrap(values: ArrayLike, statistic: Statistic = np.mean, *, seed: int, n: int = 2000) -> Interval:
    """Percentile bootstrap of `statistic(values)`, resampling the first axis `n` times; one value has no interval."""
    array = np.asarray(values, float)
    if statistic is not np.mean or array.ndim > 1 or len(array) < 2:
        return bootstrap_groups([array], statistic, seed=seed, n=n)
    drawn = np.random.default_rng(seed).integers(0, len(array), (n, len(array)))  # the same draws, all means at once
    return Interval(float(array.mean()), *_limits(array[drawn].mean(axis=1)), len(array))


def bootstrap_groups(groups: Sequence[ArrayLike], statistic: Statistic, *, seed: int, n: int = 2000) -> Interval:
    """Percentile bootstrap of `statistic(*groups)`, each group resampled within itself, e.g. a difference of means.

    The interval is unknown (NaN) unless every group has two values.
    """
    arrays = [np.asarray(group, float) for group in groups]
    value, count = float(statistic(*arrays)), sum(map(len, arrays))
    if min(map(len, arrays)) < 2:
        return Interval(value, np.nan, np.nan, count)
    rng = np.random.default_rng(seed)
    draws = [statistic(*(array[rng.integers(0, len(array), len(array))] for array in arrays)) for _ in range(n)]
    return Interval(value, *_limits(draws), count)


def pooled(groups: Iterable[np.ndarray]) -> tuple[float, int]:
    """Standard deviation within groups and its degrees of freedom; NaN and 0 where no group has two values."""
    repeated = [group for group in groups if len(group) > 1]
    free = sum(len(group) - 1 for group in repeated)
    squares = sum(float(((group - group.mean()) ** 2).sum()) for group in repeated)
    return (float(np.sqrt(squares / free)), free) if free else (np.nan, 0)


def student(a: Values, b: Values, noise: tuple[float, int]) -> Interval:
    """Mean a - mean b (0 where b is empty) with Student's interval for noise of so many degrees of freedom."""
    sd, free = noise
    value = float(np.mean(a) - (np.mean(b) if len(b) else 0.0))
    width = np.sqrt(sum(1 / len(side) for side in (a, b) if len(side)))
    half = float(stats.t.ppf(0.975, free) * sd * width) if free else np.nan
    return Interval(value, value - half, value + half, len(a) + len(b))


def welch(a: Values, b: Values) -> Interval:
    """Mean a - mean b with Welch's interval, as their spreads may differ; unknown (NaN) where one is a single value."""
    value = float(np.mean(a) - np.mean(b))
    if min(len(a), len(b)) < 2:
        return Interval(value, np.nan, np.nan, len(a) + len(b))
    limits = stats.ttest_ind(a, b, equal_var=False).confidence_interval()
    return Interval(value, float(limits.low), float(limits.high), len(a) + len(b))


def satterthwaite(value: float, variances: ArrayLike, frees: ArrayLike, n: int, level: float = 0.95) -> Interval:
    """A value with Student's interval for a sum of independent variances, each of so many degrees of freedom.

    Those of the sum are Welch's and Satterthwaite's. Unknown (NaN) where a variance has none or all are 0.
    """
    each, free = np.asarray(variances, float), np.asarray(frees, float)
    if not free.all() or not each.sum() > 0:
        return Interval(value, np.nan, np.nan, n)
    half = float(stats.t.ppf((1 + level) / 2, each.sum() ** 2 / (each**2 / free).sum()) * np.sqrt(each.sum()))
    return Interval(value, value - half, value + half, n)


def contrast(weights: np.ndarray, means: np.ndarray, counts: np.ndarray, noise: tuple[float, int]) -> Interval:
    """Weighted sum of means of so many values each, with Student's interval for noise of so many degrees of freedom."""
    sd, free = noise
    variance = sd**2 * float((weights**2 / counts).sum())
    return satterthwaite(float((weights * means).sum()), [variance], [free], int(counts.sum()))


def simulated(statistic: Callable[[np.ndarray], np.ndarray], means: np.ndarray, counts: np.ndarray,
              noise: tuple[float, int], *, seed: int, n: int = 4000) -> Interval:  # fmt: skip
    """A statistic of an array of means of so many values each, with the interval that their noise gives it.

    `statistic` takes arrays with any further leading axis. Means are drawn around those found, with Student's tails.
    """
    value, (sd, free), count = float(statistic(means)), noise, int(counts.sum())
    if not free:
        return Interval(value, np.nan, np.nan, count)
    rng = np.random.default_rng(seed)
    scale = sd * np.sqrt(free / rng.chisquare(free, (n, *[1] * means.ndim)))
    drawn = statistic(means + scale / np.sqrt(counts) * rng.standard_normal((n, *means.shape)))
    return Interval(value, *_limits(drawn), count)


def over_seeds(each: Iterable[float], limits: tuple[float, float] = (-np.inf, np.inf)) -> Interval:
    """Mean over searches with Student's interval, cut at the limits; one search has none."""
    found = np.array(list(each))
    effect = student(found, (), pooled([found]))
    low, high = np.clip((effect.low, effect.high), *limits)
    return effect._replace(low=float(low), high=float(high))


def spearman(x: ArrayLike, y: ArrayLike) -> Interval:
    """Spearman's rank correlation with the interval of Bonett and Wright (2000) on Fisher's z scale.

    For the interval, a correlation of one counts as half a step below the next smaller value that n ranks can give,
    so that few points in perfect order do not look certain. Below four points the interval is [-1, 1]; a constant
    sample has no correlation (NaN).
    """
    a, b = np.asarray(x, float), np.asarray(y, float)
    n = len(a)
    if n < 2 or np.ptp(a) == 0 or np.ptp(b) == 0:
        return Interval(np.nan, np.nan, np.nan, n)
    value = float(np.clip(np.corrcoef(stats.rankdata(a), stats.rankdata(b))[0, 1], -1, 1))
    if n < 4:
        return Interval(value, -1.0, 1.0, n)
    limit = 1 - 6 / (n**3 - n)
    z, error = np.arctanh(np.clip(value, -limit, limit)), np.sqrt((1 + value**2 / 2) / (n - 3))
    low, high = np.tanh(z + np.array([-1, 1]) * stats.norm.ppf(0.975) * error)
    return Interval(value, min(float(low), value), max(float(high), value), n)


def mean_rank_difference(a: ArrayLike, b: ArrayLike, *, seed: int, n: int = 2000) -> Interval:
    """Mean rank of `a` minus mean rank of `b` in the pooled sample (ties share ranks), with a bootstrap interval."""

    def difference(first: np.ndarray, second: np.ndarray) -> float:
        ranks = stats.rankdata(np.concatenate([first, second]))
        return float(ranks[: len(first)].mean() - ranks[len(first) :].mean())

    return bootstrap_groups([a, b], difference, seed=seed, n=n)


def wilson(wins: float, n: float) -> Interval:
    """Share of wins with Wilson's interval; half wins (ties) are allowed, without trials the interval is [0, 1]."""
    if n == 0:
        return Interval(np.nan, 0.0, 1.0, 0)
    z, share = float(stats.norm.ppf(0.975)), wins / n
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    return Interval(share, max(0.0, float(centre - half)), min(1.0, float(centre + half)), round(n))


def win_matrix(votes: pd.DataFrame) -> pd.DataFrame:
    """Wins of the row option over the column option; a tie is half a win each, skipped trials do not count."""
    names = sorted({*votes["left_id"], *votes["right_id"]})
    return pd.DataFrame(_tally(votes, names), index=names, columns=names)


def bradley_terry(wins: pd.DataFrame) -> pd.Series:
    """Log strengths from the wins of row over column, normalised to mean 0.

    Half a virtual win both ways in every pair keeps unbeaten and never compared options finite. Minorise-maximise
    update: b_i <- W_i / sum_j n_ij / (b_i + b_j).
    """
    return pd.Series(_log_strengths(wins.to_numpy(float)[None], 1e-10)[0], index=wins.index, name="strength")


def bradley_terry_intervals(votes: pd.DataFrame, *, seed: int, n: int = 1000) -> pd.DataFrame:
    """One row an option: option, strength (log), low, high.

    The interval comes from `n` bootstrap resamples of whole voters; with one voter it is unknown (NaN).
    """
    strengths = bradley_terry(win_matrix(votes))
    low, high = _limits(_resampled(votes, list(strengths.index), seed, n))
    return strengths.rename_axis("option").reset_index().assign(low=low, high=high)


def bradley_terry_difference(votes: pd.DataFrame, a: str, b: str, *, seed: int, n: int = 1000) -> Interval:
    """Log strength of option `a` minus that of `b` with the same bootstrap over voters; n counts the comparisons."""
    wins = win_matrix(votes)
    strengths, names = bradley_terry(wins), list(wins.index)
    draws = _resampled(votes, names, seed, n)
    low, high = _limits(draws[:, names.index(a)] - draws[:, names.index(b)])
    return Interval(float(strengths[a] - strengths[b]), low, high, round(float(wins.to_numpy().sum())))


def win_shares(votes: pd.DataFrame) -> pd.DataFrame:
    """One row an option: option, share of its comparisons won (ties half), Wilson's low and high, n."""
    wins = win_matrix(votes)
    won, lost = wins.sum(axis=1), wins.sum(axis=0)
    rows = [(option, *wilson(won[option], won[option] + lost[option])) for option in wins.index]
    return pd.DataFrame(rows, columns=["option", "value", "low", "high", "n"])


def pareto_front(points: ArrayLike) -> np.ndarray:
    """Mask (N,) of the points (N, D) that no other dominates, every column minimised; equal points stay together.

    A point with a NaN or an infinite coordinate is never in the front.
    """
    array = np.asarray(points, float)
    finite = np.isfinite(array).all(1)
    known = np.where(finite[:, None], array, np.inf)
    no_worse = (known[:, None] <= known[None]).all(2)  # [i, j]: i is at most j everywhere
    better = (known[:, None] < known[None]).any(2)
    return np.asarray(finite & ~(no_worse & better).any(0))


def hypervolume(points: ArrayLike, reference: tuple[float, float] = (1.0, 1.0)) -> float:
    """Area that 2-D points dominate below the reference point, both columns minimised; points beyond it add nothing."""
    array = np.asarray(points, float).reshape(-1, 2)
    inside = array[np.isfinite(array).all(1) & (array < np.asarray(reference)).all(1)]
    front = inside[pareto_front(inside)] if len(inside) else inside
    front = front[np.lexsort((front[:, 1], front[:, 0]))]
    above = np.concatenate([[reference[1]], front[:-1, 1]]) if len(front) else front[:, 1]
    return float(((reference[0] - front[:, 0]) * (above - front[:, 1])).sum())


def _tally(votes: pd.DataFrame, names: list[str]) -> np.ndarray:
    """Wins (option, option) of the rows, in the order of the names."""
    counted = votes[votes["choice"] != "skip"]
    left, right = (np.searchsorted(names, counted[side].to_numpy(str)) for side in ("left_id", "right_id"))
    share = counted["choice"].map({"left": 1.0, "right": 0.0, "cannot decide": 0.5}).to_numpy(float)
    wins = np.zeros((len(names), len(names)))
    np.add.at(wins, (left, right), share)
    np.add.at(wins, (right, left), 1 - share)
    return wins


def _resampled(votes: pd.DataFrame, names: list[str], seed: int, n: int) -> np.ndarray:
    """Log strengths (n, options) of tables made of as many voters, drawn with replacement; no rows for one voter."""
    tables = np.stack([_tally(rows, names) for _, rows in votes.groupby("voter", sort=True)])
    if len(tables) < 2:
        return np.empty((0, len(names)))
    drawn = np.random.default_rng(seed).multinomial(len(tables), np.full(len(tables), 1 / len(tables)), n)
    return _log_strengths(np.tensordot(drawn, tables, 1), 1e-8)


def _log_strengths(wins: np.ndarray, tolerance: float) -> np.ndarray:
    """Log strengths (tables, options) of win tables (tables, options, options), virtual wins included."""
    options = wins.shape[-1]
    wins = wins + VIRTUAL * (1 - np.eye(options))
    played, won = wins + wins.transpose(0, 2, 1), wins.sum(2)
    strength = np.ones(wins.shape[:2])
    for _ in range(MOST_UPDATES):
        new = won / (played / (strength[:, :, None] + strength[:, None])).sum(2)
        new /= np.exp(np.log(new).mean(1, keepdims=True))
        moved = float(np.abs(np.log(new) - np.log(strength)).max())
        strength = new
        if moved < tolerance:
            break
    return np.log(strength)


def _limits(draws: Any) -> tuple[Any, Any]:
    """The central 95% of draws, of each column where there are several; NaN without draws."""
    low, high = np.percentile(draws, CENTRAL, axis=0) if len(draws) else np.full((2, *np.shape(draws)[1:]), np.nan)
    return low, high
