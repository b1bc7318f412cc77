"""What is restored: pictures, what was done to them, and what a restoration is compared with.

A row of the paper's tables is a picture and a task. Its degradation is drawn once from (seed, row) and shared by every
network, so that all arms of a comparison see the same observation.
"""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any
from urllib.parse import quote, unquote

import torch
from torch import Tensor

from lib import device
from lib.data import images, pictures, procedural, registry
from lib.models.resampling import Downsample
from lib.papers.one_cell import padded

TASKS = ("denoise", "inpaint", "sr4", "sr8")
REFERENCES = ("observed", "observed_lr", "truth", "heldout")
HELD_OUT = 0.05  # share of the observed pixels that `heldout` keeps out of the loss
HELD_BLOCK = 4  # side of its blocks when inpainting, px
HOLE = (3 / 8, 1 / 2)  # sides of a generated hole, as shares of the picture's, as of Iizuka et al.


@dataclass(frozen=True)
class Row:
    """A picture and a task. `window` is the side of the square cut about `centre`, as a share of the shorter side."""

    name: str
    picture: str
    task: str
    mask: str = ""  # a picture (white = known) or `rectangle`; inpainting only
    centre: tuple[float, float] = (0.5, 0.5)  # x, y as shares of width and height
    window: float = 1.0
    title: str = ""  # as the paper's tables call it
    degraded: bool = False  # the picture is the observation itself, and the truth unknown

    @property
    def factor(self) -> int:
        """The factor of super-resolution, 1 for the other tasks."""
        return int(self.task.removeprefix("sr")) if self.task.startswith("sr") else 1


_INPAINTING = "dip/inpainting"
ROWS = {
    row.name: row
    for row in (
        Row("vase", f"{_INPAINTING}/vase.png", "inpaint", f"{_INPAINTING}/vase_mask.png", (0.54, 0.56), 0.4, "Vase"),
        Row("library", f"{_INPAINTING}/library.png", "inpaint", f"{_INPAINTING}/library_mask.png", (0.42, 0.44),
            0.29, "Library"),
        Row("face", f"{_INPAINTING}/kate.png", "inpaint", f"{_INPAINTING}/kate_mask.png", (0.5, 0.4), 0.25, "Face"),
        Row("plane", "dip/denoising/F16_GT.png", "denoise", "", (0.2, 0.5), 0.25, "Plane"),
        Row("snail", "dip/denoising/snail.jpg", "denoise", "", (0.2, 0.3), 0.49, "Snail"),
        Row("zebra4", "dip/sr/zebra_GT.png", "sr4", "", (0.5, 0.4), 0.33, "Zebra 4x"),
        Row("zebra8", "dip/sr/zebra_GT.png", "sr8", "", (0.5, 0.4), 0.33, "Zebra 8x"),
        Row("astronaut", "astronaut", "denoise", "", (0.45, 0.22), 0.5, "Astronaut"),
        Row("chelsea", "chelsea", "inpaint", "rectangle", (0.66, 0.45), 0.85, "Chelsea"),
        Row("coffee", "coffee", "sr4", "", (0.5, 0.5), 0.64, "Coffee"),
    )
}  # fmt: skip


def row(name: str) -> Row:
    """A row by name. A picture's own name stands for that picture with a generated hole, as the artworks are used;
    `sr4:photo.png` or `inpaint:photo.png:mask.png` for a user's picture that is degraded already, see `own`.

    Raises ValueError for a name that is none of these.
    """
    if name in ROWS:
        return ROWS[name]
    task, picture, mask = (*(unquote(part) for part in name.split(":", 2)), "", "")[:3]
    found = Row(name, name, "inpaint", "rectangle", title=name)
    if task in TASKS and picture:
        found = Row(name, picture, task, mask, title=picture, degraded=True)
    try:
        for file in files(found):
            pictures.info(file)
    except (ValueError, FileNotFoundError) as error:
        raise ValueError(f"row is {name!r}; allowed are {', '.join(ROWS)}, or a picture to inpaint: {error}") from error
    return found


def own(task: str, picture: str, mask: str = "") -> str:
    """The name of the row of a user's degraded picture. Paths are quoted as in URLs, so that they may hold colons."""
    return ":".join([task, *(quote(file) for file in (picture, mask) if file)])


def files(at: Row) -> list[str]:
    """The picture of a row, and its mask where that is one."""
    return [name for name in (at.picture, at.mask) if name not in ("", "rectangle")]


def keyed(*parts: Any) -> torch.Generator:
    """A CPU generator whose stream follows from the parts alone."""
    return torch.Generator().manual_seed(device.keyed_seed(*parts))


