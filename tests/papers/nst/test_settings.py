"""The study's settings: typed and ranged values, errors that name them, and the profile they really are."""

import json
import re
from dataclasses import fields

import nbformat
import pytest
import yaml

from lib.papers import study as studies
from lib.papers.nst.settings import GROUPS, Settings
from lib.papers.settings import fingerprint
from lib.papers.study import resolved_profile
from lib.paths import notebooks_dir


@pytest.fixture
def desk():
    return yaml.safe_load((notebooks_dir() / "profiles" / "desk" / "01_nst.yaml").read_text())


@pytest.fixture
def good(tiny):
    """Parameters that are allowed, as a notebook has them."""
    return vars(tiny(profile="smoke"))


@pytest.fixture
def notebooks(tmp_path, monkeypatch, desk, good):
    """A notebooks folder of its own: the desk profile, and a notebook whose metadata knows its smoke values."""
    folder = tmp_path / "notebooks"
    (folder / "profiles" / "desk").mkdir(parents=True)
    (folder / "profiles" / "desk" / "01_nst.yaml").write_text(yaml.safe_dump(desk))
    notebook = nbformat.v4.new_notebook(metadata={"workbook": {"smoke": fingerprint(good)}})
    nbformat.write(notebook, folder / "01_nst.ipynb")
    monkeypatch.setattr(studies, "notebooks_dir", lambda: folder)


def test_settings_come_from_a_namespace_with_other_things_in_it(good):
    assert vars(Settings.pick({**good, "np": object(), "figure": 3})) == good


@pytest.mark.parametrize("name", [field.name for field in fields(Settings)])
def test_a_missing_parameter_is_named(good, name):
    with pytest.raises(ValueError, match=rf"parameter {name} is missing"):
        Settings.pick({key: value for key, value in good.items() if key != name})


@pytest.mark.parametrize(("name", "value", "message"), [
    ("side", 64.0, "side is 64.0 of type float; int is needed"),
    ("side", True, "side is True of type bool; int is needed"),
    ("steps", "200", "steps is '200' of type str; int is needed"),
    ("fresh", 1, "fresh is 1 of type int; bool is needed"),
    ("rates", [True], "rates[0] is True of type bool; float is needed"),
    ("content", None, "content is None of type NoneType; str is needed"),
    ("rates", 0.01, "rates is 0.01 of type float; list[float] is needed"),
    ("rates", [0.01, "0.02"], "rates[1] is '0.02' of type str; float is needed"),
    ("styles", ["pixels", 3], "styles[1] is 3 of type int; str is needed"),
    ("side", 31, "side is 31; allowed are 32 to 4096"),
    ("small_side", 16, "small_side is 16; allowed are 32 to 4096"),
    ("log_every", 0, "log_every is 0; allowed are 1 to 100000"),
    ("batch", 0, "batch is 0; allowed are 1 to 1024"),
    ("replicates", 0, "replicates is 0; allowed are 1 to 100"),
    ("trials", 1, "trials is 1; allowed are 2 to 100000"),
    ("seed", -1, "seed is -1; allowed are 0 to 2147483647"),
    ("rates", [0.0], "rates is 0.0; allowed are 1e-08 to 10.0"),
    ("heatmap_rates", [float("nan")], "heatmap_rates is nan; allowed are 1e-08 to 10.0"),
    ("rates", [0.01, -0.5], "rates is -0.5; allowed are 1e-08 to 10.0"),
    ("heatmap_ratios", [0.0], "heatmap_ratios is 0.0; allowed are 1e-12 to 1000000.0"),
    ("encoder", "resnet50", "encoder is 'resnet50'; allowed are vgg16, vgg16-raw"),
    ("styles", ["astronaut", "pixels"], "styles begins with 'astronaut', the content itself"),
    ("contents", [], "contents is empty; give at least one value"),
    ("rates", [0.01, 0.01], "rates is [0.01, 0.01]; each value may stand there once"),
])  # fmt: skip
def test_a_bad_value_is_named_with_what_is_allowed(tiny, name, value, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        tiny(**{name: value})


def test_a_whole_number_may_stand_for_a_float_and_becomes_one(tiny):
    assert json.dumps(tiny(rates=[1, 0.5]).rates) == "[1.0, 0.5]"


def test_groups_rise_in_magnitude_at_one_ratio():
    assert [style / content for style, content in GROUPS.values()] == pytest.approx([2e-4] * 3)
    assert list(GROUPS.values()) == sorted(GROUPS.values())


def test_untouched_profiles_keep_their_name(notebooks, desk, good):
    assert resolved_profile("01_nst", desk) == "desk"
    assert resolved_profile("01_nst", good) == "smoke"
    assert resolved_profile("01_nst", {**desk, "profile": "custom"}) == "custom"


def test_the_project_desk_profile_is_valid_and_keeps_its_name(desk):
    settings = Settings.pick(desk)
    assert resolved_profile("01_nst", {"profile": settings.profile, **settings.identity()}) == "desk"


@pytest.mark.parametrize(("name", "value", "profile"), [
    ("threads", 1, "desk"), ("parts", ["grid"], "desk"), ("fresh", True, "desk"), ("device", "cpu", "desk"),
    ("side", 64, "custom"), ("seed", 1, "custom"), ("rates", [0.01], "custom"), ("profile", "smoke", "custom"),
])  # fmt: skip
def test_a_value_that_changes_results_makes_the_profile_custom(notebooks, desk, name, value, profile):
    assert resolved_profile("01_nst", {**desk, name: value}) == profile


def test_an_unknown_profile_is_refused(notebooks, desk):
    with pytest.raises(ValueError, match="profile is 'laptop'; allowed are smoke, desk, day, paper"):
        resolved_profile("01_nst", {**desk, "profile": "laptop"})
