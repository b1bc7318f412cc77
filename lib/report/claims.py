"""A paper's testable sentences and their verdicts.

A verdict follows from an effect and its 95% interval: *supported* or *contradicted* where the whole interval lies on
one side of the threshold, *undecided* where it spans it, *not run* where the profile is too small or data are missing.
"""

import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

import pandas as pd

from lib.paths import PROFILES
from lib.report.statistics import Interval

COLUMNS = ("id", "claim", "verdict", "n", "effect", "low", "high", "threshold", "profile", "note")


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

    def __post_init__(self) -> None:
        if self.minimum_profile not in PROFILES:
            raise ValueError(
                f"minimum profile of claim {self.id} is {self.minimum_profile!r}; allowed are {', '.join(PROFILES)}"
            )


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
    supported = effect.low > threshold if strict else effect.low >= threshold
    contradicted = effect.high <= threshold if strict else effect.high < threshold
    return _decide(claim, effect, (supported, contradicted), f"{'>' if strict else '>='} {threshold:g}", note)


def below(claim: Claim, effect: Interval, threshold: float, *, strict: bool = True, note: str = "") -> Finding:
    """Is the effect below the threshold (or equal, where not `strict`)? Decided only if the whole interval agrees."""
    supported = effect.high < threshold if strict else effect.high <= threshold
    contradicted = effect.low >= threshold if strict else effect.low > threshold
    return _decide(claim, effect, (supported, contradicted), f"{'<' if strict else '<='} {threshold:g}", note)


def inside_band(claim: Claim, effect: Interval, band: tuple[float, float], *, note: str = "") -> Finding:
    """Is the effect comparable? Supported if the whole interval lies in the band, contradicted if it lies outside."""
    if not band[0] < band[1]:
        raise ValueError(f"the band of claim {claim.id} is {band}; its limits must rise")
    supported = band[0] <= effect.low and effect.high <= band[1]
    contradicted = effect.high < band[0] or effect.low > band[1]
    return _decide(claim, effect, (supported, contradicted), f"in [{band[0]:g}, {band[1]:g}]", note)


def outside_band(claim: Claim, effect: Interval, band: tuple[float, float], *, note: str = "") -> Finding:
    """Does the effect differ by more than the band? The opposite of `inside_band`."""
    inside = inside_band(claim, effect, band, note=note)
    turned = {Verdict.SUPPORTED: Verdict.CONTRADICTED, Verdict.CONTRADICTED: Verdict.SUPPORTED}
    return replace(inside, verdict=turned.get(inside.verdict, inside.verdict), threshold=f"not {inside.threshold}")


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


def not_run(claim: Claim, reason: str) -> Finding:
    """The claim was not tested, with the reason: a larger profile or the missing data."""
    if not reason:
        raise ValueError(f"claim {claim.id} was not run; a reason is needed")
    return Finding(claim.id, Verdict.NOT_RUN, note=reason)


def parent(claim: Claim, children: Iterable[Finding]) -> Finding:
    """A compound claim from its parts: contradicted if any part is, supported if all are, else undecided.

    Where no part ran at all, nothing was measured and the compound is not run either.
    """
    parts = list(children)
    if not parts:
        raise ValueError(f"compound claim {claim.id} has no parts")
    verdicts = [part.verdict for part in parts]
    if Verdict.CONTRADICTED in verdicts:
        verdict = Verdict.CONTRADICTED
    elif set(verdicts) == {Verdict.SUPPORTED}:
        verdict = Verdict.SUPPORTED
    else:
        verdict = Verdict.NOT_RUN if set(verdicts) == {Verdict.NOT_RUN} else Verdict.UNDECIDED
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


def allowed(claim: Claim, profile: str) -> bool:
    """Whether the profile is large enough for the claim. `custom` counts as smoke: nobody vouches for its sizes."""
    return _rank(profile) >= PROFILES.index(claim.minimum_profile)


def judge(claim: Claim, profile: str, test: Callable[[], Finding]) -> Finding:
    """The finding of `test()`, which is called only if the profile is at least the claim's minimum.

    Smoke (and `custom`) decides only exact claims: a statistical finding becomes *not run* there. Raises ValueError
    for an unknown profile and for a finding of another claim.
    """
    if not allowed(claim, profile):
        return not_run(claim, f"needs profile {claim.minimum_profile} or larger")
    finding = test()
    if finding.claim_id != claim.id:
        raise ValueError(f"the test of claim {claim.id} returned a finding of {finding.claim_id}")
    if _rank(profile) == 0 and finding.verdict is not Verdict.NOT_RUN and not finding.exact:
        return not_run(claim, f"{profile} decides only exact claims")
    return finding


