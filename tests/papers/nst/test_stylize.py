"""Any picture in any style: names, files and tensors, under every preset, with errors that say what is wrong."""

import re

import pytest
import torch
from PIL import Image

from lib.data import pictures
from lib.data.images import ImageError
from lib.metrics.total_variation import absolute_mean
from lib.papers import nst
from lib.papers.nst import transfer
from lib.papers.nst.presets import PRESETS


@pytest.fixture(scope="module", autouse=True)
def _pretrained(weights):
    """Every test here paints."""


@pytest.fixture(scope="module")
def photo():
    return pictures.picture("astronaut", side=64)


@pytest.fixture(scope="module")
def painting():
    return pictures.picture("pixels", side=48)


def paint(content, style, **options):
    return nst.stylize(content, style, **{"side": 32, "steps": 2, "where": "cpu", **options})


def test_tensors_give_a_picture_of_the_contents_shape(painting):
    content = pictures.picture("coffee", side=60)
    result = paint(content, painting, side=48)
    assert result.shape == (3, 32, 48)
    assert result.min() >= 0
    assert result.max() <= 1
    assert not result.requires_grad


def test_names_and_files_of_ones_own_are_pictures_too(photo, painting, tmp_path):
    path = tmp_path / "my holiday.png"
    Image.linear_gradient("L").resize((50, 40)).save(path)
    assert torch.equal(paint("astronaut", "pixels"), paint(pictures.picture("astronaut"), pictures.picture("pixels")))
    assert paint(str(path), "pixels").shape == (3, 26, 32)
    assert paint(photo, str(path)).shape == (3, 32, 32)


def test_more_steps_bring_the_picture_closer_to_the_style(photo, painting):
    scene = transfer.Scene.of("paper", "vgg16", *(one[:, :32, :32] for one in (photo, painting)))
    few, many = (paint(scene.content[0], scene.style[0], steps=n)[None] for n in (1, 8))
    left = [scene.targets.losses(scene.network, one)["style"].item() for one in (few, many)]
    assert left[1] < 0.8 * left[0]


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_paints(photo, painting, name):
    result = paint(photo, painting, name=name, steps=4)  # the first step of L-BFGS is a tiny one
    assert result.shape == (3, 32, 32)
    assert (result - pictures.images.fitted(photo, 32)).abs().mean() > 1e-3


def test_equal_calls_give_equal_pictures(photo, painting):
    assert torch.equal(paint(photo, painting), paint(photo, painting))


def test_changes_replace_the_presets_weights(photo, painting):
    one, other = (paint(photo, painting, steps=5, tv_weight=tv, style_weight=1e-5) for tv in (0.0, 3000.0))
    assert absolute_mean(other[None]) < 0.95 * absolute_mean(one[None])
    still = paint(photo, painting, lr=1e-9)
    torch.testing.assert_close(still, pictures.images.fitted(photo, 32), rtol=0, atol=1e-6)


def test_a_coarse_to_fine_preset_passes_through_growing_stages(photo, painting, monkeypatch):
    scenes, original = [], transfer.run

    def run(scene, items, **options):
        scenes.append((items[0].configuration.side, items[0].configuration.steps, scene.base))
        return original(scene, items, **options)

    monkeypatch.setattr(transfer, "run", run)
    paint(photo, painting, name="gatys", side=64, steps=5)
    assert [(side, steps) for side, steps, _ in scenes] == [(41, 5), (64, 2)]
    assert scenes[1][2].shape == (1, 3, 64, 64)
    assert not torch.equal(scenes[1][2][0], photo)


def test_reading_b_starts_from_the_style(photo, painting):
    scene = transfer.Scene.of("reading_b", "vgg16", photo, painting)
    assert torch.equal(scene.base, pictures.images.resize(painting[None], (64, 64)))
    assert torch.equal(transfer.Scene.of("paper", "vgg16", photo, painting).base[0], photo)


def test_presets_that_want_torchvisions_scale_get_it_from_any_encoder_of_the_family():
    for encoder in ("vgg16", "vgg16-raw", "vgg16-features"):
        network = transfer.encoder_for(encoder, "multi-scale")
        raw = transfer.encoder_for("vgg16-raw", "multi-scale")
        assert torch.equal(network.conv1_1_weight, raw.conv1_1_weight)
    assert not torch.equal(transfer.encoder_for("vgg16", "gatys").conv1_1_weight, raw.conv1_1_weight)


@pytest.mark.parametrize(("options", "message"), [
    ({"name": "johnson"}, "preset is 'johnson'; allowed are paper, reading_b"),
    ({"encoder": "resnet"}, "encoder is 'resnet'; allowed are vgg16"),
    ({"encoder": "resnet", "name": "multi-scale"}, "encoder is 'resnet'; allowed are vgg16"),
    ({"where": "tpu"}, "device is 'tpu'"),
    ({"side": 16}, "side is 16; allowed are whole numbers from 32"),
    ({"side": "64"}, "side is '64'; allowed are whole numbers from 32"),
    ({"steps": 0}, "steps is 0; allowed are whole numbers from 1"),
    ({"lr": "0.01"}, "lr is '0.01'; allowed are finite numbers above 0"),
    ({"learning_rate": 0.1}, "learning_rate is no weight of stylize; allowed are lr, style_weight"),
    ({"lr": 0.0}, "lr is 0.0; allowed are finite numbers above 0"),
    ({"eps": 0.0}, "eps is 0.0; allowed are finite numbers above 0"),
    ({"tv_weight": -1.0}, "tv_weight is -1.0; allowed are finite numbers from 0"),
    ({"style_weight": float("nan")}, "style_weight is nan; allowed are finite numbers from 0"),
])  # fmt: skip
def test_a_bad_option_is_named_with_what_is_allowed(photo, painting, options, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        paint(photo, painting, **options)


@pytest.mark.parametrize(("picture", "message"), [
    (torch.rand(64, 64), "has shape (1, 64, 64)"),
    (torch.rand(4, 64, 64), "has shape (1, 4, 64, 64)"),
    (255 * torch.eye(64).expand(3, -1, -1), "ranges over [0, 255]; allowed is [0, 1]"),
    (torch.zeros(3, 64, 64, dtype=torch.uint8), "has dtype torch.uint8"),
    (torch.full((3, 64, 64), torch.nan), "holds 12288 NaN"),
    (torch.rand(3, 10, 64), "is 5x32 pixels; both sides must be at least 16"),
    ("moonlight", "picture is 'moonlight'; allowed are "),
])  # fmt: skip
def test_a_bad_picture_is_named_by_its_role(photo, painting, picture, message):
    named = "" if isinstance(picture, str) else "content "
    with pytest.raises(ValueError, match=re.escape(named + message)):
        paint(picture, painting)
    with pytest.raises(ValueError, match=re.escape(named.replace("content", "style") + message)):
        paint(photo, picture)


def test_a_file_that_is_no_picture_is_named(photo, tmp_path):
    path = tmp_path / "notes.png"
    path.write_text("not a picture")
    with pytest.raises(ImageError, match=r"notes\.png"):
        paint(photo, str(path))
    with pytest.raises(FileNotFoundError, match=r"absent\.png"):
        paint(photo, str(tmp_path / "absent.png"))


def test_a_run_that_diverges_says_so(photo, painting, monkeypatch):
    original = transfer.run

    def run(*arguments, **options):
        result = original(*arguments, **options)
        result.images[:, 0, 0] = torch.nan
        return result

    monkeypatch.setattr(transfer, "run", run)
    with pytest.raises(ValueError, match=r"preset 'paper' diverged with .*'lr': 0.02"):
        paint(photo, painting)
