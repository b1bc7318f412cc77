"""Every kind of chart: numbers in, a figure out. Each draws on `ax` where one is given, else on a figure of its own."""

from collections.abc import Mapping, Sequence
from textwrap import fill
from typing import Any, TypedDict, Unpack

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from lib.report import style
from lib.report.heatmaps import heatmap
from lib.report.pictures import crops, image_grid
from lib.report.saving import save
from lib.report.style import COLUMN, PAGE, shared_legend, styled

__all__ = ["COLUMN", "PAGE", "Options", "bars", "crops", "crosses", "headed", "heatmap", "image_grid", "intervals",
           "lines", "panels", "save", "scatter", "shared_legend", "spectra", "watermark"]  # fmt: skip
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
    points: pd.DataFrame | None  # values printed in the paper, in the chart's own columns, drawn hollow
    vlines: References  # dashed reference lines, named where a mapping is given
    hlines: References
    legend: str  # auto, inside, below, right or none
    ax: Axes | None
    width: float  # inches, for a figure of its own; one column by default
    height: float | None


@styled
def panels(grid: int | tuple[int, int], *, width: float = PAGE, height: float | None = None, letters: bool = True,
           sharex: bool = False, sharey: bool = False) -> tuple[Figure, list[Axes]]:  # fmt: skip
    """A figure of `grid` panels, a number (one row) or (rows, columns), with its axes row by row, lettered a, b, c."""
    rows, columns = (1, grid) if isinstance(grid, int) else grid
    if rows < 1 or columns < 1:
        raise ValueError(f"panels is {grid!r}; rows and columns must be at least 1")
    fig = style.figure(width, height or rows * min(2.6, 0.8 * width / columns))
    axes = list(fig.subplots(rows, columns, squeeze=False, sharex=sharex, sharey=sharey).flat)
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
          **options: Unpack[Options]) -> Figure:  # fmt: skip
    """Lines of `y` over `x`, one a value of `by`; more than eight numeric series become a colour scale.

    `band` names the columns with the lower and upper limit. Markers are drawn up to thirty points a line, or as told.
    With `dashes` each series has a line style of its own, so that a line shows through another that covers it.
    `looks` gives series another place among the looks (`style.look`) than that of their appearance.
    `points` with the column `by` takes its series' colour; otherwise a column `label` names it in the legend.
    """
    _require(frame, [x, y, *([by] if by else []), *(band or ())])
    fig, ax = _open(options)
    scale = _colour_scale(frame, by)
    own = "ours" if options.get("points") is not None else None
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
    _close(ax, frame, (x, y, by), options, looks)
    if scale:
        _colour_bar(ax, scale, str(by))
    return fig


@styled
def bars(frame: pd.DataFrame, x: str, y: str, by: str | None = None, *, error: tuple[str, str] | None = None,
         **options: Unpack[Options]) -> Figure:  # fmt: skip
    """Grouped bars in the order of the frame; `error` names the columns with the lower and upper limit."""
    _require(frame, [x, y, *([by] if by else []), *(error or ())])
    fig, ax = _open(options)
    places = {value: position for position, value in enumerate(pd.unique(frame[x]))}
    groups, points = _series(frame, by), options.pop("points", None)
    options.setdefault("legend", "below")  # bars leave no room inside
    for index, (name, part) in enumerate(groups):
        shift = (index - (len(groups) - 1) / 2) * 0.8 / len(groups)
        at = part[x].map(places).to_numpy(float) + shift
        drawn = {"color": style.look(index)["color"], "hatch": style.HATCHES[index % len(style.HATCHES)]}
        ax.bar(at, part[y], 0.72 / len(groups), edgecolor="white", label=_name(name), zorder=2, **drawn)
        if error:
            ends = np.stack([part[y] - part[error[0]], part[error[1]] - part[y]]).clip(0)
            ax.errorbar(at, part[y], ends, fmt="none", ecolor="#222222", elinewidth=0.8, capsize=2, zorder=3)
        if points is not None:
            own = points[points[by] == name] if by else points
            ax.plot(own[x].map(places) + shift, own[y], label="paper" if index == 0 else None, **_hollow("o"))
    _name_ticks(ax, list(places))
    _close(ax, frame, (x, y, by), options)
    return fig


