"""Progress bars: which one is shown where, and what it says."""

import sys

import pytest

from lib.search import progress


@pytest.fixture
def clock(monkeypatch):
    """A clock that the test moves; the environment is that of a batch run."""
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    for name in ("WORKBOOK_QUIET", "PYTEST_VERSION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("WORKBOOK_BATCH", "1")
    return now


def test_a_batch_log_gets_a_line_at_most_every_ten_seconds(clock, capsys):
    with progress.Bar(60, "rates") as bar:
        for _ in range(25):
            clock[0] += 1.0
            bar.update(best=0.5)
    lines = capsys.readouterr().out.splitlines()
    assert lines == [
        "rates: 10/60, best 0.5, 50 s left",
        "rates: 20/60, best 0.5, 40 s left",
        "rates: 25/60 after 25 s",
    ]


def test_quick_work_leaves_no_line(clock, capsys):
    with progress.Bar(3, "rates") as bar:
        bar.update(3)
    assert capsys.readouterr().out == ""


def test_stored_rows_do_not_shorten_the_time_left(clock):
    with progress.Bar(10, "rates", done=8) as bar:
        assert bar.seconds_left is None
        clock[0] += 30.0
        bar.update()
        assert bar.seconds_left == 30.0


def test_the_best_score_is_the_lowest_seen(clock):
    with progress.Bar(3, "rates") as bar:
        bar.update(best=2.0)
        bar.update(best=3.0)
        bar.update(best=None)
    assert bar.best == 2.0


def test_a_training_has_a_line_as_it_begins_then_those_of_a_bar(clock, capsys):
    with progress.Told("S7", "steps of 8 photos, kept in cache") as told:
        for done in (40, 50, 60):
            told(done, 1200)
            clock[0] += 10.0
    assert capsys.readouterr().out.splitlines() == [
        "training S7: 1,200 steps of 8 photos, kept in cache; 40 are done", "S7: 50/1200, 19 min 10 s left",
        "S7: 60/1200, 19 min 0 s left", "S7: 60/1200 after 30 s"]  # fmt: skip


def test_a_training_that_is_finished_already_is_not_told_of(clock, capsys):
    with progress.Told("S7", "steps") as told:
        told(1200, 1200)
    assert capsys.readouterr().out == ""


def test_nothing_is_shown_when_quiet(clock, monkeypatch, capsys):
    monkeypatch.setenv("WORKBOOK_QUIET", "1")
    with progress.Bar(1, "rates") as bar, progress.Told("S7", "steps") as told:
        told(0, 2)
        clock[0] += 60.0
        bar.update()
        told(1, 2)
    assert capsys.readouterr() == ("", "")


def test_a_terminal_gets_a_live_bar(clock, monkeypatch, capsys):
    monkeypatch.delenv("WORKBOOK_BATCH")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with progress.Bar(4, "rates", done=1) as bar:
        bar.update(3, best=0.25)
    assert "4/4" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("seconds", "text"), [(7.6, "8 s"), (200, "3 min 20 s"), (6000, "1 h 40 min"), (1e6, "11 days")]
)
def test_durations_read_as_people_write_them(seconds, text):
    assert progress.duration(seconds) == text
