"""Pictures in the manner of painted and drawn styles, computed from a seed: the styles of the smoke profile.

Positions and lengths are fractions of the side and every random number is drawn independently of the side, so that a
style shows the same composition at any side. Pictures up to REFERENCE px are drawn at REFERENCE px and area-averaged.
"""

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from lib.data.images import from_uint8, resize

Array = NDArray[np.float64]
REFERENCE = 512


class Stroke(NamedTuple):
    """One brush stroke; lengths in fractions of the side, the angle in radians from the x axis towards the y axis."""

    x: float
    y: float
    angle: float
    length: float  # half length
    width: float  # half width
    colour: Array  # (3,) in [0, 1]
    bend: float = 0.0  # sideways shift at the ends, fraction of the side
    bristle: float = 0.0  # brightness ripple across the stroke


def draw(name: str, side: int, *, seed: int = 0) -> Tensor:
    """The style `name` as a square float32 picture (3, side, side) in [0, 1] with 8-bit values where side >= REFERENCE.

    Raises ValueError for an unknown name or a side below 1.
    """
    if name not in STYLES:
        raise ValueError(f"procedural style is {name!r}; allowed are {', '.join(STYLES)}")
    if side < 1:
        raise ValueError(f"side is {side}; allowed are whole numbers of pixels from 1")
    return resize(from_uint8(_drawn(name, max(side, REFERENCE), seed)), (side, side), kind="area")


@lru_cache(maxsize=16)
def _drawn(name: str, side: int, seed: int) -> NDArray[np.uint8]:
    """The style at exactly `side` px as uint8 (side, side, 3)."""
    canvas = STYLES[name](side, np.random.default_rng([seed, list(STYLES).index(name)]))
    return np.rint(np.clip(canvas, 0, 1) * 255).astype(np.uint8)


# Building blocks


def _axes(side: int) -> tuple[Array, Array]:
    """Pixel centres as x (1, side) and y (side, 1) in (0, 1)."""
    centres = (np.arange(side) + 0.5) / side
    return centres[None, :], centres[:, None]


def _mix(a: Array | float, b: Array | float, share: Array) -> Array:
    """`a` where share (H, W) is 0, `b` where it is 1; colours (3,) or pictures (H, W, 3)."""
    weight = np.clip(share, 0, 1)[..., None]
    return np.asarray(a) * (1 - weight) + np.asarray(b) * weight


def _rgb(*codes: str) -> Array:
    """Hexadecimal colours as rows (n, 3) in [0, 1]."""
    return np.array([[int(code[i : i + 2], 16) for i in (0, 2, 4)] for code in codes]) / 255


