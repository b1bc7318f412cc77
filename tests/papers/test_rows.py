"""Rows that no searcher proposes: computed once, in their order, by any workers; failures are rows too."""

import math
import os
from pathlib import Path

import pytest
from PIL import Image

from lib.papers import rows
from lib.papers.rows import Job
from lib.papers.study import Study
from lib.search import record, runs
from lib.search.workers import Outcome

PAST = "0"  # a deadline


def work(task, seed, folder):
    """Draws a picture and logs the call in the run folder; some tasks go wrong, one ends the time."""
    with (folder / "log").open("a") as log:
        log.write(f"{task} {seed}\n")
    if task == "crash":
        raise ValueError("no such thing")
    if task == "nan":
        return Outcome(math.nan, {"size": 1.0})
    if task == "late":
        os.environ["WORKBOOK_DEADLINE"] = PAST
    name = f"artifacts/{task}-{seed}.png"
    (folder / "artifacts").mkdir(exist_ok=True)
    Image.new("RGB", (2, 2), (seed, 0, 0)).save(folder / name)
    return Outcome(seed / 8, {"size": float(len(task))}, artifacts={"image": name})


def jobs(*tasks):
    return [Job(k, repeat, 10 * k + repeat, task, {"task": task}) for k, task in enumerate(tasks) for repeat in (0, 1)]


def compute(listed, workers="serial", **options):
    study = Study("toy", workers.replace(":", ""))
    rows.compute(study, "part", listed, work, identity={"seed": 0}, workers=workers, **options)
    return study


def stored(study):
    """The exported rows without what tells workers apart."""
    lines = record.read(study.records / "part.jsonl.gz")[1]
    return [{name: value for name, value in line.items() if name not in ("seconds", "worker")} for line in lines]


def calls():
    """What was computed so far, over all runs."""
    return [
        line
        for path in sorted(Path(os.environ["WORKBOOK_RUNS"]).rglob("log"))
        for line in path.read_text().splitlines()
    ]


def test_one_and_two_workers_give_the_same_rows_in_the_same_order():
    listed = jobs("a", "crash", "bb", "nan", "ccc")
    one, two = compute(listed), compute(listed, "processes:2")
    assert stored(one) == stored(two)
    assert [(row["k"], row["repeat"]) for row in stored(one)] == [(job.k, job.repeat) for job in listed]


def test_a_row_says_what_was_computed():
    (row, _) = stored(compute(jobs("abc")))
    assert row == {
        "k": 0, "repeat": 0, "seed": 0, "config": {"task": "abc"}, "score": 0.0, "metrics": {"size": 3.0},
        "reason": "", "artifacts": {"image": "artifacts/abc-0.png"},
    }  # fmt: skip


def test_failures_are_rows_with_a_reason():
    study = compute(jobs("a", "crash", "nan"))
    assert study.frame("part")["task"].tolist() == ["a", "a"]
    assert study.failures("part") == [
        *["failed: exception: ValueError: no such thing"] * 2, *["failed: not finite: score is nan"] * 2,
    ]  # fmt: skip


def test_rows_that_are_there_are_not_computed_again():
    first = compute(jobs("a", "crash"))
    again = compute(jobs("a", "crash"))
    assert stored(first) == stored(again)
    assert len(calls()) == 4


def test_a_computation_out_of_time_is_continued(monkeypatch):
    monkeypatch.setenv("WORKBOOK_DEADLINE", "")
    listed = jobs("late", "b")
    with pytest.raises(runs.OutOfTime):
        compute(listed)
    assert calls() == ["late 0"]
    monkeypatch.setenv("WORKBOOK_DEADLINE", "")
    with pytest.raises(runs.OutOfTime):
        compute(listed)
    assert calls() == ["late 0", "late 1"]
    monkeypatch.delenv("WORKBOOK_DEADLINE")
    study = compute(listed)
    assert calls() == ["late 0", "late 1", "b 10", "b 11"]
    assert [row["k"] for row in stored(study)] == [0, 0, 1, 1]


def test_other_jobs_are_another_run():
    compute(jobs("a"))
    study = compute(jobs("a", "b"))
    assert len(stored(study)) == 4
    assert len(calls()) == 6


def test_pictures_are_exported_as_showable_or_private():
    study = compute(jobs("open", "secret"), showable=lambda row: row["config"]["task"] == "open")
    found = {
        name: study.picture("part", f"artifacts/{name}-{seed}.png") for name, seed in (("open", 0), ("secret", 10))
    }
    assert found["open"].tolist() == [[[0, 0, 0]] * 2] * 2
    assert found["secret"] is None
    assert study.picture("part", "artifacts/secret-10.png", private=True)[0, 0].tolist() == [10, 0, 0]


def test_pictures_are_private_unless_said_otherwise():
    assert compute(jobs("a")).picture("part", "artifacts/a-0.png") is None
