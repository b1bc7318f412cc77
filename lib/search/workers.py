"""Where candidates are evaluated: in this process, in processes of their own, or on a Ray cluster.

Whatever happens to a candidate is an outcome with a reason, never the end of the search. A search takes one of
`serial`, `processes:N`, `ray` and `ray:ADDRESS`; all give the same outcomes.
"""

import math
import os
import pickle
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Protocol

from lib.device import few_threads, limit_threads
from lib.search.deadline import OutOfTime, time_left

OVER_MEMORY = 87  # exit status of a worker that passed its memory limit
QUICK, QUICK_S = 8, 0.005  # so many candidates at once in this process where one takes less than this
WATCH_S = 0.05  # between two looks of a worker at its memory and its parent
RESTARTS = 3  # of all worker processes before a search gives up
LOST = "failed: lost worker"  # reasons that begin so say nothing of the candidate
ALLOWED = "'serial', 'processes:N' with N from 1, 'ray' and 'ray:ADDRESS'"


@dataclass(frozen=True)
class Outcome:
    """What one evaluation found. `score`: lower is better; `artifacts`: name -> path relative to the run folder.

    Without `seconds` the workers measure them. `curves` are kept by rows that no searcher proposes alone.
    """

    score: float
    metrics: dict[str, float] = field(default_factory=dict)
    seconds: float = 0.0
    reason: str = ""
    artifacts: dict[str, str] = field(default_factory=dict)
    curves: dict[str, list[float]] = field(default_factory=dict)


Evaluate = Callable[[Any, tuple[int, ...], int], Outcome]  # (settings, genome, seed)
Task = tuple[Any, tuple[int, ...], int]  # ticket, genome, seed
Finished = tuple[Any, Outcome, str]  # ticket, outcome, worker


@dataclass(frozen=True)
class Limits:
    """What one candidate may use. `time_s` and `memory_gb` (10^9 bytes, resident) are off where None."""

    threads: int = 1
    gpus: float = 0.0
    time_s: float | None = None
    memory_gb: float | None = None

    def __post_init__(self) -> None:
        if type(self.threads) is not int or self.threads < 1:
            raise ValueError(f"threads is {self.threads!r}; a whole number from 1 is allowed")
        if not 0 <= self.gpus < math.inf:
            raise ValueError(f"gpus_per_candidate is {self.gpus}; a number from 0 is allowed")
        for name, value in (("time_s", self.time_s), ("memory_gb", self.memory_gb)):
            if value is not None and not 0 < value < math.inf:
                raise ValueError(f"{name} is {value}; a positive number or None is allowed")


ONE_THREAD = Limits()


class Workers(Protocol):
    """`submit` starts an evaluation, `wait` blocks until at least one is finished."""

    @property
    def slots(self) -> int:
        """How many evaluations may be under way at once."""

    def submit(self, ticket: Any, genome: tuple[int, ...], seed: int) -> None:
        """Start an evaluation."""

    def wait(self) -> list[Finished]:
        """What finished since the last call, at least one; empty if nothing is under way."""

    def close(self) -> None:
        """Stop at once whatever is under way."""


def open_workers(
    workers: str, evaluate: Evaluate, settings: Any, limits: Limits, folder: Path | None = None
) -> Workers:
    """The workers of this name; artifacts made on another machine come into `folder`.

    Raises ValueError for an unknown name, or limits that they cannot keep.
    """
    kind, rest = kind_of(workers)
    if limits.gpus and kind != "ray":
        raise ValueError(f"gpus_per_candidate is {limits.gpus} and workers {workers!r}; only 'ray' shares out GPUs")
    if kind == "serial":
        return Serial(evaluate, settings, limits)
    if kind == "processes":
        return Processes(int(rest), evaluate, settings, limits)
    from lib.search.ray_workers import RayWorkers

    return RayWorkers(rest, evaluate, settings, limits, folder)


