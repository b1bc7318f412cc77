from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

from lib.report import saving
from lib.report.pictures import crops, cut, image_grid


def picture(height: int = 8, width: int = 8, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def shown(fig: Figure) -> list[np.ndarray]:
    return [np.asarray(ax.images[0].get_array()) for ax in fig.axes if ax.images]


def words(fig: Figure) -> list[str]:
    return [text.get_text() for text in fig.texts] + [text.get_text() for ax in fig.axes for text in ax.texts]


def test_small_pictures_keep_every_pixel_and_stay_sharp() -> None:
    fig = image_grid([[picture(seed=1), picture(seed=2)]])
    assert np.array_equal(shown(fig)[0], picture(seed=1))
    assert np.array_equal(shown(fig)[1], picture(seed=2))
    assert {ax.images[0].get_interpolation() for ax in fig.axes} == {"none"}


def test_titles_captions_and_reasons_are_written() -> None:
    fig = image_grid([[picture(), None], ["protected", picture()]], rows=["first", "second"], columns=["a", "b"],
                     captions=[["LPIPS 0.5", ""], ["", "LPIPS 0.6"]], title="Sheet", reason="no picture")  # fmt: skip
    assert {"first", "second", "a", "b", "LPIPS 0.5", "LPIPS 0.6", "Sheet", "no picture", "protected"} <= set(
        words(fig)
    )
    assert len(shown(fig)) == 2


def test_pictures_of_unequal_shape_keep_it() -> None:
    fig = image_grid([[picture(20, 40), picture(40, 20)], [picture(30, 30), None]])
    fig.canvas.draw()
    for ax in fig.axes:
        if ax.images:
            down, across = np.asarray(ax.images[0].get_array()).shape[:2]
            box = ax.get_window_extent()
            assert box.width / box.height == pytest.approx(across / down, rel=0.02)


def test_nothing_overlaps_on_a_six_by_six_sheet_with_long_titles() -> None:
    names = ["a style with a rather long name", "ink", "comic", "pixel art", "hatching", "swirl"]
    fig = image_grid([[picture(seed=i + j) for i in range(6)] for j in range(6)], rows=names, columns=names,
                     captions=[["loss ratio 0.52, HF 0.11"] * 6] * 6, title="Every style on every content")  # fmt: skip
    fig.canvas.draw()
    boxes = [ax.get_window_extent() for ax in fig.axes] + [text.get_window_extent() for text in fig.texts]
    whole = fig.bbox
    assert all(box.x0 >= -1 and box.y0 >= -1 and box.x1 <= whole.x1 + 1 and box.y1 <= whole.y1 + 1 for box in boxes)
    shrunk = [box.expanded(0.98, 0.96) for box in boxes]
    assert not any(a.overlaps(b) for i, a in enumerate(shrunk) for b in shrunk[i + 1 :])


def test_large_pictures_are_averaged_down_and_files_stay_small(tmp_path: Path) -> None:
    checks = (np.indices((600, 600)).sum(0) % 2 * 255).astype(np.uint8)
    fig = image_grid([[checks]], width=1.0)
    assert shown(fig)[0].shape[0] <= 200
    assert shown(fig)[0].mean() == pytest.approx(127.5, abs=1)
    assert shown(fig)[0].std() < 60  # averaged: nearest neighbours would keep black and white
    large = np.dstack([np.indices((700, 700)).sum(0) % 251] * 3).astype(np.uint8)
    _, pdf = saving.save(image_grid([[large] * 6] * 6), tmp_path, "sheet")
    assert pdf.stat().st_size < 2_000_000


def test_crops_show_the_part_around_the_centre_and_frame_it() -> None:
    whole = picture(40, 40)
    fig = crops([whole], zoom=4, centre=(0.25, 0.75), columns=["G1"], captions=["HF 0.3"], cell=2.0)
    assert np.array_equal(shown(fig)[1], whole[25:35, 5:15])
    frame = fig.axes[0].patches[-1]
    assert (frame.get_x(), frame.get_y(), frame.get_width(), frame.get_height()) == pytest.approx(
        (0.125, 0.625, 0.25, 0.25)
    )


def test_crops_at_the_edge_stay_inside_the_picture() -> None:
    whole = picture(40, 40)
    fig = crops([whole], zoom=4, centre=(0, 1), columns=["G1"], captions=["HF 0.3"], cell=2.0)
    assert np.array_equal(shown(fig)[1], whole[30:, :10])


def test_a_stored_sheet_is_cut_into_its_pictures() -> None:
    sheet = np.full((2 * 10 + 2, 3 * 10 + 2, 3), 255, np.uint8)
    sheet[12:20, 22:30] = picture(seed=3)
    cells = cut(sheet, 3)
    assert [len(row) for row in cells] == [3, 3]
    assert np.array_equal(cells[1][2], picture(seed=3))
    assert cells[0][0].shape == (8, 8, 3)