@styled
def scatter(frame: pd.DataFrame, x: str, y: str, by: str | None = None, *, colour: str | None = None,
            label: str | None = None, front: str | None = None, marks: Mapping[str, tuple[float, float]] | None = None,
            **options: Unpack[Options]) -> Figure:  # fmt: skip
    """Points of `y` against `x`, one marker a value of `by`; `colour` names a numeric column shown as a colour scale.

    `label` names a column written beside each point, `front` a boolean column whose true rows are joined to a
    staircase (the non-dominated points, both axes minimised), `marks` single places drawn as large hollow rings.
    """
    _require(frame, [column for column in (x, y, by, colour, label, front) if column])
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
            edge = part[part[front].astype(bool)].sort_values([x, y])
            ax.step(edge[x], edge[y], where="post", color="#222222" if colour else drawn["color"], zorder=2)
    for index, (name, place) in enumerate((marks or {}).items()):
        ax.plot(
            *place, label=name, **_hollow(style.look(index + 3)["marker"]) | {"markersize": 9, "markeredgewidth": 1.3}
        )
    _close(ax, frame, (x, y, by), options)
    for _, row in frame.iterrows() if label else ():
        ax.annotate(str(row[str(label)]), (row[x], row[y]), (3, 3), textcoords="offset points", fontsize=6)
    if colour:
        _colour_bar(ax, scale, colour)
    return fig


@styled
def crosses(frame: pd.DataFrame, x: str, y: str, by: str, *, looks: Mapping[Any, int] | None = None,
            **options: Unpack[Options]) -> Figure:  # fmt: skip
    """A cross a row and a dash at the mean of each series; `x` has numbers, or names in the order of the frame.

    The series of one name stand side by side, each with its own dash, and `points` to the right of it. `looks` as in
    `lines`; series of one colour have other crosses.
    """
    _require(frame, [x, y, by])
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
        if (points := options.get("points")) is not None and len(points):
            beside = 0.22 + 0.09 * points.groupby(x).cumcount()
            options["points"] = points.assign(**{x: points[x].map(names.index) + beside})
    _close(ax, drawn, (x, y, by), options, looks)
    return fig


@styled
def spectra(frame: pd.DataFrame, *, references: Sequence[str] = (), **options: Unpack[Options]) -> Figure:
    """Radial spectra, a line a `picture`: `power` over `frequency` in cycles a pixel, both axes logarithmic.

    The pictures named in `references` (content, style) are dashed and grey. What counts as fine texture is shaded.
    """
    frequency, power, by = "frequency", "power", "picture"
    _require(frame, [frequency, power, by])
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
              *, by: str | None = None, reference: float | None = None,
              **options: Unpack[Options]) -> Figure:  # fmt: skip
    """Dots with whiskers, one line a label from top to bottom; `reference` is a dashed line (chance, no effect)."""
    _require(frame, [label, value, low, high, *([by] if by else [])])
    names = {name: position for position, name in enumerate(pd.unique(frame[label]))}
    fig, ax = _open({"height": 0.75 + 0.24 * len(names), **options})
    groups, points = _series(frame, by), options.pop("points", None)
    step = min(0.22, 0.88 / len(groups))  # the series of one label stay nearer to each other than to the next label's
    for index, (name, part) in enumerate(groups):
        at = part[label].map(names).to_numpy(float) + (index - (len(groups) - 1) / 2) * step
        ends = np.nan_to_num(np.stack([part[value] - part[low], part[high] - part[value]])).clip(0)
        drawn = {"fmt": style.look(index)["marker"], "color": style.look(index)["color"], "label": _name(name)}
        ax.errorbar(part[value], at, xerr=ends, elinewidth=1.1, capsize=2.5, zorder=3, **drawn)
    if points is not None:
        ax.plot(points[value], points[label].map(names), label="paper", **_hollow("o"))
    options["vlines"] = options.get("vlines", ()) if reference is None else [reference]
    ax.set_yticks(range(len(names)), [fill(str(_name(name)), 26) for name in names])
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.grid(visible=False, axis="y")
    _close(ax, frame, (value, label, by), {"xlabel": "", "ylabel": "", **options})
    return fig


def _open(options: Options) -> tuple[Any, Axes]:
    """The axes to draw on with their figure. Raises TypeError for an option that no chart has."""
    unknown = set(options) - set(Options.__annotations__)
    if unknown:
        raise TypeError(f"unknown option(s) {sorted(unknown)}; allowed are {', '.join(Options.__annotations__)}")
    ax = options.get("ax")
    if ax is not None:
        return ax.figure, ax
    fig = style.figure(options.get("width", COLUMN), options.get("height"))
    return fig, fig.add_subplot()


def _close(ax: Axes, frame: pd.DataFrame, columns: tuple[str, str, str | None], options: Options,
           looks: Mapping[Any, int] | None = None) -> None:  # fmt: skip
    """What follows the data of every chart: the paper's values, references, scales, labels, legend."""
    x, y, by = columns
    order = {name: place for place, (name, _) in enumerate(_series(frame, by))}
    _paper_points(ax, options.get("points"), columns, order | dict(looks or {}))
    _references(ax, options.get("vlines", ()), options.get("hlines", ()))
    labels = options.get("xlabel", x.replace("_", " ")), options.get("ylabel", y.replace("_", " "))
    logs = options.get("logx", False), options.get("logy", False)
    style.finish(ax, options.get("title", ""), *labels, logs=logs)
    style.legend(ax, where=options.get("legend", "auto"))


