"""Speed of AutoGAN's D-step and G-step at the search's widths, genome a at 32 px, beside a plain eager program.

The plain program follows the authors' code; see `tests/reference/gan_eager.py` for what it computes for nothing.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from lib.device import cores
from lib.models.autogan import SharedGenerator
from lib.models.sngan_discriminator import Discriminator
from lib.spaces.autogan import NAMED, AutoGan
from lib.training.gan import Gan, GanSettings
from tests.benchmarks.yardstick import gflop
from tests.reference.gan_eager import EagerGan

SETTINGS = GanSettings(width=128, d_width=64, bottom=4, latent=128, d_batch=64, g_batch=128, n_critic=5, lr=2e-4,
                       skip_out="pre_sum", precision="float32", device="cpu")  # fmt: skip
GENOME = AutoGan().parse(NAMED["a"])
BATCHES = {"D": SETTINGS.d_batch, "G": SETTINGS.g_batch}
Steps = dict[str, Callable[[], Tensor]]


def plain() -> Steps:
    """A step of each of the plain networks; they start with the weights of ours."""
    gan = EagerGan(GENOME, SharedGenerator(128), Discriminator(64), SETTINGS.lr)
    real, z = data()
    return {"D": lambda: gan.d_step(real, z["D"]), "G": lambda: gan.g_step(z["G"])}


def ours(precision: str) -> Steps:
    """A step of each of ours."""
    gan = Gan(SharedGenerator(128), Discriminator(64), replace(SETTINGS, precision=precision))
    real, z = data()
    return {"D": lambda: gan.d_step(real, z["D"], GENOME), "G": lambda: gan.g_step(z["G"], GENOME)}


def data() -> tuple[Tensor, dict[str, Tensor]]:
    """A batch of pictures (noise), and z of each step."""
    rng = torch.Generator().manual_seed(0)
    real = torch.rand(BATCHES["D"], 3, 32, 32, generator=rng) * 2 - 1
    return real, {name: torch.randn(n, SETTINGS.latent, generator=rng) for name, n in BATCHES.items()}


@pytest.fixture(scope="module")
def losses() -> dict[str, list[float]]:
    """Of the plain program's first steps, filled by it."""
    return {}


@pytest.fixture
def first_losses(timed) -> Callable[..., list[float]]:
    """Times a step on all cores; the losses of its first three steps."""

    def run(role: str, kind: str, step: Callable[[], Tensor]) -> list[float]:
        torch.set_num_threads(cores())
        found: list[Any] = [step(), step()]  # not timed: caches of the library, moments of Adam
        work = gflop(lambda: found.append(step()))
        group = f"AutoGAN, {kind}-step at widths 128 and 64, batch {BATCHES[kind]}, 32 px"
        timed(role, step, rounds=3, group=group, gflop=work)
        return [loss.item() for loss in found]

    return run


@pytest.mark.parametrize("kind", BATCHES)
def test_plain_step(first_losses, losses, kind):
    losses[kind] = first_losses("reference", kind, plain()[kind])
    assert np.isfinite(losses[kind]).all()


@pytest.mark.parametrize("kind", BATCHES)
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_ours(benchmark, first_losses, losses, kind, precision):
    fast = precision == "float32"
    found = first_losses("fast" if fast else "variant", kind, ours(precision)[kind])
    difference = np.abs(np.array(found) / losses[kind] - 1).max()
    benchmark.extra_info["accuracy"] = f"first losses within {difference:.0e}"
    assert difference < (1e-3 if fast else 0.1)
