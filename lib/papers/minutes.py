"""A search and a training on pictures of one's own, in one run that has the minutes a user gives and goes on later."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from lib.papers.settings import Settings
from lib.paths import shown
from lib.report import provenance
from lib.search import record, runs
from lib.search.progress import Told
from lib.search.record import Record
from lib.search.runs import OutOfTime, Run
from lib.search.workers import few_threads
from lib.training import trainer
from lib.training.trainer import Trainer

SHARE = 0.5  # of the minutes for the search
LEAST = 0.25  # of the minutes for the training, however long the search took
SAFE = 0.85  # of the time that is planned for: what a slower hour may take
Rows = list[dict[str, Any]]  # of a record


class Counted(Trainer, Protocol):
    """A training that counts its iterations, of which a step may have several."""

    iteration: int


@contextmanager
def own_run(slug: str, settings: Settings, minutes: float, data: dict[str, str], **more: Any) -> Iterator[Run]:
    """The run of a call on pictures, named with their hash, within so many minutes; it ends with the run's manifest.

    `more` is what else its rows depend on. Where the minutes are over, OutOfTime says that the call continues it.
    """
    [pictures] = data.values()
    identity = {"settings": settings.identity() | {"data": pictures}, "minutes": float(minutes), **more}
    with (
        few_threads(settings.threads),
        runs.deadline(60 * minutes),
        runs.open_run("custom", slug, "own", identity) as run,
    ):
        try:
            yield run
        except OutOfTime as error:
            raise OutOfTime(f"{error}; the same call, with the same minutes, continues it") from error
        records = [record.read(path)[1] for path in run.folder.glob("*.jsonl")]
        run.write_manifest(provenance.manifest(
            parameters=identity, seeds=[settings.seed], data=data, weights=more.get("weights", {}),
            seconds=sum(row["seconds"] for rows in records for row in rows),
        ))  # fmt: skip


def finished(training: Counted, log: Record, checkpoint: Path, what: str, *, steps: int, iterations: int,
             seed: int) -> Rows:  # fmt: skip
    """The rows of a search or a training, a step each, run or continued to its end; OutOfTime where time ends before.

    `iterations` are all that its steps have together.
    """
    with Told(f"the {what}", f"iterations, kept in {shown(checkpoint.parent)}") as told:
        done = trainer.run_training(training, steps, log, checkpoint, seed=seed, time_left=runs.time_left,
                                    told=lambda: told(training.iteration, iterations))  # fmt: skip
    if not done:
        raise OutOfTime(f"the minutes are over and the {what} has {training.iteration} of {iterations} iterations")
    return sorted(log.rows, key=lambda row: row["k"])


def left_to_train(minutes: float, searched: Rows) -> float:
    """Seconds for the training after a search: those left in this call and over all calls, `LEAST` of them at least."""
    seconds = 60 * minutes
    return max(LEAST * seconds, min(runs.time_left(), seconds - sum(row["seconds"] for row in searched)))
