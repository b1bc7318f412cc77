"""Ray: the same history on a cluster, even if one of its nodes dies. Without Ray, an error that says how to get it."""

import math
import sys
import threading

import pytest

from lib.search import runs
from lib.search.ray_workers import capacity
from lib.search.record import differences
from lib.search.workers import Limits, Outcome, open_workers
from tests.search.engine import search
from tests.search.standin import REASONS, Settings


def test_without_ray_the_error_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ValueError, match="pip install ray"):
        open_workers("ray", lambda *_: Outcome(0.0), None, Limits())


@pytest.mark.parametrize(
    ("nodes", "limits", "expected"),
    [
        ([{"CPU": 8.0}], Limits(), 8),
        ([{"CPU": 8.0}], Limits(threads=3), 2),
        ([{"CPU": 2.0}, {"CPU": 4.0}], Limits(threads=3), 1),
        ([{"CPU": 64.0, "GPU": 2.0}], Limits(gpus=0.5), 4),
        ([{"CPU": 8.0, "GPU": 1.0}, {"CPU": 1.0, "GPU": 1.0}, {"CPU": 8.0}], Limits(gpus=0.5), 3),
        ([{"CPU": 64.0, "GPU": 4.0}], Limits(gpus=0.3), 12),
        ([{"CPU": 64.0, "GPU": 4.0}], Limits(gpus=2.0), 2),
        ([{"CPU": 64.0, "GPU": 1.0}] * 2, Limits(gpus=2.0), 0),
        ([], Limits(), 0),
    ],
)
def test_the_slots_are_what_the_processors_and_gpus_of_each_node_hold(nodes, limits, expected):
    assert capacity(nodes, limits) == expected


@pytest.fixture(scope="module")
def cluster():
    """A cluster on this machine whose head computes nothing; nodes are added by the tests."""
    pytest.importorskip("ray", reason="Ray is not installed: pip install ray")
    from ray.cluster_utils import Cluster

    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    yield made
    made.shutdown()


@pytest.mark.slow
def test_a_node_that_dies_in_the_middle_costs_time_but_no_candidate(cluster, tmp_path):
    log, over = tmp_path / "log", threading.Event()
    settings = Settings(seconds=1.0, noise=0.1, log=str(log))
    nodes = [cluster.add_node(num_cpus=2, num_gpus=1) for _ in range(2)]

    def evaluated():
        """Process, network and seed of each evaluation that began."""
        return [line.split(" ", 1) for line in log.read_text().splitlines()] if log.exists() else []

    def kill_one():
        while len({process for process, _ in evaluated()}) < 4 and not over.wait(0.02):
            pass
        cluster.remove_node(nodes[0], allow_graceful=False)

    killer = threading.Thread(target=kill_one)
    killer.start()
    options = {"workers": f"ray:{cluster.address}", "limits": Limits(gpus=0.5)}
    found = search(tmp_path / "a" / "record.jsonl", settings, budget=40, **options)
    over.set()
    killer.join()
    cluster.remove_node(nodes[1])
    processes, networks = zip(*evaluated(), strict=True)
    assert 4 <= len(set(processes)) <= 6  # two candidates a GPU, in processes that are kept
    assert len(networks) - len(set(networks)) <= 2
    alone = search(tmp_path / "b" / "record.jsonl", Settings(noise=0.1), budget=40)
    assert differences(found.rows, alone.rows) == []


def left(settings, genome, seed):
    return Outcome(min(runs.time_left(), 1e6))


@pytest.mark.slow
def test_the_deadline_of_the_moment_reaches_every_node(cluster):
    node, found = cluster.add_node(num_cpus=1), []
    workers = open_workers(f"ray:{cluster.address}", left, None, Limits())
    for seconds in (100.0, math.inf):
        with runs.deadline(seconds):
            workers.submit(None, (), 0)
            found += [outcome.score for _, outcome, _ in workers.wait()]
    workers.close()
    cluster.remove_node(node)
    assert 0 < found[0] <= 100
    assert found[1] == 1e6


@pytest.mark.slow
@pytest.mark.parametrize(
    ("trouble", "limits", "reason"),
    [
        ("hang", Limits(time_s=1.0), REASONS["hang"]),
        ("grow", Limits(memory_gb=0.4), REASONS["grow"]),
        ("die", Limits(), "failed: lost worker: 3 times"),
        ("raise", Limits(), REASONS["raise"]),
    ],
)
def test_limits_and_deaths_are_outcomes_on_a_cluster_too(cluster, tmp_path, caplog, *, trouble, limits, reason):
    node = cluster.add_node(num_cpus=2)
    settings = Settings(trouble=trouble)
    found = search(tmp_path / "record.jsonl", settings, workers=f"ray:{cluster.address}", budget=8, limits=limits)
    assert {row["reason"] for row in found.rows} == {"", "invalid: begins 3-3", reason}
    assert ("a worker was lost: WorkerCrashedError: " in caplog.text) == (trouble == "die")
    cluster.remove_node(node)
