"""The record of a run: an append-only file of JSON lines, and at once its checkpoint.

The first line is the header, each further line one evaluation with `k` and `repeat`. A row counts once it is on the
disk (fsync), so a killed process loses at most the evaluation it was working on.
"""

import errno
import gzip
import json
import math
import os
import signal
import threading
import warnings
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Self

import pandas as pd
from filelock import FileLock, Timeout

from lib.paths import atomic, shown, sweep

SCHEMA = 1
NOTED = ("profile", "environment")  # what a header only notes; all else is what the rows depend on
COMPARED = ("genome", "config", "seed", "score", "metrics", "reason")
MEASURED = ("score", "metrics", "curves", "seconds")  # may hold numbers that are not finite
FIRST, LAST = ["k", "repeat", "seed", "genome"], ["seconds", "reason", "environment", "curves", "artifacts"]
Row = dict[str, Any]
Key = tuple[int, int]  # k and repeat


class RecordError(ValueError):
    """The file is no record, is damaged, or a row does not fit it."""


class RecordMismatch(RecordError):
    """The record was made with other settings than those asked for."""


class RecordLocked(RecordError):
    """Another process writes this record."""


class Record(AbstractContextManager["Record"]):
    """One writer's hold on a record; use it as a context manager or call `close`."""

    def __init__(self, path: Path, header: Row, lock: FileLock) -> None:
        """Continue an existing record under a lock already held; `Record.open` is the way in."""
        self.path, self._lock = path, lock
        self.header, self.environments, self.rows, size = _parse(path)
        if differing := changes(_settings(self.header), _settings(header)):
            fields = "; ".join(differing)
            raise RecordMismatch(f"{shown(path)} has other settings (stored | asked for): {fields}")
        self.done: set[Key] = {(row["k"], row["repeat"]) for row in self.rows}
        self._handle, self._unsynced = path.open("r+b", buffering=0), False
        self._handle.truncate(size)  # cuts a torn last line
        self._note(header.get("environment", self.environments[-1]))

    @classmethod
    def open(cls, path: Path, header: Row, *, fresh: bool = False) -> Self:
        """Create the record, or continue it where its header has the same settings.

        `fresh` starts over and keeps the old file beside it as `<name>.previous`. Raises RecordLocked for a second
        writer and RecordMismatch, naming the fields, for other settings. Another `environment` is a warning, and rows
        appended from then on carry its number.
        """
        path, header = Path(path), {**_plain(header, "header"), "schema": SCHEMA}
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(f"{path}.lock", timeout=0)
        try:
            lock.acquire()
        except Timeout as error:
            text = f"{shown(path)} is being written by another process or cell; wait for it or stop it"
            raise RecordLocked(text) from error
        try:
            sweep(path.parent)
            if fresh and path.exists():
                path.replace(f"{path}.previous")
            if not path.exists():
                with atomic(path) as temporary:
                    temporary.write_bytes(_encode(header))
            return cls(path, header, lock)
        except BaseException:
            lock.release()
            raise

    def append(self, row: Row, *, sync: bool = True) -> Row:
        """Write one evaluation to the disk and return it as stored.

        Needs int `k` and `repeat`, not yet in the record. A score, metric or curve value that is not finite is stored
        as null and named in `reason`; a null score needs a reason. Raises RecordError for anything else that is not
        plain JSON, and for names that meet in one column of `frame`; OSError if the disk is full, in which case the
        record keeps its last good state. Without `sync` the row survives the death of the process but not yet that of
        the machine, until `sync` is called.
        """
        row, key = _checked(row)
        if key in self.done:
            raise RecordError(f"{shown(self.path)} already has k={key[0]}, repeat={key[1]}; a row is never replaced")
        if len(self.environments) > 1:
            row["environment"] = len(self.environments) - 1
        with uninterrupted():
            self._write(row, sync=sync)
            self.rows.append(row)
            self.done.add(key)
        return row

    def cut(self, rows: int) -> None:
        """Forget the rows from k = `rows` on, in one step and under the lock held, as no checkpoint knows of them."""
        kept = [row for row in self.rows if row["k"] < rows]
        if len(kept) == len(self.rows):
            return
        with uninterrupted():
            with atomic(self.path) as temporary:
                temporary.write_bytes(_text(self.header, self.environments, kept))
            self._handle.close()
            self._handle = self.path.open("r+b", buffering=0)
            self.rows, self.done = kept, {(row["k"], row["repeat"]) for row in kept}

    def sync(self) -> None:
        """Put every appended row on the disk, in one flush."""
        if self._unsynced:
            os.fsync(self._handle.fileno())
            self._unsynced = False

    def frame(self) -> pd.DataFrame:
        """One row an evaluation, sorted by k and repeat; see `frame`."""
        return frame(self.rows)

    def close(self) -> None:
        """Release the file and its lock; a second call does nothing."""
        self._handle.close()
        self._lock.release()

    def __exit__(self, *error: object) -> None:
        self.close()

    def _write(self, line: Row, *, sync: bool = True) -> None:
        """Append one line in one write; an error or a short write leaves the file as it was."""
        data, start = _encode(line), self._handle.seek(0, os.SEEK_END)
        try:
            if self._handle.write(data) != len(data):
                raise OSError(errno.ENOSPC, "no space left for another row", shown(self.path))
            self._unsynced = True
            if sync:
                self.sync()
        except OSError:
            self._handle.truncate(start)
            raise

    def _note(self, environment: Row) -> None:
        """Note an environment that differs from the last one, with a warning."""
        if moved := changes(self.environments[-1], environment, "environment"):
            warnings.warn(f"{shown(self.path)} continues in another environment: {'; '.join(moved)}", stacklevel=4)
            with uninterrupted():
                self._write(_event(environment))
                self.environments.append(environment)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Hold back Ctrl-C until the block ends, then deliver it. Outside the main thread Ctrl-C never arrives anyway."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    pending: list[int] = []
    previous = signal.signal(signal.SIGINT, lambda number, _: pending.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous if previous is not None else signal.SIG_DFL)
    if pending:
        signal.raise_signal(signal.SIGINT)


