"""The search loop: ask, evaluate, record, tell. The record is the checkpoint: resuming asks and tells again from it.

Tells follow the order of asking, and a candidate is asked whenever fewer than `window` are asked and not yet told. So
the history follows from the settings alone: neither the number of workers nor their speed changes it.
"""

import json
import math
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from lib.search.cache import Cache
from lib.search.progress import Bar
from lib.search.record import Record, RecordMismatch, Row, changes, scores
from lib.search.runs import as_json
from lib.search.schedule import Schedule
from lib.search.workers import LOST, ONE_THREAD, Evaluate, Limits, Outcome, Workers, open_workers, turns
from lib.searchers.base import Searcher
from lib.spaces.base import Genome

SEEDINGS = ("fixed", "per_candidate")
BLANK: Row = {"score": None, "metrics": {}, "reason": "", "seconds": 0.0, "artifacts": {}, "cached": "", "worker": ""}
Cost = Callable[[Genome], float]
Key = tuple[str, int]  # canonical genome as text, seed


def run_search(
    searcher: Searcher,
    evaluate: Evaluate,
    settings: Any,
    *,
    record: Record,
    budget: int,
    window: int = 8,
    workers: str = "serial",
    repeats: int = 1,
    seeding: str = "fixed",
    cache: Cache | None = None,
    cost: Cost | None = None,
    max_trainings: int | None = None,
    limits: Limits = ONE_THREAD,
    label: str = "",
) -> "Search":
    """Search until `budget` candidates were asked, the searcher is done, or `max_trainings` are spent.

    `evaluate(settings, genome, seed) -> Outcome` is a module's function; the told score is the mean over `repeats`
    seeds, inf if one of them failed. Seeds follow from the searcher's seed and the repeat (`fixed`), or from k too
    (`per_candidate`). Rows that `record` holds are not computed again, neither are equal networks at equal seeds;
    `max_trainings` counts the distinct ones. `cost` predicts what a genome costs: among the candidates that wait, the
    dearest starts first. `workers` and `limits`: see `lib.search.workers`; they change no row but by the threads of a
    candidate and where a limit of time or memory ends one; nor do the budgets and `cost`.

    Raises ValueError for arguments out of range, RecordMismatch where the record belongs to another search or holds
    other proposals, and OutOfTime after the deadline, once what is under way is recorded.
    """
    _check(budget=budget, window=window, repeats=repeats, max_trainings=max_trainings, seeding=seeding)
    _agree(record, _engine(searcher, window, repeats, seeding, limits.threads))
    stored = len({k for k, _ in record.done if k < budget})
    with (
        closing(open_workers(workers, evaluate, settings, limits)) as pool,
        Bar(budget, label or searcher.settings()["searcher"], done=stored) as progress,
    ):
        loop = _Loop(searcher, record, pool, Schedule(window), cache, cost, repeats, seeding)
        loop.run(budget, max_trainings, progress.update)
    return Search([row for row in record.rows if row["k"] < loop.asked], repeats)


def identity(
    searcher: Searcher,
    settings: Any,
    *,
    window: int = 8,
    repeats: int = 1,
    seeding: str = "fixed",
    threads_per_candidate: int = 1,
    **more: Any,
) -> dict[str, Any]:
    """What a search's history depends on, as plain JSON; `runs.open_run` names the run folder after it.

    `more` are the paper's own entries, such as the hash of its pictures.
    """
    own = {"settings": settings, **more}
    return _engine(searcher, window, repeats, seeding, threads_per_candidate) | json.loads(
        json.dumps(own, default=as_json, allow_nan=False)
    )


def candidate_seed(seed: int, k: int, repeat: int, seeding: str) -> int:
    """The seed that `evaluate` gets: of the search and the repeat (`fixed`), of k too (`per_candidate`); 32 bits."""
    keys = (repeat,) if seeding == "fixed" else (k, repeat)
    return int(np.random.SeedSequence(seed, spawn_key=keys).generate_state(1)[0])


