"""The paper's claims C1 to C17 and our own, each tested on the records of a study (section 1).

A search is one sample: least values of single searches are compared within the noise of retraining, several searches by
their spread. A trend within one search has the interval of its candidates. `-s` is a stand-in, KD where the paper has
FID; `P-` is what the paper's own tables say.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy import stats

from lib.papers.study import Study
from lib.papers.stylenas import comparisons, neutral, printed, records
from lib.papers.stylenas.comparisons import tested
from lib.papers.stylenas.records import SPACE
from lib.report import statistics
from lib.report.claims import Claim, Finding, Verdict, above, below, exact, not_run, order, whole
from lib.report.clusters import mean_pairwise_hamming
from lib.report.statistics import Interval

SEED = 0  # of resampling
CHANCE = 5.0  # percentile of a control by chance at which a claim passes (5.6)
NOISE = 3.0  # standard deviations of retraining that a gap must exceed
WITHIN = 1.96 * 2**0.5  # of them between two equal networks, in 95 of 100 pairs
LATE = 0.25  # of a search: its first and its last quarter are compared


def over_searches(each: Iterable[Interval], most: float = np.inf) -> Interval:
    """The mean over searches with Student's interval, cut at +-`most`; a single search keeps its own."""
    found = list(each)
    if len(found) == 1:
        return found[0]._replace(n=1)
    return statistics.over_seeds((one.value for one in found), (-most, most))


def _apart(a: Sequence[float], b: Sequence[float], sd: float) -> Interval:
    """Mean a - mean b: by the spread where each side has several searches, else within the noise of retraining."""
    value, n = float(np.mean(a) - np.mean(b)), min(len(a), len(b))
    if n > 1:
        return statistics.welch(a, b)._replace(n=n)
    half = WITHIN * sd * ((1 / len(a) + 1 / len(b)) / 2) ** 0.5
    return Interval(value, value - half, value + half, n)


def _sd(study: Study, of: str = "L") -> float:
    """Retraining noise; that of L without its operators is that of L."""
    return float(records.noise(study)["sd"][of])


def _lead(other: str, equal: bool, of: str, study: Study) -> tuple[Interval, str]:
    """By how much evolution is below another kind of search with at least as many candidates, and both in words."""
    sides = [records.alive(study, part) for part in (other, "evolution")]
    theirs, ours = (min(len(one.rows) for one in side) for side in sides)
    asked = [min(theirs, ours) if equal else theirs, min(theirs, ours)]
    least = [[float(one.first(budget)[of].min()) for one in side] for side, budget in zip(sides, asked, strict=True)]
    control, evolved = map(np.mean, least)
    note = f"evolution {evolved:.4f} of {asked[1]} asked, {other} {control:.4f} of {asked[0]}"
    note += f"; ratio {evolved / control:.3f}; searches {len(sides[1])}, {len(sides[0])}"
    return _apart(least[0], least[1], _sd(study)), note


def _leads(other: str, equal: bool, of: str, study: Study, claim: Claim) -> Finding:
    gap, note = _lead(other, equal, of, study)
    best, weight = (
        records.compared(study).loc["best"],
        records.alive(study, "evolution")[0].about["settings"]["weights"][-1],
    )
    share = weight * best["O"] / best["L"]
    note += f"; {weight:g} O is {share:.0%} of the best L (paper 48%, ratio 0.666)" if of == "L" else ""
    return above(claim, gap, 0.0, note=note)


def _beyond(study: Study, claim: Claim) -> Finding:
    """The gap in standard deviations of retraining; its interval has the widest ends of the two."""
    gap, note = _lead("random", False, "L", study)
    sd, free = (float(column["L"]) for _, column in records.noise(study).items())
    ends = np.outer((gap.low, gap.high), np.sqrt(stats.chi2.ppf([0.025, 0.975], free) / free)) / sd
    note = f"sd {sd:.2g} with {free:.0f} degrees of freedom; {note}"
    effect = Interval(gap.value / sd, float(ends.min()), float(ends.max()), gap.n)
    return above(claim, effect, NOISE, note=note)