def read(path: Path) -> tuple[Row, list[Row]]:
    """The header and the rows of a `.jsonl` or `.jsonl.gz` record, as they stand on the disk.

    A torn last line is dropped with a warning. Raises RecordError naming file and line for anything else malformed.
    """
    header, _, rows, _ = _parse(Path(path))
    return header, rows


def placed(path: Path) -> list[tuple[Row, Row]]:
    """Each row of a record with the environment that it was computed in, empty where unknown; errors as of `read`."""
    _, environments, rows, _ = _parse(Path(path))
    return [(environments[row.get("environment", 0)], row) for row in rows]


def export(source: Path, target: Path) -> Path:
    """Copy a record to `.jsonl.gz` with rows sorted by (k, repeat); equal records give equal bytes."""
    header, environments, rows, _ = _parse(Path(source))
    with atomic(Path(target)) as temporary:
        temporary.write_bytes(gzip.compress(_text(header, environments, _in_order(rows)), mtime=0))
    return Path(target)


def frame(rows: Iterable[Row]) -> pd.DataFrame:
    """One row an evaluation, sorted by (k, repeat); `config` and `metrics` become plain columns.

    `curves` and `artifacts` stay columns of dicts. Raises RecordError if two of them share a name.
    """
    flat = list(map(_flat, _in_order(rows)))
    names = dict.fromkeys(name for row in flat for name in row) or ["k", "repeat", "score"]
    places = {name: place - len(FIRST) for place, name in enumerate(FIRST)}
    places |= {name: place for place, name in enumerate(LAST, start=1)}
    table = pd.DataFrame(flat, columns=sorted(names, key=lambda name: places.get(name, 0)))
    if "environment" in table:
        table["environment"] = table["environment"].fillna(0).astype(int)
    return table


def scores(rows: Iterable[Row]) -> dict[int, float]:
    """The score of each candidate by k: the mean over its repeats, inf if one of them has none."""
    by_k: dict[int, list[float]] = {}
    for row in _in_order(rows):
        by_k.setdefault(row["k"], []).append(math.inf if row.get("score") is None else row["score"])
    return {k: sum(values) / len(values) for k, values in by_k.items()}


def differences(rows_a: Iterable[Row], rows_b: Iterable[Row]) -> list[str]:
    """What distinguishes two records, one sentence a difference; empty if they are identical.

    Compared are genome, config, seed, score, metrics and reason; seconds, environment and artifacts are not.
    """
    a, b = ({(row["k"], row["repeat"]): row for row in rows} for rows in (rows_a, rows_b))
    found = []
    for key in sorted(a.keys() | b.keys()):
        where = f"k={key[0]} repeat={key[1]}"
        if key not in a or key not in b:
            found.append(f"{where}: only in the {'first' if key in a else 'second'}")
        else:
            one, other = ({name: row[name] for name in COMPARED if name in row} for row in (a[key], b[key]))
            found += [f"{where}: {change}" for change in changes(one, other)]
    return found


def changes(a: Any, b: Any, name: str = "") -> list[str]:
    """The leaves in which two JSON values differ, as `dotted.name: a | b`; an absent field reads `absent`."""
    if isinstance(a, dict) and isinstance(b, dict):
        path = f"{name}." if name else ""
        pairs = [(f"{path}{key}", a.get(key, _ABSENT), b.get(key, _ABSENT)) for key in {**a, **b}]
        return [line for inner, left, right in pairs for line in changes(left, right, inner)]
    same = a is b or (type(a) is type(b) and a == b)
    return [] if same else [f"{name}: {a!r:.80} | {b!r:.80}"]


