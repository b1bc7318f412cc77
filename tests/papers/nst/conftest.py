"""Settings of the smallest study that computes: 32 px, two steps, pictures that are quick to make."""

from collections.abc import Callable
from typing import Any

import pytest

from lib.papers.nst.settings import Settings

TINY = {
    "profile": "custom", "parts": [], "device": "cpu", "threads": 1, "fresh": False, "seed": 0, "encoder": "vgg16",
    "content": "astronaut", "style": "pixels", "second_style": "hatching", "contents": ["astronaut", "coffee"],
    "styles": ["pixels", "hatching"], "shown_styles": [], "contrast_styles": [], "photos": "", "side": 48, "steps": 2,
    "log_every": 1, "batch": 2, "replicates": 1, "rates": [0.01], "group_rates": [0.01], "texture_rate": 0.01,
    "grid_rate": 0.02, "small_side": 32, "small_steps": 2, "heatmap_rates": [0.01, 0.05],
    "heatmap_ratios": [1e-7, 1e-5, 2e-4], "trials": 6, "evaluations": 3, "decide": False,
}  # fmt: skip


@pytest.fixture(scope="session")
def tiny() -> Callable[..., Settings]:
    """A function that returns the smallest settings with the changes given."""

    def settings(**changes: Any) -> Settings:
        return Settings.pick({**TINY, **changes})

    return settings
