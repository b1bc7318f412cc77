"""The normalised encoder: golden sizes and costs, the taps, the scale of its filters, gradients, refusals."""

import json

import pytest
import torch
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

from lib.models import normalised_vgg, vgg
from lib.models.normalised_vgg import CHANNELS, GUARD, NormalisedVGG, crops, filter_means, load


@pytest.fixture(scope="module")
def encoder(weights):
    return load("vgg16")


@pytest.fixture(scope="module")
def photos():
    return crops()[::10]


def thin(family, width=4, dtype=torch.float64):
    """Random weights of a VGG whose every layer has this many channels."""
    torch.manual_seed(0)
    inner = [3] + [width] * (len(vgg.layer_names(family)) - 1)
    state = {}
    for name, channels in zip(vgg.layer_names(family), inner, strict=True):
        state |= {f"{name}.weight": torch.randn(width, channels, 3, 3, dtype=dtype) / 3,
                  f"{name}.bias": torch.randn(width, dtype=dtype) / 3}  # fmt: skip
    return state


def plain_taps(state, images):
    """The taps of the network before its normalisation, layer by layer."""
    x = (images - torch.tensor(vgg.IMAGENET_MEAN).view(3, 1, 1)) / torch.tensor(vgg.IMAGENET_STD).view(3, 1, 1)
    taps = []
    for name in sorted(key.removesuffix(".weight") for key in state if key.endswith(".weight")):
        if name.endswith("_1") and taps:
            x = F.max_pool2d(x, 2)
        x = F.relu(F.conv2d(F.pad(x, (1, 1, 1, 1), mode="reflect"), state[f"{name}.weight"], state[f"{name}.bias"]))
        taps += [x] if name.endswith("_1") else []
    return taps


def parameters(network):
    return sum(buffer.numel() for buffer in network.buffers())


def full_width(family):
    """An encoder of this shape without its weights."""
    state, inner = {}, 3
    for name in vgg.layer_names(family):
        outer = CHANNELS[int(name[4]) - 1]
        state |= {f"{name}.weight": torch.zeros(outer, inner, 3, 3), f"{name}.bias": torch.zeros(outer)}
        inner = outer
    return NormalisedVGG(state, {}, family, "")


@pytest.mark.parametrize(("family", "count", "gmac"), [("vgg19", 12_944_960, 23.67), ("vgg16", 9_995_072, 18.84)])
def test_golden_parameter_counts_and_costs(family, count, gmac):
    network = full_width(family)
    assert parameters(network) == count
    assert vgg.macs(network.names, 256, 256) / 1e9 == pytest.approx(gmac, abs=0.005)


@pytest.mark.parametrize("depth", [1, 2, 3, 4, 5])
def test_nothing_behind_the_last_tap_runs(encoder, depth):
    images, (height, width) = torch.rand(2, 3, 32, 48), (32, 48)
    with FlopCounterMode(display=False) as counter:
        taps = encoder(images, depth)
    # mirrored borders are convolved as the inside is, so that the count is that of the formula
    run = encoder.names[: encoder.names.index(f"conv{depth}_1") + 1]
    assert counter.get_total_flops() == 2 * 2 * vgg.macs(run, height, width)
    assert [tuple(tap.shape) for tap in taps] == [
        (2, channels, height >> level, width >> level) for level, channels in enumerate(CHANNELS[:depth])
    ]


@pytest.mark.parametrize("family", ["vgg16", "vgg19"])
def test_taps_are_those_of_the_plain_network_up_to_a_scale_a_channel(family):
    state, images = thin(family), torch.rand(2, 3, 32, 48, dtype=torch.float64)
    means = {layer: 0.1 + torch.rand(4, dtype=torch.float64) for layer in vgg.layer_names(family)}
    taps, plain = NormalisedVGG(state, means, family, "")(images), plain_taps(state, images)
    for level, (tap, expected) in enumerate(zip(taps, plain, strict=True), 1):
        scale = means[f"conv{level}_1"].view(-1, 1, 1)
        torch.testing.assert_close(tap * scale, expected, rtol=1e-5, atol=1e-6, msg=f"r{level}")