class _Absent:
    def __repr__(self) -> str:
        return "absent"


_ABSENT = _Absent()


def _settings(header: Row) -> Row:
    return {name: value for name, value in header.items() if name not in NOTED}


def _in_order(rows: Iterable[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: (row["k"], row["repeat"]))


def _event(environment: Row) -> Row:
    """The line from which on rows were computed in another environment."""
    return {"environment": {"environment": environment}}


def _text(header: Row, environments: list[Row], rows: list[Row]) -> bytes:
    """A whole record; all its later environments stand before the rows, which carry their numbers."""
    return b"".join(map(_encode, [header, *map(_event, environments[1:]), *rows]))


def _encode(line: Row) -> bytes:
    return (json.dumps(line, ensure_ascii=False, allow_nan=False, separators=(",", ":")) + "\n").encode()


def _parse(path: Path) -> tuple[Row, list[Row], list[Row], int]:
    """The header, all environments (first that of the header), the rows, and the bytes before a torn last line."""
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    size, file = data.rfind(b"\n") + 1, shown(path)
    if size == 0:
        raise RecordError(f"{file} has no header line, so it is no record")
    if size < len(data):
        warnings.warn(f"{file}: dropped a torn last line of {len(data) - size} bytes", stacklevel=4)
    places = [f"{file} line {number}" for number in range(1, data.count(b"\n") + 1)]
    header, *lines = map(_decode, data[:size].split(b"\n"), places)
    if header.get("schema") != SCHEMA:
        raise RecordError(f"{places[0]}: schema is {header.get('schema')!r}; this version reads {SCHEMA}")
    environments, rows = [header.get("environment", {})], dict[Key, Row]()
    for line, place in zip(lines, places[1:], strict=True):
        if line.keys() == {"environment"}:
            environments.append(line["environment"].get("environment", {}))
            continue
        key = _key(line, place)
        if key in rows:
            raise RecordError(f"{place}: k={key[0]}, repeat={key[1]} was there before")
        rows[key] = line
    return header, environments, list(rows.values()), size


def _decode(line: bytes, place: str) -> Row:
    try:
        value = json.loads(line, parse_constant=_refuse_constant)
    except ValueError as error:  # JSON and UTF-8 errors are both ValueErrors
        raise RecordError(f"{place}: {error}") from error
    if not isinstance(value, dict):
        raise RecordError(f"{place}: a JSON object was expected, found {type(value).__name__}")
    return value


def _refuse_constant(text: str) -> float:
    raise ValueError(f"{text} is not JSON")


def _key(row: Row, place: str) -> Key:
    key = (row.get("k"), row.get("repeat"))
    if not all(type(value) is int and value >= 0 for value in key):
        raise RecordError(f"{place}: k and repeat are {key}; both are whole numbers from 0")
    return row["k"], row["repeat"]


def _checked(row: Row) -> tuple[Row, Key]:
    """The row in plain JSON types, with what is not finite replaced by null and named in its reason; and its key."""
    bad: list[str] = []
    plain = {name: _plain(value, name, bad if name in MEASURED else None) for name, value in row.items()}
    key = _key(plain, "a new row")
    plain["reason"] = "; ".join(filter(None, [plain.get("reason"), *bad]))
    if "score" in plain and plain["score"] is None and not plain["reason"]:
        raise RecordError(f"k={key[0]}, repeat={key[1]}: the score is null, so the reason must say why")
    _flat(plain)
    return plain, key


def _plain(value: Any, name: str, bad: list[str] | None = None) -> Any:
    """The value in JSON types, NumPy scalars and tuples converted.

    A number that is not finite becomes null and is named in `bad`; without such a list it is an error.
    """
    if hasattr(value, "dtype") and getattr(value, "ndim", None) == 0:
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        if bad is None:
            raise RecordError(f"{name} is {value}; it must be finite")
        bad.append(f"{name} is {value}")
        return None
    if value is None or isinstance(value, bool | str | int | float):
        return value
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {key: _plain(item, f"{name}.{key}", bad) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, f"{name}[{index}]", bad) for index, item in enumerate(value)]
    allowed = "null, booleans, numbers, strings, lists, and dicts whose keys are strings"
    raise RecordError(f"{name} is a {type(value).__name__}; a record holds {allowed}")


def _flat(row: Row) -> Row:
    """The row with `config` and `metrics` spread into columns."""
    flat = {name: value for name, value in row.items() if name not in ("config", "metrics")}
    for part in ("config", "metrics"):
        values = row.get(part) or {}
        if clash := [name for name in values if name in flat]:
            raise RecordError(f"k={row['k']}: {part}.{clash[0]} has the name of another column; rename it")
        flat |= values
    return flat