@dataclass(frozen=True, eq=False)
class Problem:
    """One restoration: the observation, how a restoration explains it, and the truth where it is known.

    `observed` is (1, 3, H, W), for super-resolution (1, 3, H/s, W/s); `weight` is 1 where the loss looks, 0 in holes
    and on held-out pixels, and `held` is 1 on the latter; both broadcast to the observation.
    """

    row: Row
    truth: Tensor | None
    observed: Tensor
    known: Tensor  # 0 in the hole
    held: Tensor
    down: Downsample | None
    norm: str = "mse"
    inner: tuple[int, int] | None = None  # height and width, px, of a user's picture; what lies beyond mirrors it

    @property
    def mask(self) -> Tensor:
        """1 where a restoration is seen, 0 in the hole, (1, 1, H, W) or broadcastable to it."""
        return self.known if self.down is None else torch.ones_like(self.known[..., :1, :1])

    def to(self, where: torch.device) -> "Problem":
        """The same problem on a device."""
        moved: Any = {name: x.to(where) for name, x in vars(self).items() if isinstance(x, Tensor | Downsample)}
        return replace(self, **moved)

    def cut(self, x: Tensor) -> Tensor:
        """A picture (..., H, W) of full size without what it was grown by."""
        height, width = self.inner or self.size
        return x[..., :height, :width]

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of what the networks give, px."""
        height, width = self.observed.shape[-2:]
        return height * self.row.factor, width * self.row.factor

    def seen(self, x: Tensor) -> Tensor:
        """What of a restoration x (1, 3, H, W) the observation shows: x itself, or x made small."""
        return x if self.down is None else self.down(x)

    def loss(self, x: Tensor) -> Tensor:
        """The paper's equations 3 to 5, as mean over all observed values."""
        return self._error(x, self.known * (1 - self.held))

    def heldout(self, x: Tensor) -> Tensor:
        """The same error on the held-out pixels alone, which no loss has seen."""
        return self._error(x, self.held) / self.held.mean()

    def baseline(self) -> Tensor:
        """The observation as a picture of full size: itself, the hole black, or enlarged bicubically."""
        return images.resize(self.observed, self.size)

    def _error(self, x: Tensor, weight: Tensor) -> Tensor:
        difference = weight * (self.seen(x) - self.observed)
        return difference.square().mean() if self.norm == "mse" else difference.abs().mean()


@dataclass(frozen=True)
class Degradation:
    """How rows become problems. `window` cuts and shrinks a row's own square to `side` px, `whole` takes all of it:
    the centre square at `side`, or with side 0 the native size cut to whole multiples of `multiple` px."""

    seed: int
    side: int
    framing: str
    multiple: int
    sigma: float  # of the noise, of 255
    norm: str  # mse or l1
    down: str  # bilinear or lanczos2
    held: bool  # keep a share of the pixels out of the loss


def problem(name: str, how: Degradation) -> Problem:
    """A row's problem, kept for as long as its files stay the same.

    Raises ValueError for a size that is no multiple of what the networks and the task need, and for a mask that does
    not fit a user's picture, or leaves nothing known or nothing hidden.
    """
    at = row(name)
    return drawn(at, how, tuple(pictures.info(file).sha256 for file in files(at)))


@lru_cache(maxsize=8)
def drawn(at: Row, how: Degradation, digests: tuple[str, ...]) -> Problem:
    """The problem of a row with these digests of its files; raises as `problem`."""
    if at.degraded:
        return _own(at, how)
    picture = framed(pictures.picture(at.picture), at, how)
    if any(extent % how.multiple or extent % at.factor for extent in picture.shape[1:]):
        needed = f"{how.multiple} and {at.factor}"
        raise ValueError(f"{at.name} is {tuple(picture.shape[1:])} pixels; both sides must be multiples of {needed}")
    return degrade(picture, at, _mask(at, (picture.shape[1], picture.shape[2]), how), how)


def degrade(picture: Tensor, at: Row, known: Tensor, how: Degradation) -> Problem:
    """The problem made from a clean picture (3, H, W) and what is known of it (1, 1, H, W)."""
    truth = picture[None]
    height, width = picture.shape[1:]
    operator = Downsample(height, width, at.factor, how.down) if at.factor > 1 else None
    observed = truth if operator is None else operator(truth)
    if at.task == "denoise":
        noise = torch.randn(truth.shape, generator=keyed(how.seed, at.name, "noise"))
        observed = (truth + how.sigma / 255 * noise).clamp(0, 1)
    known = known if operator is None else torch.ones(1, 1, *observed.shape[-2:])
    return Problem(at, truth, observed * known, known, _held(known, at, how), operator, how.norm)