def test_filters_have_mean_one_on_their_pictures_unless_guarded(weights, photos):
    state = weights.load("vgg16")
    taps = NormalisedVGG(state, filter_means(state, photos), "vgg16", "")(photos)
    plain = plain_taps({name: state[name] for name in state if not name.startswith(("conv5_2", "conv5_3"))}, photos)
    guarded = 0
    for tap, unscaled in zip(taps, plain, strict=True):
        means, raw = tap.mean((0, 2, 3)), unscaled.mean((0, 2, 3))
        low = raw < GUARD * raw.median()
        torch.testing.assert_close(means[~low], torch.ones_like(means[~low]), rtol=1e-3, atol=0)
        assert (means[low] < 1).all()
        guarded += int(low.sum())
    assert 0 < guarded < 50


def test_gradients_pass_to_the_picture_and_to_nothing_else(encoder):
    images = torch.rand(1, 3, 32, 32, requires_grad=True)
    loss = sum(tap.square().mean() for tap in encoder(images))
    (gradient,) = torch.autograd.grad(loss, images)
    assert gradient.abs().min() >= 0
    assert gradient.abs().sum() > 0
    assert not list(encoder.parameters())
    assert not any(buffer.requires_grad for buffer in encoder.buffers())
    assert not encoder.training


@pytest.mark.parametrize("depth", [1, 2, 3, 4])
def test_a_code_holds_the_tap_and_what_unpooling_needs(encoder, photos, depth):
    features, pooled = encoder.encode(photos[:2], depth)
    torch.testing.assert_close(features, encoder(photos[:2], depth)[-1])
    assert len(pooled) == depth - 1
    for level, indices in enumerate(pooled):
        side = 96 >> level
        unpooled = F.max_unpool2d(torch.ones(indices.shape), indices, 2, output_size=(side, side))
        assert indices.shape == (2, CHANNELS[level], side // 2, side // 2)
        assert torch.equal(F.avg_pool2d(unpooled, 2), torch.full(indices.shape, 0.25))


@pytest.fixture
def own_folder(tmp_path, monkeypatch):
    """Thin random weights in the place of VGG-16's in a folder of their own; returns what may be changed."""
    facts, state = {"digest": "first"}, thin("vgg16", dtype=torch.float32)
    monkeypatch.setattr(normalised_vgg.weights, "load", lambda name: state)
    monkeypatch.setattr(normalised_vgg.weights, "digest", lambda name: facts["digest"])
    monkeypatch.setattr(normalised_vgg, "PHOTOS", ("astronaut",))
    monkeypatch.setenv("WORKBOOK_WEIGHTS", str(tmp_path))
    return facts


def test_filter_means_are_kept_with_the_hash_of_the_weights_until_those_change(own_folder, tmp_path, monkeypatch):
    calls = []
    monkeypatch.setattr(normalised_vgg, "filter_means", lambda *args: calls.append(1) or filter_means(*args))
    first, second = load("vgg16"), load("vgg16")
    assert (len(calls), first.digest) == (1, second.digest)
    assert torch.equal(first.conv5_1_weight, second.conv5_1_weight)
    assert json.loads((tmp_path / "vgg16.means.json").read_text())["sha256"] == "first"
    own_folder["digest"] = "second"
    assert load("vgg16").digest != first.digest
    assert len(calls) == 2
    monkeypatch.setattr(normalised_vgg, "PHOTOS", ("chelsea",))
    load("vgg16")
    assert len(calls) == 3


def test_the_digest_depends_on_the_filter_means(own_folder, tmp_path):
    before = load("vgg16").digest
    path = tmp_path / "vgg16.means.json"
    kept = json.loads(path.read_text())
    kept["means"]["conv3_1"][0] *= 1.01
    path.write_text(json.dumps(kept))
    assert load("vgg16").digest != before


def test_missing_weights_name_the_command_that_fetches_them(tmp_path, monkeypatch, weights):
    monkeypatch.setenv("WORKBOOK_WEIGHTS", str(tmp_path))
    with pytest.raises(weights.MissingWeights, match="fetch weights vgg19"):
        load("vgg19")
