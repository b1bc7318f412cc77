"""Every kind of chart: numbers in, a figure out. Each draws on `ax` where one is given, else on a figure of its own."""

from collections.abc import Mapping, Sequence
from textwrap import fill
from typing import Any, TypedDict, Unpack

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from lib.report import style
from lib.report.statistics import pareto_front
from lib.report.style import COLUMN, PAGE, shared_legend, styled

__all__ = ["COLUMN", "PAGE", "Options", "bars", "crosses", "headed", "intervals", "lines", "panels", "scatter",
           "shared_legend", "spectra", "watermark"]  # fmt: skip
References = Mapping[str, float] | Sequence[float]
FINE = 0.25  # cycles a pixel from which a spectrum shows fine texture
LETTERS = 20  # of a small title on an inch
CROSSES = ("x", "+", "*", "1")  # of a colour's first series, its second, and so on


class Options(TypedDict, total=False):
    """What every chart takes by keyword."""

    title: str
    xlabel: str  # default: the column's name
    ylabel: str
    logx: bool
    logy: bool
    vlines: References  # dashed reference lines, named where a mapping is given
    hlines: References
    legend: str  # auto, below, right or none
    ax: Axes | None
    width: float  # inches, for a figure of its own; one column by default
    height: float | None


@styled
def panels(grid: int | tuple[int, int], *, width: float = PAGE, height: float | None = None, letters: bool = True,
           sharey: bool = False) -> tuple[Figure, list[Axes]]:  # fmt: skip
    """A figure of `grid` panels, a number (one row) or (rows, columns), with its axes row by row, lettered a, b, c."""
    rows, columns = (1, grid) if isinstance(grid, int) else grid
    fig = style.figure(width, height or rows * min(2.6, 0.8 * width / columns))
    axes = list(fig.subplots(rows, columns, squeeze=False, sharey=sharey).flat)
    if letters and len(axes) > 1:
        for letter, ax in zip("abcdefghijklmnopqrstuvwxyz", axes, strict=False):
            ax.set_title(letter, loc="left", fontweight="bold")
    return fig, axes


@styled
def headed(fig: Figure, title: str, **options: Any) -> Figure:
    """The figure under a title in small letters, its lines as long as the figure is wide; `options` of the text."""
    lines = (fill(line, round(LETTERS * fig.get_figwidth())) for line in title.splitlines())
    fig.suptitle("\n".join(lines), fontsize=7, **options)
    return fig


@styled
def watermark(fig: Figure, text: str) -> Figure:
    """Write a large pale text across the figure, for example over data that are simulated."""
    size = min(64 * fig.get_figwidth() / max(len(text), 7), 30 * fig.get_figheight())
    drawn = fig.text(0.5, 0.5, text, ha="center", va="center", rotation=25, fontsize=size, color="#B00000", alpha=0.22)
    drawn.set(fontweight="bold", zorder=1000, in_layout=False)
    return fig


@styled
def lines(frame: pd.DataFrame, x: str, y: str, by: str | None = None, *, band: tuple[str, str] | None = None,
          markers: bool | None = None, dashes: bool = False, looks: Mapping[Any, int] | None = None,
          points: pd.DataFrame | None = None, **options: Unpack[Options]) -> Figure:  # fmt: skip
    """Lines of `y` over `x`, one a value of `by`; more than eight numeric series become a colour scale.

    `band` names the columns with the lower and upper limit. Markers are drawn up to thirty points a line, or as told.
    With `dashes` each series has a line style of its own, so that a line shows through another that covers it.
    `looks` gives series another place among the looks (`style.look`) than that of their appearance. `points` are values
    printed in the paper, in the chart's own columns, drawn hollow and named by a column `label`.
    """
    fig, ax = _open(options)
    scale = _colour_scale(frame, by)
    own = "ours" if points is not None else None
    for index, (name, rows) in enumerate(_series(frame, by)):
        part = rows.sort_values(x, kind="stable")
        drawn = style.look((looks or {}).get(name, index))
        drawn |= {"color": style.sequential()(scale(name)), "linestyle": "-"} if scale else {}
        drawn |= {"linestyle": style.DASHES[index % len(style.DASHES)]} if dashes else {}
        marked = (len(part) <= 30 and scale is None) if markers is None else markers
        drawn["marker"] = ("o" if scale else drawn["marker"]) if marked else ""
        ax.plot(part[x], part[y], label=None if scale else _name(name) or own, zorder=3, **drawn)
        if band:
            ax.fill_between(part[x], part[band[0]], part[band[1]], color=drawn["color"], alpha=0.18, linewidth=0)
    if points is not None:
        _paper_points(ax, x, y, points)
    _close(ax, (x, y), options)
    if scale:
        style.colour_bar(ax, scale, str(by))
    return fig


