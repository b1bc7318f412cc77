"""Networks from architectures: published counts, the classical network's exact outputs, determinism."""

import hashlib
from dataclasses import replace

import pytest
import torch
from torch.nn import functional as F

from lib.models.dip import DipNetwork, NetworkOptions, initialise, macs, parameters
from lib.models.dip_classical import CLASSICAL, F16, classical
from lib.spaces.nasdip import Architecture, Stage
from tests.reference.dip_skip import GenomeNetwork, skip_network

LARGEST = Architecture((Stage(15, 64),) * 5, (Stage(15, 64),) * 5, ((15,) * 5,) * 5)
MIXED = Architecture(
    (Stage(5, 6), Stage(3, 4), Stage(1, 9)), (Stage(3, 5), Stage(7, 3), Stage(3, 4)), ((2, 0, 3), (1, 4, 0), (5, 1, 2))
)
PUBLISHED = [(known.architecture, known.input_channels) for known in CLASSICAL.values()]


@pytest.mark.parametrize(("architecture", "inputs"), [*PUBLISHED, (LARGEST, 32)])
def test_parameters_are_counted_as_they_are_built(architecture, inputs):
    options = NetworkOptions(input_channels=inputs)
    built = sum(p.numel() for p in DipNetwork(architecture, options).parameters())
    assert parameters(architecture, options) == built
    assert architecture != LARGEST or built == 18_811_830


@pytest.mark.parametrize(
    ("architecture", "side", "giga"),
    [(F16, 512, 77.495), (F16, 256, 19.374), (F16, 64, 1.2109), (LARGEST, 512, 831.5)],
)
def test_arithmetic_is_the_published_one(architecture, side, giga):
    assert macs(architecture, NetworkOptions(), side, side) / 1e9 == pytest.approx(giga, rel=1e-4)


def same_weights(ours, theirs):
    """Copies ours into the plain classical network, scale by scale; pairs of parameters, ours first."""
    pairs, scale = [], theirs[0]
    for encoder, decoder in zip(ours.encoders, reversed(ours.decoders), strict=True):
        parts = [(encoder, scale.down), (decoder.skips, scale.skip), (decoder.norm, scale.norm),
                 (decoder.chain, scale.out)]  # fmt: skip
        for mine, plain in parts:
            pairs += zip(mine.parameters(), plain.parameters() if plain else (), strict=True)
        scale = scale.deeper
    return copied([*pairs, *zip(ours.head.parameters(), theirs[1].parameters(), strict=True)])


def same_genome_weights(ours, theirs):
    pairs = [*zip(ours.encoders.parameters(), theirs.encoders.parameters(), strict=True),
             *zip(ours.head.parameters(), theirs.head.parameters(), strict=True)]  # fmt: skip
    for decoder, paths, plain in zip(ours.decoders, theirs.paths, theirs.decoders, strict=True):
        rest = [*decoder.norm.parameters(), *decoder.chain.parameters()]
        pairs += zip(decoder.skips.parameters(), paths.parameters(), strict=True)
        pairs += zip(rest, plain.parameters(), strict=True)
    return copied(pairs)


@torch.no_grad()
def copied(pairs):
    for mine, plain in pairs:
        plain.copy_(mine)
    return pairs


def assert_equal(ours, theirs, pairs, z):
    """Equal outputs and gradients in float64."""
    truth = torch.rand(1, 3, *z.shape[2:], dtype=z.dtype)
    outputs = [network(z) for network in (ours, theirs)]
    torch.testing.assert_close(*outputs, rtol=0, atol=1e-10)
    for output in outputs:
        F.mse_loss(output, truth).backward()
    for mine, plain in pairs:
        torch.testing.assert_close(mine.grad, plain.grad, rtol=0, atol=1e-10)


SMALL = [  # widths, skips, filter going down, 1x1 convolutions, input channels
    (((16,) * 3, (4,) * 3, 3, True), 32),
    (((8, 12, 16), (0, 0, 4), 3, True), 3),
    (((8, 12, 16), (0,) * 3, 5, False), 1),
]


@pytest.mark.parametrize("up", ["bilinear", "nearest"])
@pytest.mark.parametrize(("shape", "inputs"), SMALL)
def test_the_classical_network_equals_its_plain_form(shape, inputs, up):
    widths, skips, down, one_by_one = shape
    architecture = classical(widths, skips, down=down, one_by_one=one_by_one)
    ours = DipNetwork(architecture, NetworkOptions(input_channels=inputs, up=up)).double()
    theirs = skip_network(inputs, widths, skips, size_down=down, one_by_one=one_by_one, up=up).double()
    assert_equal(ours, theirs, same_weights(ours, theirs), torch.rand(1, inputs, 32, 48, dtype=torch.float64))


