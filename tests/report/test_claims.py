from pathlib import Path

import numpy as np
import pytest

from lib.report import claims, tables
from lib.report.claims import Claim, Verdict
from lib.report.statistics import Interval

DESK = Claim("C1", "Styles differ", "Fig. 1", "difference of mean ranks above 0")
COUNT = Claim("C0", "There are 15 rates", "Table 1", "count", "smoke")


def test_verdicts_are_the_four_words() -> None:
    assert [str(verdict) for verdict in Verdict] == ["supported", "contradicted", "undecided", "not run"]


@pytest.mark.parametrize(
    ("low", "high", "verdict"), [(0.1, 0.4, "supported"), (-0.4, -0.1, "contradicted"), (-0.1, 0.4, "undecided")]
)
def test_above_is_decided_only_if_the_whole_interval_agrees(low: float, high: float, verdict: str) -> None:
    assert claims.above(DESK, Interval(0.1, low, high, 12), 0).verdict == verdict
    mirrored = claims.below(DESK, Interval(-0.1, -high, -low, 12), 0)
    assert mirrored.verdict == verdict
    assert (mirrored.n, mirrored.threshold) == (12, "< 0")


def test_an_interval_without_width_at_the_threshold_supports_only_a_claim_that_allows_equality() -> None:
    assert claims.above(DESK, Interval(0, 0, 0, 5), 0).verdict == "contradicted"
    assert claims.above(DESK, Interval(0, 0, 0, 5), 0, strict=False).verdict == "supported"
    assert claims.below(DESK, Interval(0, 0, 0, 5), 0).verdict == "contradicted"
    assert claims.below(DESK, Interval(0, 0, 0, 5), 0, strict=False).verdict == "supported"
    assert claims.above(DESK, Interval(0.1, 0, 0.2, 5), 0).verdict == "undecided"


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [(0.95, 1.05, "supported"), (0.94, 1.0, "undecided"), (1.0, 1.2, "undecided"), (1.06, 1.2, "contradicted"),
     (0.5, 1.5, "undecided")],
)  # fmt: skip
def test_comparable_needs_the_whole_interval_inside_the_band(low: float, high: float, verdict: str) -> None:
    opposite = {"supported": "contradicted", "contradicted": "supported", "undecided": "undecided"}
    assert claims.inside_band(DESK, Interval(1.0, low, high, 8), (0.95, 1.05)).verdict == verdict
    assert claims.outside_band(DESK, Interval(1.0, low, high, 8), (0.95, 1.05)).verdict == opposite[verdict]


def test_an_unknown_interval_decides_nothing_and_says_why() -> None:
    found = claims.above(DESK, Interval(3.0, np.nan, np.nan, 1), 0)
    assert found.verdict == "undecided"
    assert "too few" in found.note


def finding(verdict: Verdict, name: str = "C5a") -> claims.Finding:
    return claims.Finding(name, verdict)


@pytest.mark.parametrize(
    ("parts", "verdict"),
    [
        (["supported", "supported"], "supported"),
        (["supported", "contradicted", "not run"], "contradicted"),
        (["supported", "undecided"], "undecided"),
        (["supported", "not run"], "undecided"),
        (["not run", "not run"], "not run"),
    ],
)
def test_a_compound_claim_follows_from_its_parts(parts: list[str], verdict: str) -> None:
    found = claims.parent(DESK, [finding(Verdict(part)) for part in parts])
    assert found.verdict == verdict
    assert parts[0] in found.note


@pytest.mark.parametrize("profile", ["smoke", "custom"])
def test_a_profile_below_the_minimum_does_not_even_test(profile: str) -> None:
    found = claims.judge(DESK, profile, lambda: pytest.fail("the test ran"))
    assert found.verdict == "not run"
    assert "desk" in found.note


@pytest.mark.parametrize("profile", ["desk", "day", "paper"])
def test_the_minimum_profile_and_larger_ones_test(profile: str) -> None:
    assert claims.judge(DESK, profile, lambda: claims.above(DESK, Interval(1, 0.5, 2, 9), 0)).verdict == "supported"


@pytest.mark.parametrize("profile", ["smoke", "custom"])
def test_smoke_decides_exact_claims_and_no_others(profile: str) -> None:
    assert claims.judge(COUNT, profile, lambda: claims.exact(COUNT, True)).verdict == "supported"
    assert claims.judge(COUNT, profile, lambda: claims.exact(COUNT, False)).verdict == "contradicted"
    statistical = claims.judge(COUNT, profile, lambda: claims.above(COUNT, Interval(1, 0.5, 2, 9), 0))
    assert statistical.verdict == "not run"
    assert "exact" in statistical.note
    compound = claims.judge(COUNT, profile, lambda: claims.parent(COUNT, [claims.exact(DESK, True)]))
    assert compound.verdict == "supported"


