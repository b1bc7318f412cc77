"""Figures of searches: convergence over seeds, distance in the population, what was visited, how busy workers were."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.ticker import MaxNLocator
from scipy import stats

from lib.report import plots, style
from lib.report.plots import COLUMN, PAGE, panels, shared_legend
from lib.report.style import styled

CONTROL = "#888888"
RING = 0.02  # radius about a place that several points share, of an embedding's extent


def over_seeds(frame: pd.DataFrame, x: str, y: str, by: str | None = None, *, seed: str = "seed",
               band: str = "range") -> pd.DataFrame:  # fmt: skip
    """Mean `y` over the seeds at every `x`, one row a place with the columns x, y, low, high, n (and `by`).

    A seed without a value at a place keeps its last one, so that a search that stopped early still counts. The band is
    the `range` of the seeds or the 95 % t `interval` of their mean; one seed has none (NaN). `auto` takes the interval
    from five seeds on.
    """
    if band not in ("range", "interval", "auto"):
        raise ValueError(f"band is {band!r}; allowed are range, interval and auto")
    found = []
    for name, part in frame.groupby(by, sort=False) if by else [(None, frame)]:
        table = part.pivot_table(index=x, columns=seed, values=y, aggfunc="last").sort_index().ffill()
        n, mean = table.count(axis=1), table.mean(axis=1)
        low, high = table.min(axis=1), table.max(axis=1)
        if band == "interval" or (band == "auto" and n.max() >= 5):
            half = stats.t.ppf(0.975, (n - 1).clip(lower=1)) * table.std(axis=1) / np.sqrt(n)
            low, high = mean - half, mean + half
        rows = pd.DataFrame({y: mean, "low": low.where(n > 1), "high": high.where(n > 1), "n": n}).reset_index()
        found.append(rows.assign(**{by: name}) if by else rows)
    return pd.concat(found, ignore_index=True)


@styled
def convergence(frame: pd.DataFrame, x: str, y: str, by: str | None = None, *, panel: str | None = None,
                seed: str = "seed", band: str = "range", baselines: Mapping[str, Any] | None = None,
                control: pd.DataFrame | None = None, noise: float | Mapping[str, float] = 0.0, columns: int = 3,
                sharey: bool = False, dashes: bool = False, note: str = "", **labels: str) -> Figure:  # fmt: skip
    """Curves of one row a seed and step: the mean line of each `by` with a band over the seeds, a panel a `panel`.

    `baselines` are named values drawn as dashed lines, or such a mapping for each panel. `control` has the same columns
    (but `by`) and is drawn grey beneath. `noise`, one number or one a panel, is the standard deviation of a repeated
    evaluation, drawn as a dotted band about each line. `dashes` as in `plots.lines`; `note` stands
    above the legend of several panels. `xlabel` names the unit of x; `ylabel` and `title` as in plots. Whole numbers of
    `x` have whole ticks.
    """
    names = list(pd.unique(frame[panel])) if panel else [""]
    fig, axes = _grid(len(names), columns, sharey)
    for index, (name, ax) in enumerate(zip(names, axes, strict=False)):
        part, under = _of(frame, panel, name), _of(control, panel, name)
        spread = noise.get(name, 0.0) if isinstance(noise, Mapping) else noise
        own: Any = (baselines or {}).get(name) if panel else baselines
        lines = over_seeds(part, x, y, by, seed=seed, band=band)
        if by and len(every := pd.unique(frame[by])) > lines[by].nunique():  # a series keeps its colour in all panels
            lines = pd.concat([pd.DataFrame({by: every}), lines], ignore_index=True)
        texts: Any = {"xlabel": x.replace("_", " "), "ylabel": y.replace("_", " "), "title": str(name), **labels}
        texts["ylabel"] *= index % min(columns, len(names)) == 0
        plots.lines(
            lines, x, y, by, band=("low", "high"), markers=False, dashes=dashes, ax=ax, hlines=own or {},
            legend="none", **texts,
        )  # fmt: skip
        if pd.api.types.is_integer_dtype(frame[x]):
            ax.xaxis.set_major_locator(MaxNLocator("auto", steps=[1, 2, 2.5, 5, 10], integer=True))
        _noise(ax, lines, (x, y, by), spread)
        if under is not None:
            _control(ax, over_seeds(under, x, y, seed=seed, band=band), x, y)
        style.legend(ax, where="below" if panel else "auto")
    if panel:
        shared_legend(fig)
    if note and fig.legends:
        fig.legends[-1].set_title(note, prop=FontProperties(size=6.5))
    return fig


@styled
def embedding(frame: pd.DataFrame, *, colour: str | None = None, by: str | None = None,
              size: str | None = None, panel: str | None = None, title: str = "") -> Figure:  # fmt: skip
    """Embedded points `x` and `y`, a panel a value of `panel`: `colour` a number as a shade, `by` a category.

    `size` names how many equal genomes a point stands for; its area grows with them. Points of one place stand on a
    small ring about it, so that none covers another. The axes carry no scale, as the distances of an embedding have
    none.
    """
    names = list(pd.unique(frame[panel])) if panel else [""]
    kinds = list(pd.unique(frame[by])) if by else [None]
    fig, axes = _grid(len(names), 2, sharey=False, height=2.9)
    scale = style.scale_of(frame[colour].tolist()) if colour else None
    for name, ax in zip(names, axes, strict=False):
        part = _apart(_of(frame, panel, name), ["x", "y"])
        for index, kind in enumerate(kinds):
            rows = _of(part, by, kind)
            shades: Any = {"c": rows[colour], "norm": scale, "cmap": style.sequential()} if colour else {}
            paint = shades or {"color": style.look(index)["color"]}
            area = 12 * rows[size].clip(upper=40) if size else 16
            ax.scatter(rows["x"], rows["y"], s=area, marker=style.look(index)["marker"], linewidths=0.3,
                       edgecolors="white", alpha=0.85, label=kind, **paint)  # fmt: skip
        _plain(ax, f"{panel} {name}" if panel else title)
        if size and frame[size].max() > 1:
            ax.set_xlabel("marker area: number of equal genomes", fontsize=6.5)
        style.legend(ax, where="below" if by else "none")
    if scale:
        bar = fig.colorbar(ScalarMappable(scale, style.sequential()), ax=axes, aspect=28, pad=0.02)
        bar.set_label(str(colour).replace("_", " "))
        bar.outline.set(linewidth=0)
    if panel:
        shared_legend(fig)
        fig.suptitle(title)
    return fig


@styled
def utilisation(frame: pd.DataFrame) -> Figure:
    """The busy share of worker slots against their number, a panel a way to tell, a line a window (in slots)."""
    names = list(pd.unique(frame["tells"]))
    fig, axes = _grid(len(names), 3, sharey=True)
    for index, (name, ax) in enumerate(zip(names, axes, strict=False)):
        part = _of(frame, "tells", name)
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


def _apart(points: pd.DataFrame, at: list[str]) -> pd.DataFrame:
    """The points, those of one place moved to a ring about it."""
    places = points.groupby(at, sort=False)
    number, several = places.cumcount(), places[at[0]].transform("size")
    angle, radius = 2 * np.pi * number / several, RING * np.ptp(points[at], axis=0).max() * (several > 1)
    return points.assign(
        **{at[0]: points[at[0]] + radius * np.cos(angle), at[1]: points[at[1]] + radius * np.sin(angle)}
    )


def _plain(ax: Axes, title: str) -> None:
    """A frame without scales, in which both directions measure alike."""
    ax.set(title=title, xticks=[], yticks=[], aspect="equal", adjustable="datalim")
    for spine in ax.spines.values():
        spine.set(visible=True, color="#BBBBBB")


def _of(frame: Any, column: str | None, value: Any) -> Any:
    """The rows with a value in a column; all where the column is not named, or where the frame lacks it."""
    return frame if frame is None or column is None or column not in frame else frame[frame[column] == value]


def _control(ax: Axes, rows: pd.DataFrame, x: str, y: str) -> None:
    """A grey dashed line with its band."""
    ax.fill_between(rows[x], rows["low"], rows["high"], color=CONTROL, alpha=0.2, linewidth=0, zorder=1)
    ax.plot(rows[x], rows[y], color=CONTROL, linestyle="--", label="control: random fitness", zorder=2)


def _noise(ax: Axes, rows: pd.DataFrame, columns: tuple[str, str, str | None], spread: float) -> None:
    """Dotted lines one standard deviation of a repeated evaluation above and below each mean."""
    x, y, by = columns
    for index, (_, part) in enumerate(rows.groupby(by, sort=False) if by else [(None, rows)]):
        for side in (-spread, spread) if spread else ():
            ax.plot(part[x], part[y] + side, color=style.look(index)["color"], linestyle=":", linewidth=0.7, zorder=2)
    if spread:
        ax.plot([], [], color="#555555", linestyle=":", linewidth=0.7, label="± noise of a repeat (1 s.d.)")
