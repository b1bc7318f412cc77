"""The paper's figures 1 and 2, found genotypes and unpicked translations; figures 3 to 6 stand in `figures_scores`."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from lib.papers.cycleganas import records
from lib.papers.cycleganas.figures_scores import Product
from lib.papers.cycleganas.figures_search import where_searched
from lib.papers.cycleganas.records import Stored, controlled
from lib.papers.study import Study
from lib.report import architecture, heatmaps, plots
from lib.report.architecture import Diagram
from lib.report.pictures import cut, image_grid
from lib.spaces.cycleganas import CODES, SETS, cyclegan, parameters, word

COLUMNS = ("a", "G_A(a)", "G_B(G_A(a))", "b", "G_B(b)", "G_A(G_B(b))")  # of a stored sheet
SHORT = ("a", "to B", "and back", "b", "to A", "and back")
PICTURES = 4  # test pictures of the headline, shared by the sets; at most three a set
BESIDE = 2  # test pictures of a trained pair beside each other, where all pairs are shown
LAST = 16  # trained pairs of such a sheet, at most
COLOURS = {"mp": "#D0D0D0", "ap": "#9A9A9A", "c3": "#CFE1F2", "c4": "#93C3DF", "c5": "#4A97C9", "c7": "#0B559F",
           "d3": "#FDC692", "d5": "#E5590A", "ne": "#DADAEB", "bi": "#9E9AC8", "t3": "#74C476"}  # fmt: skip
Row = list[np.ndarray]  # of a sheet
Album = dict[str, dict[str, list[Row]]]  # set, trained pair, rows of its sheet


def flow() -> Diagram:
    """CycleGAN: each picture there and back again, and what judges the translation."""
    boxes = []
    for level, place, source, made, there, back, judge in ((0, 1, "a", "b", "G_A", "G_B", "D_B"),
                                                           (3, 2, "b", "a", "G_B", "G_A", "D_A")):  # fmt: skip
        fake = f"{there}({source})"
        boxes += [(source, f"{source}, a picture\nof {source.upper()}", 0, level, "input"),
                  (f"{there}1{source}", there, 1, level, there), (fake, fake, 2, level, "input"),
                  (f"{back}2{source}", back, 3, level, back), (f"{back}({fake})", f"{back}({fake})", 4, level, "input"),
                  (f"cycle {source}", f"cycle loss:\n{source} again?", 5, level, "output"),
                  (f"real {made}", f"{made}, a picture\nof {made.upper()}", 1, place, "input"),
                  (judge, judge, 2, place, judge),
                  (f"adversarial {judge}", "adversarial\nloss: real?", 3, place, "output")]  # fmt: skip
    names = [[box[0] for box in boxes[start : start + 9]] for start in (0, 9)]
    paths = [path for name in names for path in (name[:6], name[6:], [name[2], name[7]])]
    return architecture.diagram(boxes, paths)


def mixed() -> Diagram:
    """A residual cell of the supernetwork: every candidate weighed, summed, and only then normed and activated."""
    names = SETS["residual"]
    middle: Any = (len(names) - 1) / 2
    later = {"sum\nΣ β·o(x)": "transform", "instance\nnorm": "norm", "ReLU": "skip", "the same\nagain": "conv",
             "instance\nnorm ": "norm", "+ input": "output"}  # fmt: skip
    boxes = [("in", "input\n4H", 0, middle, "input")]
    boxes += [(name, f"β{chr(0x2081 + row)} {word(name)}", 1, row, "conv") for row, name in enumerate(names)]
    boxes += [(name, name.strip(), place, middle, kind) for place, (name, kind) in enumerate(later.items(), 2)]
    first, *_ = line = list(later)
    return architecture.diagram(boxes, [*(("in", name, first) for name in names), line])


def fig1(study: Study) -> Figure:
    """How data flow through a CycleGAN."""
    title = "a CycleGAN: G_A maps A to B, D_B judges its pictures; identity losses compare G_A(b) with b, G_B(a) with a"
    return study.figure("fig1", architecture.draw(flow(), title, width=plots.PAGE))


def fig2(study: Study) -> Figure:
    """The mixed cell: candidates, their weights, the sum, then norm and activation."""
    lines = ["a residual cell of the supernetwork: every candidate o(x) is weighed by β = softmax(α) before the norm"]
    lines += [f"to {kind}: {len(SETS[kind])} candidates, {', '.join(map(word, SETS[kind]))}"
              for kind in ("encode", "decode")]  # fmt: skip
    return study.figure("fig2", plots.headed(architecture.draw(mixed(), width=plots.PAGE), "\n".join(lines)))


@where_searched
def extra_genotypes(study: Study, found: list[Stored]) -> Figure:
    """What every search found, operation by operation, under CycleGAN's own."""
    fig, axes = plots.panels((2, 1), height=2 * (0.65 + 0.17 * (len(found) + 1)) + 0.8, letters=False)
    for ax, networks in zip(axes, (("G_A", "D_B"), ("G_B", "D_A")), strict=True):
        heatmaps.codes(genotypes(found, networks), COLOURS, names={code: word(name) for name, code in CODES.items()},
                       title=f"{networks[0]}, judged by {networks[1]}", ax=ax)  # fmt: skip
    plots.shared_legend(fig)
    title = f"{len(found)} searches, {found[0].space.name}; a column an operation from input to output, then those of D"
    return study.figure("extra_genotypes", plots.headed(fig, title))


