"""The batch runner on toy notebooks, in real kernels: what fails is named, and nothing hides anything."""

import json
import os
import signal
import subprocess
import sys
import time

import nbformat
import pytest

from lib.paths import ROOT
from lib.search.record import Record, read
from lib.workbook import batch, execute
from lib.workbook.notebooks import job

REPORT = """import json, os
from lib.paths import figures_dir, write_text
target = figures_dir() / profile / "toy" / "seen.json"
seen = dict(profile=profile, rate=rate, arch=arch, codes=codes, cwd=os.getcwd())
write_text(target, json.dumps(seen))
print("wrote", target.name)"""
STOP = "from lib.search.runs import check_time\nimport time\nwhile True:\n    check_time()\n    time.sleep(0.05)"
ROWS = """import time
from lib.paths import runs_dir
from lib.search.record import Record
with Record.open(runs_dir() / "smoke" / "toy" / "rows" / "record.jsonl", {}) as record:
    for k in range(10_000):
        record.append({"k": k, "repeat": 0, "score": 1.0})
        time.sleep(0.02)"""


@pytest.fixture(scope="module")
def ran(session_toys, tmp_path_factory):
    """One batch of notebooks that end in every way, with its outcomes, its output and the folder of its figures."""
    toys, top = session_toys, tmp_path_factory.mktemp("outputs")
    notebooks = [
        toys.notebook("broken", "x = 1", "raise ValueError('no such style')"),
        toys.notebook("dead", "import os\nos.kill(os.getpid(), 9)"),
        toys.notebook("leaves", "import sys\nsys.exit(0)", "print('never')", parameters=""),
        toys.notebook("good", REPORT),
        toys.notebook("long", STOP),
        toys.notebook("late", REPORT),
    ]
    patch = pytest.MonkeyPatch()
    patch.setenv("WORKBOOK_RUNS", str(top / "runs"))
    patch.setenv("WORKBOOK_FIGURES", str(top / "figures"))
    jobs = [job(path, "smoke", {"arch": "0011"} if path.stem in ("broken", "good") else {}, {}) for path in notebooks]
    before, after = batch.run_batch(jobs[:4]), batch.run_batch(jobs[4:], minutes=0.01)
    patch.undo()
    return {outcome.job.notebook.stem: outcome for outcome in before + after}, top


def test_a_failing_notebook_does_not_stop_the_others(ran):
    outcomes, _ = ran
    assert {name: outcome.status for name, outcome in outcomes.items()} == {
        "broken": "failed",
        "dead": "died",
        "leaves": "failed",
        "good": "ok",
        "long": "stopped",
        "late": "not started",
    }


def test_a_failure_names_the_cell_of_the_source_and_the_error(ran):
    outcomes, _ = ran
    assert outcomes["broken"].cell == 4  # title, parameters, x = 1, the raise; the injected cell is not counted
    assert outcomes["broken"].error == "In [4] ValueError: no such style"


def test_a_dead_kernel_is_called_what_it_most_often_is(ran):
    outcomes, _ = ran
    assert "lack of memory" in outcomes["dead"].error
    assert outcomes["dead"].cell == 3


def test_leaving_early_with_success_is_a_failure(ran):
    outcomes, _ = ran
    assert "sys.exit ended the notebook early" in outcomes["leaves"].error


def test_the_notebook_sees_its_parameters_in_its_own_folder(ran, session_toys):
    _, top = ran
    seen = json.loads((top / "figures/custom/toy/seen.json").read_text())
    assert seen == {"profile": "custom", "rate": 0.1, "arch": "0011", "codes": ["01"], "cwd": str(session_toys.folder)}


def test_what_a_notebook_wrote_is_counted(ran):
    outcomes, top = ran
    assert outcomes["good"].wrote == (
        f"{top}/figures/custom/toy: 1 file",
        f"{top}/runs/custom/notebooks: 1 file",
    )


def test_executed_notebooks_are_kept_with_the_failure_inside(ran):
    _, top = ran
    executed = nbformat.read(top / "runs/custom/notebooks/broken.ipynb", as_version=4)
    names = [output.ename for cell in executed.cells for output in cell.get("outputs", []) if "ename" in output]
    assert names == ["ValueError"]
    assert "widgets" not in executed.metadata


