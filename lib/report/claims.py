"""A paper's testable sentences and their verdicts.

A verdict follows from an effect and its 95% interval: *supported* or *contradicted* where the whole interval lies on
one side of the threshold, *undecided* where it spans it, *not run* where the profile is too small or data are missing.
"""

import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import pandas as pd

from lib.paths import PROFILES
from lib.report.statistics import Interval

COLUMNS = ("id", "claim", "verdict", "n", "effect", "low", "high", "threshold", "profile", "note")
NUMBERS: Any = {"n": "Int64", "effect": float, "low": float, "high": float}


class Verdict(StrEnum):
    """The four answers to a claim."""

    SUPPORTED = "supported"
    CONTRADICTED = "contradicted"
    UNDECIDED = "undecided"
    NOT_RUN = "not run"


@dataclass(frozen=True)
class Claim:
    """One testable sentence: where the paper says it, its test, and the smallest profile that can decide it.

    `test` judges the claim on a study whose `needs` (parts) were run. A compound claim has `parts` instead, the ids of
    other claims. `minimum_profile` is `smoke` only for exact claims (arithmetic, counts, bitwise equality).
    """

    id: str
    text: str
    evidence: str
    test: "Test | None" = None
    minimum_profile: str = "desk"
    needs: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Finding:
    """The verdict on a claim: n observations, effect, 95% interval, threshold in words; `exact` if not statistical."""

    claim_id: str
    verdict: Verdict
    n: int | None = None
    effect: float | None = None
    low: float | None = None
    high: float | None = None
    threshold: str = ""
    note: str = ""
    exact: bool = False


Test = Callable[[Any, Claim], Finding]  # of a study and the claim


def above(claim: Claim, effect: Interval, threshold: float, *, strict: bool = True, note: str = "") -> Finding:
    """Is the effect above the threshold (or equal, where not `strict`)? Decided only if the whole interval agrees."""
    return _decide(claim, effect, f"{'>' if strict else '>='} {threshold:g}", (threshold,), note)


def below(claim: Claim, effect: Interval, threshold: float, *, strict: bool = True, note: str = "") -> Finding:
    """Is the effect below the threshold (or equal, where not `strict`)? Decided only if the whole interval agrees."""
    return _decide(claim, effect, f"{'<' if strict else '<='} {threshold:g}", (threshold,), note)


def inside_band(claim: Claim, effect: Interval, band: tuple[float, float], *, note: str = "") -> Finding:
    """Is the effect comparable? Supported if the whole interval lies in the band, contradicted if it lies outside."""
    return _decide(claim, effect, f"in [{band[0]:g}, {band[1]:g}]", band, note)


def outside_band(claim: Claim, effect: Interval, band: tuple[float, float], *, note: str = "") -> Finding:
    """Does the effect differ by more than the band? The opposite of `inside_band`."""
    return _decide(claim, effect, f"not in [{band[0]:g}, {band[1]:g}]", band, note)


def implied(low: float, high: float, threshold: str, limits: Sequence[float] = ()) -> Verdict:
    """What an interval says of a threshold as it is written: `> 0`, `<= 1`, `in [0.9, 1.1]`, `not in [0.9, 1.1]`.

    `limits` are its numbers with all their digits; where they are absent, the written ones count.
    """
    rule, written = re.findall(r"(not in|in|[<>]=?) \[?([^\]]*)", threshold)[0]
    ends = list(limits) or [float(number) for number in written.split(",")]
    if "in" in rule:
        inside, outside = ends[0] <= low and high <= ends[1], high < ends[0] or low > ends[1]
        yes, no = (outside, inside) if "not" in rule else (inside, outside)
    else:
        worst, best = (low - ends[0], high - ends[0]) if ">" in rule else (ends[0] - high, ends[0] - low)
        yes, no = (worst >= 0, best < 0) if "=" in rule else (worst > 0, best <= 0)
    return Verdict.SUPPORTED if yes else Verdict.CONTRADICTED if no else Verdict.UNDECIDED


def exact(claim: Claim, holds: bool, *, n: int | None = None, note: str = "") -> Finding:
    """A claim of arithmetic, counts or bitwise equality: it holds or it does not."""
    return Finding(
        claim.id, Verdict.SUPPORTED if holds else Verdict.CONTRADICTED, n=n, threshold="exact", note=note, exact=True
    )


def says(test: Callable[[], tuple[bool, str]]) -> Test:
    """The test of a sentence that holds or not, with the numbers behind it, of whatever study."""

    def judge(study: Any, claim: Claim) -> Finding:
        holds, note = test()
        return exact(claim, holds, note=note)

    return judge


def in_print(id: str, text: str, evidence: str, test: Test) -> Claim:
    """What the paper's own numbers say of one of its sentences, by arithmetic."""
    return Claim(id, f"In the paper's own numbers: {text}", evidence, test, "smoke")


def whole(id: str, text: str, evidence: str, parts: str) -> Claim:
    """A compound claim; each letter behind its id makes the id of a part."""
    return Claim(id, text, evidence, parts=tuple(id + part for part in parts))


