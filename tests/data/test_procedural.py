"""The drawn styles: the same pictures everywhere and always, at any side, and unlike each other."""

import hashlib
from itertools import combinations

import numpy as np
import pytest
import torch

from lib.data import procedural
from lib.data.images import resize, to_uint8

# SHA-256 of the uint8 pixels (H, W, 3), first 16 digits: at 512 px (as drawn) and at 64 px (smoke).
GOLDEN = {
    "swirl": ("763adeec25d7131b", "e04ff8dd7e606b11"),
    "gradient": ("214a0845e61bca8e", "f0ec2bfccaae8250"),
    "ink": ("1de435d8a89f871a", "a6ff9202011b9f8c"),
    "hatching": ("ed8cc8b82a4b6354", "123b783355bda3eb"),
    "pixels": ("c3a61f8411771df5", "1fbb3821c5c30861"),
    "mosaic": ("f23437c771ab2e6d", "8a1c6b74421e2c35"),
    "strokes": ("0d051c3b1ea25ff8", "2a78b6f8da3afa5b"),
}


def digest(image: torch.Tensor) -> str:
    return hashlib.sha256(to_uint8(image).tobytes()).hexdigest()[:16]


@pytest.mark.parametrize("name", procedural.STYLES)
def test_styles_are_the_stored_pictures(name):
    assert (digest(procedural.draw(name, 512)), digest(procedural.draw(name, 64))) == GOLDEN[name]


@pytest.mark.parametrize("name", ["pixels", "hatching"])
def test_a_style_drawn_again_is_the_same(name):
    first, again = (procedural._drawn.__wrapped__(name, 512) for _ in range(2))
    assert np.array_equal(first, again)


@pytest.mark.parametrize("side", [1, 37, 64, 512])
def test_any_side_gives_a_square_in_range(side):
    image = procedural.draw("gradient", side)
    assert image.shape == (3, side, side)
    assert 0 <= image.min() <= image.max() <= 1


@pytest.mark.parametrize("name", ["gradient", "hatching", "mosaic", "pixels"])
def test_a_larger_drawing_shows_the_same_composition(name):
    larger = resize(procedural.draw(name, 768), (64, 64), kind="area")
    assert (larger - procedural.draw(name, 64)).abs().mean() < 0.03


def test_styles_differ_in_colour_or_texture():
    pictures = {name: procedural.draw(name, 128) for name in procedural.STYLES}
    traits = {name: _traits(picture) for name, picture in pictures.items()}
    for a, b in combinations(traits, 2):
        assert np.abs(traits[a] - traits[b]).max() > 0.1, (a, b)


def _traits(picture: torch.Tensor) -> np.ndarray:
    """Mean colour, contrast and mean absolute step between neighbours (scaled), each about 0 to 1."""
    steps = picture.diff(dim=-1).abs().mean() * 4
    return torch.cat([picture.mean((1, 2)), picture.std()[None] * 2, steps[None]]).numpy()


def test_pixel_art_is_made_of_16_px_cells_at_512():
    cells = to_uint8(procedural.draw("pixels", 512)).reshape(32, 16, 32, 16, 3)
    assert (cells == cells[:, :1, :, :1]).all()


@pytest.mark.parametrize(("name", "side", "told"), [("cubism", 64, "'cubism'.*swirl"), ("ink", 0, "side is 0")])
def test_unknown_styles_and_sides_are_refused(name, side, told):
    with pytest.raises(ValueError, match=told):
        procedural.draw(name, side)
