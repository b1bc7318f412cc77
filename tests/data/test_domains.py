"""Unpaired domains: what each key holds, how pictures of files are made square, truths of made sets, bad folders."""

from functools import partial

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from lib.data import images, registry, synthetic_domains
from lib.data.catalogue import CATALOGUE
from lib.data.domains import ARCHIVES, KEYS, STAND_INS, load
from lib.data.registry import MissingData
from lib.data.synthetic_domains import COOL, PARTS, WARM


@pytest.fixture
def folder(tmp_path):
    """A set of one's own with 3 + 2 pictures to train and 1 + 2 to test, of 40 x 20 pixels."""
    for part, count in zip(PARTS, (3, 2, 1, 2), strict=True):
        for number in range(count):
            save(tmp_path / "own" / part / f"{number}.png", seed=number)
    return tmp_path / "own"


def save(path, seed=0, mode="RGB", size=(40, 20)):
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 4), np.uint8)
    Image.fromarray(pixels, "RGBA").convert(mode).save(path)


def counts(found):
    return [len(pictures) for pictures in (found.train_a, found.train_b, found.test_a, found.test_b)]


def distinct(pixels):
    """The colours (n, 3) that fill a hundredth of the pixels (N, 3, S, S) or more: those of blended edges do not."""
    colours, count = torch.unique(pixels.movedim(1, -1).reshape(-1, 3), dim=0, return_counts=True)
    return {tuple(colour.tolist()) for colour, n in zip(colours, count, strict=True) if n >= count.sum() / 100}


def rounded(palette):
    return {tuple(map(int, colour)) for colour in np.rint(palette * 255)}


# --- folders ---


def test_a_folder_gives_training_pictures_at_the_load_side_and_test_pictures_at_the_side(folder):
    found = load(str(folder), 32)
    assert (found.train_a.shape, found.train_b.shape) == ((3, 3, 36, 36), (2, 3, 36, 36))
    assert (found.test_a.shape, found.test_b.shape) == ((1, 3, 32, 32), (2, 3, 32, 32))
    assert found.train_a.dtype == found.test_b.dtype == torch.uint8
    assert found.names["trainA"] == ("0.png", "1.png", "2.png")
    assert (found.title, found.source, found.showable, found.sha256) == (
        "own", "own folder", False, registry.digest(folder))  # fmt: skip


@pytest.mark.parametrize(("side", "expected"), [(256, 286), (128, 143), (64, 72), (16, 18)])
def test_the_load_side_is_that_of_the_specification(side, expected, folder):
    assert load(folder, side).train_a.shape[-1] == expected


def test_pictures_of_files_are_stretched_by_pillows_bicubic_filter(folder):
    with Image.open(folder / "testA" / "0.png") as picture:
        expected = np.asarray(picture.resize((32, 32), Image.Resampling.BICUBIC)).transpose(2, 0, 1)
    assert np.abs(load(folder, 32).test_a[0].numpy() - expected.astype(float)).mean() < 1  # Pillow's own is in 8 bits


def test_grey_pictures_get_three_channels_and_transparent_ones_white_ground(folder):
    save(folder / "testA" / "1.png", mode="L")
    Image.new("RGBA", (20, 20), (200, 10, 10, 0)).save(folder / "testA" / "2.png")
    found = load(folder, 32).test_a
    assert torch.equal(found[1, 0], found[1, 2])
    assert found[1].float().std() > 20
    assert found[2].eq(255).all()


def test_same_names_in_both_domains_of_ones_own_folder_are_no_pairs(folder):
    found = load(folder, 16)
    assert (found.paired, found.truth_a, found.truth_b) == (False, None, None)