def not_run(claim: Claim, reason: str) -> Finding:
    """The claim was not tested, with the reason: a larger profile or the missing data."""
    return Finding(claim.id, Verdict.NOT_RUN, note=reason)


def parent(claim: Claim, children: Iterable[Finding]) -> Finding:
    """A compound claim from its parts: contradicted if any part is, supported if all are, else undecided.

    Where no part ran at all, nothing was measured and the compound is not run either.
    """
    parts = list(children)
    verdicts = {part.verdict for part in parts}
    if Verdict.CONTRADICTED in verdicts:
        verdict = Verdict.CONTRADICTED
    else:
        verdict = verdicts.pop() if len(verdicts) == 1 else Verdict.UNDECIDED
    note = ", ".join(f"{part.claim_id} {part.verdict}" for part in parts)
    return Finding(claim.id, verdict, threshold="all parts", note=note, exact=all(part.exact for part in parts))


def order(claim: Claim) -> tuple[int, int, bool, str]:
    """For sorting claims: by kind (C, E for exact, O for own, P for printed) and number.

    A whole stands before its parts, its stand-ins (`-s`) after them. Raises ValueError for another kind of id.
    """
    if not (found := re.fullmatch(r"(P-[AC]|[CEO])(\d+)(.*)", claim.id)):
        raise ValueError(f"claim {claim.id} is of no kind; allowed are C, E, O, P-C and P-A, each with a number")
    kind, number, rest = found.groups()
    return ("C", "E", "O", "P-C", "P-A").index(kind), int(number), rest.endswith("-s"), rest


def judge(claim: Claim, profile: str, test: Callable[[], Finding]) -> Finding:
    """The finding of `test()`, which is called only if the profile is at least the claim's minimum.

    Smoke decides only exact claims: a statistical finding becomes *not run* there. `custom` counts as smoke: nobody
    vouches for its sizes.
    """
    rank = 0 if profile == "custom" else PROFILES.index(profile)
    if rank < PROFILES.index(claim.minimum_profile):
        return not_run(claim, f"needs profile {claim.minimum_profile} or larger")
    finding = test()
    if rank == 0 and finding.verdict is not Verdict.NOT_RUN and not finding.exact:
        return not_run(claim, f"{profile} decides only exact claims")
    return finding


def table(findings: Iterable[Finding], claims: Sequence[Claim], profile: str) -> pd.DataFrame:
    """One row a claim, with its finding of the same place and the columns of `claims.csv`."""
    rows = [
        (claim.id, claim.text, str(found.verdict), found.n, found.effect, found.low, found.high, found.threshold,
         profile, found.note)
        for claim, found in zip(claims, findings, strict=True)
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(NUMBERS)


def read(path: Path) -> pd.DataFrame:
    """A `claims.csv` as `tables.save` wrote it; an empty text is a text, an empty number is missing."""
    text = {name: str for name in COLUMNS if name not in NUMBERS}
    empty: Any = {name: [""] for name in NUMBERS}
    return pd.read_csv(path, dtype=text, keep_default_na=False, na_values=empty).astype(NUMBERS)


def gather(*figures_dirs: Path) -> pd.DataFrame:
    """Every claim of every paper at the highest profile that ran it, from `<folder>/<profile>/<slug>/claims.csv`.

    A claim that no profile ran keeps its row of the highest profile present. The columns are those of `claims.csv`
    after `paper` (the slug); a later folder wins over an earlier one at the same profile.
    """
    paths = [path for folder in figures_dirs for path in sorted(folder.glob("*/*/claims.csv"))]
    ranked = [(path, PROFILES.index(path.parts[-3])) for path in paths if path.parts[-3] in PROFILES]
    if not ranked:
        return pd.DataFrame(columns=["paper", *COLUMNS])
    found = pd.concat([read(path).assign(paper=path.parts[-2], rank=rank) for path, rank in ranked])
    found["ran"] = found["verdict"] != Verdict.NOT_RUN
    found["place"] = found.groupby(["paper", "id"], sort=False).ngroup()
    best = found.sort_values(["place", "ran", "rank"]).drop_duplicates("place", keep="last")
    return best[["paper", *COLUMNS]].reset_index(drop=True)


def summary(gathered: pd.DataFrame) -> pd.DataFrame:
    """How many claims of each paper have each verdict: one row a paper, one column a verdict, zeros included."""
    counts = pd.crosstab(gathered["paper"], gathered["verdict"]) if len(gathered) else pd.DataFrame()
    return counts.reindex(columns=[str(verdict) for verdict in Verdict], fill_value=0).rename_axis(
        index="paper", columns=None
    )


def _decide(claim: Claim, effect: Interval, threshold: str, limits: tuple[float, ...], note: str) -> Finding:
    """The finding that an effect implies; one without an interval decides nothing."""
    verdict = implied(effect.low, effect.high, threshold, limits)
    if any(map(math.isnan, effect[:3])):
        note = "; ".join(filter(None, (note, "no interval: too few observations")))
        verdict = Verdict.UNDECIDED
    return Finding(claim.id, verdict, effect.n, *effect[:3], threshold, note)