def turns(pool: Workers, take: Callable[[], Task | None]) -> Iterator[list[Finished]]:
    """Turn by turn: free slots get what `take` gives, then comes what finished; empty if nothing is under way.

    After the deadline nothing starts, and once all that was under way has come: OutOfTime.
    """
    under_way, over = 0, False
    while True:
        while not over and under_way < pool.slots and (task := take()):
            over = time_left() <= 0
            if not over:
                pool.submit(*task)
                under_way += 1
        if over and not under_way:
            raise OutOfTime
        finished = pool.wait()
        under_way -= len(finished)
        yield finished


def each(pool: Workers, tasks: Iterable[Task]) -> Iterator[Finished]:
    """What comes of each task, as it finishes; OutOfTime as of `turns`."""
    waiting = iter(tasks)
    for finished in turns(pool, lambda: next(waiting, None)):
        if not finished:
            return
        yield from finished


def kind_of(workers: str) -> tuple[str, str]:
    """The kind of workers of this name and their number or address. Raises ValueError for an unknown name."""
    kind, _, rest = workers.partition(":")
    many = kind == "processes" and rest.isdecimal() and int(rest) >= 1
    if workers in ("serial", "ray") or many or (kind == "ray" and rest):
        return kind, rest
    raise ValueError(f"workers is {workers!r}; allowed are {ALLOWED}")


def failure(kind: str, message: object = "") -> Outcome:
    """The outcome of a candidate that has no score."""
    text = " ".join(str(message).split())[:500]
    return Outcome(math.nan, reason=f"failed: {kind}: {text}" if text else f"failed: {kind}")


def attempt(evaluate: Evaluate, settings: Any, genome: tuple[int, ...], seed: int) -> Outcome:
    """Evaluate one candidate; an exception or a score that is not finite becomes a failure."""
    start = time.perf_counter()
    try:
        outcome = evaluate(settings, genome, seed)
        if not isinstance(outcome, Outcome):
            raise TypeError(f"evaluate returned a {type(outcome).__name__}, not an Outcome")
    except OutOfTime:  # the search's own deadline, not the candidate's fault
        raise
    except Exception as error:
        outcome = failure("exception", f"{type(error).__name__}: {error}")
    seconds = outcome.seconds or time.perf_counter() - start
    if not outcome.reason.startswith("failed") and not math.isfinite(outcome.score):
        outcome = replace(outcome, reason=f"failed: not finite: {outcome.reason or f'score is {outcome.score}'}")
    return replace(outcome, seconds=seconds)


class Serial:
    """One candidate at a time in this process; quick ones a few at a time, so that they share a flush to the disk."""

    def __init__(self, evaluate: Evaluate, settings: Any, limits: Limits) -> None:
        if limits.time_s is not None or limits.memory_gb is not None:
            raise ValueError("workers is 'serial', which can stop no candidate; limits need 'processes:1' or more")
        self._call, self._threads = (evaluate, settings), limits.threads
        self._waiting: list[Task] = []
        self._seconds = math.inf  # that the last candidate took

    @property
    def slots(self) -> int:
        return QUICK if self._seconds < QUICK_S else 1

    def submit(self, ticket: Any, genome: tuple[int, ...], seed: int) -> None:
        self._waiting.append((ticket, genome, seed))

    def wait(self) -> list[Finished]:
        with few_threads(self._threads):
            found = [(ticket, attempt(*self._call, genome, seed)) for ticket, genome, seed in self._waiting]
        self._waiting = []
        self._seconds = found[-1][1].seconds if found else math.inf
        return [(ticket, outcome, "serial") for ticket, outcome in found]

    def close(self) -> None:
        pass


