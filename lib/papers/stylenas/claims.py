"""The paper's claims C1 to C17 and our own, each tested on the records of a study (specification section 1).

A search is one sample: least values of single searches are compared within the noise of retraining, several searches by
their spread. A trend within one search has the interval of its candidates. `-s` is a stand-in, KD where the paper has
FID; `-fd` stands beside it; `P-` is what the paper's own tables say.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
from scipy import stats

from lib.papers.study import Study
from lib.papers.stylenas import comparisons, experiments, neutral, printed, records
from lib.papers.stylenas.comparisons import BY_FEATURES, PARTS, by_features
from lib.papers.stylenas.printed import PW, SK
from lib.papers.stylenas.records import SPACE
from lib.report import statistics
from lib.report.claims import Claim, Finding, Verdict, above, below, exact, not_run
from lib.report.clusters import mean_pairwise_hamming
from lib.report.statistics import Interval

SEED = 0  # of resampling
REPLICAS, CHANCE = 1000, 5.0  # of a control by chance; its percentile at which a claim passes (5.6)
NOISE = 3.0  # standard deviations of retraining that a gap must exceed
WITHIN = 1.96 * 2**0.5  # of them between two equal networks, in 95 of 100 pairs
RIVALS = dict(zip("abc", (PW, "RS", "AE1"), strict=True))  # of C7

_LEAD = "least L of random search - least L of evolution > 0"
_LATE = "last quarter of a search - first quarter"
CLAIMS = [
    Claim("C1", "Evolution finds a lower objective than random search", "0.0472, 0.0709", "all of C1a to C1c"),
    Claim("C1a", "... with no more evaluations", "140, 200", _LEAD),
    Claim("C1b", "... at equal budget", "ours", f"{_LEAD}, among as many asked"),
    Claim("C1c", "... by more than 3 standard deviations of retraining", "ours", "gap of C1a / sd of L > 3"),
    Claim("C1d", "... in E and P alone too (a control, no part of C1)", "ours", "as C1b, without the operators"),
    Claim("C1e", "... by winners trained anew with fresh seeds (a control, no part of C1)", "ours",
          "mean L of winners trained anew, random search's - evolution's > 0"),
    Claim("C2", "The objective converges during the search", "Fig. 5b", "all of C2a to C2c"),
    Claim("C2a", "L falls with the index", "Fig. 5b", "Spearman(index, L) < 0"),
    Claim("C2b", "The last round is better than the first", "Fig. 5b", "median L of last P - of first P < 0"),
    Claim("C2c", "The best gets better after the first round", "Fig. 5b", "least L of first P - of the rest > 0"),
    Claim("C3", "The share of operators falls while quality is kept", "Fig. 5c", "all of C3a to C3c"),
    Claim("C3a", "The share of operators falls", "Fig. 5c", f"mean O, {_LATE} < 0"),
    Claim("C3b", "Pixel errors do not rise", "Fig. 5c", f"median E, {_LATE} <= 0"),
    Claim("C3c", "Perceptual errors do not rise", "Fig. 5c", f"median P, {_LATE} <= 0"),
    Claim("C4", "Architectures converge, more than ancestry alone makes them", "Fig. 5d",
          "Spearman(index, distance to the best) < 0, at <= 5% of a neutral control"),
    Claim("C4-seeds", "Best genomes of independent searches agree", "ours",
          "mean distance at <= 5% of random genomes with as many bits; 3 searches or more"),
    *by_features("C5"), *by_features("C6"),
    Claim("C7", "Searched networks keep more detail", "Table 1", "all of C7a to C7c"),
    *(Claim(f"C7{x}", f"... than {name}", "Table 1", f"least TV of S5, S7, S9 - TV of {name} > 0")
      for x, name in RIVALS.items()),
    Claim("C8", "Searched networks are orders of magnitude faster than PhotoWCT", "Table 2", "all of C8a to C8c"),
    Claim("C8a", "S5 is 80 times as fast at every size", "88 to 666", "least quotient >= 80"),
    Claim("C8b", "... and gains with size", "Table 2", "least quotient of a size's quotient and the last one's > 1"),
    Claim("C8c", "S9 is 80 times as fast at 768x384", "85", "quotient >= 80"),
    Claim("C9", "S5 takes about 0.15% to 1% of PhotoWCT's time", "Table 2", "all of C9a, C9b and C8b"),
    Claim("C9a", "... at most 1.14% at every size", "Table 2", "largest share <= 0.0114"),
    Claim("C9b", "... at least 0.15% at every size", "Table 2", "least share >= 0.0015"),
    Claim("C10", "S5 takes less than half of RS's time", "16.7 to 44.2%", "largest share < 0.5"),
    Claim("C11", "S5 is near real time at 256x128 on a GTX 1080 Ti", "0.05 s", "needs that GPU"),
    Claim("C12", "AE1 fails visually at little time", "Tables 1, 2", "all of C12a to C12c"),
    Claim("C12-s", "AE1 fails visually at little time (stand-in: KD)", "Tables 1, 2", "C12a-s, C12b, C12c"),
    *by_features("C12a"),
    Claim("C12b", "AE1 has the least TV", "Table 1", "least TV of the others - TV of AE1 > 0"),
    Claim("C12c", "AE1 takes less than a fifth of PhotoWCT's time", "Table 2", "least quotient > 5"),
    Claim("C13", "S7 is better than RS in quality and time", "Tables 1, 2", "all of C13a to C13d"),
    Claim("C13-s", "S7 is better than RS in quality and time (stand-in: KD)", "Tables 1, 2",
          "C13a-s, C13b-s, C13c, C13d"),
    *by_features("C13a"), *by_features("C13b"),
    Claim("C13c", "S7 is faster than RS at every size", "Table 2", "largest share < 1"),
    Claim("C13d", "S7 has more TV than RS", "Table 1", "difference > 0"),
    Claim("C14", "S9 is better than RS", "Table 1", "both of C14a and C14b"),
    Claim("C14-s", "S9 is better than RS (stand-in: KD)", "Table 1", "both of C14a-s and C14b-s"),
    *by_features("C14a"), *by_features("C14b"),
    Claim("C14c", "S9 is slower than RS (no part of C14: it hangs on the transforms that RS drew)", "Table 2",
          "least quotient > 1"),
    Claim("C15", "Very few operators suffice", "7 of 31", "ones of the best genome <= 10"),
    Claim("C16", "A small share of trainings fails, and the search goes on", "3 of 140",
          "every candidate asked has its row; no bound on the share", "smoke"),
    Claim("C17", "PhotoWCT's cost grows faster than the pixels", "Table 2", "all of C17a to C17c"),
    Claim("C17a", "PhotoWCT's time grows faster than the pixels", "35 for 16", "log-log slope > 1"),
    Claim("C17b", "That of S5 grows slower", "Table 2", "log-log slope < 1"),
    Claim("C17c", "That of S7 grows slower", "Table 2", "log-log slope < 1"),
    Claim("O1", "Ours: evolution beats random search that draws the number of operators first", "ours",
          "least L of the control - least L of evolution > 0, among as many asked"),
    Claim("O2", "Ours: S5, S7, S9 and evolution's best are nearer to the oracle than a colour transfer", "ours",
          "E of the colour transfer - largest E > 0"),
    Claim("O3", "Ours: at least one transform is needed to come nearer to the oracle than a colour transfer", "ours",
          "least E of all scored networks without one - E of the colour transfer > 0"),
    Claim("O4", "Ours: retraining noise is small against differences of random networks", "ours",
          "sd of L over random search / sd over repeats > 3"),
    Claim("O5", "Ours: the pairs that chose the networks flatter them", "ours",
          "KD to oracle, held-out less search pairs: chosen networks - fixed ones > 0"),
    Claim("O6", "Ours: a winner's own score is luckier than fresh seeds", "ours", "L, fresh - own, over searches > 0"),
    *printed.CLAIMS,
]  # fmt: skip


def judge_all(study: Study) -> pd.DataFrame:
    """Judge every claim that the study's records reach, and write `claims.csv`."""
    return study.judge(CLAIMS, TESTS, NEEDS, PARENTS, failing=FAILING)


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
        limits = stats.ttest_ind(a, b, equal_var=False).confidence_interval()
        return Interval(value, float(limits.low), float(limits.high), n)
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
    return records.identity(study, records.alive(study, "evolution")[0])["settings"]["weights"]


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
        size = round(share * len(values)) or records.identity(study, one)["population"]
        ends.append((values[-size:], values[:size]))
    late, early = (float(np.mean([middle(both[side]) for both in ends])) for side in (0, 1))
    effect = over_searches(statistics.bootstrap_groups(both, lambda a, b: middle(a) - middle(b), seed=SEED, n=500)
                           for both in ends)  # fmt: skip
    return below(claim, effect, 0.0, strict=strict, note=f"from {early:.3g} to {late:.3g}")


