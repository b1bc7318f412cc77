"""Pictures side by side: contact sheets with row and column titles, and full pictures with enlarged crops."""

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from PIL import Image

from lib.report import style
from lib.report.style import PAGE, Plot, styled

Cell = np.ndarray | str | None
GAP, LINE, CAPTION_LINE, MARGIN = 0.05, 0.135, 0.1, 0.03  # inches
HEAD, NOTE = 7.5, 6.0  # points
EMBEDDED_DPI = style.PRINT_DPI  # pictures with more pixels an inch are averaged down before they enter a figure


@styled
def image_grid(images: Sequence[Sequence[Cell]], *, rows: Sequence[str] = (), columns: Sequence[str] = (),
               captions: Sequence[Sequence[str]] = (), title: str = "", reason: str = "",
               width: float | None = None, cell: float = 1.3) -> Plot:  # fmt: skip
    """A contact sheet: `images[row][column]`, each uint8, (H, W, 3) or (H, W), in rows of equal length.

    A cell may be None (empty, with `reason` written in it) or a text (why there is no picture). Pixels stay sharp
    (nearest neighbour), pictures of unequal shape keep it. The sheet is `width` inches wide: by default `cell` inches a
    column up to the page width.
    """
    wide = width or min(PAGE, len(images[0]) * cell + 0.3 * bool(rows))
    sheet = _Sheet(images, wide, rows, columns, captions, title, reason)
    fig = style.figure(sheet.width, sheet.height, layout=None)
    sheet.draw(fig)
    return fig


@styled
def crops(images: Sequence[np.ndarray], *, centre: tuple[float, float], zoom: int, columns: Sequence[str],
          captions: Sequence[str], cell: float) -> Figure:  # fmt: skip
    """Each picture above its own crop, enlarged `zoom` times, with a caption; a frame shows the place.

    `centre` is (x, y) as shares of width and height.
    """
    boxes = [_box(image, zoom, centre) for image in images]
    cut = [image[y : y + h, x : x + w] for image, (x, y, w, h) in zip(images, boxes, strict=True)]
    fig = image_grid([list(images), cut], rows=["whole", f"{zoom}× crop"], columns=columns,
                     captions=[[""] * len(images), captions], cell=cell)  # fmt: skip
    for ax, image, (x, y, w, h) in zip(fig.axes, images, boxes, strict=False):
        down, across = image.shape[:2]
        for colour, line in (("black", 2.0), ("white", 1.0)):
            ax.add_patch(
                Rectangle((x / across, y / down), w / across, h / down, fill=False, edgecolor=colour, linewidth=line)
            )
    return fig


def cut(sheet: np.ndarray, across: int, *, gap: int = 2) -> list[list[np.ndarray]]:
    """The square pictures of a stored sheet (H, W, 3) by row and column, `gap` pixels around each."""
    side = (sheet.shape[1] - gap) // across
    return [[sheet[y : y + side - gap, x : x + side - gap] for x in range(gap, gap + across * side, side)]
            for y in range(gap, sheet.shape[0], side)]  # fmt: skip


