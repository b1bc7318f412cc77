"""A pair of generators: pictures of every kind and size, its file, and files that hold none."""

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from lib.data import images
from lib.models.cyclegan import Generator, initialise
from lib.papers.cycleganas.pair import Pair, load, read
from lib.spaces.base import keyed
from lib.spaces.cycleganas import CycleGanas

RNG = np.random.default_rng(0)


def made(preset="paper", widths=(2, 3)):
    space = CycleGanas(1, preset)
    genome = space.sample(keyed(3))
    generators = [Generator(one, H) for one, H in zip(
        (space.decode(genome).G_A, space.decode(genome).G_B), widths, strict=True)]  # fmt: skip
    for seed, generator in enumerate(generators):
        initialise(generator, seed)
        list(generator.parameters())[-1].data.fill_(0.2)  # of the head; without it all is nearly grey
    return Pair(space.text(genome), *generators, side=32)


@pytest.fixture
def pair():
    return made()


@pytest.fixture
def facts(pair):
    return {"genotype": pair.genotype, "preset": "paper", "blocks": "1", "H_A": "2", "H_B": "3", "side": "32"}


@pytest.mark.parametrize("size", [(37, 50), (5, 7), (1, 1), (16, 90)])
def test_a_picture_of_any_size_is_translated_there_and_back_at_its_size(pair, size):
    found = pair.translate(read(torch.rand(3, *size)), "BtoA")
    for picture in (*found.translations, *found.reconstructions):
        assert picture.shape == (3, *size)
        assert 0 <= picture.min() <= picture.max() <= 1
    assert found.names == ["picture"]
    assert repr(found) == "Translated BtoA, pictures: 1; see grid(), slide() and save(path)"
    assert found._repr_png_()[0].startswith(b"\x89PNG")


@pytest.mark.parametrize(("direction", "there", "back"), [("AtoB", "G_A", "G_B"), ("BtoA", "G_B", "G_A")])
def test_each_direction_has_its_generator_and_the_other_leads_back(pair, direction, there, back):
    picture = torch.rand(1, 3, 32, 36)
    found = pair.translate(read(picture), direction)
    with torch.no_grad():
        expected = getattr(pair, there)(picture * 2 - 1) / 2 + 0.5
        again = getattr(pair, back)(expected * 2 - 1) / 2 + 0.5
    torch.testing.assert_close(found.translations[0], expected[0])
    torch.testing.assert_close(found.reconstructions[0], again[0])


def test_sides_are_padded_by_reflection_and_cut_again(pair):
    picture = torch.rand(3, 18, 20)
    mirrored = torch.cat([picture, picture[:, 16:17], picture[:, 15:16]], 1)
    assert torch.equal(pair(picture[None], "AtoB")[0], pair(mirrored[None], "AtoB")[0, :, :18])


def test_the_same_picture_is_read_from_every_kind_of_source(tmp_path):
    pixels = RNG.integers(0, 256, (20, 30, 3), np.uint8)
    path = images.save(images.from_uint8(pixels), tmp_path / "own" / "cat.png")
    expected = images.from_uint8(pixels)
    given = {"path": path, "text": str(path), "folder": path.parent, "list": [path], "PIL": Image.fromarray(pixels),
             "uint8": pixels, "floats": pixels / np.float32(255), "tensor": expected[None]}  # fmt: skip
    for kind, pictures in given.items():
        ((name, picture),) = read(pictures)
        assert torch.equal(picture, expected), kind
        assert name == ("cat" if kind in ("path", "text", "folder", "list") else "picture")
    assert [name for name, _ in read([path, pixels, expected.repeat(2, 1, 1, 1)])] == ["cat", *["picture"] * 3]


def test_grey_and_transparent_pictures_become_three_channels():
    grey, clear = np.full((16, 20), 51, np.uint8), np.zeros((16, 20, 4), np.uint8)
    for pictures in (grey, Image.fromarray(grey), grey / 255):
        assert torch.equal(read(pictures)[0][1], torch.full((3, 16, 20), 0.2))
    for pictures in (clear, Image.fromarray(clear), clear / 255):
        assert torch.equal(read(pictures)[0][1], torch.ones(3, 16, 20))


def test_the_shorter_side_is_resized_where_asked_for():
    assert read(torch.rand(3, 60, 90), side=30)[0][1].shape == (3, 30, 45)


