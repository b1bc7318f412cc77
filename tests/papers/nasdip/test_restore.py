"""A user's own picture: any file restores at its own size, a mask that cannot be meant is refused, a call continues."""

import numpy as np
import pytest
import torch
from PIL import Image

from lib.data import images, pictures
from lib.models import dip
from lib.papers.nasdip import restore, tasks

SMALL = {"minutes": 5, "iterations": 2, "population": 4, "generations": 0, "device": "cpu"}


@pytest.fixture(autouse=True)
def lpips_is_there(weights):
    """The weights of LPIPS."""


@pytest.fixture
def photo(tmp_path):
    """A function that writes a picture of this mode and size (width, height) and returns its path."""

    def write(name="photo.png", size=(32, 32), mode="RGB", start=0):
        pixels = images.to_uint8(pictures.picture("coffee"))[start : start + size[1], : size[0]]
        Image.fromarray(pixels).convert(mode).save(tmp_path / name)
        return tmp_path / name

    return write


@pytest.fixture
def mask(tmp_path):
    """A function that writes a mask (width, height): white, black in the box (left, top, right, bottom)."""

    def write(size=(32, 32), box=(8, 8, 16, 16), name="mask.png"):
        drawn = Image.new("L", size, "white")
        drawn.paste("black", box)
        drawn.save(tmp_path / name)
        return tmp_path / name

    return write


def trained(found):
    """How many networks of a record were trained."""
    return int(((found.record["cached"] == "") & found.record["score"].notna()).sum())


@pytest.mark.parametrize(("task", "size", "reference"), [
    ("denoise", (32, 32), "heldout"), ("denoise", (21, 30), "observed"), ("inpaint", (32, 32), "observed"),
    ("inpaint", (30, 21), "heldout"), ("sr4", (8, 8), "heldout"), ("sr4", (7, 5), "observed"),
])  # fmt: skip
def test_each_task_returns_the_picture_at_its_size_with_its_network_and_record(photo, mask, task, size, reference):
    chosen = {"mask": mask(size)} if task == "inpaint" else {}
    found = restore(photo(size=size), task=task, reference=reference, **chosen, **SMALL)
    factor = 4 if task == "sr4" else 1
    assert found.picture.shape == found.observed.shape == (3, size[1] * factor, size[0] * factor)
    assert torch.isfinite(found.picture).all()
    assert 0 <= found.picture.min() < found.picture.max() <= 1
    assert len(found.record) == trained(found) == 4
    best = found.record.loc[found.record["score"].idxmin()]
    assert dip.parameters(found.architecture, dip.NetworkOptions()) == best["params"]


@pytest.mark.parametrize("name", ["12:30 [a] #2%3A.png", "Ångström – été.png"])
def test_a_file_may_have_any_name(photo, mask, name):
    hole = mask(name=f"mask of {name}")
    found = restore(photo(name), task="inpaint", mask=hole, **SMALL)
    assert found.picture.shape == (3, 32, 32)
    assert (found.observed[:, 8:16, 8:16] == 0).all()


def test_it_can_be_saved_and_shown_beside_what_was_given(photo, tmp_path):
    found = restore(photo(), task="denoise", **SMALL)
    assert images.load(found.save(tmp_path / "restored.png")).shape == (3, 32, 32)
    assert len(found.compare().axes) >= 2


def test_a_call_again_continues_the_record_and_trains_nothing_twice(photo):
    path = photo()
    first = restore(path, task="denoise", **SMALL)
    again = restore(path, task="denoise", **SMALL)
    assert again.folder == first.folder
    assert again.record.equals(first.record)
    assert torch.equal(again.picture, first.picture)
    more = restore(path, task="denoise", **SMALL | {"generations": 1})
    assert more.folder == first.folder
    shared = ["k", "genome", "score", "worker", "seconds"]
    assert more.record[shared].head(4).equals(first.record[shared])
    assert len(more.record) == 8


def test_too_few_minutes_are_said(photo):
    with pytest.raises(ValueError, match=r"no network was trained in 1e-09 minutes; give more"):
        restore(photo(), task="denoise", **SMALL | {"minutes": 1e-9})