@dataclass(frozen=True)
class Search:
    """What a search found, from the rows of its candidates."""

    rows: list[Row]
    repeats: int = 1

    @cached_property
    def scores(self) -> dict[int, float]:
        """The told score by k: the mean over repeats, inf for failed and invalid candidates."""
        return scores(self.rows)

    @cached_property
    def noise(self) -> float:
        """Standard deviation of a score over repeats (seeds), pooled over candidates; NaN without repeats."""
        table = pd.DataFrame(self.rows, columns=["k", "score"]).astype({"score": float})
        return float(np.sqrt(table.groupby("k")["score"].var().mean()))

    def incumbents(self) -> pd.DataFrame:
        """A line a candidate, in order: k, its told score, and the best so far with its 95% noise band low..high."""
        told = pd.Series(self.scores, dtype=float).sort_index()
        best = told.cummin()
        band = 1.96 * self.noise / math.sqrt(self.repeats)
        columns = {"k": told.index, "score": told, "best": best, "low": best - band, "high": best + band}
        return pd.DataFrame(columns).reset_index(drop=True)


@dataclass(frozen=True)
class _Task:
    """One evaluation to be had: a row without its result; `key` is shared by all with the same result."""

    row: Row
    genome: Genome
    key: Key


@dataclass
class _Loop:
    """The state of a search in progress."""

    searcher: Searcher
    record: Record
    pool: Workers
    schedule: Schedule
    cache: Cache | None
    cost: Cost | None
    repeats: int
    seeding: str
    asked: int = 0
    stored: dict[tuple[int, int], Row] = field(default_factory=dict)  # rows of the record that were not asked for yet
    scores: dict[int, list[float]] = field(default_factory=dict)  # of the candidates in the window, by repeat
    known: dict[Key, Row | None] = field(default_factory=dict)  # the row of each result; None while it is waited for
    sharing: dict[Key, list[_Task]] = field(default_factory=dict)  # tasks that wait for an equal one

    def run(self, budget: int, max_trainings: int | None, progress: Callable[..., None]) -> None:
        """Ask, evaluate, record and tell until nothing is left to do."""
        best, computed = math.inf, turns(self.pool, self._next)
        self.stored = {(row["k"], row["repeat"]): row for row in self.record.rows}
        before = {k for k, _ in self.stored}
        while True:
            while self._may_ask(budget, max_trainings) and self._ask():
                pass
            if not len(self.schedule):
                return
            while (k := self.schedule.tell()) is None:
                self.record.sync()  # rows that came together share a flush, which waits for nothing else
                for task, outcome, worker in next(computed):
                    self._finish(task, outcome, worker)
            self.record.sync()
            values = self.scores.pop(k)
            score = sum(values) / len(values)
            self.searcher.tell(k, score)
            best = min(best, score)
            progress(int(k not in before), best=best if best < math.inf else None)

    def _may_ask(self, budget: int, max_trainings: int | None) -> bool:
        room = max_trainings is None or len(self.known) + self.repeats <= max_trainings
        return not self.schedule.full and self.asked < budget and room

    def _ask(self) -> bool:
        """Ask for one candidate and take in whatever the record holds of it; False if the searcher has none."""
        proposal, space = self.searcher.ask(), self.searcher.space
        if proposal is None:
            return False
        genome, k = proposal.genome, proposal.k
        self.asked = k + 1
        reason = space.invalid(genome)
        network = "" if reason else space.text(space.canonical(genome))
        repeats = 1 if reason else self.repeats
        self.schedule.asked(k, repeats)
        self.scores[k] = [math.inf] * repeats
        for repeat in range(repeats):
            seed = candidate_seed(self.searcher.seed, k, repeat, self.seeding)
            row = {"k": k, "repeat": repeat, "seed": seed, "genome": space.text(genome), "config": proposal.origin}
            task = _Task(row, genome, (network, seed))
            if stored := self.stored.pop((k, repeat), None):
                self._replay(task, stored, invalid=bool(reason))
            elif reason:
                self._keep(task, {"reason": f"invalid: {reason}"})
            else:
                self._queue(task)
        return True

    def _replay(self, task: _Task, row: Row, *, invalid: bool) -> None:
        """Use a stored row. Raises RecordMismatch where it is not of this proposal."""
        expected = json.loads(json.dumps(task.row, default=as_json))
        if found := changes({name: row.get(name) for name in expected}, expected):
            raise RecordMismatch(f"k={row['k']} is another proposal (stored | asked now): {'; '.join(found)}")
        if not invalid and (task.key not in self.known or not _lost(row)):
            self.known[task.key] = row
        self._score(row)

    def _queue(self, task: _Task) -> None:
        """Take the row of an equal network, wait for it, or let the task wait for a slot."""
        if task.key not in self.known or _lost(self.known[task.key]):
            self.known[task.key] = None
            cost = self.cost(task.genome) if self.cost else 0.0
            self.schedule.push(task.row["k"], task, repeat=task.row["repeat"], cost=cost)
        elif (row := self.known[task.key]) is not None:
            result = {name: row[name] for name in ("score", "metrics", "reason", "artifacts")}
            self._keep(task, {**result, "cached": "record"})
        else:
            self.sharing.setdefault(task.key, []).append(task)

    def _next(self) -> tuple[_Task, Genome, int] | None:
        """The task to start next; those before it that the cache knows are finished on the way."""
        while entry := self.schedule.pop():
            task: _Task = entry[1]
            if found := self.cache and self.cache.get(*task.key):
                self._finish(task, found, "", cached="disk")
            else:
                return task, task.genome, task.row["seed"]
        return None

    def _finish(self, task: _Task, outcome: Outcome, worker: str, *, cached: str = "") -> None:
        """Record a result, keep it for others, and give it to those that waited for it."""
        failed = outcome.reason.startswith("failed")
        result = {**asdict(outcome), "score": None if failed else outcome.score, "cached": cached, "worker": worker}
        self.known[task.key] = self._keep(task, result)
        if self.cache and not cached:
            self.cache.put(*task.key, outcome)
        for waiting in self.sharing.pop(task.key, []):
            self._queue(waiting)

    def _keep(self, task: _Task, result: Row) -> Row:
        """Write the row, then count it."""
        row = self.record.append({**task.row, **BLANK, **result}, sync=False)
        self._score(row)
        return row

    def _score(self, row: Row) -> None:
        """Note that one repeat of a candidate is there."""
        if row["score"] is not None:
            self.scores[row["k"]][row["repeat"]] = row["score"]
        self.schedule.finished(row["k"])