def _require(frame: pd.DataFrame, columns: Sequence[str]) -> None:
    """Raise ValueError where the frame is empty or lacks a column."""
    lacking = [column for column in columns if column not in frame.columns]
    if lacking:
        raise ValueError(f"the frame lacks the column(s) {lacking}; it has {list(frame.columns)}")
    if frame.empty:
        raise ValueError("the frame has no rows to draw")


def _beside(frame: pd.DataFrame, x: str, by: str) -> pd.Series:
    """Places along an axis of names: a whole number each, its series side by side around it."""
    places = pd.Series(pd.factorize(frame[x])[0], frame.index)
    groups = pd.Series(pd.factorize(frame[by])[0], frame.index).groupby(places)
    count = groups.transform("nunique")
    return places + (groups.rank("dense") - (count + 1) / 2) * 0.8 / count


def _name_ticks(ax: Axes, names: Sequence[Any], *, slant: bool = False) -> None:
    """Names along the x axis, in lines as long as there is room for; `slant` turns them rather than break a word."""
    letters = max(6, int((style.inches_across(ax) - 0.6) / len(names) / 0.068))
    texts = [str(_name(name)) for name in names]
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
    """A series' legend text; floats without needless digits."""
    return None if name is None else f"{name:g}" if isinstance(name, float) else str(name)


def _colour_scale(frame: pd.DataFrame, by: str | None) -> Any:
    """A colour scale where `by` is numeric with more than eight values, else None."""
    if by is None or frame[by].nunique() <= len(style.COLOURS) or not pd.api.types.is_numeric_dtype(frame[by]):
        return None
    return style.scale_of(frame[by].tolist())


def _colour_bar(ax: Axes, scale: Any, name: str) -> None:
    """A thin colour bar beside the axes."""
    bar = ax.figure.colorbar(ScalarMappable(scale, style.sequential()), ax=ax, aspect=28, pad=0.02)
    bar.set_label(name.replace("_", " "))
    bar.outline.set(linewidth=0)
    if isinstance(scale, LogNorm):
        style.log_axis(bar.ax.yaxis)


def _hollow(marker: str, colour: str = style.PAPER_COLOUR) -> dict[str, Any]:
    """How a value printed in the paper is drawn."""
    edge = {"markerfacecolor": "none", "markeredgecolor": colour, "markeredgewidth": 1.0}
    return {"marker": marker, "linestyle": "none", "markersize": 5.5, "zorder": 4, **edge}


def _paper_points(ax: Axes, points: pd.DataFrame | None, columns: tuple[str, str, str | None],
                  places: Mapping[Any, int]) -> None:  # fmt: skip
    """Draw the paper's values hollow: in their series' colour and marker where the frame has `by`."""
    x, y, by = columns
    if points is None or points.empty:
        return
    _require(points, [x, y])
    if by and by in points.columns:
        for name, part in _series(points, by):
            drawn = style.look(places.get(name, 7))
            ax.plot(part[x], part[y], **_hollow(drawn["marker"], drawn["color"]))
        ax.plot([], [], label="paper (hollow)", **_hollow("o", "#666666"))
        return
    for index, (name, part) in enumerate(_series(points, "label" if "label" in points.columns else None)):
        ax.plot(part[x], part[y], label=_name(name) or "paper", **_hollow(("o", "s", "^", "D")[index % 4]))


def _references(ax: Axes, vlines: References, hlines: References) -> None:
    """Grey dashed reference lines; the names of a mapping are written along the line."""
    text: Any = {"fontsize": 6.5, "color": "#555555", "ha": "right"}
    for values, upright in ((vlines, True), (hlines, False)):
        named: Any = values.items() if isinstance(values, Mapping) else (("", value) for value in values)
        for name, value in named:
            draw = ax.axvline if upright else ax.axhline
            halo = [withStroke(linewidth=2, foreground="white")]
            draw(value, color="#888888", linestyle=(0, (4, 2)), linewidth=0.8, zorder=1)
            if upright:
                ax.text(value, 0.98, name, transform=ax.get_xaxis_transform(), rotation=90, va="top",
                        path_effects=halo, **text)  # fmt: skip
            else:
                ax.text(0.99, value, name, transform=ax.get_yaxis_transform(), va="bottom", path_effects=halo, **text)
