"""The paper's claims C1 to C15 and our own, each tested on the records of a study (specification section 1).

A claim about Inception's scores of 50,000 pictures of CIFAR-10 or STL-10 needs them; `-s` is its stand-in on the
pictures and features of the record. Of trained networks KD decides there, at any number of pictures, as Lite0 has more
features than desk has pictures; of searches and their proxies the reward's features do. `P-` is what the paper's own
numbers say, `E` what code can count, `O` our own observation.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import pandas as pd

from lib.papers.autogan import comparisons, printed, records
from lib.papers.autogan.comparisons import Test, after_resets, alike, cost, ends, network, noted, printed_scores
from lib.papers.autogan.experiments import SEARCHED
from lib.papers.autogan.records import WINNERS
from lib.papers.study import Study
from lib.report.claims import Claim, Finding, above, below, inside_band, not_run, order

INCEPTION = "needs 50,000 pictures, CIFAR-10 and the 2015 Inception, which desk has not"
BAND_IS, BAND_FID, BAND_KD = 0.45, 3.0, 0.2  # three times the margins of section 1; KD as a share
WITHIN = "95 % interval inside"
ALONE = "needs searches run alone"  # those of desk may share the machine
CIFAR, STL = "cifar10", "stl10"
DERIVED: dict[str, tuple[str, str, str, tuple[Any, ...]]] = {  # id: sentence, evidence, threshold, test's arguments
    "C1a": ("... in IS", "8.55, 8.22", "IS(a) - IS(SN-GAN) > 0", ("is", "a", "sngan", above, 0.0)),
    "C1b": ("... in FID", "12.42, 21.7", "FID(SN-GAN) - FID(a) > 0", ("fd", "sngan", "a", above, 0.0)),
    "C2a": ("... top1's IS is above top2's", "8.55, 8.42", "IS(a) - IS(b) > 0", ("is", "a", "b", above, 0.0)),
    "C2b": ("... top2's IS is not below top3's", "8.42, 8.41", "IS(b) - IS(c) > -0.15",
            ("is", "b", "c", above, -0.15)),
    "C2c": ("... top1's FID is below top2's", "12.42, 13.67", "FID(b) - FID(a) > 0", ("fd", "b", "a", above, 0.0)),
    "C2d": ("... top2's FID is not above top3's", "13.67, 13.87", "FID(c) - FID(b) > -1",
            ("fd", "c", "b", above, -1.0)),
    **{f"C3{name}": (f"... {name}'s is", value, f"FID({name}) < 16.21", ("fd", name, "", below, 16.21))
       for name, value in zip("abc", ("12.42", "13.67", "13.87"), strict=True)},
    "C4": ("The IS of top1 is second only to Progressive GAN's", "8.55; 8.80, 8.33", "IS(a) in [8.33, 8.80]",
           ("is", "a", "", inside_band, (8.33, 8.80))),
    "C5a": ("... its FID is below every earlier one", "31.01; 36.19", "FID(a) < 36.19", ("fd", "a", "", below, 36.19)),
    "C5b": ("... its IS is above SN-GAN's", "9.16; 9.10", "IS(a) > 9.10", ("is", "a", "", above, 9.10)),
    "C5c": ("... its IS is below MMD-GAN's", "9.16; 9.34", "IS(a) < 9.34", ("is", "a", "", below, 9.34)),
    "C11a": ("... in IS than with shared weights", "8.55, 8.09", "IS(top1) - IS(rsws) > 0",
             ("is", "top1", "rsws", above, 0.0)),
    "C11b": ("... and that than without", "8.09, 7.97", "IS(rsws) - IS(rses) > 0", ("is", "rsws", "rses", above, 0.0)),
    "C11c": ("... in FID than with shared weights", "12.42, 17.34", "FID(rsws) - FID(top1) > 0",
             ("fd", "rsws", "top1", above, 0.0)),
    "C11d": ("... and that than without", "17.34, 21.39", "FID(rses) - FID(rsws) > 0",
             ("fd", "rses", "rsws", above, 0.0)),
}  # fmt: skip
STAND_INS: dict[str, tuple[str, str, str, tuple[Any, ...]]] = {
    "C1-s": ("The printed generator a beats SN-GAN's, trained alike", "Table 1", "KD(SN-GAN) - KD(a) > 0",
             ("kd", "sngan", "a", above, 0.0)),
    "C2a-s": ("... top1's KD is below top2's", "Table 1", "KD(b) - KD(a) > 0", ("kd", "b", "a", above, 0.0)),
    "C2b-s": ("... top2's KD is not above top3's", "Table 1", "KD(c) - KD(b) >= -2 sd of retraining",
              ("kd", "c", "b", above, "noise")),
    "C5-s": ("The printed generator a beats SN-GAN's also at 48 px", "Table 2", "KD(SN-GAN) - KD(a) > 0",
             ("kd", "sngan", "a", above, 0.0)),
    "C11a-s": ("... the search is better than random search with shared weights", "text",
               "KD(rsws) - mean KD(top1 of each search) > 0, Welch", ("kd", "rsws", WINNERS, above, 0.0)),
    "C11b-s": ("... and that than without", "text", "KD(rses) - KD(rsws) > 0", ("kd", "rses", "rsws", above, 0.0)),
    "O1": ("Ours: the generators that our searches found beat SN-GAN's", "ours",
           "KD(SN-GAN) - mean KD(top1 of each search) > 0, Welch", ("kd", "sngan", WINNERS, above, 0.0)),
    "O2": ("Ours: what shared weights rank first is better afresh than what they rank third", "ours",
           "KD(top3) - KD(top1) > 0", ("kd", "top3", "top1", above, 0.0)),
}  # fmt: skip
# Tested alike on the paper's scores and on a record's own: id: sentence, evidence, test in words, parts, test
SHARED: dict[str, tuple[str, str, str, tuple[str, ...], Test]] = {
    "C7": ("Scores with shared weights rank like scores after training", "Fig. 7: 0.779", "Spearman > 0, bootstrap",
           ("correlation",), partial(comparisons.proxy_ranks, 0.0)),
    "C7-high": ("... as strongly as in the paper", "Fig. 7: 0.779", "Spearman >= 0.6, bootstrap", ("correlation",),
                partial(comparisons.proxy_ranks, 0.6)),
    "C7b": ("Shared weights underestimate the IS", "Fig. 7", "median of real - proxy > 0, bootstrap", ("correlation",),
            comparisons.underestimates),
    "C8-is": ("... in IS", "Fig. 8", f"last tenth: {WITHIN} +-{BAND_IS:g}", ("mlas-0", "fid-0"),
              partial(alike, BAND_IS, "greedy_is", ("mlas", "fid"))),
    "C8b": ("... though it costs more time", "Sec. 4.3.2",
            f"seconds to score a picture, 1/FID over IS > 1; bootstrap; {ALONE}", ("mlas-0", "fid-0"),
            comparisons.dearer_rewards),
    "C9a": ("... wall time is saved", "43 h, 72 h", f"seconds with / without < 1; {ALONE}", ("mlas-0", "noreset-0"),
            partial(after_resets, partial(cost, "seconds", ("mlas", "noreset")))),
    "C9b": ("... and so are D-steps", "ours", "D-steps with / without < 1", ("mlas-0", "noreset-0"),
            partial(after_resets, partial(cost, "d_steps", ("mlas", "noreset")))),
    "C9c": ("... at equal quality", "Fig. 9", f"IS, last tenth: {WITHIN} +-{BAND_IS:g}", ("mlas-0", "noreset-0"),
            partial(after_resets, partial(alike, BAND_IS, "greedy_is", ("mlas", "noreset")))),
    "C10a": ("... it ends above", "Fig. 10", "IS, last tenth: MLAS - SLAS > 0", ("mlas-0", "slas-0"),
             partial(noted, comparisons.updates, partial(ends, "greedy_is", ("mlas", "slas")))),
    "C10b": ("... single-level search is above at the start, at another resolution", "Fig. 10",
             "IS, first tenth: SLAS - MLAS > 0", ("mlas-0", "slas-0"),
             partial(noted, comparisons.updates, partial(ends, "greedy_is", ("slas", "mlas"), first=True))),
    "C10c": ("... and takes longer", "Fig. 10", f"seconds MLAS / SLAS < 1; {ALONE}", ("mlas-0", "slas-0"),
             partial(noted, comparisons.updates, partial(cost, "seconds", ("mlas", "slas")))),
    "C12a": ("... pre-activation", "9 of 9", "share of cells > 1/2", ("mlas-0",),
             partial(comparisons.preference, "pre", 1 / 2)),
    "C12b": ("... no transposed convolution", "9 of 9", "share of cells > 2/3", ("mlas-0",),
             partial(comparisons.preference, "no deconv", 2 / 3)),
    "C12c": ("... no normalisation", "8 of 9", "share of cells > 1/3", ("mlas-0",),
             partial(comparisons.preference, "no norm", 1 / 3)),
    "C12d": ("... skips", "9 of 9", "share of possible skips > 1/2", ("mlas-0",),
             partial(comparisons.preference, "skips", 1 / 2)),
    "C13a": ("... the variance of D's loss falls with the IS", "Sec. 3.2", "Spearman within stages > 0, over searches",
             ("mlas-0",), comparisons.collapse),
    "C13b": ("... where it falls below the threshold the IS is lower", "Sec. 3.2",
             "IS - median of its stage < 0, bootstrap over such iterations", ("mlas-0",), comparisons.triggered),
    "C14a": ("... rewards rise within a stage", "Figs. 8 to 10", "mean of its last 5 (at most half) - of its first > 0",
             ("mlas-0",), comparisons.rewards_rise),
    "C14b": ("... beyond those of uniform cells on the same beams and shared weights, which were trained mostly on the "
             "policy's own children", "ours", "mean difference > 0, over searches",
             ("mlas-0",), comparisons.beats_uniform),
}  # fmt: skip
ONE_SIDED: dict[str, tuple[str, str, str, tuple[str, ...], Test]] = {  # not tested alike, and our own
    "C8-fid": ("... in FID", "Fig. 8", f"last tenth: {WITHIN} +-{BAND_FID:g}; {INCEPTION}", ("mlas-0", "fid-0"),
               partial(printed_scores, partial(alike, BAND_FID, "greedy_fd", ("mlas", "fid")), "mlas-0", CIFAR)),
    "C8-kd-s": ("... in KD", "Fig. 8", f"last tenth, share of MLAS's KD: {WITHIN} +-{BAND_KD:g}", ("mlas-0", "fid-0"),
                partial(alike, BAND_KD, "greedy_kd", ("mlas", "fid"), relative=True)),
    "O3": ("Ours: the cheap task classifier ranks trained networks as the tables' features do", "ours",
           "Spearman of KD over networks > 0, bootstrap", ("derived",), comparisons.same_order),
    "O4": ("Ours: the reward memo saves in the first stage at least what uniform draws would", "1.46 for 30 draws",
           "saved / expected >= 1, over searches", ("mlas-0",), comparisons.memo),
}  # fmt: skip
WHOLE = {  # compound claims: sentence, evidence
    "C1": ("The searched generator beats the hand-made one of the same blocks, SN-GAN's", "Table 1"),
    "C2": ("Candidates rank top1 > top2 >= top3", "Table 1"),
    "C3": ("All three have a lower FID than every earlier method", "Table 1"),
    "C5": ("The architecture transfers to STL-10", "Table 2"),
    "C8": ("1/FID as reward gives a search like IS", "Fig. 8"),
    "C9": ("Dynamic reset saves time at equal quality", "Fig. 9"),
    "C10": ("Multi-level search ends above single-level search and is faster", "Fig. 10"),
    "C11": ("The search beats both random searches at equal budget", "text"),
    "C11-s": ("The search beats both random searches", "text"),
    "C12": ("The found cells prefer, beyond chance, what the paper says", "Figs. 3, 5"),
    "C13": ("Collapse shows as a small variance of the loss", "Sec. 3.2"),
    "C14": ("The controller learns", "Figs. 8 to 10"),
}
PARENTS = {
    **{f"C{n}": [f"C{n}{x}" for x in parts] for n, parts in (
        (1, "ab"), (2, "abcd"), (3, "abc"), (5, "abc"), (9, "abc"), (10, "abc"), (11, "abcd"), (12, "abcd"),
        (13, "ab"), (14, "ab"))},
    "C8": ["C8-is", "C8-fid"], "C8-s": ["C8-is-s", "C8-kd-s"], "C2-s": ["C2a-s", "C2b-s"],
    "C11-s": ["C11a-s", "C11b-s"],
    **{f"C{n}-s": [f"C{n}{x}-s" for x in parts] for n, parts in (
        (9, "abc"), (10, "abc"), (12, "abcd"), (13, "ab"), (14, "ab"))},
    **printed.PARENTS,
}  # fmt: skip


def _hours(study: Study, claim: Claim) -> Finding:
    """What our searches cost, which says nothing of the paper's GPU."""
    each = [one.seconds.sum() / 3600 for one in records.searches(study, "mlas")]
    found = ", ".join(f"{hours:.2f} h" for hours in each)
    return not_run(claim, f"needs the paper's GPU, which it does not name; our searches took {found or 'no time yet'}")


