"""The paper's claims C1 to C17 and our own, each tested on the records of a study (specification section 1).

A search is one sample: least values of single searches are compared within the noise of retraining, several searches by
their spread. A trend within one search has the interval of its candidates. `-s` is a stand-in, KD where the paper has
FID; `-fd` stands beside it; `P-` is what the paper's own tables say.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
from scipy import stats

from lib.papers.study import Study
from lib.papers.stylenas import comparisons, experiments, neutral, printed, records
from lib.papers.stylenas.comparisons import by_features
from lib.papers.stylenas.printed import PW, SK
from lib.papers.stylenas.records import SPACE
from lib.report import statistics
from lib.report.claims import Claim, Finding, Test, Verdict, above, below, exact, not_run
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
    values, n = [one.value for one in found], len(found)
    mean, half = float(np.mean(values)), float(stats.t.ppf(0.975, n - 1) * stats.sem(values))
    return Interval(mean, max(mean - half, -most), min(mean + half, most), n)


def _apart(a: Sequence[float], b: Sequence[float], sd: float) -> Interval:
    """Mean a - mean b: by the spread where each side has several searches, else within the noise of retraining."""
    value, n = float(np.mean(a) - np.mean(b)), min(len(a), len(b))
    if n > 1:
        return statistics.welch(a, b)._replace(n=n)
    half = WITHIN * sd * ((1 / len(a) + 1 / len(b)) / 2) ** 0.5
    return Interval(value, value - half, value + half, n)


def _noise(study: Study) -> tuple[dict[str, float], int]:
    """Retraining noise of L, E and P, and its degrees of freedom; that of L without its operators is that of L."""
    frame = records.noise(study)
    return {of: float(sd) for of, sd in zip("LEP", frame["sd"], strict=True)}, int(
        (frame["genomes"] * (frame["repeats"] - 1)).iloc[0]
    )


def _weights(study: Study) -> list[float]:
    """Those of E, P and O in the objective that evolution minimised."""
    return records.alive(study, "evolution")[0].about["settings"]["weights"]


def _lead(other: str, equal: bool, image: bool, study: Study) -> tuple[Interval, str]:
    """By how much evolution is below another kind of search with at least as many candidates, and both in words."""
    sides = [records.alive(study, part) for part in (other, "evolution")]
    theirs, ours = (min(len(one.rows) for one in side) for side in sides)
    asked = [min(theirs, ours) if equal else theirs, min(theirs, ours)]
    least: list[list[float]] = [[], []]
    error, perceived, _ = _weights(study)
    for found, side, budget in zip(least, sides, asked, strict=True):
        rows = [one.first(budget) for one in side]
        found += [float((error * one["E"] + perceived * one["P"] if image else one["L"]).min()) for one in rows]
    control, evolved = (float(np.mean(found)) for found in least)
    note = f"evolution {evolved:.4f} of {asked[1]} asked, {other} {control:.4f} of {asked[0]}"
    note += f"; ratio {evolved / control:.3f}; searches {len(sides[1])}, {len(sides[0])}"
    return _apart(least[0], least[1], _noise(study)[0]["L"]), note


def _leads(other: str, equal: bool, image: bool, study: Study, claim: Claim) -> Finding:
    gap, note = _lead(other, equal, image, study)
    best, weight = records.best(study), _weights(study)[-1]
    part = weight * best["O"] / best["L"]
    share = "" if image else f"; {weight:g} O is {part:.0%} of the best L (paper 48%, ratio 0.666)"
    return above(claim, gap, 0.0, note=note + share)


def _beyond(study: Study, claim: Claim) -> Finding:
    """The gap in standard deviations of retraining; its interval has the widest ends of the two."""
    gap, note = _lead("random", False, False, study)
    sd, free = _noise(study)
    ends = np.outer((gap.low, gap.high), np.sqrt(stats.chi2.ppf([0.025, 0.975], free) / free)) / sd["L"]
    note = f"sd {sd['L']:.2g} with {free} degrees of freedom; {note}"
    effect = Interval(gap.value / sd["L"], float(ends.min()), float(ends.max()), gap.n)
    return above(claim, effect, NOISE, note=note)


def _afresh(study: Study, claim: Claim) -> Finding:
    """The winners' gap in fresh scores: over their means where both kinds have several, else over trainings."""
    scores = [(str(name), rows.to_numpy()) for name, rows in study.frame("rescored").groupby("name")["L"]]
    sides = [[rows for name, rows in scores if name.startswith(part)] for part in ("random", "evolution")]
    if not all(sides):
        return not_run(claim, "a winner was not trained anew")
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
    band, each = WITHIN * _noise(study)[0]["L"], []
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
        control.append(neutral.trend(records.by_chance(one).distances))
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
    band, each, active = WITHIN * _noise(study)[0]["L"], [], []
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


