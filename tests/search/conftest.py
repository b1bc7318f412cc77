"""Two places for a record, so that searches can be compared, and a log of what was evaluated."""

import pytest


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a" / "record.jsonl"


@pytest.fixture
def other(tmp_path):
    return tmp_path / "b" / "record.jsonl"


@pytest.fixture
def log(tmp_path):
    """A file that gets a line an evaluation: the worker's pid, the network, the seed."""
    file = tmp_path / "log"
    file.touch()
    return file
