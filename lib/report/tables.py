"""Tables as CSV (full precision) and Markdown (rounded), and the paper's numbers beside ours."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from lib.paths import write_text

DIGITS = 4  # significant digits in Markdown; CSV files keep every digit
MISSING = "-"


def number(value: Any, digits: int = DIGITS) -> str:
    """A value as text: integers whole, floats to `digits` significant digits, missing as a dash, others as they are."""
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, float | np.floating) and not np.isnan(value):
        return _decimal(float(value), digits)
    return MISSING if pd.api.types.is_scalar(value) and pd.isna(value) else str(value)


def _decimal(value: float, digits: int) -> str:
    """A number to so many significant digits, in powers of ten below 1e-4 and from a million on."""
    if value == 0 or not np.isfinite(value):
        return f"{value:g}"
    if 1e-4 <= abs(value) < 10 ** max(6, digits):
        text = f"{value:.{max(0, digits - 1 - int(np.floor(np.log10(abs(value)))))}f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    return f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}"


def formatted(frame: pd.DataFrame, digits: int = DIGITS) -> pd.DataFrame:
    """The frame with every value as the text that Markdown shows."""
    return pd.DataFrame(
        {column: [number(value, digits) for value in frame[column]] for column in frame.columns}, dtype=str
    )


def markdown(frame: pd.DataFrame, digits: int = DIGITS) -> str:
    """The frame as a Markdown table, numbers to the right; the index is not shown."""
    numeric = [pd.api.types.is_numeric_dtype(frame[column]) for column in frame.columns]
    head = [_escaped(column) for column in frame.columns]
    rule = ["---:" if right else ":---" for right in numeric]
    body = [[_escaped(text) for text in row] for row in formatted(frame, digits).itertuples(index=False)]
    return "".join(f"| {' | '.join(row)} |\n" for row in [head, rule, *body])


def save(frame: pd.DataFrame, folder: Path | str, name: str, *, digits: int = DIGITS) -> list[Path]:
    """Write `name.csv` and `name.md` under `folder`, each in one step, without the index, and return both paths."""
    if not name or Path(name).name != name:
        raise ValueError(f"table name is {name!r}; it must be a plain file name without folder or ending")
    target = Path(folder)
    csv = write_text(target / f"{name}.csv", frame.to_csv(index=False, lineterminator="\n"))
    return [csv, write_text(target / f"{name}.md", markdown(frame, digits))]


def beside(ours: pd.DataFrame, paper: pd.DataFrame, on: Sequence[str], *, values: Sequence[str] = ()) -> pd.DataFrame:
    """Our rows with the paper's values and the ratio ours / paper, joined on the key columns.

    `values` are the compared columns (default: the numeric ones that both frames have beside the keys); each gives
    `v`, `v (paper)` and `v ratio`. Rows in one frame only are kept, ours first. Float keys match to 12 significant
    digits. Raises ValueError for a missing key, a key combination that repeats, or nothing to compare.
    """
    keys, compared = list(on), list(values) or _shared_numbers(ours, paper, on)
    if not compared:
        raise ValueError(f"no numeric column beside {keys} is in both frames")
    left = _keyed(ours, keys, "ours")
    right = _keyed(paper, keys, "the paper's")[[*keys, *compared]]
    joined = left.merge(right, how="outer", on=keys, suffixes=("", " (paper)"))
    order = pd.concat([left[keys], right[keys]]).drop_duplicates()
    joined = order.merge(joined, on=keys, how="left")
    for column in compared:
        joined[f"{column} ratio"] = joined[column] / joined[f"{column} (paper)"]
    extra = [column for column in left.columns if column not in {*keys, *compared}]
    return joined[[*keys, *extra, *(name for c in compared for name in (c, f"{c} (paper)", f"{c} ratio"))]]


def _shared_numbers(ours: pd.DataFrame, paper: pd.DataFrame, on: Sequence[str]) -> list[str]:
    """Numeric columns of both frames that are no keys."""
    shared = [column for column in ours.columns if column in paper.columns and column not in on]
    return [c for c in shared if pd.api.types.is_numeric_dtype(ours[c]) and pd.api.types.is_numeric_dtype(paper[c])]


def _keyed(frame: pd.DataFrame, keys: list[str], owner: str) -> pd.DataFrame:
    """A copy with number keys rounded to 12 significant digits, so that 0.1 + 0.2 meets 0.3; keys must be unique."""
    lacking = [key for key in keys if key not in frame.columns]
    if lacking:
        raise ValueError(f"{owner} lacks the key(s) {lacking}; it has {list(frame.columns)}")
    copy = frame.copy()
    for key in keys:
        if pd.api.types.is_numeric_dtype(copy[key]) and not pd.api.types.is_bool_dtype(copy[key]):
            copy[key] = [float(f"{value:.12g}") for value in copy[key]]
    repeated = copy[copy.duplicated(keys)]
    if len(repeated):
        raise ValueError(f"{owner} repeats the key {repeated.iloc[0][keys].to_dict()}")
    return copy


def _escaped(text: Any) -> str:
    """Text that cannot break out of its table cell."""
    return str(text).replace("|", "\\|").replace("\n", " ")