def _afresh(study: Study, claim: Claim) -> Finding:
    """The winners' gap in fresh scores: over their means where both kinds have several, else over trainings."""
    scores = [(str(name), rows.to_numpy()) for name, rows in study.frame("rescored").groupby("name")["L"]]
    sides = [[rows for name, rows in scores if name.startswith(part)] for part in ("random", "evolution")]
    several = min(map(len, sides)) > 1
    theirs, ours = ([one.mean() for one in side] if several else list(np.concatenate(side)) for side in sides)
    unit = "searches" if several else "trainings of these winners, which say nothing of other searches"
    note = f"evolution {np.mean(ours):.4f}, random {np.mean(theirs):.4f}; searches {len(sides[1])}, {len(sides[0])}"
    note += f"; interval over {unit}"
    return above(claim, _apart(theirs, ours, np.nan), 0.0, note=note)


def _trend(study: Study, claim: Claim) -> Finding:
    each = [statistics.spearman(one.scored["k"], one.scored["L"]) for one in records.alive(study, "evolution")]
    return below(claim, over_searches(each, most=1), 0.0)


def _moved(column: str, share: float, strict: bool, study: Study, claim: Claim) -> Finding:
    """How a column's middle moved from a search's first candidates to its last: a share of them, or a population."""
    middle, ends = np.mean if column == "O" else np.median, []
    for one in records.alive(study, "evolution"):
        values = one.scored[column].to_numpy()
        size = round(share * len(values)) or one.about["population"]
        ends.append((values[-size:], values[:size]))
    late, early = (float(np.mean([middle(both[side]) for both in ends])) for side in (0, 1))
    effect = over_searches(statistics.bootstrap_groups(both, lambda a, b: middle(a) - middle(b), seed=SEED, n=500)
                           for both in ends)  # fmt: skip
    return below(claim, effect, 0.0, strict=strict, note=f"from {early:.3g} to {late:.3g}")


def _improves(study: Study, claim: Claim) -> Finding:
    band, each = WITHIN * _sd(study), []
    for one in records.alive(study, "evolution"):
        size = one.about["population"]
        gain = float(one.first(size)["L"].min() - one.scored.loc[one.scored["k"] >= size, "L"].min())
        each.append(Interval(gain, gain - band, gain + band, 1))
    return above(claim, over_searches(each), 0.0)


def _by_chance(claim: Claim, effect: Interval, control: np.ndarray, note: str, most: float = np.inf) -> Finding:
    """Supported at most 5% up in a control, contradicted at 95% or, by itself, from `most` on."""
    at = neutral.percentile(control, effect.value)
    failed = effect.value >= most or at >= 100 - CHANCE
    verdict = Verdict.CONTRADICTED if failed else Verdict.SUPPORTED if at <= CHANCE else Verdict.UNDECIDED
    low, middle, high = np.percentile(control, [5, 50, 95])
    note = f"at {at:.1f}% of {note}: 5, 50, 95% of it are {low:.2f}, {middle:.2f}, {high:.2f}"
    note += "" if np.isnan(effect.low) else f"; 95% interval [{effect.low:.2f}, {effect.high:.2f}]"
    threshold = f"at <= {CHANCE:g}% of the control"  # which the interval, standing in the note, does not decide
    return Finding(claim.id, verdict, effect.n, effect.value, threshold=threshold, note=note)


def _converges(study: Study, claim: Claim) -> Finding:
    observed, control = [], []
    for one in records.alive(study, "evolution"):
        observed.append(statistics.spearman(one.scored["k"], one.distances(one.winner["genome"])))
        control.append(neutral.trend(one.by_chance().distances))
    note = f"{records.REPLICAS} searches under random scores with as late a best"
    return _by_chance(claim, over_searches(observed, most=1), np.mean(control, axis=0), note, most=0.0)