def test_claims_stand_by_kind_and_number_the_whole_before_its_parts_and_stand_ins_last() -> None:
    names = ["C2", "C2a", "C2b", "C2-s", "C2a-s", "C10", "E1", "O1", "P-C1", "P-A2"]
    given = [Claim(name, "", "", "") for name in reversed(names)]
    assert [claim.id for claim in sorted(given, key=claims.order)] == names
    with pytest.raises(ValueError, match="claim D1 is of no kind"):
        claims.order(Claim("D1", "", "", ""))


def test_a_sentence_holds_or_not_whatever_the_study() -> None:
    found = claims.says(lambda: (False, "15 of 16"))(None, COUNT)
    assert (found.verdict, found.note, found.exact) == (Verdict.CONTRADICTED, "15 of 16", True)


def test_table_has_one_row_a_claim_in_order_with_the_fixed_columns() -> None:
    found = [claims.not_run(COUNT, "too small"), claims.above(DESK, Interval(1, 0.5, 2, 9), 0)]
    frame = claims.table(found, [COUNT, DESK], "desk")
    assert tuple(frame.columns) == claims.COLUMNS
    assert list(frame["id"]) == ["C0", "C1"]
    assert list(frame["verdict"]) == ["not run", "supported"]
    assert frame.loc[0, "note"] == "too small"
    assert frame.loc[1, ["n", "effect", "low", "high", "threshold"]].tolist() == [9, 1, 0.5, 2, "> 0"]


def write(figures: Path, profile: str, slug: str, *findings: claims.Finding) -> None:
    """A file of both claims; without a finding of its own, a claim is not run."""
    known = {found.claim_id: found for found in findings}
    rows = [known.get(claim.id, claims.not_run(claim, "not evaluated")) for claim in (COUNT, DESK)]
    frame = claims.table(rows, [COUNT, DESK], profile)
    tables.save(frame, figures / profile / slug, "claims")


def test_gather_shows_each_claim_at_the_highest_profile_that_ran_it(tmp_path: Path) -> None:
    write(tmp_path, "smoke", "nst", claims.exact(COUNT, True))
    write(tmp_path, "desk", "nst", claims.above(DESK, Interval(1, 0.5, 2, 9), 0))
    write(tmp_path, "paper", "nst", claims.not_run(DESK, "needs the paper's pictures"))
    write(tmp_path, "custom", "nst", claims.exact(COUNT, False))
    write(tmp_path, "smoke", "autogan")
    found = claims.gather(tmp_path).set_index(["paper", "id"])
    assert found.loc[("nst", "C0"), "profile"] == "smoke"
    assert found.loc[("nst", "C0"), "verdict"] == "supported"
    assert found.loc[("nst", "C1"), "profile"] == "desk"
    assert found.loc[("nst", "C1"), "n"] == 9
    assert found.loc[("autogan", "C1"), "verdict"] == "not run"


def test_gather_prefers_the_later_folder_at_the_same_profile(tmp_path: Path) -> None:
    write(tmp_path / "old", "desk", "nst", claims.exact(DESK, False))
    write(tmp_path / "new", "desk", "nst", claims.exact(DESK, True))
    found = claims.gather(tmp_path / "old", tmp_path / "new").set_index("id")
    assert found.loc["C1", "verdict"] == "supported"


def test_gather_of_nothing_is_an_empty_table_with_its_columns(tmp_path: Path) -> None:
    found = claims.gather(tmp_path)
    assert list(found.columns) == ["paper", *claims.COLUMNS]
    assert claims.summary(found).empty


def test_summary_counts_verdicts_with_zeros(tmp_path: Path) -> None:
    write(tmp_path, "desk", "nst", claims.exact(DESK, True))
    counts = claims.summary(claims.gather(tmp_path))
    assert counts.loc["nst"].to_dict() == {"supported": 1, "contradicted": 0, "undecided": 0, "not run": 1}


def test_a_claims_file_survives_the_round_trip(tmp_path: Path) -> None:
    found = claims.above(DESK, Interval(0.1 + 0.2, 0.1, np.pi, 9), 0, note='with "quotes", and | bars')
    write(tmp_path, "desk", "nst", found)
    row = claims.read(tmp_path / "desk" / "nst" / "claims.csv").iloc[1]
    assert (row["effect"], row["high"]) == (0.1 + 0.2, np.pi)
    assert row["note"] == 'with "quotes", and | bars'