def table(findings: Iterable[Finding], claims: Sequence[Claim], profile: str) -> pd.DataFrame:
    """One row a claim, in the claims' order, with the columns of `claims.csv`; a claim without a finding is *not run*.

    Raises ValueError for an unknown profile, a finding of an unknown claim and a claim with two findings.
    """
    _rank(profile)
    known: dict[str, Finding] = {}
    for finding in findings:
        if finding.claim_id in known or finding.claim_id not in {claim.id for claim in claims}:
            raise ValueError(
                f"claim {finding.claim_id} is {'judged twice' if finding.claim_id in known else 'unknown'}"
            )
        known[finding.claim_id] = finding
    rows = []
    for claim in claims:
        found = known.get(claim.id) or not_run(claim, "not evaluated")
        numbers = (found.n, found.effect, found.low, found.high)
        rows.append((claim.id, claim.text, str(found.verdict), *numbers, found.threshold, profile, found.note))
    frame = pd.DataFrame(rows, columns=list(COLUMNS)).astype(dict.fromkeys(("effect", "low", "high"), float))
    return frame.astype({"n": "Int64"})


def read(path: Path) -> pd.DataFrame:
    """A `claims.csv` as `tables.save` wrote it; raises ValueError naming the file with wrong columns or verdicts."""
    text = dict.fromkeys(("id", "claim", "verdict", "threshold", "profile", "note"), str)
    frame = pd.read_csv(
        path, dtype=text, keep_default_na=False, na_values={name: [""] for name in ("n", "effect", "low", "high")}
    )
    if tuple(frame.columns) != COLUMNS:
        raise ValueError(
            f"{path.name} in {path.parent.name} has the columns {list(frame.columns)}; expected {list(COLUMNS)}"
        )
    strange = set(frame["verdict"]) - {str(verdict) for verdict in Verdict}
    if strange:
        allow = ", ".join(Verdict)
        raise ValueError(f"{path.name} in {path.parent.name} has the verdict(s) {sorted(strange)}; allowed are {allow}")
    return frame.astype({"n": "Int64", "effect": float, "low": float, "high": float})


def gather(*figures_dirs: Path) -> pd.DataFrame:
    """Every claim of every paper at the highest profile that ran it, from `<folder>/<profile>/<slug>/claims.csv`.

    A claim that no profile ran keeps its row of the highest profile present. The columns are those of `claims.csv`
    after `paper` (the slug); a later folder wins over an earlier one at the same profile.
    """
    best: dict[tuple[str, str], tuple[tuple[bool, int], pd.Series]] = {}
    for folder in figures_dirs:
        for path in sorted(Path(folder).glob("*/*/claims.csv")):
            if path.parent.parent.name not in PROFILES:
                continue
            for _, row in read(path).iterrows():
                key = (path.parent.name, row["id"])
                rank = (row["verdict"] != Verdict.NOT_RUN, PROFILES.index(path.parent.parent.name))
                if key not in best or rank >= best[key][0]:
                    best[key] = (rank, row)
    rows = [{"paper": slug, **row.to_dict()} for (slug, _), (_, row) in best.items()]
    return pd.DataFrame(rows, columns=["paper", *COLUMNS])


def summary(gathered: pd.DataFrame) -> pd.DataFrame:
    """How many claims of each paper have each verdict: one row a paper, one column a verdict, zeros included."""
    counts = pd.crosstab(gathered["paper"], gathered["verdict"]) if len(gathered) else pd.DataFrame()
    return counts.reindex(columns=[str(verdict) for verdict in Verdict], fill_value=0).rename_axis(
        index="paper", columns=None
    )


def _rank(profile: str) -> int:
    """Place of the profile in the rising order; `custom` stands with smoke."""
    if profile not in (*PROFILES, "custom"):
        raise ValueError(f"profile is {profile!r}; allowed are {', '.join(PROFILES)} and custom")
    return 0 if profile == "custom" else PROFILES.index(profile)


def _decide(claim: Claim, effect: Interval, answers: tuple[bool, bool], threshold: str, note: str) -> Finding:
    """Verdict from the two one-sided answers; an unknown effect or interval decides nothing."""
    if effect.low > effect.high:
        raise ValueError(f"the interval of claim {claim.id} is [{effect.low}, {effect.high}]; its limits are exchanged")
    supported, contradicted = answers
    verdict = Verdict.SUPPORTED if supported else Verdict.CONTRADICTED if contradicted else Verdict.UNDECIDED
    if any(map(math.isnan, effect[:3])):
        note = "; ".join(filter(None, (note, "no interval: too few observations")))
        verdict = Verdict.UNDECIDED
    value, low, high, n = effect
    return Finding(claim.id, verdict, n, value, low, high, threshold, note)
