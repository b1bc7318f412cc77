"""Faults, tried for real: drivers and workers killed, disks full, records damaged. No candidate is lost."""

import json
import os
import resource
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pytest

from lib.paths import ROOT
from lib.search.record import Record, RecordError, RecordLocked, RecordMismatch, differences, read
from lib.search.workers import Limits
from tests.search.engine import counters, search
from tests.search.standin import REASONS, Settings

PATIENCE_S = 60  # for a busy machine; nothing here waits that long on an idle one
DRIVER = """
import json, signal, sys
from pathlib import Path
from tests.search.engine import counters, search
from tests.search.standin import Settings
signal.signal(signal.SIGINT, signal.default_int_handler)
search(Path(sys.argv[1]), Settings(**json.loads(sys.argv[2])), **json.loads(sys.argv[3]))
"""


@pytest.fixture
def drive():
    """Starts a driver of its own; all are dead after the test."""
    drivers = []

    def start(path, settings, **options):
        arguments = [str(path), json.dumps(vars(settings)), json.dumps(options)]
        command = [sys.executable, "-c", DRIVER, *arguments]
        drivers.append(subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL))
        return drivers[-1]

    yield start
    for driver in drivers:
        driver.kill()
        driver.wait()


def rows_of(path):
    """The rows on the disk, whatever state the file is in."""
    if not path.exists():
        return []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a torn line may or may not be there
        return read(path)[1]


def assert_soon(condition):
    """The condition holds within `PATIENCE_S`; returns once it does."""
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.002)


def alive(pid):
    """Whether a process is there and no zombie."""
    stat = Path(f"/proc/{pid}/stat")
    try:
        return stat.read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def workers_of(log):
    return {int(line.split()[0]) for line in log.read_text().splitlines()}


@pytest.mark.parametrize(
    ("workers", "kills", "seeding"),
    [("serial", 3, "fixed"), pytest.param("processes:2", 20, "per_candidate", marks=pytest.mark.slow)],
)
def test_a_driver_killed_at_random_moments_loses_only_what_was_in_flight(tmp_path, drive, workers, kills, seeding):
    path, log = tmp_path / "a" / "record.jsonl", tmp_path / "log"
    slots = 1 if workers == "serial" else int(workers[-1])
    settings = Settings(seconds=0.04, noise=0.1, log=str(log))
    options = {"budget": 16 * kills, "repeats": 2, "seeding": seeding}
    rng = np.random.default_rng(kills)
    for _ in range(kills):
        before = rows_of(path)
        goal = len(before) + int(rng.integers(0, 9))
        driver = drive(path, settings, workers=workers, **options)
        assert_soon(lambda goal=goal, driver=driver: len(rows_of(path)) >= goal or driver.poll() is not None)
        time.sleep(rng.uniform(0, 0.05))
        assert driver.poll() is None, "the search was over before the driver was killed"
        driver.kill()
        driver.wait()
        assert differences(before, rows_of(path)[: len(before)]) == []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        resumed = search(path, settings, **options)
    evaluated = [line.split(" ", 1)[1] for line in log.read_text().splitlines()]
    assert len(evaluated) - len(set(evaluated)) <= kills * slots
    whole = search(tmp_path / "b" / "record.jsonl", Settings(noise=0.1), **options)
    assert differences(resumed.rows, whole.rows) == []


def test_ctrl_c_stops_the_workers_and_the_search_goes_on_later(path, other, log, drive):
    settings = Settings(seconds=0.1, log=str(log))
    driver = drive(path, settings, workers="processes:2", budget=60)
    assert_soon(lambda: len(rows_of(path)) >= 5)
    driver.send_signal(signal.SIGINT)
    assert driver.wait(PATIENCE_S) != 0
    assert_soon(lambda: not any(map(alive, workers_of(log))))
    assert differences(search(path, settings, budget=20).rows, search(other, settings, budget=20).rows) == []


def test_workers_end_with_their_driver(path, log, drive):
    driver = drive(path, Settings(trouble="hang", log=str(log)), workers="processes:2")
    assert_soon(lambda: any(" 2-" in line for line in log.read_text().splitlines()))
    driver.kill()
    assert_soon(lambda: not any(map(alive, workers_of(log))))


