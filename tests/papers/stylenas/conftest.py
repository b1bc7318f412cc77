"""A study with synthetic records of every part."""

from pathlib import Path

import pytest

from lib.papers.study import Study
from tests.reference import stylenas_world


@pytest.fixture(scope="session")
def stored_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The figure folder of that study, which tests do not write to."""
    folder = tmp_path_factory.mktemp("stylenas-world")
    stylenas_world.fill(folder)
    return folder


@pytest.fixture
def stored_study(stored_folder: Path, tmp_path: Path) -> Study:
    """The study of every part; what it draws goes to the test's own folder. `stylenas_world.fill` makes another."""
    study = Study("stylenas", "desk", folder=stored_folder)
    study.records, study.folder = stored_folder / "records", tmp_path
    return study
