"""Generators of one's own: pictures of a genome, a search on a folder, networks in files."""

from dataclasses import replace
from importlib import import_module
from shutil import copyfile

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from lib.data import images
from lib.data.registry import MissingData
from lib.papers.autogan import generate, save_network, search
from lib.papers.autogan.experiments import SPACE
from lib.search.runs import OutOfTime
from lib.training.gan import DerivedTraining

module = import_module("lib.papers.autogan.generate")  # the package has the function under this name
A = "1 0 1 1 ; 1 0 0 1 1 ; 1 0 1 0 3"
PACE = [(0.01, 0.001), (0.02, 0.002), (0.05, 0.003)]


@pytest.fixture(scope="module")
def tiny():
    return replace(
        module._desk(), profile="custom", device="cpu", data="patches", pictures=42, side=16, widths=[4, 4],
        derived_widths=[4, 4], batches=[4, 4], stages=[1, 1, 1], shared_steps=2, controller_steps=[1, 1, 1],
        reward_images=4, beams=[2, 1], reset_window=8, derived=["a"], derived_steps=[1, 1, 1], images=8,
    )  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    """A function that saves random pictures, of so many classes in sub-folders of their own, and returns the folder."""

    def make(count=12, side=36, classes=2):
        for k in range(count):
            picture = torch.rand(3, side, side + 4, generator=torch.Generator().manual_seed(k))
            images.save(picture, tmp_path / "own" / (f"class {k % classes}" if classes > 1 else "") / f"{k}.png")
        return tmp_path / "own"

    return make