def _own(at: Row, how: Degradation) -> Problem:
    """A user's picture as it is, with `side` > 0 shrunk to that long side: by area where there is a mask, so that no
    colour of the hole comes into known pixels. Sides that are no multiples of what the networks need grow by their
    mirror image."""
    picture = pictures.picture(at.picture)
    known = _own_mask(at, picture) if at.mask else torch.ones(1, 1, *picture.shape[1:])
    if how.side and (longest := max(picture.shape[1:])) > how.side:
        height, width = (max(1, round(extent * how.side / longest)) for extent in picture.shape[1:])
        picture = images.resize(picture, (height, width), kind="area" if at.mask else "bicubic")
        known = (images.resize(known, (height, width), kind="area") > 0.9999).float()  # hidden in part is hidden
    if at.mask and not known.any():
        raise ValueError(f"mask {at.mask} leaves no pixel known at {tuple(known.shape[2:])} pixels; white means known")
    multiple = max(1, how.multiple // at.factor)
    observed, known = (padded(part, multiple, multiple) for part in (picture[None], known))
    full, inner = ((part.shape[-2] * at.factor, part.shape[-1] * at.factor) for part in (observed, picture))
    operator = Downsample(*full, at.factor, how.down) if at.factor > 1 else None
    return Problem(at, None, observed * known, known, _held(known, at, how), operator, how.norm, inner)


def _own_mask(at: Row, picture: Tensor) -> Tensor:
    """1 where a user's mask is white, (1, 1, H, W) as the picture; a mask may be larger or smaller, not of another
    shape."""
    mask = pictures.picture(at.mask)
    (height, width), (rows, columns) = picture.shape[1:], mask.shape[1:]
    if abs(columns * height - rows * width) > max(height, width, rows, columns):  # more than rounding
        raise ValueError(f"mask {at.mask} is {rows} x {columns} pixels (height x width) and its picture {height} x "
                         f"{width}; allowed are masks of the same proportions")  # fmt: skip
    known = (images.resize(mask, (height, width), kind="area").mean(0)[None, None] > 0.99).float()
    if known.all() or not known.any():
        found = "white all over: nothing is hidden" if known.all() else "nowhere white: nothing is known"
        raise ValueError(f"mask {at.mask} is {found}; white means known, black hidden, and transparent pixels are "
                         "laid on white")  # fmt: skip
    return known


def framed(picture: Tensor, at: Row, how: Degradation) -> Tensor:
    """The part of a picture (3, H, W) that is used, at its final size."""
    if how.framing == "whole" and not how.side:
        height, width = (extent // how.multiple * how.multiple for extent in picture.shape[1:])
        top, left = (picture.shape[1] - height) // 2, (picture.shape[2] - width) // 2
        return picture[:, top : top + height, left : left + width].contiguous()
    share, centre = (1.0, (0.5, 0.5)) if how.framing == "whole" else (at.window, at.centre)
    cut = round(share * min(picture.shape[1:]))
    extents = (picture.shape[2], picture.shape[1])
    left, top = (min(max(round(c * e - cut / 2), 0), e - cut) for c, e in zip(centre, extents, strict=True))
    return images.resize(picture[:, top : top + cut, left : left + cut], (how.side, how.side), kind="area")


def _mask(at: Row, size: tuple[int, int], how: Degradation) -> Tensor:
    """1 where known, (1, 1, H, W); a shrunken pixel that is hidden in part is hidden."""
    if at.task == "inpaint" and at.mask != "rectangle":
        return (framed(pictures.picture(at.mask), at, how).mean(0)[None, None] > 0.99).float()
    mask = torch.ones(1, 1, *size)
    if at.task == "inpaint":
        u = torch.rand(4, generator=keyed(how.seed, at.name, "hole")).tolist()
        height, width = (round(side * (HOLE[0] + (HOLE[1] - HOLE[0]) * v)) for side, v in zip(size, u[:2], strict=True))
        top, left = round((size[0] - height) * u[2]), round((size[1] - width) * u[3])
        mask[..., top : top + height, left : left + width] = 0
    return mask


def _held(known: Tensor, at: Row, how: Degradation) -> Tensor:
    """1 on the known pixels kept out of the loss, where any are: single ones, or blocks when inpainting."""
    if not how.held:
        return torch.zeros_like(known)
    height, width = known.shape[-2:]
    block, generator = HELD_BLOCK if at.task == "inpaint" else 1, keyed(how.seed, at.name, "held")
    coarse = torch.rand(1, 1, -(-height // block), -(-width // block), generator=generator) < HELD_OUT
    held = coarse.float().repeat_interleave(block, 2).repeat_interleave(block, 3)[..., :height, :width] * known
    if not held.any():  # a few pixels may all escape a draw of 5%
        places = known.flatten().nonzero()
        held.view(-1)[places[torch.randint(len(places), (1,), generator=generator)]] = 1
    return held


def artworks(source: str, per_medium: int) -> list[tuple[str, str]]:
    """(medium, picture) of figure 8: the first pictures of each folder of a data set, or drawn ones; none for "".

    The drawn ones (`procedural`) serve to try the machinery: a style is its own medium. Raises ValueError for a data
    set without folders, or with one that holds no picture.
    """
    if not source:
        return []
    if source == "procedural":
        return [(name, name) for name in procedural.STYLES][:per_medium]
    root = registry.find(source)
    media = sorted(path for path in root.iterdir() if path.is_dir() and not path.name.startswith("."))
    if not media:
        raise ValueError(f"artworks is {source!r}, which has no folders; give a data set with a folder a medium")
    return [
        (medium.name, f"{source}/{file.relative_to(root).as_posix()}")
        for medium in media
        for file in registry.folder(medium)[:per_medium]
    ]
