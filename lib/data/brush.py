"""Paint and paper for the procedural styles: colours, smooth noise and brush strokes on float64 canvases (H, W, 3)."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class Strokes(NamedTuple):
    """Brush strokes in painting order; lengths in fractions of the side, angles in radians from x towards y."""

    x: Array  # (n,) centre, from the left
    y: Array  # (n,) centre, from the top
    angle: Array  # (n,)
    length: Array  # (n,) half length
    width: Array  # (n,) half width
    colour: Array  # (n, 3) in [0, 1]
    bend: Array  # (n,) sideways shift of the ends


def axes(side: int) -> tuple[Array, Array]:
    """Pixel centres as x (1, side) and y (side, 1) in (0, 1)."""
    centres = (np.arange(side) + 0.5) / side
    return centres[None, :], centres[:, None]


def colours(*codes: str) -> Array:
    """Hexadecimal colours as rows (n, 3) in [0, 1]."""
    return np.array([[int(code[i : i + 2], 16) for i in (0, 2, 4)] for code in codes]) / 255


def mix(a: Array, b: Array, share: Array) -> Array:
    """`a` where `share` (...) is 0 or less, `b` where it is 1 or more; colours (3,) or arrays (..., 3)."""
    weight = np.clip(share, 0, 1)[..., None]
    return a * (1 - weight) + b * weight


def ramp(stops: Array, position: Array) -> Array:
    """Colours (..., 3) at positions (...) in [0, 1] along evenly spaced stops (n, 3)."""
    place = np.linspace(0, 1, len(stops))
    return np.stack([np.interp(position, place, stops[:, channel]) for channel in range(3)], axis=-1)


def jitter(rng: np.random.Generator, colour: Array, amount: float) -> Array:
    """Colours (n, 3) with brightness shifted by `amount` and each channel by half of it (standard deviations)."""
    shift = rng.normal(0, amount, (len(colour), 1)) + rng.normal(0, amount / 2, colour.shape)
    return np.clip(colour + shift, 0, 1)


def noise(rng: np.random.Generator, side: int, cells: int, octaves: int = 1, stretch: int = 1) -> Array:
    """Smooth value noise (side, side) in [0, 1] with `cells` cells a side, drawn out along x by `stretch`."""
    total = np.zeros((side, side))
    for octave in range(octaves):
        rows = cells * 2**octave
        lattice = rng.random((rows + 1, max(1, rows // stretch) + 1))
        total += (_weights(side, lattice.shape[0]) @ lattice @ _weights(side, lattice.shape[1]).T) / 2**octave
    return total / (2 - 2.0 ** (1 - octaves))


def at(field: Array, x: Array, y: Array) -> Array:
    """Values (n,) of a square field at positions in [0, 1)."""
    return field[(y * len(field)).astype(int), (x * len(field)).astype(int)]


def paint(canvas: Array, strokes: Strokes, *, bristle: float = 0.05) -> Array:
    """Lay the strokes on the canvas in place, with antialiased edges and a ripple of brightness across each."""
    side = len(canvas)
    for x, y, angle, length, width, colour, bend in zip(*strokes, strict=True):
        reach = length + width + abs(bend) + 1 / side
        left, right, top, bottom = (
            int(np.clip(edge * side, 0, side)) for edge in (x - reach, x + reach, y - reach, y + reach)
        )
        dx = (np.arange(left, right) + 0.5)[None, :] / side - x
        dy = (np.arange(top, bottom) + 0.5)[:, None] / side - y
        along = dx * np.cos(angle) + dy * np.sin(angle)
        across = dy * np.cos(angle) - dx * np.sin(angle) - bend * np.square(along / length)
        distance = np.hypot(np.maximum(np.abs(along) - length, 0), across)
        patch = canvas[top:bottom, left:right]
        hairs = colour + bristle * np.sin(across / width * 9)[..., None]
        patch[:] = mix(patch, hairs, (width - distance) * side + 0.5)
    return canvas


def _weights(side: int, knots: int) -> Array:
    """The matrix (side, knots) that interpolates lattice values with a smooth step."""
    position = (np.arange(side) + 0.5) / side * (knots - 1)
    cell = np.minimum(position.astype(int), knots - 2)
    share = position - cell
    share = share * share * (3 - 2 * share)
    matrix = np.zeros((side, knots))
    matrix[np.arange(side), cell], matrix[np.arange(side), cell + 1] = 1 - share, share
    return matrix
