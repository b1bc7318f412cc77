"""Settings of the smallest study that computes: bundled pictures at 32 px, two stages of at most four channels."""

from collections.abc import Callable
from itertools import islice
from typing import Any

import pytest
import yaml

from lib.papers.nasdip.evaluate import Evaluation
from lib.papers.nasdip.settings import Settings
from lib.paths import notebooks_dir
from lib.spaces.base import Genome, keyed
from lib.spaces.nasdip import NasDip
from tests.reference import nasdip_world
from tests.reference.stored_study import fixtures

stored_folder, study = fixtures("nasdip", nasdip_world.fill)

TINY = {
    "profile": "custom", "device": "cpu", "rows": ["astronaut", "chelsea", "coffee"], "shown_rows": [],
    "blind_rows": ["chelsea"], "swept_rows": ["astronaut"], "artworks": "", "side": 32, "units": 2, "max_width": 4,
    "max_filter": 3, "t_table": [0, 2, 4, 8], "iterations": 8, "population": 4, "generations": 1,
    "sweep_rates": [0.05, 0.1], "artwork_population": 4, "artwork_generations": 0, "window": 4, "seeds": 1,
    "rescored": 2, "classical": ["dip_scaled"], "published": 0.001,
}  # fmt: skip


@pytest.fixture(scope="session")
def tiny(weights: object) -> Callable[..., Settings]:
    """A function that returns the smallest settings with the changes given; the weights of LPIPS are there as well."""
    desk = yaml.safe_load((notebooks_dir() / "profiles" / "desk" / "02_nasdip.yaml").read_text())

    def settings(**changes: Any) -> Settings:
        return Settings.pick({**desk, **TINY, **changes})

    return settings


@pytest.fixture(scope="session")
def evaluation(tiny: Callable[..., Settings]) -> Callable[..., Evaluation]:
    """A function that returns the evaluation of a row under the smallest settings with the changes given."""

    def build(row: str = "astronaut", variant: str = "asym", reference: str = "truth", **changes: Any) -> Evaluation:
        return Evaluation.of(tiny(**changes), row, variant, reference)

    return build


@pytest.fixture(scope="session")
def genomes() -> Callable[[NasDip, int], list[Genome]]:
    """A function that returns so many valid genomes of a space."""

    def draw(space: NasDip, count: int) -> list[Genome]:
        drawn = (space.sample(keyed(0, k)) for k in range(10_000))
        return list(islice((genome for genome in drawn if space.invalid(genome) is None), count))

    return draw
