"""What `make bench` measured: times beside the plain reference, shares of the machine's peak, and what it costs."""

import json
from importlib.metadata import version
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lib import paths
from lib.report import style
from lib.report.style import styled

MEASURED = paths.ROOT / "data" / "benchmarks"  # where `make bench` leaves a file of pytest-benchmark a group
CHECKED_IN = paths.ROOT / "figures" / "desk" / "speed" / "benchmarks.json"  # the results that come with the project
COLUMNS = ("group", "name", "role", "threads", "seconds", "ratio", "GFLOP/s", "share of peak", "accuracy")
TIMES = (0.5, 1, 2, 4, 8, 16, 64, 256)  # ticks
ROLES = {"reference": "#888888", "fast": style.COLOURS[0], "variant": style.COLOURS[1]}


def keep(source: Path = MEASURED, target: Path = CHECKED_IN) -> Path:
    """Join what `read` and `machine` need of a folder's pytest-benchmark files, without the host's name; the copy.

    Raises FileNotFoundError before the first `make bench`.
    """
    files = sorted(source.glob("*.json"))
    if not files:
        raise FileNotFoundError(f"{paths.shown(source)} has no results; `make bench` writes them")
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
    return paths.write_text(target, json.dumps(slim, indent=1) + "\n")


def machine(path: Path = CHECKED_IN) -> str:
    """One line on where and when the results that `keep` wrote were measured."""
    known = json.loads(path.read_text(encoding="utf-8"))
    about = known["machine_info"]
    return (f"{about['cpu']['brand_raw']}, {about['cpu']['count']} cores, {about['system']}, Python "
            f"{about['python_version']}, torch {known['torch']}, {known['datetime'][:10]}")  # fmt: skip


def read(path: Path = CHECKED_IN) -> pd.DataFrame:
    """One row a benchmark of the file that `keep` wrote, in COLUMNS.

    `seconds` is the fastest round. `ratio` is the time of the group's benchmark with the role `reference` divided
    by this one's. `GFLOP/s` comes from the counted work, and `share of peak` sets it against the matrix product
    that was timed beside it at the same thread count; both are missing where no work was counted. `accuracy` is what
    the benchmark says of its result beside the reference's.
    """
    entries = json.loads(path.read_text(encoding="utf-8"))["benchmarks"]
    rows = pd.json_normalize(entries).rename(columns=lambda name: name.removeprefix("extra_info."))
    rows = rows.rename(columns={"stats.min": "seconds"}).reindex(columns=[*COLUMNS, "gflop", "peak_gflops"])
    rows["name"] = rows["name"].str.removeprefix("test_").str.replace("_", " ")
    references = rows[rows["role"] == "reference"].set_index("group")["seconds"]
    rows["ratio"] = rows["group"].map(references) / rows["seconds"]
    rows["GFLOP/s"] = rows["gflop"] / rows["seconds"]
    rows["share of peak"] = rows["GFLOP/s"] / rows["peak_gflops"]
    return rows[list(COLUMNS)].sort_values("group", kind="stable", ignore_index=True, key=_by_number)


def _by_number(groups: pd.Series) -> pd.Series:
    """What sorts names with their numbers by size: 64 px before 128 px."""
    return groups.str.replace(r"\d+", lambda found: found[0].zfill(9), regex=True)


@styled
def chart(table: pd.DataFrame) -> Figure:
    """One line a group of `read`: how many times as fast ours is (left), its share of the machine's peak (right).

    Bars begin at the plain reference, 1. Dots are variants, such as other precisions.
    """
    groups = table["group"].unique()[::-1]
    fig = style.figure(style.PAGE, 0.9 + 0.24 * len(groups))
    left, right = fig.subplots(1, 2, sharey=True, width_ratios=(3, 2))
    for place, group in enumerate(groups):
        part = table[table["group"] == group].set_index("role")
        _line(left, place, part["ratio"].drop("reference", errors="ignore"), 1.0, "×")
        _line(right, place, 100 * part["share of peak"], 0.0, "%")
    left.axvline(1, color=ROLES["reference"], zorder=3)
    left.set_xscale("log")
    left.set_xticks(TIMES, [f"{value:g}" for value in TIMES])
    left.minorticks_off()
    left.set_yticks(range(len(groups)), list(groups))
    left.margins(x=0.05)
    for ax, label in ((left, "times as fast as the plain reference"), (right, "% of the float32\nmatrix-product peak")):
        style.finish(ax, "", label, "")
        ax.grid(visible=False, axis="y")
    return fig


def _line(ax: Axes, place: float, values: pd.Series, start: float, unit: str) -> None:
    """The values by role: a bar for ours, with its value at the edge, and dots for the others."""
    values = values.dropna()
    for role, value in values.items():
        if role == "fast":
            ax.barh(place, value - start, 0.62, left=start, color=ROLES[role])
            text = f"  {value:.{2 if value < 10 else 0}f}×" if unit == "×" else f"  {value:.0f}%"
            ax.text(1, place, text, color=ROLES[role], fontsize=6.5, va="center", transform=ax.get_yaxis_transform())
        elif role in ROLES:
            ax.plot(value, place, "o", color=ROLES[str(role)], markeredgecolor="white", markersize=5, zorder=4)
