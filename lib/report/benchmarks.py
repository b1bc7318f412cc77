"""What `make bench` measured, as a table: times beside the plain reference, and shares of the machine's peak."""

import json
from pathlib import Path
from typing import Any

import pandas as pd

from lib import paths

COLUMNS = ("group", "name", "role", "threads", "seconds", "ratio", "GFLOP/s", "share of peak")


def latest() -> Path:
    """Where `make bench` leaves its results."""
    return paths.ROOT / "data" / "benchmarks" / "latest.json"


def read(path: Path | None = None) -> pd.DataFrame:
    """One row a benchmark of a pytest-benchmark file, in COLUMNS.

    `seconds` is the fastest round. `ratio` is the time of the group's benchmark with the role `reference` divided
    by this one's. `GFLOP/s` comes from the counted work, and `share of peak` sets it against the matrix product
    that was timed beside it at the same thread count; both are missing where no work was counted. Raises
    FileNotFoundError before the first `make bench`.
    """
    path = path or latest()
    if not path.exists():
        raise FileNotFoundError(f"{paths.shown(path)} is not there; `make bench` writes it")
    rows = pd.DataFrame([_row(entry) for entry in json.loads(path.read_text(encoding="utf-8"))["benchmarks"]])
    references = rows[rows["role"] == "reference"].set_index("group")["seconds"]
    rows["ratio"] = rows["group"].map(references) / rows["seconds"]
    rows["GFLOP/s"] = rows["gflop"] / rows["seconds"]
    rows["share of peak"] = rows["GFLOP/s"] / rows["peak_gflops"]
    return rows[list(COLUMNS)].sort_values("group", kind="stable", ignore_index=True)


def _row(entry: dict[str, Any]) -> dict[str, Any]:
    """One benchmark's own figures."""
    name, seconds = entry["name"].removeprefix("test_"), entry["stats"]["min"]
    absent = {"role": None, "threads": None, "gflop": float("nan"), "peak_gflops": float("nan")}
    return {"group": entry["group"], "name": name, "seconds": seconds} | absent | entry["extra_info"]
