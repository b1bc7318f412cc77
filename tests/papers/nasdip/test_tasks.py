"""What is restored: degradations are drawn once and shared, and no loss looks where nothing is known."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from lib.data import images
from lib.metrics.psnr import psnr
from lib.papers.nasdip import tasks
from lib.papers.nasdip.tasks import Degradation, Row

HOW = Degradation(
    seed=0, side=32, framing="window", multiple=4, sigma=25.0, norm="mse", down="bilinear", held=False
)  # fmt: skip
BUNDLED = ("astronaut", "chelsea", "coffee")  # denoising, inpainting, super-resolution
TOYS = ("denoise", "inpaint", "sr4", "sr8")


def problem(name, **changes):
    return tasks.problem(name, replace(HOW, **changes))


def toy(task, side=32, **changes):
    """A problem made from random pixels; inpainting hides the pixels from 8 to 20."""
    picture = torch.rand(3, side, side, generator=torch.Generator().manual_seed(1))
    known = torch.ones(1, 1, side, side)
    if task == "inpaint":
        known[..., 8:20, 8:20] = 0
    return tasks.degrade(picture, Row(task, "toy", task), known, replace(HOW, **changes))


def restoration(at):
    """Random pixels of the size of a restoration, with gradients."""
    return torch.rand(1, 3, *at.size, generator=torch.Generator().manual_seed(2)).requires_grad_()


@pytest.mark.parametrize("held", [False, True])
@pytest.mark.parametrize("norm", ["mse", "l1"])
@pytest.mark.parametrize(("task", "down"), [("inpaint", "bilinear"), ("sr4", "bilinear"), ("sr8", "lanczos2")])
def test_the_truth_has_no_loss(task, down, norm, held):
    at = toy(task, norm=norm, down=down, held=held)
    assert at.loss(at.truth) == 0
    assert not held or at.heldout(at.truth) == 0


@pytest.mark.parametrize("task", TOYS)
def test_the_loss_is_the_mean_over_all_observed_values(task):
    at = toy(task, held=True)
    x = restoration(at).detach()
    difference = (at.known * (1 - at.held) * (at.seen(x) - at.observed)).numpy()
    np.testing.assert_allclose(float(at.loss(x)), (difference**2).mean(), rtol=1e-5)
    np.testing.assert_allclose(float(replace(at, norm="l1").loss(x)), np.abs(difference).mean(), rtol=1e-5)


@pytest.mark.parametrize("task", ["denoise", "inpaint"])
def test_the_loss_is_blind_in_holes_and_on_held_out_pixels(task):
    at = toy(task, held=True)
    x = restoration(at)
    (gradient,) = torch.autograd.grad(at.loss(x), x)
    looked_at = (at.known * (1 - at.held)).expand_as(gradient).bool()
    assert (gradient[~looked_at] == 0).all()
    assert (gradient[looked_at] != 0).all()
    assert at.loss(torch.where(looked_at, x, 1 - x)) == at.loss(x)


@pytest.mark.parametrize("task", TOYS)
def test_the_held_out_error_looks_at_nothing_but_the_held_out_pixels(task):
    at = toy(task, held=True)
    x = restoration(at).detach()
    chosen = at.held.expand_as(at.observed).bool()
    expected = (at.seen(x) - at.observed)[chosen].square().mean()
    torch.testing.assert_close(at.heldout(x), expected)


@pytest.mark.parametrize("task", TOYS)
def test_held_out_pixels_are_few_known_and_never_none(task):
    shares = []
    for seed in range(100):
        at = toy(task, held=True, seed=seed)
        assert (at.held <= at.known).all()
        shares.append(float(at.held.sum() / at.known.sum()))
    assert min(shares) > 0
    assert np.mean(shares) == pytest.approx(tasks.HELD_OUT, abs=0.05)  # of 16 pixels, one may be all


@pytest.mark.parametrize("name", BUNDLED)
def test_a_degradation_is_the_same_whenever_it_is_drawn(name):
    first = problem(name, held=True)
    tasks.drawn.cache_clear()
    again = problem(name, held=True)
    assert again is not first
    for part in ("observed", "known", "held", "truth"):
        assert torch.equal(getattr(again, part), getattr(first, part))


def test_another_seed_degrades_otherwise():
    assert not torch.equal(problem("astronaut").observed, problem("astronaut", seed=1).observed)
    assert not torch.equal(problem("chelsea").known, problem("chelsea", seed=1).known)
    held = (problem(name, held=True, seed=seed).held for name in ("astronaut", "coffee") for seed in (0, 1))
    assert not torch.equal(next(held), next(held))
    assert not torch.equal(next(held), next(held))


def test_noise_has_the_deviation_asked_for_and_stays_in_range():
    grey = torch.full((3, 128, 128), 0.5)
    at = tasks.degrade(grey, Row("toy", "toy", "denoise"), torch.ones(1, 1, 128, 128), HOW)
    assert float((at.observed - 0.5).std()) * 255 == pytest.approx(25, rel=0.02)
    noisy = toy("denoise", sigma=200.0).observed
    assert (noisy.min(), noisy.max()) == (0, 1)


@pytest.mark.parametrize("factor", [4, 8])
def test_super_resolution_observes_an_antialiased_reduction(factor):
    at = toy(f"sr{factor}")
    small = (32 // factor, 32 // factor)
    assert at.size == (32, 32)
    assert at.observed.shape[2:] == small
    torch.testing.assert_close(at.observed, images.resize(at.truth, small, kind="bilinear"), atol=1e-5, rtol=0)
    torch.testing.assert_close(at.seen(torch.full_like(at.truth, 0.25)), torch.full_like(at.observed, 0.25))


def test_the_observation_is_a_picture_of_full_size():
    assert torch.equal(toy("denoise").baseline(), toy("denoise").observed)
    hole = toy("inpaint")
    assert torch.equal(hole.baseline(), hole.truth * hole.known)
    small = toy("sr4")
    assert torch.equal(small.baseline(), images.resize(small.observed, (32, 32), kind="bicubic"))


@pytest.mark.parametrize("seed", range(10))
def test_a_generated_hole_is_a_rectangle_of_three_to_four_eighths_of_the_side(seed):
    hole = problem("chelsea", seed=seed).known[0, 0] == 0
    rows, columns = hole.any(1).nonzero().flatten(), hole.any(0).nonzero().flatten()
    assert hole[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].all()
    assert len(rows) * len(columns) == hole.sum()
    assert {12 <= len(side) <= 16 for side in (rows, columns)} == {True}


def test_a_mask_is_binary_and_a_shrunken_pixel_hidden_in_part_is_hidden(tmp_path, monkeypatch):
    mask = np.full((64, 64, 3), 255, np.uint8)
    mask[10, 20] = 0
    Image.fromarray(mask).save(tmp_path / "mask.png")
    Image.new("RGB", (64, 64), "grey").save(tmp_path / "picture.png")
    row = Row("masked", str(tmp_path / "picture.png"), "inpaint", str(tmp_path / "mask.png"))
    monkeypatch.setitem(tasks.ROWS, "masked", row)
    known = problem("masked").known
    assert known.unique().tolist() == [0, 1]
    assert (known[0, 0] == 0).nonzero().tolist() == [[5, 10]]


def test_the_whole_picture_is_its_centre_square_or_its_native_size_in_whole_multiples():
    assert problem("chelsea", framing="whole").size == (32, 32)
    assert problem("chelsea", framing="whole", side=0, multiple=32).size == (288, 448)


def test_a_picture_stands_for_itself_with_a_generated_hole():
    row = tasks.row("swirl")
    assert (row.picture, row.task, row.mask) == ("swirl", "inpaint", "rectangle")
    assert (problem("swirl").known == 0).any()


@pytest.mark.parametrize("files", [("a.png",), ("a: b.png", "c:d%3A|.png")])
def test_a_users_own_picture_may_be_called_anything(tmp_path, files):
    paths = [str(tmp_path / file) for file in files]
    for path in paths:
        Image.new("RGB", (32, 32)).save(path)
    row = tasks.row(tasks.own("inpaint", *paths))
    assert (row.task, tasks.files(row), row.degraded) == ("inpaint", paths, True)


def test_a_users_picture_grows_by_its_mirror_image_to_what_the_networks_need(tmp_path):
    Image.fromarray(np.full((5, 7, 3), 255, np.uint8)).save(tmp_path / "own.png")
    at = problem(tasks.own("sr4", str(tmp_path / "own.png")), framing="whole", side=0, multiple=32)
    assert (at.size, at.cut(at.baseline()).shape[2:]) == ((32, 32), (20, 28))
    assert (at.observed == 1).all()


def test_a_picture_overwritten_under_its_name_is_another_problem(tmp_path):
    name = str(tmp_path / "picture.png")
    truths = []
    for colour in ("red", "blue"):
        Image.new("RGB", (32, 32), colour).save(name)
        truths.append(problem(name).truth)
    assert not torch.equal(*truths)
    assert problem(name).truth is truths[1]


@pytest.mark.parametrize("name", ["mona_lisa", "nowhere.png"])
def test_an_unknown_row_is_named_with_what_is_allowed(name):
    with pytest.raises(ValueError, match=f"row is '{name}'; allowed are vase, library.*{name}"):
        tasks.row(name)


@pytest.mark.parametrize(("name", "changes", "message"), [
    ("astronaut", {"side": 30}, r"astronaut is \(30, 30\) pixels; both sides must be multiples of 4 and 1"),
    ("coffee", {"side": 34, "multiple": 2}, r"coffee is \(34, 34\) pixels; both sides must be multiples of 2 and 4"),
])  # fmt: skip
def test_a_size_that_networks_or_task_cannot_use_is_refused(name, changes, message):
    with pytest.raises(ValueError, match=message):
        problem(name, **changes)


def test_artworks_are_the_first_pictures_of_each_folder(tmp_path):
    for name in ("oil/b.png", "oil/a.png", "oil/c.png", "ink/deep/d.png", ".trash/e.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (8, 8)).save(tmp_path / name)
    found = tasks.artworks(str(tmp_path), 2)
    assert [medium for medium, _ in found] == ["ink", "oil", "oil"]
    wanted = ("ink/deep/d.png", "oil/a.png", "oil/b.png")
    assert [picture for _, picture in found] == [f"{tmp_path}/{name}" for name in wanted]
    assert all(tasks.row(picture).mask == "rectangle" for _, picture in found)


def test_artworks_without_a_folder_a_medium_are_refused(tmp_path):
    with pytest.raises(ValueError, match="which has no folders"):
        tasks.artworks(str(tmp_path), 2)
    with pytest.raises(ValueError, match="data set is 'louvre'"):
        tasks.artworks("louvre", 2)


def native(name):
    """A row of the paper at its native size."""
    return problem(name, framing="whole", side=0, multiple=32)


@pytest.mark.desk
def test_the_noisy_plane_has_the_psnr_of_sigma_25():
    at = native("plane")
    assert float(psnr(at.observed, at.truth)) == pytest.approx(20.37, abs=0.03)


@pytest.mark.desk
@pytest.mark.parametrize(("name", "share", "black"), [
    ("vase", 2.74, 21.69), ("library", 18.63, 12.43), ("face", 4.32, 17.96),
])  # fmt: skip
def test_published_holes_have_their_share_and_psnr(name, share, black):
    at = native(name)
    assert at.known.unique().tolist() == [0, 1]
    assert 100 * float(1 - at.known.mean()) == pytest.approx(share, abs=0.005)
    assert float(psnr(at.observed, at.truth)) == pytest.approx(black, abs=0.005)
