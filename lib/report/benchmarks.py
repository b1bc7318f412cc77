"""What `make bench` measured: times beside the plain reference, shares of the machine's peak, and what it costs."""

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lib import paths
from lib.report import style
from lib.report.style import styled

COLUMNS = ("group", "name", "role", "threads", "seconds", "ratio", "GFLOP/s", "share of peak", "accuracy")
FAST, ROOM = 4.0, 1.16  # times as fast up to which a value stands beside its bar; the axes go on by so much
ROLES = {"reference": "#BBBBBB", "fast": style.COLOURS[0], "variant": style.COLOURS[5]}  # bars


def measured() -> Path:
    """The folder in which `make bench` leaves its results, a file of pytest-benchmark a group of benchmarks."""
    return paths.ROOT / "data" / "benchmarks"


def checked_in() -> Path:
    """The results that come with the project; see `keep`."""
    return paths.ROOT / "figures" / "desk" / "speed" / "benchmarks.json"


def keep(source: Path | None = None, target: Path | None = None) -> Path:
    """Join what `read` and `machine` need of a folder's pytest-benchmark files, without the host's name; the copy.

    Raises FileNotFoundError before the first `make bench`.
    """
    files = sorted((source or measured()).glob("*.json"))
    if not files:
        raise FileNotFoundError(f"{paths.shown(source or measured())} has no results; `make bench` writes them")
    runs = [json.loads(file.read_text(encoding="utf-8")) for file in files]
    about = runs[0]["machine_info"]
    slim = {
        "datetime": runs[-1]["datetime"],
        "commit": runs[0]["commit_info"].get("id"),
        "machine_info": {"cpu": {name: about["cpu"].get(name) for name in ("brand_raw", "count")},
                         "system": about["system"], "python_version": about["python_version"]},
        "torch": version("torch"),
        "benchmarks": [
            {"group": one["group"], "name": one["name"], "stats": {"min": one["stats"]["min"]},
             "extra_info": one["extra_info"]} for run in runs for one in run["benchmarks"]
        ],
    }  # fmt: skip
    return paths.write_text(target or checked_in(), json.dumps(slim, indent=1) + "\n")


def machine(path: Path | None = None) -> str:
    """One line on where and when the results that `keep` wrote were measured."""
    known = json.loads((path or checked_in()).read_text(encoding="utf-8"))
    about = known["machine_info"]
    return (f"{about['cpu']['brand_raw']}, {about['cpu']['count']} cores, {about['system']}, Python "
            f"{about['python_version']}, torch {known['torch']}, {known['datetime'][:10]}")  # fmt: skip


def read(path: Path | None = None) -> pd.DataFrame:
    """One row a benchmark of the file that `keep` wrote, in COLUMNS.

    `seconds` is the fastest round. `ratio` is the time of the group's benchmark with the role `reference` divided
    by this one's. `GFLOP/s` comes from the counted work, and `share of peak` sets it against the matrix product
    that was timed beside it at the same thread count; both are missing where no work was counted. `accuracy` is what
    the benchmark says of its result beside the reference's.
    """
    text = (path or checked_in()).read_text(encoding="utf-8")
    rows = pd.DataFrame([_row(entry) for entry in json.loads(text)["benchmarks"]])
    references = rows[rows["role"] == "reference"].set_index("group")["seconds"]
    rows["ratio"] = rows["group"].map(references) / rows["seconds"]
    rows["GFLOP/s"] = rows["gflop"] / rows["seconds"]
    rows["share of peak"] = rows["GFLOP/s"] / rows["peak_gflops"]
    return rows[list(COLUMNS)].sort_values("group", kind="stable", ignore_index=True, key=_by_number)


def _by_number(groups: pd.Series) -> pd.Series:
    """What sorts names with their numbers by size: 64 px before 128 px."""
    return groups.str.replace(r"\d+", lambda found: found[0].zfill(9), regex=True)


def _row(entry: dict[str, Any]) -> dict[str, Any]:
    """One benchmark's own figures."""
    name, seconds = entry["name"].removeprefix("test_").replace("_", " "), entry["stats"]["min"]
    absent = {"role": None, "threads": None, "gflop": float("nan"), "peak_gflops": float("nan"), "accuracy": None}
    return {"group": entry["group"], "name": name, "seconds": seconds} | absent | entry["extra_info"]


@styled
def chart(table: pd.DataFrame) -> Figure:
    """Bars of the ratio (left) and of the share of the machine's peak (right), a block a group, from `read`."""
    fig = style.figure(style.PAGE, 0.6 + 0.19 * (len(table) + 1.6 * table["group"].nunique()))
    left, right = fig.subplots(1, 2, sharey=True, width_ratios=(3, 2))
    place, places = 0.0, list[float]()
    for group, part in table.groupby("group", sort=False):
        box = {"facecolor": "white", "edgecolor": "none", "pad": 0.5}
        left.text(0.03, place, group, fontweight="bold", fontsize=7, va="center", bbox=box)
        for _, row in part.iterrows():
            place += 1
            places.append(place)
            for ax, value, unit in ((left, row["ratio"], "×"), (right, 100 * row["share of peak"], "%")):
                _bar(ax, place, value, unit, ROLES.get(row["role"], "#DDDDDD"))
        place += 1.6
    left.axvline(1, color="#888888", linewidth=0.8, linestyle=(0, (4, 2)), zorder=1)
    left.set_yticks(places, list(table["name"]))
    for ax, label in ((left, "times as fast as the plain reference"), (right, "% of the float32\nmatrix-product peak")):
        style.finish(ax, "", label, "")
        ax.set_ylim(place - 0.6, -0.8)
        ax.set_xlim(0, {left: FAST, right: 100.0}[ax] * ROOM)
        ax.grid(visible=False, axis="y")
    return fig


def _bar(ax: Axes, place: float, value: float, unit: str, colour: str) -> None:
    """One bar with its value; one that leaves the axes is cut, with the value inside."""
    limit = FAST if unit == "×" else 100.0
    end = min(np.nan_to_num(value), ROOM * limit)
    text = " not counted" if np.isnan(value) else f" {value:.{2 if unit == '×' else 0}f}{unit} "
    inside: Any = {"ha": "right", "color": "white"} if end > limit else {}
    ax.barh(place, end, 0.75, color=colour)
    ax.text(end, place, f"{text}→ " if value > end else text, fontsize=6.5, va="center", **inside)