@styled
def bars(frame: pd.DataFrame, x: str, y: str, by: str | None = None, *, error: tuple[str, str] | None = None,
         **options: Unpack[Options]) -> Figure:  # fmt: skip
    """Grouped bars in the order of the frame; `error` names the columns with the lower and upper limit."""
    fig, ax = _open(options)
    options.setdefault("legend", "below")  # bars leave no room inside
    places = {value: position for position, value in enumerate(pd.unique(frame[x]))}
    groups = _series(frame, by)
    for index, (name, part) in enumerate(groups):
        at = part[x].map(places).to_numpy(float) + (index - (len(groups) - 1) / 2) * 0.8 / len(groups)
        drawn = {"color": style.look(index)["color"], "hatch": style.HATCHES[index % len(style.HATCHES)]}
        ax.bar(at, part[y], 0.72 / len(groups), edgecolor="white", label=_name(name), zorder=2, **drawn)
        if error:
            ends = np.stack([part[y] - part[error[0]], part[error[1]] - part[y]]).clip(0)
            ax.errorbar(at, part[y], ends, fmt="none", ecolor="#222222", elinewidth=0.8, capsize=2, zorder=3)
    _name_ticks(ax, list(places))
    _close(ax, (x, y), options)
    return fig


@styled
def scatter(frame: pd.DataFrame, x: str, y: str, by: str | None = None, *, colour: str | None = None,
            front: bool = False, marks: Mapping[str, tuple[float, float]] | None = None,
            **options: Unpack[Options]) -> Figure:  # fmt: skip
    """Points of `y` against `x`, one marker a value of `by`; `colour` names a numeric column shown as a colour scale.

    `front` joins each series' non-dominated points to a staircase, both axes minimised; `marks` are single places drawn
    as large hollow rings.
    """
    fig, ax = _open(options)
    options.setdefault("legend", "below")  # a cloud of points leaves no room inside
    scale = style.scale_of(frame[colour].tolist()) if colour else None
    shades: Any = {"norm": scale, "cmap": style.sequential()} if colour else {}
    for index, (name, part) in enumerate(_series(frame, by)):
        drawn = style.look(index)
        paint: Any = part[colour] if colour else drawn["color"]
        look: Any = {"marker": drawn["marker"], "s": 16, "linewidths": 0, "zorder": 3, **shades}
        ax.scatter(part[x], part[y], c=paint, label=_name(name), **look)
        if front:
            edge = part[pareto_front(part[[x, y]])].sort_values([x, y])
            ax.step(edge[x], edge[y], where="post", color=drawn["color"], zorder=2)
    for index, (name, place) in enumerate((marks or {}).items()):
        ring = _hollow(style.look(index + 3)["marker"]) | {"markersize": 9, "markeredgewidth": 1.3}
        ax.plot(*place, label=name, **ring)
    _close(ax, (x, y), options)
    if scale:
        style.colour_bar(ax, scale, str(colour))
    return fig


