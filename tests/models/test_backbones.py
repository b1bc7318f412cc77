from dataclasses import replace
from importlib.resources import files

import lpips
import numpy as np
import pytest
import skimage.data
import torch
import torchvision
from PIL import Image

from lib import weights as library
from lib.models import backbones
from lib.weights import registry

CATS, CUPS = {281, 282, 285}, {967, 968}  # ImageNet: tabby, tiger cat, Egyptian cat; espresso, cup
TRUNKS = {"alex": "alexnet", "vgg": "vgg16"}


def photo(name, side=224):
    """The centre square of a bundled photo, (1, 3, side, side) in [0, 1]."""
    pixels = getattr(skimage.data, name)()
    short = min(pixels.shape[:2])
    top, left = (pixels.shape[0] - short) // 2, (pixels.shape[1] - short) // 2
    square = Image.fromarray(pixels[top : top + short, left : left + short]).resize(
        (side, side), Image.Resampling.BICUBIC
    )
    return torch.from_numpy(np.asarray(square, dtype=np.float32) / 255).permute(2, 0, 1)[None]


@pytest.mark.parametrize("net", TRUNKS)
def test_the_lpips_heads_equal_those_of_the_package_bit_for_bit(weights, net):
    theirs = torch.load(str(files("lpips") / "weights" / "v0.1" / f"{net}.pth"), map_location="cpu", weights_only=True)
    ours = weights.load(f"lpips-{net}")
    assert len(ours) == len(theirs) == 5
    assert all(torch.equal(ours[f"lin{i}.weight"], theirs[f"lin{i}.model.1.weight"]) for i in range(5))


@pytest.mark.parametrize("net", TRUNKS)
def test_lpips_equals_the_package_with_the_same_trunk(weights, net, monkeypatch):
    # the package's own construction and heads; only the classifier's layers, which it drops, are not allocated
    original = getattr(torchvision.models, TRUNKS[net])
    monkeypatch.setattr(torchvision.models, TRUNKS[net], lambda pretrained: original(weights=None, num_classes=2))
    package = lpips.LPIPS(net=net, pnet_rand=True, verbose=False)
    convolutions = [module for module in package.net.modules() if isinstance(module, torch.nn.Conv2d)]
    tensors = weights.load(TRUNKS[net])
    for name, module in zip(sorted({key.split(".")[0] for key in tensors}), convolutions, strict=True):
        module.load_state_dict({part: tensors[f"{name}.{part}"] for part in ("weight", "bias")})
    a, b = photo("chelsea", 64), photo("coffee", 64)
    ours = backbones.lpips_network(net)(a, b, normalize=True)
    assert torch.equal(ours, package(a, b, normalize=True))
    assert ours.item() > 0.3


def test_lpips_is_frozen_and_still_differentiable_in_the_image(weights):
    network, image = backbones.lpips_network("alex"), photo("chelsea", 64).requires_grad_()
    network(image, photo("coffee", 64), normalize=True).sum().backward()
    assert not network.training
    assert all(not parameter.requires_grad for parameter in network.parameters())
    assert image.grad.abs().sum() > 0


def test_an_unknown_lpips_trunk_is_refused():
    with pytest.raises(ValueError, match="LPIPS trunk is 'squeeze'; allowed are alex, vgg"):
        backbones.lpips_network("squeeze")


@pytest.mark.parametrize(("name", "classes"), [("chelsea", CATS), ("coffee", CUPS)])
def test_lite0_knows_the_bundled_photos(weights, name, classes):
    features, logits = backbones.lite0()(photo(name))
    assert (features.shape, logits.shape) == ((1, 1280), (1, 1000))
    assert logits.argmax().item() in classes
    assert logits.softmax(1)[0, sorted(classes)].sum() > 0.8


def test_lite0_equals_its_package_and_answers_each_image_alone(weights):
    from efficientnet_lite_pytorch import EfficientNet

    package = EfficientNet.from_name("efficientnet-lite0").eval()
    package.load_state_dict(weights.load("efficientnet-lite0"))
    images = torch.cat([photo("chelsea"), photo("rocket")])
    with torch.inference_mode():
        _, logits = backbones.lite0()(images)
        alone = backbones.lite0()(images[1:])[1]
        expected = package((images * 255 - 127) / 128)
    torch.testing.assert_close(logits, expected, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(logits[1:], alone, atol=1e-4, rtol=1e-4)


def test_lite0_wants_its_own_image_size(weights):
    with pytest.raises(ValueError, match=r"shape \(1, 3, 64, 64\); expected \(N, 3, 224, 224\)"):
        backbones.lite0()(torch.rand(1, 3, 64, 64))


@pytest.mark.parametrize(("build", "key", "told"), [
    (backbones.lite0, "_fc.weight", "efficientnet-lite0 does not fit its network"),
    (backbones.inception_2015, "fc.weight", "inception-2015 does not fit"),
])  # fmt: skip
def test_weights_that_do_not_fit_their_network_are_corrupt(build, key, told, monkeypatch):
    monkeypatch.setattr(library, "load", lambda name: {key: torch.zeros(2, 2)})
    with pytest.raises(library.CorruptWeights, match=told):
        build()


@pytest.mark.parametrize("build", [backbones.lite0, backbones.inception_2015, backbones.lpips_network])
def test_a_network_without_its_weights_names_the_command(build, tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBOOK_WEIGHTS", str(tmp_path))
    with pytest.raises(library.MissingWeights, match="python -m lib fetch weights"):
        build()


@pytest.fixture(scope="module")
def random_inception():
    """pytorch-fid's Inception with a random start, in evaluation mode."""
    from pytorch_fid import inception

    torch.manual_seed(0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inception, "load_state_dict_from_url", lambda *args, **kwargs: {})
        patch.setattr(torchvision.models.Inception3, "load_state_dict", lambda self, state: None)
        return inception.fid_inception_v3().eval()


@pytest.fixture
def published_inception(random_inception, tmp_path, monkeypatch):
    """The random start behind the address of `inception-2015`, fetched and converted."""
    monkeypatch.setenv("WORKBOOK_WEIGHTS", str(tmp_path / "weights"))
    torch.save(random_inception.state_dict(), tmp_path / "file.pth")
    digits = library.digest(tmp_path / "file.pth")[:8]
    file = (tmp_path / "file.pth").rename(tmp_path / f"pt_inception-{digits}.pth")
    entry = replace(registry.ENTRIES["inception-2015"], source=registry.published(file.as_uri()))
    monkeypatch.setitem(registry.ENTRIES, "inception-2015", entry)
    library.fetch(["inception-2015"])
    return file


def test_inception_runs_on_fetched_weights_as_pytorch_fid_runs(published_inception, random_inception):
    image = photo("chelsea", 80)
    pooled = []
    hook = random_inception.fc.register_forward_hook(lambda module, inputs, output: pooled.append(inputs[0]))
    resized = torch.nn.functional.interpolate(image, (299, 299), mode="bilinear", align_corners=False)
    with torch.inference_mode():
        biased = random_inception(2 * resized - 1)
        features, logits = backbones.inception_2015()(image)
    hook.remove()
    assert (features.shape, logits.shape) == ((1, 2048), (1, 1008))
    torch.testing.assert_close(features, pooled[0])
    torch.testing.assert_close(logits, biased - random_inception.fc.bias)  # the Inception score leaves the bias out


def test_inception_wants_colour_images(published_inception):
    with pytest.raises(ValueError, match=r"shape \(1, 1, 80, 80\); expected \(N, 3, H, W\)"):
        backbones.inception_2015()(torch.rand(1, 1, 80, 80))
