"""Ray: the same history on a cluster, even if one of its nodes dies. Without Ray, an error that says how to get it."""

import sys
import threading
import time

import pytest

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
    ("resources", "limits", "expected"),
    [
        ({"CPU": 8.0}, Limits(), 8),
        ({"CPU": 8.0}, Limits(threads=3), 2),
        ({"CPU": 64.0, "GPU": 2.0}, Limits(gpus=0.5), 4),
        ({"CPU": 64.0, "GPU": 4.0}, Limits(gpus=0.3), 12),
        ({"CPU": 64.0, "GPU": 4.0}, Limits(gpus=2.0), 2),
        ({"CPU": 3.0, "GPU": 8.0}, Limits(gpus=0.5), 3),
        ({}, Limits(gpus=1.0), 1),
    ],
)
def test_the_slots_are_what_processors_and_gpus_hold(resources, limits, expected):
    assert capacity(resources, limits) == expected


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
    settings = Settings(seconds=0.5, noise=0.1, log=str(tmp_path / "log"))
    nodes = [cluster.add_node(num_cpus=1) for _ in range(2)]

    def kill_one():
        while not (tmp_path / "log").exists() or len((tmp_path / "log").read_text().splitlines()) < 6:
            time.sleep(0.02)
        time.sleep(0.1)
        cluster.remove_node(nodes[0], allow_graceful=False)

    killer = threading.Thread(target=kill_one)
    killer.start()
    found = search(tmp_path / "a" / "record.jsonl", settings, workers=f"ray:{cluster.address}", budget=40)
    killer.join()
    evaluated = [line.split(" ", 1)[1] for line in (tmp_path / "log").read_text().splitlines()]
    assert len({row["worker"] for row in found.rows if row["worker"]}) >= 2
    assert len(evaluated) - len(set(evaluated)) <= 1
    alone = search(tmp_path / "b" / "record.jsonl", Settings(noise=0.1), budget=40)
    assert differences(found.rows, alone.rows) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("trouble", "limits", "reason"),
    [
        ("hang", {"time_limit_s": 1.0}, REASONS["hang"]),
        ("grow", {"memory_limit_gb": 0.4}, REASONS["grow"]),
        ("die", {}, "failed: lost worker: 3 times"),
        ("raise", {}, REASONS["raise"]),
    ],
)
def test_limits_and_deaths_are_outcomes_on_a_cluster_too(cluster, tmp_path, trouble, limits, reason):
    node = cluster.add_node(num_cpus=2)
    settings = Settings(trouble=trouble)
    found = search(tmp_path / "record.jsonl", settings, workers=f"ray:{cluster.address}", budget=8, **limits)
    assert {row["reason"] for row in found.rows} == {"", "invalid: begins 3-3", reason}
    cluster.remove_node(node)