def test_out_of_time_is_no_failure_and_says_how_to_go_on(ran):
    outcomes, _ = ran
    assert "same command continues" in outcomes["long"].error
    assert "same command continues" in outcomes["late"].error
    assert batch.exit_status([outcomes["good"], outcomes["long"], outcomes["late"]]) == 3


def test_the_exit_status_tells_the_worst(ran):
    outcomes, _ = ran
    assert batch.exit_status([outcomes["good"]]) == 0
    assert batch.exit_status([outcomes["good"], outcomes["broken"], outcomes["long"]]) == 1
    assert batch.exit_status([outcomes["dead"]]) == 1


def test_the_summary_has_a_line_each_and_shows_where_the_failures_are(ran):
    outcomes, top = ran
    text = batch.summary(list(outcomes.values()))
    lines = text.splitlines()
    assert [line.split()[0] for line in lines[1:9]] == [
        "broken",
        "dead",
        "leaves",
        "good",
        f"{top}/runs/custom/notebooks:",
        "long",
        "late",
        "broken",
    ]
    assert "broken failed in cell 4: In [4] ValueError: no such style" in text
    assert f"executed notebook: {batch.executed_path(outcomes['broken'].job)}" in text


@pytest.fixture
def outputs(tmp_path, monkeypatch):
    """The environment of a command line run as a user's, not as a test's."""
    monkeypatch.setenv("WORKBOOK_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("WORKBOOK_FIGURES", str(tmp_path / "figures"))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    return tmp_path


def test_a_notebook_runs_in_its_folder_from_another_working_directory_too(toys, outputs):
    path = toys.notebook("toy", REPORT)
    command = [sys.executable, "-m", "lib", "run", os.path.relpath(path, "/"), "--set", "rate=1e-3"]
    done = subprocess.run(command, cwd="/", capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "cell 3   wrote seen.json" in done.stdout
    seen = json.loads((outputs / "figures/custom/toy/seen.json").read_text())
    assert (seen["rate"], seen["cwd"]) == (0.001, str(toys.folder))


@pytest.fixture(scope="module")
def stopped(session_toys, tmp_path_factory):
    """Batches side by side, each stopped by a signal while it adds rows: exit status, output and record."""
    paths = [session_toys.notebook("first", ROWS), session_toys.notebook("second", REPORT)]
    command = [sys.executable, "-m", "lib", "run", *map(str, paths)]
    batches = {sent: tmp_path_factory.mktemp(sent.name) for sent in (signal.SIGINT, signal.SIGKILL)}
    started = {sent: start(command, top) for sent, top in batches.items()}
    give_up, results = time.monotonic() + 120, {}
    for sent, process in started.items():
        while not list(batches[sent].glob("smoke/toy/*/record.jsonl")) and time.monotonic() < give_up:
            time.sleep(0.1)
        process.send_signal(sent)
    for sent, process in started.items():
        output, _ = process.communicate(timeout=120)  # until nobody holds the other end: batch, notebook and kernel
        (rows,) = batches[sent].glob("smoke/toy/*/record.jsonl")
        results[sent] = process.returncode, output, rows
    return results


def start(command, top):
    """The command as a user's, not as a test's, with its runs below `top`."""
    environment = {**os.environ, "WORKBOOK_RUNS": str(top), "WORKBOOK_FIGURES": str(top), "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment)


def test_a_stopped_batch_ends_cleanly_and_keeps_the_rows(stopped):
    status, output, rows = stopped[signal.SIGINT]
    assert status == 130
    assert "first interrupted" in output
    assert "second not started" in output
    assert rows.read_text().endswith("\n")


def test_a_killed_batch_takes_notebook_and_kernel_with_it_and_leaves_a_record_to_continue(stopped):
    status, _, rows = stopped[signal.SIGKILL]
    assert status == -signal.SIGKILL
    kept = read(rows)[1]
    with Record.open(rows, {}) as record:
        assert record.rows == kept


def test_a_process_that_leaves_no_result_is_a_failure(toys, monkeypatch):
    monkeypatch.setattr(execute.sys, "executable", "/bin/false")
    (outcome,) = batch.run_batch([job(toys.notebook("toy"), "smoke", {}, {})])
    assert outcome.status == "failed"
    assert "exit status 1" in outcome.error