@pytest.mark.parametrize(("changes", "message"), [
    ({"task": "colour"}, "task is 'colour'; allowed are denoise, inpaint, sr4, sr8"),
    ({"reference": "truth"}, "reference is 'truth'; allowed are heldout and observed"),
    ({"task": "inpaint"}, "mask is ''; inpainting needs the picture of a mask"),
    ({"mask": "mask.png"}, "mask is 'mask.png'; inpainting needs .* the other tasks take none"),
    ({"side": -1}, "side is -1; allowed are 0 to 4096"),
    ({"iterations": 0}, "iterations is 0; allowed are 1 to 1000000"),
    ({"iterations": 2.5}, "iterations is 2.5 of type float; int is needed"),
    ({"lr": -1}, "lr is -1.0; allowed are 1e-08 to 10"),
    ({"minutes": "5"}, "minutes is '5'; allowed are numbers above 0"),
    ({"minutes": float("nan")}, "minutes is nan; allowed are numbers above 0"),
    ({"population": 1}, "population is 1; allowed are 4 to 100000"),
])  # fmt: skip
def test_what_cannot_be_done_is_refused(photo, changes, message):
    with pytest.raises(ValueError, match=message):
        restore(photo(), **{"task": "denoise", **SMALL, **changes})


def test_a_file_that_is_not_there_is_named_as_it_was_given(photo, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"^no picture at nowhere.png, seen from "):
        restore(photo(), task="inpaint", mask="nowhere.png", **SMALL)
    with pytest.raises(FileNotFoundError, match=f"^no picture at {tmp_path / 'nowhere.jpg'}$"):
        restore(tmp_path / "nowhere.jpg", task="denoise", **SMALL)


def test_inpainting_keeps_the_known_pixels_unless_told_otherwise(photo, mask):
    path, hole = photo(), mask()
    kept = restore(path, task="inpaint", mask=hole, **SMALL)
    own = restore(path, task="inpaint", mask=hole, keep_known=False, **SMALL)
    known = torch.ones(32, 32, dtype=torch.bool)
    known[8:16, 8:16] = False
    assert torch.equal(kept.picture[:, known], images.load(path)[:, known])
    assert torch.equal(kept.picture[:, ~known], own.picture[:, ~known])
    assert not torch.equal(own.picture[:, known], kept.picture[:, known])


@pytest.mark.parametrize(("size", "box", "message"), [
    ((32, 32), (0, 0, 32, 32), "nowhere white: nothing is known; white means known"),
    ((32, 32), (0, 0, 0, 0), "white all over: nothing is hidden; white means known, .* transparent pixels are laid on"),
    ((32, 24), (8, 8, 16, 16), r"is 24 x 32 pixels .* its picture 32 x 32; allowed are masks of the same proportions"),
])  # fmt: skip
def test_a_mask_that_cannot_be_meant_is_refused(photo, mask, size, box, message):
    with pytest.raises(ValueError, match=message):
        restore(photo(), task="inpaint", mask=mask(size, box), **SMALL)


def test_a_mask_that_leaves_nothing_known_once_shrunk_is_refused(photo, tmp_path):
    Image.fromarray(np.uint8(np.indices((64, 64)).sum(0) % 2 * 255)).save(tmp_path / "mask.png")
    with pytest.raises(ValueError, match=r"leaves no pixel known at \(32, 32\) pixels"):
        restore(photo(size=(64, 64)), task="inpaint", mask=tmp_path / "mask.png", side=32, **SMALL)


@pytest.mark.parametrize("scale", [0.5, 1, 2])
def test_no_colour_of_the_hole_comes_into_known_pixels_of_a_shrunken_picture(mask, tmp_path, scale):
    pixels = np.full((480, 640, 3), 100, np.uint8)
    pixels[96:203, 105:305] = (255, 0, 0)
    Image.fromarray(pixels).save(tmp_path / "photo.png")
    box = [round(scale * edge) for edge in (104, 96, 306, 204)]
    hole = mask((round(640 * scale), round(480 * scale)), box)
    how = tasks.Degradation(seed=0, side=42, framing="whole", multiple=8, sigma=0.0, norm="mse", down="bilinear",
                            held=False)  # fmt: skip
    at = tasks.problem(tasks.own("inpaint", str(tmp_path / "photo.png"), str(hole)), how)
    assert at.size == (32, 48)
    known = at.observed[:, :, at.known[0, 0] == 1]
    assert 0.5 < float(at.known.mean()) < 1
    torch.testing.assert_close(known, torch.full_like(known, 100 / 255))
