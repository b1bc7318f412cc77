"""The paper's values beside ours, one value a row, from the tables of a figure folder.

The columns of a published table say what is what: `paper: X` or `paper` is printed in the paper, `ours: X`, plain X or
`ours` is ours, which may go on with a remark or an arrow (`DIP (oracle fitness)`, `FID ↓`) or follow the name of a
score (`KD-lite0 ↓, to C`); our interval is `<column>, low` and `<column>, high`.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from lib.report.tables import number

STANDS_IN = {"FID": "KD-", "IS": "IS-"}  # scores on other features: shown beside the paper's, never compared
DIFFERENCE = "relative difference, %"


class Pair(NamedTuple):
    """Columns of one quantity: its name, the paper's value, ours, and if both measure the same."""

    name: str
    paper: str
    ours: str
    same: bool


def comparisons(folder: Path) -> dict[str, pd.DataFrame]:
    """The paper's own tables and figures in numbers, ours beside them (`values`), by name of the file."""
    paths = [path for path in sorted(folder.glob("*.csv")) if path.stem != "claims" and "extra" not in path.stem]
    frames = {path.stem: pd.read_csv(path) for path in paths}
    return {name: values(frame) for name, frame in frames.items() if pairs(list(frame.columns))}


def values(frame: pd.DataFrame) -> pd.DataFrame:
    """One row a value of ours: what it is of, the paper's value, ours, its 95% interval, the relative difference.

    The difference is ours / paper - 1 in percent, missing where the two are not the same quantity; so are a value that
    the paper does not print, and an interval that the table does not hold.
    """
    columns = list(frame.columns)
    found = pairs(columns)
    first = min(columns.index(column) for pair in found for column in (pair.paper, pair.ours))
    rows = pd.concat([frame.iloc[:, :first].join(_value(frame, pair)) for pair in found])
    rows = rows.sort_index(kind="stable").dropna(subset="ours").dropna(axis=1, how="all")
    return rows.reset_index(drop=True)


def pairs(columns: Sequence[str]) -> list[Pair]:
    """The columns with the paper's values, each with the column of ours."""
    found = []
    for column in columns:
        if column != "paper" and (not column.startswith("paper: ") or column.endswith("±")):
            continue
        name = column.removeprefix("paper").removeprefix(": ")
        ours = _ours(name, columns)
        other = next((one for one in columns if name in STANDS_IN and one.startswith(STANDS_IN[name])), "")
        if ours or other:
            found.append(Pair(name, column, ours or other, same=bool(ours)))
    return found


def _ours(name: str, columns: Sequence[str]) -> str:
    """Our column of a quantity: under its very name, or with a remark behind or a score before it; empty if absent."""
    exact = (f"ours: {name}", name) if name else ("ours",)
    begun = tuple(f"{one} " for one in exact)
    rules = (lambda one: one in exact, lambda one: one.startswith(begun), lambda one: one.endswith(f", {name}"))
    return next((column for rule in rules[: 3 if name else 1] for column in columns if rule(column)), "")


def _value(frame: pd.DataFrame, pair: Pair) -> pd.DataFrame:
    paper, ours = frame[pair.paper], frame[pair.ours]
    stated = frame.get("relative difference")
    apart = stated if stated is not None else _numbers(ours) / _numbers(paper) - 1
    ends = frame.reindex(columns=[f"{pair.ours}, low", f"{pair.ours}, high"])
    limits = [f"[{number(low, 3)}, {number(high, 3)}]" if pd.notna(high) else np.nan for low, high in ends.to_numpy()]
    name: Any = (pair.name if pair.same else f"{pair.name}; ours: {pair.ours}") or frame.get("paper's measure", np.nan)
    return pd.DataFrame({"value": name, "paper": paper, "ours": ours, "95% interval": limits,
                         DIFFERENCE: 100 * apart if pair.same else np.nan}, index=frame.index)  # fmt: skip


def _numbers(column: pd.Series) -> pd.Series:
    """The column as numbers, NaN where a text is none; commas may part thousands."""
    plain = column.astype(str).str.replace(r"(?<=\d),(?=\d{3}(?!\d))", "", regex=True)
    return pd.to_numeric(plain, errors="coerce")