def _lost(row: Row | None) -> bool:
    """Whether an evaluation ended without saying anything of its candidate, so that an equal one may try again."""
    return row is not None and row["reason"].startswith(LOST)


def _engine(searcher: Searcher, window: int, repeats: int, seeding: str, threads: int) -> dict[str, Any]:
    """The part of a record's identity that `run_search` itself knows."""
    return {
        "space": searcher.space.name, "seed": searcher.seed, **searcher.settings(), "window": window,
        "repeats": repeats, "seeding": seeding, "threads_per_candidate": threads,
    }  # fmt: skip


def _agree(record: Record, expected: dict[str, Any]) -> None:
    """Raise RecordMismatch unless the record was opened for this search."""
    stored = record.header.get("identity", {})
    if found := changes({name: stored.get(name) for name in expected}, json.loads(json.dumps(expected))):
        raise RecordMismatch(f"the record is of another search (stored | asked for): {'; '.join(found)}")


def _check(*, seeding: str, repeats: int, max_trainings: int | None, **counts: int) -> None:
    """Raise ValueError for an argument out of range."""
    for name, value in {**counts, "repeats": repeats}.items():
        if type(value) is not int or value < 1:
            raise ValueError(f"{name} is {value!r}; a whole number from 1 is allowed")
    if max_trainings is not None and max_trainings < repeats:
        raise ValueError(f"max_trainings is {max_trainings}; it must allow for the {repeats} repeats of a candidate")
    if seeding not in SEEDINGS:
        raise ValueError(f"seeding is {seeding!r}; allowed are {', '.join(map(repr, SEEDINGS))}")
