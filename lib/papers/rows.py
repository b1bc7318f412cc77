"""Rows that no searcher proposes: a fixed list of evaluations, on the same workers and in the same kind of record."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from lib import device
from lib.papers.study import Study
from lib.search import progress, runs
from lib.search.workers import ONE_THREAD, Limits, Outcome, each, open_workers

Compute = Callable[[Any, int, Path], Outcome]  # (task, seed, run folder)


@dataclass(frozen=True)
class Job:
    """Row k of a part and one of its repeats: what is computed (`task`, picklable) and what the row says of it."""

    k: int
    repeat: int
    seed: int
    task: Any
    config: dict[str, Any] = field(default_factory=dict)


def compute(
    study: Study,
    part: str,
    jobs: Sequence[Job],
    function: Compute,
    *,
    identity: Mapping[str, Any],
    workers: str = "serial",
    limits: Limits = ONE_THREAD,
    showable: Callable[[dict[str, Any]], bool] = lambda row: False,
    planned: bool = True,
) -> None:
    """Compute the missing jobs of a part, a worker each, and export its record and pictures (artifact `image`).

    `function(task, seed, folder)` is a top-level function; it may write artifacts below the folder. `showable` says of
    a row whether its picture may be shown. The jobs are part of the record's identity unless they follow from earlier
    rows of it and so are not `planned`. Raises `runs.OutOfTime` once what is under way is recorded.
    """
    plan = {"plan": runs.identity_hash([{**asdict(job), "task": repr(job.task)} for job in jobs])} if planned else {}
    with study.open_run(part, {**identity, **plan}) as run_:
        todo = [job for job in jobs if (job.k, job.repeat) not in run_.record.done]
        tasks = {(job.k, job.repeat): job.task for job in todo}
        with (
            closing(open_workers(workers, _one, (function, tasks, run_.folder), limits, run_.folder)) as pool,
            progress.Bar(len(jobs), part, done=len(jobs) - len(todo)) as bar,
        ):
            for job, outcome, worker in each(pool, [(job, (job.k, job.repeat), job.seed) for job in todo]):
                run_.record.append(_row(job, outcome, worker))
                bar.update()
        images = [row for row in run_.record.rows if row["artifacts"]]
        study.export(run_, part, {row["artifacts"]["image"]: showable(row) for row in images})


def _one(settings: tuple[Compute, dict[Any, Any], Path], key: tuple[int, ...], seed: int) -> Outcome:
    """One job in a worker."""
    function, tasks, folder = settings
    device.seed_everything(seed)  # asks for deterministic kernels, in every worker
    return function(tasks[key], seed, folder)


def _row(job: Job, outcome: Outcome, worker: str) -> dict[str, Any]:
    return {
        "k": job.k, "repeat": job.repeat, "seed": job.seed, "config": job.config,
        "score": None if outcome.reason else outcome.score, "metrics": outcome.metrics,
        "reason": outcome.reason, "seconds": outcome.seconds, "artifacts": outcome.artifacts, "worker": worker,
        **({"curves": outcome.curves} if outcome.curves else {}),
    }  # fmt: skip
