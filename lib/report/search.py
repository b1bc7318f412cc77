"""Figures of searches: convergence over seeds, distance in the population, what was visited, how busy workers were."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.ticker import MaxNLocator
from scipy import stats

from lib.report import plots, style
from lib.report.plots import COLUMN, PAGE, panels, shared_legend
from lib.report.style import styled

CONTROL = "#888888"
RING = 0.02  # radius about a place that several points share, of an embedding's extent


def over_seeds(frame: pd.DataFrame, x: str, y: str, by: str, *, seed: str = "seed",
               band: str = "range") -> pd.DataFrame:  # fmt: skip
    """Mean `y` over the seeds at every `x`, one row a place and value of `by`, with the columns x, y, low, high, n, by.

    A seed without a value at a place keeps its last one, so that a search that stopped early still counts. The band is
    the `range` of the seeds; with `auto` it is the 95 % t interval of their mean from five seeds on. One seed has none
    (NaN).
    """
    found = []
    for name, part in frame.groupby(by, sort=False):
        table = part.pivot_table(index=x, columns=seed, values=y, aggfunc="last").sort_index().ffill()
        n, mean = table.count(axis=1), table.mean(axis=1)
        low, high = table.min(axis=1), table.max(axis=1)
        if band == "auto" and n.max() >= 5:
            half = stats.t.ppf(0.975, (n - 1).clip(lower=1)) * table.std(axis=1) / np.sqrt(n)
            low, high = mean - half, mean + half
        rows = pd.DataFrame({y: mean, "low": low.where(n > 1), "high": high.where(n > 1), "n": n}).reset_index()
        found.append(rows.assign(**{by: name}))
    return pd.concat(found, ignore_index=True)


@styled
def convergence(frame: pd.DataFrame, x: str, y: str, by: str, *, panel: str, seed: str = "seed", band: str = "range",
                baselines: Mapping[str, Mapping[str, float]] | None = None, control: pd.DataFrame | None = None,
                noise: Mapping[str, float] | None = None, columns: int = 3, sharey: bool = False, dashes: bool = False,
                note: str = "", **labels: str) -> Figure:  # fmt: skip
    """Curves of one row a seed and step: the mean line of each `by` with a band over the seeds, a panel a `panel`.

    `baselines` are a panel's named values, drawn as dashed lines. `control` has the same columns (but `by`) and is
    drawn grey beneath. `noise` is a panel's standard deviation of a repeated evaluation, drawn as a dotted band about
    each line. `band` as in `over_seeds`, `dashes` as in `plots.lines`; `note` stands above the legend. `xlabel` names
    the unit of x, `ylabel` as in plots. Whole numbers of `x` have whole ticks.
    """
    names = list(pd.unique(frame[panel]))
    fig, axes = _grid(len(names), columns, sharey)
    texts: Any = {"xlabel": x.replace("_", " "), "ylabel": y.replace("_", " "), **labels}
    for index, (name, ax) in enumerate(zip(names, axes, strict=True)):
        lines = over_seeds(frame[frame[panel] == name], x, y, by, seed=seed, band=band)
        if len(every := pd.unique(frame[by])) > lines[by].nunique():  # a series keeps its colour in all panels
            lines = pd.concat([pd.DataFrame({by: every}), lines], ignore_index=True)
        own = texts | {"title": str(name), "ylabel": texts["ylabel"] * (index % min(columns, len(names)) == 0)}
        plots.lines(lines, x, y, by, band=("low", "high"), markers=False, dashes=dashes, ax=ax, legend="none",
                    hlines=(baselines or {}).get(name, {}), **own)  # fmt: skip
        if pd.api.types.is_integer_dtype(frame[x]):
            ax.xaxis.set_major_locator(MaxNLocator("auto", steps=[1, 2, 2.5, 5, 10], integer=True))
        if spread := (noise or {}).get(name):
            _noise(ax, lines, (x, y, by), spread)
        if control is not None:
            _control(ax, over_seeds(control[control[panel] == name], x, y, panel, seed=seed, band=band), x, y)
        style.legend(ax, where="below")
    shared_legend(fig)
    if note and fig.legends:
        fig.legends[-1].set_title(note, prop=FontProperties(size=6.5))
    return fig


@styled
def embedding(frame: pd.DataFrame, *, panel: str, colour: str | None = None, by: str | None = None) -> Figure:
    """Embedded points `x` and `y`, a panel a value of `panel`: `colour` a number as a shade, `by` a category.

    `count` is how many equal genomes a point stands for; its area grows with them. Points of one place stand on a
    small ring about it, so that none covers another. The axes carry no scale, as the distances of an embedding have
    none.
    """
    names = list(pd.unique(frame[panel]))
    kinds = list(pd.unique(frame[by])) if by else [None]
    fig, axes = _grid(len(names), 2, sharey=False, height=2.9)
    scale = style.scale_of(frame[colour].tolist()) if colour else None
    for name, ax in zip(names, axes, strict=True):
        part = _apart(frame[frame[panel] == name])
        for index, kind in enumerate(kinds):
            rows, look = part[part[by] == kind] if by else part, style.look(index)
            shades: Any = {"c": rows[colour], "norm": scale, "cmap": style.sequential()} if colour else {}
            ax.scatter(rows["x"], rows["y"], s=12 * rows["count"].clip(upper=40), marker=look["marker"], linewidths=0.3,
                       edgecolors="white", alpha=0.85, label=kind, **(shades or {"color": look["color"]}))  # fmt: skip
        _plain(ax, f"{panel} {name}")
        if frame["count"].max() > 1:
            ax.set_xlabel("marker area: number of equal genomes", fontsize=6.5)
        style.legend(ax, where="below" if by else "none")
    if scale:
        style.colour_bar(axes, scale, str(colour))
    shared_legend(fig)
    return fig


@styled
def utilisation(frame: pd.DataFrame) -> Figure:
    """The busy share of worker slots against their number, a panel a way to tell, a line a window (in slots)."""
    names = list(pd.unique(frame["tells"]))
    fig, axes = _grid(len(names), 3, sharey=True)
    for index, (name, ax) in enumerate(zip(names, axes, strict=True)):
        part = frame[frame["tells"] == name]
        part = part.assign(window=[f"window {value:g}× the slots" for value in part["window"]])
        plots.lines(part, "slots", "utilisation", "window", title=str(name), logx=True, xlabel="worker slots",
                    ylabel="" if index else "share of time busy", legend="below", ax=ax)  # fmt: skip
        ax.set_ylim(0, 1.04)
    shared_legend(fig)
    return fig


def _grid(count: int, columns: int, sharey: bool, height: float = 2.3) -> tuple[Figure, list[Axes]]:
    """So many panels in rows of at most `columns`; unused ones are taken away."""
    across = min(count, columns)
    rows = -(-count // across)
    fig, axes = panels((rows, across), width=COLUMN if count == 1 else PAGE, height=rows * height, sharey=sharey)
    for ax in axes[count:]:
        ax.remove()
    return fig, axes[:count]


def _apart(points: pd.DataFrame) -> pd.DataFrame:
    """The points, those of one place moved to a ring about it."""
    places = points.groupby(["x", "y"], sort=False)
    number, several = places.cumcount(), places["x"].transform("size")
    angle = 2 * np.pi * number / several
    radius = RING * np.ptp(points[["x", "y"]], axis=0).max() * (several > 1)
    return points.assign(x=points["x"] + radius * np.cos(angle), y=points["y"] + radius * np.sin(angle))


def _plain(ax: Axes, title: str) -> None:
    """A frame without scales, in which both directions measure alike."""
    ax.set(title=title, xticks=[], yticks=[], aspect="equal", adjustable="datalim")
    ax.spines[:].set(visible=True, color="#BBBBBB")


def _control(ax: Axes, rows: pd.DataFrame, x: str, y: str) -> None:
    """A grey dashed line with its band."""
    ax.fill_between(rows[x], rows["low"], rows["high"], color=CONTROL, alpha=0.2, linewidth=0, zorder=1)
    ax.plot(rows[x], rows[y], color=CONTROL, linestyle="--", label="control: random fitness", zorder=2)


def _noise(ax: Axes, rows: pd.DataFrame, columns: tuple[str, str, str], spread: float) -> None:
    """Dotted lines one standard deviation of a repeated evaluation above and below each mean."""
    x, y, by = columns
    for index, (_, part) in enumerate(rows.groupby(by, sort=False)):
        for side in (-spread, spread):
            ax.plot(part[x], part[y] + side, color=style.look(index)["color"], linestyle=":", linewidth=0.7, zorder=2)
    ax.plot([], [], color="#555555", linestyle=":", linewidth=0.7, label="± noise of a repeat (1 s.d.)")