@pytest.fixture(scope="module")
def made(tiny, tmp_path_factory):
    """A network's file, and pictures of its generator as it was trained, then under its text."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKBOOK_RUNS", str(tmp_path_factory.mktemp("runs")))
        path = save_network(tmp_path_factory.mktemp("networks") / "a.safetensors", "a", settings=tiny)
        patch.setattr(DerivedTraining, "step", lambda _: pytest.fail("it trains again"))
        return path, generate("a", 5, settings=tiny), generate(A, 5, settings=tiny)


@pytest.fixture
def network(made, tmp_path):
    return copyfile(made[0], tmp_path / "a.safetensors")


def test_a_generator_is_trained_once_and_makes_the_same_pictures_from_its_file(network, made):
    _, found, named = made
    assert (found.genome, found.pictures.shape) == (A, (5, 3, 16, 16))
    assert 0 <= found.pictures.min() < found.pictures.max() <= 1
    assert torch.equal(named.pictures, found.pictures)
    read = generate(network, 5)
    assert read.genome == A
    assert float((read.pictures - found.pictures).abs().max()) <= 1.01 / 255
    assert not torch.equal(generate(network, 5, seed=1).pictures, read.pictures)


def test_the_grid_shows_eight_pictures_a_row_with_gaps(network, tmp_path):
    found = generate(network, 11)
    assert Image.open(found.save(tmp_path / "grid.png")).size == (8 * 18 + 2, 2 * 18 + 2)
    assert len(found.grid().axes) == 1
    assert repr(found) == f"Generated, 11 pictures of 16 x 16 pixels by {A}; see grid() and save(path)"
    assert found._repr_png_()[0].startswith(b"\x89PNG")


@pytest.mark.parametrize(("given", "message"), [
    ({"genome": "top4"}, "unknown name 'top4'; allowed are a, b, c, sngan, or the tokens"),
    ({"genome": "1 0 1 1 ; 1 0 0 1 1"}, "has 9 genes"),
    ({"genome": None}, "genome is None; allowed are a name"),
    ({"data": "nosuch"}, "data set is 'nosuch'; allowed are"),
    ({"n": 0}, "n is 0; allowed are whole numbers from 1"),
    ({"n": 2.0}, "n is 2.0; allowed are whole numbers from 1"),
    ({"seed": -1}, "seed is -1; allowed are whole numbers from 0"),
])  # fmt: skip
def test_what_cannot_be_generated_is_refused_before_any_training(tiny, given, message, monkeypatch):
    monkeypatch.setattr(module.computing, "trained", lambda *_, **__: pytest.fail("it trains"))
    with pytest.raises(ValueError, match=message):
        generate(**given, settings=tiny)


def test_pictures_that_are_not_here_are_named_with_what_to_give_in_their_place(
    tiny, folder, weights, monkeypatch, tmp_path
):
    monkeypatch.setenv("WORKBOOK_DATA", str(tmp_path))
    absent = replace(tiny, data="cifar10-jpeg")
    with pytest.raises(MissingData, match=r'; or give data="patches" or a folder of your own pictures$'):
        generate("a", 2, settings=absent)
    with pytest.raises(ValueError, match=r"end in .safetensors"):
        save_network("a", settings=absent)
    found = [generate("a", 2, data=data, settings=absent).pictures for data in ("patches", folder(classes=1))]
    assert found[0].shape == found[1].shape == (2, 3, 16, 16)
    assert not torch.equal(*found)


@pytest.mark.parametrize(("change", "message"), [
    ({"width": "8"}, "size mismatch"), ({"width": "-4"}, "width is '-4'; allowed are 1 to 4096"),
    ({"latent": "9" * 9}, "latent is '9+'; allowed"), ({"genome": SPACE.text(SPACE.named("b"))}, "Missing key"),
    ({"genome": "x"}, "unknown name 'x'"), ({"skip_out": "sum"}, "skip_out is 'sum'; allowed are pre_sum, post_sum"),
])  # fmt: skip
def test_a_file_whose_facts_do_not_fit_its_weights_is_no_network(network, change, message):
    facts = {"genome": A, "width": "4", "latent": "128", "bottom": "2", "skip_out": "pre_sum"}
    save_file(load_file(network), network, facts | change)
    with pytest.raises(ValueError, match=rf"a.safetensors is no network file of save_network: (?s:.)*{message}"):
        generate(network)


def test_weights_that_are_not_finite_and_files_of_other_kinds_are_no_network(network, tmp_path):
    broken = load_file(network)
    broken["stem.bias"][0] = float("nan")
    save_file(broken, tmp_path / "nan.safetensors",
              {"genome": A, "width": "4", "latent": "128", "bottom": "2", "skip_out": "pre_sum"})  # fmt: skip
    save_file({"x": torch.zeros(1)}, tmp_path / "plain.safetensors")
    (tmp_path / "text.safetensors").write_text("no weights")
    for name, message in (("nan", "not finite"), ("plain", "no network file"), ("text", "no network file")):
        with pytest.raises(ValueError, match=message):
            generate(tmp_path / f"{name}.safetensors")
    with pytest.raises(FileNotFoundError, match=r"none.safetensors"):
        generate(tmp_path / "none.safetensors")


def test_a_search_on_a_folder_goes_on_where_it_stopped_and_then_trains_the_best(tiny, folder, monkeypatch, tmp_path):
    monkeypatch.setattr(module, "_fitting", lambda *_: {"stages": [1, 1, 1]})
    monkeypatch.setattr(module, "_pace", lambda _: PACE)
    left = iter([1.0, 0.0, 1.0, 1.0])  # seconds before each step
    monkeypatch.setattr(module, "time_left", lambda: next(left))
    own = folder()
    with pytest.raises(OutOfTime, match="the search has 1 of 3 iterations; the same call, with the same minutes"):
        search(own, 1000, settings=tiny, side=16)
    found = search(own, 1000, settings=tiny, side=16)
    assert found.curve["resolution"].tolist() == [4, 8, 16]
    assert found.genome == found.curve["beams"].iloc[-1][0]
    assert (found.score, found.g_iters) == ("IS-task", 1)
    assert found.generate(3).pictures.shape == (3, 3, 16, 16)
    assert len(found.report().axes) == 3
    assert generate(found.save(tmp_path / "found.safetensors"), 1).genome == found.genome
    again = search(own, 1000.0, settings=tiny, side=16)
    assert again.folder == found.folder
    assert again.g_iters == 1
    assert torch.equal(again.generate(3).pictures, found.generate(3).pictures)


@pytest.mark.parametrize("minutes", [0.01, 0.5, 10, 20_000])
def test_the_sizes_of_a_search_follow_the_minutes_and_stay_allowed(tiny, minutes):
    desk = module._desk()
    sizes = module._fitting(desk, 60 * minutes, PACE)
    replace(desk, **sizes)  # validates
    each = [sizes["shared_steps"] * step + (children * sizes["reward_images"] + sizes["images"]) * picture
            for (step, picture), children in zip(PACE, sizes["controller_steps"], strict=True)]  # fmt: skip
    assert sizes["stages"] == [1, 1, 1] or sum(each) / 3 * sum(sizes["stages"]) <= 30 * minutes
    assert (sizes["shared_steps"] == desk.shared_steps) == (minutes >= 10)
    assert (sizes["stages"] == [30, 30, 30]) == (minutes == 20_000)
    assert sizes["derived_steps"][0] == 6 or 5 * sizes["derived_steps"][0] * PACE[-1][0] <= 30 * minutes


def test_the_pace_is_measured_in_each_stage(tiny, folder):
    pace = module._pace(module._own(folder(), tiny, 16))
    assert len(pace) == 3
    assert all(step > 0 and picture > 0 for step, picture in pace)


def test_pictures_without_classes_are_judged_by_a_pretrained_network(tiny, folder):
    own = module._own(folder(classes=1), tiny, 16)
    assert (own.reward, own.features, own.side) == ("lite0", "lite0", 16)


@pytest.mark.parametrize(("shape", "changes", "message"), [
    ({"count": 1, "classes": 1}, {}, "holds 1 picture; at least 2 are needed"),
    ({"side": 24}, {"side": 32}, "has 28 x 24 pixels; at least 32 x 32 are needed"),
    ({}, {"side": 20}, "side is 20; allowed are 16, 32, 48, 64"),
    ({}, {"minutes": 0}, "minutes is 0; allowed are numbers above 0"),
    ({}, {"minutes": float("nan")}, "minutes is nan; allowed are numbers above 0"),
    ({}, {"minutes": "5"}, "minutes is '5'; allowed are numbers above 0"),
])  # fmt: skip
def test_a_folder_or_number_that_cannot_be_used_is_refused_before_any_work(tiny, folder, shape, changes, message):
    own = folder(**shape)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module.Scores, "network", lambda *_: pytest.fail("it works"))
        with pytest.raises(ValueError, match=message):
            search(own, **{"minutes": 1.0, "side": 16, "settings": tiny, **changes})


def test_a_folder_that_is_not_there_is_named(tiny, tmp_path):
    with pytest.raises(ValueError, match="nowhere is no folder"):
        search(tmp_path / "nowhere", 1.0, settings=tiny)
