"""Fixtures for the whole suite: temporary output folders, one thread, packaged weights."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # read when torch starts, so it stands before every other import

import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from lib import weights as lib_weights

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell has its jobs in the background ignore it


@pytest.fixture(autouse=True)
def outputs_in_a_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs, figures and votes of a test never reach the project's own folders."""
    for kind in ("RUNS", "FIGURES", "VOTES"):
        monkeypatch.setenv(f"WORKBOOK_{kind}", str(tmp_path / kind.lower()))
    monkeypatch.delenv("WORKBOOK_DEADLINE", raising=False)


@pytest.fixture(autouse=True)
def threads_as_before() -> Iterator[None]:
    """A test that changes torch's threads leaves no trace; torch is not imported for those without it."""
    yield
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(int(os.environ["OMP_NUM_THREADS"]))


@pytest.fixture(scope="session")
def weights() -> ModuleType:
    """`lib.weights` with every packaged set fetched (into `data/weights` or WORKBOOK_WEIGHTS; once, then kept)."""
    lib_weights.fetch()
    return lib_weights


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """A test marked `desk` is skipped, and says what is missing, where its pictures are not on this machine."""
    try:
        return (yield)
    except FileNotFoundError as error:
        from lib.data.registry import MissingData  # here: it imports torch, which many tests do without

        if item.get_closest_marker("desk") and isinstance(error, MissingData):
            pytest.skip(str(error))
        raise
