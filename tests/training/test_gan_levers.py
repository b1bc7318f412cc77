"""What makes a step of a GAN faster changes no number: steps in float64 beside a plain eager program."""

import pytest
import torch

from lib.models.autogan import SharedGenerator
from lib.models.sngan_discriminator import Discriminator
from lib.spaces.autogan import LENGTHS, NAMED, AutoGan
from lib.training.gan import Gan, GanSettings
from tests.reference.gan_eager import EagerGan

SETTINGS = GanSettings(width=8, d_width=8, bottom=4, latent=5, d_batch=3, g_batch=4, n_critic=1, lr=2e-3,
                       skip_out="pre_sum", precision="float32", device="cpu")  # fmt: skip
CASES = [*((name, 3) for name in NAMED), ("a", 1), ("a", 2)]


@pytest.mark.parametrize(("name", "cells"), CASES)
def test_three_rounds_equal_the_plain_ones_in_double_precision(name, cells):
    genome = AutoGan().parse(NAMED[name])[: LENGTHS[cells - 1]]
    networks = SharedGenerator(8, latent=5).double(), Discriminator(8).double()
    plain, ours = EagerGan(genome, *networks, SETTINGS.lr), Gan(*networks, SETTINGS)
    before = {name: value.clone() for name, value in plain.generator.state_dict().items()}
    rng = torch.Generator().manual_seed(0)
    for _ in range(3):
        real = torch.rand(3, 3, 4 * 2**cells, 4 * 2**cells, generator=rng, dtype=torch.float64) * 2 - 1
        d_z, g_z = torch.randn(7, 5, generator=rng, dtype=torch.float64).split((3, 4))
        expected = plain.d_step(real, d_z), plain.g_step(g_z)
        found = ours.d_step(real, d_z, genome, cells=cells), ours.g_step(g_z, genome, cells=cells)
        torch.testing.assert_close(found, expected, rtol=0, atol=1e-10)
    for network, own in ((ours.generator, plain.generator), (ours.discriminator, plain.discriminator)):
        state = network.state_dict()
        for key, value in own.state_dict().items():
            torch.testing.assert_close(state[key], value, rtol=0, atol=1e-8, check_stride=False)
    assert not torch.equal(plain.generator.state_dict()["stem.weight"], before["stem.weight"])
