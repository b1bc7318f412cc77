"""Pictures of a genome, and networks in files."""

from dataclasses import replace
from importlib import import_module
from shutil import copyfile

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from lib.data.registry import MissingData
from lib.papers.autogan import generate, save_network
from lib.papers.autogan.experiments import SPACE
from lib.training.gan import DerivedTraining

module = import_module("lib.papers.autogan.generate")  # the package has the function under this name
A = "1 0 1 1 ; 1 0 0 1 1 ; 1 0 1 0 3"


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
