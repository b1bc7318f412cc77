"""The paper's claims C1 to C17 and our own, each tested on the records of a study.

Restorations are compared by fresh seeds; a search is one unit. `P-` asks the numbers that the paper itself prints.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import product

import numpy as np
import pandas as pd
from scipy import stats

from lib.papers.nasdip import figures, printed, records
from lib.papers.nasdip.baselines import PLAIN
from lib.papers.nasdip.evaluate import score_name
from lib.papers.nasdip.records import CALLED, MEASURES, ORACLE, SIGNS, TASKS, Pair, Stored, difference
from lib.papers.study import Study
from lib.report import clusters, statistics
from lib.report.claims import Claim, Finding, Test, Verdict, above, exact, not_run, order, whole
from lib.report.statistics import Interval
from lib.searchers.generation import Stop

SEED, DRAWS, SHUFFLES = 0, 500, 5  # of resampling
STRONG, ALL_STAGES = 5, 0.9  # members that count as a population's best at least; share of N that is "all stages"
A, B, SYM, EPOCHS = "truth", "dip_matched", "sym", "epochs"
T = tuple(TASKS.values())
FIXED = {method for methods in PLAIN.values() for method in methods}


def _every(claim: Claim, cells: Mapping[str, Sequence[Pair]]) -> Finding:
    """Is each comparison better? The effect is the share that is, from the sure ones to those not surely worse."""
    if not cells:
        return not_run(claim, "no row has fresh scores of both sides")
    found = {name: difference(pairs) for name, pairs in cells.items()}
    strict = {name: difference(pairs, 1 - 0.05 / len(cells)) for name, pairs in cells.items()}
    better, sure = (sum(getattr(interval, part) > 0 for interval in found.values()) for part in ("value", "low"))
    worse = [name for name, interval in strict.items() if interval.high < 0]
    n = len(cells)
    note = f"{better} of {n} better, {sure} beyond noise, {len(worse)} worse beyond noise"
    note += f" ({', '.join(worse)})" if worse else ""
    least = min(found, key=lambda name: found[name].value)
    note += f"; least {least} {found[least].value:+.3g} [{found[least].low:.2g}, {found[least].high:.2g}]"
    sides = dict.fromkeys("/".join(str(len(x)) for x in pair if len(x)) for c in cells.values() for pair in c)
    note += f"; searches (of DIP: seeds) {', '.join(sides)}"
    return above(claim, Interval(better / n, sure / n, 1 - len(worse) / n, n), 1.0, strict=False, note=note)


def _pair(frame: pd.DataFrame, row: str, arms: tuple[str, str], measure: str) -> Pair | None:
    """Both arms' values on a row, signed so that more is better; None where one was not run.

    Of a method without a network, which no seed changes, the differences from it.
    """
    one, other = (SIGNS[measure] * records.values(frame, row, arm, measure) for arm in arms)
    if not len(one) or not len(other):
        return None
    return (one - other, other[:0]) if arms[1] in FIXED else (one, other)


def _rows(study: Study, tasks: Sequence[str] = T, *, shown: bool = False) -> list[str]:
    """The rows of these tasks that were searched: those of the paper's table 2, with `shown` all."""
    return [row for row in records.rows_of(study, "truth")
            if records.task(row) in tasks and (shown or row in printed.rows())]  # fmt: skip


def better(*arms: tuple[str, str], measures: Iterable[str] = tuple(MEASURES), tasks: Sequence[str] = T,
           shown: bool = False, mean: bool = False) -> Test:  # fmt: skip
    """Is the first arm better than the other, in every row of the tasks and measure where both were run?

    Rows are those of the paper's table 2, with `shown` all; with `mean`, it is asked of the mean over the rows.
    """

    def test(study: Study, claim: Claim) -> Finding:
        frame, cells = records.arms(study), dict[str, list[Pair]]()
        for row, measure, both in product(_rows(study, tasks, shown=shown), measures, arms):
            if pair := _pair(frame, row, both, measure):
                which = [f"({' over '.join(CALLED.get(arm, arm) for arm in both)})"] if len(arms) > 1 else []
                name = " ".join([*([] if mean else [records.title(row)]), MEASURES[measure], *which])
                cells.setdefault(name, []).append(pair)
        return _every(claim, cells)

    return test


