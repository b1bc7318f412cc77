"""A genome explorer: change the genes of any space; see the network, its size and the nearest evaluated networks.

What differs between papers comes as arguments; a paper's module `explore` gives them.
"""

from collections.abc import Callable, Mapping
from functools import partial
from html import escape
from itertools import groupby
from typing import Any, cast

import ipywidgets as widgets
import numpy as np
import pandas as pd

from lib.papers.study import Study, checked_in
from lib.report import architecture
from lib.report.interactive import Bundle, bundle
from lib.report.style import COLUMN, Plot
from lib.searchers.base import draw
from lib.spaces.base import Gene, Genome, Space, keyed

NEAREST = 5  # evaluated networks shown
BUTTONS = {"random": "Random", "mutate": "Mutate one gene", "nearest": "Go to the nearest evaluated"}
SMALL = '<div style="line-height: 1.5; font-size: 12px">{}</div>'
GENE: dict[str, Any] = {"width": "auto", "height": "24px", "margin": "1px", "padding": "0 6px", "flex": "0 0 auto"}
WRAPPED: dict[str, Any] = {"flex_flow": "row wrap", "align_items": "center"}


class Evaluated:
    """Networks with a score, lower is better: a row a network, with the mean of its scores and their number.

    `rows` has the columns genome (the written form) and score. Genomes with one network share a row.
    """

    def __init__(self, space: Space, rows: pd.DataFrame) -> None:
        known = {text: space.canonical(space.check(space.parse(text))) for text in rows["genome"].unique()}
        written = rows["genome"].map({text: space.text(genome) for text, genome in known.items()})
        self.rows = rows["score"].groupby(written, sort=False).agg(["mean", "size"]).reset_index()
        self.genomes = [space.parse(text) for text in self.rows["genome"]]
        self._space, self._table = space, np.array(self.genomes)

    @property
    def best(self) -> Genome:
        """The network with the lowest score."""
        return self.genomes[int(self.rows["mean"].argmin())]

    def nearest(self, genome: Genome, score: str = "score") -> pd.DataFrame:
        """The nearest networks by the genes in which canonical genomes differ, nearest first, then by score.

        `differs in` names the genes, those of one field (E1.f:4, E1.f:2) once.
        """
        other = self._table != np.array(self._space.canonical(genome))
        order = np.lexsort((self.rows["mean"], other.sum(1)))[:NEAREST]
        found = self.rows.iloc[order].rename(columns={"mean": score, "size": "trainings"})
        return found.assign(
            **{"genes apart": other.sum(1)[order], "differs in": [self._named(other[i]) for i in order]}
        )

    def _named(self, other: np.ndarray) -> str:
        names = (gene.name.partition(":")[0] for gene, differs in zip(self._space.genes, other, strict=True) if differs)
        return ", ".join(dict.fromkeys(names))


