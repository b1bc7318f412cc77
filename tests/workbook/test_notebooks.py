"""Notebooks, profiles and settings: what a batch would run, decided before anything starts."""

import pytest

from lib.workbook import notebooks
from lib.workbook.notebooks import find_notebook, job, jobs, profile_values
from lib.workbook.parameters import ParameterError


@pytest.fixture(autouse=True)
def house(toys, monkeypatch):
    """Toys in the place of the project's notebooks."""
    monkeypatch.setattr(notebooks, "notebooks_dir", lambda: toys.folder)


def test_a_notebook_is_found_by_stem_slug_file_name_and_path(toys):
    path = toys.notebook("01_toy")
    for name in ("01_toy", "toy", "01_toy.ipynb", str(path)):
        assert find_notebook(name) == path


def test_an_unknown_notebook_is_refused_with_those_there_are(toys):
    toys.notebook("01_toy")
    with pytest.raises(ParameterError, match="'nst' is unknown; there are 01_toy"):
        find_notebook("nst")


def test_without_names_all_notebooks_run_in_order(toys):
    for name in ("99_report", "00_tour", "01_toy"):
        toys.notebook(name)
    assert [work.notebook.stem for work in jobs([], "smoke", [], {})] == ["00_tour", "01_toy", "99_report"]


def test_smoke_is_the_parameters_cell_itself(toys):
    work = job(toys.notebook("toy"), "smoke", {}, {})
    assert work.profile == "smoke"
    assert work.injected == {}


def test_a_profile_is_its_file(toys):
    path = toys.notebook("toy")
    toys.profile("toy")
    work = job(path, "desk", {}, {})
    assert work.profile == "desk"
    assert work.values["rates"] == [0.001, 0.1]
    assert work.injected.keys() == {"profile", "rate", "steps", "arch", "rates", "codes", "deep"}


def test_a_notebook_with_no_profile_files_runs_with_its_own_values(toys):
    work = job(toys.notebook("tour"), "desk", {}, {})
    assert work.injected == {"profile": "desk"}


def test_a_notebook_lacking_only_this_profile_is_refused(toys):
    path = toys.notebook("toy")
    toys.profile("toy")
    with pytest.raises(ParameterError, match="toy has no profile 'paper'; it has smoke, desk"):
        job(path, "paper", {}, {})


def test_an_unknown_profile_is_refused(toys):
    with pytest.raises(ParameterError, match="'dusk' is unknown; there are smoke, desk, day, paper"):
        profile_values(toys.notebook("toy"), "dusk")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("steps: 30\n", "", "do not both name steps"),
        ("steps: 30", "steps: 30\nstep: 3", "do not both name step$"),
        ("steps: 30", "steps: 3.5", r"desk/toy\.yaml: steps is 3\.5 of type float"),
        ("steps: 30", "steps: '30'", "steps is '30' of type str"),
        ("steps: 30", "steps: 30\nsteps: 3", "'steps' is given twice"),
        ('arch: "0110"', "arch: 1100", "arch is 1100 of type int"),
        ("profile: desk", "profile: day", "profile is 'day'; it must be 'desk'"),
        ("profile: desk", "profile: [", "desk/toy.yaml"),
    ],
)
def test_a_profile_file_that_does_not_fit_the_cell_is_refused(toys, old, new, words):
    path = toys.notebook("toy")
    file = toys.profile("toy")
    file.write_text(file.read_text().replace(old, new))
    with pytest.raises(ParameterError, match=words):
        job(path, "desk", {}, {})


def test_a_changed_setting_makes_the_profile_custom(toys):
    (work,) = jobs([str(toys.notebook("toy"))], "smoke", ["rate=1e-3", "arch=0011"], {})
    assert work.profile == "custom"
    assert work.injected == {"profile": "custom", "rate": 0.001, "arch": "0011"}


def test_how_it_is_computed_keeps_the_profile(toys):
    (work,) = jobs([str(toys.notebook("toy"))], "smoke", ["fresh=true"], {"workers": "processes:2"})
    assert work.profile == "smoke"
    assert work.injected == {"fresh": True, "workers": "processes:2"}


def test_a_setting_equal_to_the_value_it_has_keeps_the_profile(toys):
    (work,) = jobs([str(toys.notebook("toy"))], "smoke", ["steps=3"], {})
    assert (work.profile, work.injected) == ("smoke", {})


def test_a_setting_that_no_notebook_declares_is_refused(toys):
    toys.notebook("01_toy")
    toys.notebook("02_bare", parameters="")
    with pytest.raises(ParameterError, match="parameter 'stpes' is unknown; there are arch, codes"):
        jobs([], "smoke", ["stpes=4"], {})


def test_a_setting_reaches_only_the_notebooks_that_declare_it(toys):
    toys.notebook("01_toy")
    toys.notebook("02_bare", parameters="")
    assert [work.profile for work in jobs([], "smoke", ["steps=4"], {})] == ["custom", "smoke"]


@pytest.mark.parametrize("setting", ["steps", "=3", "a b=3", "profile=desk"])
def test_a_setting_that_is_no_name_and_value_is_refused(toys, setting):
    toys.notebook("01_toy")
    with pytest.raises(ParameterError):
        jobs([], "smoke", [setting], {})


def test_braces_in_a_path_are_refused_because_papermill_would_fill_them(toys):
    path = toys.notebook("{seed}")
    with pytest.raises(ParameterError, match="braces"):
        jobs([str(path)], "smoke", [], {})
