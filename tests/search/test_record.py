"""The record: what is appended survives, and nothing is read that was not written."""

import gzip
import json
import os
import signal
import subprocess
import sys
import warnings

import numpy as np
import pytest

from lib.paths import ROOT
from lib.search.record import (
    Record,
    RecordError,
    RecordLocked,
    RecordMismatch,
    differences,
    export,
    frame,
    read,
)

HEADER = {"slug": "toy", "identity": {"rate": 0.1, "sizes": (3, 5)}}


def row(k, repeat=0, score=1.0, **more):
    return {"k": k, "repeat": repeat, "seed": 7, "config": {"rate": 0.1 * k}, "score": score, "seconds": 0.5, **more}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run" / "record.jsonl"


def written(path, *rows, **header):
    with Record.open(path, {**HEADER, **header}) as record:
        for one in rows:
            record.append(one)
    return path


def test_rows_are_read_back_as_they_were_appended(path):
    written(path, row(0), row(1, metrics={"loss": 2.5}, curves={"loss": [3.0, 2.5]}))
    header, rows = read(path)
    assert header["identity"] == {"rate": 0.1, "sizes": [3, 5]}
    assert [r["k"] for r in rows] == [0, 1]
    assert rows[1]["metrics"] == {"loss": 2.5}


def test_equal_settings_continue_the_record(path):
    written(path, row(0))
    with Record.open(path, HEADER) as record:
        assert record.done == {(0, 0)}
        record.append(row(0, repeat=1))
    assert len(read(path)[1]) == 2


def test_other_settings_are_refused_by_name(path):
    written(path)
    with pytest.raises(RecordMismatch, match=r"identity\.rate: 0\.1 \| 0\.2"):
        Record.open(path, {**HEADER, "identity": {"rate": 0.2, "sizes": [3, 5]}})
    Record.open(path, HEADER).close()  # the refusal left no lock


def test_another_environment_warns_and_marks_later_rows(path):
    written(path, row(0), environment={"torch": "2.0", "threads": 1})
    with pytest.warns(UserWarning, match=r"environment\.torch: '2\.0' \| '2\.1'"):
        written(path, row(1), environment={"torch": "2.1", "threads": 1})
    written(path, row(2), environment={"torch": "2.1", "threads": 1})
    assert frame(read(path)[1])["environment"].tolist() == [0, 1, 1]


def test_a_second_writer_is_refused_and_a_reader_is_not(path):
    with Record.open(path, HEADER) as record:
        record.append(row(0))
        with pytest.raises(RecordLocked, match="being written"):
            Record.open(path, HEADER)
        assert len(read(path)[1]) == 1


def test_fresh_starts_over_and_keeps_the_old_rows_beside(path):
    written(path, row(0))
    with Record.open(path, {**HEADER, "identity": {}}, fresh=True) as record:
        assert record.rows == []
    assert len(path.with_name("record.jsonl.previous").read_text().splitlines()) == 2


def test_a_row_is_never_replaced(path):
    with Record.open(path, HEADER) as record:
        record.append(row(3))
        with pytest.raises(RecordError, match="already has k=3, repeat=0"):
            record.append(row(3, score=0.0))


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), np.float32("nan")])
def test_a_score_that_is_not_finite_becomes_null_with_a_reason(path, bad):
    written(path, row(0, score=bad, metrics={"loss": [1.0, bad]}))
    (stored,) = read(path)[1]
    assert stored["score"] is None
    assert stored["metrics"] == {"loss": [1.0, None]}
    assert "score is" in stored["reason"]
    assert "metrics.loss[1] is" in stored["reason"]


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ({"config": {"rate": float("nan")}}, "config.rate is nan"),
        ({"score": None}, "reason must say why"),
        ({"k": -1}, "whole numbers from 0"),
        ({"repeat": True}, "whole numbers from 0"),
        ({"k": 1.0}, "whole numbers from 0"),
        ({"metrics": {"loss": np.ones(3)}}, "metrics.loss is a ndarray"),
        ({"metrics": {1: 2.0}}, "keys are strings"),
    ],
)
def test_a_row_that_does_not_fit_is_refused_and_leaves_no_trace(path, bad, words):
    with Record.open(path, HEADER) as record, pytest.raises(RecordError, match=words.replace(".", r"\.")):
        record.append({**row(0), **bad})
    assert read(path)[1] == []


def test_numpy_numbers_are_stored_as_plain_numbers(path):
    written(path, row(np.int64(2), score=np.float64(0.25), metrics={"hits": np.int32(4)}))
    (stored,) = read(path)[1]
    assert (stored["k"], stored["score"], stored["metrics"]["hits"]) == (2, 0.25, 4)


def test_a_torn_last_line_is_dropped_with_a_warning_and_cut_by_the_next_writer(path):
    written(path, row(0))
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"k":1,"rep')
    with pytest.warns(UserWarning, match="torn last line of 11 bytes"):
        assert len(read(path)[1]) == 1
    with pytest.warns(UserWarning, match="torn"), Record.open(path, HEADER) as record:
        record.append(row(1))
    assert [r["k"] for r in read(path)[1]] == [0, 1]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{broken", "line 3"),
        ("[1, 2]", "line 3: a JSON object was expected, found list"),
        ('{"k":1,"repeat":0,"score":NaN}', "line 3: NaN is not JSON"),
        ('{"k":0,"repeat":0}', "line 3: k=0, repeat=0 was there before"),
        ('{"score":1.0}', "line 3: k and repeat are"),
        ("", "line 3"),
    ],
)
def test_anything_else_malformed_is_an_error_that_names_the_line(path, line, words):
    written(path, row(0))
    path.write_text(path.read_text() + line + "\n" + json.dumps(row(9)) + "\n")
    with pytest.raises(RecordError, match=words):
        read(path)
    with pytest.raises(RecordError, match=words):
        Record.open(path, HEADER)