class Explorer:
    """Buttons for the genes of a space, and what the genome on the screen means.

    `count(genome)` gives the sizes of a valid genome's network by name, `evaluated` the columns genome and score, whose
    name is `score`; lower is better. It begins with the best of these. `width` is that of the drawing in inches.
    Display it as the last line of a cell; `genome` is what is on the screen.
    """

    def __init__(self, space: Space, count: Callable[[Genome], Mapping[str, int]], evaluated: pd.DataFrame, *,
                 score: str = "score", width: float = COLUMN) -> None:  # fmt: skip
        self.space, self.count, self.score, self.width = space, count, score, width
        self.evaluated = Evaluated(space, evaluated) if len(evaluated) else None
        self._rng = keyed(0)
        self.controls = [_control(gene) for gene in space.genes]
        self.buttons = {name: widgets.Button(description=text, layout={"width": "auto"})
                        for name, text in BUTTONS.items()}  # fmt: skip
        self.text = widgets.Text(continuous_update=False, layout={"flex": "1 1 300px"})
        self.drawing = widgets.Image(format="png", layout={"flex": "0 0 auto"})
        self.status, self.facts, self.neighbours = widgets.HTML(), widgets.HTML(), widgets.HTML()
        self.widget = self._layout()
        self.show(self.evaluated.best if self.evaluated else self._random())
        self._connect()

    def show(self, genome: Genome) -> None:
        """Put a genome on the screen; ValueError for one that is not of the space."""
        self.genome = self.space.check(genome)
        for control, value in zip(self.controls, self.genome, strict=True):
            if isinstance(control, widgets.ToggleButton):
                control.button_style = "info" if value else ""
            control.value = value
        self.text.value = self.space.text(self.genome)
        reason = self.space.invalid(self.genome)
        self.status.value = f"<b>No network:</b> {escape(reason.replace('_', ' '))}" if reason else ""
        counts = {} if reason else self.count(self.genome)
        self.facts.value = SMALL.format("<br>".join(f"{name}: <b>{count:,}</b>" for name, count in counts.items()))
        if not reason:
            self.drawing.value, size = self.figure()._repr_png_()
            self.drawing.layout.width = f"{size['width']}px"
        self.drawing.layout.display = "none" if reason else None
        self.neighbours.value = SMALL.format(self._neighbours())

    def figure(self) -> Plot:
        """The drawn network; ValueError for an invalid genome."""
        if reason := self.space.invalid(self.genome):
            raise ValueError(f"{self.space.text(self.genome)} is no network: {reason}")
        decoded: Any = self.space.decode(self.genome)  # type: ignore[attr-defined]
        return architecture.draw(decoded.diagram(), width=self.width)

    def _layout(self) -> widgets.VBox:
        """Buttons and the written form above the genes, a row a unit; the network below, what is said of it beside."""
        rows = []
        for _, unit in groupby(zip(self.space.genes, self.controls, strict=True), lambda pair: pair[0].unit):
            fields = groupby(unit, lambda pair: pair[0].name.rpartition(":")[0])
            boxes = [box for name, found in fields for box in _field(name, [control for _, control in found])]
            rows.append(widgets.HBox(boxes, layout={**WRAPPED, "border_top": "1px solid #dddddd"}))
        said = widgets.VBox([self.status, self.facts, self.neighbours], layout={"flex": "1 1 300px"})
        top = widgets.HBox([*self.buttons.values(), self.text], layout=WRAPPED)
        below = widgets.HBox([self.drawing, said], layout={"flex_flow": "row wrap", "align_items": "flex-start"})
        return widgets.VBox([top, *rows, below])

    def _connect(self) -> None:
        """From now on the genome follows what is clicked and typed."""
        for place, control in enumerate(self.controls):
            control.observe(partial(self._changed, place), "value")
        self.text.observe(self._typed, "value")
        self.buttons["random"].on_click(lambda _: self.show(self._random()))
        self.buttons["mutate"].on_click(lambda _: self.show(self.space.mutate(self.genome, self._rng, count=1)))
        self.buttons["nearest"].on_click(lambda _: self._move())
        self.buttons["nearest"].disabled = self.evaluated is None

    def _changed(self, place: int, change: Any) -> None:
        """A gene was changed; by `show` itself it is already what it should be."""
        if self.genome[place] != (value := int(change["new"])):
            self.show((*self.genome[:place], value, *self.genome[place + 1 :]))

    def _typed(self, change: Any) -> None:
        """A written form, or a name where the space has names, was entered; what is none leaves the genome as it is."""
        if change["new"] == self.space.text(self.genome):
            return
        try:
            self.show(getattr(self.space, "named", self.space.parse)(change["new"].strip()))
        except ValueError as error:
            self.status.value = f"<b>Not a genome:</b> {escape(str(error))}"

    def _random(self) -> Genome:
        return draw(self.space, "valid", lambda: self.space.sample(self._rng))

    def _move(self) -> None:
        """Go to the nearest evaluated network that is not on the screen already."""
        found = cast(Evaluated, self.evaluated).nearest(self.genome)
        others = found[found["genes apart"] > 0]
        if len(others):
            self.show(self.space.parse(others["genome"].iloc[0]))

    def _neighbours(self) -> str:
        if self.evaluated is None:
            return "No network was evaluated."
        found = self.evaluated.nearest(self.genome, self.score)[["genes apart", self.score, "trainings", "differs in"]]
        table = found.to_html(index=False, border=0, justify="left", float_format="{:.4g}".format)
        spaced = table.replace("<table", '<table style="border-spacing: 10px 0; margin-left: -10px"')
        return f"The nearest of {len(self.evaluated.rows):,} evaluated networks:{spaced}"

    def __repr__(self) -> str:
        known = len(self.evaluated.rows) if self.evaluated else 0
        return f"Explorer of {len(self.space.genes)} genes beside {known:,} evaluated networks; use it in JupyterLab"

    def _repr_mimebundle_(self, **kwargs: Any) -> Bundle:
        """The widget for a browser, the drawn network elsewhere; called by Jupyter at the end of a cell."""
        drawn = None if self.space.invalid(self.genome) else self.figure()
        return bundle(self.widget, repr(self), drawn, **kwargs)


def desk(slug: str) -> Study:
    """A paper's checked-in desk study, to read from."""
    return Study(slug, "desk", folder=checked_in(slug, "desk"))


def _control(gene: Gene) -> widgets.ToggleButton | widgets.Dropdown:
    """A button for a bit, named by its place in its field (E1.f:4 is 4) or by itself; a menu for any other gene."""
    if gene.choices == (0, 1):
        return widgets.ToggleButton(description=gene.name.rpartition(":")[2], tooltip=gene.name, layout=GENE)
    options = [(str(choice), index) for index, choice in enumerate(gene.choices)]
    return widgets.Dropdown(options=options, description=gene.name, style={"description_width": "initial"},
                            layout={"width": "auto", "margin": "1px 8px"})  # fmt: skip


def _field(name: str, controls: list[Any]) -> list[Any]:
    """The controls of one field under its name; those without a field as they are."""
    if not name:
        return controls
    label = widgets.Label(name, layout={"margin": "0 2px 0 6px"})
    return [widgets.HBox([label, *controls], layout={"flex": "0 0 auto", "margin": "0 8px 0 0"})]
