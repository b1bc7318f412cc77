"""StyleNAS' decoder: the specification's counts, a plain program's outputs, transforms, tiles, weights' draws."""

from functools import lru_cache

import numpy as np
import pytest
import torch

from lib.models import photoreal, wct
from lib.models.photoreal import PhotorealDecoder, initialise, macs, parameters
from lib.spaces.stylenas import NAMED, POSITIONS, StyleNas
from tests.reference.narrow_stylenas import CHANNELS, SHARE, narrow
from tests.reference.photoreal_plain import PlainDecoder

SPACE = StyleNas()
EMPTY = NAMED["empty"]
MILLIONS = {"empty": 3.452, "S5-ref": 6.147, "S7": 6.141, "S9-ref": 5.887, "oracle": 16.723}
GMACS = {"empty": 6.49, "S7": 9.10, "oracle": 30.0}
ADDED = {  # parameters and GMAC at 256x256 of each bit alone; those not here add nothing
    1: (262_144, 0.067), 2: (131_072, 0.034), 3: (65_536, 0.017), 4: (32_768, 0.008), 6: (2_359_808, 0.604),
    7: (2_359_808, 2.416), 11: (2_359_296, 2.416), 12: (2_359_808, 2.416), 13: (1_048_576, 1.074), 14: (590_080, 2.416),
    18: (589_824, 2.416), 19: (590_080, 2.416), 20: (262_144, 1.074), 21: (147_584, 2.416), 25: (73_728, 1.208),
    26: (36_928, 2.416), 30: (1_728, 0.113),
}  # fmt: skip
CONDITIONAL = {10: 11, 17: 18, 24: 25, 29: 30, 15: 11, 22: 18, 27: 25, 31: 30}  # bits without effect before another


def architecture(text):
    return SPACE.decode(SPACE.named(text))


def ones(*positions):
    return "".join("01"[place in positions] for place in range(32))


@lru_cache
def taps(seed=0, batch=1, width=32, height=32, dtype=torch.float32):
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(batch, channels, height >> i, width >> i, generator=generator, dtype=dtype).relu()
            for i, channels in enumerate(CHANNELS)]  # fmt: skip


@lru_cache
def decoder(text):
    return PhotorealDecoder(architecture(text))


@pytest.fixture(autouse=True)
def narrow_and_without_gradients(monkeypatch):
    narrow(monkeypatch)
    with torch.no_grad():
        yield


@pytest.fixture
def full(monkeypatch):
    """The networks in their full width."""
    monkeypatch.undo()


def styled(network, content=0, style=1, maps=None):
    return network(taps(content), network.code(taps(style)), maps)


@pytest.mark.parametrize("name", NAMED)
def test_named_networks_have_the_specified_size(name, full):
    count = parameters(architecture(name))
    assert round(count / 1e6, 3) == MILLIONS[name]
    assert count == sum(p.numel() for p in PhotorealDecoder(architecture(name)).parameters())
    if name in GMACS:
        assert macs(architecture(name), 256, 256) / 1e9 == pytest.approx(GMACS[name], abs=0.02)


@pytest.mark.parametrize("position", POSITIONS)
def test_a_bit_adds_the_specified_parameters_and_arithmetic(position, full):
    empty, one = architecture(EMPTY), architecture(ones(position))
    count, giga = ADDED.get(position, (0, 0))
    assert parameters(one) - parameters(empty) == count
    assert (macs(one, 256, 256) - macs(empty, 256, 256)) / 1e9 == pytest.approx(giga, abs=5e-4)


@pytest.mark.parametrize("text", [EMPTY, *(ones(position) for position in POSITIONS)])
def test_the_picture_has_the_taps_size(text):
    picture = PhotorealDecoder(architecture(text))(taps(width=64, batch=2))
    assert picture.shape == (2, 3, 32, 64)
    assert picture.isfinite().all()


@pytest.mark.parametrize("seed", range(5))
def test_random_networks_paint_pictures_of_the_taps_size(seed):
    network = PhotorealDecoder(SPACE.decode(SPACE.sample(np.random.default_rng(seed))))
    picture = network(taps(width=64), network.code(taps(1, width=48)))  # a style of another size
    assert picture.shape == (1, 3, 32, 64)
    assert picture.isfinite().all()


PLAIN = ["S7", "oracle", ones(2, 5, 9, 13, 17, 18, 22, 23, 24, 25, 27, 31), ones(0, 4, 7, 15, 11, 10, 16, 20, 30)]