def _noise(rng: np.random.Generator, side: int, cells: int, octaves: int = 1, stretch: int = 1) -> Array:
    """Smooth value noise (side, side) in [0, 1]; `stretch` elongates it along x."""
    total, amplitude = np.zeros((side, side)), 1.0
    for octave in range(octaves):
        rows = cells * 2**octave
        lattice = rng.random((rows + 1, max(1, rows // stretch) + 1))
        total += amplitude * (_weights(side, lattice.shape[0]) @ lattice @ _weights(side, lattice.shape[1]).T)
        amplitude /= 2
    return total / (2 - 2 * amplitude)


def _weights(side: int, knots: int) -> Array:
    """The matrix (side, knots) that interpolates lattice values with a smooth step."""
    position = (np.arange(side) + 0.5) / side * (knots - 1)
    cell = np.minimum(position.astype(int), knots - 2)
    share = position - cell
    share = share * share * (3 - 2 * share)
    matrix = np.zeros((side, knots))
    matrix[np.arange(side), cell], matrix[np.arange(side), cell + 1] = 1 - share, share
    return matrix


def _paint(canvas: Array, strokes: Iterable[Stroke]) -> Array:
    """Lay strokes on the canvas (H, W, 3) in order, in place, with antialiased edges."""
    side = len(canvas)
    for stroke in strokes:
        reach = stroke.length + stroke.width + abs(stroke.bend) + 1 / side
        x0, x1 = (int(np.clip((stroke.x + s * reach) * side, 0, side)) for s in (-1, 1))
        y0, y1 = (int(np.clip((stroke.y + s * reach) * side, 0, side)) for s in (-1, 1))
        x = (np.arange(x0, x1) + 0.5)[None, :] / side - stroke.x
        y = (np.arange(y0, y1) + 0.5)[:, None] / side - stroke.y
        along = x * np.cos(stroke.angle) + y * np.sin(stroke.angle)
        across = y * np.cos(stroke.angle) - x * np.sin(stroke.angle)
        across = across - stroke.bend * np.square(along / stroke.length)
        distance = np.hypot(np.maximum(np.abs(along) - stroke.length, 0), across)
        colour = stroke.colour + stroke.bristle * np.sin(across / stroke.width * 9)[..., None]
        patch = canvas[y0:y1, x0:x1]
        patch[:] = _mix(patch, colour, (stroke.width - distance) * side + 0.5)
    return canvas


def _jitter(rng: np.random.Generator, colour: Array, amount: float) -> Array:
    """The colour with its brightness and each channel shifted a little."""
    return np.clip(colour + rng.normal(0, amount) + rng.normal(0, amount / 2, 3), 0, 1)


# Styles


def swirl(side: int, rng: np.random.Generator) -> Array:
    """A night sky of curling blue and yellow brush strokes over dark hills, in the manner of The Starry Night."""
    night = _rgb("0b1a4a", "1c3f8c", "3f76b8", "86b4cf", "d9dfb0")
    vortices = [(0.42, 0.36, 0.20, 1), (0.68, 0.44, 0.12, -1), (0.18, 0.55, 0.10, -1)]
    stars = [(0.84, 0.14, 0.10), (0.12, 0.14, 0.06), (0.33, 0.09, 0.05), (0.58, 0.13, 0.06), (0.90, 0.46, 0.045)]
    stars += [(0.08, 0.36, 0.045), (0.70, 0.24, 0.035), (0.25, 0.66, 0.03)]
    tone = _noise(rng, 64, 5, 2, stretch=2)

    def sky(x: float, y: float) -> Stroke:
        flow, light = np.array([1.0, 0.25 * np.sin(7 * x)]), tone[int(y * 64), int(x * 64)] * 1.6 - 0.35
        for cx, cy, radius, turn in vortices:
            dx, dy = x - cx, y - cy
            near = np.exp(-np.square(np.hypot(dx, dy) / radius))
            flow += 12 * near * turn * np.array([-dy, dx]) / radius
            light += 0.45 * near * np.cos(np.hypot(dx, dy) / radius * 9 + np.arctan2(dy, dx) * turn)
        colour = _ramp(night, light)
        for cx, cy, radius in stars:
            dx, dy = x - cx, y - cy
            near = np.exp(-np.square(np.hypot(dx, dy) / radius))
            flow += 20 * near * np.array([-dy, dx]) / radius
            colour = _ramp(np.vstack([colour, _rgb("c8cf86", "f3cf3a", "fbe88a")]), near * 1.5)
        angle = np.arctan2(flow[1], flow[0])
        return Stroke(x, y, angle, 0.022, 0.0048, _jitter(rng, colour, 0.05), 0.003, 0.05)

    def hill(x: float, y: float, crest: float) -> Stroke:
        colour = _ramp(_rgb("4d7f8f", "234a63", "10233f", "0a1428"), (y - crest) * 3.2)
        slope = 0.35 * np.cos(8 * x) + 0.6 * (y - crest)
        return Stroke(x, y, slope, 0.022, 0.006, _jitter(rng, colour, 0.04), 0.004, 0.04)

    def crest(x: float) -> float:
        return 0.76 - 0.07 * np.sin(6 * x + 0.6) - 0.05 * x

    points = [(x, y) for x, y in rng.random((5200, 2))]
    strokes = [sky(x, y) for x, y in points if y < crest(x) + 0.01]
    strokes += [hill(x, y, crest(x)) for x, y in points if y >= crest(x)]
    return _paint(np.broadcast_to(night[1], (side, side, 3)).copy(), strokes)


def _ramp(colours: Array, position: float) -> Array:
    """The colour (3,) at a position in [0, 1] along evenly spaced colours (n, 3)."""
    place = float(np.clip(position, 0, 1)) * (len(colours) - 1)
    below = min(int(place), len(colours) - 2)
    return colours[below] + (place - below) * (colours[below + 1] - colours[below])


def gradient(side: int, rng: np.random.Generator) -> Array:
    """Fruit and folded cloth in soft warm light with fine grain, in the manner of an old oil painting."""
    x, y = _axes(side)
    haze = _noise(rng, side, 3, 3) - 0.5
    canvas = _mix(_rgb("6b4d26")[0], _rgb("1f140c")[0], 0.15 + 1.1 * x + 0.9 * haze)
    folds = 0.5 + 0.5 * np.sin(9 * x + 5 * y + 5 * haze + 2.2 * np.sin(3 * x + 1))
    cloth = _mix(_rgb("4a130c")[0], _rgb("c2542c")[0], folds**1.5 * (1.05 - 0.6 * x))
    canvas = _mix(canvas, cloth, (y - 0.66 - 0.05 * np.sin(6 * x)) * 14)
    for cx, cy, radius, body, light in [
        (0.63, 0.42, 0.20, "a8641f", "f3cf7e"),
        (0.34, 0.52, 0.19, "8d2a18", "eda05c"),
        (0.78, 0.64, 0.14, "6f6a24", "dccf7a"),
        (0.53, 0.70, 0.12, "b8792a", "fbe3a4"),
        (0.17, 0.70, 0.10, "5b1d22", "c97a68"),
    ]:
        dx, dy = (x - cx) / radius, (y - cy) / radius
        distance = np.hypot(dx, dy) + 0.15 * haze
        fall = np.hypot((dx - 0.45) / 1.25, (dy - 0.85) / 0.5)
        canvas = _mix(canvas, _rgb("160c07")[0], 0.75 / (1 + np.exp((fall - 1) * 6)))
        skin = _mix(_rgb(light)[0], _rgb(body)[0] * 0.9, np.hypot(dx + 0.38, dy + 0.42) * 0.95 + 0.3 * haze)
        skin = _mix(skin, _rgb("1c0f08")[0], (dx + dy) * 0.55 - 0.15)
        canvas = _mix(canvas, skin, 1 / (1 + np.exp((distance - 1) * 26)))
    grain = _noise(rng, side, REFERENCE // 3) - 0.5 + 0.7 * (_noise(rng, side, REFERENCE // 6, stretch=5) - 0.5)
    border = np.clip(1.2 - 0.9 * np.hypot(x - 0.45, y - 0.5) ** 1.5, 0, 1)
    return canvas * border[..., None] + 0.10 * grain[..., None]


def ink(side: int, rng: np.random.Generator) -> Array:
    """Ink washes, blots and tapering brush strokes on fibrous paper, in the manner of an ink painting."""
    x, y = _axes(side)
    paper = 0.93 - 0.07 * _noise(rng, side, 90, 2, stretch=3) - 0.05 * _noise(rng, side, 4, 2)
    edge, dry = _noise(rng, side, 9, 4) - 0.5, _noise(rng, side, 160, 1, stretch=10)
    dark = np.zeros((side, side))
    for base, height, shift, tone in [(0.46, 0.26, 0.3, 0.32), (0.60, 0.20, 2.1, 0.48), (0.72, 0.12, 4.0, 0.62)]:
        crest = base - height * (0.5 + 0.5 * np.sin(5.2 * x + shift)) * (0.7 + 0.3 * np.sin(13 * x + 3 * shift))
        depth = y - crest + 0.10 * edge
        wash = tone * np.exp(-np.maximum(depth, 0) / 0.13) * np.clip(depth * 90, 0, 1)
        dark = np.maximum(dark, wash * (0.75 + 0.5 * edge + 0.25 * dry))
    for cx, cy, radius in np.column_stack([rng.random((14, 2)), 0.008 + 0.035 * rng.random(14) ** 3]):
        reach = radius * (1 + 1.6 * edge) - np.hypot(x - cx, y - cy)
        dark = np.maximum(dark, np.clip(reach * 130, 0, 1) * (0.75 + 0.2 * np.exp(-np.abs(reach) / 0.006)))
    for cx, top, lean, width in [(0.16, 0.06, 0.05, 0.020), (0.25, 0.24, -0.03, 0.013)]:
        stem = np.abs(x - cx - lean * y - 0.01 * np.sin(9 * y)) / width + 0.5 * edge
        joints = np.abs((y * 6 + cx * 3) % 1 - 0.5) < 0.475
        dark = np.maximum(dark, np.clip((1 - stem) * 9, 0, 1) * (y > top) * joints * (0.62 + 0.5 * (dry - 0.3)))
    for leaf in range(26):
        root = np.array([0.17, 0.12]) + rng.random(2) * [0.12, 0.42] + [0, 0.01 * leaf]
        angle = rng.choice([0.5, 0.8, 2.4, 2.7]) + rng.normal(0, 0.18)
        dx, dy = x - root[0], y - root[1]
        along = (dx * np.cos(angle) + dy * np.sin(angle)) / (0.07 + 0.08 * rng.random())
        across = dy * np.cos(angle) - dx * np.sin(angle)
        taper = np.sqrt(np.clip(along * (1 - along), 0, 1)) * (1.25 - along) * 0.021
        tone = 0.55 + 0.4 * rng.random()
        dark = np.maximum(dark, np.clip((taper - np.abs(across)) * 260, 0, 1) * tone * (0.8 + 0.3 * dry))
    return _mix(paper[..., None] * _rgb("fff8e8")[0], _rgb("14120f")[0], dark)


def hatching(side: int, rng: np.random.Generator) -> Array:
    """Spheres and ground shaded by crossing pen lines with black outlines, in the manner of a comic drawing."""
    x, y = _axes(side)
    wobble = 0.012 * (_noise(rng, side, 7, 2) - 0.5)
    shade = 0.42 * y + 0.30 * (_noise(rng, side, 4, 2) - 0.5)
    outline = np.zeros((side, side))
    for cx, cy, radius in [(0.72, 0.24, 0.15), (0.28, 0.42, 0.23), (0.66, 0.66, 0.21), (0.22, 0.82, 0.12)]:
        dx, dy = (x - cx) / radius + wobble * 9, (y - cy) / radius + wobble * 9
        distance = np.hypot(dx, dy)
        height = np.sqrt(np.clip(1 - distance**2, 0, 1))
        lit = np.clip(0.55 * height - 0.55 * dx - 0.6 * dy, -0.1, 1)
        cast = np.hypot((dx - 0.9) / 1.3, (dy - 0.95) / 0.45)
        shade = np.maximum(shade, 0.95 * (cast < 1))
        shade = np.where(distance < 1, 0.98 - 1.15 * lit, shade)
        outline = np.where(distance < 1, 0, outline)
        weight = 0.006 + 0.005 * np.clip(dx + dy, -1, 1)  # heavier on the shaded side
        outline = np.maximum(outline, np.clip((weight - np.abs(distance - 1) * radius) * 200, 0, 1))
    lines = np.zeros((side, side))
    for angle, start in [(0.75, 0.22), (-0.75, 0.45), (0.1, 0.66), (1.45, 0.84)]:
        phase = (x * np.cos(angle) + y * np.sin(angle) + wobble) * 30
        thickness = np.clip((shade - start) * 1.4, 0, 0.42)
        lines = np.maximum(lines, np.clip((thickness - 2 * np.abs(phase % 1 - 0.5)) * 9 + 0.2, 0, 1) * (thickness > 0))
    return _mix(_rgb("fbf9f2")[0], _rgb("0c0c10")[0], np.maximum(lines, outline))


def pixels(side: int, rng: np.random.Generator) -> Array:
    """A small landscape of square cells in few colours, 4 x 4 tiles of 8 x 8 cells, as in an early video game."""
    cells = 32
    column, row = np.arange(cells)[None, :], np.arange(cells)[:, None]
    sky, cloud, sun, leaf, deep, trunk, soil, stone, roof, wall = range(10)
    palette = _rgb("5fb8f0", "f4fbff", "ffd84a", "4fb83c", "23803a", "6b4324", "8a5a32", "6d6f80", "c4403a", "e8cf9a")
    scene = np.full((cells, cells), sky)
    ground = 21 + np.rint(1.6 * np.sin(column / 4.5)).astype(int)
    scene[(np.hypot(column - 25.5, row - 5.5) < 3.6)] = sun
    for cx, cy in [(6, 5), (15, 9), (29, 11)]:
        scene[(np.abs(column - cx) + 2 * np.abs(row - cy) < 6) & (row <= cy)] = cloud
    hills = 17 - np.rint(3 * np.sin(column / 3.2 + 1)).astype(int)
    scene[(row >= hills) & (row < ground)] = deep
    scene = np.where(row >= ground, np.where(row < ground + 2, leaf, soil), scene)
    scene[(row >= ground + 5) & ((row // 2 + (column + row // 2 % 2 * 2) // 4) % 3 > 0)] = stone
    for cx in (4, 27):
        scene[(np.abs(column - cx) < 1) & (row > 11) & (row < ground)] = trunk
        scene[np.hypot(column - cx, (row - 11) * 1.15) < 4.2] = leaf
    scene[(np.abs(column - 15) < 5) & (row >= 15) & (row <= ground + 1)] = wall
    scene[(np.abs(column - 15) <= row - 10) & (row >= 11) & (row < 16)] = roof
    scene[(np.abs(column - 15) < 1) & (row >= 18) & (row <= ground + 1)] = trunk
    shade = rng.choice([-0.07, 0.0, 0.0, 0.06], (cells, cells)) * (scene != sky)
    shade += 0.05 * ((column + row) % 2) * (row < 3)
    picture = palette[scene] + shade[..., None]
    index = np.arange(side) * cells // side
    return picture[index][:, index]


def mosaic(side: int, rng: np.random.Generator) -> Array:
    """Uneven coloured stones with light joints laid around a sun, in the manner of a Roman mosaic."""
    rings = [(radius, max(6, int(radius * 200))) for radius in np.arange(0.03, 0.76, 0.033)]
    seeds = np.array(
        [
            (0.5 + radius * np.cos(turn), 0.5 + radius * np.sin(turn))
            for radius, count in rings
            for turn in 2 * np.pi * (np.arange(count) + rng.random()) / count
        ]
    )
    seeds += rng.normal(0, 0.0035, seeds.shape)
    ring = np.hypot(*(seeds - 0.5).T)
    petals = np.cos(8 * np.arctan2(seeds[:, 1] - 0.5, seeds[:, 0] - 0.5)) * 0.05
    bands = np.digitize(ring + petals * (ring < 0.34), [0.09, 0.14, 0.22, 0.28, 0.36, 0.40, 0.5, 0.56])
    palette = _rgb("e8b23a", "a63a22", "e9d9b4", "2f6f74", "d98b2b", "123a4a", "d9c9a0", "7d1f1a", "3f8f86")
    colours = palette[bands] + rng.normal(0, 0.055, (len(seeds), 1)) + rng.normal(0, 0.02, (len(seeds), 3))
    x, y = np.broadcast_arrays(*_axes(side))
    nearest = _nearest_two(seeds, np.stack([x, y], -1))
    joint = np.clip((nearest.gap - 0.0035) * 260, 0, 1)
    light = 1 + 0.16 * np.clip((nearest.offset @ np.array([-0.7, -0.7])) * 60, -1, 1)
    return _mix(_rgb("cdbf9f")[0] * 0.85, colours[nearest.seed] * light[..., None], joint)


class _Nearest(NamedTuple):
    seed: NDArray[np.intp]  # number of the nearest seed
    gap: Array  # distance to the second nearest minus that to the nearest
    offset: Array  # (..., 2) from the nearest seed


def _nearest_two(seeds: Array, points: Array) -> _Nearest:
    from scipy.spatial import cKDTree

    distance, index = cKDTree(seeds).query(points, k=2)
    return _Nearest(index[..., 0], distance[..., 1] - distance[..., 0], points - seeds[index[..., 0]])


def strokes(side: int, rng: np.random.Generator) -> Array:
    """Short dabs of warm and green paint in a meadow at sunset, in the manner of an Impressionist oil sketch."""
    field = _noise(rng, 64, 6, 3, stretch=2)
    above = _rgb("f6d68a", "f0a35e", "d9778a", "8f6fa8")
    below = _rgb("c9a63c", "7f9a35", "3f6b34", "2b4a3a")
    flowers = _rgb("d93a2b", "f4e9d0", "e86fa0", "f2c12e")
    dabs = []
    for x, y in rng.random((4200, 2)):
        local = field[int(y * 64), int(x * 64)] - 0.5
        if y < 0.42 + 0.06 * np.sin(5 * x):
            colour, angle, size = _ramp(above, 1 - y / 0.42 + 0.9 * local), 0.25 * np.sin(9 * x + 6 * y), 0.017
        else:
            colour, angle, size = _ramp(below, (y - 0.4) * 1.5 + 1.1 * local), -1.4 + 1.1 * local, 0.016 + 0.012 * y
            if rng.random() < 0.12 * y:
                colour, size = flowers[rng.integers(4)], 0.008
        dabs.append(Stroke(x, y, angle, size, 0.0075, _jitter(rng, colour, 0.06), 0.002, 0.07))
    return _paint(np.broadcast_to(_rgb("8a6a3c")[0], (side, side, 3)).copy(), dabs)


STYLES: dict[str, Callable[[int, np.random.Generator], Array]] = {
    "swirl": swirl,
    "gradient": gradient,
    "ink": ink,
    "hatching": hatching,
    "pixels": pixels,
    "mosaic": mosaic,
    "strokes": strokes,
}
