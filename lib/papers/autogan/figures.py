"""The paper's figures 1 to 6: tokens, cells and networks drawn from genomes, and grids of unpicked samples."""

from collections.abc import Callable

from matplotlib.figure import Figure

from lib.papers.autogan import figures_search, records, tables
from lib.papers.autogan.experiments import SPACE
from lib.papers.autogan.figures_search import TOKENS, words
from lib.papers.study import Study, needs
from lib.report import architecture, plots
from lib.report.pictures import Cell, image_grid
from lib.spaces.autogan import CELLS, NORM, SKIPS, UP, Stage

ACROSS = 4  # grids of samples beside each other


def fig1(study: Study) -> Figure:
    """What the controller of each stage says, token by token: genome a; grey is what it could have said."""
    genome, units = SPACE.named("a"), []
    chosen = dict(zip((gene.name for gene in SPACE.genes), genome, strict=True))
    for cell in range(CELLS):
        unit = []
        for gene in Stage(cell).genes:
            value = chosen[gene.name]
            unit.append({"name": f"{TOKENS[gene.name[0]]} {gene.name}", "bits": words(gene.name), "value": value,
                         "dead": [place != value for place in range(len(gene.choices))]})  # fmt: skip
        units.append(unit)
    title = f"tokens of genome a, {SPACE.text(genome)}; a row a stage, read from left to right"
    return study.figure("fig1", architecture.genome(units, title))


def cell() -> architecture.Diagram:
    """A cell as the code has it: two blocks, skips from earlier cells before the second, a shortcut around both."""
    boxes = [("in", "input, side s", 1, 0, "input"), ("up", "block 1: C, N\nwith U ×2", 1, 1, "up"),
             ("sum", "+ skips", 1, 2, "skip"), ("conv", "block 2: C, N", 1, 3, "conv"),
             ("out", "+ shortcut\noutput, side 2 s", 1, 4, "output"),
             ("skip", "skip-outs of\nearlier cells", 0, 1, "skip"), ("fit", "U to side 2 s\n1×1 each", 0, 2, "skip"),
             ("own", "skip-out to\nlater cells", 2, 1, "skip"),
             ("past", "shortcut:\nU ×2, 1×1", 3, 4, "shortcut")]  # fmt: skip
    drawn = architecture.diagram(boxes, [("in", "up", "sum", "conv", "out"), ("skip", "fit", "sum"), ("up", "own"),
                                         ("past", "out")])  # fmt: skip
    bend = {"source": "in", "target": "past", "label": "", "kind": "bend"}
    return {**drawn, "edges": [*drawn["edges"][:-1], bend, drawn["edges"][-1]]}


def fig2(study: Study) -> Figure:
    """What a cell can be, and every value of its tokens."""
    title = f"a cell: C post or pre · N {', '.join(NORM)} · U {', '.join(UP)} · shortcut · up to {len(SKIPS) - 1} skips"
    return study.figure("fig2", architecture.draw(cell(), title, width=plots.PAGE))


def fig3(study: Study) -> Figure:
    """The paper's best generator, genome a, beside SN-GAN's, which the space contains."""
    shown = {"a: the paper's top1": "a", "SN-GAN, in the same space": "sngan"}
    return study.figure("fig3", _networks(shown))


def fig5(study: Study) -> Figure:
    """The paper's second and third, and the best of our first search."""
    shown = {"b: the paper's top2": "b", "c: the paper's top3": "c"}
    if found := records.searches(study, "mlas"):
        shown["our top1"] = found[0].kept[0]
    return study.figure("fig5", _networks(shown))


def _networks(shown: dict[str, str]) -> Figure:
    return architecture.beside({title: SPACE.decode(SPACE.named(name)).diagram() for title, name in shown.items()})


def _samples(study: Study, part: str, number: str) -> Figure | None:
    """Grids of unpicked samples, the first training of each network, under its KD."""
    called, shown = records.name(study, part, "kd"), list[tuple[Cell, str]]()
    for _, row in study.frame(part).drop_duplicates("name").iterrows():
        if (picture := study.picture(part, (row.get("artifacts") or {}).get("image", ""))) is not None:
            shown.append((picture, f"{tables.label(str(row['name']))}\n{called} {row['kd']:.3g}"))
    if not shown:
        return None
    across = min(ACROSS, len(shown))
    shown += [("", "")] * (-len(shown) % across)
    pictures, captions = ([line[start : start + across] for start in range(0, len(line), across)]
                          for line in zip(*shown, strict=True))  # fmt: skip
    sheet = image_grid(pictures, captions=captions, title=" ", cell=plots.PAGE / across)
    title = f"unpicked, averaged weights; {records.protocol(study, part)}"
    return study.figure(number, plots.headed(sheet, title, y=1 - 0.03 / sheet.get_figheight()))


@needs("derived")
def fig4(study: Study) -> Figure | None:
    """Unpicked samples of the trained generators, from one fixed z."""
    return _samples(study, "derived", "fig4")


@needs("transfer")
def fig6(study: Study) -> Figure | None:
    """Unpicked samples at the larger size."""
    return _samples(study, "transfer", "fig6")


PRODUCTS: tuple[Callable[[Study], Figure | None], ...] = (
    fig1, fig2, fig3, fig4, fig5, fig6, *figures_search.PRODUCTS,
)  # fmt: skip