@pytest.mark.parametrize("text", PLAIN)
def test_outputs_are_those_of_a_plain_network(text):
    """Kernels are copied in the order of the plain concatenations; transforms are on, style decoded in full."""
    ours = PhotorealDecoder(architecture(text)).double()
    plain = PlainDecoder(NAMED.get(text, text), SHARE).double()
    for convolution in ours.convolutions():
        theirs = getattr(plain, convolution.layer.name)
        theirs.weight.copy_(torch.cat([kernel.permute(0, 3, 1, 2) for kernel in convolution.kernels], 1))
        theirs.bias.copy_(convolution.bias)
    content, style = taps(dtype=torch.float64), taps(1, width=48, dtype=torch.float64)
    torch.testing.assert_close(ours(content), plain(content), rtol=0, atol=1e-10)
    painted = ours(content, ours.code(style))
    torch.testing.assert_close(painted, plain(content, style), rtol=0, atol=1e-8)
    assert (painted - ours(content)).abs().max() > 1e-4


@pytest.mark.parametrize(("position", "needed"), CONDITIONAL.items())
def test_a_bit_without_effect_leaves_the_picture_as_it_is(position, needed):
    assert torch.equal(styled(decoder(ones(position))), styled(decoder(EMPTY)))
    without, with_it = (styled(PhotorealDecoder(architecture(text))) for text in (ones(needed), ones(position, needed)))
    assert not torch.equal(with_it, without)


def count_convolutions(network, monkeypatch):
    calls, plain = [], photoreal.convolve
    monkeypatch.setattr(photoreal, "convolve", lambda *a, **b: calls.append(1) or plain(*a, **b))
    network.code(taps(1))
    return len(calls)


@pytest.mark.parametrize(
    ("positions", "run"), [((11, 15, 30, 31), 0), ((0, 11, 15), 0), ((5,), 1), ((9,), 1), ((0, 16), 3), ((28,), 6)]
)
def test_the_style_is_decoded_no_further_than_its_last_transform(positions, run, monkeypatch):
    assert count_convolutions(decoder(ones(*positions)), monkeypatch) == run


def test_maps_replayed_paint_the_identical_picture_and_measure_nothing(monkeypatch):
    network, maps = decoder("oracle"), {}
    recorded = styled(network, maps=maps)
    assert set(maps) == {0, 5, 9, 15, 16, 22, 23, 27, 28, 31, "r1", "r2", "r3", "r4"}
    code, held = network.code(taps(1)), dict(maps)
    monkeypatch.setattr(wct, "fit", None)
    monkeypatch.setattr(photoreal, "_moments", None)
    assert torch.equal(network(taps(), code, maps), recorded)
    assert torch.equal(recorded, network(taps(), code, maps))
    assert maps == held


def test_wrong_taps_are_refused():
    network = decoder(EMPTY)
    with pytest.raises(ValueError, match="2 pictures came with a code"):
        network(taps(batch=2), network.code(taps(1)))
    with pytest.raises(ValueError, match="taps have the shapes"):
        network(taps()[:4])
    with pytest.raises(ValueError, match="taps have the shapes"):
        network(taps(width=40))
    with pytest.raises(ValueError, match="taps have the shapes"):
        network([*taps()[:4], taps(width=64)[4]])


def test_features_that_are_not_finite_cannot_be_transformed():
    broken = [torch.full_like(tap, float("nan")) for tap in taps()]
    with pytest.raises(wct.TransformError):
        decoder("S7")(broken, decoder("S7").code(taps(1)))


def test_what_two_decoders_share_starts_equal():
    def weights(text, seed):
        network = PhotorealDecoder(architecture(text))
        initialise(network, seed)
        return dict(network.named_parameters())

    small, large, other = weights("S7", 3), weights("oracle", 3), weights("S7", 4)
    assert torch.equal(small["layers.d2_join.bias"], large["layers.d2_join.bias"])
    torch.testing.assert_close(small["layers.d3_reduce.bias"], large["layers.d3_reduce.bias"] * 3)  # 1x1 and 3x3
    first, second = small["layers.d0_join.kernels.0"], large["layers.d0_join.kernels.0"]
    torch.testing.assert_close(first * (1152 / 1472) ** 0.5, second)
    assert not torch.equal(first, other["layers.d0_join.kernels.0"])
    assert not torch.equal(small["layers.d2_join.kernels.0"], small["layers.d2_join.kernels.1"])


def test_weights_are_drawn_as_pytorch_does_by_default_and_nothing_else_moves():
    network, before = PhotorealDecoder(architecture("S7")), torch.random.get_rng_state()
    initialise(network, 1)
    assert torch.equal(torch.random.get_rng_state(), before)
    for name, convolution in network.layers.items():
        bound = (convolution.layer.filter**2 * sum(convolution.layer.inputs)) ** -0.5
        for p in convolution.parameters():
            assert p.abs().max() <= bound, name
        kernel = convolution.kernels[0]
        assert kernel.mean().abs() < 5 * bound / kernel.numel() ** 0.5
        assert kernel.std() == pytest.approx(bound / 3**0.5, rel=0.05)