@pytest.mark.parametrize("text", ["", "no record", '{"schema": 99}\n'])
def test_a_file_that_is_no_record_is_refused(path, text):
    path.parent.mkdir()
    path.write_text(text)
    with pytest.raises(RecordError):
        read(path)


def test_the_frame_is_flat_and_sorted(path):
    written(path, row(1, metrics={"loss": 2.0}), row(0, repeat=1, metrics={"loss": 3.0}), row(0, curves={"c": [1.0]}))
    table = frame(read(path)[1])
    assert table[["k", "repeat"]].to_numpy().tolist() == [[0, 0], [0, 1], [1, 0]]
    assert list(table) == ["k", "repeat", "seed", "score", "rate", "loss", "seconds", "reason", "curves"]


def test_two_columns_of_one_name_are_an_error():
    with pytest.raises(RecordError, match=r"metrics\.rate"):
        frame([row(0, metrics={"rate": 1.0})])


def test_equal_rows_in_another_order_export_to_equal_bytes(path, tmp_path):
    written(path, row(0), row(1))
    other = written(tmp_path / "other" / "record.jsonl", row(1), row(0))
    a, b = export(path, tmp_path / "a.jsonl.gz"), export(other, tmp_path / "b.jsonl.gz")
    assert a.read_bytes() == b.read_bytes()
    assert read(a) == (read(path)[0], read(path)[1])
    assert gzip.decompress(a.read_bytes()) == path.read_bytes()


def test_differences_ignore_seconds_and_name_everything_else():
    assert differences([row(0), row(1)], [row(1, seconds=99.0), row(0)]) == []
    found = differences([row(0), row(1)], [row(0, score=2.0), row(2)])
    assert found == [
        "k=0 repeat=0: score: 1.0 | 2.0",
        "k=1 repeat=0: only in the first",
        "k=2 repeat=0: only in the second",
    ]


WRITER = """
import signal, sys
from lib.search.record import Record
signal.signal(signal.SIGINT, signal.default_int_handler)  # a run in the background inherits that it is ignored
with Record.open(sys.argv[1], {"slug": "toy"}) as record:
    for k in range(10**6):
        record.append({"k": k, "repeat": 0, "score": float(k), "curves": {"pad": [0.5] * 2000}})
        print(k, flush=True)
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_killed_writer_loses_no_row_that_it_reported(path, number):
    command = [sys.executable, "-c", WRITER, str(path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as writer:
        assert writer.stdout is not None
        reported = [int(writer.stdout.readline()) for _ in range(20)]
        writer.send_signal(number)
        reported += [int(line) for line in writer.stdout if line.endswith("\n")]
        assert writer.wait() != 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a torn line may or may not be there
        with Record.open(path, {"slug": "toy"}) as record:  # the lock went with the process
            assert {(k, 0) for k in reported} <= record.done


def test_ctrl_c_during_a_row_is_delivered_after_it(path, monkeypatch):
    real = os.fsync

    def interrupted(number):
        signal.raise_signal(signal.SIGINT)
        real(number)

    with Record.open(path, HEADER) as record:
        monkeypatch.setattr(os, "fsync", interrupted)
        with pytest.raises(KeyboardInterrupt):
            record.append(row(0))
        assert record.done == {(0, 0)}
    assert len(read(path)[1]) == 1


def test_cut_forgets_later_rows_and_goes_on_under_the_same_lock(path):
    with Record.open(path, HEADER) as record:
        for k in (0, 2, 1, 3):
            record.append(row(k))
        record.cut(2)
        assert [r["k"] for r in record.rows] == [0, 1]
        assert read(path) == (record.header, record.rows)
        with pytest.raises(RecordLocked):
            Record.open(path, HEADER)
        record.append(row(2, score=5.0))
    assert [(r["k"], r["score"]) for r in read(path)[1]] == [(0, 1.0), (1, 1.0), (2, 5.0)]


def test_cut_keeps_the_environments_that_rows_name_by_their_number(path):
    written(path, row(0), environment={"device": "one"})
    with pytest.warns(UserWarning, match="another environment"):
        written(path, row(1), row(2), environment={"device": "two"})
    with Record.open(path, {**HEADER, "environment": {"device": "two"}}) as record:
        record.cut(2)
        record.append(row(2))
    assert [r.get("environment", 0) for r in read(path)[1]] == [0, 1, 1]
    assert [environment["device"] for environment in record.environments] == ["one", "two"]


def test_a_cut_that_fails_leaves_file_and_record_as_they_were(path, monkeypatch):
    with Record.open(path, HEADER) as record:
        record.append(row(0))
        record.append(row(1))
        before = path.read_bytes()
        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", _no_space)
            with pytest.raises(OSError, match="no space"):
                record.cut(1)
        assert path.read_bytes() == before
        assert [p.name for p in path.parent.glob("*.jsonl")] == [path.name]
        record.append(row(2))
    assert [r["k"] for r in read(path)[1]] == [0, 1, 2]


def _no_space(descriptor):
    raise OSError("no space")
