"""Trainings in steps: killed at any moment they go on to the same rows and the same weights, bit for bit."""

import json
import multiprocessing
import os
import signal
import warnings

import pytest
import torch

from lib.search.record import Record, read
from lib.training.trainer import Step, run_training

STEPS = 5
FORK = multiprocessing.get_context("fork")  # a child needs no second start of torch


class Walk:
    """A trainer without gradients: weights that drift after noise of its own."""

    def __init__(self):
        self.weights, self.steps = torch.zeros(4), 0
        self.rng = torch.Generator().manual_seed(3)

    def step(self):
        self.steps += 1
        self.weights = self.weights.lerp(torch.randn(4, generator=self.rng), 0.3)
        return Step({"mean": self.weights.mean().item()}, {"weights": self.weights.tolist()}, {"step": self.steps})

    def state(self):
        return {"weights": self.weights, "steps": self.steps, "rng": self.rng.get_state()}

    def load(self, state):
        self.weights, self.steps = state["weights"], state["steps"]
        self.rng.set_state(state["rng"])


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "walk"


def run(folder, steps=STEPS, **options):
    """A training in that folder: whether it came to its end, its trainer and its rows without their seconds."""
    walk = Walk()
    with Record.open(folder / "record.jsonl", {"slug": "walk"}) as record:
        done = run_training(walk, steps, record, folder / "checkpoint.pt", seed=7, **options)
    return done, walk, without_seconds(folder)


def without_seconds(folder):
    return [
        {name: value for name, value in row.items() if name != "seconds"} for row in read(folder / "record.jsonl")[1]
    ]


@pytest.fixture
def whole(tmp_path):
    return run(tmp_path / "whole")


def same(found, expected):
    return found[0] == expected[0] and torch.equal(found[1].weights, expected[1].weights) and found[2] == expected[2]


def test_a_training_tells_how_far_it_is_at_its_beginning_and_after_each_step(folder):
    told = []
    run(folder, 2)
    run(folder, told=lambda: told.append(len(read(folder / "record.jsonl")[1])))
    assert told == [*range(2, STEPS + 1)]


def test_a_row_a_step_counts_from_zero_and_carries_what_the_step_told(whole):
    done, walk, rows = whole
    assert done
    assert [row["k"] for row in rows] == [*range(STEPS)]
    assert rows[-1]["metrics"] == {"mean": walk.weights.mean().item()}
    assert rows[1] | {"metrics": 0, "curves": 0} == {
        "k": 1, "repeat": 0, "seed": 7, "config": {"step": 2}, "metrics": 0, "curves": 0, "reason": ""}  # fmt: skip


def test_a_score_is_stored_where_there_is_one(folder, monkeypatch):
    monkeypatch.setattr(Walk, "step", lambda self: Step({}, score=-2.5))
    assert [row["score"] for row in run(folder, 2)[2]] == [-2.5, -2.5]


def die():
    os.kill(os.getpid(), signal.SIGKILL)


def at_step(step_):
    step = Walk.step
    Walk.step = lambda self: die() if self.steps == step_ - 1 else step(self)


def after_row(step_):
    append = Record.append
    Record.append = lambda self, row: (append(self, row), row["k"] == step_ - 1 and die())


def in_checkpoint(step_, size):
    """Dies with the first `size` bytes of the new checkpoint beside the old one."""

    def save(state, path):
        real_save(state, path)
        if state["rows"] == step_:
            os.truncate(path, size) if size else None
            die()

    real_save, torch.save = torch.save, save


def after_checkpoint(step_):
    at_step(step_ + 1)


def before_cut(step_):
    """The second death, in resuming from the first."""
    Record.cut = lambda self, rows: die()


def in_cut(step_):
    write = json.dumps
    json.dumps = lambda value, **options: die() if value.get("k") == step_ - 2 else write(value, **options)


def child(folder, moment, *arguments):
    moment(*arguments)
    run(folder)


def killed(folder, *moment):
    """A real process that ran until that moment."""
    with warnings.catch_warnings(action="ignore"):  # of forking with threads, none of which the child uses
        process = FORK.Process(target=child, args=(folder, *moment))
        process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL


@pytest.mark.parametrize(
    "moments",
    [
        [(at_step, 3)],
        [(after_row, 3)],
        [(in_checkpoint, 3, 0)],
        [(in_checkpoint, 3, 500)],
        [(after_checkpoint, 3)],
        [(after_row, 3), (before_cut, 3)],
        [(after_row, 3), (in_cut, 3)],
        [(after_row, 2), (in_checkpoint, 4, 10), (at_step, 5)],
    ],
)
def test_killed_at_any_moment_it_goes_on_as_if_nothing_had_happened(moments, folder, whole):
    for moment in moments:
        killed(folder, *moment)
    with warnings.catch_warnings(action="error"):
        assert same(run(folder), whole)


@pytest.mark.parametrize(("spoil", "rows"), [
    *((lambda folder, size=size: os.truncate(folder / "checkpoint.pt", size), 3) for size in (0, 10, 500, 1500)),
    (lambda folder: (folder / "checkpoint.pt").unlink(), 3),
    (lambda folder: (folder / "record.jsonl").unlink(), 0),  # the checkpoint then knows more rows
], ids=["empty", "10 bytes", "500 bytes", "1500 bytes", "no checkpoint", "no rows"])  # fmt: skip
def test_a_checkpoint_that_is_torn_or_does_not_fit_the_rows_starts_over_with_a_warning(folder, whole, spoil, rows):
    run(folder, 3)
    spoil(folder)
    with pytest.warns(UserWarning, match=rf"checkpoint.pt does not fit {rows} rows; the training starts over"):
        assert same(run(folder), whole)


def test_a_first_start_warns_of_nothing(folder):
    with warnings.catch_warnings(action="error"):
        assert len(run(folder, 1)[2]) == 1


def test_time_that_runs_out_stops_between_steps_and_a_later_call_goes_on(folder, whole):
    left = iter([3.0, 2.0, 0.0])
    done, walk, rows = run(folder, time_left=lambda: next(left))
    assert (done, walk.steps, len(rows)) == (False, 2, 2)
    assert same(run(folder), whole)


def test_a_finished_training_is_loaded_and_not_run_again(folder, whole):
    run(folder)
    found = run(folder, time_left=lambda: 0.0)
    assert same(found, whole)


def test_an_error_of_the_trainer_passes_through_and_leaves_the_steps_before(folder, monkeypatch, whole):
    step = Walk.step

    def failing(self):
        if self.steps == 2:
            raise FloatingPointError("the loss is nan")
        return step(self)

    with monkeypatch.context() as patch:
        patch.setattr(Walk, "step", failing)
        with pytest.raises(FloatingPointError, match="nan"):
            run(folder)
    assert len(without_seconds(folder)) == 2
    assert same(run(folder), whole)


def test_a_checkpoint_reads_without_running_anything_of_its_file(folder):
    run(folder, 2)
    found = torch.load(folder / "checkpoint.pt", weights_only=True)
    assert found["rows"] == 2
    assert found["trainer"]["steps"] == 2
