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
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pandas as pd
from filelock import FileLock, Timeout

from lib.paths import atomic, shown, sweep

SCHEMA = 1
CAPACITY = frozenset({"workers", "budget", "fresh", "profile"})  # how much and where: changes no row
ENVIRONMENT = frozenset({"environment", "versions", "device", "threads", "cpu_capability", "cores", "commit", "code"})
COMPARED = ("genome", "config", "seed", "score", "metrics", "reason")
FIRST, LAST = ["k", "repeat", "seed", "genome"], ["seconds", "reason", "environment", "curves", "artifacts"]
Row = dict[str, Any]


class RecordError(ValueError):
    """The file is no record, is damaged, or a row does not fit it."""


class RecordMismatch(RecordError):
    """The record was made with other settings than those asked for."""


class RecordLocked(RecordError):
    """Another process writes this record."""


class Record:
    """One writer's hold on a record; use it as a context manager or call `close`."""

    def __init__(self, path: Path, lock: FileLock) -> None:
        """Read an existing record under a lock already held; `Record.open` is the way in."""
        self.path, self._lock = path, lock
        self.header, self._lines, size = _parse(path)
        self.rows: list[Row] = [line for line in self._lines if "k" in line]
        self.done: set[tuple[int, int]] = {(row["k"], row["repeat"]) for row in self.rows}
        self.environments: list[Row] = [line["environment"] for line in self._lines if "k" not in line]
        self._handle = path.open("r+b", buffering=0)
        self._handle.truncate(size)  # cuts a torn last line

    @classmethod
    def open(cls, path: Path, header: Row, *, fresh: bool = False) -> Self:
        """Create the record, or continue it where its header has the same settings.

        `fresh` starts over and keeps the old file beside it as `<name>.previous`. Raises RecordLocked for a second
        writer and RecordMismatch, naming the fields, for other settings. Fields in `CAPACITY` may differ; those in
        `ENVIRONMENT` may too, with a warning, and rows appended from then on carry the number of their environment.
        """
        path, header = Path(path), {**_plain(header, "header"), "schema": SCHEMA}
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(f"{path}.lock", timeout=0)
        try:
            lock.acquire()
        except Timeout as error:
            by = f"process {holder}" if (holder := _holder(Path(f"{path}.lock"))) else "another process or cell"
            raise RecordLocked(f"{shown(path)} is being written by {by}; wait for it or stop it") from error
        try:
            sweep(path.parent)
            if fresh and path.exists():
                path.replace(f"{path}.previous")
            if not path.exists():
                with atomic(path) as temporary:
                    temporary.write_bytes(_encode(header))
            record = cls(path, lock)
            record._agree(header)
        except BaseException:
            lock.release()
            raise
        return record

    def append(self, row: Row, *, sync: bool = True) -> Row:
        """Write one evaluation to the disk and return it as stored.

        Needs int `k` and `repeat`, not yet in the record. A score, metric or curve value that is not finite is stored
        as null and named in `reason`; a null score needs a reason. Raises RecordError for anything else that is not
        plain JSON, and OSError if the disk is full, in which case the record keeps its last good state. Without `sync`
        the row survives the death of the process but not yet that of the machine, until `sync` is called.
        """
        row = _checked(row)
        key = (row["k"], row["repeat"])
        if key in self.done:
            raise RecordError(f"{shown(self.path)} already has k={key[0]}, repeat={key[1]}; a row is never replaced")
        if self.environments:
            row["environment"] = len(self.environments)
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
        environments = [{"environment": one} for one in self.environments]  # all: rows carry their numbers
        with uninterrupted():
            with atomic(self.path) as temporary:
                temporary.write_bytes(b"".join(map(_encode, [self.header, *environments, *kept])))
            self._handle.close()
            self._handle = self.path.open("r+b", buffering=0)
            self.rows, self.done = kept, {(row["k"], row["repeat"]) for row in kept}

    def sync(self) -> None:
        """Put every appended row on the disk, in one flush."""
        os.fsync(self._handle.fileno())

    def frame(self) -> pd.DataFrame:
        """One row an evaluation, sorted by k and repeat; see `frame`."""
        return frame(self.rows)

    def close(self) -> None:
        """Release the file and its lock; a second call does nothing."""
        self._handle.close()
        self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _write(self, line: Row, *, sync: bool = True) -> None:
        """Append one line in one write; an error or a short write leaves the file as it was."""
        data, start = _encode(line), self._handle.seek(0, os.SEEK_END)
        try:
            if self._handle.write(data) != len(data):
                raise OSError(errno.ENOSPC, "no space left for another row", shown(self.path))
            if sync:
                self.sync()
        except OSError:
            self._handle.truncate(start)
            raise

    def _agree(self, header: Row) -> None:
        """Compare the stored header with the one asked for, and note a changed environment."""
        informative = CAPACITY | ENVIRONMENT
        differing = changes(_without(self.header, informative), _without(header, informative))
        if differing:
            self._handle.close()
            fields = "; ".join(differing)
            raise RecordMismatch(f"{shown(self.path)} has other settings (stored | asked for): {fields}")
        stored = {**_only(self.header, ENVIRONMENT), **(self.environments[-1] if self.environments else {})}
        now = {**stored, **_only(header, ENVIRONMENT)}
        if not (moved := changes(stored, now)):
            return
        warnings.warn(f"{shown(self.path)} continues in another environment: {'; '.join(moved)}", stacklevel=4)
        with uninterrupted():
            self._write({"environment": now})
            self.environments.append(now)


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
    header, lines, _ = _parse(Path(path))
    return header, [line for line in lines if "k" in line]


