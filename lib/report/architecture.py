"""Networks and genomes drawn: a diagram of plain nodes and edges, and a genome as strips of labelled bits.

A diagram is `{"nodes": [...], "edges": [...]}`. A node has id, label, column (left to right), level (top to bottom) and
kind; an edge has source, target, label, kind and, where its thickness means something, weight. Kinds with a look of
their own stand below; any other kind takes the next free colour.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import cycle, pairwise, takewhile, zip_longest
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch, PathPatch, Rectangle
from matplotlib.path import Path

from lib.report import style
from lib.report.style import COLUMN, PAGE, Plot, styled

Node = Mapping[str, Any]
Edge = Mapping[str, Any]
Diagram = Mapping[str, Sequence[Mapping[str, Any]]]
FLOWS = ("flow", "turn", "bend")  # the main path; every other kind of edge is a skip
NODES = {"input": "#7F7F7F", "output": "#7F7F7F", "encoder": "#0072B2", "decoder": "#D55E00", "resample": "#7F7F7F",
         "shortcut": "#CC79A7", "E": "#0072B2", "D": "#D55E00", "R": "#009E73", "tap": "#0072B2", "stage": "#D55E00",
         "transform": "#CC79A7", "wct": "#CC79A7", "wcts": "#CC79A7", "aggregate": "#009E73", "norm": "#E69F00",
         "skip": "#0072B2", "conv": "#D55E00", "always": "#7F7F7F"}  # fmt: skip
SKIPS = {"skip": ("#0072B2", "skip within a level"), "skip_down": ("#E69F00", "skip to a coarser level"),
         "skip_up": ("#009E73", "skip to a finer level"), "join": ("#0072B2", "tap joined"),
         "join_norm": ("#E69F00", "tap normed and joined"), "pool": ("#009E73", "tap normed and pooled"),
         "shortcut": ("#CC79A7", "shortcut of a cell")}  # fmt: skip
NOTES = {"encoder": "box: filter, channels · on the path: side of the map",
         "tap": "box: what the genome adds · on the path: side of the map",
         "always": "number: position of its bit · grey: always there · reduce: 1×1 without its bit"}  # fmt: skip
HIGH = 0.62  # of a box, in levels
BETWEEN = 0.35  # bits between two fields of a genome
THICKEST = 4.0  # points, of the edge with the greatest weight
FULL = 16  # weight that is drawn thickest, unless a diagram has more
LETTER = 0.058  # inches, an average letter of the labels
BLANK = Line2D([], [], linestyle="none", label=" ")
ROW = 0.44  # inches a level
TURN = 0.24  # levels that the turn from the last encoder to the first decoder hangs below them


def diagram(boxes: Iterable[Sequence[Any]], paths: Iterable[Sequence[Any]]) -> Diagram:
    """Boxes (id, label, column, level, kind), and plain arrows along paths of their ids."""
    keys = ("id", "label", "column", "level", "kind")
    edges = [{"source": a, "target": b, "label": "", "kind": "flow"} for path in paths for a, b in pairwise(path)]
    return {"nodes": [dict(zip(keys, box, strict=True)) for box in boxes], "edges": edges}


@styled
def draw(diagram: Diagram, title: str = "", *, width: float = COLUMN) -> Plot:
    """One diagram on a figure of its own, `width` inches wide."""
    return beside({title: diagram}, width=width)


@styled
def beside(diagrams: Mapping[str, Diagram], *, width: float = PAGE) -> Plot:
    """Diagrams side by side under their titles, with one legend and equal measure for thickness and level."""
    nodes, edges = ([part for diagram in diagrams.values() for part in diagram[kind]] for kind in ("nodes", "edges"))
    levels, lines = max(node["level"] for node in nodes) + 1, max(node["label"].count("\n") + 1 for node in nodes)
    full = max([FULL, *(edge.get("weight", 0) for edge in edges)])
    fig = style.figure(width, ROW * max(1, (lines + 1) / 3) * (levels + 1) + 0.75)
    axes = fig.subplots(1, len(diagrams), squeeze=False)[0]
    for ax, (title, diagram) in zip(axes, diagrams.items(), strict=True):
        on(ax, diagram, full=full)
        _rows(ax, levels)
        ax.set_title(title)
    kinds, weights = _handles(edges, full)
    note = next((note for kind, note in NOTES.items() if kind in {node["kind"] for node in nodes}), None)
    if kinds or note:
        rows = [handle for pair in zip_longest(kinds, weights, fillvalue=BLANK) for handle in pair]
        fig.legend(handles=rows if width > COLUMN else kinds + weights, loc="outside lower center",
                   ncols=3 if width > COLUMN else 2, title=note, title_fontsize=6.5)  # fmt: skip
    return fig


@styled
def on(ax: Axes, diagram: Diagram, *, full: float = FULL) -> None:
    """Draw a diagram on axes; an edge of weight `full` is the thickest."""
    nodes = {node["id"]: node for node in diagram["nodes"]}
    columns = sorted({node["column"] for node in nodes.values()})
    wide = _box_width(ax, [str(node["label"]) for node in nodes.values()], columns[-1] - columns[0])
    colours = _colours(node["kind"] for node in nodes.values())
    ports = _ports(nodes, diagram["edges"])
    for edge in diagram["edges"]:
        ends = nodes[edge["source"]], nodes[edge["target"]]
        if edge["kind"] in FLOWS:
            _flow(ax, edge, ends, wide)
        else:
            _curve(ax, edge, next(ports), wide, _points(edge.get("weight", full / 4) / full))
    for node in nodes.values():
        _box(ax, node, wide, colours[node["kind"]])
    within = any(edge["kind"] not in FLOWS and nodes[edge["source"]]["column"] == nodes[edge["target"]]["column"]
                 for edge in diagram["edges"])  # fmt: skip
    ax.set_xlim(columns[0] - wide / 2 - 0.02, columns[-1] + wide / 2 + (wide if within else 0.02))
    _rows(ax, max(node["level"] for node in nodes.values()) + 1)
    ax.set_axis_off()


@styled
def genome(units: Sequence[Sequence[Mapping[str, Any]]], title: str = "") -> Figure:
    """A genome as strips of bits, a row a unit: each field named above, its value below, dead bits grey.

    A field has name (coloured by its leading letters), bits, value and dead (true or false a bit).
    """
    longest = max(sum(len(field["bits"]) + BETWEEN for field in unit) for unit in units)
    fig = style.figure(PAGE, 0.52 * len(units) + 0.2 + 0.2 * bool(title))
    ax = fig.add_subplot()
    colours = _colours(_letters(field) for unit in units for field in unit)
    for row, unit in enumerate(units):
        x = 0.0
        for field in unit:
            _field(ax, field, (x, row), colours[_letters(field)])
            x += len(field["bits"]) + BETWEEN
    ax.set(xlim=(-0.1, longest), ylim=(len(units) - 0.25, -0.75), title=title)
    ax.set_axis_off()
    return fig


def _letters(field: Mapping[str, Any]) -> str:
    """The leading letters of a field's name."""
    return "".join(takewhile(str.isalpha, field["name"]))