@pytest.mark.parametrize(("given", "message"), [
    ([], "pictures is empty"),
    (3, "pictures is a int; allowed are paths, PIL images, arrays and tensors"),
    ("no such name", "picture is 'no such name'; allowed are"),
    (np.zeros((4, 4, 2), np.uint8), r"\(4, 4, 2\)"),
    (np.full((4, 4, 3), 2.0), r"\[0, 1\]"),
    (np.zeros((4, 4, 3), np.int64), "int64"),
    (torch.full((1, 3, 4, 4), 2.0), r"pictures ranges over \[2, 2\]; allowed is \[0, 1\]"),
    (torch.zeros(1, 1, 4, 4), r"pictures has shape \(1, 1, 4, 4\)"),
])  # fmt: skip
def test_what_is_no_picture_is_refused(given, message):
    with pytest.raises(ValueError, match=message):
        read(given)


@pytest.mark.parametrize("preset", ["paper", "repo"])
def test_a_saved_pair_is_the_same_to_the_bit(preset, tmp_path):
    pair = made(preset)
    found = load(pair.save(tmp_path / "pair.safetensors"))
    assert (found.genotype, found.side, found.space.name) == (pair.genotype, 32, pair.space.name)
    assert (found.G_A.H, found.G_B.H) == (2, 3)
    for name in ("G_A", "G_B"):
        ours, theirs = (getattr(one, name).state_dict() for one in (pair, found))
        assert ours.keys() == theirs.keys()
        assert all(torch.equal(ours[key], theirs[key].cpu()) for key in ours)
    picture = torch.rand(1, 3, 21, 33)
    assert torch.allclose(found(picture, "AtoB"), pair(picture, "AtoB"), atol=1e-5)


@pytest.mark.parametrize(("change", "message"), [
    ({"H_A": "3"}, "size mismatch"), ({"H_B": "9" * 9}, "H_B is '9+'; allowed are 1 to 1024"),
    ({"H_A": "-2"}, "H_A is '-2'; allowed"), ({"blocks": "2"}, "cycleganas-nb2 has"), ({"blocks": "65"}, "blocks is"),
    ({"preset": "other"}, "preset is 'other'; allowed are paper, repo"), ({"genotype": "c3"}, "'c3' has"),
    ({"side": "0"}, "side is '0'; allowed are 32 to 4096"), ({"side": None}, "does not say 'side'"),
])  # fmt: skip
def test_a_file_whose_facts_do_not_fit_its_weights_is_no_network(pair, facts, change, message, tmp_path):
    path = pair.save(tmp_path / "pair.safetensors")
    save_file(load_file(path), path, {key: value for key, value in (facts | change).items() if value})
    with pytest.raises(ValueError, match=rf"pair.safetensors is no network file of save_network: (?s:.)*{message}"):
        load(path)


def test_weights_that_are_not_finite_and_files_of_other_kinds_are_no_network(pair, facts, tmp_path):
    state = load_file(pair.save(tmp_path / "pair.safetensors"))
    broken = state | {"G_B.layers.stem.bias": torch.full((3,), float("nan"))}
    save_file(broken, tmp_path / "nan.safetensors", facts)
    save_file({"x": torch.zeros(1)}, tmp_path / "plain.safetensors")
    (tmp_path / "text.safetensors").write_text("no weights")
    for name, message in (
        ("nan", "not finite"),
        ("plain", "no network"),
        ("text", "no network"),
    ):
        with pytest.raises(ValueError, match=message):
            load(tmp_path / f"{name}.safetensors")
    with pytest.raises(FileNotFoundError, match=r"none.safetensors"):
        load(tmp_path / "none.safetensors")


def test_translations_are_saved_into_a_folder(pair, tmp_path):
    three = pair.translate(read(torch.rand(3, 3, 16, 20)), "AtoB")
    folder = three.save(tmp_path / "all")
    assert sorted(path.name for path in folder.iterdir()) == [f"00{k}-picture.png" for k in range(3)]
    saved = images.load(folder / "001-picture.png")
    assert torch.equal(saved, images.from_uint8(images.to_uint8(three.translations[1])))


def test_the_grid_shows_each_picture_its_translation_and_the_way_back(pair):
    figure = pair.translate(read(torch.rand(2, 3, 16, 16)), "BtoA").grid()
    assert [text.get_text() for text in figure.texts] == ["B, given", "A, translated", "B again"]
    assert len(figure.axes) == 6
    assert len(pair.translate(read(torch.rand(13, 3, 16, 16)), "BtoA").grid().axes) == 36
