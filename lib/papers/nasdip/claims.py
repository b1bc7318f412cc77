"""The paper's claims C1 to C17 and our own, each tested on the records of a study (specification section 1).

Restorations are compared by fresh seeds; a search is one unit. `-own` asks the numbers that the paper itself prints.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
from scipy import stats

from lib.papers.nasdip import figures, printed, records
from lib.papers.nasdip.experiments import transform
from lib.papers.nasdip.records import MEASURES, ORACLE, SIGNS, TASKS, Stored
from lib.papers.study import Study
from lib.report import clusters, statistics
from lib.report.claims import Claim, Finding, Test, Verdict, above, exact, not_run
from lib.report.statistics import Interval
from lib.searchers.generation import Stop

SEED, DRAWS, SHUFFLES = 0, 500, 5  # of resampling
STRONG, ALL_STAGES = 5, 0.9  # members that count as a population's best at least; share of N that is "all stages"
A, B, SYM, EPOCHS = "truth", "dip_matched", "sym", "epochs"
T = tuple(TASKS.values())
Arms = Sequence[tuple[str, str]]  # the arm claimed to be better, the other
Pair = tuple[np.ndarray, np.ndarray]


def difference(pairs: Sequence[Pair], level: float = 0.95) -> Interval:
    """Mean over the pairs (a, b) of mean a - mean b, with Student's interval; the variance is pooled within a pair.

    One to three searches are too few for a bootstrap, which would see only their range. A side with one value borrows
    the other's variance; two such sides have no interval (NaN). An empty b is an exact 0. Degrees of freedom are
    Satterthwaite's.
    """
    n = sum(len(side) for pair in pairs for side in pair)
    value = float(np.mean([a.mean() - (b.mean() if len(b) else 0.0) for a, b in pairs]))
    filled = [[side for side in pair if len(side)] for pair in pairs]
    free = np.array([sum(len(side) - 1 for side in pair) for pair in filled])
    if not free.all():
        return Interval(value, np.nan, np.nan, n)
    squares = np.array([sum(((side - side.mean()) ** 2).sum() for side in pair) for pair in filled])
    each = squares / free * np.array([sum(1 / len(side) for side in pair) for pair in filled])
    freedom = each.sum() ** 2 / (each**2 / free).sum() if each.any() else 1.0
    half = float(stats.t.ppf((1 + level) / 2, freedom) * np.sqrt(each.sum()) / len(pairs))
    return Interval(value, value - half, value + half, n)


def _every(claim: Claim, cells: Mapping[str, Sequence[Pair]], lacking: str, more: str = "") -> Finding:
    """Is each comparison better? The effect is the share that is, from the sure ones to those not surely worse."""
    if not cells:
        return not_run(claim, lacking)
    found = {name: difference(pairs) for name, pairs in cells.items()}
    strict = {name: difference(pairs, 1 - 0.05 / len(cells)) for name, pairs in cells.items()}
    better, sure = (sum(value > 0 for value in part) for part in zip(*((i.value, i.low) for i in found.values()),
                                                                      strict=True))  # fmt: skip
    worse = [name for name, interval in strict.items() if interval.high < 0]
    n = len(cells)
    note = f"{better} of {n} better, {sure} beyond noise, {len(worse)} worse beyond noise"
    note += f" ({', '.join(worse)})" if worse else ""
    least = min(found, key=lambda name: found[name].value)
    note += f"; least {least} {found[least].value:+.3g} [{found[least].low:.2g}, {found[least].high:.2g}]"
    sides = dict.fromkeys("/".join(str(len(x)) for x in pair if len(x)) for c in cells.values() for pair in c)
    note += f"; searches (of DIP: seeds) {', '.join(sides)}{more}"
    return above(claim, Interval(better / n, sure / n, 1 - len(worse) / n, n), 1.0, strict=False, note=note)


def _pair(frame: pd.DataFrame, row: str, arms: tuple[str, str], measure: str) -> Pair:
    """Both arms' values on a row, signed so that more is better."""
    one, other = (SIGNS[measure] * records.values(frame, row, arm, measure) for arm in arms)
    return one, other