def _agree(study: Study, claim: Claim) -> Finding:
    winners = [SPACE.active(SPACE.parse(one.winner["genome"])) for one in records.alive(study, "evolution")]
    if len(winners) < 3:
        return not_run(claim, f"needs 3 searches with other seeds; there are {len(winners)}")
    rng = np.random.default_rng(SEED)
    chance = np.array([mean_pairwise_hamming(rng.permuted(winners, axis=1)) for _ in range(records.REPLICAS)])
    apart = Interval(mean_pairwise_hamming(winners), np.nan, np.nan, len(winners))
    return _by_chance(claim, apart, chance, f"{records.REPLICAS} sets of random genomes with as many bits")


def _few(study: Study, claim: Claim) -> Finding:
    """Ones in the best genome; in one search from the fewest to the most of those that noise cannot tell from it."""
    band, each, active = WITHIN * _sd(study), [], []
    for one in records.alive(study, "evolution"):
        near = one.scored.loc[one.scored["L"] <= one.winner["L"] + band, "genome"].str.count("1")
        each.append(Interval(float(one.winner["genome"].count("1")), float(near.min()), float(near.max()), 1))
        active.append(f"{one.winner['k_active']:.0f}")
    note = f"{', '.join(f'{one.value:.0f}' for one in each)} of 31, with an effect {', '.join(active)}"
    return below(claim, over_searches(each), 10.0, strict=False, note=note)


def _survives(study: Study, claim: Claim) -> Finding:
    found = records.stored(study)
    if not found:
        return not_run(claim, "no search was run")
    whole = all(list(one.rows["k"]) == list(range(len(one.rows))) for one in found)
    asked, scored = (sum(map(len, rows)) for rows in zip(*((one.rows, one.scored) for one in found), strict=True))
    share = statistics.wilson(asked - scored, asked)
    note = f"{asked - scored} failed in {len(found)} searches; share 95% [{share.low:.3f}, {share.high:.3f}]"
    return replace(exact(claim, whole, n=asked, note=note), effect=share.value)


def _needed(study: Study, claim: Claim) -> Finding:
    """Is E of every network without transforms above that of the colour transfer, which has no noise of training?"""
    rows = records.measured(study)
    if study.has("ablation"):
        rows = pd.concat([rows, study.frame("ablation").rename(columns={"text": "genome"})]).drop_duplicates("genome")
    without, others = rows.loc[rows["transforms"] == 0, "E"], rows.loc[rows["transforms"] > 0, "E"]
    if without.empty:
        return not_run(claim, "every network scored has a transform")
    colour = float(study.frame("anchors").query("name == 'colour'")["E"].iloc[0])
    gap, half = float(without.min() - colour), 1.96 * _sd(study, "E")
    note = f"median E {without.median():.4f}, of {len(others)} with a transform {others.median():.4f}"
    note += f"; colour transfer {colour:.4f}"
    return above(claim, Interval(gap, gap - half, gap + half, len(without)), 0.0, note=note)


def _lucky(study: Study, claim: Claim) -> Finding:
    fresh = study.frame("rescored").groupby("name")["L"].mean()
    own = {one.name: one.winner["L"] for one in records.alive(study)}
    luck = (fresh - pd.Series(own, dtype=float)).dropna()
    note = ", ".join(f"{name} {value:+.4f}" for name, value in luck.items())
    return above(claim, over_searches(Interval(value, np.nan, np.nan, 1) for value in luck), 0.0, note=note)


def _standing(one: Claim) -> Claim | None:
    """The stand-in of a claim with parts, where one of them has one."""
    parts = tuple(f"{part}-s" if part in comparisons.BY_FEATURES else part for part in one.parts)
    own = replace(one, id=f"{one.id}-s", text=f"{one.text} (stand-in: KD)", parts=parts)
    return own if parts != one.parts else None


