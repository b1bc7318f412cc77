"""Speed of a style-transfer sweep: one batch, beside a plain loop over its configurations.

Twenty steps of eight learning rates. The batch also logs losses and gradients at its first and last step; the loops
log nothing. The loop that computes its targets once shows how much of the ratio the precomputed targets make.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import pytest
import torch
from torch import Tensor

from lib.data import pictures
from lib.models import vgg
from lib.training.style import Hyperparameters, KerasAdam, Objective, Targets, descend
from lib.weights import load
from tests.benchmarks.yardstick import gflop
from tests.reference import style_loop

RATES, STEPS = torch.linspace(0.001, 0.02, 8), 20
STYLE, CONTENT, TV, EPS = 1e-3, 5.0, 30.0, 0.1


@dataclass
class Scene:
    """A content and a style (1, 3, side, side), as both programs take them."""

    pair: tuple[Tensor, Tensor]
    network: vgg.VGG
    features: style_loop.Features

    def batch(self) -> Tensor:
        """The sweep's images (8, 3, side, side), targets included in the work."""
        values = (torch.full_like(RATES, value) for value in (STYLE, CONTENT, TV, EPS))
        hyper = Hyperparameters(RATES, *values)
        targets = Targets.of(self.network, Objective(), *self.pair)
        start = self.pair[0].expand(len(RATES), -1, -1, -1)
        return descend(self.network, targets, start, hyper, KerasAdam(hyper), steps=STEPS, log_every=STEPS).images

    def plain(self, configurations: int, *, targets_once: bool) -> Tensor:
        """The same images of the first configurations, one after the other."""
        return torch.cat([
            style_loop.stylize(self.features, self.pair, self.pair[0], style_loop.Weights(lr, STYLE, CONTENT, TV, EPS),
                               STEPS, targets_once=targets_once)
            for lr in RATES[:configurations].tolist()
        ])  # fmt: skip


@pytest.fixture(scope="module", params=[64, 128])
def scene(request: pytest.FixtureRequest, weights: object) -> Scene:
    """A photo and a procedural style at 64 and at 128 px, with the pretrained encoder."""
    photo, style = (pictures.picture(name, side=request.param, fit="square")[None] for name in ("chelsea", "swirl"))
    features = style_loop.Features(load("vgg16"), vgg.VGG16_GAINS)
    return Scene((photo, style), vgg.load("vgg16"), features)


@pytest.fixture
def swept(timed, scene) -> Callable[..., Tensor]:
    """Times a sweep; its images."""
    return partial(timed, group=f"style sweep, {len(RATES)} x {STEPS} steps at {scene.pair[0].shape[-1]} px")


@pytest.mark.parametrize("targets_once", [False, True], ids=["targets anew", "targets once"])
def test_plain_loop(swept, scene, targets_once):
    plain = partial(scene.plain, targets_once=targets_once)
    work = len(RATES) * gflop(plain, 1)
    images = swept("variant" if targets_once else "reference", partial(plain, len(RATES)), rounds=2, gflop=work)
    moved = (images - scene.pair[0]).square().mean((1, 2, 3))
    assert (moved.diff() > 0).all(), "a larger rate moves the picture further"


def test_batch(benchmark, swept, scene):
    images = swept("fast", scene.batch, rounds=4, gflop=gflop(scene.batch))
    alone = scene.plain(1, targets_once=True)
    difference = float((images[:1] - alone).square().mean())
    benchmark.extra_info["accuracy"] = f"mean squared difference {difference:.0e}"
    assert difference < 1e-6