def placed(path: Path) -> list[tuple[Row, Row]]:
    """Each row of a record with the environment that it was computed in, empty where unknown; errors as of `read`."""
    header, lines, _ = _parse(Path(path))
    sources = [header, *(line["environment"] for line in lines if "k" not in line)]
    known = {number: source.get("environment", {}) for number, source in enumerate(sources)}
    return [(known.get(line.get("environment", 0), {}), line) for line in lines if "k" in line]


def frame(rows: Iterable[Row]) -> pd.DataFrame:
    """One row an evaluation, sorted by (k, repeat); `config` and `metrics` become plain columns.

    `curves` and `artifacts` stay columns of dicts. Raises RecordError if two of them share a name.
    """
    flat = [_flat(row) for row in sorted(rows, key=lambda row: (row["k"], row["repeat"]))]
    names = list(dict.fromkeys(name for row in flat for name in row)) or ["k", "repeat", "score"]
    middle = [name for name in names if name not in FIRST + LAST]
    order = [n for n in FIRST if n in names] + middle + [n for n in LAST if n in names]
    table = pd.DataFrame(flat, columns=order)
    if "environment" in order:
        table["environment"] = table["environment"].fillna(0).astype(int)
    return table


def scores(rows: Iterable[Row]) -> dict[int, float]:
    """The score of each candidate by k: the mean over its repeats, inf if one of them has none."""
    by_k: dict[int, list[float]] = {}
    for row in sorted(rows, key=lambda row: (row["k"], row["repeat"])):
        by_k.setdefault(row["k"], []).append(math.inf if row.get("score") is None else row["score"])
    return {k: sum(values) / len(values) for k, values in by_k.items()}


def export(source: Path, target: Path) -> Path:
    """Copy a record to `.jsonl.gz` with rows sorted by (k, repeat); equal records give equal bytes."""
    header, lines, _ = _parse(Path(source))
    events = [line for line in lines if "k" not in line]
    rows = sorted((line for line in lines if "k" in line), key=lambda row: (row["k"], row["repeat"]))
    data = b"".join(map(_encode, [header, *events, *rows]))
    with atomic(Path(target)) as temporary:
        temporary.write_bytes(gzip.compress(data, mtime=0))
    return Path(target)


def differences(rows_a: Iterable[Row], rows_b: Iterable[Row]) -> list[str]:
    """What distinguishes two records, one sentence a difference; empty if they are identical.

    Compared are genome, config, seed, score, metrics and reason; seconds, environment and artifacts are not.
    """
    a, b = ({(row["k"], row["repeat"]): _only(row, set(COMPARED)) for row in rows} for rows in (rows_a, rows_b))
    found = []
    for k, repeat in sorted(a.keys() | b.keys()):
        where = f"k={k} repeat={repeat}"
        if (k, repeat) not in a or (k, repeat) not in b:
            found.append(f"{where}: only in the {'second' if (k, repeat) in b else 'first'}")
            continue
        found += [f"{where}: {change}" for change in changes(a[k, repeat], b[k, repeat])]
    return found


def changes(a: Any, b: Any, name: str = "") -> list[str]:
    """The leaves in which two JSON values differ, as `dotted.name: a | b`; an absent field reads `absent`."""
    if isinstance(a, dict) and isinstance(b, dict):
        keys = [*a, *(key for key in b if key not in a)]
        pairs = [(f"{name}.{key}" if name else key, a.get(key, _ABSENT), b.get(key, _ABSENT)) for key in keys]
        return [line for path, left, right in pairs for line in changes(left, right, path)]
    same = a is b or (type(a) is type(b) and a == b)
    return [] if same else [f"{name}: {_brief(a)} | {_brief(b)}"]


class _Absent:
    def __repr__(self) -> str:
        return "absent"


_ABSENT = _Absent()