@styled
def crosses(frame: pd.DataFrame, x: str, y: str, by: str, *, looks: Mapping[Any, int] | None = None,
            points: pd.DataFrame | None = None, **options: Unpack[Options]) -> Figure:  # fmt: skip
    """A cross a row and a dash at the mean of each series; `x` has numbers, or names in the order of the frame.

    The series of one name stand side by side, each with its own dash, and `points` to the right of it. `looks` and
    `points` as in `lines`; series of one colour have other crosses.
    """
    fig, ax = _open(options)
    named = not pd.api.types.is_numeric_dtype(frame[x])
    drawn = frame.assign(**{x: _beside(frame, x, by)}) if named else frame
    dash = min(15.0, 50 * (style.inches_across(ax) - 0.6) / max(1, drawn[x].nunique())) if named else 15.0  # points
    for index, (name, part) in enumerate(_series(drawn, by)):
        place = (looks or {}).get(name, index)
        look: Any = {"linestyle": "none", "color": style.look(place)["color"]}
        ax.plot(part[x], part[y], CROSSES[place // len(style.COLOURS) % 4], label=_name(name), zorder=3, **look)
        means = part.groupby(x if named else by)[[x, y]].mean()
        ax.plot(means[x], means[y], "_", markersize=dash, markeredgewidth=1.6, alpha=0.7, zorder=2, **look)
    if named:
        names = list(pd.unique(frame[x]))
        _name_ticks(ax, names, slant=True)
        ax.set_xlim(-0.6, len(names) - 0.4)
        if points is not None:
            beside = 0.22 + 0.09 * points.groupby(x).cumcount()
            points = points.assign(**{x: points[x].map(names.index) + beside})
    if points is not None:
        _paper_points(ax, x, y, points)
    _close(ax, (x, y), options)
    return fig


@styled
def spectra(frame: pd.DataFrame, *, references: Sequence[str] = (), **options: Unpack[Options]) -> Figure:
    """Radial spectra, a line a `picture`: `power` over `frequency` in cycles a pixel, both axes logarithmic.

    The pictures named in `references` (content, style) are dashed and grey. What counts as fine texture is shaded.
    """
    frequency, power, by = "frequency", "power", "picture"
    fig, ax = _open(options)
    for index, name in enumerate(references):
        part = frame[frame[by] == name].sort_values(frequency)
        grey = ("#9A9A9A", "#3A3A3A")[index % 2]
        ax.plot(part[frequency], part[power], color=grey, linestyle="--", label=str(name), zorder=2)
    ax.axvspan(FINE, float(frame[frequency].max()), color="#F0F0F0", linewidth=0, zorder=0)
    texts: Options = {"xlabel": "frequency (cycles/pixel)", "ylabel": "power", "logx": True, "logy": True}
    lines(frame[~frame[by].isin(references)], frequency, power, by, markers=False, **(texts | options | {"ax": ax}))
    return fig


@styled
def intervals(frame: pd.DataFrame, label: str = "label", value: str = "value", low: str = "low", high: str = "high",
              *, by: str | None = None, reference: float, **options: Unpack[Options]) -> Figure:  # fmt: skip
    """Dots with whiskers, one line a label from top to bottom; `reference` is a dashed line (chance, no effect)."""
    names = {name: position for position, name in enumerate(pd.unique(frame[label]))}
    fig, ax = _open({"height": 0.75 + 0.24 * len(names), **options})
    groups = _series(frame, by)
    step = min(0.22, 0.88 / len(groups))  # the series of one label stay nearer to each other than to the next label's
    for index, (name, part) in enumerate(groups):
        at = part[label].map(names).to_numpy(float) + (index - (len(groups) - 1) / 2) * step
        ends = np.nan_to_num(np.stack([part[value] - part[low], part[high] - part[value]])).clip(0)
        drawn = {"fmt": style.look(index)["marker"], "color": style.look(index)["color"], "label": _name(name)}
        ax.errorbar(part[value], at, xerr=ends, elinewidth=1.1, capsize=2.5, zorder=3, **drawn)
    ax.set_yticks(range(len(names)), [fill(style.text(name), 26) for name in names])
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.grid(visible=False, axis="y")
    _close(ax, (value, label), {"xlabel": "", "ylabel": "", "vlines": [reference], **options})
    return fig


def _open(options: Options) -> tuple[Any, Axes]:
    """The axes to draw on with their figure. Raises TypeError for an option that no chart has."""
    if unknown := set(options) - set(Options.__annotations__):
        raise TypeError(f"unknown option(s) {sorted(unknown)}; allowed are {', '.join(Options.__annotations__)}")
    return style.axes_of(options.get("ax"), options.get("width", COLUMN), options.get("height"))


def _close(ax: Axes, columns: tuple[str, str], options: Options) -> None:
    """What follows the data of every chart: references, scales, labels, legend."""
    _references(ax, options.get("vlines", ()), options.get("hlines", ()))
    x, y = (column.replace("_", " ") for column in columns)
    logs = options.get("logx", False), options.get("logy", False)
    style.finish(ax, options.get("title", ""), options.get("xlabel", x), options.get("ylabel", y), logs=logs)
    style.legend(ax, where=options.get("legend", "auto"))


def _beside(frame: pd.DataFrame, x: str, by: str) -> pd.Series:
    """Places along an axis of names: a whole number each, its series side by side around it."""
    places = pd.Series(pd.factorize(frame[x])[0], frame.index)
    groups = pd.Series(pd.factorize(frame[by])[0], frame.index).groupby(places)
    count = groups.transform("nunique")
    return places + (groups.rank("dense") - (count + 1) / 2) * 0.8 / count


def _name_ticks(ax: Axes, names: Sequence[Any], *, slant: bool = False) -> None:
    """Names along the x axis, in lines as long as there is room for; `slant` turns them rather than break a word."""
    letters = max(6, int((style.inches_across(ax) - 0.6) / len(names) / 0.068))
    texts = [style.text(name) for name in names]
    if slant and max(len(word) for text in texts for word in text.split()) > letters:
        ax.set_xticks(range(len(names)), texts, rotation=25, ha="right", rotation_mode="anchor")
    else:
        broken = ("\n".join(fill(line, letters) for line in text.split("\n")) for text in texts)
        ax.set_xticks(range(len(names)), list(broken))
    ax.grid(visible=False, axis="x")


def _series(frame: pd.DataFrame, by: str | None) -> list[tuple[Any, pd.DataFrame]]:
    """The rows of each value of `by`, in order of appearance."""
    return list(frame.groupby(by, sort=False)) if by else [(None, frame)]


def _name(name: Any) -> str | None:
    """A series' legend text."""
    return None if name is None else style.text(name)


def _colour_scale(frame: pd.DataFrame, by: str | None) -> Any:
    """A colour scale where `by` is numeric with more than eight values, else None."""
    if by is None or frame[by].nunique() <= len(style.COLOURS) or not pd.api.types.is_numeric_dtype(frame[by]):
        return None
    return style.scale_of(frame[by].tolist())


def _hollow(marker: str) -> dict[str, Any]:
    """How a value printed in the paper is drawn."""
    edge = {"markerfacecolor": "none", "markeredgecolor": style.PAPER_COLOUR, "markeredgewidth": 1.0}
    return {"marker": marker, "linestyle": "none", "markersize": 5.5, "zorder": 4, **edge}


def _paper_points(ax: Axes, x: str, y: str, points: pd.DataFrame) -> None:
    """Draw the paper's values hollow, a marker a value of their column `label`, if they have one."""
    for index, (name, part) in enumerate(_series(points, "label" if "label" in points else None)):
        ax.plot(part[x], part[y], label=_name(name) or "paper", **_hollow(("o", "s", "^", "D")[index % 4]))


def _references(ax: Axes, vlines: References, hlines: References) -> None:
    """Grey dashed reference lines; the names of a mapping are written along the line."""
    line: Any = {"color": "#888888", "linestyle": (0, (4, 2)), "linewidth": 0.8, "zorder": 1}
    halo = [withStroke(linewidth=2, foreground="white")]
    text: Any = {"fontsize": 6.5, "color": "#555555", "ha": "right", "path_effects": halo}
    for value, name in _named(vlines):
        ax.axvline(value, **line)
        ax.text(value, 0.98, name, transform=ax.get_xaxis_transform(), rotation=90, va="top", **text)
    for value, name in _named(hlines):
        ax.axhline(value, **line)
        ax.text(0.99, value, name, transform=ax.get_yaxis_transform(), va="bottom", **text)


def _named(references: References) -> list[tuple[float, str]]:
    """Each value with its name, empty where they have none."""
    if isinstance(references, Mapping):
        return [(value, name) for name, value in references.items()]
    return [(value, "") for value in references]