def _improves(study: Study, claim: Claim) -> Finding:
    band, each = WITHIN * _noise(study)[0]["L"], []
    for one in records.alive(study, "evolution"):
        size = records.identity(study, one)["population"]
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
        about = records.identity(study, one)
        observed.append(statistics.spearman(one.scored["k"], one.distances(one.winner["genome"])))
        chosen = {name: about[name] for name in ("population", "sample", "window")}
        late = int(one.scored["score"].argmin())
        twins = neutral.replicas(REPLICAS, len(one.scored), **chosen, best=late, seed=one.seed)
        control.append(neutral.trend(twins.distances))
    note = f"{REPLICAS} searches under random scores with as late a best"
    return _by_chance(claim, over_searches(observed, most=1), np.mean(control, axis=0), note, most=0.0)


def _agree(study: Study, claim: Claim) -> Finding:
    winners = [SPACE.active(SPACE.parse(one.winner["genome"])) for one in records.alive(study, "evolution")]
    if len(winners) < 3:
        return not_run(claim, f"needs 3 searches with other seeds; there are {len(winners)}")
    rng = np.random.default_rng(SEED)
    chance = np.array([mean_pairwise_hamming(rng.permuted(winners, axis=1)) for _ in range(REPLICAS)])
    apart = Interval(mean_pairwise_hamming(winners), np.nan, np.nan, len(winners))
    return _by_chance(claim, apart, chance, f"{REPLICAS} sets of random genomes with as many bits")


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


