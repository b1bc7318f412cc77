"""Candidates on a Ray cluster: an optional extra, imported only when a search asks for `ray` or `ray:ADDRESS`.

Every node needs this project and its packages at the same versions. Fractions of a GPU are shares of the schedule, not
of its memory.
"""

import logging
import math
import os
import pickle
import time
from typing import Any

from lib.device import cores
from lib.search.workers import Evaluate, Finished, Limits, Outcome, Processes, attempt, failure, packed, set_threads

RETRIES = 2  # of a candidate whose worker or node was lost
LOOK_S = 1.0  # between two looks at what the cluster has


class RayWorkers:
    """As many candidates at a time as the cluster's processors and GPUs hold, whatever nodes come and go."""

    def __init__(self, address: str, evaluate: Evaluate, settings: Any, limits: Limits) -> None:
        """Connect to `address`, or start Ray on this machine; ValueError where Ray is not installed."""
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # no reports to the makers of Ray
        try:
            import ray
        except ImportError as error:
            raise ValueError("workers is 'ray', which needs an optional package: pip install ray") from error
        self._ray, self._limits = ray, limits
        payload = packed(evaluate, settings)
        self._owner = not ray.is_initialized()
        if self._owner:
            size = {"address": address} if address else {"num_cpus": cores(), "include_dashboard": False}
            ray.init(log_to_driver=False, logging_level=logging.ERROR, **size)
        self._payload = ray.put(payload)
        self._function = ray.remote(num_cpus=limits.threads, num_gpus=limits.gpus, max_retries=0)(_work)
        self._running: dict[Any, tuple[Any, tuple[int, ...], int, int]] = {}
        self._slots, self._looked = 1, -math.inf

    @property
    def slots(self) -> int:
        """How many candidates the cluster holds at the moment, at least one."""
        if time.monotonic() - self._looked > LOOK_S:
            self._slots, self._looked = capacity(self._ray.cluster_resources(), self._limits), time.monotonic()
        return self._slots

    def submit(self, ticket: Any, genome: tuple[int, ...], seed: int) -> None:
        """Hand the candidate to the cluster."""
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
                    lost = failure("lost worker", f"{tries + 1} times")
                    finished.append((ticket, outcome or lost, worker))
        return finished

    def close(self) -> None:
        """Stop what is under way, and Ray itself if it was started here."""
        for reference in self._running:
            self._ray.cancel(reference, force=True)
        if self._owner:
            self._ray.shutdown()

    def _start(self, ticket: Any, genome: tuple[int, ...], seed: int, tries: int) -> None:
        reference = self._function.remote(self._payload, self._limits, genome, seed)
        self._running[reference] = (ticket, genome, seed, tries)

    def _result(self, reference: Any) -> tuple[Outcome | None, str]:
        """The outcome and its worker; None where worker or node was lost."""
        errors = self._ray.exceptions
        try:
            return self._ray.get(reference)
        except errors.RayTaskError as error:
            raise error.cause from error
        except errors.OutOfMemoryError as error:
            return failure("memory limit", error), ""
        except errors.RayError:
            return None, ""


def capacity(resources: dict[str, float], limits: Limits) -> int:
    """How many candidates fit, at least one, that one can wait for; a fraction of a GPU must fit on one device."""
    fitting, gpus = resources.get("CPU", 0.0) // limits.threads, limits.gpus
    if gpus:
        devices = resources.get("GPU", 0.0)
        fitting = min(fitting, devices * int(1 / gpus + 1e-9) if gpus < 1 else devices // gpus)
    return max(1, int(fitting))


def _work(payload: bytes, limits: Limits, genome: tuple[int, ...], seed: int) -> tuple[Outcome, str]:
    """Evaluate one candidate on its node; with limits, in a process that can be ended."""
    set_threads(limits.threads)
    evaluate, settings = pickle.loads(payload)
    worker = f"{os.uname().nodename} pid {os.getpid()}"
    if limits.time_s is None and limits.memory_gb is None:
        return attempt(evaluate, settings, genome, seed), worker
    pool = Processes(1, evaluate, settings, limits)
    try:
        pool.submit(None, genome, seed)
        return pool.wait()[0][1], worker
    finally:
        pool.close()
