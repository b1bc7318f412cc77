"""A study with synthetic records of every part."""

from pathlib import Path

import pytest

from lib.papers.study import Study
from tests.papers.cycleganas import world


@pytest.fixture(scope="session")
def stored_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The figure folder of that study, which tests do not write to."""
    folder = tmp_path_factory.mktemp("cycleganas-world")
    world.fill(folder)
    return folder


@pytest.fixture
def study(stored_folder: Path, tmp_path: Path) -> Study:
    """The study of every part; what it draws, and records that a test writes, go to the test's own folder."""
    (tmp_path / "records").mkdir()
    for record in (stored_folder / "records").iterdir():
        (tmp_path / "records" / record.name).symlink_to(record)
    return Study("cycleganas", "desk", folder=tmp_path)
