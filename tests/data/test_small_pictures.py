"""Sets of small pictures: what each key holds, what is held out, how they are made smaller."""

import os
import pickle
import struct
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.transforms import functional as torchvision

from lib.data import small_pictures, torchvision_sets
from lib.data.registry import CorruptData, MissingData
from lib.data.small_pictures import at, load


@pytest.fixture
def data(extra, monkeypatch):
    """An empty WORKBOOK_DATA folder whose files pass as the publisher's, whatever they hold."""
    monkeypatch.setattr(torchvision_sets, "members", lambda name: {})
    return extra


def noise(*shape, seed=0):
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def save(path, height=12, width=12, seed=0):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(noise(height, width, 3, seed=seed)).save(path)


class Python2(pickle._Pickler):
    """Writes as Python 2 did, in which the publisher's batches are written: text and bytes are one type."""

    def save_text(self, value):
        content = value if isinstance(value, bytes) else value.encode("latin1")
        self.write(pickle.BINSTRING + struct.pack("<i", len(content)) + content)
        self.memoize(value)

    dispatch = pickle._Pickler.dispatch | {bytes: save_text, str: save_text}


def write_batch(path, content):
    with path.open("wb") as file:
        Python2(file, protocol=2).dump(content)


def cifar_batches(folder):
    """The six batches of CIFAR-10 with two pictures each."""
    folder.mkdir()
    for i, name in enumerate([*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"]):
        content = {b"data": noise(2, 3072, seed=i), b"labels": [i, 9], b"filenames": [b"a.png", b"b.png"]}
        write_batch(folder / name, content)


# --- patches ---


def test_patches_need_no_data_folder_and_come_evenly_from_seven_photos(data):
    found = load("patches", 32, limit=70)
    assert (found.pixels.shape, found.pixels.dtype) == ((70, 3, 32, 32), torch.uint8)
    assert len(found.classes) == 7
    assert torch.bincount(found.labels).tolist() == [10] * 7
    assert found.pixels.flatten(1).float().std(1).median() > 30  # they show something


def test_patches_repeat_and_more_of_them_begin_with_the_fewer(monkeypatch):
    fewer, more = load("patches", 16, limit=40), load("patches", 16, limit=56)
    assert torch.equal(fewer.pixels, more.pixels[:40])
    assert fewer.sha256 == more.sha256
    monkeypatch.setattr(small_pictures, "PATCHES", 9)
    assert torch.equal(load("patches", 16).pixels, more.pixels[:9])


def test_test_patches_touch_no_pixel_of_training_patches():
    """Photos of which every row is one grey value: patches tell the rows that they were cut from."""
    rows = np.broadcast_to(np.arange(240, dtype=np.uint8)[:, None, None], (240, 300, 3))
    cut = {split: [small_pictures._window(rows, 32, split, n, 0) for n in range(200)] for split in ("train", "test")}
    assert max(patch.max() for patch in cut["train"]) < 160 <= min(patch.min() for patch in cut["test"])
    assert {len(patch) for patch in cut["train"]} == {len(patch) for patch in cut["test"]} == {80, 60, 48, 40}


@pytest.mark.parametrize("side", [16, 48, 64, 96])
def test_patches_are_cut_for_every_side(side):
    found = load("patches", side, split="test", limit=28)
    assert found.pixels.shape == (28, 3, side, side)


# --- the publishers' files ---


def test_cifar10_is_read_from_its_pickled_batches(data):
    cifar_batches(data / "cifar-10-batches-py")
    found = load("cifar10", 32)
    assert found.labels.tolist() == [0, 9, 1, 9, 2, 9, 3, 9, 4, 9]
    assert torch.equal(found.pixels[2:4].reshape(2, -1), torch.from_numpy(noise(2, 3072, seed=1)))
    assert load("cifar10", 32, limit=3).labels.tolist() == [0, 9, 1]
    assert load("cifar10", 32, split="test").labels.tolist() == [5, 9]
    assert found.classes[0] == "airplane"


class Evil:
    def __reduce__(self):
        return os.mkdir, ("opened",)


@pytest.mark.parametrize(
    ("content", "reason"),
    [(Evil(), "asks for .*mkdir"), ({"data": np.zeros(2)}, "type 'f8'"), ({"data": np.array([{}])}, "type 'O8'")],
)
def test_a_batch_that_holds_more_than_bytes_is_refused_and_nothing_of_it_runs(data, content, reason, monkeypatch):
    monkeypatch.chdir(data)
    cifar_batches(data / "cifar-10-batches-py")
    write_batch(data / "cifar-10-batches-py" / "data_batch_3", content)
    with pytest.raises(CorruptData, match=f"data_batch_3 is no CIFAR-10 batch: .*{reason}"):
        load("cifar10", 32)
    assert not Path("opened").exists()


def test_stl10_joins_training_and_unlabelled_pictures_and_turns_them_upright(data):
    folder = data / "stl10_binary"
    folder.mkdir()
    upright = noise(5, 96, 96, 3)
    files = {"train_X": upright[:2], "unlabeled_X": upright[2:4], "test_X": upright[4:]}
    for name, part in files.items():
        part.transpose(0, 3, 2, 1).tofile(folder / f"{name}.bin")  # by columns
    np.array([10, 1], np.uint8).tofile(folder / "train_y.bin")
    np.array([3], np.uint8).tofile(folder / "test_y.bin")
    found = load("stl10", 96)
    assert np.array_equal(found.pixels.permute(0, 2, 3, 1).numpy(), upright[:4])
    assert found.labels.tolist() == [9, 0, -1, -1]
    assert load("stl10", 96, limit=3).labels.tolist() == [9, 0, -1]
    assert load("stl10", 48, split="test").labels.tolist() == [2]


def test_a_set_that_is_not_here_says_how_to_get_it(data):
    with pytest.raises(MissingData, match="python -m lib fetch data cifar10"):
        load("cifar10", 32)


@pytest.mark.desk
def test_the_first_test_pictures_of_the_jpeg_copy_are_its_subset_and_hold_as_many_of_each_class():
    subset, first = load("cifar10-subset-jpeg", 32, split="test"), load("cifar10-jpeg", 32, split="test", limit=400)
    assert torch.equal(first.pixels, subset.pixels[:400])
    assert torch.equal(first.labels, subset.labels[:400])
    assert torch.bincount(subset.labels).tolist() == [300] * 10


@pytest.mark.desk
def test_photos48_is_split_within_its_classes():
    train, held_out = load("photos48", 48), load("photos48", 48, split="test")
    assert len(train.labels) + len(held_out.labels) == 1238
    share = torch.bincount(held_out.labels) / (torch.bincount(held_out.labels) + torch.bincount(train.labels))
    assert (share - 0.2).abs().max() < 0.01
    assert train.sha256 == held_out.sha256


# --- own folders ---


def test_sub_folders_are_classes_taken_in_turn_and_every_fifth_of_each_is_held_out(tmp_path):
    for name, count in (("cat", 5), ("ant", 11)):
        for i in range(count):
            save(tmp_path / name / f"{i:02}.png", seed=i)
    train, held_out = load(str(tmp_path), 8), load(str(tmp_path), 8, split="test")
    assert train.classes == ("ant", "cat")
    assert train.labels.tolist() == [0, 1] * 4 + [0] * 5
    assert held_out.labels.tolist() == [0, 1, 0]
    assert load(str(tmp_path), 8, limit=3).labels.tolist() == [0, 1, 0]
    assert train.source == "own folder"


def test_a_folder_without_sub_folders_has_no_labels_and_gives_centre_squares(tmp_path):
    save(tmp_path / "a.png", 20, 12)
    save(tmp_path / "b.png", 12, 13)
    found = load(str(tmp_path), 12)
    assert (found.labels, found.classes) == (None, ())
    assert np.array_equal(found.pixels[0].permute(1, 2, 0).numpy(), noise(20, 12, 3)[4:16])


def test_a_folder_needs_two_pictures_and_five_for_a_test_split(tmp_path):
    save(tmp_path / "a.png")
    with pytest.raises(ValueError, match="holds 1 picture; at least 2"):
        load(str(tmp_path), 8)
    save(tmp_path / "b.png")
    with pytest.raises(ValueError, match="no test split"):
        load(str(tmp_path), 8, split="test")


def test_a_picture_that_is_too_small_is_named_with_its_size(tmp_path):
    save(tmp_path / "large.png", 40, 40)
    save(tmp_path / "small.png", 20, 31)
    with pytest.raises(ValueError, match=r"small\.png has 31 x 20 pixels; at least 32 x 32 are needed"):
        load(str(tmp_path), 32)


# --- sides ---


def test_smaller_pictures_are_those_of_the_resize_of_torchvision_on_pillow_pictures():
    pictures = load("patches", 32, limit=14)
    for side in (16, 8):
        wanted = [
            torchvision.pil_to_tensor(torchvision.resize(torchvision.to_pil_image(picture), [side, side]))
            for picture in pictures.pixels
        ]
        assert torch.equal(at(pictures, side).pixels, torch.stack(wanted))


def test_pictures_are_never_enlarged(data):
    with pytest.raises(ValueError, match="'patches' have 16 x 16 pixels; side is 32"):
        at(load("patches", 16, limit=7), 32)
    cifar_batches(data / "cifar-10-batches-py")
    with pytest.raises(ValueError, match="'cifar10' have 32 x 32 pixels; side is 48"):
        load("cifar10", 48)


def test_an_unknown_set_is_refused_by_name():
    with pytest.raises(ValueError, match="data set is 'cifar100'"):
        load("cifar100", 32)


@pytest.mark.parametrize("key", ["patchez", "dog"])  # a slip, and a single picture
def test_what_holds_no_small_pictures_is_no_set_of_them(key):
    with pytest.raises(ValueError, match=f"data set is '{key}'; allowed are patches, cifar10"):
        load(key, 32)