@pytest.mark.parametrize("count", [4, 25])
def test_without_pictures_to_test_the_last_tenth_of_those_to_train_on_is_held_out(folder, count):
    (folder / "testA").rename(folder / "elsewhere")
    for number in range(3, count):
        save(folder / "trainA" / f"{number:02}.png", seed=number)
    whole = sorted(file.name for file in (folder / "trainA").iterdir())
    found = load(folder, 32)
    assert found.held_out == ("testA",)
    assert counts(found) == [count - max(1, count // 10), 2, max(1, count // 10), 2]
    assert [*found.names["trainA"], *found.names["testA"]] == whole
    expected = images.resize(images.load(folder / "trainA" / whole[-1]), (32, 32))
    assert np.array_equal(found.test_a[-1].movedim(0, -1), images.to_uint8(expected))


def absent(own, part):
    (own / part).rename(own / "elsewhere")


def emptied(own, part):
    for file in (own / part).iterdir():
        file.unlink()


def archive(own, part):
    """The folder without that part in the place of the archive of maps."""
    absent(own, part)
    own.rename(own.parent / "extra" / "cyclegan" / "maps")


@pytest.mark.parametrize(("spoil", "part", "message"), [
    *((emptied, part, rf"{part} holds no picture") for part in PARTS),
    *((absent, part, rf"has no sub-folder {part}; needed are trainA and trainB, .* optional") for part in PARTS[:2]),
    (absent, "testB", r"domain B has 2 pictures in own/trainB and none to test in testB; at least 3"),
    (archive, "testB", "has no sub-folder testB; needed are"),
    (lambda own, part: (own / part / "1.png").unlink(), "trainB", r"domain B has 1 picture in .*trainB; at least 2"),
    (lambda own, part: (own / part / "1.png").write_bytes(b"no picture"), "trainA", r"1\.png"),
])  # fmt: skip
def test_a_folder_that_cannot_be_trained_and_tested_on_is_refused(folder, extra, spoil, part, message):
    (extra / "cyclegan").mkdir()
    assert counts(load(folder, 16)) == [3, 2, 1, 2]
    spoil(folder, part)
    with pytest.raises(ValueError, match=message):
        load(folder if folder.exists() else "maps", 16)


# --- keys and sides ---


@pytest.mark.parametrize("side", [0, 12, 30, 65])
def test_a_side_is_a_multiple_of_4_from_16(side):
    with pytest.raises(ValueError, match=rf"side is {side}; allowed are multiples of 4 from 16"):
        load("synthetic", side)


@pytest.mark.parametrize("key", ["horse2zebr", "cifar10"])
def test_an_unknown_key_lists_those_allowed(key):
    with pytest.raises(ValueError, match=rf"domains are '{key}'; allowed are {', '.join(KEYS)}, or the path of a"):
        load(key, 16)


def test_the_archives_are_known_by_source_and_counts_and_say_how_to_get_them(extra):
    for key in ARCHIVES:
        assert "to train" in CATALOGUE[key].title
        with pytest.raises(MissingData, match=rf"`python -m lib fetch data {key}`, or put 'cyclegan/{key}' into"):
            load(key, 16)
    assert not any(CATALOGUE[key].showable for key in (*ARCHIVES, *STAND_INS))
    assert all("stand-in" in CATALOGUE[key].title for key in STAND_INS)


def test_pairs_of_an_archive_are_found_by_their_numbers(folder, extra):
    target = extra / "cyclegan" / "maps"
    target.parent.mkdir(parents=True)
    folder.rename(target)
    assert not load("maps", 16).paired  # one test picture here, two there
    for domain in "AB":
        for number, file in enumerate(sorted((target / f"test{domain}").iterdir())):
            file.rename(file.with_stem(f"{number}_{domain}"))
    (target / "testB" / "1_B.png").unlink()
    found = load("maps", 16)
    assert found.paired
    assert torch.equal(found.truth_b, found.test_b)
    assert torch.equal(found.truth_a, found.test_a)


@pytest.mark.desk
def test_desk_sets_are_counted_and_only_facades_are_pairs(monkeypatch):
    monkeypatch.setattr(images, "load", lambda file: torch.zeros(3, 16, 16))
    expected = ([300, 300, 60, 60], [300, 300, 60, 60], [159, 142, 40, 40])
    for key, of_parts in zip(STAND_INS, expected, strict=True):
        found = load(key, 16)
        assert (counts(found), found.paired) == (of_parts, key == "unpaired/facades")
        assert (found.names["testA"] == found.names["testB"]) == (key != "unpaired/horse2giraffe")


# --- made sets ---


def test_the_symmetric_set_swaps_the_colours_of_shapes_and_ground():
    found = load("synthetic", 64)
    assert counts(found) == [48, 48, 24, 24]
    assert distinct(found.test_a) == distinct(found.test_b) == rounded(COOL) | rounded(WARM)
    for pixels, truth in ((found.test_a, found.truth_b), (found.test_b, found.truth_a)):
        for before, after in [*zip(COOL, WARM, strict=True), *zip(WARM, COOL, strict=True)]:
            here = (pixels == torch.from_numpy(np.rint(before * 255)).view(1, 3, 1, 1)).all(1)
            assert (truth.movedim(1, -1)[here] - torch.from_numpy(after * 255)).abs().max() < 4


def test_the_imbalanced_set_has_finer_detail_on_a_larger_area_in_b_and_more_pictures():
    found = load("synthetic-imbalanced", 64)
    assert counts(found) == [32, 64, 24, 24]

    def area(pixels):
        return sum((pixels == torch.from_numpy(np.rint(c * 255)).view(1, 3, 1, 1)).all(1).sum() for c in COOL)

    def detail(pixels):
        return (pixels[..., 1:, :].float() - pixels[..., :-1, :]).abs().mean()

    shapes = [1 - area(pixels) / pixels[:, 0].numel() for pixels in (found.test_a, found.truth_a)]
    assert shapes[1] > 1.5 * shapes[0]
    assert detail(found.test_b) > 3 * detail(found.truth_a)
    assert detail(found.truth_b) > 2 * detail(found.test_a)


@settings(max_examples=4, deadline=None)
@given(st.sampled_from([16, 20]), st.booleans())
def test_made_scenes_repeat_and_show_the_same_at_any_side(side, striped):
    def make(side):
        return synthetic_domains.shapes(side, side, striped=striped)

    one, again, twice = make(side), make(side), make(2 * side)
    assert all(np.array_equal(one.pictures[part], again.pictures[part]) for part in PARTS)
    halved = twice.pictures["testA"].reshape(24, 3, side, 2, side, 2).mean((3, 5))
    assert np.abs(halved - one.pictures["testA"]).mean() < 6


@pytest.fixture(scope="module")
def showable():
    return load("showable", 64)


def test_the_showable_set_is_counted_named_and_repeats(showable):
    assert counts(showable) == [200, 200, 32, 32]
    assert (showable.showable, showable.paired) == (True, False)
    assert {name.split()[0] for name in showable.names["testB"]} == set(synthetic_domains.PHOTOS)
    window = partial(synthetic_domains._window, period=64 / synthetic_domains.HATCHES)
    again = synthetic_domains._made({"trainA": 7, "testB": 7}, 64, 72, window)
    assert np.array_equal(again.pictures["trainA"], showable.train_a[:7])
    assert np.array_equal(again.pictures["testB"], showable.test_b[:7])
    assert again.names["testB"] == showable.names["testB"][:7]


def test_drawings_have_no_blue_whites_and_many_fine_lines(showable):
    for photos, drawn in ((showable.test_a, showable.truth_b), (showable.truth_a, showable.test_b)):
        white = photos.float().amin(1) > 230
        red, _, blue = drawn.float().movedim(1, -1)[white].mean(0)
        assert red > blue + 15  # paper
        fine = [(p.float() - torch.nn.functional.avg_pool2d(p.float(), 5, 1, 2)).abs().mean() for p in (photos, drawn)]
        assert fine[1] > 1.5 * fine[0]


def test_no_pixel_of_a_photo_is_in_two_parts_of_the_showable_set(monkeypatch):
    """Photos of which every pixel names its place by row and column: windows tell where they were cut."""
    rows, columns = torch.meshgrid(torch.arange(240), torch.arange(300), indexing="ij")
    places = torch.stack([rows, columns, torch.zeros_like(rows)]).float()
    monkeypatch.setattr(synthetic_domains, "_photo", lambda name: places)
    seen = {part: np.zeros((len(synthetic_domains.PHOTOS), 240, 300), bool) for part in PARTS}
    for part in PARTS:
        for number in range(200 if part.startswith("train") else 32):
            _, draw = synthetic_domains._window(part, number, period=5)
            row, column, _ = draw.args[0].reshape(3, -1).int().numpy()
            seen[part][number % len(synthetic_domains.PHOTOS), row, column] = True
    assert sum(seen.values()).max() == 1
    assert all(seen[part].mean() > (0.15 if part.startswith("train") else 0.08) for part in PARTS)
