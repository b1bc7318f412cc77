"""The paper's values beside ours, one value a row, from the tables of a figure folder."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from lib.report.tables import number

STANDS_IN = {"FID": "KD-", "IS": "IS-"}  # scores on other features: shown beside the paper's, never compared
DIFFERENCE = "relative difference, %"


class Pair(NamedTuple):
    """Columns of one quantity: its name, the paper's value, ours, our interval, and if both measure the same."""

    name: str
    paper: str
    ours: str
    limits: tuple[str, str] | None
    same: bool


def comparisons(folder: Path) -> dict[str, pd.DataFrame]:
    """The paper's own tables and figures in numbers, ours beside them (`values`), by name of the file."""
    paths = [path for path in sorted(folder.glob("*.csv")) if path.stem != "claims" and "extra" not in path.stem]
    frames = {path.stem: pd.read_csv(path) for path in paths}
    return {name: values(frame) for name, frame in frames.items() if pairs(frame.columns)}


def values(frame: pd.DataFrame) -> pd.DataFrame:
    """One row a value of ours: what it is of, the paper's value, ours, its 95% interval, the relative difference.

    The difference is ours / paper - 1 in percent, missing where the two are not the same quantity; so are a value that
    the paper does not print, and an interval that the table does not hold.
    """
    found, columns = pairs(frame.columns), list(frame.columns)
    first = min(columns.index(column) for pair in found for column in (pair.paper, pair.ours))
    rows = pd.concat([frame.iloc[:, :first].join(_value(frame, pair)) for pair in found])
    rows = rows.sort_index(kind="stable").dropna(subset="ours").dropna(axis=1, how="all")
    return rows.reset_index(drop=True)


def pairs(columns: Iterable[str]) -> list[Pair]:
    """The columns with the paper's values, called `paper: X`, `X_paper` or `paper`, each with the column of ours."""
    columns, found = list(columns), []
    for column in columns:
        named = re.fullmatch(r"paper: (?P<a>.*[^±])|(?P<b>.+)_paper|paper", column)
        if named:
            name = named["a"] or named["b"] or ""
            ours, same = _ours(name, columns), True
            if not ours and name in STANDS_IN:
                ours, same = next((other for other in columns if other.startswith(STANDS_IN[name])), ""), False
            if ours:
                found.append(Pair(name, column, ours, _limits(ours, columns), same))
    return found


def _ours(name: str, columns: Sequence[str]) -> str:
    """Our column of a quantity: under its very name, or with a remark behind or a score before it."""
    exact = [f"ours: {name}", f"{name}_ours", name] if name else ["ours"]
    begun = tuple(f"{one} " for one in exact) if name else ()
    rules = (lambda one: one in exact, lambda one: one.startswith(begun), lambda one: one.endswith(f", {name}"))
    return next((column for rule in rules for column in columns if rule(column)), "")


def _limits(ours: str, columns: Sequence[str]) -> tuple[str, str] | None:
    """The columns with the interval of ours, if there are any."""
    stem = re.sub(r" [↑↓]$|_?ours$", "", ours)
    for text in (f"{ours} {{}}", f"{ours}, {{}}", f"{stem} {{}}", f"{stem}_{{}}", f"{stem}{{}}"):
        low, high = text.format("low"), text.format("high")
        if low in columns and high in columns:
            return low, high
    return None


def _value(frame: pd.DataFrame, pair: Pair) -> pd.DataFrame:
    paper, ours = frame[pair.paper], frame[pair.ours]
    stated = frame.get("relative difference")
    apart = stated if stated is not None else _numbers(ours) / _numbers(paper) - 1
    limits = [_interval(*ends) for ends in frame[list(pair.limits)].itertuples(index=False)] if pair.limits else np.nan
    name: Any = (pair.name if pair.same else f"{pair.name}; ours: {pair.ours}") or frame.get("paper's measure", np.nan)
    return pd.DataFrame({"value": name, "paper": paper, "ours": ours, "95% interval": limits,
                         DIFFERENCE: 100 * apart if pair.same else np.nan}, index=frame.index)  # fmt: skip


def _numbers(column: pd.Series) -> pd.Series:
    """The column as numbers, NaN where a text is none; commas may part thousands."""
    plain = column.astype(str).str.replace(r"(?<=\d),(?=\d{3}(?!\d))", "", regex=True)
    return pd.to_numeric(plain, errors="coerce")


def _interval(low: Any, high: Any) -> Any:
    return np.nan if pd.isna(low) or pd.isna(high) else f"[{number(low, 3)}, {number(high, 3)}]"
