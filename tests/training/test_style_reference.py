"""The batched sweep computes what a plain loop over single configurations computes."""

import itertools

import pytest
import torch

from lib.data import pictures
from lib.models.vgg import ENCODERS, VGG
from lib.training.style import Hyperparameters, KerasAdam, Objective, Targets, descend
from tests.reference import style_loop
from tests.reference.style_loop import Features, Weights

ENCODER = ENCODERS["vgg16"]
CONFIGURATIONS = [
    Weights(lr=0.02, style=1e-3, content=5.0, tv=30.0, eps=0.1),
    Weights(lr=0.05, style=1e-2, content=0.5, tv=0.1, eps=1e-3),
    Weights(lr=0.001, style=1e-5, content=500.0, tv=0.0, eps=10.0),
]
SMALL = Weights(lr=0.02, style=1e-3, content=5.0, tv=7680.0, eps=25.6)  # the first, converted from 512 to 32 px


@pytest.fixture
def double():
    """Float64 everywhere, the encoder's mean and deviation included."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def pictures_of(height, width):
    """A photo and a style of another shape, both (1, 3, H, W) in the default precision."""
    photo, style = (pictures.picture(name, side=64, fit="square")[None] for name in ("astronaut", "swirl"))
    photo, style = photo.to(torch.get_default_dtype()), style.to(torch.get_default_dtype())
    return photo[..., :height, :width].contiguous(), style[..., : width + 3, :height].contiguous()


def sweep(state, pair, start, configurations, steps):
    """All configurations as one batch (B, 3, H, W), started from (B, 3, H, W)."""
    objective = Objective()
    network = VGG(state, ENCODER, objective.layers).to(memory_format=torch.channels_last)
    names = ("lr", "style", "content", "tv", "eps")
    hyper = Hyperparameters(*(torch.tensor([getattr(one, name) for one in configurations]) for name in names))
    targets = Targets.of(network, objective, *pair)
    return descend(network, targets, start, hyper, KerasAdam(hyper), steps=steps, log_every=steps).images


def loop(state, pair, starts, configurations, steps, **options):
    """The same by the plain loop."""
    features = Features(state, ENCODER.gains)
    runs = zip(configurations, starts, strict=True)
    return torch.cat([style_loop.stylize(features, pair, x[None], one, steps, **options) for one, x in runs])


def test_steps_of_the_batch_equal_the_plain_loops_in_double_precision(weights, double):
    state = {name: value.double() for name, value in weights.load("vgg16").items()}
    pair = pictures_of(37, 50)
    start = pair[0].expand(3, -1, -1, -1)
    batch = sweep(state, pair, start, CONFIGURATIONS, steps=2)
    plain = loop(state, pair, start, CONFIGURATIONS, steps=2, targets_once=True)
    assert (plain - start).abs().amax((1, 2, 3)).min() > 1e-4  # every image has moved
    torch.testing.assert_close(batch, plain, rtol=0, atol=1e-10)


def test_targets_computed_once_change_nothing_in_the_plain_loop(weights):
    pair = pictures_of(32, 32)
    arguments = (weights.load("vgg16"), pair, pair[0], CONFIGURATIONS[:1], 2)
    assert torch.equal(loop(*arguments), loop(*arguments, targets_once=True))


def test_in_single_precision_the_batch_is_nearer_to_the_plain_loop_than_two_seeds_are_to_each_other(weights):
    state, pair = weights.load("vgg16"), pictures_of(32, 32)
    noise = torch.randn(3, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    starts, same = (pair[0] + 1e-3 * noise).clamp(0, 1), [SMALL] * 3
    batch = sweep(state, pair, starts, same, 4)
    plain = loop(state, pair, starts, same, 4, targets_once=True)
    between_seeds = min(float((a - b).square().mean()) for a, b in itertools.combinations(plain, 2))
    assert float((batch - plain).square().mean()) < between_seeds
