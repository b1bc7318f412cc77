"""The style-transfer encoders: architecture, gains, the cut behind the deepest layer, cost."""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode
from torchvision.models.vgg import cfgs, make_layers

from lib.data import pictures
from lib.models import vgg
from lib.models.vgg import CAFFE_ACTIVATIONS, ENCODERS, VGG, VGG16_GAINS, Encoder

CFG = {"vgg16": "D", "vgg19": "E"}
PLAIN = {family: Encoder("none", family, vgg.IMAGENET_MEAN, vgg.IMAGENET_STD, {}) for family in CFG}


def reference(family):
    """torchvision's convolutions with seeded weights, float64."""
    torch.manual_seed(0)
    return make_layers(cfgs[CFG[family]], batch_norm=False).double().requires_grad_(False)


def named(features, family):
    """The same weights under our names."""
    convolutions = [module for module in features if isinstance(module, torch.nn.Conv2d)]
    pairs = zip(vgg.layer_names(family), convolutions, strict=True)
    return {f"{name}.{kind}": getattr(one, kind) for name, one in pairs for kind in ("weight", "bias")}


def thin_state(family, width=2):
    """Random weights of a VGG whose every layer has this many channels."""
    inner = [3] + [width] * (len(vgg.layer_names(family)) - 1)
    state = {}
    for name, channels in zip(vgg.layer_names(family), inner, strict=True):
        state |= {f"{name}.weight": torch.randn(width, channels, 3, 3), f"{name}.bias": torch.randn(width)}
    return state


@pytest.fixture(scope="module")
def photo():
    return pictures.picture("astronaut", side=64)[None]


@pytest.fixture(scope="module")
def raw(weights):
    return vgg.load("vgg16-raw")


@pytest.fixture(scope="module")
def scaled(weights):
    return vgg.load("vgg16")


@pytest.mark.parametrize("family", CFG)
def test_every_named_map_equals_torchvisions(family):
    features, names = reference(family), vgg.layer_names(family)
    network = VGG(named(features, family), PLAIN[family], tuple(names)).double()
    images = torch.rand(2, 3, 37, 50, dtype=torch.float64)
    x = (images - torch.tensor(vgg.IMAGENET_MEAN).view(3, 1, 1)) / torch.tensor(vgg.IMAGENET_STD).view(3, 1, 1)
    expected = []
    for module in features:
        x = module(x)
        expected += [x.clone()] if isinstance(module, torch.nn.ReLU) else []
    maps = network(images)
    assert list(maps) == names
    for name, one in zip(names, expected, strict=True):
        torch.testing.assert_close(maps[name], one, rtol=1e-5, atol=1e-12, msg=name)


def test_layer_names_run_from_the_first_to_the_last_convolution():
    assert vgg.layer_names("vgg16")[:3] == ["conv1_1", "conv1_2", "conv2_1"]
    assert (len(vgg.layer_names("vgg16")), vgg.layer_names("vgg16")[-1]) == (13, "conv5_3")
    assert (len(vgg.layer_names("vgg19")), vgg.layer_names("vgg19")[-1]) == (16, "conv5_4")


def test_nothing_behind_the_deepest_layer_is_built():
    network = VGG(thin_state("vgg16"), PLAIN["vgg16"], ("conv3_1", "conv1_2"))
    assert network.names == ["conv1_1", "conv1_2", "conv2_1", "conv2_2", "conv3_1"]
    assert not [name for name, _ in network.named_buffers() if name.startswith(("conv3_2", "conv4", "conv5"))]
    assert set(network(torch.rand(1, 3, 16, 16))) == {"conv3_1", "conv1_2"}


def test_default_encoder_ends_at_the_content_layer(scaled):
    assert scaled.names[-1] == "conv5_2"
    assert set(scaled.layers) == {*vgg.STYLE_LAYERS, "conv5_2"}


def test_encoder_is_frozen_and_lets_gradients_through_to_the_picture(scaled):
    assert not list(scaled.parameters())
    assert not scaled.training
    x = torch.rand(1, 3, 32, 32, requires_grad=True)
    (gradient,) = torch.autograd.grad(scaled(x)["conv5_2"].sum(), x)
    assert gradient.abs().sum() > 0


def test_gains_equal_scaling_of_the_maps(raw, scaled, photo):
    plain, gained = raw(photo), scaled(photo)
    for layer, gain in VGG16_GAINS.items():
        torch.testing.assert_close(gained[layer], gain * plain[layer], rtol=1e-3, atol=1e-3 * gain)


