"""Photos of one's own: any size, any style, tiles like the whole, networks in files."""

import subprocess
import sys
from dataclasses import replace
from importlib import import_module

import pytest
import torch
from safetensors.torch import save_file

from lib.data import images
from lib.data.registry import MissingData
from lib.papers.stylenas import photos, save_network, transfer
from tests.papers.stylenas.tiny import tiny

transferring = import_module("lib.papers.stylenas.transfer")  # the package has the function under this name


@pytest.fixture
def settings(weights):
    return tiny()


@pytest.fixture
def photo(tmp_path):
    """A function that saves a random photo of a size and returns its path."""

    def make(height, width, colour=None):
        picture = torch.rand(3, height, width) if colour is None else torch.full((3, height, width), colour)
        return images.save(picture, tmp_path / f"{height}x{width}-{colour}.png")

    return make


@pytest.mark.parametrize(("content", "style"), [((37, 50), (90, 41)), ((5, 7), (300, 20)), ((32, 32), (32, 32))])
def test_photos_of_any_sizes_and_aspects_give_a_picture_of_the_contents_size(settings, photo, content, style):
    found = transfer(photo(*content), photo(*style), "S7", settings=settings)
    assert found.picture.shape == (3, *content)
    assert found.picture.min() >= 0
    assert found.picture.max() <= 1
    assert torch.isfinite(found.picture).all()


def test_a_result_says_its_size_and_shows_all_three_photos(settings, photo):
    found = transfer(photo(32, 48), photo(32, 32), settings=settings)
    assert repr(found) == "Transferred, 48 x 32 pixels; see compare(), slide() and save(path)"
    assert found._repr_png_()[0].startswith(b"\x89PNG")
    assert [found.compare(width).get_size_inches()[0] for width in (3, 9)] == [3, 9]


def test_a_style_of_a_single_colour_gives_a_finite_picture(settings, photo):
    found = transfer(photo(32, 48), photo(40, 40, colour=0.25), "oracle", settings=settings)
    assert torch.isfinite(found.picture).all()


def test_a_larger_photo_is_shrunk_to_the_side_asked_for(settings, photo):
    assert transfer(photo(60, 100), photo(32, 32), "empty", settings=settings, side=50).picture.shape == (3, 30, 50)


@pytest.mark.parametrize(("genome", "message"), [
    ("S8", "unknown name 'S8'; allowed are S"), (None, "genome is None"),
    ("0" * 31, "31"), ("0" * 33, "33"), ("0" * 8 + "1" + "0" * 23, "8"),
])  # fmt: skip
def test_an_unknown_network_is_refused_before_any_training(settings, photo, genome, message):
    with pytest.raises(ValueError, match=message):
        transfer(photo(32, 32), photo(32, 32), genome, settings=settings)


@pytest.mark.parametrize(("given", "message"), [
    ({"content": None}, "content is None; allowed are a picture's name or the path"),
    ({"style": "nosuch"}, "picture is 'nosuch'; allowed are"),
    ({"side": 2.5}, "side is 2.5; allowed are whole numbers"),
    ({"training": "nosuch"}, "training is 'nosuch'; allowed are bundled, .*or the path of a folder of photos"),
])  # fmt: skip
def test_what_cannot_be_painted_is_refused_before_any_training(settings, given, message, monkeypatch):
    monkeypatch.setattr(transferring.store, "decoder", lambda *_: pytest.fail("it trains"))
    with pytest.raises(ValueError, match=message):
        transfer(**{"content": "coffee", "style": "china", "settings": settings, **given})


def test_a_path_that_cannot_be_written_is_refused_before_any_training(settings, monkeypatch):
    monkeypatch.setattr(transferring.store, "decoder", lambda *_: pytest.fail("it trains"))
    for path, message in (("s7", "end in .safetensors"), ("nowhere/s7.safetensors", "nowhere is no folder")):
        with pytest.raises(ValueError, match=message):
            save_network(path, settings=settings)


def test_photos_that_are_not_here_are_named_with_what_to_give_in_their_place(settings, photo, monkeypatch, tmp_path):
    monkeypatch.setenv("WORKBOOK_DATA", str(tmp_path))
    photos._root.cache_clear()  # another test may have found the set
    settings = replace(settings, training=["unpaired/photo2art/trainA"])
    pair, ours = (photo(32, 48), photo(32, 40)), photo(50, 60).parent
    with pytest.raises(MissingData, match=r'; or give training="bundled" or a folder of your own photos$'):
        transfer(*pair, settings=settings)
    found = [transfer(*pair, training=training, settings=settings).picture for training in ("bundled", ours)]
    assert found[0].shape == found[1].shape == (3, 32, 48)
    assert not torch.equal(*found)


def test_tiles_that_leave_a_photo_as_it_is_join_to_the_same_photo(monkeypatch):
    monkeypatch.setattr(transferring, "TILE", 64)
    monkeypatch.setattr(transferring, "MARGIN", 16)
    picture = torch.rand(1, 3, 80, 208)
    seen = []
    found = transferring._tiled(picture, lambda tile: seen.append(tuple(tile.shape[2:])) or tile)
    assert torch.allclose(found, picture, atol=1e-6)
    assert len(seen) > 4
    assert set(seen) == {(64, 64)}


def test_tiles_with_the_statistics_of_the_whole_give_the_whole_picture_but_for_their_borders(settings, monkeypatch):
    network = transferring._network("S7", None, settings)
    content, style = (torch.rand(1, 3, 12, 24).repeat_interleave(8, 2).repeat_interleave(8, 3) for _ in range(2))
    whole = transferring.paint(network, content, style)
    monkeypatch.setattr(transferring, "WHOLE", 96 * 96)
    monkeypatch.setattr(transferring, "_within", lambda photo, pixels: photo)  # statistics of the photo itself
    monkeypatch.setattr(transferring, "TILE", 144)
    monkeypatch.setattr(transferring, "MARGIN", 48)
    assert float((transferring.paint(network, content, style) - whole).abs().max()) < 0.01


def test_a_saved_network_paints_the_same_picture(settings, photo, tmp_path):
    path = save_network(tmp_path / "s7.safetensors", "S7", settings=settings)
    pair = photo(32, 48), photo(48, 32)
    assert torch.equal(transfer(*pair, path).picture, transfer(*pair, "S7", settings=settings).picture)


def test_a_file_that_is_no_saved_network_is_refused(settings, photo, tmp_path):
    save_file({"a": torch.zeros(1)}, tmp_path / "other.safetensors")
    with pytest.raises(ValueError, match="is no network file of save_network"):
        transfer(photo(32, 32), photo(32, 32), tmp_path / "other.safetensors")


LARGE = """
import resource, sys, torch
from lib.models import normalised_vgg, photoreal
from lib.models.photoreal import PhotorealDecoder
from lib.models.wct import Numerics
from lib.papers.stylenas.evaluate import SPACE
from lib.papers.stylenas.transfer import Network, paint
decoder = PhotorealDecoder(SPACE.decode(SPACE.named("S7")))
photoreal.initialise(decoder, 0)
network = Network("S7", normalised_vgg.load("vgg16"), decoder, Numerics())
content, style = torch.rand(2, 1, 3, 512, 1024)
assert paint(network, content, style).shape == content.shape
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6)
"""


@pytest.mark.slow
def test_a_transfer_of_1024x512_by_s7_stays_within_3_gb(weights):
    done = subprocess.run([sys.executable, "-c", LARGE], capture_output=True, text=True, check=True)
    assert float(done.stdout) < 3.0  # 10^9 bytes, PyTorch itself among them
