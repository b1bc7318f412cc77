"""The paper's figures 1 to 4 and 6: networks as diagrams and the pictures that they make, drawn from records."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from lib.models.photowct import DEPTHS
from lib.papers.study import Study, needs
from lib.papers.stylenas import figures_search, records, tables
from lib.papers.stylenas.records import SPACE
from lib.report import architecture, plots
from lib.report.pictures import image_grid

FIG2 = ("PhotoWCT", "S5", "S7", "S9")
FIG4 = ("content", "style", "PhotoWCT", "AE1", "RS", "S5", "S7", "S9", "S7-ref", "best")
FIG6 = ("content", "style", "PhotoWCT", "S7-ref", "best", "oracle", "reference")
INSET, BORDER = 3, 2  # the style is a third as wide as the content, within so many white pixels
Album = dict[str, dict[str, np.ndarray]]  # pair, what, picture (H, W, 3) uint8


def cascade() -> architecture.Diagram:
    """PhotoWCT to draw: four auto-encoders one after the other, each with a transform at its bottleneck."""
    boxes: list[tuple[str, int, int, str]] = [("photo", 0, 0, "input")]
    for level, depth in enumerate(DEPTHS, 1):
        boxes += [(f"r{depth} · WCT", 0, level, "transform"), ("unpool", 1, level, "stage")]
    boxes += [("smoothing", 1, 5, "output"), ("image", 1, 6, "output")]
    return architecture.diagram([(place, *box) for place, box in enumerate(boxes)], [range(len(boxes))])


@needs("evolution-0")
def fig1(study: Study) -> Figure:
    """PhotoWCT's cascade beside the searched networks with 5, 7 and 9 operators, or the nearest numbers found."""
    drawn = {"PhotoWCT": cascade()}
    for name, text in records.genomes(study).items():
        if name in FIG2:
            genome = SPACE.parse(text)
            drawn[f"{name}: {SPACE.ones(genome)} operators"] = SPACE.decode(genome).diagram()
    return study.figure("fig1", architecture.beside(drawn))


def fig3(study: Study) -> Figure:
    """The search space: every optional operator with its position in the printed genome."""
    title = f"{len(SPACE.genes)} optional operators"
    return study.figure("fig3", architecture.draw(SPACE.full_diagram(), title, width=plots.PAGE))


def album(study: Study, *, private: bool = False) -> Album:
    """The pictures that may be shown, or the others, by pair and method."""
    found: Album = {}
    for _, row in study.frame("pictures").iterrows():
        picture = study.picture("pictures", row["artifacts"]["image"], private=private)
        if picture is not None and row["showable"] != private:
            found.setdefault(row["pair"], {})[row["name"]] = picture
    return found


def _spread(shown: Album, count: int) -> list[str]:
    """So many of the pairs, evenly spaced, as neighbours share their content."""
    return list(shown)[:: max(1, len(shown) // count)][:count]


def _grid(study: Study, shown: Album, names: Sequence[str], rows: list[list[np.ndarray | None]], **more: Any) -> Figure:
    """Rows of pictures under the names of their columns, with the encoder and the size of the pictures."""
    called = tables.labels(study)
    encoder = tables.ENCODERS[study.about("pictures")["evaluation"]["encoder"]]
    height, width = next(iter(next(iter(shown.values())).values())).shape[:2]
    return image_grid(rows, columns=[called.get(name, name) for name in names], title=f"{encoder}, {width}x{height}",
                      cell=plots.PAGE / len(names), **more)  # fmt: skip


def _sheets(study: Study, name: str, wanted: Sequence[str], count: int) -> Figure | None:
    """The grid of pairs that may be shown, a column a method that was run; others in the private folder."""
    drawn = None
    for private in (True, False):
        if shown := album(study, private=private):
            pairs = _spread(shown, count)
            names = [name for name in wanted if any(name in shown[pair] for pair in pairs)]
            rows = [[shown[pair].get(name) for name in names] for pair in pairs]
            sheet = study.figure(name, _grid(study, shown, names, rows, reason="not run"), private=private)
            drawn = None if private else sheet
    return drawn


def _inset(content: np.ndarray, style: np.ndarray) -> np.ndarray:
    """The content with the style small in its lower left corner."""
    small = np.asarray(Image.fromarray(style).reduce(INSET))
    framed = np.pad(small, ((BORDER, 0), (0, BORDER), (0, 0)), constant_values=255)
    whole = content.copy()
    whole[-framed.shape[0] :, : framed.shape[1]] = framed
    return whole


def seconds(study: Study, width: int) -> dict[str, str]:
    """The measured seconds of each method at the timed width nearest to this one."""
    if not study.has("timing"):
        return {}
    frame = study.frame("timing")
    nearest = min(frame["width"].unique(), key=lambda timed: abs(timed - width))
    rows = frame[frame["width"] == nearest].set_index("name")["seconds_median"]
    return {str(name): f"{value:.2f} s at {tables.size(nearest)}" for name, value in rows.items()}


@needs("pictures")
def fig2(study: Study) -> Figure | None:
    """One pair: the content with its style, PhotoWCT and the searched networks, with measured seconds."""
    if not (shown := album(study)):
        return None
    row = shown[_spread(shown, 3)[-1]]
    names = [name for name in FIG2 if name in row]
    spent = seconds(study, row["content"].shape[1])
    pictures: list[np.ndarray | None] = [_inset(row["content"], row["style"]), *(row[name] for name in names)]
    captions = [["", *(spent.get(name, "") for name in names)]]
    return study.figure("fig2", _grid(study, shown, ["content, style", *names], [pictures], captions=captions))


@needs("pictures")
def fig4(study: Study) -> Figure | None:
    """Three pairs by every method of the paper."""
    return _sheets(study, "fig4", FIG4, 3)


@needs("pictures")
def fig6(study: Study) -> Figure | None:
    """More pairs, up to ten, beside what the networks imitate."""
    return _sheets(study, "fig6", FIG6, 10)


PRODUCTS: tuple[Callable[[Study], Figure | None], ...] = (fig1, fig2, fig3, fig4, *figures_search.PRODUCTS, fig6)
