"""Files are small without a loss that is seen."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb
from PIL import Image

from lib.report import plots, saving
from lib.report.pictures import image_grid


def colours(path: Path) -> set[tuple[int, int, int]]:
    with Image.open(path) as picture:
        return {colour for _, colour in picture.convert("RGB").getcolors(1_000_000)}


def test_a_heavy_png_keeps_256_colours_and_a_light_one_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (200, 200, 3), dtype=np.uint8)
    grid = image_grid([[noise]])
    light = saving.save(grid, tmp_path, "light")[0]
    monkeypatch.setattr(saving, "HEAVY", 10_000)
    heavy = saving.save(grid, tmp_path, "heavy")[0]
    assert len(colours(heavy)) <= 256 < saving.CHART < len(colours(light))


def test_a_chart_keeps_256_colours_its_own_and_pure_white_among_them(tmp_path: Path) -> None:
    steps = pd.DataFrame({"x": [0, 1, 0, 1, 0, 1], "y": [1, 2, 3, 1, 2, 2], "by": list("aabbcc")})
    fig = plots.lines(steps, "x", "y", "by")
    kept = colours(saving.save(fig, tmp_path, "chart")[0])
    assert len(kept) <= 256
    assert (255, 255, 255) in kept
    for line in fig.axes[0].lines:
        own = np.array(to_rgb(line.get_color())) * 255
        assert min(np.abs(np.array(colour) - own).max() for colour in kept) <= 4


def test_saving_leaves_the_pictures_of_a_figure_as_they_are(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    grid = image_grid([[noise]])
    saving.save(grid, tmp_path, "grid")
    assert np.array_equal(grid.axes[0].images[0].get_array(), noise)
