"""The study's settings: typed and ranged values, errors that name them, and the profile they really are."""

import json
import re
from dataclasses import asdict, fields

import nbformat
import pytest
import yaml

from lib.papers import study as studies
from lib.papers.nst.settings import GROUPS, Settings
from lib.papers.settings import fingerprint
from lib.papers.study import resolved_profile
from lib.paths import notebooks_dir

GOOD = {
    "profile": "smoke", "parts": [], "device": "cpu", "threads": 1, "fresh": False, "seed": 0, "encoder": "vgg16",
    "content": "astronaut", "style": "pixels", "second_style": "hatching", "contents": ["astronaut", "coffee"],
    "styles": ["pixels"], "shown_styles": [], "contrast_styles": [], "photos": "", "side": 32, "steps": 2,
    "log_every": 1, "batch": 2, "replicates": 1, "rates": [0.01], "group_rates": [0.01], "texture_rate": 0.01,
    "grid_rate": 0.02, "small_side": 32, "small_steps": 2, "heatmap_rates": [0.01], "heatmap_ratios": [2e-4],
    "trials": 2, "evaluations": 2, "decide": False,
}  # fmt: skip


@pytest.fixture
def desk():
    return yaml.safe_load((notebooks_dir() / "profiles" / "desk" / "01_nst.yaml").read_text())


@pytest.fixture
def notebooks(tmp_path, monkeypatch, desk):
    """A notebooks folder of its own: the desk profile, and a notebook whose metadata knows its smoke values."""
    folder = tmp_path / "notebooks"
    (folder / "profiles" / "desk").mkdir(parents=True)
    (folder / "profiles" / "desk" / "01_nst.yaml").write_text(yaml.safe_dump(desk))
    notebook = nbformat.v4.new_notebook(metadata={"workbook": {"smoke": fingerprint(GOOD)}})
    nbformat.write(notebook, folder / "01_nst.ipynb")
    monkeypatch.setattr(studies, "notebooks_dir", lambda: folder)


def test_settings_come_from_a_namespace_with_other_things_in_it():
    settings = Settings.pick({**GOOD, "np": object(), "figure": 3})
    assert asdict(settings) == GOOD


@pytest.mark.parametrize("name", [field.name for field in fields(Settings)])
def test_a_missing_parameter_is_named(name):
    with pytest.raises(ValueError, match=rf"parameter {name} is missing"):
        Settings.pick({key: value for key, value in GOOD.items() if key != name})