def genotypes(found: Sequence[Stored], networks: Sequence[str]) -> pd.DataFrame:
    """The codes of some networks' operations, a row a search after CycleGAN's; an empty column between networks."""
    space = found[0].space
    genomes = {"CycleGAN": space.cyclegan} | {f"{one.data} {one.scheme}-{one.seed}": one.genomes()[-1] for one in found}
    rows = [{gene.name: CODES[gene.choices[place]] for gene, place in zip(space.genes, genome, strict=True)}
            for genome in genomes.values()]  # fmt: skip
    frame = pd.DataFrame(rows, list(genomes))
    each = [frame.filter(regex=rf"^{name}\.").rename(columns=lambda gene: gene.split(".")[1]) for name in networks]
    each = [part.add_prefix("D") if name[0] == "D" else part for name, part in zip(networks, each, strict=True)]
    gap = pd.DataFrame({"": ""}, frame.index)
    return pd.concat([part for one in each for part in (gap, one)][1:], axis=1)


@where_searched
def extra_generators(study: Study, found: list[Stored]) -> Figure:
    """The pair that the first search found, each generator with the discriminator of its pictures."""
    one, H = found[0], found[0].about["plan"]["H"]
    own = parameters(cyclegan(one.space.blocks, one.space.preset), H)
    sizes = ", ".join(f"{net} {parameters(getattr(one.genotype, net), H) / own:.2f}" for net in ("G_A", "G_B"))
    title = f"found by {one.scheme}-{one.seed} on {one.data}; parameters over CycleGAN's at equal H: {sizes}"
    drawn = architecture.draw(one.genotype.diagram(), width=plots.PAGE)
    return study.figure("extra_generators", plots.headed(drawn, title))


def albums(study: Study, *, private: bool = False) -> Album:
    """The sheets of trained pairs, each one's first training, that may be shown, or the others."""
    found: Album = {}
    for _, row in records.trainings(study).iterrows():
        if (called := pair(row)) in found.get(row["data"], {}):
            continue
        part, image = row["part"], (row["artifacts"] or {}).get("image", "")
        shown = study.picture(part, image)
        picture = shown if not private else study.picture(part, image, private=True) if shown is None else None
        if picture is not None:
            found.setdefault(row["data"], {})[called] = cut(picture, len(COLUMNS))
    return found


def pair(row: "pd.Series[Any]") -> str:
    """How a trained pair is called: by its search where that is not the first of OF, by its number where random."""
    if row["method"] == "R":
        return f"{row['name']} {row['search']}"
    first = row["method"] != "N" or (row["scheme"], row["search"]) == ("OF", 0)
    return row["name"] if first else f"{row['name']} {row['scheme']}" + f"-{row['search']}" * (row["scheme"] == "OF")


def fig_translations(study: Study) -> Figure | None:
    """Unpicked translations by searched pair and CycleGAN of equal size; sheets of all pairs of each set beside.

    Those of sets that may not be shown go to the private folder.
    """
    frame, drawn = records.trainings(study), None
    for private in (True, False):
        shown = albums(study, private=private)
        for data, pairs in shown.items():
            study.figure(f"extra_translations_{data}", _sheet(data, pairs), private=private)
        headline = _headline(shown, frame)
        drawn = headline and study.figure("fig_translations", headline, private=private)
    if len(frame) and drawn is None:
        why = "no set whose pictures may be shown has a searched pair and CycleGAN of one size"
        study.lack("fig_translations", why)
    return drawn


def _headline(shown: Album, frame: pd.DataFrame) -> Figure | None:
    """The first pictures of each set, in rows of the searched pair and of CycleGAN at the controlled size."""
    if frame.empty or not (frame["part"] == "matched").any():
        return None
    names = [f"{method}{controlled(frame)}" for method in "NC"]
    sets = {data: pairs for data, pairs in shown.items() if all(name in pairs for name in names)}
    count = min(3, max(1, PICTURES // max(1, len(sets))))
    lines = [(f"{data}\n{name}", row) for data, pairs in list(sets.items())[:PICTURES]
             for rows in list(zip(*(pairs[name] for name in names), strict=False))[:count]
             for name, row in zip(names, rows, strict=True)]  # fmt: skip
    if not lines:
        return None
    labels, images = zip(*lines, strict=True)
    title = "unpicked test pictures: searched pair (N) above CycleGAN of equal size (C), the first training of each"
    return image_grid(images, rows=labels, columns=COLUMNS, title=title, cell=plots.PAGE / len(COLUMNS))


def _sheet(data: str, pairs: Mapping[str, Sequence[Row]]) -> Figure:
    """The first pictures of a set by its trained pairs, a row a pair."""
    shown = dict(list(pairs.items())[:LAST])
    count = min([BESIDE, *map(len, shown.values())])
    images = [[picture for row in rows[:count] for picture in row] for rows in shown.values()]
    title = f"{data}: unpicked test pictures, a row a trained pair (the first training of each)"
    return image_grid(images, rows=list(shown), columns=SHORT * count, title=title,
                      cell=plots.PAGE / (count * len(SHORT)))  # fmt: skip


PRODUCTS: tuple[Product, ...] = (fig1, fig2, fig_translations, extra_genotypes, extra_generators)
