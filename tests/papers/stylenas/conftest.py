"""A study with synthetic records of every part, of which `stylenas_world.fill` makes another; the authors' log."""

import pandas as pd
import pytest

from lib.papers.stylenas import log
from tests.reference import stylenas_world
from tests.reference.stored_study import fixtures

stored_folder, stored_study = fixtures("stylenas", stylenas_world.fill)


@pytest.fixture(scope="session")
def authors() -> pd.DataFrame:
    """The authors' log of a search; skips where it is absent."""
    if (found := log.read()) is None:
        pytest.skip(f"needs the authors' log: `python -m lib fetch data {log.KEY}`")
    return found