@pytest.mark.parametrize(("name", "value", "message"), [
    ("side", 64.0, "side is 64.0 of type float; int is needed"),
    ("side", True, "side is True of type bool; int is needed"),
    ("steps", "200", "steps is '200' of type str; int is needed"),
    ("fresh", 1, "fresh is 1 of type int; bool is needed"),
    ("texture_rate", True, "texture_rate is True of type bool; float is needed"),
    ("texture_rate", "0.01", "texture_rate is '0.01' of type str; float is needed"),
    ("content", None, "content is None of type NoneType; str is needed"),
    ("rates", 0.01, "rates is 0.01 of type float; list[float] is needed"),
    ("rates", (0.01, 0.02), "rates is (0.01, 0.02) of type tuple; list[float] is needed"),
    ("rates", [0.01, "0.02"], "rates[1] is '0.02' of type str; float is needed"),
    ("rates", [0.01, False], "rates[1] is False of type bool; float is needed"),
    ("styles", ["pixels", 3], "styles[1] is 3 of type int; str is needed"),
    ("parts", "rates", "parts is 'rates' of type str; list[str] is needed"),
])  # fmt: skip
def test_a_wrong_type_is_named_with_the_type_that_is_needed(name, value, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        Settings.pick({**GOOD, name: value})


def test_a_whole_number_may_stand_for_a_float_and_becomes_one():
    settings = Settings.pick({**GOOD, "texture_rate": 1, "rates": [1, 0.5]})
    assert json.dumps([settings.texture_rate, settings.rates]) == "[1.0, [1.0, 0.5]]"


@pytest.mark.parametrize(("name", "value", "allowed"), [
    ("side", 31, "32 to 4096"), ("side", 5000, "32 to 4096"), ("small_side", 16, "32 to 4096"),
    ("steps", 0, "1 to 100000"), ("small_steps", -3, "1 to 100000"), ("log_every", 0, "1 to 100000"),
    ("batch", 0, "1 to 1024"), ("replicates", 0, "1 to 100"), ("trials", 1, "2 to 100000"),
    ("evaluations", 1, "2 to 100000"), ("seed", -1, "0 to 2147483647"), ("texture_rate", 0.0, "1e-08 to 10.0"),
    ("grid_rate", float("nan"), "1e-08 to 10.0"), ("rates", [0.01, -0.5], "1e-08 to 10.0"),
    ("group_rates", [20.0], "1e-08 to 10.0"), ("heatmap_rates", [float("inf")], "1e-08 to 10.0"),
    ("heatmap_ratios", [0.0], "1e-12 to 1000000.0"),
])  # fmt: skip
def test_a_value_out_of_range_is_named_with_the_range(name, value, allowed):
    bad = value[-1] if isinstance(value, list) else value
    with pytest.raises(ValueError, match=re.escape(f"{name} is {bad!r}; allowed are {allowed}")):
        Settings.pick({**GOOD, name: value})


def test_an_unknown_encoder_names_the_allowed_ones():
    with pytest.raises(ValueError, match="encoder is 'resnet50'; allowed are vgg16, vgg16-raw"):
        Settings.pick({**GOOD, "encoder": "resnet50"})


def test_a_style_that_is_the_content_is_refused():
    with pytest.raises(ValueError, match="style is 'astronaut', the content itself"):
        Settings.pick({**GOOD, "style": "astronaut"})


@pytest.mark.parametrize("name", ["contents", "styles", "rates", "group_rates", "heatmap_rates", "heatmap_ratios"])
def test_lists_that_span_an_experiment_are_neither_empty_nor_repetitive(name):
    with pytest.raises(ValueError, match=f"{name} is empty; give at least one value"):
        Settings.pick({**GOOD, name: []})
    with pytest.raises(ValueError, match=f"{name} is .*; each value may stand there once"):
        Settings.pick({**GOOD, name: GOOD[name][:1] * 2})


def test_identity_leaves_out_only_what_changes_no_result():
    settings = Settings.pick(GOOD)
    assert set(GOOD) - set(settings.identity()) == {"profile", "parts", "device", "threads", "fresh"}
    assert settings.identity() == Settings.pick({**GOOD, "threads": 2, "parts": ["rates"], "fresh": True}).identity()


def test_groups_rise_in_magnitude_at_one_ratio():
    ratios = [style / content for style, content in GROUPS.values()]
    assert ratios == pytest.approx([2e-4] * 3)
    assert list(GROUPS.values()) == sorted(GROUPS.values())


def test_untouched_profiles_keep_their_name(notebooks, desk):
    assert resolved_profile("01_nst", desk) == "desk"
    assert resolved_profile("01_nst", GOOD) == "smoke"


def test_the_project_desk_profile_is_valid_and_keeps_its_name(desk):
    settings = Settings.pick(desk)
    assert resolved_profile("01_nst", {"profile": settings.profile, **settings.identity()}) == "desk"


@pytest.mark.parametrize(("name", "value"), [("threads", 1), ("parts", ["grid"]), ("fresh", True), ("device", "cpu")])
def test_what_changes_no_result_does_not_change_the_profile(notebooks, desk, name, value):
    assert resolved_profile("01_nst", {**desk, name: value}) == "desk"


@pytest.mark.parametrize(("name", "value"), [
    ("side", 64), ("seed", 1), ("rates", [0.01]), ("style", "mine.png"), ("profile", "smoke"),
])  # fmt: skip
def test_a_changed_value_makes_the_profile_custom(notebooks, desk, name, value):
    assert resolved_profile("01_nst", {**desk, name: value}) == "custom"


def test_custom_stays_custom_and_an_unknown_profile_is_refused(notebooks, desk):
    assert resolved_profile("01_nst", {**desk, "profile": "custom"}) == "custom"
    with pytest.raises(ValueError, match="profile is 'laptop'; allowed are smoke, desk, day, paper"):
        resolved_profile("01_nst", {**desk, "profile": "laptop"})
