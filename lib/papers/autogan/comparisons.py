"""Intervals behind the claims: trained networks over seeds of training, searches over their own seeds.

Where at least one network was trained twice, what one training differs from another is pooled over all networks.
Without any repeat nothing is decided.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from lib.papers.autogan import records
from lib.papers.autogan.experiments import SPACE
from lib.papers.autogan.records import WINNERS, Stored
from lib.papers.study import Study
from lib.report import statistics
from lib.report.claims import Claim, Finding, Test, Verdict, above, below, inside_band, not_run
from lib.report.statistics import Interval, over_seeds, pooled, satterthwaite, student, welch

SEED, DRAWS = 0, 1000  # of resampling
FEWEST = 4  # points of a rank correlation
STAGE = 5  # iterations at a stage's ends, or half of it where it is shorter
AGAIN = "a training with another seed is needed"


def network(part: str, given: Sequence[Any], study: Study, claim: Claim) -> Finding:
    """A score of one network, or of one less another, against a number, a band or, with `noise`, that of retraining.

    `given` is measure, one network, the other or nothing, comparison, threshold. `WINNERS` are the best of all
    searches, a search each; they differ in genome and search too, so that their spread is their own.
    """
    measure, larger, smaller, compare, threshold = given
    called, known = records.name(study, part, measure), records.values(study, part, measure)
    noise = pooled(value for name, value in known.items() if name != WINNERS)
    names = [larger, *filter(None, [smaller])]
    if lacking := [name for name in names if name not in known]:
        return not_run(claim, f"network {lacking[0]} has no {called} in part {part}")
    sides = [known[name] for name in names]
    if WINNERS in names:
        effect, unit = welch(*sides), "Welch's interval, a search or a training each"
    else:
        effect = student(sides[0], sides[1] if smaller else (), noise)
        unit = f"over trainings, {noise[1]} degrees of freedom"
    note = f"{called}: {_means(names, sides)}; {unit if np.isfinite(effect.low) else AGAIN}"
    if threshold != "noise":
        return compare(claim, effect, threshold, note=note)
    if not noise[1]:
        return not_run(claim, "needs a network trained twice, for the noise of retraining")
    return above(claim, effect, -2 * noise[0], strict=False, note=note)


def ends(column: str, parts: Sequence[str], study: Study, claim: Claim, *, first: bool = False,
         band: float | None = None, relative: bool = False) -> Finding:  # fmt: skip
    """Is a column at the end (or start) of the searches of one part above that of another, over seeds?

    With a band: do they differ by less, absolute or as a share of the first's mean?
    """
    sides = [np.array([one.edge(column, first=first) for one in records.searches(study, part)]) for part in parts]
    effect = student(sides[0], sides[1], pooled(sides))
    called = records.name(study, f"{parts[0]}-0", column.removeprefix("greedy_"))
    note = f"{called} of the likeliest child: {_means(parts, sides)}"
    if band is None:
        return above(claim, effect, 0.0, note=note)
    unit = abs(sides[0].mean()) if relative else 1.0
    share = Interval(effect.value / unit, effect.low / unit, effect.high / unit, effect.n)
    return inside_band(claim, share, (-band, band), note=note)


def _means(names: Sequence[str], sides: Sequence[np.ndarray]) -> str:
    """Each side's mean and number, in words."""
    return ", ".join(f"{name} {side.mean():.4g} ({len(side)})" for name, side in zip(names, sides, strict=True))


def cost(of: str, parts: Sequence[str], study: Study, claim: Claim) -> Finding:
    """Is the whole cost of one part's searches below another's, in D-steps or `seconds`? Logarithms over seeds."""
    sides = [np.array([float(one.seconds.sum() if of == "seconds" else one.rows[of].iloc[-1])
                       for one in records.searches(study, part)]) for part in parts]  # fmt: skip
    logs = list(map(np.log, sides))
    effect = Interval(*np.exp(student(logs[0], logs[1], pooled(logs))[:3]), n=sum(map(len, sides)))  # type: ignore[misc]
    each = ", ".join(f"{part} {side.mean():,.0f}" for part, side in zip(parts, sides, strict=True))
    return below(claim, effect, 1.0, note=f"{of.replace('_', '-')}: {each}")


