"""The baseline's counts, a plain CycleGAN's outputs, and derived networks of any genotype."""

import pytest
import torch

from lib.models.cyclegan import CycleGanGenerator, Discriminator, Generator, PatchGan, initialise, macs, parameters
from lib.spaces import cycleganas
from lib.spaces.base import keyed
from lib.spaces.cycleganas import CycleGanas, cyclegan, generator_genotype
from tests.reference.cycleganas import resnet

SPACES = [CycleGanas(2), CycleGanas(1, "repo")]


def pictures(side=32, batch=1, seed=0):
    return torch.rand(batch, 3, side, side, generator=torch.Generator().manual_seed(seed)) * 2 - 1


@pytest.mark.parametrize(
    ("H", "blocks", "size"),
    [(16, 9, 715_651), (32, 9, 2_850_563), (48, 9, 6_404_739), (64, 9, 11_378_179), (96, 9, 25_582_851),
     (128, 9, 45_464_579), (4, 2, 13_379), (8, 2, 50_947), (16, 2, 198_659)],
)  # fmt: skip
def test_cyclegan_has_the_specified_parameters(H, blocks, size):
    with torch.device("meta"):
        assert parameters(CycleGanGenerator(H, blocks)) == size


@pytest.mark.parametrize(("ndf", "size"), [(16, 175_089), (32, 694_241), (64, 2_764_737)])
def test_patchgan_has_the_specified_parameters_as_has_a_discriminator_of_4x4_convolutions(ndf, size):
    with torch.device("meta"):
        assert parameters(PatchGan(ndf)) == size == parameters(Discriminator(("conv_4x4",) * 4, ndf))


@pytest.mark.parametrize(("H", "count"), [(16, 3_328_180_224), (64, 49_551_507_456), (128, 195_739_779_072)])
def test_cyclegan_takes_the_specified_operations(H, count):
    with torch.device("meta"):
        assert macs(CycleGanGenerator(H), 256) == count


def test_as_many_operations_are_counted_where_they_are_computed():
    operations = ("max_pool", "conv_7x7", "dil_conv_5x5", "conv_4x4")
    with torch.device("meta"):
        counts = [macs(network, 32) for network in (PatchGan(2), Discriminator(operations, 2))]
    assert counts == [macs(PatchGan(2), 32), macs(Discriminator(operations, 2), 32)]
    taps = [1 * 3 * 2 * 16**2, 49 * 2 * 4 * 8**2, 25 * 4 * 8 * 4**2, 16 * 8 * 16 * 2**2, 16 * 16 * 1]
    assert counts[1] == sum(taps)


@pytest.mark.parametrize(("side", "logits"), [(256, 30), (128, 14), (64, 6), (32, 2)])
def test_patchgan_has_the_specified_logits(side, logits):
    assert PatchGan(1)(pictures(side)).shape == (1, 1, logits, logits)


@pytest.mark.parametrize(("side", "logits"), [(256, 15), (128, 7), (64, 3), (32, 1)])
def test_a_searched_discriminator_has_the_specified_logits(side, logits):
    found = Discriminator(("max_pool", "conv_7x7", "dil_conv_5x5", "conv_4x4"), 1)
    assert found(pictures(side)).shape == (1, 1, logits, logits)


def test_the_code_s_discriminator_has_spectral_norm_but_for_pools_and_28_logits():
    operations = ("max_pool", "conv_4x4", "avg_pool", "conv_3x3", "dil_conv_5x5")
    found = Discriminator(operations, 4)
    assert found(pictures(256)).shape == (1, 1, 28, 28)
    assert [name.split(".")[1] for name, _ in found.named_parameters() if "original" in name] == ["1", "3", "4"]
    for slot in ("1", "3", "4"):
        weight = found.layers[slot].conv.weight.flatten(1)
        assert torch.linalg.matrix_norm(weight, 2).item() == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("space", SPACES)
def test_the_formula_counts_the_parameters_of_random_genotypes(space, seed):
    genotype, H = space.decode(space.sample(keyed(seed))).G_A, 3 + seed
    with torch.device("meta"):
        assert parameters(Generator(genotype, H)) == cycleganas.parameters(genotype, H)


def test_all_3x3_is_the_cyclegan_generator_weight_for_weight():
    ours, plain = Generator(cyclegan(2), 3).double(), resnet(3, 2).double()
    pairs = list(zip(ours.parameters(), plain.parameters(), strict=True))
    assert all(mine.shape == theirs.shape for mine, theirs in pairs)
    with torch.no_grad():
        for mine, theirs in pairs:
            theirs.copy_(mine.normal_(0, 0.3))
        torch.testing.assert_close(ours(pictures(36).double()), plain(pictures(36).double()), rtol=0, atol=1e-12)


@pytest.mark.parametrize("space", SPACES)
def test_random_networks_paint_and_judge_pictures(space):
    genotype = space.decode(space.sample(keyed(5)))
    painted = Generator(genotype.G_B, 2)(pictures(48, 2))
    assert painted.shape == (2, 3, 48, 48)
    assert painted.abs().max() <= 1
    assert Discriminator(genotype.D_A, 2)(painted).shape == (2, 1, 2, 2)


def test_decode_operations_keep_their_order():
    genotype = generator_genotype(["conv_3x3"] * 4 + ["nearest", "conv_t_3x3"])
    layers = Generator(genotype, 2).layers
    assert layers["d0"].conv.kernel_size == (1, 1)
    assert layers["d1"].conv.kernel_size == (3, 3)
    assert layers["d1"].conv.weight.shape[:2] == (4, 2)


def test_weights_start_normal_keyed_by_seed_and_name_and_nothing_else_moves():
    before = torch.random.get_rng_state()
    narrow, wide, other = CycleGanGenerator(4, 2), CycleGanGenerator(4, 3), CycleGanGenerator(4, 2)
    initialise(other, 1)
    assert torch.equal(torch.random.get_rng_state(), before)
    weights = [network.layers["r00"].conv.weight for network in (narrow, wide, other)]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])
    assert weights[0].std().item() == pytest.approx(0.02, rel=0.1)
    assert not any(p.any() for name, p in narrow.named_parameters() if name.endswith("bias"))
