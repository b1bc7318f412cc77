from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lib.report import tables


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3, "3"), (np.int64(1234567), "1234567"), (0.0, "0"), (1.0, "1"), (-0.5, "-0.5"), (np.pi, "3.142"),
        (442938.7, "442939"), (17566861.4, "1.757e7"), (1e-5, "1e-5"), (0.0001, "0.0001"), (0.00017, "0.00017"),
        (np.nan, "-"), (None, "-"), (pd.NA, "-"), (np.inf, "inf"), (True, "yes"), (np.bool_(False), "no"), ("G1", "G1"),
        (99999.96, "100000"), (0.99999, "1"),
    ],
)  # fmt: skip
def test_number_is_short_and_readable(value: object, text: str) -> None:
    assert tables.number(value) == text


def test_markdown_aligns_numbers_right_and_escapes_bars() -> None:
    frame = pd.DataFrame({"name": ["a|b", "two\nlines"], "value": [0.123456, np.nan]})
    assert tables.markdown(frame) == (
        "| name | value |\n| :--- | ---: |\n| a\\|b | 0.1235 |\n| two lines | - |\n"
    )  # fmt: skip


def test_csv_keeps_every_digit_and_markdown_rounds(tmp_path: Path) -> None:
    frame = pd.DataFrame({"lr": [1e-4, 0.1 + 0.2], "n": [1, 2]})
    csv, md = tables.save(frame, tmp_path / "new", "table1")
    assert (csv.name, md.name) == ("table1.csv", "table1.md")
    assert pd.read_csv(csv)["lr"].tolist() == [1e-4, 0.1 + 0.2]
    assert "| 0.3 |" in md.read_text()


def test_saving_a_table_twice_gives_equal_bytes_and_no_leftovers(tmp_path: Path) -> None:
    frame = pd.DataFrame({"x": [1.5]})
    first = [path.read_bytes() for path in tables.save(frame, tmp_path, "t")]
    assert first == [path.read_bytes() for path in tables.save(frame, tmp_path, "t")]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["t.csv", "t.md"]


def test_notebooks_show_frames_whole_and_rounded() -> None:
    with pd.option_context("display.float_format", None, "display.max_rows", 5, "display.max_columns", 3,
                           "display.max_colwidth", 10):  # fmt: skip
        tables.show_whole()
        frame = pd.DataFrame({f"c{i}": [441331.25] * 90 for i in range(30)}).assign(text="a long sentence of a claim")
        html = frame._repr_html_()
    assert html.count("<tr>") == 90
    assert "..." not in html
    assert "a long sentence of a claim" in html
    assert "441331<" in html
