"""Searches that are trainings with a record of their own: a row a step, a checkpoint after each, several at once."""

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lib import device
from lib.papers.study import Study
from lib.search import runs
from lib.search.workers import ONE_THREAD, Limits, Outcome, each, open_workers
from lib.training import trainer
from lib.training.trainer import Trainer

CHECKPOINT = "checkpoint.pt"


@dataclass(frozen=True)
class LongRun:
    """One of them: the name of its record, all that its rows depend on, and what its trainer is made of (picklable)."""

    name: str
    identity: dict[str, Any]
    steps: int
    seed: int
    task: Any


Begin = Callable[[Any], Trainer]  # a top-level function: of a task, its trainer before the first step


def compute(study: Study, found: Sequence[LongRun], begin: Begin, *, workers: str = "serial",
            limits: Limits = ONE_THREAD) -> None:  # fmt: skip
    """Run or continue all of them, a worker each, and export their records.

    Raises RuntimeError with the reason where one stopped, and where its rows are not in this machine's folder of runs;
    `runs.OutOfTime` where the given time is spent.
    """
    left = [(one.name, (place,), one.seed) for place, one in enumerate(found) if not _done(study, one)]
    with closing(open_workers(workers, _one, (study.profile, study.slug, begin, found), limits)) as pool:
        outcomes = {name: outcome for name, outcome, _ in each(pool, left)}
    for name, outcome in outcomes.items():
        if outcome.reason:
            raise RuntimeError(f"{name} stopped: {outcome.reason}")
        if outcome.score:
            raise runs.OutOfTime
    for one in found:
        with study.open_run(one.name, one.identity) as run:
            if len(run.record.rows) < one.steps:
                way_out = "set WORKBOOK_RUNS to a folder that all machines see"
                raise RuntimeError(f"{one.name} was computed on another machine; {way_out}")
            study.export(run, one.name, {})


def finished(study: Study, one: LongRun) -> tuple[Path, list[dict[str, Any]]]:
    """Where the checkpoint of a finished run lies, and its rows; ValueError where it is not finished."""
    with study.open_run(one.name, one.identity) as run:
        if (there := len(run.record.rows)) < one.steps:
            raise ValueError(f"{one.name} has {there} of {one.steps} steps; compute it first")
        if not study.has(one.name):
            study.export(run, one.name, {})
        return run.folder / CHECKPOINT, sorted(run.record.rows, key=lambda row: row["k"])


def _done(study: Study, one: LongRun) -> bool:
    """Whether all rows are there, and no checkpoint that knows fewer; empties the run where all is computed anew."""
    with study.open_run(one.name, one.identity) as run:
        checkpoint = run.folder / CHECKPOINT
        here = not checkpoint.exists() or trainer.stored_rows(checkpoint) >= one.steps  # none: rows of another machine
        return here and len(run.record.rows) >= one.steps


def _one(plan: tuple[str, str, Begin, Sequence[LongRun]], place: tuple[int, ...], seed: int) -> Outcome:
    """One in a worker; its score is 1 where time ran out before its end."""
    profile, slug, begin, found = plan
    one = found[place[0]]
    device.seed_everything(seed)  # asks for deterministic kernels
    with runs.open_run(profile, slug, one.name, one.identity) as run:
        done = trainer.run_training(begin(one.task), one.steps, run.record, run.folder / CHECKPOINT, seed=one.seed,
                                    time_left=runs.time_left)  # fmt: skip
    return Outcome(0.0 if done else 1.0)
