"""The paper's claims C1 to C15 and our own, each tested on the records of a study.

A claim about Inception's scores of 50,000 pictures of CIFAR-10 or STL-10 needs them; `-s` is its stand-in on the
pictures and features of the record. Of trained networks KD decides there, at any number of pictures, as Lite0 has more
features than desk has pictures; of searches and their proxies the reward's features do. `P-` is what the paper's own
numbers say, `E` what code can count, `O` our own observation.
"""

from functools import partial
from typing import Any

import pandas as pd

from lib.papers.autogan import comparisons, printed, records
from lib.papers.autogan.comparisons import after_resets, cost, ends, network, noted, preference, printed_scores
from lib.papers.autogan.experiments import SEARCHED
from lib.papers.autogan.records import WINNERS
from lib.papers.study import Study
from lib.report.claims import Claim, Finding, Test, above, below, inside_band, not_run, order, whole

BAND_IS, BAND_FID, BAND_KD = 0.45, 3.0, 0.2  # three times what is "comparable" of single scores; KD as a share
CIFAR, STL = "cifar10", "stl10"
MLAS, FID, NO_RESET, SLAS = ("mlas-0",), ("mlas-0", "fid-0"), ("mlas-0", "noreset-0"), ("mlas-0", "slas-0")  # needed


def _trained(name: str, text: str, place: str, *given: Any) -> Claim:
    """A claim on trained networks, `given` as `comparisons.network` has it: the paper's own, a stand-in or ours.

    Those of C11 also say what the searches on both sides cost.
    """
    part, data = ("transfer", STL) if name.startswith("C5") else ("derived", CIFAR)
    test: Test = partial(network, part, given)
    if name.startswith("C11"):
        sides = ["mlas" if side in ("top1", WINNERS) else side for side in given[1:3]]
        test = partial(noted, partial(comparisons.budgets, sides), test)
    if name.endswith("-s"):
        text = _standing(text)
    elif name.startswith("C"):
        return Claim(name, text, place, partial(printed_scores, test, part, data), "day", (part,))
    return Claim(name, text, place, test, needs=(part,))


def _both(name: str, text: str, place: str, needs: tuple[str, ...], test: Test, *,
          least: str = "desk") -> list[Claim]:  # fmt: skip
    """A claim tested on the paper's scores, and alike its stand-in on a record's own, which needs a profile at least.

    Seconds are compared only where searches run alone, from `day` on: those of desk may share the machine.
    """
    return [Claim(name, text, place, partial(printed_scores, test, needs[0], CIFAR), "day", needs),
            Claim(f"{name}-s", _standing(text), place, test, least, needs)]  # fmt: skip


def _wholes(name: str, text: str, place: str, parts: str, standing: str) -> list[Claim]:
    """A compound claim of these parts, and its stand-in of those that have one."""
    others = tuple(f"{name}{part}-s" for part in standing)
    return [whole(name, text, place, parts), Claim(f"{name}-s", _standing(text), place, parts=others)]


def _standing(text: str) -> str:
    return text if text.startswith("...") else f"{text} (stand-in: other pictures and features)"


def _hours(study: Study, claim: Claim) -> Finding:
    """What our searches cost, which says nothing of the paper's GPU."""
    each = [one.seconds.sum() / 3600 for one in records.searches(study, "mlas")]
    found = ", ".join(f"{hours:.2f} h" for hours in each)
    return not_run(claim, f"needs the paper's GPU, which it does not name; our searches took {found or 'no time yet'}")


