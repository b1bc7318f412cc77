from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import LogNorm, to_hex
from matplotlib.patches import Rectangle

from lib.report.heatmaps import MARK_COLOURS, codes, heatmap


@pytest.fixture
def values() -> pd.DataFrame:
    rates = pd.Index([0.001, 0.01, 0.1], name="learning_rate")
    return pd.DataFrame([[1, 20, 300], [4, np.nan, 6]], index=pd.Index(["low", "high"], name="ratio"), columns=rates)


def test_cells_hold_the_frame_from_top_to_bottom(values: pd.DataFrame) -> None:
    ax = heatmap(values).axes[0]
    assert ax.collections[0].get_array().filled(-1).tolist() == [[1, 20, 300], [4, -1, 6]]
    assert ax.yaxis_inverted()
    assert [text.get_text() for text in ax.get_xticklabels()] == ["0.001", "0.01", "0.1"]
    assert [text.get_text() for text in ax.get_yticklabels()] == ["low", "high"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("learning rate", "ratio")


def test_each_finite_cell_shows_its_number(values: pd.DataFrame) -> None:
    assert [text.get_text() for text in heatmap(values).axes[0].texts] == ["1", "20", "3e+02", "4", "6"]


def test_numbers_contrast_with_their_cell() -> None:
    dark, light = heatmap(pd.DataFrame([[0.0, 1.0]])).axes[0].texts
    assert (dark.get_color(), light.get_color()) == ("white", "black")


def test_numbers_too_small_to_read_are_left_out() -> None:
    assert not heatmap(pd.DataFrame(np.full((2, 40), 0.12))).axes[0].texts


def outlines(ax) -> dict[str, list[tuple[float, float]]]:
    """Centres of the outlined cells by colour."""
    boxes = [patch for patch in ax.patches if isinstance(patch, Rectangle) and patch.get_linewidth() == 1.5]
    centres: dict[str, list[tuple[float, float]]] = {}
    for box in boxes:
        middle = box.get_x() + box.get_width() / 2, box.get_y() + box.get_height() / 2
        centres.setdefault(to_hex(box.get_edgecolor()).upper(), []).append(tuple(round(value, 6) for value in middle))
    return centres


def test_marks_outline_their_cells_and_are_named_once(values: pd.DataFrame) -> None:
    marks = {"smallest": ("low", 0.001), "largest": ("high", 0.1)}
    ax = heatmap(values, marks=marks).axes[0]
    assert outlines(ax) == {MARK_COLOURS[0]: [(0, 0)], MARK_COLOURS[1]: [(2, 1)]}
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["smallest", "largest"]


def test_two_marks_of_one_cell_are_nested(values: pd.DataFrame) -> None:
    ax = heatmap(values, marks={"a": ("low", 0.1), "b": ("low", 0.1)}).axes[0]
    widths = [patch.get_width() for patch in ax.patches if patch.get_linewidth() == 1.5]
    assert widths[0] > widths[1]


def test_the_scale_can_be_logarithmic(values: pd.DataFrame) -> None:
    assert isinstance(heatmap(values, log=True).axes[0].collections[0].norm, LogNorm)


def test_one_value_throughout_can_be_drawn_on_both_scales() -> None:
    same = pd.DataFrame(np.full((2, 2), 3.0))
    assert len(heatmap(same).axes[0].texts) == len(heatmap(same, log=True).axes[0].texts) == 4


@pytest.mark.parametrize("shape", [(3, 15), (15, 3), (6, 6), (1, 1)])
def test_column_labels_do_not_overlap_at_any_usual_shape(shape: tuple[int, int]) -> None:
    columns = [f"{value:.4g}" for value in np.geomspace(1e-4, 0.1, shape[1])]
    fig = heatmap(pd.DataFrame(np.random.default_rng(0).uniform(size=shape), columns=columns))
    fig.canvas.draw()
    labels = [text for text in fig.axes[0].get_xticklabels() if text.get_rotation() == 0]
    boxes = [text.get_window_extent() for text in labels]
    assert not any(a.overlaps(b) for a, b in pairwise(boxes))


def test_codes_stand_in_cells_of_their_colour_and_an_empty_one_leaves_none() -> None:
    frame = pd.DataFrame([["c3", "", "c7"], ["c7", "", "c3"]], ["first", "second"], ["e0", "", "0"])
    ax = codes(frame, {"c3": "#ffffff", "c7": "#000080"}, names={"c3": "3×3", "c7": "7×7"}).axes[0]
    cells = {(round(box.get_x() + 0.48), round(box.get_y() + 0.46)): to_hex(box.get_facecolor()) for box in ax.patches}
    assert cells == {(0, 0): "#ffffff", (2, 0): "#000080", (0, 1): "#000080", (2, 1): "#ffffff"}
    assert [(text.get_text(), text.get_color()) for text in ax.texts[:2]] == [("c3", "black"), ("c7", "white")]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["3×3", "7×7"]
    assert [text.get_text() for text in ax.get_yticklabels()] == ["first", "second"]