def _field(ax: Axes, field: Mapping[str, Any], corner: tuple[float, float], colour: str) -> None:
    """The cells of one field with name and value."""
    x, y = corner
    dead = all(field["dead"])
    middle, ink = x + len(field["bits"]) / 2, "#999999" if dead else "#222222"
    for i, (bit, idle) in enumerate(zip(field["bits"], field["dead"], strict=True)):
        tint, edge = ("#F2F2F2", "#CCCCCC") if idle else (_tint(colour), colour)
        ax.add_patch(Rectangle((x + i, y - 0.22), 1, 0.44, facecolor=tint, edgecolor=edge, linewidth=0.7))
        ax.text(x + i + 0.5, y, str(bit), ha="center", va="center", fontsize=6.5, color="#AAAAAA" if idle else ink)
    ax.text(middle, y - 0.26, field["name"], ha="center", va="bottom", fontsize=5.5, color=ink if dead else colour)
    ax.text(middle, y + 0.26, "" if dead else str(field["value"]), ha="center", va="top", fontsize=5.5, color=ink)


def _rows(ax: Axes, levels: float) -> None:
    """Room for so many levels, the first on top, and for the turn below the last."""
    ax.set_ylim(levels - 1 + HIGH / 2 + 2 * TURN, -HIGH / 2 - 0.03)


def _box_width(ax: Axes, labels: Sequence[str], columns: float) -> float:
    """Width of the boxes, in columns, that holds the longest line of the labels."""
    letters = max(len(line) for label in labels for line in label.split("\n"))
    room = style.inches_across(ax) - 0.1
    need = min(LETTER * letters + 0.12, 0.8 * room / (columns + 0.8))
    return 1.0 if not columns else need * columns / (room - need)


def _colours(kinds: Iterable[str]) -> dict[str, str]:
    """A colour a kind, in order of appearance where it has none of its own."""
    found = dict.fromkeys(kinds)
    taken = {NODES[kind] for kind in found if kind in NODES}
    free = cycle(colour for colour in style.COLOURS if colour not in taken)
    return {kind: NODES.get(kind) or next(free) for kind in found}


def _tint(colour: str) -> tuple[float, ...]:
    """A pale shade of a colour, for the ground of a text."""
    return tuple(1 - 0.22 * (1 - part) for part in to_rgb(colour))


