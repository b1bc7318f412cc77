"""Unpaired domains that need no download: drawn shapes whose true translation is known, and photos against drawings.

Lengths are fractions of the side and random numbers do not depend on it, so a set shows the same at any side.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from torch import Tensor

from lib.data import images, pictures
from lib.data.brush import Array, axes, colours, mix

Pixels = NDArray[np.uint8]
Random = np.random.Generator
Picture = Callable[[str, int], Array]  # one of a set in a domain, "A" or "B", at a side: (side, side, 3) in [0, 1]

PARTS = ("trainA", "trainB", "testA", "testB")
COOL, WARM = colours("12355b", "2a9d8f", "5b8fd9", "8e7cc3"), colours("e4572e", "f2c14e", "f7e3c4", "b5446e")
STRIPE = colours("1b1b1e")[0]
STRIPES = 10  # across a picture
PHOTOS = ("astronaut", "chelsea", "coffee", "rocket", "china", "flower")  # in colour, with more than stars
TEST_THIRDS = (0, 1, 0, 2, 1, 1)  # of each photo, from the top: where test windows lie
WINDOWS = (3, 4, 3, 5)  # a window's side is the photo's height divided by one of these
PAPER, INK = colours("f6ead0", "2a1a14")
HATCHES = 13  # lines across a test picture


@dataclass(frozen=True)
class Made:
    """Pictures by part, their names, and the true translation of the test pictures: `testA` as B, `testB` as A."""

    pictures: dict[str, Pixels]  # (N, 3, side, side)
    truth: dict[str, Pixels]
    names: dict[str, tuple[str, ...]]


def shapes(side: int, load_side: int, *, striped: bool = False) -> Made:
    """Discs, squares and diamonds, 24 test pictures a domain.

    Of the symmetric set, 48 + 48 for training, A has warm shapes on cool ground and B the same colours swapped. Of the
    `striped` one, 32 + 64, both have warm shapes on cool ground, and B's are larger and finely striped; the stripes are
    level, so that no flip changes them.
    """
    counts = dict(zip(PARTS, (32, 64, 24, 24) if striped else (48, 48, 24, 24), strict=True))
    return _made(counts, side, load_side, partial(_scene, striped=striped))


def drawings(side: int, load_side: int) -> Made:
    """A: windows of six colour photos; B: pen drawings on warm paper after windows of the same photos.

    A's windows lie in the left halves of the photos and B's in the right ones, those for testing in another third than
    those for training: no pixel of a photo is in two parts. 200 + 200 for training, 32 + 32 for testing. The truth of
    a photo is one drawing of many: the phase and the lean of its lines are random.
    """
    counts = dict(zip(PARTS, (200, 200, 32, 32), strict=True))
    return _made(counts, side, load_side, partial(_window, period=side / HATCHES))


def _made(counts: dict[str, int], side: int, load_side: int, make: Callable[[str, int], tuple[str, Picture]]) -> Made:
    """The pictures that `make(part, number)` names and draws; training ones at `load_side`."""
    drawn, truth, names = {}, {}, {}
    for part, count in counts.items():
        made = [make(part, number) for number in range(count)]
        size, domain = (load_side if part.startswith("train") else side), part[-1]
        drawn[part] = _pixels([draw(domain, size) for _, draw in made])
        if part.startswith("test"):
            truth[part] = _pixels([draw("B" if domain == "A" else "A", size) for _, draw in made])
        names[part] = tuple(name for name, _ in made)
    return Made(drawn, truth, names)


def _pixels(drawn: list[Array]) -> Pixels:
    """Pictures (S, S, 3) in [0, 1] as uint8 (N, 3, S, S)."""
    return np.rint(np.clip(np.stack(drawn), 0, 1) * 255).astype(np.uint8).transpose(0, 3, 1, 2)


def _scene(part: str, number: int, *, striped: bool) -> tuple[str, Picture]:
    """A ground and three to five shapes, each (kind, centre, radius, colour)."""
    rng = np.random.default_rng([0, int(striped), PARTS.index(part), number])
    low, high = (0.16, 0.27) if striped and part.endswith("B") else (0.09, 0.19)
    ground, count = int(rng.integers(4)), int(rng.integers(3, 6))
    kinds, inks = rng.integers(3, size=count), rng.integers(4, size=count)
    places, radii = 0.12 + 0.76 * rng.random((count, 2)), low + (high - low) * rng.random(count)
    return f"scene {number}", partial(_render, ground, list(zip(kinds, places, radii, inks, strict=True)), striped)


def _render(ground: int, parts: list[tuple[int, Array, float, int]], striped: bool, domain: str, side: int) -> Array:
    """The scene in domain A or B with antialiased edges."""
    swapped = domain == "B" and not striped
    behind, before = (WARM, COOL) if swapped else (COOL, WARM)
    x, y = axes(side)
    canvas = np.broadcast_to(behind[ground], (side, side, 3))
    wave = 0.5 + 1.5 * np.sin(2 * np.pi * STRIPES * y) if striped and domain == "B" else 0 * y
    for kind, (centre_x, centre_y), radius, ink in parts:
        dx, dy = np.abs(x - centre_x), np.abs(y - centre_y)
        away = (np.hypot(dx, dy), np.maximum(dx, dy) * 1.15, (dx + dy) * 0.85)[kind] - radius
        canvas = mix(canvas, mix(before[ink], STRIPE, wave), 0.5 - away * side)
    return canvas


@lru_cache(maxsize=len(PHOTOS))
def _photo(name: str) -> Tensor:
    return pictures.picture(name)


def _window(part: str, number: int, *, period: float) -> tuple[str, Picture]:
    """The most varied of four windows of one photo, in the half of its domain and a third of its split."""
    turn, photo = divmod(number, len(PHOTOS))
    rng = np.random.default_rng([0, PARTS.index(part), number])
    whole = _photo(PHOTOS[photo])
    (third, half), size = (whole.shape[1] // 3, whole.shape[2] // 2), whole.shape[1] // WINDOWS[turn % len(WINDOWS)]
    top = third * ((TEST_THIRDS[photo] + (0 if part.startswith("test") else 1 + turn // len(WINDOWS) % 2)) % 3)
    left = half if part.endswith("B") else 0
    corners = np.array([top, left]) + (rng.random((4, 2)) * (third - size + 1, half - size + 1)).astype(int)
    cuts = [whole[:, y : y + size, x : x + size] for y, x in corners]
    most_varied = max(cuts, key=lambda cut: float(cut[:, ::4, ::4].std()))
    return f"{PHOTOS[photo]} {turn}", partial(_drawn, most_varied, int(rng.integers(2**32)), period)


def _drawn(cut: Tensor, seed: int, period: float, domain: str, side: int) -> Array:
    """The window at `side`: as it is in domain A, as a drawing in B."""
    window = images.resize(cut, (side, side)).permute(1, 2, 0).double().numpy()
    return window if domain == "A" else pen(window, period, np.random.default_rng(seed))


def pen(window: Array, period: float, rng: Random) -> Array:
    """Ink outlines, and hatching a `period` of pixels apart where it is dark, over a pale wash of the colours."""
    x, y = (axis * len(window) / period for axis in axes(len(window)))
    grey = gaussian_filter(window.mean(-1), 0.12 * period)
    wash = gaussian_filter(window, (0.3 * period, 0.3 * period, 0))
    thickness = np.clip(1.1 * (0.45 - grey), 0, 0.4)
    phase = (x + rng.choice([-1, 1]) * y) / np.sqrt(2) + rng.random()
    lines = np.clip((thickness - 2 * np.abs(phase % 1 - 0.5)) * period / 2 + 0.5, 0, 1) * (thickness > 0)
    outline = 1.6 * period * np.hypot(*np.gradient(grey)) - 0.2
    return mix(PAPER * (0.25 + 0.75 * wash**0.6), INK, 0.85 * np.clip(np.maximum(lines, outline), 0, 1))