def _rows(study: Study, *tasks: str) -> list[str]:
    """The rows of the paper's table 2 that were searched, of the tasks named."""
    return [row for row in printed.rows()
            if row in records.rows_of(study, "truth") and records.task(row) in (tasks or T)]  # fmt: skip


def _better(arms: Arms, measures: Iterable[str], tasks: Sequence[str], study: Study, claim: Claim) -> Finding:
    """Is the first arm better than the other, in every row of the tasks and measure where both were run?"""
    frame = records.arms(study)
    cells = {
        " ".join([records.title(row), MEASURES[measure], *([f"({one} over {other})"] if len(arms) > 1 else [])]):
            [_pair(frame, row, (one, other), measure)]
        for row in _rows(study, *tasks) for measure in measures for one, other in arms
    }  # fmt: skip
    cells = {name: pairs for name, pairs in cells.items() if all(map(len, pairs[0]))}
    more = f"; {records.trained(study)}" if any(SYM in pair for pair in arms) else ""
    ways = {(transform(one), transform(other)) for one, other in arms}
    more += "".join(f"; parents are drawn by {one} against {other} too" for one, other in ways if one != other)
    return _every(claim, cells, "no row has fresh scores of both sides", more)


def _on_average(task: str, study: Study, claim: Claim) -> Finding:
    """Does NAS-DIP beat the matched network on the mean of a task's rows, in every measure?"""
    frame, rows = records.arms(study), _rows(study, task)
    cells = {label: [_pair(frame, row, ("truth", "dip_matched"), name) for row in rows]
             for name, label in MEASURES.items()}  # fmt: skip
    return _every(claim, cells if rows else {}, f"no row of {task} was run")


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
    runs = [one for one in records.stored(study) if one.populations]
    if not runs:
        return not_run(claim, "no genetic search was run")
    parents = pd.concat([one.parents for one in runs])
    old = parents[parents["stayed"]]
    note = (f"{parents['member'].sum()} of {len(parents)} parents were in the population rebuilt; {old['best'].sum()} "
            f"of {len(old)} that stayed were the best so far; that it never falls is by construction")  # fmt: skip
    return exact(claim, bool(parents[["member", "best"]].all(axis=None)), n=len(parents), note=note)


def _follows(reference: str, task: str, study: Study, claim: Claim) -> Finding:
    """Do random networks rank by fitness as by PSNR and SSIM? Ranks within a row; the rows' correlations averaged."""
    part, score = ("heldout", "heldout") if reference == "heldout" else ("truth", f"lpips_{reference}")
    rows = [row for row in records.rows_of(study, part) if records.task(row) == task]
    groups = [pd.concat(records.first_generation(study, row, part))[[score, "psnr", "ssim"]] for row in rows]
    arrays = [group.to_numpy(float) for group in groups if len(group) > 3]
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
    """Were the networks of the pictures as good as when trained before with the same seed, bit for bit?"""
    pairs = study.frame("pictures").merge(records.before(study), on=["row", "what", "seed"], suffixes=("", " before"))
    if pairs.empty:
        return not_run(claim, "no network was trained twice with one seed")
    same = pd.concat([pairs[name] == pairs[f"{name} before"] for name in MEASURES], axis=1).all(axis=1)
    return exact(claim, bool(same.all()), n=len(same), note=f"{same.sum()} of {len(same)} with equal measures")


def _random(other: str, study: Study, claim: Claim) -> Finding:
    """LPIPS that the winners gain over random networks: over their median, or over the best of as many."""
    frame, pairs = records.arms(study), []
    for row in _rows(study):
        mine = -records.values(frame, row, "truth", "lpips_truth")
        theirs = -records.values(frame, row, "random", "lpips_truth")
        if other == "median":
            theirs = -np.array([rows["lpips_truth"].median() for rows in records.first_generation(study, row)])
        pairs += [(mine, theirs)] if len(mine) and len(theirs) else []
    if not pairs:
        return not_run(claim, "no row has both winners and random networks")
    better = sum(a.mean() > b.mean() for a, b in pairs)
    return above(claim, difference(pairs), 0.0, note=f"better in {better} of {len(pairs)} rows")