def test_a_genome_network_equals_its_plain_form():
    ours = DipNetwork(MIXED, NetworkOptions()).double()
    stages = [[(s.filter, s.width) for s in part] for part in (MIXED.encoders, MIXED.decoders)]
    theirs = GenomeNetwork(*stages, MIXED.skips).double()
    assert_equal(ours, theirs, same_genome_weights(ours, theirs), torch.rand(1, 32, 32, 48, dtype=torch.float64))


def digest(network):
    return hashlib.sha256(b"".join(p.detach().numpy().tobytes() for p in network.parameters())).hexdigest()


def test_initialisation_depends_on_the_seed_alone():
    first, second = (DipNetwork(MIXED, NetworkOptions()) for _ in range(2))
    torch.manual_seed(1)
    initialise(first, 7)
    torch.manual_seed(2)
    initialise(second, 7)
    assert digest(first) == digest(second)
    initialise(second, 8)
    assert digest(first) != digest(second)


def test_initialisation_is_that_of_pytorch():
    network = DipNetwork(Architecture((Stage(3, 4),), (Stage(3, 4),), ((0,),)), NetworkOptions())
    initialise(network, 3)
    torch.manual_seed(3)
    plain = torch.nn.Conv2d(32, 4, 3)
    assert torch.equal(network.encoders[0].chain[0].weight, plain.weight)
    assert torch.equal(network.encoders[0].chain[0].bias, plain.bias)


OPTIONS = [{"stage": "single"}, {"skip_tap": "post"}, {"pad": "zeros"}, {"up": "nearest"}, {"input_channels": 2}]


@pytest.mark.parametrize("changes", OPTIONS)
def test_every_option_gives_an_image_and_its_own_counts(changes):
    options = NetworkOptions(**changes)
    network = DipNetwork(MIXED, options)
    image = network(torch.rand(1, options.input_channels, 32, 64))
    assert image.shape == (1, 3, 32, 64)
    assert image.gt(0).all()
    assert image.lt(1).all()
    assert sum(p.numel() for p in network.parameters()) == parameters(MIXED, options)


@pytest.mark.parametrize("part", ["encoders", "decoders"])
@pytest.mark.parametrize("kind", ["resample", "shortcut"])
def test_other_readings_of_a_bypass_keep_the_resolution(part, kind):
    stages = getattr(MIXED, part)
    architecture = replace(MIXED, **{part: (stages[0], replace(stages[1], kind=kind), stages[2])})
    network = DipNetwork(architecture, NetworkOptions())
    assert network(torch.rand(1, 32, 32, 32)).shape == (1, 3, 32, 32)
    assert sum(p.numel() for p in network.parameters()) == parameters(architecture, NetworkOptions())


@pytest.mark.parametrize(("encoders", "decoders"), [(1, 3), (3, 1)])
def test_unequal_depths_meet_by_resizing(encoders, decoders):
    architecture = Architecture((Stage(3, 4),) * encoders, (Stage(3, 4),) * decoders, ((2,) * decoders,) * encoders)
    assert DipNetwork(architecture, NetworkOptions())(torch.rand(1, 32, 32, 32)).shape == (1, 3, 32, 32)


def test_the_output_uses_the_statistics_of_its_own_image():
    network, z = DipNetwork(MIXED, NetworkOptions()), torch.rand(1, 32, 32, 32)
    assert torch.equal(network(z), network.eval()(z))
    assert not dict(network.named_buffers())


@pytest.mark.parametrize("field", ["up", "pad", "stage", "skip_tap"])
def test_unknown_options_are_refused_by_name(field):
    with pytest.raises(ValueError, match=rf"{field} is 'other'; allowed are"):
        NetworkOptions(**{field: "other"})


@pytest.mark.parametrize("shape", [(1, 32, 36, 32), (2, 32, 32, 32), (1, 3, 32, 32)])
def test_inputs_that_do_not_fit_are_refused(shape):
    with pytest.raises(ValueError, match="sides divisible by 8"):
        DipNetwork(MIXED, NetworkOptions())(torch.rand(shape))
