"""Settings of the smallest study that computes, and an encoder so slim that a whole part takes a moment."""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest
import torch

from lib.models import vgg
from lib.papers.nst import transfer
from lib.papers.nst.presets import preset
from lib.papers.nst.settings import Settings

TINY = {
    "profile": "custom", "parts": [], "device": "cpu", "threads": 1, "fresh": False, "seed": 0, "encoder": "vgg16",
    "content": "astronaut", "contents": ["astronaut", "coffee"],
    "styles": ["pixels", "hatching"], "shown_styles": [], "contrast_styles": [], "photos": "", "side": 48, "steps": 2,
    "log_every": 1, "batch": 2, "replicates": 1, "rates": [0.01],
    "small_side": 32, "small_steps": 2, "heatmap_rates": [0.01, 0.05],
    "heatmap_ratios": [1e-7, 1e-5, 2e-4], "trials": 6, "evaluations": 3,
}  # fmt: skip


@pytest.fixture(scope="session")
def tiny() -> Callable[..., Settings]:
    """A function that returns the smallest settings with the changes given."""

    def settings(**changes: Any) -> Settings:
        return Settings.pick({**TINY, **changes})

    return settings


@cache
def _slim(encoder: str, name: str, where: str = "cpu") -> vgg.VGG:
    """What `transfer.encoder_for` returns, with 16 channels a layer and random weights of the usual size."""
    random = torch.Generator().manual_seed(0)
    state, inner = {}, 3
    for layer in vgg.layer_names("vgg16"):
        state[f"{layer}.weight"] = torch.randn(16, inner, 3, 3, generator=random) * (2 / (9 * inner)) ** 0.5
        state[f"{layer}.bias"], inner = torch.zeros(16), 16
    network = vgg.VGG(state, vgg.find("vgg16"), preset(name).objective.layers)
    return network.to(memory_format=torch.channels_last).eval()


@pytest.fixture(scope="session")
def slim(weights: object) -> Callable[..., vgg.VGG]:
    """The slim encoder's `encoder_for`; the judge's weights are there as well."""
    return _slim


@pytest.fixture(scope="module")
def slim_encoder(slim: Callable[..., vgg.VGG]) -> Iterator[None]:
    """The slim encoder in the place of the pretrained one for every test of the module."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(transfer, "encoder_for", slim)
        yield
