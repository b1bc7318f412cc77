"""Paths: how they are printed, and files that are written whole or not at all."""

import pytest

from lib import paths
from lib.search.record import Record


def test_a_path_on_a_terminal_can_be_used_from_there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert paths.usable(tmp_path / "runs" / "a.json") == "runs/a.json"
    assert paths.usable(paths.ROOT / "lib") == f"{paths.ROOT}/lib"


def test_opening_a_record_sweeps_what_a_killed_writer_left_and_nothing_else(tmp_path):
    with pytest.raises(KeyboardInterrupt), paths.atomic(tmp_path / "search.pt") as temporary:
        raise KeyboardInterrupt
    temporary.write_text("left by kill -9")
    kept = [tmp_path / name for name in (".hidden", "search.pt", ".notes.txt", "a-12345678.pt")]
    for path in kept:
        path.touch()
    Record.open(tmp_path / "record.jsonl", {}).close()
    assert sorted(tmp_path.iterdir()) == sorted([*kept, tmp_path / "record.jsonl", tmp_path / "record.jsonl.lock"])
