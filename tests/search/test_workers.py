"""Workers: whatever befalls a candidate is its outcome, and no worker outlives its search."""

import math
import os
import signal
import sys
import time
from dataclasses import dataclass

import pytest

from lib.search.workers import Limits, Outcome, Processes, Serial, attempt, few_threads, open_workers
from tests.search.standin import REASONS, Settings, evaluate

TWO, ONE = (2, 0, 0, 0), (1, 0, 0, 0)


def outcomes(pool, genomes):
    """The outcomes of these genomes by genome, computed by a pool that is closed afterwards."""
    found = {}
    try:
        for genome in genomes:
            pool.submit(genome, genome, 0)
        while len(found) < len(genomes):
            found |= {ticket: (outcome, worker) for ticket, outcome, worker in pool.wait()}
    finally:
        pool.close()
    return found


def threads(settings, genome, seed):
    """The threads that torch would use, and those it does use."""
    import torch

    return Outcome(torch.get_num_threads(), {"variable": float(os.environ["OMP_NUM_THREADS"])})


def own_pid(settings, genome, seed):
    time.sleep(0.2)
    return Outcome(os.getpid())


@dataclass
class Exploding:
    """Settings that a worker cannot load: it raises, or dies."""

    deadly: bool

    def __reduce__(self):
        return (os._exit, (3,)) if self.deadly else (int, ("no number",))


def alive(pid):
    """Whether a process is there and no zombie."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize(("limit", "words"), [
    ({"threads": 0}, "threads is 0; a whole number"),
    ({"gpus": -0.5}, "gpus_per_candidate is -0.5; a number from 0"),
    ({"time_s": -1.0}, "time_s is -1.0; a positive number"),
    ({"memory_gb": 0.0}, "memory_gb is 0.0; a positive number"),
])  # fmt: skip
def test_a_limit_out_of_range_is_refused_by_name(limit, words):
    with pytest.raises(ValueError, match=words):
        Limits(**limit)


@pytest.mark.parametrize("trouble", ["raise", "nan", "wrong"])
def test_trouble_of_a_candidate_is_its_outcome(trouble):
    outcome = attempt(evaluate, Settings(trouble=trouble), TWO, 0)
    assert math.isnan(outcome.score) or trouble == "nan"
    assert outcome.reason == REASONS[trouble]


def test_an_outcome_gets_the_seconds_it_took_unless_it_says_them():
    assert 0.2 < attempt(own_pid, None, ONE, 0).seconds < 2
    assert attempt(lambda *_: Outcome(1.0, seconds=7.0), None, ONE, 0).seconds == 7.0


def test_ctrl_c_is_no_trouble_of_a_candidate():
    def stop(*_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        attempt(stop, None, ONE, 0)


def test_quick_candidates_go_a_few_at_a_time_and_slow_ones_alone():
    seconds = iter((0.001, 1.0))
    pool = Serial(lambda *_: Outcome(0.0, seconds=next(seconds)), None, Limits())
    slots = [pool.slots]
    for _ in range(2):
        pool.submit(0, ONE, 0)
        pool.wait()
        slots.append(pool.slots)
    assert slots[0] == slots[2] == 1
    assert slots[1] > 1


def test_an_idle_worker_that_is_killed_costs_nothing():
    pool = Processes(2, own_pid, None, Limits())
    pool.submit("first", ONE, 0)
    ((_, outcome, worker),) = pool.wait()
    assert worker == f"pid {outcome.score}"
    os.kill(outcome.score, signal.SIGKILL)
    time.sleep(0.3)
    found = outcomes(pool, ["a", "b"])
    assert all(not outcome.reason for outcome, _ in found.values())
    assert str(outcome.score) not in {worker for _, worker in found.values()}


def test_closing_ends_a_hanging_worker_at_once():
    pool = Processes(1, evaluate, Settings(trouble="hang"), Limits())
    pool.submit("hangs", TWO, 0)
    time.sleep(0.5)
    start = time.monotonic()
    pool.close()
    assert time.monotonic() - start < 3


def test_settings_that_workers_cannot_load_end_the_search():
    with pytest.raises(RuntimeError, match="cannot load the evaluation: ValueError"):
        outcomes(Processes(1, evaluate, Exploding(deadly=False), Limits()), [ONE])


def test_workers_that_die_before_they_start_end_the_search():
    with pytest.raises(RuntimeError, match="worker processes ended 3 times"):
        outcomes(Processes(1, evaluate, Exploding(deadly=True), Limits()), [ONE])


def test_what_cannot_be_sent_to_a_process_is_refused():
    with pytest.raises(ValueError, match="must be picklable"):
        open_workers("processes:1", lambda *_: Outcome(0.0), None, Limits())


def test_a_function_of_a_notebook_cell_is_refused(monkeypatch):
    monkeypatch.delattr(sys.modules["__main__"], "__file__")
    monkeypatch.setattr(own_pid, "__module__", "__main__")
    with pytest.raises(ValueError, match="defined in a cell"):
        open_workers("processes:2", own_pid, None, Limits())


def test_a_candidate_gets_its_threads_in_a_process_whatever_the_driver_has():
    ((outcome, _),) = outcomes(Processes(1, threads, None, Limits(threads=2)), [ONE]).values()
    assert (outcome.score, outcome.metrics["variable"]) == (2, 2)


def test_a_candidate_gets_its_threads_in_this_process_and_leaves_them_as_they_were(monkeypatch):
    import torch

    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    before = torch.get_num_threads(), os.environ["OMP_NUM_THREADS"]
    ((outcome, _),) = outcomes(Serial(threads, None, Limits(threads=2)), [ONE]).values()
    assert (outcome.score, outcome.metrics["variable"]) == (2, 2)
    assert (torch.get_num_threads(), os.environ["OMP_NUM_THREADS"]) == before
    assert "OPENBLAS_NUM_THREADS" not in os.environ
    with few_threads(1):
        assert os.environ["OPENBLAS_NUM_THREADS"] == "1"