def test_gains_equal_scaling_of_the_maps_exactly_in_double_precision():
    state = {name: value.double() for name, value in thin_state("vgg16", 4).items()}
    gained = Encoder("none", "vgg16", vgg.IMAGENET_MEAN, vgg.IMAGENET_STD, VGG16_GAINS)
    images, layers = torch.rand(1, 3, 32, 32, dtype=torch.float64), tuple(VGG16_GAINS)
    one, other = (VGG(state, encoder, layers).double()(images) for encoder in (gained, PLAIN["vgg16"]))
    for layer, gain in VGG16_GAINS.items():
        torch.testing.assert_close(one[layer], gain * other[layer], rtol=1e-10, atol=0)


@pytest.mark.parametrize("picture", ["hatching", "astronaut", "china"])
def test_gains_bring_activations_to_the_order_of_caffes(scaled, picture):
    maps = scaled(pictures.picture(picture, side=96)[None])
    for layer, target in CAFFE_ACTIVATIONS.items():
        assert target / 3 < float(maps[layer].mean()) < target * 3, layer


def test_measured_gains_bring_the_mean_activations_of_their_own_picture_to_the_target(raw, photo):
    measured, maps = vgg.measure_gains(raw, photo[0]), raw(photo)
    assert {layer: gain * float(maps[layer].mean()) for layer, gain in measured.items()} == pytest.approx(
        CAFFE_ACTIVATIONS
    )


def test_replicate_padding_changes_the_first_convolution_only_at_the_border():
    state = thin_state("vgg16")
    zeros, replicate = (VGG(state, PLAIN["vgg16"], ("conv1_1",), first_padding=kind) for kind in ("zeros", "replicate"))
    x = torch.rand(1, 3, 12, 12)
    difference = (zeros(x)["conv1_1"] - replicate(x)["conv1_1"]).abs().sum((0, 1))
    assert difference[1:-1, 1:-1].max() < 1e-5
    assert difference.max() > 1e-2


@pytest.mark.parametrize(("side", "deepest", "gmac"), [
    (64, "conv4_2", 1.14), (64, "conv5_1", 1.48), (64, "conv5_2", 1.52), (128, "conv5_2", 6.07), (512, "conv5_2", 97.1),
])  # fmt: skip
def test_cost_of_vgg19_is_the_specifications(side, deepest, gmac):
    names = vgg.layer_names("vgg19")[: vgg.depth(deepest, "vgg19")]
    assert vgg.macs(names, side, side) / 1e9 == pytest.approx(gmac, rel=0.006)


@pytest.mark.parametrize("size", [(32, 48), (37, 51)])
def test_cost_equals_a_count_of_what_runs(scaled, size):
    with FlopCounterMode(display=False) as counter:
        scaled(torch.rand(1, 3, *size))
    assert 2 * scaled.macs(*size) == counter.get_total_flops()


def test_an_unknown_encoder_names_the_allowed_ones():
    with pytest.raises(ValueError, match=r"encoder is 'resnet'; allowed are vgg16, .*vgg19"):
        vgg.load("resnet")


def test_vgg19_has_the_layers_that_vgg16_lacks():
    assert vgg.depth("conv3_4", "vgg19") == 8
    assert vgg.depth("conv5_2", "vgg16") == 12


def test_every_encoder_names_a_known_family_and_known_layers():
    for encoder in ENCODERS.values():
        assert set(encoder.gains or {}) <= set(vgg.layer_names(encoder.family))


@pytest.fixture
def random_vgg19(tmp_path, monkeypatch):
    """Random weights in the place of VGG-19's, in a weights folder of their own; returns what may be changed."""
    torch.manual_seed(0)
    facts = {"digest": "first"}
    state = thin_state("vgg19", 8)
    monkeypatch.setattr(vgg.weights, "load", lambda name: state)
    monkeypatch.setattr(vgg.weights, "digest", lambda name: facts["digest"])
    monkeypatch.setattr(vgg, "REFERENCE", ("pixels", 64))
    monkeypatch.setenv("WORKBOOK_WEIGHTS", str(tmp_path))
    return facts


def test_vgg19_gets_gains_that_bring_the_reference_picture_to_the_caffe_scale(random_vgg19):
    maps = vgg.load("vgg19")(pictures.picture("pixels", side=64)[None])
    for layer, target in CAFFE_ACTIVATIONS.items():
        assert float(maps[layer].mean()) == pytest.approx(target, rel=1e-3)


def test_measured_gains_are_kept_until_the_weights_change(random_vgg19, monkeypatch):
    calls = []
    original = vgg.measure_gains
    monkeypatch.setattr(vgg, "measure_gains", lambda *arguments: calls.append(1) or original(*arguments))
    first, second = vgg.load("vgg19"), vgg.load("vgg19")
    assert torch.equal(first.conv5_2_weight, second.conv5_2_weight)
    assert len(calls) == 1
    random_vgg19["digest"] = "second"
    vgg.load("vgg19")
    assert len(calls) == 2
    vgg.load("vgg19-raw")
    assert len(calls) == 2
