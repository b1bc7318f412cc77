"""A figure as files: a PNG for screens and a PDF for print, small and the same bytes each time."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from lib.paths import atomic
from lib.report import style
from lib.report.style import styled

HEAVY = 600_000  # bytes
CHART = 12_000  # colours, at most: those of lines, letters and their smooth edges


@styled
def save(fig: Figure, folder: Path | str, name: str) -> list[Path]:
    """Write `name.png` and `name.pdf` under `folder`, each in one step, and return both paths.

    A chart's PNG has 256 colours, as has one above `HEAVY` bytes, such as a grid of photos, which is dithered; in the
    PDF each picture has 256. Neither file carries a date or a program version, so equal figures give equal bytes.
    Saving fixes the layout: draw everything before.
    """
    _settle(fig)
    png, pdf = (Path(folder) / f"{name}.{ending}" for ending in ("png", "pdf"))
    with atomic(png) as temporary:
        fig.savefig(temporary, format="png", dpi=style.PRINT_DPI, metadata={"Software": None})
        _lighten(temporary)
    with atomic(pdf) as temporary, _few_colours(fig):
        unset = dict.fromkeys(("CreationDate", "Producer", "Creator"))
        fig.savefig(temporary, format="pdf", dpi=style.PRINT_DPI, metadata=unset)
    return [png, pdf]


def _lighten(path: Path) -> None:
    """Write a PNG anew: without alpha, a chart or a heavy picture with a palette."""
    with Image.open(path) as stored:
        picture = stored.convert("RGB")
    if picture.getcolors(CHART) is not None:
        picture = _few(picture, Image.Dither.NONE)
    elif path.stat().st_size > HEAVY:
        picture = _few(picture)
    picture.save(path, "PNG")


def _few(picture: Image.Image, dither: Image.Dither = Image.Dither.FLOYDSTEINBERG) -> Image.Image:
    """The picture in 256 colours of its own; what is nearly white becomes white, for the page around is."""
    palette = picture.quantize()
    palette.putpalette([255 if value > 247 else value for value in palette.getpalette() or []])
    return picture.quantize(palette=palette, dither=dither)


@contextmanager
def _few_colours(fig: Figure) -> Iterator[None]:
    """For the time of a with block, every coloured picture in a figure has 256 colours: a PDF keeps them in a third."""
    shown = {image: np.asarray(image.get_array()) for ax in fig.axes for image in ax.images}
    coloured = {image: array for image, array in shown.items() if array.ndim == 3}
    for image, array in coloured.items():
        image.set_data(np.asarray(_few(Image.fromarray(array)).convert("RGB")))
    try:
        yield
    finally:
        for image, array in coloured.items():
            image.set_data(array)


def _settle(fig: Figure) -> None:
    """Lay the figure out once and keep that: each later draw would move the axes by fractions of a pixel."""
    if fig.get_layout_engine() is not None:
        for _ in range(2):  # the second pass knows the sizes of legends and colour bars
            fig.draw_without_rendering()
        fig.set_layout_engine("none")