def after_resets(test: Test, study: Study, claim: Claim) -> Finding:
    """The test, unless no search was ever reset."""
    count = [int(one.rows["reset"].sum()) for one in records.searches(study, "mlas")]
    if not sum(count):
        return not_run(claim, "no search was reset: the losses never varied as little as the threshold")
    return noted(lambda study: f"resets {', '.join(map(str, count))}", test, study, claim)


def noted(say: Callable[[Study], str], test: Test, study: Study, claim: Claim) -> Finding:
    """The test, with more in its note where it was run."""
    found = test(study, claim)
    return found if found.verdict is Verdict.NOT_RUN else replace(found, note=f"{found.note}; {say(study)}")


def budgets(parts: Sequence[str], study: Study) -> str:
    """What searches cost in discriminator's steps, in words; nothing of one without a record."""
    known = {part: records.d_steps(study, part) for part in parts}
    each = ", ".join(f"{part} {steps:,.0f}" for part, steps in known.items() if np.isfinite(steps))
    return f"D-steps of a search: {each or 'no record'}"


def updates(study: Study) -> str:
    """How often the controllers of the searches of figure 10 were updated, in words."""
    each = [f"{one.name} {one.updates:,}" for one in records.searches(study, "mlas", "slas")]
    return f"updates of controllers: {', '.join(each)}"


def dearer_rewards(study: Study, claim: Claim) -> Finding:
    """Seconds to score a picture for 1/FD over those for IS, at the same iteration; the median with a bootstrap."""
    fid, usual = (pd.concat([_scoring(one) for one in records.searches(study, part)], axis=1).mean(axis=1)
                  for part in ("fid", "mlas"))  # fmt: skip
    ratio = (fid / usual).dropna()
    if ratio.empty:
        return not_run(claim, "no iteration of both searches has rewards")
    note = f"milliseconds a picture: 1/FD {1e3 * fid.median():.3g}, IS {1e3 * usual.median():.3g}"
    return above(claim, statistics.bootstrap(ratio, np.median, seed=SEED), 1.0, note=note)


def _scoring(one: Stored) -> pd.Series:
    """Seconds to score a picture, by iteration, without the first, which loads the scores' networks."""
    later = one.rows[1:].set_index("k")
    scored = later["memo_misses"] * one.about["plan"]["reward_images"]
    return later["seconds_scoring"] / scored.where(scored > 0)


def preference(of: str, threshold: float, study: Study, claim: Claim) -> Finding:
    """The share of cells (or of possible skips) with a property among each search's kept genomes, over searches."""
    found = [share(of, one.kept) for one in records.searches(study, "mlas")]
    return _mean(claim, found, threshold, of="each search", limits=(0.0, 1.0))


def share(of: str, genomes: Sequence[str]) -> float:
    """How often a choice occurs in genomes: `pre`, `no deconv`, `no norm`, or `skips` of those possible."""
    cells = [pair for text in genomes for pair in enumerate(SPACE.decode(SPACE.parse(text)).cells)]
    if of == "skips":
        return sum(len(cell.skips) for _, cell in cells) / max(1, sum(index for index, _ in cells))
    holds = {"pre": lambda cell: cell.pre, "no deconv": lambda cell: cell.up != "deconv",
             "no norm": lambda cell: cell.norm == "none"}[of]  # fmt: skip
    return float(np.mean([holds(cell) for _, cell in cells]))


