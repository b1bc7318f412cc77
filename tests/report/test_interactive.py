"""The comparison slider, moved through its own interface."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from lib.report.interactive import SIDE, Comparison

DARK, BRIGHT = (np.full((20, 30, 3), value, np.uint8) for value in (10, 240))


def shown(widget):
    return np.asarray(Image.open(io.BytesIO(widget.value)))


@pytest.fixture
def comparison():
    return Comparison(DARK, BRIGHT, ("given", "restored"))


def test_the_slider_cuts_the_upper_picture_at_its_place(comparison):
    assert comparison.slider.max == 30 * (SIDE // 30)
    assert comparison.window.layout.width == f"{comparison.slider.max // 2}px"
    for place in (0, 7, comparison.slider.max):
        comparison.slider.value = place
        assert comparison.window.layout.width == f"{place}px"


def test_the_first_picture_lies_upon_the_second_in_the_same_place(comparison):
    under, window = comparison.widget.children[1].children
    (over,) = window.children
    assert (shown(over) == 10).all()
    assert (shown(under) == 240).all()
    assert under.layout.grid_area == window.layout.grid_area
    assert (over.layout.width, over.layout.height) == (under.layout.width, under.layout.height)


def test_without_a_browser_both_pictures_stand_side_by_side_over_one_line(comparison):
    data, metadata = comparison._repr_mimebundle_()
    picture = np.asarray(Image.open(io.BytesIO(base64.b64decode(data["image/png"]))).convert("RGB"))
    assert {10, 240} <= set(np.unique(picture))
    assert metadata["image/png"]["width"] > 0
    assert data["text/plain"] == "Comparison of given and restored; move the slider in JupyterLab"
    assert "application/vnd.jupyter.widget-view+json" in data


def test_a_picture_larger_than_the_screen_place_is_not_enlarged():
    assert Comparison(*np.zeros((2, 500, 700, 3), np.uint8)).slider.max == 700


@pytest.mark.parametrize(
    ("second", "message"),
    [(BRIGHT[:10], "one shape"), (BRIGHT.astype(float), "uint8"), (BRIGHT[..., 0], "one shape")],
)
def test_pictures_that_cannot_be_compared_are_named(second, message):
    with pytest.raises(ValueError, match=message):
        Comparison(DARK, second)
