"""Candidates on a Ray cluster: an optional extra, imported only when a search asks for `ray` or `ray:ADDRESS`.

Every node needs this project and its packages at the same versions; `cluster.sh` and `slurm.sh` beside this file start
nodes. Fractions of a GPU are shares of the schedule, not of its memory.
"""

import logging
import os
import pickle
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from lib.device import cores, limit_threads
from lib.paths import atomic
from lib.search.deadline import VARIABLE
from lib.search.workers import Evaluate, Finished, Limits, Outcome, Processes, attempt, failure, packed

RETRIES = 2  # of a candidate whose worker or node was lost
LOOK_S = 1.0  # between two looks at what the cluster has


class RayWorkers:
    """As many candidates at a time as the cluster's processors and GPUs hold, whatever nodes come and go."""

    def __init__(self, address: str, evaluate: Evaluate, settings: Any, limits: Limits, folder: Path | None) -> None:
        """Connect to `address`, or start Ray on this machine.

        Artifacts come back from the nodes into `folder`, if one is given. Raises ValueError where Ray is not installed,
        and where no node has room for a candidate.
        """
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # no reports to the makers of Ray
        try:
            import ray
        except ImportError as error:
            raise ValueError("workers is 'ray', which needs an optional package: pip install ray") from error
        self._ray, self._limits, self._folder = ray, limits, folder
        payload = packed(evaluate, settings)
        self._owner = not ray.is_initialized()
        if self._owner:
            size = {"address": address} if address else {"num_cpus": cores(), "include_dashboard": False}
            ray.init(log_to_driver=False, logging_level=logging.ERROR, **size)
        self._payload = ray.put(payload)
        share: dict[str, Any] = {"num_cpus": limits.threads, "num_gpus": limits.gpus}
        self._function = ray.remote(max_retries=0, max_calls=0, **share)(_work)  # else GPUs get a new process each time
        self._running: dict[Any, tuple[Any, tuple[int, ...], int, int]] = {}
        self._slots, self._looked = self._room(), time.monotonic()
        if not self._slots:
            self.close()
            raise ValueError(f"no node has room for a candidate: {limits.threads} CPUs and {limits.gpus:g} of a GPU")

    @property
    def slots(self) -> int:
        """How many candidates the cluster holds at the moment, at least one."""
        if time.monotonic() - self._looked > LOOK_S:
            self._slots, self._looked = max(1, self._room()), time.monotonic()
        return self._slots

    def submit(self, ticket: Any, genome: tuple[int, ...], seed: int) -> None:
        self._start(ticket, genome, seed, 0)

    def wait(self) -> list[Finished]:
        """What finished; a candidate whose worker or node was lost starts again, twice at most."""
        finished: list[Finished] = []
        while self._running and not finished:
            for reference in self._ray.wait(list(self._running))[0]:
                ticket, genome, seed, tries = self._running.pop(reference)
                outcome, worker = self._result(reference)
                if outcome is None and tries < RETRIES:
                    self._start(ticket, genome, seed, tries + 1)
                else:
                    lost = failure("lost worker", f"{tries + 1} times")  # the cause, which varies, is in the log
                    finished.append((ticket, outcome or lost, worker))
        return finished

    def close(self) -> None:
        """Stop what is under way, and Ray itself if it was started here."""
        for reference in self._running:
            self._ray.cancel(reference, force=True)
        if self._owner:
            self._ray.shutdown()

    def _room(self) -> int:
        """How many candidates the nodes that are up hold in all."""
        return capacity((node["Resources"] for node in self._ray.nodes() if node["Alive"]), self._limits)

    def _start(self, ticket: Any, genome: tuple[int, ...], seed: int, tries: int) -> None:
        deadline = os.environ.get(VARIABLE, "")
        reference = self._function.remote(self._payload, self._limits, self._folder, deadline, (genome, seed))
        self._running[reference] = (ticket, genome, seed, tries)

    def _result(self, reference: Any) -> tuple[Outcome | None, str]:
        """The outcome and its worker, its artifacts brought home; None where worker or node was lost."""
        errors = self._ray.exceptions
        try:
            outcome, worker, files = self._ray.get(reference)
        except errors.RayTaskError as error:
            raise error.cause from error
        except errors.OutOfMemoryError as error:
            return failure("memory limit", error), ""
        except errors.RayError as error:
            cause = str(error).partition("\n")[0]
            logging.getLogger(__name__).warning("a worker was lost: %s: %s", type(error).__name__, cause)
            return None, ""
        for path, content in files.items():
            with atomic(path) as temporary:
                temporary.write_bytes(content)
        return outcome, worker


def capacity(nodes: Iterable[Mapping[str, float]], limits: Limits) -> int:
    """How many candidates nodes with these resources hold; one lies on one node, a fraction of a GPU on one device."""
    fitting = 0.0
    for resources in nodes:
        room, gpus = resources.get("CPU", 0.0) // limits.threads, limits.gpus
        if gpus:
            devices = resources.get("GPU", 0.0)
            room = min(room, devices * int(1 / gpus + 1e-9) if gpus < 1 else devices // gpus)
        fitting += room
    return int(fitting)


Files = dict[Path, bytes]


def _work(
    payload: bytes, limits: Limits, folder: Path | None, deadline: str, candidate: tuple[tuple[int, ...], int]
) -> tuple[Outcome, str, Files]:
    """Evaluate one candidate, a genome and its seed, on its node; with limits, in a process that can be ended.

    The deadline, of Unix seconds and so by the clock of its node, replaces that of the process, which served others.
    """
    os.environ[VARIABLE] = deadline
    limit_threads(limits.threads)
    genome, seed = candidate
    evaluate, settings = pickle.loads(payload)
    worker = f"{os.uname().nodename} pid {os.getpid()}"
    if limits.time_s is None and limits.memory_gb is None:
        outcome = attempt(evaluate, settings, genome, seed)
    else:
        pool = Processes(1, evaluate, settings, limits)
        try:
            pool.submit(None, genome, seed)
            outcome = pool.wait()[0][1]
        finally:
            pool.close()
    made = [folder / name for name in outcome.artifacts.values()] if folder else []
    return outcome, worker, {path: path.read_bytes() for path in made}