@dataclass
class _Sheet:
    """A contact sheet measured in inches: column widths, row heights, and the room for its texts."""

    grid: Sequence[Sequence[Cell]]
    width: float
    rows: Sequence[str]
    columns: Sequence[str]
    captions: Sequence[Sequence[str]]
    title: str
    reason: str

    def __post_init__(self) -> None:
        shape = np.array([[_root_aspect(cell) for cell in line] for line in self.grid])
        wide, high = _medians(shape, 0), 1 / _medians(shape, 1)
        self.left = MARGIN + self._row_titles(high * self.width / wide.sum())
        scale = (self.width - self.left - MARGIN - GAP * (len(wide) - 1)) / wide.sum()
        self.wide, self.high = wide * scale, high * scale
        self.heads = self._fit(self.columns, HEAD)
        self.notes = [self._fit(line, NOTE) for line in self.captions]
        self.below = [CAPTION_LINE * _height(line) + 0.03 if any(line) else 0.0 for line in self.notes]
        self.below += [0.0] * (len(self.grid) - len(self.below))
        self.top = MARGIN + (0.22 if self.title else 0) + LINE * _height(self.heads) + 0.02
        self.height = self.top + sum(self.high) + sum(self.below) + GAP * (len(self.grid) - 1) + MARGIN

    def _row_titles(self, high: np.ndarray) -> float:
        """Inches across that the upright row titles need beside rows of these heights."""
        titles = [_wrapped(text, 0.72 * inches, HEAD) for text, inches in zip(self.rows, high, strict=False)]
        return LINE * _height(titles) + 0.04 if titles else 0.0

    def _fit(self, texts: Sequence[str], points: float) -> list[str]:
        """One text a column, broken to the column's width."""
        return [_wrapped(text, inches, points) for text, inches in zip(texts, self.wide, strict=bool(texts))]

    def draw(self, fig: Figure) -> None:
        """Place every picture and text."""
        if self.title:
            fig.text(0.5, 1 - (MARGIN + 0.09) / self.height, self.title, ha="center", va="center", fontsize=9)
        y = self.height - self.top
        for r, line in enumerate(self.grid):
            if self.rows:
                at = self.left / 2 / self.width, (y - self.high[r] / 2) / self.height
                text = _wrapped(self.rows[r], 0.85 * self.high[r], HEAD)
                fig.text(*at, text, rotation=90, ha="center", va="center", multialignment="center", fontsize=HEAD)
            x = self.left
            for c, cell in enumerate(line):
                self._cell(fig, (r, c), (x, y), self.reason if cell is None else cell)
                x += self.wide[c] + GAP
            y -= self.high[r] + self.below[r] + GAP

    def _cell(self, fig: Figure, at: tuple[int, int], corner: tuple[float, float], cell: np.ndarray | str) -> None:
        """One picture, or the reason why it is not there, with its column title and caption."""
        (r, c), (x, y) = at, corner
        box = (x / self.width, (y - self.high[r]) / self.height, self.wide[c] / self.width, self.high[r] / self.height)
        ax = fig.add_axes(box)
        ax.set_axis_off()
        if isinstance(cell, str):
            if text := _wrapped(cell, self.wide[c], 6.5):
                ax.add_patch(Rectangle((0, 0), 1, 1, facecolor="#F4F4F4", edgecolor="none", transform=ax.transAxes))
                ax.text(0.5, 0.5, text, ha="center", va="center", fontsize=6.5, color="#666666", transform=ax.transAxes)
        else:
            aspect, pixels = cell.shape[0] / cell.shape[1], _fitted(cell, self.wide[c], self.high[r])
            ax.imshow(pixels, interpolation="none", extent=(0, 1, 1, 0), aspect=aspect, cmap="gray", vmin=0, vmax=255)
        middle = (x + self.wide[c] / 2) / self.width
        if r == 0 and self.heads:
            fig.text(middle, (y + 0.03) / self.height, self.heads[c], ha="center", va="bottom", fontsize=HEAD)
        if r < len(self.notes) and self.notes[r][c]:
            below = (y - self.high[r] - 0.02) / self.height
            grey: Any = {"color": "#333333", "linespacing": 1.1}
            fig.text(middle, below, self.notes[r][c], ha="center", va="top", fontsize=NOTE, **grey)


def _root_aspect(cell: Cell) -> float:
    """Square root of width over height; NaN for a cell without a picture."""
    return float(np.sqrt(cell.shape[1] / cell.shape[0])) if isinstance(cell, np.ndarray) else np.nan


def _medians(shape: np.ndarray, axis: int) -> np.ndarray:
    """Median over an axis without the empty cells, within a factor of two of square; 1 where all are empty."""
    filled = np.ma.masked_invalid(shape)
    return np.clip(np.ma.filled(np.ma.median(filled, axis=axis), 1.0), 0.5, 2.0)


def _height(texts: Sequence[str]) -> int:
    """Lines of the highest text."""
    return max((text.count("\n") + 1 for text in texts), default=0)


def _wrapped(text: str, inches: float, points: float) -> str:
    """The text broken into lines that fit the width (an average letter is 0.53 em wide); its own breaks stay."""
    letters = max(6, int(inches * 72 / (0.53 * points)))
    return "\n".join(piece for line in text.split("\n") for piece in (wrap(line, letters) or [""]))


def _fitted(pixels: np.ndarray, wide: float, high: float) -> np.ndarray:
    """The picture averaged down to what print resolution can show; never enlarged."""
    down, across = pixels.shape[:2]
    ratio = min(wide / across, high / down) * EMBEDDED_DPI
    if ratio >= 1:
        return pixels
    size = max(1, round(across * ratio)), max(1, round(down * ratio))
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BOX))


def _box(image: np.ndarray, zoom: int, centre: tuple[float, float]) -> tuple[int, int, int, int]:
    """Left, top, width and height in pixels of the part shown enlarged, kept inside the picture."""
    down, across = image.shape[:2]
    w, h = max(1, across // zoom), max(1, down // zoom)
    x, y = round(centre[0] * across - w / 2), round(centre[1] * down - h / 2)
    return min(max(x, 0), across - w), min(max(y, 0), down - h), w, h