def _seconds(study: Study, claim: Claim) -> Finding:
    runs = records.stored(study, "truth")
    rows = pd.concat([one.rows for one in runs]) if runs else pd.DataFrame()
    if rows.empty:
        return not_run(claim, "needs 16 GPUs; nothing was searched")
    note = f"needs 16 GPUs; ours {rows['seconds'].sum() / len(rows):.2f} s a proposal, {rows['valid'].mean():.0%} valid"
    return Finding(claim.id, Verdict.NOT_RUN, n=len(rows), effect=float(rows["seconds"].sum() / len(rows)), note=note)


def _flips(study: Study, claim: Claim) -> Finding:
    note = "0.05 x 170 bits = 8.5"
    runs = [one for one in records.stored(study, "truth") if "flips" in one.rows]
    if runs:
        counted = pd.concat([one.rows for one in runs])
        bits, rate = len(runs[0].space.genes), runs[0].search.mutation_rate
        note += f"; ours, {rate:g} x {bits} bits: {counted['flips'].mean():.1f} counted"
        note += f", of them {counted['live_flips'].mean():.1f} live" if "live_flips" in counted else ""
    return exact(claim, abs(170 * 0.05 - 4) < 1, n=170, note=note)


def _plain(method: str, study: Study, claim: Claim) -> Finding:
    """Does NAS-DIP beat a method without a network, on every row that has it?"""
    frame, cells = records.arms(study), {}
    for row in _rows(study) if method == "untouched" else records.rows_of(study, "truth"):
        for measure, label in MEASURES.items():
            mine, theirs = _pair(frame, row, ("truth", method), measure)
            if len(mine) and len(theirs):
                cells[f"{records.title(row)} {label}"] = [(mine - theirs.mean(), mine[:0])]  # it has no seed
    return _every(claim, cells, "no row has both sides")


def _lucky(study: Study, claim: Claim) -> Finding:
    fresh = study.frame("rescored").groupby("search")["lpips_truth"].mean()
    runs = [one for one in records.stored(study, "truth") if one.search.name in fresh]
    if not runs:
        return not_run(claim, "no winner has fresh scores")
    luck = [fresh[one.search.name] - one.winner["lpips_truth"] for one in runs]
    note = f"less lucky afresh in {sum(value > 0 for value in luck)} of {len(luck)} searches"
    return above(claim, statistics.bootstrap(luck, seed=SEED, n=DRAWS), 0.0, note=note)


def _scaled(test: Test, study: Study, claim: Claim) -> Finding:
    """The finding with how small the study was, on which it may hang, and whether the claim came after the results."""
    found, late = test(study, claim), "; claim added after the desk run" * (claim.id in ("O5", "O6"))
    return found if found.n is None else replace(found, note=f"{found.note}{late}; {records.scale(study)}")