def _against_colour(study: Study, claim: Claim, errors: pd.Series, note: str, *, above_it: bool) -> Finding:
    """Are errors E above that of the colour transfer, or below? The anchor has no noise, a network that of one."""
    colour = float(study.frame("anchors").query("name == 'colour'")["E"].iloc[0])
    gap, half = float(errors.min() - colour if above_it else colour - errors.max()), 1.96 * _noise(study)[0]["E"]
    note = f"{note}; colour transfer {colour:.4f}"
    return above(claim, Interval(gap, gap - half, gap + half, len(errors)), 0.0, note=note)


def _beats_colour(study: Study, claim: Claim) -> Finding:
    known, names = records.measured(study).set_index("genome")["E"], records.compared(study)
    errors = pd.Series({name: known[names[name]] for name in (*SK, "best", "RS") if name in names})
    note = "E " + ", ".join(f"{name} {error:.4f}" for name, error in errors.items())
    return _against_colour(study, claim, errors.drop("RS", errors="ignore"), note, above_it=False)


def _needed(study: Study, claim: Claim) -> Finding:
    rows = records.measured(study)
    if study.has("ablation"):
        rows = pd.concat([rows, study.frame("ablation").rename(columns={"text": "genome"})]).drop_duplicates("genome")
    without, others = rows.loc[rows["transforms"] == 0, "E"], rows.loc[rows["transforms"] > 0, "E"]
    if without.empty:
        return not_run(claim, "every network scored has a transform")
    note = f"median E {without.median():.4f}, of {len(others)} with a transform {others.median():.4f}"
    return _against_colour(study, claim, without, note, above_it=True)


def _quiet(study: Study, claim: Claim) -> Finding:
    (sd, free), drawn = _noise(study), pd.concat([one.scored["L"] for one in records.alive(study, "random")])
    ratio = float(drawn.std() / sd["L"])
    low, high = ratio / np.sqrt(stats.f.ppf([0.975, 0.025], len(drawn) - 1, free))
    note = "over repeats " + ", ".join(f"{of} {value:.2g}" for of, value in sd.items())
    note += f", {free} degrees of freedom; L in the authors' log 0.0025"
    return above(claim, Interval(ratio, float(low), float(high), len(drawn)), NOISE, note=note)


def _lucky(study: Study, claim: Claim) -> Finding:
    fresh = study.frame("rescored").groupby("name")["L"].mean()
    own = {f"{one.part}-{one.seed}": one.winner["L"] for one in records.alive(study)}
    luck = (fresh - pd.Series(own, dtype=float)).dropna()
    if luck.empty:
        return not_run(claim, "no winner was trained anew")
    note = ", ".join(f"{name} {value:+.4f}" for name, value in luck.items())
    return above(claim, over_searches(Interval(value, np.nan, np.nan, 1) for value in luck), 0.0, note=note)


def _alive(test: Test, parts: Sequence[str], study: Study, claim: Claim) -> Finding:
    """The test, unless every candidate of a search that it needs has failed."""
    failed = [part for part in parts if not records.alive(study, part)]
    return not_run(claim, f"no candidate of {failed[0]} has a score") if failed else test(study, claim)


def _more_detail(arms: Sequence[tuple[str, str]]) -> Test:
    """Has every first method more total variation than the second?"""
    return partial(comparisons.gaps, "tv", [(a, b, 1.0) for a, b in arms])