def _box(ax: Axes, node: Node, wide: float, colour: str) -> None:
    """A rounded box, tinted by kind, with its label."""
    x, y = node["column"] - wide / 2, node["level"] - HIGH / 2
    dashed = "--" if node["kind"] == "resample" else "-"
    ax.add_patch(
        Rectangle(
            (x, y), wide, HIGH, facecolor=_tint(colour), edgecolor=colour, linestyle=dashed, linewidth=0.9, zorder=4
        )
    )
    ax.text(node["column"], node["level"], node["label"], ha="center", va="center", fontsize=6.5, zorder=5)


def _flow(ax: Axes, edge: Edge, ends: Sequence[Node], wide: float) -> None:
    """An arrow of the main path: along a column, across to the next, round below (`turn`), or across first (`bend`)."""
    (x0, y0), (x1, y1) = ((node["column"], node["level"]) for node in ends)
    if edge["kind"] == "turn":
        y0, y1, low = y0 + HIGH / 2, y1 + HIGH / 2, max(y0, y1) + HIGH / 2 + TURN
        corners = [(x0, y0), (x0, low), (x1, low), (x1, y1)]
    elif edge["kind"] == "bend":
        corners = [(x0 + np.sign(x1 - x0) * wide / 2, y0), (x1, y0), (x1, y1 + np.sign(y0 - y1) * HIGH / 2)]
    elif x0 == x1:
        side = HIGH / 2 if y1 > y0 else -HIGH / 2
        corners = [(x0, y0 + side), (x1, y1 - side)]
    else:
        side = wide / 2 if x1 > x0 else -wide / 2
        corners = [(x0 + side, y0), (x1 - side, y1)]
    look: Any = {"arrowstyle": "-|>", "mutation_scale": 6, "color": "#444444", "linewidth": 0.9, "zorder": 3}
    ax.add_patch(FancyArrowPatch(path=Path(corners), **look))
    (x, y), beside = np.mean(corners[1:-1] or corners, axis=0), x0 == x1
    place: Any = {"ha": "left", "va": "center"} if beside else {"ha": "center", "va": "top"}
    ax.annotate(edge["label"], (x, y), (3, 0) if beside else (0, -1.5), textcoords="offset points", fontsize=5.5,
                color="#444444", **place)  # fmt: skip


def _curve(ax: Axes, edge: Edge, ends: Sequence[tuple[float, float]], wide: float,
           thick: float) -> None:  # fmt: skip
    """A skip: it leaves and enters sideways."""
    (x0, y0), (x1, y1) = ends
    out, back = (1, -1) if x1 > x0 else (-1, 1) if x1 < x0 else (1, 1)
    reach = abs(x1 - x0 - out * wide) / 2 if x1 != x0 else wide
    x0, x1 = x0 + out * wide / 2, x1 + back * wide / 2
    corners = [(x0, y0), (x0 + out * reach, y0), (x1 + back * reach, y1), (x1, y1)]
    colour = SKIPS.get(edge["kind"], ("#7F7F7F", ""))[0]
    path = Path(corners, [Path.MOVETO, *[Path.CURVE4] * 3])
    ax.add_patch(PathPatch(path, facecolor="none", edgecolor=colour, linewidth=thick, alpha=0.75, zorder=2,
                           capstyle="butt"))  # fmt: skip


def _points(share: float) -> float:
    """Line width of a share of the greatest weight; the least can still be seen."""
    return 0.4 + (THICKEST - 0.4) * share


def _ports(nodes: Mapping[Any, Node], edges: Sequence[Edge]) -> Iterator[tuple[tuple[float, float], ...]]:
    """Where each skip leaves and enters, (column, level), spread so that those of one box do not lie upon another."""
    skips = [edge for edge in edges if edge["kind"] not in FLOWS]
    for edge in skips:
        places = []
        for own, other in (("source", "target"), ("target", "source")):
            node = nodes[edge[own]]
            beside = sorted(nodes[e[other]]["level"] for e in skips if e[own] == edge[own])
            share = (beside.index(nodes[edge[other]]["level"]) + 0.5) / len(beside) - 0.5
            places.append((node["column"], node["level"] + 0.9 * HIGH * share))
        yield tuple(places)


def _handles(edges: Sequence[Edge], full: float) -> tuple[list[Line2D], list[Line2D]]:
    """Legend entries for the kinds of skip present, and for what their thickness means."""
    kinds = [kind for kind in SKIPS if any(edge["kind"] == kind for edge in edges)]
    weighed = any("weight" in edge for edge in edges)
    weights = sorted({max(1, round(full / part)) for part in (16, 4, 1)}) if weighed else ()
    return (
        [Line2D([], [], color=SKIPS[kind][0], linewidth=2, label=SKIPS[kind][1]) for kind in kinds],
        [Line2D([], [], color="#555555", linewidth=_points(weight / full),
                label=f"{weight:g} channel{'s' * (weight != 1)}")
         for weight in weights],
    )  # fmt: skip
