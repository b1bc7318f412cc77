"""Pictures by name: bundled photos, styles, registry keys, own files."""

import numpy as np
import pytest
import torch
from PIL import Image

from lib.data import images, pictures, procedural
from lib.data.catalogue import PHOTOS, PICTURES
from lib.data.registry import CorruptData, MissingData

NEEDED = ["astronaut", "chelsea", "coffee", "rocket", "china", "flower", "page"]


def test_the_offline_pictures_are_the_photos_and_every_style():
    assert pictures.names() == [*PHOTOS, *procedural.STYLES]
    assert set(NEEDED) <= set(pictures.names())


def test_a_photo_that_the_installed_package_lacks_is_not_offered(monkeypatch):
    monkeypatch.setattr("lib.data.pictures.find_spec", lambda package: None)
    assert pictures.names() == list(procedural.STYLES)


@pytest.mark.parametrize("name", PHOTOS)
def test_bundled_photos_are_the_known_files_and_load_in_three_channels(name):
    photo = pictures.picture(name, side=32)
    assert photo.shape[0] == 3
    assert max(photo.shape) == 32
    assert photo.std() > 0.02


def test_a_photo_is_the_one_that_its_package_loads():
    from skimage import data

    assert np.array_equal(images.to_uint8(pictures.picture("chelsea")), data.chelsea())


def test_an_altered_bundled_photo_is_refused(tmp_path, monkeypatch):
    altered = tmp_path / "chelsea.png"
    Image.new("RGB", (4, 4)).save(altered)
    monkeypatch.setattr(pictures, "_photo_path", lambda name: altered)
    with pytest.raises(CorruptData, match=r"chelsea\.png"):
        pictures.picture("chelsea")


def test_styles_come_at_the_side_asked_for():
    assert pictures.picture("hatching").shape == (3, 512, 512)
    assert torch.equal(pictures.picture("hatching", side=48, fit="square"), procedural.draw("hatching", 48))


def test_a_users_file_is_read_by_its_path(tmp_path):
    Image.new("RGB", (30, 20), "blue").save(tmp_path / "Own Photo.JPG")
    assert pictures.picture(tmp_path / "Own Photo.JPG", side=15).shape == (3, 10, 15)
    info = pictures.info(str(tmp_path / "Own Photo.JPG"))
    assert (info.kind, info.showable, len(info.sha256)) == ("file", False, 64)


@pytest.mark.parametrize(("name", "error", "told"), [
    ("mona_lisa", ValueError, r"'mona_lisa'.*astronaut.*swirl.*starry-night"),
    ("nowhere.png", FileNotFoundError, r"nowhere\.png"),
    ("starry-night", MissingData, r"Starry Night.*WORKBOOK_DATA"),
])  # fmt: skip
@pytest.mark.usefixtures("extra")
def test_a_name_without_a_picture_is_refused_with_what_is_allowed_or_how_to_get_it(name, error, told):
    with pytest.raises(error, match=told):
        pictures.picture(name)


@pytest.mark.parametrize("name", ["astronaut", "ink"])
def test_bundled_and_drawn_pictures_may_be_shown_and_say_their_licence(name):
    info = pictures.info(name)
    assert info.showable
    assert info.licence
    assert len(info.sha256) == 64


def test_only_public_domain_and_cc0_registry_pictures_may_be_shown():
    showable = {key for key, entry in PICTURES.items() if entry.showable}
    assert showable == {"starry-night", "mona-lisa", "pixel-village", "pixel-battle"}
    assert {PICTURES[key].licence for key in showable} == {"public domain", "CC0"}


@pytest.mark.desk
@pytest.mark.parametrize("key", PICTURES)
def test_desk_pictures_are_the_known_files(key):
    assert pictures.picture(key, side=16).shape[0] == 3
    assert pictures.info(key).kind == "registry"