def _text(name: str, text: str, stand_in: bool) -> str:
    return f"{text} (stand-in: other pictures and features)" if stand_in and not text.startswith("...") else text


def _compounds() -> list[Claim]:
    found = []
    for name, parts in PARENTS.items():
        if name in printed.PARENTS:
            continue
        stand_in = name.endswith("-s")
        text, place = WHOLE.get(name) or WHOLE[name.removesuffix("-s")]
        test = f"all of {', '.join(parts)}" + ("" if stand_in else f"; {INCEPTION}")
        found.append(Claim(name, _text(name, text, stand_in), place, test, "desk" if stand_in else "day"))
    return found


def _simple() -> list[Claim]:
    found = [Claim(name, text, place, f"{test}; {INCEPTION}", "day") for name, (text, place, test, _) in
             DERIVED.items()]  # fmt: skip
    for name, (text, place, test, _) in STAND_INS.items():
        found.append(Claim(name, _text(name, text, name.endswith("-s")), place, f"{test}, over trainings"))
    for name, (text, place, test, *_) in SHARED.items():
        found.append(Claim(name, text, place, f"{test}; {INCEPTION}", "day"))
        found.append(Claim(f"{name}-s", _text(name, text, True), place, test, "day" if ALONE in test else "desk"))
    for name, (text, place, test, *_) in ONE_SIDED.items():
        found.append(Claim(name, text, place, test, "day" if name == "C8-fid" else "desk"))
    cost = Claim(
        "C15", "The search takes 43 hours", "Sec. 4.3.3", "wall time on the paper's GPU, not decided at desk", "paper"
    )
    return [*found, cost]