NO_SR, MAIN, RATE = ("inpainting", "denoising"), "Asym NAS-DIP", "NAS-DIP pm=0.05"
SMALL = " (ours: small pictures)"
FRESH, COMPARED = ("rescored",), ("rescored", "baselines")  # parts that claims need
RATES = ("0.01", "0.02", "0.1")  # of mutation, beside the main one
CLAIMS = [
    Claim("C1", f"NAS-DIP beats the DIP network on every picture{SMALL}", "Table 2",
          partial(_better, [(A, B)], MEASURES, T), needs=COMPARED),
    Claim("C1-own", "... in the paper's own table 2", "Table 2: 21 of 21", partial(printed.beats, arms=[(MAIN, "DIP")]),
          "smoke"),
    Claim("C1-blind", "... also where fitness sees only the observation, as the paper describes it", "Sec. 3.2",
          partial(_better, [("observed", B)], MEASURES, T), needs=COMPARED),
    Claim("C2", "NAS-DIP beats DIP on average over each data set and task", "Table 1",
          parts=("C2a", "C2b", "C2c", "C2d")),
    *(Claim(f"C2{x}", f"On average over the rows of {task}{SMALL}", "Table 1", partial(_on_average, task),
            needs=COMPARED) for x, task in zip("abc", T, strict=True)),
    Claim("C2d", "On average over BAM! and Places2", "Table 1",
          lambda study, claim: not_run(claim, "needs the data sets BAM! and Places2"), "paper"),
    Claim("C2-own", "... in the paper's own table 1", "Table 1: 15 of 15",
          partial(printed.beats, arms=[("NAS-DIP", "DIP")], table="table1"), "smoke"),
    Claim("C3", "Search converges in 10 to 20 generations of 500", "Sec. 4.1", _converges, "paper"),
    Claim("C4", "Fitness grows by up to 30% and ends above the DIP line", "Fig. 4", parts=("C4a", "C4b")),
    Claim("C4a", "Best fitness grows in every search", "Fig. 4", _grows),
    Claim("C4b", "Every search ends above the DIP line", "Fig. 4",
          partial(_better, [(A, B), (SYM, B), (EPOCHS, B)], ["lpips_truth"], T), needs=COMPARED),
    Claim("C5", "The best individual never gets worse", "Sec. 3.2.1", _elitism, "smoke"),
    Claim("C6", "Inpainting, denoising: asymmetric beats symmetric networks and DIP", "Sec. 4.1",
          parts=("C6a", "C6b", "C6c")),
    *(Claim(f"C6{x}", f"... in {name}", "Table 2", partial(_better, [(A, SYM), (A, B)], [measure], NO_SR),
            needs=COMPARED) for x, (measure, name) in zip("abc", MEASURES.items(), strict=True)),
    Claim("C6-own", "... in the paper's own table 2", "Table 2",
          partial(printed.beats, arms=[(MAIN, "Sym NAS-DIP"), (MAIN, "DIP")], tasks=NO_SR), "smoke"),
    Claim("C7", "Super-resolution: the symmetric search is the better one", "Sec. 4.1, 5",
          partial(_better, [(SYM, A)], MEASURES, T[2:]), needs=FRESH),
    Claim("C7-own", "... in the paper's own table 2", "Table 2",
          partial(printed.beats, arms=[("Sym NAS-DIP", MAIN)], tasks=T[2:]), "smoke"),
    Claim("C8", "Searching the number of iterations never helps", "Sec. 4.1",
          partial(_better, [(A, EPOCHS)], MEASURES, T), needs=FRESH),
    Claim("C8-own", "... in the paper's own table 2", "Table 2",
          partial(printed.beats, arms=[(MAIN, "Asym NAS-DIP-T")], ties=True), "smoke"),
    Claim("C9", "Mutation rate 0.05 is the best of four", "Table 3", parts=("C9a", "C9b", "C9c")),
    *(Claim(f"C9{x}", f"... in {MEASURES[name]}", "Table 3",
            partial(_better, [(A, f"rate {rate}") for rate in RATES], [name], T), needs=FRESH)
      for x, name in zip("abc", ("lpips_truth", "psnr", "ssim"), strict=True)),
    Claim("C9-own", "... in table 3 (PSNR, LPIPS; ties allowed, doubtful digits left out)", "Table 3",
          partial(printed.beats, arms=[(RATE, f"NAS-DIP pm={rate}") for rate in ("0.01", "0.02", "0.10")],
                  table="table3", ties=True, measures=("psnr", "lpips_truth")), "smoke"),
    Claim("C10", "Fitness follows PSNR and SSIM", "Sec. 3.2.1", parts=("C10a", "C10b")),
    *(claim for x, of, name in (("a", "truth", "the truth (an oracle)"), ("b", "observed", "the observation (blind)"))
      for claim in (
        Claim(f"C10{x}", f"LPIPS to {name} follows PSNR and SSIM", "Sec. 3.2.1",
              parts=(f"C10{x}1", f"C10{x}2", f"C10{x}3")),
        *(Claim(f"C10{x}{i}", f"... in {task}", "Sec. 3.2.1", partial(_follows, of, task))
          for i, task in enumerate(T, 1)))),
    Claim("C11", "Best networks of the same visual style are alike", "Fig. 8", parts=("C11a", "C11b")),
    Claim("C11a", "... by the bits of their genomes", "Fig. 8", partial(_alike, False)),
    Claim("C11b", "... by their canonical genomes", "Fig. 8", partial(_alike, True)),
    Claim("C12", "Strong genomes: several clusters, all stages, like filters, unlike skips and widths", "Fig. 5a",
          parts=("C12a", "C12b", "C12c")),
    Claim("C12a", "The best of the last population use all stages", "Sec. 4.4", partial(_last, _stages, ALL_STAGES)),
    Claim("C12b", "The last population has distinct clusters", "Fig. 5a", partial(_last, _clustered, 0.0)),
    Claim("C12c", "Filter sizes agree more than skips and widths", "Sec. 4.4", partial(_last, _agree, 0.0)),
    Claim("C13", "Inpainting is competitive with PatchMatch, Image Melding and three networks", "Fig. 7",
          lambda study, claim: not_run(claim, "needs those five methods; figure 7 shows three of two libraries"),
          "paper"),
    Claim("C14", "Same genome, same picture: same score", "Sec. 4", _again, "smoke", ("pictures",)),
    Claim("C15", "Searched networks beat random ones", "Sec. 1", parts=("C15a", "C15b")),
    Claim("C15a", "The winner beats the median random network", "Sec. 1", partial(_random, "median"), needs=FRESH),
    Claim("C15b", "It beats the best of as many random networks (a control that the paper lacks)", "Sec. 1",
          partial(_random, "best"), needs=FRESH),
    Claim("C16", "2 to 3 minutes a proposal, 3 to 6 hours a search on 16 GPUs", "Sec. 4", _seconds),
    Claim("C16-own", "Those hours hold 10 to 20 generations if every proposal is trained", "Sec. 4", printed.hours,
          "smoke"),
    Claim("C17", "A mutation rate of 0.05 flips about 4 bits of a child (N = 5)", "Sec. 4.2", _flips, "smoke"),
    Claim("E1", "Table 1 holds the means of table 2", "Tables 1, 2", printed.are_means, "smoke"),
    Claim("E2", "Table 3 at 0.05 repeats table 2's Asym NAS-DIP", "Tables 2, 3", printed.repeats, "smoke"),
    Claim("O1", "Ours: held-out error, a blind fitness, follows PSNR and SSIM", "ours", parts=("O1a", "O1b", "O1c")),
    *(Claim(f"O1{x}", f"... in {task}", "ours", partial(_follows, "heldout", task))
      for x, task in zip("abc", T, strict=True)),
    Claim("O2", "Ours: blind denoising by held-out error beats that by LPIPS to the noisy picture", "ours",
          partial(_better, [("heldout", "observed")], MEASURES, ("denoising",)), needs=FRESH),
    Claim("O3", "Ours: NAS-DIP beats leaving the picture as it is (noisy, hole black, bicubic)", "ours",
          partial(_plain, "untouched"), needs=COMPARED),
    Claim("O4", "Ours: a winner's own score is luckier than fresh seeds", "ours", _lucky, needs=FRESH),
    Claim("O5", "Ours: inpainting by NAS-DIP beats plain biharmonic inpainting (scikit-image)", "ours",
          partial(_plain, "biharmonic"), needs=COMPARED),
    Claim("O6", "Ours: NAS-DIP beats DIP 3x32, a small network that nobody searched", "ours",
          partial(_better, [(A, "dip_scaled")], MEASURES, T), needs=COMPARED),
]  # fmt: skip
BY_TRUTH = ("C1", "C2", "C4", "C6", "C7", "C8", "C9", "C12", "C15", "O3", "O4", "O5", "O6")  # fitness by the truth
SIZED = (*BY_TRUTH, "C1-blind", "C10", "O1", "O2")  # findings that may hang on how small the study was


def _told(claim: Claim) -> Claim:
    """The claim with how it was run: its text says where the fitness saw the truth, its finding how small it was."""
    number = re.sub(r"(?<=\d)[a-d]\d*$", "", claim.id)  # without its part; what follows a hyphen stays
    test = partial(_scaled, claim.test) if claim.test and number in SIZED else claim.test
    return replace(claim, text=claim.text + ORACLE * (number in BY_TRUTH), test=test)


CLAIMS = [_told(claim) for claim in CLAIMS]


def judge_all(study: Study) -> pd.DataFrame:
    """Judge every claim that the study's records reach, and write `claims.csv`."""
    return study.judge(CLAIMS)
