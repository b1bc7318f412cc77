"""Heatmaps with their numbers in the cells and marked cells, and grids of coloured codes."""

from collections.abc import Mapping
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm, Normalize, to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from lib.report import style
from lib.report.style import styled

Cell = tuple[Any, Any]
LABEL, SMALLEST_TEXT = 6.5, 4.5  # points; numbers that need less are left out
MARK_COLOURS = ("#D55E00", "#000000", "#CC79A7", "#56B4E9", "#E69F00", "#8A8A8A")


@styled
def heatmap(values: pd.DataFrame, *, marks: Mapping[str, Cell] | None = None, log: bool = False, title: str = "",
            xlabel: str | None = None, ylabel: str | None = None, label: str = "",
            ax: Axes | None = None) -> Figure:  # fmt: skip
    """The frame as coloured cells, rows from top to bottom; `label` names the colour scale, NaN cells are hatched.

    Each cell shows its value, unless it would be smaller than 4.5 points. `marks` outlines cells given by their row and
    column labels, one colour a name.
    """
    numbers = values.to_numpy(float)
    fig, ax = _open(ax, values, bool(marks))
    low, high = float(np.nanmin(numbers)), float(np.nanmax(numbers))
    flat = low == high  # one value throughout still needs a scale around it
    scale = LogNorm(low / (1 + flat), high * (1 + flat)) if log else Normalize(low, high)
    ax.set_facecolor("#EFEFEF")
    edges = [np.arange(count + 1) - 0.5 for count in numbers.shape[::-1]]
    shown = np.ma.masked_invalid(numbers)
    image = ax.pcolormesh(*edges, shown, norm=scale, edgecolors="white", linewidth=0.6)
    _axes(ax, values, title, xlabel, ylabel)
    _write_values(ax, numbers, image)
    handles = _outline(ax, values, marks or {})
    bar = fig.colorbar(image, ax=ax, aspect=_bar_aspect(ax), pad=0.02)
    bar.set_label(label)
    bar.outline.set_visible(False)
    if log:
        style.log_axis(bar.ax.yaxis)
    with matplotlib.rc_context({"legend.handlelength": 1.2, "legend.handleheight": 0.9}):
        style.legend(ax, where="below", handles=handles)
    return fig


@styled
def codes(texts: pd.DataFrame, colours: Mapping[str, str], *, names: Mapping[str, str], title: str = "",
          ax: Axes | None = None) -> Figure:  # fmt: skip
    """Short texts in cells coloured after what they say, rows from top to bottom; an empty text leaves no cell.

    `names` are the words of the legend for texts.
    """
    fig, ax = _open(ax, texts, marked=True)
    size = min(7.0, 0.7 * _cell_points(ax, texts.shape[1]))  # a code has two letters
    for (row, column), text in np.ndenumerate(texts.to_numpy(str)):
        if text:
            ax.add_patch(Rectangle((column - 0.48, row - 0.46), 0.96, 0.92, facecolor=colours[text], linewidth=0))
            ax.text(column, row, text, ha="center", va="center", fontsize=size, color=_ink(colours[text]))
    _axes(ax, texts, title, "", "")
    ax.set_xlim(-0.5, texts.shape[1] - 0.5)
    ax.tick_params(axis="x", labelsize=min(LABEL, size + 0.5))
    shown = [Patch(facecolor=colours[text], label=word) for text, word in names.items()]
    style.legend(ax, where="below", handles=shown)
    return fig


def _open(ax: Axes | None, values: pd.DataFrame, marked: bool) -> tuple[Figure, Axes]:
    """The axes, or new ones: cells about two thirds as high as wide, at least as high as a line of text, and labels."""
    rows, columns = values.shape
    width = style.PAGE if columns > 8 else style.COLUMN
    cell = max(0.19, min(0.42 if rows <= 8 else 0.24, 0.68 * (width - 1.3) / columns))
    return style.axes_of(ax, width, rows * cell + 0.75 + 0.25 * marked)


def _bar_aspect(ax: Axes) -> float:
    """Height over width of the colour bar, so that it is a tenth of an inch wide."""
    grid = ax.get_gridspec()
    high = ax.figure.get_figheight() / (grid.nrows if grid else 1)  # type: ignore[union-attr]
    return max(6.0, (high - 0.8) / 0.1)


def _axes(ax: Axes, values: pd.DataFrame, title: str, xlabel: str | None, ylabel: str | None) -> None:
    """Tick every cell, without grid or frame; long column labels are slanted."""
    columns = [style.text(name) for name in values.columns]
    ax.set_xticks(range(len(columns)), columns)
    ax.tick_params(labelsize=LABEL)
    if 0.64 * LABEL * max(map(len, columns)) + 2 > _cell_points(ax, len(columns)):
        for tick in ax.get_xticklabels():
            tick.set(rotation=40, ha="right", rotation_mode="anchor")
    ax.set_yticks(range(len(values)), [style.text(name) for name in values.index])
    ax.set_ylim(len(values) - 0.5, -0.5)
    ax.tick_params(length=0)
    ax.grid(visible=False)
    ax.spines[:].set_visible(False)
    default_x, default_y = (str(name or "").replace("_", " ") for name in (values.columns.name, values.index.name))
    style.finish(ax, title, default_x if xlabel is None else xlabel, default_y if ylabel is None else ylabel)


def _cell_points(ax: Axes, columns: int) -> float:
    """Width of a cell in points, with about an inch for row labels and colour bar."""
    return 72 * (style.inches_across(ax) - 1.05) / columns


def _write_values(ax: Axes, numbers: np.ndarray, image: Any) -> None:
    """Each value in its cell, black or white, whichever is farther from the cell's luminance."""
    texts = [[f"{value:.2g}" if np.isfinite(value) else "" for value in row] for row in numbers]
    longest = max(0.64 * len(text) - 0.32 * text.count(".") for row in texts for text in row)  # em, in this typeface
    size = min(7.0, _cell_points(ax, numbers.shape[1]) / (longest + 0.4))
    for (row, column), value in np.ndenumerate(numbers):
        if not np.isfinite(value):
            blank: Any = {"fill": False, "hatch": "////", "edgecolor": "#BBBBBB", "linewidth": 0}
            ax.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, **blank))
        elif size >= SMALLEST_TEXT:
            ink = _ink(image.cmap(image.norm(value)))
            ax.text(column, row, texts[row][column], ha="center", va="center", fontsize=size, color=ink)


def _ink(ground: Any) -> str:
    """Black or white, whichever is farther from the luminance of a colour."""
    red, green, blue = to_rgb(ground)
    return "white" if 0.299 * red + 0.587 * green + 0.114 * blue < 0.55 else "black"


def _outline(ax: Axes, values: pd.DataFrame, marks: Mapping[str, Cell]) -> list[Patch]:
    """Frame the marked cells, nested where two marks share one, and return the legend's entries."""
    handles = []
    for index, (name, (row, column)) in enumerate(marks.items()):
        inset = 0.06 + 0.1 * list(marks.values())[:index].count((row, column))
        at = list(values.columns).index(column) - 0.5 + inset, list(values.index).index(row) - 0.5 + inset
        size, colour = 1 - 2 * inset, MARK_COLOURS[index % len(MARK_COLOURS)]
        for edge, width in (("white", 2.6), (colour, 1.5)):
            ax.add_patch(Rectangle(at, size, size, fill=False, edgecolor=edge, linewidth=width, zorder=3))
        handles.append(Patch(facecolor="none", edgecolor=colour, linewidth=1.5, label=name))
    return handles
