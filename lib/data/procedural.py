"""Pictures in the manner of painted and drawn styles, computed: the styles of the smoke profile.

Positions and lengths are fractions of the side and every random number is drawn independently of the side, so that a
style shows the same composition at any side. Pictures up to REFERENCE px are drawn at REFERENCE px and area-averaged.
"""

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from torch import Tensor

from lib.data.brush import Array, Strokes, at, axes, colours, jitter, mix, noise, paint, ramp
from lib.data.images import from_uint8, resize

REFERENCE = 512
Random = np.random.Generator


def draw(name: str, side: int) -> Tensor:
    """The style `name` as a square float32 picture (3, side, side) in [0, 1] with 8-bit values where side >= REFERENCE.

    Raises ValueError for an unknown name or a side below 1.
    """
    if name not in STYLES:
        raise ValueError(f"procedural style is {name!r}; allowed are {', '.join(STYLES)}")
    if side < 1:
        raise ValueError(f"side is {side}; allowed are whole numbers of pixels from 1")
    return resize(from_uint8(_drawn(name, max(side, REFERENCE))), (side, side), kind="area")


@lru_cache(maxsize=16)
def _drawn(name: str, side: int) -> NDArray[np.uint8]:
    """The style at exactly `side` px as uint8 (side, side, 3)."""
    canvas = STYLES[name](side, np.random.default_rng([0, list(STYLES).index(name)]))
    return np.rint(np.clip(canvas, 0, 1) * 255).astype(np.uint8)


def swirl(side: int, rng: Random) -> Array:
    """A night sky of curling blue and yellow brush strokes over dark hills, in the manner of The Starry Night."""
    x, y = rng.random((2, 6000))
    crest = 0.76 - 0.07 * np.sin(6 * x + 0.6) - 0.05 * x
    above = y < crest + 0.01
    canvas = np.broadcast_to(colours("1c3f8c"), (side, side, 3)).copy()
    paint(canvas, _sky(x[above], y[above], rng))
    return paint(canvas, _hills(x[~above], y[~above], (y - crest)[~above], rng), bristle=0.04)


# Centre x and y, radius, sense of rotation (towards y positive), and whether it is a star.
_CURLS = [
    *[(0.42, 0.36, 0.20, 1, False), (0.68, 0.44, 0.12, -1, False), (0.18, 0.55, 0.10, -1, False)],
    *[(0.84, 0.14, 0.10, 1, True), (0.12, 0.14, 0.06, 1, True), (0.33, 0.09, 0.05, 1, True)],
    *[(0.58, 0.13, 0.06, 1, True), (0.90, 0.46, 0.045, 1, True), (0.08, 0.36, 0.045, 1, True)],
    *[(0.70, 0.24, 0.035, 1, True), (0.25, 0.66, 0.03, 1, True)],
]


