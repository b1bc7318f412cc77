"""Tables as CSV (full precision) and Markdown (rounded)."""

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


def markdown(frame: pd.DataFrame, digits: int = DIGITS) -> str:
    """The frame as a Markdown table, numbers to the right; the index is not shown."""
    numeric = [pd.api.types.is_numeric_dtype(frame[column]) for column in frame.columns]
    head = [_escaped(column) for column in frame.columns]
    rule = ["---:" if right else ":---" for right in numeric]
    body = [[_escaped(number(value, digits)) for value in row] for row in frame.itertuples(index=False)]
    return "".join(f"| {' | '.join(row)} |\n" for row in [head, rule, *body])


def show_whole() -> None:
    """From here on a notebook shows frames with all their rows, columns and texts, numbers rounded as in Markdown."""
    pd.options.display.float_format = number
    pd.options.display.max_rows = pd.options.display.max_columns = pd.options.display.max_colwidth = None


def save(frame: pd.DataFrame, folder: Path | str, name: str) -> list[Path]:
    """Write `name.csv` and `name.md` under `folder`, each in one step, without the index, and return both paths."""
    target = Path(folder)
    csv = write_text(target / f"{name}.csv", frame.to_csv(index=False, lineterminator="\n"))
    return [csv, write_text(target / f"{name}.md", markdown(frame))]


def _escaped(text: Any) -> str:
    """Text that cannot break out of its table cell."""
    return str(text).replace("|", "\\|").replace("\n", " ")