def rewards_rise(study: Study, claim: Claim) -> Finding:
    """Mean reward at the end of a stage less that at its start, averaged over stages, over searches."""
    found, chance = ([_rises(one) for one in records.searches(study, part)] for part in ("mlas", "rsws"))
    counts = ", ".join(map(str, dict.fromkeys(count for one in found for count in one["count"])))
    note = f"{counts} iterations at each end of a stage"
    if chance:
        alone, count = pd.concat(chance)[["gain", "count"]].mean()
        note += f"; training alone gives {alone:+.3g} to uniform genomes (rsws, {count:g} at each end of the whole)"
    return above(claim, over_seeds(one["gain"].mean() for one in found), 0.0, note=note)


def _rises(one: Stored) -> pd.DataFrame:
    """The gain in mean reward within each stage of a search, and over how many iterations its ends are averaged."""
    found = []
    for rows in one.stages():
        if count := min(STAGE, len(rows) // 2):
            reward = rows["reward_mean"]
            found.append({"gain": reward[-count:].mean() - reward[:count].mean(), "count": count})
    return pd.DataFrame(found, columns=["gain", "count"])


def beats_uniform(study: Study, claim: Claim) -> Finding:
    """Mean reward of the policy less that of uniform cells on the same beams, over searches; stages averaged."""
    found = {one.seed: control(one)["value"] for one in records.searches(study, "mlas")}
    kept = {seed: gains for seed, gains in found.items() if len(gains)}
    if not kept:
        return not_run(claim, "no search compared its policy with uniform cells")
    note = "; ".join(f"search {seed}: " + ", ".join(f"{gain:+.3g}" for gain in gains) for seed, gains in kept.items())
    return above(claim, over_seeds(float(gains.mean()) for gains in kept.values()), 0.0, note=f"a stage each, {note}")


def control(one: Stored) -> pd.DataFrame:
    """Where a search compared its policy with uniform cells: value, low, high, n and side, by Welch's interval."""
    rows = one.rows.dropna(subset="control") if "control" in one.rows else one.rows[:0].assign(resolution=[])
    found = [satterthwaite(row["policy_mean"] - row["uniform_mean"],
                           row[["policy_std", "uniform_std"]].to_numpy(float) ** 2 / row["control"],
                           [row["control"] - 1] * 2, 2 * row["control"]) for _, row in rows.iterrows()]  # fmt: skip
    return pd.DataFrame(found, columns=Interval._fields).assign(side=rows["resolution"].to_numpy())


def collapse(study: Study, claim: Claim) -> Finding:
    """Rank correlation of the variance of D's losses with the likeliest child's IS within stages, over searches."""
    each = []
    for one in records.searches(study, "mlas", "noreset"):
        rows = one.rows.dropna(subset=["variance_d", "greedy_is"])
        rows = rows.groupby("stage").filter(lambda stage: len(stage) > 2)
        ranks = rows.groupby("stage")[["variance_d", "greedy_is"]].rank()
        centred = ranks - ranks.groupby(rows["stage"]).transform("mean")
        if (centred.std() > 0).all() and len(rows) > 3:
            each.append(float(np.corrcoef(centred.to_numpy().T)[0, 1]))
    lacking = "no search has a variance for three iterations of a stage"
    return _mean(claim, each, 0.0, lacking=lacking, form="+.2f", limits=(-1.0, 1.0))


def triggered(study: Study, claim: Claim) -> Finding:
    """IS of the likeliest child where the variance fell below the threshold, less the median of its stage."""
    gaps = []
    for one in records.searches(study, "mlas", "noreset"):
        for rows in one.stages():
            low = rows["reset"].astype(bool) | rows["would_reset"].astype(bool)
            if low.any() and not low.all():
                gaps += list(rows.loc[low, "greedy_is"].dropna() - rows.loc[~low, "greedy_is"].median())
    if not gaps:
        return not_run(claim, "the variance never fell below the threshold")
    return below(claim, statistics.bootstrap(gaps, seed=SEED), 0.0, note="gaps " + ", ".join(f"{g:+.2g}" for g in gaps))


def rank_correlation(frame: pd.DataFrame, x: str, y: str) -> Interval:
    """Spearman's correlation of two columns with a bootstrap interval over rows; a constant one counts as 0."""

    def spearman(rows: np.ndarray) -> float:
        left, right = (stats.rankdata(rows, axis=0) - (len(rows) + 1) / 2).T
        scale = np.sqrt((left**2).sum() * (right**2).sum())
        return float((left * right).sum() / scale) if scale else 0.0

    return statistics.bootstrap(frame[[x, y]].dropna().to_numpy(float), spearman, seed=SEED, n=DRAWS)


def proxy_ranks(threshold: float, study: Study, claim: Claim) -> Finding:
    """Do scores with shared weights rank like scores after training?"""
    frame = study.frame("correlation")
    if len(frame) < FEWEST:
        return not_run(claim, f"needs {FEWEST} genomes; there are {len(frame)}")
    kernel = rank_correlation(frame, "proxy_kd", "real_kd")
    note = f"by {records.name(study, 'correlation', 'kd')} {kernel.value:+.2f} [{kernel.low:.2f}, {kernel.high:.2f}]"
    return above(claim, rank_correlation(frame, "proxy_is", "real_is"), threshold, strict=not threshold, note=note)


def underestimates(study: Study, claim: Claim) -> Finding:
    """Is the IS after training above that with shared weights, at equal counts? The median with a bootstrap."""
    frame = study.frame("correlation")
    if frame.empty:
        return not_run(claim, "every genome failed")
    return above(claim, statistics.bootstrap(frame["real_is"] - frame["proxy_is"], np.median, seed=SEED), 0.0)


def same_order(study: Study, claim: Claim) -> Finding:
    """Do the tables' features and the cheap task classifier rank trained networks alike?"""
    frame = study.frame("derived")
    if records.features(study, "derived") == "task":
        return not_run(claim, "the tables are on the task classifier already")
    if "kd_task" not in frame:
        return not_run(claim, "the pictures have no labels for a task classifier")
    means = frame.groupby("name")[["kd", "kd_task"]].mean().dropna()
    if len(means) < FEWEST:
        return not_run(claim, f"needs {FEWEST} networks; there are {len(means)}")
    return above(claim, rank_correlation(means, "kd", "kd_task"), 0.0, note=f"{len(means)} networks")


def memo(study: Study, claim: Claim) -> Finding:
    """What the reward memo saves in the first stage over what it would for a uniform policy, over searches."""
    saved = [savings(one) for one in records.searches(study, "mlas")]
    each = [found / expected for found, expected in saved if np.isfinite(found)]
    return _mean(claim, each, 1.0, lacking="no search had a memo", strict=False)


def savings(one: Stored) -> tuple[float, float]:
    """Rewards asked over rewards computed in the first stage, and what uniform draws from its 36 genomes would save.

    NaN where there was no memo, or no first stage.
    """
    rows = one.stages()[0]
    asked = rows["memo_hits"] + rows["memo_misses"]
    if one.part in ("slas", "rsws") or not rows["memo_hits"].any():
        return np.nan, np.nan
    new = 36 * (1 - (35 / 36) ** asked)
    return float(asked.sum() / rows["memo_misses"].sum()), float(asked.sum() / new.sum())


def _mean(claim: Claim, each: Sequence[float], threshold: float, *, lacking: str = "", of: str = "searches",
          form: str = ".2f", limits: tuple[float, float] = (-np.inf, np.inf),
          strict: bool = True) -> Finding:  # fmt: skip
    """Is the mean over searches above a threshold? The note has all values, `lacking` says why there are none."""
    if not each:
        return not_run(claim, lacking)
    note = f"{of}: " + ", ".join(f"{value:{form}}" for value in each)
    return above(claim, over_seeds(each, limits), threshold, strict=strict, note=note)


def printed_scores(test: Test, part: str, data: str, study: Study, claim: Claim) -> Finding:
    """The test where the part's scores are the paper's quantities, else not run with what is lacking."""
    reason = records.lacks(study, part, data)
    return not_run(claim, reason) if reason else test(study, claim)