CLAIMS = sorted([*_compounds(), *_simple(), *printed.CLAIMS], key=order)


def _networks(table: dict[str, tuple[str, str, str, tuple[Any, ...]]]) -> dict[str, Test]:
    """The tests of trained networks; those of C11 also say what the searches on both sides cost."""
    found: dict[str, Test] = {}
    for name, (*_, given) in table.items():
        found[name] = partial(network, "transfer" if name.startswith("C5") else "derived", given)
        if name.startswith("C11"):
            sides = ["mlas" if side in ("top1", WINNERS) else side for side in given[1:3]]
            found[name] = partial(noted, partial(comparisons.budgets, sides), found[name])
    return found


TESTS: dict[str, Callable[[Study, Claim], Finding]] = {
    **{name: partial(printed_scores, test, "transfer" if name.startswith("C5") else "derived",
                     STL if name.startswith("C5") else CIFAR) for name, test in _networks(DERIVED).items()},
    **_networks(STAND_INS),
    **{name: partial(printed_scores, test, parts[0], CIFAR) for name, (*_, parts, test) in SHARED.items()},
    **{f"{name}-s": test for name, (*_, test) in SHARED.items()},
    **{name: test for name, (*_, test) in ONE_SIDED.items()}, "C15": _hours, **printed.TESTS,
}  # fmt: skip
NEEDS: dict[str, tuple[str, ...]] = {
    **{name: ("transfer" if name.startswith("C5") else "derived",) for name in (*DERIVED, *STAND_INS)},
    **{f"{name}{end}": parts for name, (*_, parts, _) in (SHARED | ONE_SIDED).items()
       for end in (("", "-s") if name in SHARED else ("",))},
}  # fmt: skip
FAILING = {
    "derived",
    "transfer",
    "correlation",
    *(f"{part}-0" for part in SEARCHED),
}  # failed rows are left out


def judge_all(study: Study) -> pd.DataFrame:
    """Judge every claim that the study's records reach, and write `claims.csv`."""
    return study.judge(CLAIMS, TESTS, NEEDS, PARENTS, failing=FAILING)