def _converges(study: Study, claim: Claim) -> Finding:
    rule, ends = Stop(latest=10**9), []
    for one in records.stored(study, "truth"):
        trace = list(one.generations[["fmax", "fmean"]].itertuples(index=False, name=None))
        ends.append(next((g for g in range(len(trace)) if rule.reached(trace[: g + 1])), None))
    inside = [end for end in ends if end is not None and 10 <= end <= 20]
    note = f"settled at {', '.join(map(str, ends))}"
    return _counted(claim, len(inside), len(ends), note)


def _counted(claim: Claim, k: int, n: int, note: str, effect: float | None = None) -> Finding:
    """All of n searches must show it."""
    if not n:
        return not_run(claim, "no such search was run")
    verdict = Verdict.SUPPORTED if k == n else Verdict.CONTRADICTED
    return Finding(claim.id, verdict, n=n, effect=effect, threshold="all", note=f"{k} of {n}; {note}")


def _grows(study: Study, claim: Claim) -> Finding:
    runs = [one.populations for one in records.stored(study, "truth", "sym", "epochs") if one.populations]
    gains = [float(members[-1]["fitness"].max() / members[0]["fitness"].max() - 1) for members in runs]
    note = f"relative gain: median {np.median(gains or 0):.1%}, largest {max(gains, default=0):.1%}"
    return _counted(claim, sum(gain > 0 for gain in gains), len(gains), note, max(gains, default=None))


def _elitism(study: Study, claim: Claim) -> Finding:
    """Was every parent in the population before, as rebuilt from the elite that stays and what was asked?"""
    found = []
    for one in records.stored(study):
        for number, members in enumerate(one.populations[:-1], 1):
            pairs = one.rows.loc[one.rows["generation"] == number, "parents"]
            found += pairs.explode().isin(members["k"]).tolist()
    if not found:
        return not_run(claim, "no genetic search was run")
    note = f"{sum(found)} of {len(found)} parents were in the population rebuilt with its elite, so that the best stays"
    return exact(claim, all(found), n=len(found), note=note)


def _follows(reference: str, task: str, study: Study, claim: Claim) -> Finding:
    """Do random networks rank by fitness as by PSNR and SSIM? Ranks within a row; the rows' correlations averaged."""
    part, score = reference if reference == "heldout" else "truth", score_name(reference)
    rows = [row for row in records.rows_of(study, part) if records.task(row) == task]
    each = [pd.concat([one.first for one in records.stored(study, part, row=row)]) for row in rows]
    arrays = [group[[score, "psnr", "ssim"]].to_numpy(float) for group in each if len(group) > 3]
    if not arrays:
        return not_run(claim, f"no random networks on {task} with this fitness")

    def ranks(*tables: np.ndarray) -> np.ndarray:
        with np.errstate(invalid="ignore"):
            found = [np.corrcoef(stats.rankdata(table, axis=0).T)[0, 1:] for table in tables]
        return -np.nan_to_num(found).mean(0)

    effect = statistics.bootstrap_groups(arrays, lambda *drawn: ranks(*drawn).min(), seed=SEED, n=DRAWS)
    psnr, ssim = ranks(*arrays)
    return above(claim, effect, 0.0, note=f"PSNR {psnr:.2f}, SSIM {ssim:.2f}; {len(arrays)} row(s)")


def _alike(canonical: bool, study: Study, claim: Claim) -> Finding:
    found, media = figures.artworks(study)
    if len(found) < 7 or len(set(media)) == len(media):
        return not_run(claim, "needs artworks of the same medium")
    space = found[0].space
    genomes = [space.canonical(one.best) if canonical else one.best for one in found]
    chance = clusters.nearest_neighbour_rate(clusters.hamming_matrix(genomes), media, seed=SEED)
    verdict = Verdict.SUPPORTED if chance.value > chance.percentile else (
        Verdict.CONTRADICTED if chance.p > 0.95 else Verdict.UNDECIDED)  # fmt: skip
    note = (f"p = {chance.p:.3f}; {len(set(genomes))} different winners of {len(found)}: all searches began with the "
            "same random genomes, so that winners may be alike for another reason than the medium")  # fmt: skip
    return Finding(claim.id, verdict, n=len(found), effect=chance.value, note=note,
                   threshold=f"> {chance.percentile:.3g}, the 95th percentile by chance")  # fmt: skip