EVOLUTION = ("evolution-0",)  # parts that claims need
NOISE_TOO = (*EVOLUTION, "noise")
SEARCHES = ("random-0", *NOISE_TOO)
WHOLE = [  # claims with parts
    whole("C1", "Evolution finds a lower objective than random search", "0.0472, 0.0709", "abc"),
    whole("C2", "The objective converges during the search", "Fig. 5b", "abc"),
    whole("C3", "The share of operators falls while quality is kept", "Fig. 5c", "abc"),
    whole("C7", "Searched networks keep more detail", "Table 1", "abc"),
    whole("C8", "Searched networks are orders of magnitude faster than PhotoWCT", "Table 2", "abc"),
    Claim("C9", "S5 takes about 0.15% to 1% of PhotoWCT's time", "Table 2", parts=("C9a", "C9b", "C8b")),
    whole("C12", "AE1 fails visually at little time", "Tables 1, 2", "abc"),
    whole("C13", "S7 is better than RS in quality and time", "Tables 1, 2", "abcd"),
    whole("C14", "S9 is better than RS", "Table 1", "ab"),
    whole("C17", "PhotoWCT's cost grows faster than the pixels", "Table 2", "abc"),
]
OF_SEARCHES = [
    tested(SEARCHES, "C1a", "... with no more evaluations", "140, 200", _leads, "random", False, "L"),
    tested(SEARCHES, "C1b", "... at equal budget", "ours", _leads, "random", True, "L"),
    tested(SEARCHES, "C1c", "... by more than 3 standard deviations of retraining", "ours", _beyond),
    tested(SEARCHES, "C1d", "... in E and P alone too (a control, no part of C1)", "ours", _leads, "random", True,
           "image"),
    tested(("random-0", *EVOLUTION, "rescored"), "C1e",
           "... by winners trained anew with fresh seeds (a control, no part of C1)", "ours", _afresh),
    tested(EVOLUTION, "C2a", "L falls with the index", "Fig. 5b", _trend),
    tested(EVOLUTION, "C2b", "The last round is better than the first", "Fig. 5b", _moved, "L", 0, True),
    tested(NOISE_TOO, "C2c", "The best gets better after the first round", "Fig. 5b", _improves),
    tested(EVOLUTION, "C3a", "The share of operators falls", "Fig. 5c", _moved, "O", LATE, True),
    tested(EVOLUTION, "C3b", "Pixel errors do not rise", "Fig. 5c", _moved, "E", LATE, False),
    tested(EVOLUTION, "C3c", "Perceptual errors do not rise", "Fig. 5c", _moved, "P", LATE, False),
    tested(EVOLUTION, "C4", "Architectures converge, more than ancestry alone makes them", "Fig. 5d", _converges),
    tested(NOISE_TOO, "C15", "Very few operators suffice", "7 of 31", _few),
    Claim("C16", "A small share of trainings fails, and the search goes on", "3 of 140", _survives, "smoke"),
    tested(("stratified-0", *NOISE_TOO), "O1",
           "Ours: evolution beats random search that draws the number of operators first", "ours",
           _leads, "stratified", True, "L"),
    tested(EVOLUTION, "O2", "Ours: best genomes of independent searches agree", "ours", _agree),
    tested((*NOISE_TOO, "anchors"), "O3",
           "Ours: at least one transform is needed to come nearer to the oracle than a colour transfer", "ours",
           _needed),
    tested(("rescored",), "O4", "Ours: a winner's own score is luckier than fresh seeds", "ours", _lucky),
]  # fmt: skip
CLAIMS = sorted([*WHOLE, *filter(None, map(_standing, WHOLE)), *OF_SEARCHES, *comparisons.CLAIMS, *printed.CLAIMS],
                key=order)  # fmt: skip


def judge_all(study: Study) -> pd.DataFrame:
    """Judge every claim that the study's records reach, and write `claims.csv`."""
    usable = {one.name for one in records.alive(study)}  # failed candidates of a search are left out
    return study.judge(CLAIMS, failing={*usable, "quality", "timing"})