@pytest.mark.parametrize(
    ("kinds", "limits"),
    [(["raise", "grow", "die", "nan", "wrong"], Limits(memory_gb=0.4)), (["hang"], Limits(time_s=1.0))],
    ids=["death-and-memory", "time"],
)
def test_the_search_goes_on_after_whatever_befalls_a_candidate(path, log, kinds, limits):
    settings = Settings(trouble=" ".join(kinds), log=str(log))
    options = {"workers": "processes:2", "budget": 10, "window": 10, "seed": 3, "limits": limits}
    found = search(path, settings, **options)
    assert counters(found)["asked"] == 10
    assert {row["reason"] for row in found.rows} - {"", "invalid: begins 3-3"} == {REASONS[kind] for kind in kinds}
    before = log.read_text()
    assert counters(search(path, settings, **options)) == counters(found)
    assert log.read_text() == before


def test_a_network_whose_worker_was_lost_is_tried_again_when_it_is_asked_again(path):
    found = search(path, Settings(trouble="die"), workers="processes:1", budget=14, window=14, seed=3)
    lost = [row for row in found.rows if row["reason"] == REASONS["die"]]
    assert len({row["genome"][:14] for row in lost}) < len(lost)
    assert not any(row["cached"] for row in lost)


def test_a_torn_last_line_is_computed_again(path, other):
    search(path, budget=12)
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.warns(UserWarning, match="torn last line"):
        assert differences(search(path, budget=20).rows, search(other, budget=20).rows) == []


@pytest.mark.parametrize(
    ("damage", "error", "words"),
    [
        (lambda lines: [*lines[:5], lines[5][:20], *lines[6:]], RecordError, "line 6"),
        (lambda lines: [lines[0].replace('"schema":1', '"schema":9'), *lines[1:]], RecordError, "schema is 9"),
        (lambda lines: [lines[0].replace("grid-4x4", "grid-5x5"), *lines[1:]], RecordMismatch, "space: 'grid-5x5'"),
        (lambda lines: [lines[0].replace('"seed":0', '"seed":4'), *lines[1:]], RecordMismatch, r"seed: 4 \| 0"),
    ],
    ids=["corrupted line", "foreign schema", "another space", "another seed"],
)
def test_a_damaged_or_foreign_record_is_refused_and_left_as_it_is(path, damage, error, words):
    search(path)
    path.write_text("\n".join(damage(path.read_text().splitlines())) + "\n")
    before = path.read_bytes()
    with pytest.raises(error, match=words):
        search(path, budget=40)
    assert path.read_bytes() == before


def test_a_second_driver_is_refused(path, drive):
    driver = drive(path, Settings(seconds=0.1), budget=500)
    assert_soon(lambda: len(rows_of(path)) >= 2)
    with pytest.raises(RecordLocked, match=f"being written by (process {driver.pid}|another process)"):
        search(path, Settings(seconds=0.1), budget=500)
    assert driver.poll() is None


def test_a_folder_that_cannot_be_written_is_an_error_that_names_it(tmp_path):
    folder = tmp_path / "locked"
    folder.mkdir(mode=0o555)
    for parent in (tmp_path, *tmp_path.parents[:2]):
        parent.chmod(0o755)
    reader, writer = os.pipe()
    if (child := os.fork()) == 0:  # another user, since modes do not bind root
        try:
            if os.getuid() == 0:
                os.setgid(65534)
                os.setuid(65534)
            Record.open(folder / "run" / "record.jsonl", {})
            os.write(writer, b"no error")
        except BaseException as error:
            os.write(writer, f"{type(error).__name__}: {error}".encode())
        os._exit(0)
    os.waitpid(child, 0)
    assert "PermissionError" in (said := os.read(reader, 1000).decode())
    assert str(folder) in said


def test_a_full_disk_ends_the_search_and_more_room_continues_it(path, other):
    search(path, budget=5)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 700, limits[1]))
    try:
        with pytest.raises(OSError, match=r"no space left|File too large"):
            search(path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert 5 < len(rows_of(path)) < 30
    assert differences(search(path).rows, search(other).rows) == []