def _strong(one: Stored, at: int) -> pd.DataFrame:
    """The best tenth of a population, at least five."""
    return one.populations[at].query("valid").head(max(STRONG, one.search.population // 10))


def _stages(one: Stored, at: int) -> float:
    return float(_strong(one, at)["stages"].mean() / one.space.units)


def _clustered(one: Stored, at: int) -> float:
    """How much better a population clusters than with each bit shuffled among its members."""
    genomes = {one.space.canonical(genome) for genome in one.genomes(one.populations[at].query("valid"))}
    bits, rng = np.array(sorted(genomes)), np.random.default_rng(SEED)
    if len(bits) < 4:
        return np.nan
    shuffled = [clusters.silhouette_best(rng.permuted(bits, axis=0))[0] for _ in range(SHUFFLES)]
    return clusters.silhouette_best(bits)[0] - float(np.mean(shuffled))


def _agree(one: Stored, at: int) -> float:
    """Mean entropy of a skip's or width's bit less that of a filter's, in bits, among the strong."""
    share = np.mean(one.genomes(_strong(one, at)), axis=0)
    entropy = stats.entropy([share, 1 - share], base=2)
    kinds = [gene.name.partition(":")[0] for gene in one.space.genes]
    filters = np.array([kind.endswith(".f") for kind in kinds])
    others = np.array([kind.endswith(".h") or kind.startswith("R") for kind in kinds])
    return float(entropy[others].mean() - entropy[filters].mean())


def _last(measure: Callable[[Stored, int], float], threshold: float, study: Study, claim: Claim) -> Finding:
    """A measure of the last population, mean over the searches; the random first one is its control."""
    runs = [one for one in records.stored(study, "truth") if one.populations]
    first, found = ([value for one in runs if np.isfinite(value := measure(one, at))] for at in (0, -1))
    if not found:
        return not_run(claim, "no population has enough members")
    effect = statistics.bootstrap(found, seed=SEED, n=DRAWS)
    note = f"in the random first generation {np.mean(first or np.nan):.3f}"
    return above(claim, effect, threshold, strict=threshold == 0, note=note)


def _again(study: Study, claim: Claim) -> Finding:
    """Are networks trained again for their pictures as good as their search had found them, bit for bit?"""
    known, keys = [], ["row", "what", "seed"]
    for one in (one for one in records.stored(study, A) if one.search.seed == 0 and one.populations):
        members = {"winner_own": one.winner, **one.ladder}
        known += [{**member[["seed", *MEASURES]], "row": one.search.row, "what": what}
                  for what, member in members.items()]  # fmt: skip
    before = pd.DataFrame(known, columns=[*keys, *MEASURES])
    pairs = study.frame("pictures").merge(before, on=keys, suffixes=("", " before"))
    if pairs.empty:
        return not_run(claim, "no network was trained twice with one seed")
    same = pd.concat([pairs[name] == pairs[f"{name} before"] for name in MEASURES], axis=1).all(axis=1)
    return exact(claim, bool(same.all()), n=len(same), note=f"{same.sum()} of {len(same)} with equal measures")


def _random(other: str, study: Study, claim: Claim) -> Finding:
    """LPIPS that the winners gain over random networks: over their median, or over the best of as many."""
    frame, pairs = records.arms(study), []
    for row in _rows(study):
        if pair := _pair(frame, row, (A, "random"), "lpips_truth"):
            medians = [-one.first["lpips_truth"].median() for one in records.stored(study, A, row=row)]
            pairs.append((pair[0], np.array(medians)) if other == "median" else pair)
    if not pairs:
        return not_run(claim, "no row has both winners and random networks")
    better = sum(a.mean() > b.mean() for a, b in pairs)
    return above(claim, difference(pairs), 0.0, note=f"better in {better} of {len(pairs)} rows")


def _seconds(study: Study, claim: Claim) -> Finding:
    if not (runs := records.stored(study, A)):
        return not_run(claim, "needs 16 GPUs; nothing was searched")
    rows = pd.concat([one.rows for one in runs])
    seconds = float(rows["seconds"].sum() / len(rows))
    note = f"needs 16 GPUs; ours {seconds:.2f} s a proposal, {rows['valid'].mean():.0%} valid"
    return Finding(claim.id, Verdict.NOT_RUN, n=len(rows), effect=seconds, note=note)


def _flips(study: Study, claim: Claim) -> Finding:
    note = "0.05 x 170 bits = 8.5"
    if runs := [one for one in records.stored(study, A) if "flips" in one.rows]:
        mean = pd.concat([one.rows for one in runs])[["flips", "live_flips"]].mean()
        note += (f"; ours, {runs[0].search.mutation_rate:g} x {len(runs[0].space.genes)} bits: {mean['flips']:.1f} "
                 f"counted, of them {mean['live_flips']:.1f} live")  # fmt: skip
    return exact(claim, abs(170 * 0.05 - 4) < 1, n=170, note=note)


def _lucky(study: Study, claim: Claim) -> Finding:
    fresh = study.frame("rescored").groupby("search")["lpips_truth"].mean()
    runs = [one for one in records.stored(study, "truth") if one.search.name in fresh]
    if not runs:
        return not_run(claim, "no winner has fresh scores")
    luck = [fresh[one.search.name] - one.winner["lpips_truth"] for one in runs]
    note = f"less lucky afresh in {sum(value > 0 for value in luck)} of {len(luck)} searches"
    return above(claim, statistics.bootstrap(luck, seed=SEED, n=DRAWS), 0.0, note=note)


def sized(*claims: Claim, remark: str = "") -> list[Claim]:
    """Claims, the remark behind their texts, whose findings say how small the study was, on which they may hang."""

    def test(own: Test, study: Study, claim: Claim) -> Finding:
        found = own(study, claim)
        return found if found.n is None else replace(found, note=f"{found.note}; {records.scale(study)}")

    return [replace(one, text=one.text + remark, test=one.test and partial(test, one.test)) for one in claims]


SMALL = " (ours: small pictures)"
FRESH, COMPARED = ("rescored",), ("rescored", "baselines")  # parts that claims need
RATES = ("0.01", "0.02", "0.1")  # of mutation, beside the main one
ORACLES = sized(
    Claim("C1", f"NAS-DIP beats the DIP network on every picture{SMALL}", "Table 2", better((A, B)), needs=COMPARED),
    whole("C2", "NAS-DIP beats DIP on average over each data set and task", "Table 1", "abcd"),
    *(Claim(f"C2{x}", f"On average over the rows of {task}{SMALL}", "Table 1",
            better((A, B), tasks=[task], mean=True), needs=COMPARED) for x, task in zip("abc", T, strict=True)),
    Claim("C2d", "On average over BAM! and Places2", "Table 1",
          lambda study, claim: not_run(claim, "needs the data sets BAM! and Places2"), "paper"),
    whole("C4", "Fitness grows by up to 30% and ends above the DIP line", "Fig. 4", "ab"),
    Claim("C4a", "Best fitness grows in every search", "Fig. 4", _grows),
    Claim("C4b", "Every search ends above the DIP line", "Fig. 4",
          better((A, B), (SYM, B), (EPOCHS, B), measures=["lpips_truth"]), needs=COMPARED),
    whole("C6", "Inpainting, denoising: asymmetric beats symmetric networks and DIP", "Sec. 4.1", "abc"),
    *(Claim(f"C6{x}", f"... in {name}", "Table 2", better((A, SYM), (A, B), measures=[measure], tasks=T[:2]),
            needs=COMPARED) for x, (measure, name) in zip("abc", MEASURES.items(), strict=True)),
    Claim("C7", "Super-resolution: the symmetric search is the better one", "Sec. 4.1, 5",
          better((SYM, A), tasks=T[2:]), needs=FRESH),
    Claim("C8", "Searching the number of iterations never helps", "Sec. 4.1", better((A, EPOCHS)), needs=FRESH),
    whole("C9", "Mutation rate 0.05 is the best of four", "Table 3", "abc"),
    *(Claim(f"C9{x}", f"... in {MEASURES[name]}", "Table 3",
            better(*((A, f"rate {rate}") for rate in RATES), measures=[name]), needs=FRESH)
      for x, name in zip("abc", ("lpips_truth", "psnr", "ssim"), strict=True)),
    whole("C12", "Strong genomes: several clusters, all stages, like filters, unlike skips and widths", "Fig. 5a",
          "abc"),
    Claim("C12a", "The best of the last population use all stages", "Sec. 4.4", partial(_last, _stages, ALL_STAGES)),
    Claim("C12b", "The last population has distinct clusters", "Fig. 5a", partial(_last, _clustered, 0.0)),
    Claim("C12c", "Filter sizes agree more than skips and widths", "Sec. 4.4", partial(_last, _agree, 0.0)),
    whole("C15", "Searched networks beat random ones", "Sec. 1", "ab"),
    Claim("C15a", "The winner beats the median random network", "Sec. 1", partial(_random, "median"), needs=FRESH),
    Claim("C15b", "It beats the best of as many random networks (a control that the paper lacks)", "Sec. 1",
          partial(_random, "best"), needs=FRESH),
    Claim("O3", "Ours: NAS-DIP beats leaving the picture as it is (noisy, hole black, bicubic)", "ours",
          better((A, "untouched")), needs=COMPARED),
    Claim("O4", "Ours: a winner's own score is luckier than fresh seeds", "ours", _lucky, needs=FRESH),
    Claim("O5", "Ours, added after the desk run: NAS-DIP beats plain biharmonic inpainting (scikit-image)", "ours",
          better((A, "biharmonic"), shown=True), needs=COMPARED),
    Claim("O6", "Ours, added after the desk run: NAS-DIP beats DIP 3x32, a small network that nobody searched", "ours",
          better((A, "dip_scaled")), needs=COMPARED),
    remark=ORACLE,
)  # fmt: skip
BLIND = sized(
    Claim("C1-blind", "... also where fitness sees only the observation, as the paper describes it", "Sec. 3.2",
          better(("observed", B)), needs=COMPARED),
    whole("C10", "Fitness follows PSNR and SSIM", "Sec. 3.2.1", "ab"),
    whole("C10a", "LPIPS to the truth (an oracle) follows PSNR and SSIM", "Sec. 3.2.1", "123"),
    whole("C10b", "LPIPS to the observation (blind) follows PSNR and SSIM", "Sec. 3.2.1", "123"),
    whole("O1", "Ours: held-out error, a blind fitness, follows PSNR and SSIM", "ours", "abc"),
    *(Claim(f"C10{x}{i}", f"... in {task}", "Sec. 3.2.1", partial(_follows, reference, task))
      for x, reference in (("a", "truth"), ("b", "observed")) for i, task in enumerate(T, 1)),
    *(Claim(f"O1{x}", f"... in {task}", "ours", partial(_follows, "heldout", task))
      for x, task in zip("abc", T, strict=True)),
    Claim("O2", "Ours: blind denoising by held-out error beats that by LPIPS to the noisy picture", "ours",
          better(("heldout", "observed"), tasks=["denoising"]), needs=FRESH),
)  # fmt: skip
OTHERS = [
    Claim("C3", "Search converges in 10 to 20 generations of 500", "Sec. 4.1", _converges, "paper"),
    Claim("C5", "The best individual never gets worse", "Sec. 3.2.1", _elitism, "smoke"),
    whole("C11", "Best networks of the same visual style are alike", "Fig. 8", "ab"),
    Claim("C11a", "... by the bits of their genomes", "Fig. 8", partial(_alike, False)),
    Claim("C11b", "... by their canonical genomes", "Fig. 8", partial(_alike, True)),
    Claim("C13", "Inpainting is competitive with PatchMatch, Image Melding and three networks", "Fig. 7",
          lambda study, claim: not_run(claim, "needs those five methods; figure 7 shows three of two libraries"),
          "paper"),
    Claim("C14", "Same genome, same picture: same score", "Sec. 4", _again, "smoke", ("pictures",)),
    Claim("C16", "2 to 3 minutes a proposal, 3 to 6 hours a search on 16 GPUs", "Sec. 4", _seconds),
    Claim("C17", "A mutation rate of 0.05 flips about 4 bits of a child (N = 5)", "Sec. 4.2", _flips, "smoke"),
]  # fmt: skip
CLAIMS = sorted([*ORACLES, *BLIND, *OTHERS, *printed.CLAIMS], key=order)


def judge_all(study: Study) -> pd.DataFrame:
    """Judge every claim that the study's records reach, and write `claims.csv`."""
    return study.judge(CLAIMS)
