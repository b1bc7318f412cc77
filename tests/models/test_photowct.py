"""PhotoWCT's cascade: golden sizes, un-pooling by the current picture's indices, one encoding of the style."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

from lib.models import photowct, wct
from lib.models.normalised_vgg import CHANNELS
from lib.models.photowct import DEPTHS, InverseVGG, PhotoWCT
from tests.reference import narrow_stylenas

GOLDEN = {4: (3_505_219, 15.8), 3: (555_075, 7.4), 2: (112_451, 3.7), 1: (1_731, 0.1)}


@pytest.fixture
def encoder(monkeypatch):
    """A narrow encoder; decoders built beside it have its widths."""
    share = narrow_stylenas.SHARE
    rows = tuple(tuple(step and (step[0] // share, step[1] // share or 3) for step in row) for row in photowct.ROWS)
    monkeypatch.setattr(photowct, "ROWS", rows)
    return narrow_stylenas.encoder()


@pytest.fixture
def cascade(encoder):
    torch.manual_seed(0)
    return PhotoWCT(encoder, {depth: InverseVGG(depth) for depth in DEPTHS})


def pictures(height=32, width=48, seed=0):
    return torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(seed))


def plain_inverse(network, features, indices):
    """The decoder of depth 4 written out."""

    convolutions = iter([layer for layer in network.layers if isinstance(layer, nn.Conv2d)])
    x = features
    for level, count in ((2, 1), (1, 4), (0, 2)):
        for _ in range(count):
            x = step(next(convolutions), x).relu()
        x = F.max_unpool2d(x, indices[level], 2)
    x = step(next(convolutions), x).relu()
    return step(next(convolutions), x)


def step(convolution, x):
    return F.conv2d(F.pad(x, (1, 1, 1, 1), mode="reflect"), convolution.weight, convolution.bias)


@pytest.mark.parametrize(("depth", "parameters", "gmac"), [(depth, *golden) for depth, golden in GOLDEN.items()])
def test_golden_sizes_and_costs(depth, parameters, gmac):
    with torch.device("meta"), FlopCounterMode(display=False) as counter:
        network, side = InverseVGG(depth), 256 >> depth - 1
        indices = [torch.zeros(1, CHANNELS[level], 128 >> level, 128 >> level, dtype=torch.long)
                   for level in range(depth - 1)]  # fmt: skip
        network(torch.zeros(1, CHANNELS[depth - 1], side, side), indices)
    assert sum(p.numel() for p in network.parameters()) == parameters
    assert counter.get_total_flops() / 2e9 == pytest.approx(gmac, abs=0.05)


@pytest.mark.parametrize("size", [(32, 32), (40, 64)])
@pytest.mark.parametrize("depth", DEPTHS)
def test_the_picture_comes_back_in_its_size(encoder, size, depth):
    assert InverseVGG(depth)(*encoder.encode(pictures(*size), depth)).shape == (1, 3, *size)


def test_the_decoder_equals_one_written_out(encoder):
    code, network = encoder.encode(pictures(), 4), InverseVGG(4)
    torch.testing.assert_close(network(*code), plain_inverse(network, *code), atol=1e-6, rtol=1e-5)


def test_a_pooling_whose_maxima_lay_elsewhere_gives_another_picture(encoder):
    torch.manual_seed(0)  # a narrow decoder of unlucky weights may give the same picture whatever it sees
    (features, pooled), network = encoder.encode(pictures(), 3), InverseVGG(3)
    picture = network(features, pooled)
    for moved in (0, 1):
        indices = [index.flip(1) if i == moved else index for i, index in enumerate(pooled)]
        assert not torch.allclose(network(features, indices), picture, atol=1e-4)


def test_every_stage_unpools_by_the_indices_of_the_picture_that_it_was_given(cascade, monkeypatch):
    given, used = [], []
    encode = cascade.encoder.encode
    monkeypatch.setattr(
        cascade.encoder, "encode", lambda picture, depth: given.append(picture) or encode(picture, depth)
    )
    for depth, network in cascade.decoders.items():
        network.register_forward_hook(
            lambda module, inputs, output, depth=depth: used.append((depth, inputs[1], output))
        )
    result = cascade.stylise(pictures(), pictures(seed=1))
    assert [depth for depth, _, _ in used] == [4, 3, 2, 1]
    assert all(map(torch.equal, [*given, result], [pictures(), *(output for *_, output in used)]))  # not clamped
    assert any(output.min() < 0 or output.max() > 1 for *_, output in used)
    for picture, (depth, indices, _) in zip(given, used, strict=True):
        assert all(map(torch.equal, indices, encode(picture, depth)[1]))


def test_the_style_is_encoded_once_for_all_stages(cascade):
    shapes = []
    cascade.encoder.register_forward_hook(lambda module, inputs, output: shapes.append((inputs[0].shape, len(output))))
    cascade.stylise(pictures(), pictures(64, 32, seed=1))
    assert shapes == [((1, 3, 64, 32), 4)]


def test_pictures_that_are_not_finite_are_refused(cascade):
    with pytest.raises(wct.TransformError, match="not finite"):
        cascade.stylise(pictures(), pictures() / 0 - pictures() / 0)
