"""Trainings with a record of their own, computed by workers."""

import pytest

from lib.papers import long_runs
from lib.papers.long_runs import LongRun
from lib.papers.study import Study
from lib.search.workers import Outcome


def test_a_training_whose_rows_lie_on_another_machine_is_not_taken_for_finished(monkeypatch):
    monkeypatch.setattr(long_runs, "each", lambda pool, tasks: [(name, Outcome(0.0), "") for name, *_ in tasks])
    study, one = Study("nst", "smoke"), LongRun("one", {"seed": 0}, 3, 0, None)
    with pytest.raises(RuntimeError, match="one was computed on another machine; set WORKBOOK_RUNS to a folder"):
        long_runs.compute(study, [one], lambda task: None)
    assert not study.has("one")