def _alive(test: Callable[[Study, Claim], Finding], parts: Sequence[str], study: Study, claim: Claim) -> Finding:
    """The test, unless every candidate of a search that it needs has failed."""
    for part in parts:
        if not records.alive(study, part):
            return not_run(claim, f"no candidate of {part} has a score")
    return test(study, claim)


TESTS: dict[str, Callable[[Study, Claim], Finding]] = {
    "C1a": partial(_leads, "random", False, False), "C1b": partial(_leads, "random", True, False), "C1c": _beyond,
    "C1d": partial(_leads, "random", True, True), "C1e": _afresh, "C2a": _trend,
    "C2b": partial(_moved, "L", 0, True), "C2c": _improves,
    "C3a": partial(_moved, "O", 0.25, True), "C3b": partial(_moved, "E", 0.25, False),
    "C3c": partial(_moved, "P", 0.25, False), "C4": _converges, "C4-seeds": _agree,
    **{name: partial(comparisons.by_inception, other, arms) for name, (*_, other, arms) in BY_FEATURES.items()},
    **{f"{name}-fd": partial(comparisons.gaps, f"fd_{other}", arms) for name, (*_, other, arms) in BY_FEATURES.items()},
    **{f"{name}{x}-s": partial(comparisons.gaps, f"kd_{other}", part) for name, (*_, other, arms) in BY_FEATURES.items()
       for x, part in ({x: [arm] for x, arm in PARTS[name].items()} if name in PARTS else {"": arms}).items()},
    **{f"C7{x}": partial(comparisons.gaps, "tv", [(k, name, 1.0) for k in SK]) for x, name in RIVALS.items()},
    "C8a": partial(comparisons.quotient, (PW, "S5"), above, 80.0, strict=False),
    "C8b": partial(comparisons.gains, PW, "S5"),
    "C8c": partial(comparisons.quotient, (PW, "S9"), above, 80.0, strict=False, width=768),
    "C9a": partial(comparisons.quotient, ("S5", PW), below, 0.0114, strict=False),
    "C9b": partial(comparisons.quotient, ("S5", PW), above, 0.0015, strict=False),
    "C10": partial(comparisons.quotient, ("S5", "RS"), below, 0.5),
    "C11": comparisons.real_time,
    "C12b": partial(comparisons.gaps, "tv", [(name, "AE1", 1.0) for name in (PW, "RS", *SK)]),
    "C12c": partial(comparisons.quotient, (PW, "AE1"), above, 5.0),
    "C13c": partial(comparisons.quotient, ("S7", "RS"), below, 1.0),
    "C13d": partial(comparisons.gaps, "tv", [("S7", "RS", 1.0)]),
    "C14c": partial(comparisons.quotient, ("S9", "RS"), above, 1.0), "C15": _few, "C16": _survives,
    "C17a": partial(comparisons.slope, PW, above), "C17b": partial(comparisons.slope, "S5", below),
    "C17c": partial(comparisons.slope, "S7", below), "O1": partial(_leads, "stratified", True, False),
    "O2": _beats_colour, "O3": _needed, "O4": _quiet, "O5": comparisons.flattered, "O6": _lucky, **printed.TESTS,
}  # fmt: skip
PARENTS = {
    **{name: [f"{name}{x}" for x in parts] for name, parts in (
        ("C1", "abc"), ("C2", "abc"), ("C3", "abc"), ("C7", "abc"), ("C8", "abc"), ("C12", "abc"),
        ("C13", "abcd"), ("C14", "ab"), ("C17", "abc"))},
    **{f"{name}-s": [f"{name}{x}-s" for x in arms] for name, arms in PARTS.items()},
    "C9": ["C9a", "C9b", "C8b"],
    "C12-s": ["C12a-s", "C12b", "C12c"], "C13-s": ["C13a-s", "C13b-s", "C13c", "C13d"], "C14-s": ["C14a-s", "C14b-s"],
}  # fmt: skip
EVOLVED, BOTH = ("evolution-0", "noise"), ("random-0", "evolution-0", "noise")
NEEDS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("C1a", "C1b", "C1c", "C1d"), BOTH), "O1": ("stratified-0", *EVOLVED), "O4": ("random-0", "noise"),
    **dict.fromkeys(("C2a", "C2b", "C3a", "C3b", "C3c", "C4", "C4-seeds"), ("evolution-0",)),
    "C1e": ("random-0", "evolution-0", "rescored"), "O6": ("rescored",),
    **dict.fromkeys(("C2c", "C15"), EVOLVED), **dict.fromkeys(("O2", "O3"), (*EVOLVED, "anchors")),
    **{name: ("quality",) for name in TESTS if name[-2:] in ("-s", "fd") or name in BY_FEATURES},
    **dict.fromkeys(("C7a", "C7b", "C7c", "C12b", "C13d", "O5"), ("quality",)),
    **dict.fromkeys(("C8a", "C8b", "C8c", "C9a", "C9b", "C10", "C11", "C12c", "C13c", "C14c", "C17a", "C17b",
                     "C17c"), ("timing",)),
}  # fmt: skip
SEARCHES = [f"{part}-0" for part in experiments.SEARCHED]
TESTS |= {name: partial(_alive, TESTS[name], parts) for name, needed in NEEDS.items()
          if (parts := [part.removesuffix("-0") for part in needed if part in SEARCHES])}  # fmt: skip
FAILING = {*SEARCHES, "quality", "timing"}  # what they lack is left out
