"""What a paper declares, fields and rules, is all that its settings need."""

from dataclasses import dataclass, fields
from importlib import import_module
from typing import ClassVar

import pytest

from lib.papers import PAPERS, STUDIES, settings
from lib.paths import notebooks_dir
from lib.workbook.parameters import declared

GOOD = {"profile": "smoke", "parts": [], "device": "cpu", "threads": 1, "fresh": False, "seed": 0,
        "workers": "serial", "space": "small", "images": ["cat"], "rates": [0.1]}  # fmt: skip


@dataclass(frozen=True)
class Toy(settings.Settings):
    workers: str
    space: str
    images: list[str]
    rates: list[float]

    CHOICES: ClassVar = {"space": ("small", "large"), "images": ("cat", "dog")}
    RANGES: ClassVar = {"rates": (0.01, 1.0)}
    SWEPT: ClassVar = ("images",)


def test_a_paper_declares_only_its_own_fields():
    assert vars(Toy.pick({**GOOD, "np": object()})) == GOOD


@pytest.mark.parametrize(("change", "message"), [
    ({"space": "huge"}, "space is 'huge'; allowed are small, large"),
    ({"images": ["cat", "cow"]}, "images is 'cow'; allowed are cat, dog"),
    ({"rates": [0.5, 2.0]}, "rates is 2.0; allowed are 0.01 to 1.0"),
    ({"seed": -1}, "seed is -1; allowed are 0 to 2147483647"),
    ({"images": []}, "images is empty; give at least one value"),
    ({"images": ["cat", "cat"]}, "images is .*; each value may stand there once"),
    ({"rates": 1.0}, r"rates is 1.0 of type float; list\[float\] is needed"),
])  # fmt: skip
def test_a_value_against_the_rules_is_named(change, message):
    with pytest.raises(ValueError, match=message):
        Toy.pick({**GOOD, **change})


def test_what_changes_no_result_is_no_part_of_the_identity():
    assert set(GOOD) - set(Toy.pick(GOOD).identity()) == settings.RUN_ONLY & set(GOOD)


def test_a_profiles_file_is_read_as_the_command_line_reads_it(tmp_path):
    (tmp_path / "toy.yaml").write_text("rate: 1e-3\ngenome: 0101\n")
    assert settings.profile_values(tmp_path / "toy.yaml") == {"rate": 0.001, "genome": "0101"}


def test_no_parts_named_means_all_of_them():
    assert Toy.pick(GOOD).asked(["one", "two"]) == ["one", "two"]
    assert Toy.pick({**GOOD, "parts": ["two", "three"]}).asked(["one", "two"]) == ["two"]


@pytest.mark.parametrize("slug", [*PAPERS, *STUDIES])
def test_the_notebook_and_every_profile_of_a_paper_give_all_its_settings_values_that_are_accepted(slug):
    paper = import_module(f"lib.papers.{slug}").PAPER
    cell = declared(notebooks_dir() / f"{paper.notebook}.ipynb")
    found = {"smoke": {name: parameter.default for name, parameter in cell.items()}}
    for path in notebooks_dir().glob(f"profiles/*/{paper.notebook}.yaml"):
        found[path.parent.name] = settings.profile_values(path)
    assert {"smoke", "desk", "day", "paper"} <= set(found)
    for profile, values in found.items():
        assert set(values) == {field.name for field in fields(paper.settings)}
        assert vars(paper.settings.pick(values)) == values
        assert values["profile"] == profile