def _brief(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _only(values: Row, names: Iterable[str]) -> Row:
    return {name: value for name, value in values.items() if name in names}


def _without(values: Row, names: Iterable[str]) -> Row:
    return {name: value for name, value in values.items() if name not in names}


def _encode(line: Row) -> bytes:
    return (json.dumps(line, ensure_ascii=False, allow_nan=False, separators=(",", ":")) + "\n").encode()


def _parse(path: Path) -> tuple[Row, list[Row], int]:
    """The header, the lines below it and the number of whole bytes (before a torn last line)."""
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    size = data.rfind(b"\n") + 1
    if size == 0:
        raise RecordError(f"{shown(path)} has no header line, so it is no record")
    if size < len(data):
        warnings.warn(f"{shown(path)}: dropped a torn last line of {len(data) - size} bytes", stacklevel=4)
    lines = [_decode(line, path, number) for number, line in enumerate(data[:size].split(b"\n")[:-1], start=1)]
    header = lines[0]
    if header.get("schema") != SCHEMA:
        raise RecordError(f"{shown(path)} line 1: schema is {header.get('schema')!r}; this version reads {SCHEMA}")
    _check(lines[1:], path)
    return header, lines[1:], size


def _check(lines: list[Row], path: Path) -> None:
    """Raise RecordError for the first line, counted from 2, that is neither an environment nor a new (k, repeat)."""
    seen: set[tuple[Any, Any]] = set()
    for number, line in enumerate(lines, start=2):
        if line.keys() == {"environment"}:
            continue
        key = (line.get("k"), line.get("repeat"))
        if not _counts(key):
            raise RecordError(f"{shown(path)} line {number}: k and repeat are {key}; both are whole numbers from 0")
        if key in seen:
            raise RecordError(f"{shown(path)} line {number}: k={key[0]}, repeat={key[1]} was there before")
        seen.add(key)


def _decode(line: bytes, path: Path, number: int) -> Row:
    try:
        value = json.loads(line, parse_constant=_refuse_constant)
    except ValueError as error:  # JSON and UTF-8 errors are both ValueErrors
        raise RecordError(f"{shown(path)} line {number}: {error}") from error
    if not isinstance(value, dict):
        raise RecordError(f"{shown(path)} line {number}: a JSON object was expected, found {type(value).__name__}")
    return value


def _refuse_constant(text: str) -> float:
    raise ValueError(f"{text} is not JSON")


def _counts(values: Iterable[Any]) -> bool:
    return all(type(value) is int and value >= 0 for value in values)


def _checked(row: Row) -> Row:
    """The row in plain JSON types, with what is not finite replaced by null and named in its reason."""
    key = (_plain(row.get("k"), "k"), _plain(row.get("repeat"), "repeat"))
    if not _counts(key):
        raise RecordError(f"k and repeat are {key}; both are whole numbers from 0")
    bad: list[str] = []
    measured = {"score", "metrics", "curves", "seconds"}
    plain = {name: _plain(value, name, bad.append if name in measured else None) for name, value in row.items()}
    plain["reason"] = "; ".join(filter(None, [plain.get("reason") or "", *bad]))
    if "score" in plain and plain["score"] is None and not plain["reason"]:
        raise RecordError(f"k={key[0]}, repeat={key[1]}: the score is null, so the reason must say why")
    return plain


def _holder(lock: Path) -> int:
    """The process that holds a lock file, where the system tells (Linux); else 0."""
    try:
        held = [line.split() for line in Path("/proc/locks").read_text(encoding="ascii").splitlines()]
        inode = lock.stat().st_ino
    except OSError:
        return 0
    # 1: FLOCK ADVISORY WRITE <process> <major>:<minor>:<inode> 0 EOF
    return next((int(one[4]) for one in held if one[1] == "FLOCK" and one[5].endswith(f":{inode}")), 0)


def _plain(value: Any, name: str, note: Callable[[str], None] | None = None) -> Any:
    """The value in JSON types; NumPy scalars and tuples are converted, floats must be finite unless `note` is given."""
    if hasattr(value, "dtype") and getattr(value, "ndim", None) == 0:
        value = value.item()
    if value is None or isinstance(value, bool | str | int):
        return value
    if isinstance(value, float):
        if math.isfinite(value):
            return value
        if note is None:
            raise RecordError(f"{name} is {value}; it must be finite")
        note(f"{name} is {value}")
        return None
    if isinstance(value, dict):
        if wrong := [key for key in value if not isinstance(key, str)]:
            raise RecordError(f"{name} has the key {wrong[0]!r}; keys are strings")
        return {key: _plain(item, f"{name}.{key}", note) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, f"{name}[{index}]", note) for index, item in enumerate(value)]
    allowed = "null, booleans, numbers, strings, lists and dicts of them"
    raise RecordError(f"{name} is a {type(value).__name__}; a record holds {allowed}")


def _flat(row: Row) -> Row:
    """The row with `config` and `metrics` spread into columns."""
    flat = _without(row, {"config", "metrics"})
    for part in ("config", "metrics"):
        values = row.get(part) or {}
        if clash := [name for name in values if name in flat]:
            raise RecordError(f"k={row['k']}: {part}.{clash[0]} has the name of another column; rename it")
        flat |= values
    return flat
