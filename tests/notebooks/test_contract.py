"""What every notebook of the project keeps to, whichever paper it belongs to."""

import pytest

from lib.paths import PROFILES, notebooks_dir, paper_numbers
from lib.workbook.notebooks import all_notebooks, profile_file
from tests.workbook.rules import breaches

NOTEBOOKS = all_notebooks()


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_keeps_the_house_rules(notebook):
    assert breaches(notebook) == []


def test_the_tour_is_there():
    assert "00_tour" in [path.stem for path in NOTEBOOKS]


def test_every_profile_file_belongs_to_a_notebook_and_a_profile():
    expected = {profile_file(notebook, profile) for notebook in NOTEBOOKS for profile in PROFILES[1:]}
    assert {path for path in notebooks_dir().glob("profiles/*/*") if not path.name.startswith(".")} <= expected


def test_the_papers_own_numbers_are_checked_in():
    assert paper_numbers("nst_table1").is_file()