LIKE_IS = "1/FID as reward gives a search like IS"
GIVEN = [
    whole("C1", "The searched generator beats the hand-made one of the same blocks, SN-GAN's", "Table 1", "ab"),
    _trained("C1a", "... in IS", "8.55, 8.22", "is", "a", "sngan", above, 0.0),
    _trained("C1b", "... in FID", "12.42, 21.7", "fd", "sngan", "a", above, 0.0),
    _trained("C1-s", "The printed generator a beats SN-GAN's, trained alike", "Table 1", "kd", "sngan", "a", above,
             0.0),
    *_wholes("C2", "Candidates rank top1 > top2 >= top3", "Table 1", "abcd", "ab"),
    _trained("C2a", "... top1's IS is above top2's", "8.55, 8.42", "is", "a", "b", above, 0.0),
    _trained("C2b", "... top2's IS is not below top3's", "8.42, 8.41", "is", "b", "c", above, -0.15),
    _trained("C2c", "... top1's FID is below top2's", "12.42, 13.67", "fd", "b", "a", above, 0.0),
    _trained("C2d", "... top2's FID is not above top3's", "13.67, 13.87", "fd", "c", "b", above, -1.0),
    _trained("C2a-s", "... top1's KD is below top2's", "Table 1", "kd", "b", "a", above, 0.0),
    _trained("C2b-s", "... top2's KD is not above top3's", "Table 1", "kd", "c", "b", above, "noise"),
    whole("C3", "All three have a lower FID than every earlier method", "Table 1", "abc"),
    *(_trained(f"C3{name}", f"... {name}'s is", value, "fd", name, "", below, 16.21)
      for name, value in zip("abc", ("12.42", "13.67", "13.87"), strict=True)),
    _trained("C4", "The IS of top1 is second only to Progressive GAN's", "8.55; 8.80, 8.33", "is", "a", "", inside_band,
             (8.33, 8.80)),
    whole("C5", "The architecture transfers to STL-10", "Table 2", "abc"),
    _trained("C5a", "... its FID is below every earlier one", "31.01; 36.19", "fd", "a", "", below, 36.19),
    _trained("C5b", "... its IS is above SN-GAN's", "9.16; 9.10", "is", "a", "", above, 9.10),
    _trained("C5c", "... its IS is below MMD-GAN's", "9.16; 9.34", "is", "a", "", below, 9.34),
    _trained("C5-s", "The printed generator a beats SN-GAN's also at 48 px", "Table 2", "kd", "sngan", "a", above, 0.0),
    *_both("C7", "Scores with shared weights rank like scores after training", "Fig. 7: 0.779", ("correlation",),
           partial(comparisons.proxy_ranks, 0.0)),
    *_both("C7-high", "... as strongly as in the paper", "Fig. 7: 0.779", ("correlation",),
           partial(comparisons.proxy_ranks, 0.6)),
    *_both("C7b", "Shared weights underestimate the IS", "Fig. 7", ("correlation",), comparisons.underestimates),
    Claim("C8", LIKE_IS, "Fig. 8", parts=("C8-is", "C8-fid")),
    Claim("C8-s", _standing(LIKE_IS), "Fig. 8", parts=("C8-is-s", "C8-kd-s")),
    *_both("C8-is", "... in IS", "Fig. 8", FID, partial(ends, "greedy_is", ("mlas", "fid"), band=BAND_IS)),
    Claim("C8-fid", "... in FID", "Fig. 8",
          partial(printed_scores, partial(ends, "greedy_fd", ("mlas", "fid"), band=BAND_FID), "mlas-0", CIFAR), "day",
          FID),
    Claim("C8-kd-s", "... in KD", "Fig. 8", partial(ends, "greedy_kd", ("mlas", "fid"), band=BAND_KD, relative=True),
          needs=FID),
    *_both("C8b", "... though it costs more time", "Sec. 4.3.2", FID, comparisons.dearer_rewards, least="day"),
    *_wholes("C9", "Dynamic reset saves time at equal quality", "Fig. 9", "abc", "abc"),
    *_both("C9a", "... wall time is saved", "43 h, 72 h", NO_RESET,
           partial(after_resets, partial(cost, "seconds", ("mlas", "noreset"))), least="day"),
    *_both("C9b", "... and so are D-steps", "ours", NO_RESET,
           partial(after_resets, partial(cost, "d_steps", ("mlas", "noreset")))),
    *_both("C9c", "... at equal quality", "Fig. 9", NO_RESET,
           partial(after_resets, partial(ends, "greedy_is", ("mlas", "noreset"), band=BAND_IS))),
    *_wholes("C10", "Multi-level search ends above single-level search and is faster", "Fig. 10", "abc", "abc"),
    *_both("C10a", "... it ends above", "Fig. 10", SLAS,
           partial(noted, comparisons.updates, partial(ends, "greedy_is", ("mlas", "slas")))),
    *_both("C10b", "... single-level search is above at the start, at another resolution", "Fig. 10", SLAS,
           partial(noted, comparisons.updates, partial(ends, "greedy_is", ("slas", "mlas"), first=True))),
    *_both("C10c", "... and takes longer", "Fig. 10", SLAS,
           partial(noted, comparisons.updates, partial(cost, "seconds", ("mlas", "slas"))), least="day"),
    whole("C11", "The search beats both random searches at equal budget", "text", "abcd"),
    Claim("C11-s", _standing("The search beats both random searches"), "text", parts=("C11a-s", "C11b-s")),
    _trained("C11a", "... in IS than with shared weights", "8.55, 8.09", "is", "top1", "rsws", above, 0.0),
    _trained("C11b", "... and that than without", "8.09, 7.97", "is", "rsws", "rses", above, 0.0),
    _trained("C11c", "... in FID than with shared weights", "12.42, 17.34", "fd", "rsws", "top1", above, 0.0),
    _trained("C11d", "... and that than without", "17.34, 21.39", "fd", "rses", "rsws", above, 0.0),
    _trained("C11a-s", "... the search is better than random search with shared weights", "text", "kd", "rsws", WINNERS,
             above, 0.0),
    _trained("C11b-s", "... and that than without", "text", "kd", "rses", "rsws", above, 0.0),
    *_wholes("C12", "The found cells prefer, beyond chance, what the paper says", "Figs. 3, 5", "abcd", "abcd"),
    *_both("C12a", "... pre-activation", "9 of 9", MLAS, partial(preference, "pre", 1 / 2)),
    *_both("C12b", "... no transposed convolution", "9 of 9", MLAS, partial(preference, "no deconv", 2 / 3)),
    *_both("C12c", "... no normalisation", "8 of 9", MLAS, partial(preference, "no norm", 1 / 3)),
    *_both("C12d", "... skips", "9 of 9", MLAS, partial(preference, "skips", 1 / 2)),
    *_wholes("C13", "Collapse shows as a small variance of the loss", "Sec. 3.2", "ab", "ab"),
    *_both("C13a", "... the variance of D's loss falls with the IS", "Sec. 3.2", MLAS, comparisons.collapse),
    *_both("C13b", "... where it falls below the threshold the IS is lower", "Sec. 3.2", MLAS, comparisons.triggered),
    *_wholes("C14", "The controller learns", "Figs. 8 to 10", "ab", "ab"),
    *_both("C14a", "... rewards rise within a stage", "Figs. 8 to 10", MLAS, comparisons.rewards_rise),
    *_both("C14b", "... beyond those of uniform cells on the same beams and shared weights, which were trained mostly "
           "on the policy's own children", "ours", MLAS, comparisons.beats_uniform),
    Claim("C15", "The search takes 43 hours", "Sec. 4.3.3", _hours, "paper"),
    _trained("O1", "Ours: the generators that our searches found beat SN-GAN's", "ours", "kd", "sngan", WINNERS, above,
             0.0),
    _trained("O2", "Ours: what shared weights rank first is better afresh than what they rank third", "ours", "kd",
             "top3", "top1", above, 0.0),
    Claim("O3", "Ours: the cheap task classifier ranks trained networks as the tables' features do", "ours",
          comparisons.same_order, needs=("derived",)),
    Claim("O4", "Ours: the reward memo saves in the first stage at least what uniform draws would", "1.46 for 30 draws",
          comparisons.memo, needs=MLAS),
]  # fmt: skip
CLAIMS = sorted([*GIVEN, *printed.CLAIMS], key=order)
FAILING = {"derived", "transfer", "correlation", *(f"{part}-0" for part in SEARCHED)}  # failed rows are left out


def judge_all(study: Study) -> pd.DataFrame:
    """Judge every claim that the study's records reach, and write `claims.csv`."""
    return study.judge(CLAIMS, failing=FAILING)