def _sky(x: Array, y: Array, rng: Random) -> Strokes:
    """Strokes that follow the curls, lighter on their spiral arms and golden in the stars."""
    light = 1.6 * at(noise(rng, 64, 5, 2, stretch=2), x, y) - 0.35
    flow_x, flow_y, gold, bend = np.ones_like(x), 0.25 * np.sin(7 * x), np.zeros_like(x), np.zeros_like(x)
    length = np.full_like(x, 0.022)
    for centre_x, centre_y, radius, turn, star in _CURLS:
        dx, dy = x - centre_x, y - centre_y
        away = np.hypot(dx, dy)
        near = np.exp(-np.square(away / radius))
        flow_x -= (20 if star else 12) * turn * near * dy / radius
        flow_y += (20 if star else 12) * turn * near * dx / radius
        length = np.minimum(length, 0.004 + 0.7 * away)
        bend += turn * near * length**2 / (2 * away + 0.004)
        if star:
            gold = np.maximum(gold, 1.5 * near)
        else:
            light += 0.45 * near * np.cos(away / radius * 9 + turn * np.arctan2(dy, dx))
    night = ramp(colours("0b1a4a", "1c3f8c", "3f76b8", "86b4cf", "d9dfb0"), light)
    colour = mix(night, ramp(colours("c8cf86", "f3cf3a", "fbe88a"), 1.5 * gold - 0.5), 3 * gold)
    width = np.where(np.arange(len(x)) < len(x) // 3, 0.008, 0.0048)  # broad strokes first, as an underpainting
    return Strokes(x, y, np.arctan2(flow_y, flow_x), length, width, jitter(rng, colour, 0.05), bend)


def _hills(x: Array, y: Array, depth: Array, rng: Random) -> Strokes:
    """Dark strokes that roll with the hills; `depth` is the distance below the crest."""
    colour = ramp(colours("4d7f8f", "234a63", "10233f", "0a1428"), 3.2 * depth)
    slope, one = 0.35 * np.cos(8 * x) + 0.6 * depth, np.ones_like(x)
    return Strokes(x, y, slope, 0.022 * one, 0.006 * one, jitter(rng, colour, 0.04), 0.004 * one)


def gradient(side: int, rng: Random) -> Array:
    """Fruit and folded cloth in soft warm light with fine grain, in the manner of an old oil painting."""
    x, y = axes(side)
    haze = noise(rng, side, 3, 3) - 0.5
    canvas = mix(colours("6b4d26"), colours("1f140c"), 0.15 + 1.1 * x + 0.9 * haze)
    folds = 0.5 + 0.5 * np.sin(9 * x + 5 * y + 5 * haze + 2.2 * np.sin(3 * x + 1))
    cloth = mix(colours("4a130c"), colours("c2542c"), folds**1.5 * (1.05 - 0.6 * x))
    canvas = mix(canvas, cloth, (y - 0.66 - 0.05 * np.sin(6 * x)) * 14)
    for skin, *spot in [
        (colours("a8641f", "f3cf7e"), 0.63, 0.42, 0.20),
        (colours("8d2a18", "eda05c"), 0.34, 0.52, 0.19),
        (colours("6f6a24", "dccf7a"), 0.78, 0.64, 0.14),
        (colours("b8792a", "fbe3a4"), 0.53, 0.70, 0.12),
        (colours("5b1d22", "c97a68"), 0.17, 0.70, 0.10),
    ]:
        canvas = _fruit(canvas, haze, skin, *spot)
    grain = noise(rng, side, REFERENCE // 3) - 0.5 + 0.7 * (noise(rng, side, REFERENCE // 6, stretch=5) - 0.5)
    border = np.clip(1.2 - 0.9 * np.hypot(x - 0.45, y - 0.5) ** 1.5, 0, 1)
    return canvas * border[..., None] + 0.10 * grain[..., None]


def _fruit(canvas: Array, haze: Array, skin: Array, *spot: float) -> Array:
    """A fruit lit from the upper left, with its shadow; skin: body and light colour, spot: centre x, y and radius."""
    x, y = axes(len(canvas))
    dx, dy = (x - spot[0]) / spot[2], (y - spot[1]) / spot[2]
    shadow = np.hypot((dx - 0.45) / 1.25, (dy - 0.85) / 0.5)
    canvas = mix(canvas, colours("160c07"), 0.75 / (1 + np.exp((shadow - 1) * 6)))
    lit = mix(skin[1], skin[0] * 0.9, np.hypot(dx + 0.38, dy + 0.42) * 0.95 + 0.3 * haze)
    lit = mix(lit, colours("1c0f08"), (dx + dy) * 0.55 - 0.15)
    return mix(canvas, lit, 1 / (1 + np.exp((np.hypot(dx, dy) + 0.15 * haze - 1) * 26)))


def ink(side: int, rng: Random) -> Array:
    """Ink washes, blots, bamboo and tapering leaves on fibrous paper, in the manner of an ink painting."""
    paper = 0.93 - 0.07 * noise(rng, side, 90, 2, stretch=3) - 0.05 * noise(rng, side, 4, 2)
    rough, dry = noise(rng, side, 9, 4) - 0.5, noise(rng, side, 160, 1, stretch=10)
    dark = _mountains(rough, dry)
    dark = np.maximum(dark, _blots(noise(rng, side, 22, 3) - 0.5, rng))
    dark = np.maximum(dark, _bamboo(rough, dry))
    for _ in range(44):
        dark = np.maximum(dark, _leaf(dry, rng))
    return mix(paper[..., None] * colours("fff8e8"), colours("14120f"), dark)


def _mountains(rough: Array, dry: Array) -> Array:
    """Darkness of three ranges of hills, each wash fading downwards."""
    x, y = axes(len(rough))
    dark = np.zeros_like(rough)
    for base, height, shift, tone in [(0.46, 0.26, 0.3, 0.32), (0.60, 0.20, 2.1, 0.48), (0.72, 0.12, 4.0, 0.62)]:
        crest = base - height * (0.5 + 0.5 * np.sin(5.2 * x + shift)) * (0.7 + 0.3 * np.sin(13 * x + 3 * shift))
        depth = y - crest + 0.10 * rough
        wash = tone * np.exp(-np.maximum(depth, 0) / 0.13) * np.clip(depth * 90, 0, 1)
        dark = np.maximum(dark, wash * (0.75 + 0.5 * rough + 0.25 * dry))
    return dark


def _blots(rough: Array, rng: Random) -> Array:
    """Darkness of ink drops with ragged, darker rims and paler halos."""
    x, y = axes(len(rough))
    dark = np.zeros_like(rough)
    sizes = 0.004 + 0.04 * rng.random(26) ** 4
    for cx, cy, radius in zip(0.35 + 0.65 * rng.random(26), rng.random(26), sizes, strict=True):
        inside = radius * (1 + 1.5 * rough) - np.hypot(x - cx, y - cy)
        halo = 0.35 * np.exp(np.minimum(inside, 0) / (0.25 * radius))
        drop = np.clip(inside * 150, 0, 1) * (0.70 + 0.25 * np.exp(-np.abs(inside) / 0.004))
        dark = np.maximum(dark, np.maximum(halo * (0.7 + rough), drop))
    return dark


def _bamboo(rough: Array, dry: Array) -> Array:
    """Darkness of two jointed stems drawn with a half-dry brush."""
    x, y = axes(len(rough))
    dark = np.zeros_like(rough)
    for root, top, lean, width in [(0.14, 0.03, 0.06, 0.022), (0.27, 0.20, -0.04, 0.014)]:
        across = np.abs(x - root - lean * y - 0.01 * np.sin(9 * y)) / width + 0.35 * rough
        joints = np.clip(np.abs((y * 5 + root * 3) % 1 - 0.5) * -120 + 58.5, 0, 1)
        tone = 0.45 + 0.35 * np.clip(across, 0, 1) ** 2 + 0.35 * (dry - 0.4)
        dark = np.maximum(dark, np.clip((1 - across) * 7, 0, 1) * np.clip((y - top) * 200, 0, 1) * joints * tone)
    return dark


def _leaf(dry: Array, rng: Random) -> Array:
    """Darkness of one pointed leaf that hangs from a stem, pressed on at its root and lifted at its tip."""
    x, y = axes(len(dry))
    root_x, root_y = 0.18 + 0.06 * rng.normal(), rng.choice([0.10, 0.24, 0.38, 0.62]) + 0.04 * rng.normal()
    angle, size = rng.choice([0.55, 0.95, 2.3, 2.65]) + 0.2 * rng.normal(), 0.10 + 0.08 * rng.random()
    dx, dy = x - root_x, y - root_y
    along = (dx * np.cos(angle) + dy * np.sin(angle)) / size
    across = dy * np.cos(angle) - dx * np.sin(angle) - 0.02 * along**2
    taper = np.sqrt(np.clip(along * (1 - along), 0, 1)) * (1.2 - along) * 0.20 * size
    return np.clip((taper - np.abs(across)) * 260, 0, 1) * (0.45 + 0.45 * rng.random()) * (0.85 + 0.25 * dry)


def hatching(side: int, rng: Random) -> Array:
    """Spheres and ground shaded by crossing pen lines with black outlines, in the manner of a comic drawing."""
    x, y = axes(side)
    wobble = 0.012 * (noise(rng, side, 7, 2) - 0.5)
    shade = 0.42 * y + 0.30 * (noise(rng, side, 4, 2) - 0.5)
    outline, lines = np.zeros((side, side)), np.zeros((side, side))
    for cx, cy, radius in [(0.72, 0.24, 0.15), (0.28, 0.42, 0.23), (0.66, 0.66, 0.21), (0.22, 0.82, 0.12)]:
        dx, dy = (x - cx) / radius + wobble * 9, (y - cy) / radius + wobble * 9
        distance = np.hypot(dx, dy)
        lit = 0.55 * np.sqrt(np.clip(1 - distance**2, 0, 1)) - 0.55 * dx - 0.6 * dy
        shade = np.maximum(shade, 0.95 * (np.hypot((dx - 0.9) / 1.3, (dy - 0.95) / 0.45) < 1))
        shade = np.where(distance < 1, 0.98 - 1.15 * np.clip(lit, -0.1, 1), shade)
        weight = 0.006 + 0.005 * np.clip(dx + dy, -1, 1)  # heavier on the shaded side
        ring = np.clip((weight - np.abs(distance - 1) * radius) * 200, 0, 1)
        outline = np.maximum(np.where(distance < 1, 0, outline), ring)
    for angle, start in [(0.75, 0.22), (-0.75, 0.45), (0.1, 0.66), (1.45, 0.84)]:
        phase = (x * np.cos(angle) + y * np.sin(angle) + wobble) * 30
        thickness = np.clip((shade - start) * 1.4, 0, 0.42)
        stripe = np.clip((thickness - 2 * np.abs(phase % 1 - 0.5)) * 9 + 0.2, 0, 1)
        lines = np.maximum(lines, stripe * (thickness > 0))
    return mix(colours("fbf9f2"), colours("0c0c10"), np.maximum(lines, outline))


def pixels(side: int, rng: Random) -> Array:
    """A small landscape of square cells in few colours, 4 x 4 tiles of 8 x 8 cells, as in an early video game."""
    cells = 32
    column, row = np.arange(cells)[None, :], np.arange(cells)[:, None]
    sky, cloud, sun, leaf, deep, trunk, soil, stone, roof, wall = range(10)
    palette = colours(
        "5fb8f0", "f4fbff", "ffd84a", "4fb83c", "23803a", "6b4324", "8a5a32", "6d6f80", "c4403a", "e8cf9a"
    )
    scene = np.full((cells, cells), sky)
    ground = 21 + np.rint(1.6 * np.sin(column / 4.5)).astype(int)
    scene[np.hypot(column - 25.5, row - 5.5) < 3.6] = sun
    for cx, cy in [(6, 5), (15, 9), (29, 11)]:
        scene[(np.abs(column - cx) + 2 * np.abs(row - cy) < 6) & (row <= cy)] = cloud
    scene[(row >= 17 - np.rint(3 * np.sin(column / 3.2 + 1))) & (row < ground)] = deep
    scene = np.where(row >= ground, np.where(row < ground + 2, leaf, soil), scene)
    scene[(row >= ground + 5) & ((row // 2 + (column + row // 2 % 2 * 2) // 4) % 3 > 0)] = stone
    for cx in (4, 27):
        scene[(column == cx) & (row > 11) & (row < ground)] = trunk
        scene[np.hypot(column - cx, (row - 11) * 1.15) < 4.2] = leaf
    scene[(np.abs(column - 15) < 5) & (row >= 15) & (row <= ground + 1)] = wall
    scene[(np.abs(column - 15) <= row - 10) & (row >= 11) & (row < 16)] = roof
    scene[(column == 15) & (row >= 18) & (row <= ground + 1)] = trunk
    shade = rng.choice([-0.07, 0.0, 0.0, 0.06], (cells, cells)) * (scene != sky)
    shade += 0.05 * ((column + row) % 2) * (row < 3)
    index = np.arange(side) * cells // side
    return (palette[scene] + shade[..., None])[index][:, index]


def mosaic(side: int, rng: Random) -> Array:
    """Uneven coloured stones with light joints laid in rings around a star, in the manner of a Roman mosaic."""
    stones = np.vstack([_ring(radius, rng) for radius in np.arange(0.03, 0.76, 0.033)])
    dx, dy = (stones - 0.5).T
    distance = np.hypot(dx, dy)
    petal = 0.05 * np.cos(8 * np.arctan2(dy, dx)) * (distance < 0.34)
    band = np.digitize(distance + petal, [0.09, 0.14, 0.22, 0.28, 0.36, 0.40, 0.5, 0.56])
    palette = colours("e8b23a", "a63a22", "e9d9b4", "2f6f74", "d98b2b", "123a4a", "d9c9a0", "7d1f1a", "3f8f86")
    stone_colour = jitter(rng, palette[band], 0.055)
    points = np.stack(np.broadcast_arrays(*axes(side)), axis=-1)
    away, nearest = cKDTree(stones).query(points, k=2)
    offset = points - stones[nearest[..., 0]]
    light = 1 - 0.16 * np.clip(offset.sum(-1) * 42, -1, 1)
    joint = np.clip((away[..., 1] - away[..., 0] - 0.0035) * 260, 0, 1)
    return mix(colours("cdbf9f") * 0.85, stone_colour[nearest[..., 0]] * light[..., None], joint)


def _ring(radius: float, rng: Random) -> Array:
    """Slightly displaced stone centres (n, 2) around a circle about the middle."""
    count = max(6, int(radius * 200))
    turn = 2 * np.pi * (np.arange(count) + rng.random()) / count
    centres = 0.5 + radius * np.stack([np.cos(turn), np.sin(turn)], axis=-1)
    return centres + rng.normal(0, 0.0035, centres.shape)


def strokes(side: int, rng: Random) -> Array:
    """Short dabs of warm and green paint in a meadow at sunset, in the manner of an Impressionist oil sketch."""
    x, y = rng.random((2, 4600))
    local = at(noise(rng, 64, 6, 3, stretch=2), x, y) - 0.5
    sky = y < 0.42 + 0.06 * np.sin(5 * x)
    flower = ~sky & (rng.random(len(x)) < 0.12 * y)
    above = ramp(colours("f6d68a", "f0a35e", "d9778a", "8f6fa8"), 1 - y / 0.42 + 0.9 * local)
    below = ramp(colours("c9a63c", "7f9a35", "3f6b34", "2b4a3a"), 1.5 * y - 0.6 + 1.1 * local)
    petals = colours("d93a2b", "f4e9d0", "e86fa0", "f2c12e")[rng.integers(4, size=len(x))]
    colour = np.where(flower[:, None], petals, np.where(sky[:, None], above, below))
    angle = np.where(sky, 0.25 * np.sin(9 * x + 6 * y), -1.4 + 1.1 * local)
    length = np.where(flower, 0.008, np.where(sky, 0.017, 0.016 + 0.012 * y))
    one = np.ones_like(x)
    dabs = Strokes(x, y, angle, length, 0.0075 * one, jitter(rng, colour, 0.06), 0.002 * one)
    return paint(np.broadcast_to(colours("8a6a3c"), (side, side, 3)).copy(), dabs, bristle=0.07)


STYLES: dict[str, Callable[[int, Random], Array]] = {
    style.__name__: style for style in (swirl, gradient, ink, hatching, pixels, mosaic, strokes)
}
