"""Training photos and pairs: which they are, how they are cut, and that the two never meet."""

import pytest
import torch
import yaml

from lib.data import images, pictures
from lib.papers.stylenas import photos
from lib.paths import notebooks_dir


def test_bundled_training_photos_and_pairs_share_no_picture():
    tested = {name for pair in photos.pairs("bundled") for name in (pair.content, pair.style)}
    assert tested == set(photos.TEST)
    assert not tested & set(photos.TRAIN)
    photos.check_disjoint(["bundled"], 64, "bundled")


def test_a_training_photo_that_belongs_to_a_pair_is_refused_by_name(tmp_path):
    source = pictures.picture("chelsea", side=64)
    for place in ("content", "style", "own"):
        images.save(source, tmp_path / place / "cat.png")
    with pytest.raises(ValueError, match=r"own/cat.png belongs to the pairs"):
        photos.check_disjoint([str(tmp_path / "own")], 1, str(tmp_path))


@pytest.mark.desk
def test_training_photos_of_the_desk_profile_are_no_pictures_of_its_pairs():
    desk = yaml.safe_load((notebooks_dir() / "profiles" / "desk" / "03_stylenas.yaml").read_text())
    photos.check_disjoint(desk["training"], desk["photos"], desk["pairs"])
    photos.check_split(desk["pairs"], desk["search_pairs"])


def test_pairs_of_a_folder_are_the_pictures_of_equal_names(tmp_path):
    for place, name in (("content", "a.png"), ("content", "b.png"), ("style", "b.png"), ("reference_output", "b.png")):
        images.save(torch.rand(3, 40, 90), tmp_path / place / name)
    (pair,) = photos.pairs(str(tmp_path))
    assert (pair.name, pair.showable) == ("b", False)
    assert pair.reference.endswith("reference_output/b.png")


def test_pairs_without_equal_names_are_refused(tmp_path):
    for place, name in (("content", "a.png"), ("style", "b.png")):
        images.save(torch.rand(3, 8, 8), tmp_path / place / name)
    with pytest.raises(ValueError, match="no picture in content has the name of one in style"):
        photos.pairs(str(tmp_path))


def test_a_pair_is_cut_to_2_by_1_about_its_centre_or_squeezed():
    whole = pictures.picture("chelsea")[None]
    cut = photos.load("chelsea", 64)
    high = whole.shape[3] // 2
    top = (whole.shape[2] - high) // 2
    assert cut.shape == (1, 3, 32, 64)
    assert torch.equal(cut, images.resize(whole[..., top : top + high, :], (32, 64), kind="area"))
    assert torch.equal(photos.load("chelsea", 64, crop=False), images.resize(whole, (32, 64), kind="area"))


def test_training_photos_begin_with_every_picture_whole_and_go_on_with_crops():
    many = photos.training(("bundled",), 2 * len(photos.TRAIN), 32)
    first = images.resize(pictures.picture(photos.TRAIN[0])[None], (32, 32), kind="area")
    assert torch.equal(many[:1], first)
    assert torch.equal(many[: len(photos.TRAIN)], photos.training(("bundled",), len(photos.TRAIN), 32))
    assert not torch.equal(many[len(photos.TRAIN)], many[0])


def test_a_photo_must_not_stand_in_a_pair_that_scores_and_in_one_that_is_held_out(tmp_path):
    for k in range(5):
        for place in ("content", "style"):
            shade = 0.1 * (1 if place == "content" and k == 4 else k + (place == "style") * 5)
            images.save(torch.full((3, 8, 8), shade), tmp_path / place / f"{k}.png")
    photos.check_split(str(tmp_path), 1)
    with pytest.raises(ValueError, match=r"search_pairs is 3; it parts pairs of .* that share a photo"):
        photos.check_split(str(tmp_path), 3)


def test_too_few_pairs_are_refused():
    with pytest.raises(ValueError, match="search_pairs is 13; bundled has 12 pairs"):
        photos.check_split("bundled", 13)
