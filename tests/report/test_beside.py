"""The paper's values beside ours, whichever way a paper's table names its columns."""

import numpy as np
import pandas as pd
import pytest

from lib.report import beside, tables
from lib.report.beside import DIFFERENCE


def only(frame: pd.DataFrame) -> dict:
    """The single row of a table of values."""
    (row,) = beside.values(frame).to_dict("records")
    return row


@pytest.mark.parametrize(
    ("paper", "ours"),
    [
        ("paper", "ours"),
        ("paper: DIP", "ours: DIP"),
        ("paper: DIP", "DIP"),
        ("paper: Asym", "Asym (oracle fitness)"),
        ("paper: 0.01", "ours: 0.01 (oracle fitness)"),
        ("paper: FID", "FID ↓"),
        ("paper: to C", "KD-lite0 ↓, to C"),
    ],
)
def test_a_value_of_the_paper_finds_ours(paper: str, ours: str) -> None:
    row = only(pd.DataFrame({"row": ["Vase"], paper: [2.0], ours: [3.0]}))
    assert (row["row"], row["paper"], row["ours"], row[DIFFERENCE]) == ("Vase", 2.0, 3.0, 50.0)


def test_the_column_of_the_very_name_wins_over_longer_ones() -> None:
    frame = pd.DataFrame({"paper: DIP": [1.0], "DIP published": [5.0], "DIP": [2.0], "DIP 3x32": [6.0]})
    assert only(frame)["ours"] == 2.0


@pytest.mark.parametrize("ours", ["ours", "ours: DIP", "DIP", "DIP ↑"])
def test_the_interval_stands_beside_our_value(ours: str) -> None:
    paper = "paper" if ours == "ours" else "paper: DIP"
    row = only(pd.DataFrame({paper: [2.0], ours: [3.0], f"{ours}, low": [2.5], f"{ours}, high": [3.5]}))
    assert row["95% interval"] == "[2.5, 3.5]"


def test_another_measure_stands_beside_the_papers_but_is_not_compared() -> None:
    row = only(pd.DataFrame({"paper: FID": [12.4], "paper: FID ±": [0.1], "KD-lite0 ↓": [0.14]}))
    assert row == {"value": "FID; ours: KD-lite0 ↓", "paper": 12.4, "ours": 0.14}


def test_a_tables_own_difference_is_kept_where_measures_may_differ() -> None:
    frame = pd.DataFrame({"measure": ["FD", "LPIPS"], "ours": [179.0, 0.5], "paper": [180.0, 0.4],
                          "paper's measure": ["FID", "LPIPS"], "relative difference": [np.nan, 0.25]})  # fmt: skip
    found = beside.values(frame)
    assert found[DIFFERENCE].fillna(-1).tolist() == [-1, 25]
    assert found["value"].tolist() == ["FID", "LPIPS"]


def test_values_without_ours_are_left_out_and_ours_without_the_papers_stay() -> None:
    frame = pd.DataFrame({"row": ["a", "b"], "paper": [1.0, np.nan], "ours": [np.nan, 2.0]})
    assert beside.values(frame).to_dict("records") == [{"row": "b", "ours": 2.0}]


def test_texts_are_compared_where_they_are_numbers() -> None:
    frame = pd.DataFrame({"paper": ["2e3", "5, 3"], "ours": ["3,000", "5, 3"]})
    assert beside.values(frame)[DIFFERENCE].fillna(-1).tolist() == pytest.approx([50, -1])


def test_the_values_of_one_row_stand_together() -> None:
    ones = {name: [1.0, 1.0] for name in ("paper: a", "ours: a", "paper: b", "ours: b")}
    frame = pd.DataFrame({"lr": [1, 2], **ones})
    assert beside.values(frame)[["lr", "value"]].values.tolist() == [[1, "a"], [1, "b"], [2, "a"], [2, "b"]]


def test_only_the_papers_own_tables_are_comparisons(tmp_path) -> None:
    compared, ours = pd.DataFrame({"paper": [1.0], "ours": [2.0]}), pd.DataFrame({"ours": [2.0]})
    for name, frame in (("table1", compared), ("table2", ours), ("extra_tv", compared), ("claims", compared)):
        tables.save(frame, tmp_path, name)
    assert list(beside.comparisons(tmp_path)) == ["table1"]
