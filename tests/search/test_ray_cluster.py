"""The scripts that start Ray: on two machines, on Slurm. The machines are namespaces of this one, `srun` is a stand-in.

What is run is what a user runs; the records are compared with a serial run of the same commands.
"""

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lib import paths
from lib.search.record import Row, differences, read
from tests.search import machines

SCRIPTS = paths.ROOT / "lib" / "search"
NASDIP = {"parts": ["truth", "sym", "random", "pictures"], "rows": ["astronaut"], "shown_rows": [], "blind_rows": [],
          "swept_rows": [], "artworks": "", "iterations": 60, "device": "cpu"}  # fmt: skip
STYLENAS = {"parts": ["oracle", "evolution"], "photos": 4, "side": 32, "steps": 1, "oracle_side": 32, "oracle_steps": 5,
            "search_pairs": 2, "width": 64, "population": 4, "sample": 2, "evaluations": 8, "window": 4,
            "device": "cpu"}  # fmt: skip
NODE = "--num-cpus=2 --num-gpus=1"
LIMIT_S = 1200  # far more than is needed, even on a busy machine


def settings(values: dict[str, object]) -> list[str]:
    """Options of `python -m lib run`."""
    return [word for name, value in values.items() for word in ("--set", f"{name}={json.dumps(value)}")]


def run(notebook: str, values: dict[str, object], workers: str, **more: object) -> str:
    """The shell command that runs a notebook."""
    return shlex.join(["python", "-m", "lib", "run", notebook, "--workers", workers, *settings({**values, **more})])


def rows(folder: Path, search: str) -> list[Row]:
    """The rows of a search in a folder of runs, as far as they are written."""
    found = list(folder.glob(f"custom/*/{search}-*/record.jsonl"))
    return read(found[0])[1] if found else []


def hosts(found: list[Row]) -> set[str]:
    """On which machines rows were computed."""
    return {row["worker"].split()[0] for row in found if row["worker"]}


def ended(process: "subprocess.Popen[bytes]", shared: Path, *, watch: Callable[[], bool] = lambda: True) -> None:
    """Wait for the machines, calling `watch` until it is true; the log is the message if they fail."""
    until, seen = time.monotonic() + LIMIT_S, False
    try:
        while process.poll() is None and time.monotonic() < until:
            seen = seen or watch()
            time.sleep(0.1)
        assert process.poll() == 0, (shared / "log").read_text()[-5000:]
        assert seen
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)


@pytest.fixture(scope="module")
def alone(tmp_path_factory, weights) -> Path:
    """The runs of both notebooks on this machine, one candidate at a time."""
    folder = tmp_path_factory.mktemp("alone")
    own = {"WORKBOOK_RUNS": str(folder / "runs"), "WORKBOOK_FIGURES": str(folder / "figures")}
    for notebook, values in (("02_nasdip", NASDIP), ("03_stylenas", STYLENAS)):
        command = [sys.executable, "-m", "lib", "run", notebook, *settings(values)]
        subprocess.run(command, cwd=paths.ROOT, env={**os.environ, **own}, check=True, capture_output=True)
    shutil.rmtree(folder / "runs" / "cache")
    return folder / "runs"


@pytest.fixture
def shared(tmp_path) -> Iterator[Path]:
    """The folder of a test on two machines; the networks that StyleNAS keeps there go afterwards."""
    pytest.importorskip("ray", reason="Ray is not installed: pip install ray")
    if not machines.possible():
        pytest.skip("this system makes no namespaces: unshare and ip are needed, and the right to use them")
    yield tmp_path
    shutil.rmtree(tmp_path / "runs" / "cache", ignore_errors=True)


@pytest.mark.slow
def test_two_searches_run_on_two_machines_and_outlive_one_of_them(shared, alone):
    cluster = SCRIPTS / "cluster.sh"
    first = f"""
        {cluster} head {machines.HEAD} {NODE}
        touch "$SHARED/head"
        until [ -e "$SHARED/joined" ]; do sleep 0.2; done
        {run("03_stylenas", STYLENAS, "ray:auto", gpus_per_candidate=0.5)}
        {run("02_nasdip", NASDIP, "ray:auto", gpus_per_candidate=0.5, parts=["truth"])}
        {cluster} stop"""
    second = f"""
        until [ -e "$SHARED/head" ]; do sleep 0.2; done
        {cluster} join {machines.HEAD} && exit 1
        mkdir -p ~/.ray
        cp "$SHARED/home-m1/.ray/auth_token" ~/.ray/
        {cluster} join {machines.HEAD} {NODE}
        touch "$SHARED/joined"
        sleep {LIMIT_S}"""
    killed: list[int] = []

    def kill_the_second() -> bool:
        """Once it has done something for the second search."""
        done = rows(shared / "runs", "truth-astronaut-0")
        if "m2" not in hosts(done):
            return False
        killed.append(len(done))
        os.kill(int((shared / "second").read_text()), signal.SIGKILL)
        return True

    ended(machines.start(machines.together(first, second), shared), shared, watch=kill_the_second)
    for search in ("evolution-0", "truth-astronaut-0"):
        assert differences(rows(shared / "runs", search), rows(alone, search)) == []
    assert hosts(rows(shared / "runs", "evolution-0")) == {"m1", "m2"}
    assert killed[0] < len(rows(alone, "truth-astronaut-0"))


SRUN = """#!/bin/sh
# Stands in for Slurm's srun: the command after its options, on both machines.
while [ "${1#--}" != "$1" ]; do shift; done
trap 'kill -9 $second' EXIT
%s "$@" &
second=$!
%s "$@"
"""


@pytest.mark.slow
def test_a_slurm_job_runs_a_search_and_brings_pictures_home_from_a_node_without_a_shared_folder(shared, alone):
    srun = shared / "bin" / "srun"
    srun.parent.mkdir()
    srun.write_text(SRUN % (shlex.join(machines.machine(2, [])), shlex.join(machines.machine(1, []))))
    srun.chmod(0o755)
    job = ["ip", "netns", "exec", "m1", "bash", str(SCRIPTS / "slurm.sh"), "02_nasdip"]
    process = machines.start(
        [*job, *settings({**NASDIP, "gpus_per_candidate": 0.0})], shared,
        PATH=f"{srun.parent}:{Path(sys.executable).parent}:{os.environ['PATH']}", SLURM_SUBMIT_DIR=str(paths.ROOT),
        SLURM_JOB_ID="77", SLURM_JOB_NUM_NODES="2", SLURM_CPUS_PER_TASK="2",
    )  # fmt: skip
    ended(process, shared)
    for search in ("truth-astronaut-0", "random-astronaut-0"):
        assert differences(rows(shared / "runs", search), rows(alone, search)) == []
    painted = rows(shared / "runs", "pictures")
    assert differences(painted, rows(alone, "pictures")) == []
    assert hosts(painted) == {"m1", "m2"}


@pytest.mark.parametrize("arguments", [[], ["head"], ["join"], ["start", machines.HEAD], ["stop", "now"]])
def test_the_script_says_how_it_is_called(arguments):
    bare = subprocess.run([SCRIPTS / "cluster.sh", *arguments], capture_output=True, text=True, check=False)
    assert (bare.returncode, bare.stderr[:13]) == (2, "error: usage:")


def test_the_slurm_script_wants_to_be_submitted():
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SLURM")}
    bare = subprocess.run(["bash", SCRIPTS / "slurm.sh"], capture_output=True, text=True, check=False, env=environment)
    assert bare.returncode
    assert "submit this script with sbatch" in bare.stderr
