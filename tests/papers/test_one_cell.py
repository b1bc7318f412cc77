"""What calls for pictures of one's own share."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from lib.papers import one_cell
from lib.papers.autogan.settings import Settings


def test_desk_settings_are_those_of_the_notebooks_file():
    assert one_cell.desk(Settings, "04_autogan").profile == "desk"


@pytest.mark.parametrize("minutes", [0, -1, float("nan"), float("inf"), "5", None])
def test_minutes_that_are_no_time_to_work_are_refused(minutes):
    with pytest.raises(ValueError, match=r"minutes is .*; allowed are numbers above 0"):
        one_cell.check_minutes(minutes)


@pytest.mark.parametrize(("size", "expected"), [((4, 9), (16, 16)), ((16, 20), (16, 20)), ((17, 30), (20, 32))])
def test_sides_are_padded_at_the_end_to_multiples(size, expected):
    photo = torch.rand(1, 3, *size)
    found = one_cell.padded(photo, 4, 16)
    assert found.shape == (1, 3, *expected)
    assert torch.equal(found[..., : size[0], : size[1]], photo)
    if size == (17, 30):
        assert torch.equal(found[..., :17, 30], photo[..., 28])  # mirrored


def test_a_saved_state_comes_back_with_its_facts(tmp_path):
    state = {"a": torch.rand(3, 2).t(), "b": torch.tensor([1])}
    path = one_cell.save(tmp_path / "a.safetensors", state, {"side": "32"})
    with one_cell.opened(path) as (found, facts):
        assert facts == {"side": "32"}
        assert all(torch.equal(found[name], value) for name, value in state.items())
        assert one_cell.number(facts, "side", 32, 64) == 32


@pytest.mark.parametrize(("facts", "message"), [
    ({}, "it does not say 'side'"), ({"side": "65"}, "side is '65'; allowed are 32 to 64"),
    ({"side": "3.5"}, "side is '3.5'"), ({"side": "9" * 10_000}, "side is '9{20}'"),
])  # fmt: skip
def test_a_fact_that_cannot_be_names_the_file_and_the_reason(facts, message, tmp_path):
    save_file({"a": torch.zeros(1)}, tmp_path / "a.safetensors", facts)
    refused = pytest.raises(ValueError, match=f"a.safetensors is no network file of save_network: .*{message}")
    with refused, one_cell.opened(tmp_path / "a.safetensors") as (_, found):
        one_cell.number(found, "side", 32, 64)


@pytest.mark.parametrize(("name", "message"), [
    ("a", "path is 'a'; networks are saved in files that end in .safetensors"), ("a.pt", "end in .safetensors"),
    ("nowhere/a.safetensors", "nowhere is no folder that can be written to"),
])  # fmt: skip
def test_a_path_that_no_network_can_be_written_to_is_refused(name, message, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=message):
        one_cell.target(name)
    with pytest.raises(ValueError, match=message):
        one_cell.save(name, {}, {})


@pytest.mark.parametrize("name", ["photo.jpg", "notes.txt", Path("S7")])
def test_a_file_of_another_kind_is_no_network_file(name):
    with pytest.raises(ValueError, match=r"is no network file; save_network writes files that end in .safetensors"):
        one_cell.network_file(name)


@pytest.mark.parametrize("name", [None, 7, ["S7"]])
def test_what_names_no_network_is_refused_with_what_does(name):
    with pytest.raises(ValueError, match=r"genome is .*; allowed are a name, a genome's text, or a file"):
        one_cell.network_file(name)


def test_names_and_texts_are_no_files_and_a_path_is():
    assert one_cell.network_file("S7") is one_cell.network_file("1 0 1 1 ; 1 0 0 1 1") is None
    assert one_cell.network_file("~/a.safetensors") == Path.home() / "a.safetensors"


def test_a_network_file_that_is_not_there_is_named_with_where_it_was_looked_for(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    absent = pytest.raises(FileNotFoundError, match=f"there is no network file {tmp_path}/none.safetensors")
    with absent, one_cell.opened(Path("none.safetensors")):
        pass


@pytest.mark.parametrize("side", ["big", 2.5, 0])
def test_a_side_that_is_no_number_of_pixels_is_refused(side):
    with pytest.raises(ValueError, match=f"side is {side!r}; allowed are whole numbers of pixels from 1, or None"):
        one_cell.check_side(side)


def test_what_was_measured_stays(tmp_path):
    path = tmp_path / "sizes.json"
    assert one_cell.measured(path, lambda: {"steps": 3}) == {"steps": 3}
    assert one_cell.measured(path, lambda: pytest.fail("measured again")) == {"steps": 3}