SEARCHES = [f"{part}-0" for part in experiments.SEARCHED]
EVOLVED, BOTH = ("evolution-0", "noise"), ("random-0", "evolution-0", "noise")  # parts that claims need
EVOLUTION, QUALITY, TIMING = ("evolution-0",), ("quality",), ("timing",)
CLAIMS = [
    Claim("C1", "Evolution finds a lower objective than random search", "0.0472, 0.0709", parts=("C1a", "C1b", "C1c")),
    Claim("C1a", "... with no more evaluations", "140, 200", partial(_leads, "random", False, False), needs=BOTH),
    Claim("C1b", "... at equal budget", "ours", partial(_leads, "random", True, False), needs=BOTH),
    Claim("C1c", "... by more than 3 standard deviations of retraining", "ours", _beyond, needs=BOTH),
    Claim("C1d", "... in E and P alone too (a control, no part of C1)", "ours", partial(_leads, "random", True, True),
          needs=BOTH),
    Claim("C1e", "... by winners trained anew with fresh seeds (a control, no part of C1)", "ours", _afresh,
          needs=("random-0", "evolution-0", "rescored")),
    Claim("C2", "The objective converges during the search", "Fig. 5b", parts=("C2a", "C2b", "C2c")),
    Claim("C2a", "L falls with the index", "Fig. 5b", _trend, needs=EVOLUTION),
    Claim("C2b", "The last round is better than the first", "Fig. 5b", partial(_moved, "L", 0, True), needs=EVOLUTION),
    Claim("C2c", "The best gets better after the first round", "Fig. 5b", _improves, needs=EVOLVED),
    Claim("C3", "The share of operators falls while quality is kept", "Fig. 5c", parts=("C3a", "C3b", "C3c")),
    Claim("C3a", "The share of operators falls", "Fig. 5c", partial(_moved, "O", LATE, True), needs=EVOLUTION),
    Claim("C3b", "Pixel errors do not rise", "Fig. 5c", partial(_moved, "E", LATE, False), needs=EVOLUTION),
    Claim("C3c", "Perceptual errors do not rise", "Fig. 5c", partial(_moved, "P", LATE, False), needs=EVOLUTION),
    Claim("C4", "Architectures converge, more than ancestry alone makes them", "Fig. 5d", _converges, needs=EVOLUTION),
    Claim("C4-seeds", "Best genomes of independent searches agree", "ours", _agree, needs=EVOLUTION),
    *by_features("C5"), *by_features("C6"),
    Claim("C7", "Searched networks keep more detail", "Table 1", parts=("C7a", "C7b", "C7c")),
    *(Claim(f"C7{x}", f"... than {name}", "Table 1", _more_detail([(k, name) for k in SK]), needs=QUALITY)
      for x, name in zip("abc", (PW, "RS", "AE1"), strict=True)),
    Claim("C8", "Searched networks are orders of magnitude faster than PhotoWCT", "Table 2",
          parts=("C8a", "C8b", "C8c")),
    Claim("C8a", "S5 is 80 times as fast at every size", "88 to 666",
          partial(comparisons.quotient, (PW, "S5"), above, 80.0, strict=False), needs=TIMING),
    Claim("C8b", "... and gains with size", "Table 2", partial(comparisons.gains, PW, "S5"), needs=TIMING),
    Claim("C8c", "S9 is 80 times as fast at 768x384", "85",
          partial(comparisons.quotient, (PW, "S9"), above, 80.0, strict=False, width=768), needs=TIMING),
    Claim("C9", "S5 takes about 0.15% to 1% of PhotoWCT's time", "Table 2", parts=("C9a", "C9b", "C8b")),
    Claim("C9a", "... at most 1.14% at every size", "Table 2",
          partial(comparisons.quotient, ("S5", PW), below, 0.0114, strict=False), needs=TIMING),
    Claim("C9b", "... at least 0.15% at every size", "Table 2",
          partial(comparisons.quotient, ("S5", PW), above, 0.0015, strict=False), needs=TIMING),
    Claim("C10", "S5 takes less than half of RS's time", "16.7 to 44.2%",
          partial(comparisons.quotient, ("S5", "RS"), below, 0.5), needs=TIMING),
    Claim("C11", "S5 is near real time at 256x128 on a GTX 1080 Ti", "0.05 s", comparisons.real_time, needs=TIMING),
    Claim("C12", "AE1 fails visually at little time", "Tables 1, 2", parts=("C12a", "C12b", "C12c")),
    Claim("C12-s", "AE1 fails visually at little time (stand-in: KD)", "Tables 1, 2",
          parts=("C12a-s", "C12b", "C12c")),
    *by_features("C12a"),
    Claim("C12b", "AE1 has the least TV", "Table 1", _more_detail([(name, "AE1") for name in (PW, "RS", *SK)]),
          needs=QUALITY),
    Claim("C12c", "AE1 takes less than a fifth of PhotoWCT's time", "Table 2",
          partial(comparisons.quotient, (PW, "AE1"), above, 5.0), needs=TIMING),
    Claim("C13", "S7 is better than RS in quality and time", "Tables 1, 2", parts=("C13a", "C13b", "C13c", "C13d")),
    Claim("C13-s", "S7 is better than RS in quality and time (stand-in: KD)", "Tables 1, 2",
          parts=("C13a-s", "C13b-s", "C13c", "C13d")),
    *by_features("C13a"), *by_features("C13b"),
    Claim("C13c", "S7 is faster than RS at every size", "Table 2",
          partial(comparisons.quotient, ("S7", "RS"), below, 1.0), needs=TIMING),
    Claim("C13d", "S7 has more TV than RS", "Table 1", _more_detail([("S7", "RS")]), needs=QUALITY),
    Claim("C14", "S9 is better than RS", "Table 1", parts=("C14a", "C14b")),
    Claim("C14-s", "S9 is better than RS (stand-in: KD)", "Table 1", parts=("C14a-s", "C14b-s")),
    *by_features("C14a"), *by_features("C14b"),
    Claim("C14c", "S9 is slower than RS (no part of C14: it hangs on the transforms that RS drew)", "Table 2",
          partial(comparisons.quotient, ("S9", "RS"), above, 1.0), needs=TIMING),
    Claim("C15", "Very few operators suffice", "7 of 31", _few, needs=EVOLVED),
    Claim("C16", "A small share of trainings fails, and the search goes on", "3 of 140", _survives, "smoke"),
    Claim("C17", "PhotoWCT's cost grows faster than the pixels", "Table 2", parts=("C17a", "C17b", "C17c")),
    Claim("C17a", "PhotoWCT's time grows faster than the pixels", "35 for 16", partial(comparisons.slope, PW, above),
          needs=TIMING),
    Claim("C17b", "That of S5 grows slower", "Table 2", partial(comparisons.slope, "S5", below), needs=TIMING),
    Claim("C17c", "That of S7 grows slower", "Table 2", partial(comparisons.slope, "S7", below), needs=TIMING),
    Claim("O1", "Ours: evolution beats random search that draws the number of operators first", "ours",
          partial(_leads, "stratified", True, False), needs=("stratified-0", *EVOLVED)),
    Claim("O2", "Ours: S5, S7, S9 and evolution's best are nearer to the oracle than a colour transfer", "ours",
          _beats_colour, needs=(*EVOLVED, "anchors")),
    Claim("O3", "Ours: at least one transform is needed to come nearer to the oracle than a colour transfer", "ours",
          _needed, needs=(*EVOLVED, "anchors")),
    Claim("O4", "Ours: retraining noise is small against differences of random networks", "ours", _quiet,
          needs=("random-0", "noise")),
    Claim("O5", "Ours: the pairs that chose the networks flatter them", "ours", comparisons.flattered, needs=QUALITY),
    Claim("O6", "Ours: a winner's own score is luckier than fresh seeds", "ours", _lucky, needs=("rescored",)),
    *printed.CLAIMS,
]  # fmt: skip
CLAIMS = [replace(claim, test=partial(_alive, claim.test, parts)) if claim.test and (
              parts := [part.removesuffix("-0") for part in claim.needs if part in SEARCHES]) else claim
          for claim in CLAIMS]  # fmt: skip
FAILING = {*SEARCHES, "quality", "timing"}  # what they lack is left out


def judge_all(study: Study) -> pd.DataFrame:
    """Judge every claim that the study's records reach, and write `claims.csv`."""
    return study.judge(CLAIMS, failing=FAILING)
