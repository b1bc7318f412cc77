"""A study with synthetic records of every part, and what calls for pictures of one's own train on."""

from dataclasses import replace

import pytest
import torch

from lib.data import images
from lib.papers.autogan.settings import Settings
from lib.papers.one_cell import desk
from tests.papers.autogan import world
from tests.reference.stored_study import fixtures

stored_folder, study = fixtures("autogan", world.fill)


@pytest.fixture(scope="session")
def tiny():
    """Settings of a search and trainings that take no time."""
    return replace(
        desk(Settings, "04_autogan"), profile="custom", device="cpu", data="patches", pictures=42, side=16,
        widths=[4, 4], derived_widths=[4, 4], batches=[4, 4], stages=[1, 1, 1], shared_steps=2,
        controller_steps=[1, 1, 1], reward_images=4, beams=[2, 1], reset_window=8, derived=["a"],
        derived_steps=[1, 1, 1], images=8,
    )  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    """A function that saves random pictures, of so many classes in sub-folders of their own, and returns the folder."""

    def make(count=12, side=36, classes=2):
        for k in range(count):
            picture = torch.rand(3, side, side + 4, generator=torch.Generator().manual_seed(k))
            images.save(picture, tmp_path / "own" / (f"class {k % classes}" if classes > 1 else "") / f"{k}.png")
        return tmp_path / "own"

    return make
