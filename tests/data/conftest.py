"""No data but what a test puts there."""

import pytest

from lib.data import registry


@pytest.fixture
def extra(tmp_path, monkeypatch):
    """An empty WORKBOOK_DATA folder, and no downloads."""
    (tmp_path / "extra").mkdir()
    monkeypatch.setenv("WORKBOOK_DATA", str(tmp_path / "extra"))
    monkeypatch.setattr(registry, "downloads_dir", lambda: tmp_path / "downloads")
    return tmp_path / "extra"