class Processes:
    """Processes of their own, started fresh (spawn) and kept: one that dies, hangs or grows costs one candidate."""

    def __init__(self, slots: int, evaluate: Evaluate, settings: Any, limits: Limits) -> None:
        self.slots, self._limits = slots, limits
        self._payload = packed(evaluate, settings)
        self._futures: dict[Future[Any], Task] = {}
        self._restarts = 0  # since something was finished
        self._pool = self._started()

    def submit(self, ticket: Any, genome: tuple[int, ...], seed: int) -> None:
        if not self._pool.active:
            self._restart()
        future = self._pool.schedule(_work, args=(genome, seed), timeout=self._limits.time_s)
        self._futures[future] = (ticket, genome, seed)

    def wait(self) -> list[Finished]:
        """What finished. Raises RuntimeError where workers cannot start or cannot load the evaluation."""
        finished: list[Finished] = []
        while self._futures and not finished:
            for future in wait(self._futures, return_when=FIRST_COMPLETED).done:
                if isinstance(future.exception(), BrokenProcessPool):
                    self._restart()
                    break
                ticket, _, _ = self._futures.pop(future)
                finished.append((ticket, *self._result(future)))
                self._restarts = 0
        return finished

    def close(self) -> None:
        self._pool.stop()
        self._pool.join()

    def _result(self, future: Future[Any]) -> tuple[Outcome, str]:
        """The outcome and its worker; what ended the worker is a failure of the candidate."""
        from pebble import ProcessExpired

        try:
            return future.result()
        except TimeoutError:
            return failure("time limit", f"more than {self._limits.time_s:g} s"), ""
        except ProcessExpired as error:
            if error.exitcode == OVER_MEMORY:
                return failure("memory limit", f"more than {self._limits.memory_gb:g} GB"), f"pid {error.pid}"
            return failure("lost worker", f"it ended with status {error.exitcode}"), f"pid {error.pid}"

    def _started(self) -> Any:
        from pebble import ProcessPool

        setup = (self._payload, self._limits.threads, self._limits.memory_gb, os.getpid())
        return ProcessPool(self.slots, initializer=_set_up, initargs=setup, context=get_context("spawn"))

    def _restart(self) -> None:
        """Start a new pool for what is under way: the death of an idle process closes a pool."""
        self._restarts += 1
        if self._restarts > RESTARTS:
            hint = "does the script run its search under `if __name__ == '__main__'`?"
            raise RuntimeError(f"worker processes ended {RESTARTS} times before they evaluated anything; {hint}")
        self.close()
        waiting, self._futures = list(self._futures.values()), {}
        self._pool = self._started()
        for entry in waiting:
            self.submit(*entry)


_loaded: dict[str, Any] = {}  # in a worker: what it evaluates


def packed(evaluate: Evaluate, settings: Any) -> bytes:
    """The function and its settings for another process; ValueError if another process could not load them."""
    main = sys.modules["__main__"]
    if getattr(evaluate, "__module__", "") == "__main__" and not hasattr(main, "__file__"):
        raise ValueError(f"{evaluate!r} is defined in a cell, which worker processes cannot import; use a module")
    try:
        return pickle.dumps((evaluate, settings))
    except Exception as error:
        raise ValueError(f"{evaluate!r} and its settings must be picklable: {error}") from error


def _set_up(payload: bytes, threads: int, memory_gb: float | None, parent: int) -> None:
    """Prepare a worker: threads first, since libraries read them when they start, then what it evaluates."""
    limit_threads(threads)
    limit = math.inf if memory_gb is None else memory_gb * 1e9
    threading.Thread(target=_watch, args=(limit, parent), daemon=True).start()
    try:
        _loaded["call"] = pickle.loads(payload)
    except Exception as error:
        _loaded["error"] = RuntimeError(f"a worker cannot load the evaluation: {type(error).__name__}: {error}")


def _work(genome: tuple[int, ...], seed: int) -> tuple[Outcome, str]:
    """Evaluate one candidate in a worker."""
    if "error" in _loaded:
        raise _loaded["error"]
    evaluate, settings = _loaded["call"]
    return attempt(evaluate, settings, genome, seed), f"pid {os.getpid()}"


def _watch(limit: float, parent: int) -> None:
    """End this process when it holds more than `limit` bytes, or when its parent is gone."""
    while os.getppid() == parent:
        if resident() > limit:
            os._exit(OVER_MEMORY)
        time.sleep(WATCH_S)
    os._exit(1)


def resident() -> float:
    """Bytes of memory that this process holds now (on Linux), or at most held (elsewhere)."""
    if sys.platform == "linux":
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
