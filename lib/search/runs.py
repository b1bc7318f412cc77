"""Run folders: where the record of an experiment lies, and which settings made it."""

import dataclasses
import hashlib
import json
import math
import platform
import re
import shutil
import time
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd
from filelock import FileLock, Timeout

from lib import __version__
from lib.paths import runs_dir, shown, write_text
from lib.search.deadline import OutOfTime, check_time, deadline, time_left  # noqa: F401 (runs are ended by these)
from lib.search.record import Record, RecordError, changes, differences, read, scores

SHOWN = 5  # names in a message, at most
RECORD, MANIFEST = "record.jsonl", "manifest.json"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


def identity_hash(*parts: Any, digits: int = 8) -> str:
    """So many hexadecimal digits of the SHA-256 of the parts as canonical JSON; dataclasses count as dicts.

    Raises TypeError for what JSON cannot hold and ValueError for numbers that are not finite.
    """
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"), allow_nan=False, default=as_json)
    return hashlib.sha256(text.encode()).hexdigest()[:digits]


@dataclasses.dataclass(frozen=True)
class Run(AbstractContextManager["Run"]):
    """A run folder with its open record; use it as a context manager."""

    folder: Path
    record: Record

    @property
    def artifacts(self) -> Path:
        """The folder for files that rows name by relative path; made on first use."""
        folder = self.folder / "artifacts"
        folder.mkdir(exist_ok=True)
        return folder

    def write_manifest(self, manifest: dict[str, Any]) -> Path:
        """Write `manifest.json` atomically and return its path."""
        text = json.dumps(manifest, indent=2, sort_keys=True, allow_nan=False, default=as_json)
        return write_text(self.folder / MANIFEST, text + "\n")

    def __exit__(self, *error: object) -> None:
        self.record.close()


def open_run(
    profile: str,
    slug: str,
    experiment: str,
    identity: dict[str, Any],
    *,
    folder: Path | None = None,
    fresh: bool = False,
) -> Run:
    """The run of these settings: a new folder for new ones, the same folder, continued, for equal ones.

    `identity` is what the results depend on (settings, space, searcher, seed). A `folder` named explicitly is refused
    with RecordMismatch, naming the fields, where it holds other settings.
    """
    for name in (profile, slug, experiment):
        if not NAME.fullmatch(name):
            raise ValueError(f"a run folder cannot be named {name!r}; use letters, digits, '-', '_' and '.'")
    default = runs_dir() / profile / slug / f"{experiment}-{identity_hash(slug, experiment, identity)}"
    header = {"slug": slug, "experiment": experiment, "identity": identity, "profile": profile}
    target = Path(folder or default)
    return Run(target, Record.open(target / RECORD, {**header, "environment": environment()}, fresh=fresh))


def environment() -> dict[str, Any]:
    """What may move a result without being a setting: versions, processor and threads."""
    from lib.device import describe

    versions = {name: version(name) for name in ("torch", "numpy")}
    return {"lib": __version__, "python": platform.python_version(), **versions, **describe()}


def run_folders() -> list[Path]:
    """Every folder below the runs that holds a record, sorted."""
    return sorted(path.parent for path in runs_dir().glob(f"*/*/*/{RECORD}"))


def find_run(name: str) -> Path:
    """The run folder meant by a path, by `profile/slug/experiment-hash`, or by an ending of that which is unique.

    The beginning of `experiment` will do where it is unique. Raises FileNotFoundError if none fits, and ValueError if
    several do.
    """
    if (Path(name) / RECORD).is_file():
        return Path(name).resolve()
    named = {run_name(folder): folder for folder in run_folders()}
    fitting = [key for key in named if key == name or key.endswith((f"/{name}", f"-{name}"))]
    fitting = fitting or [key for key in named if f"/{name}-" in f"/{key}"]
    if len(fitting) == 1:
        return named[fitting[0]]
    if fitting:
        more = f" and {len(fitting) - SHOWN} more" if len(fitting) > SHOWN else ""
        raise ValueError(f"run {name!r} fits several: {', '.join(fitting[:SHOWN])}{more}")
    raise FileNotFoundError(f"no run is named {name!r}; `python -m lib runs` lists the {len(named)} there are")


def run_name(folder: Path) -> str:
    """`profile/slug/experiment-hash`, the name of a run on the command line."""
    return "/".join(Path(folder).resolve().parts[-3:])


def is_running(folder: Path) -> bool:
    """Whether a process holds the run's record at the moment."""
    lock = Path(f"{folder / RECORD}.lock")
    try:
        with FileLock(lock, timeout=0) if lock.exists() else nullcontext():
            return False
    except Timeout:
        return True


def list_runs() -> pd.DataFrame:
    """One line a run: name, state, rows, of them failed and invalid genomes, best score (lower is better), seconds,
    megabytes, last change."""
    columns = ["run", "state", "rows", "failed", "invalid", "best", "seconds", "megabytes", "changed"]
    return pd.DataFrame([_summary(folder) for folder in run_folders()], columns=columns)


def best(run: str) -> dict[str, Any]:
    """The first row of the candidate with the lowest score; of several repeats, their `mean` counts and is added.

    Where a search has stages, whose scores do not compare, that of the last one. Of a training, whose rows have no
    scores, the last row. Raises ValueError if no candidate has a score.
    """
    folder = find_run(run)
    rows = read(folder / RECORD)[1]
    if rows and not any("score" in row for row in rows):
        return max(rows, key=lambda row: int(row["k"]))
    scored = scores(_comparable(rows))
    k = min(scored, key=lambda k: (scored[k], k), default=None)
    if k is None or scored[k] == math.inf:
        raise ValueError(f"{run_name(folder)} has no row with a score")
    found = sorted((row for row in rows if row["k"] == k), key=lambda row: row["repeat"])
    return {**found[0], "mean": scored[k]} if len(found) > 1 else found[0]


def diff(run_a: str, run_b: str) -> list[str]:
    """How two runs differ, settings first, then rows; empty if they are identical."""
    (header_a, rows_a), (header_b, rows_b) = (read(find_run(run) / RECORD) for run in (run_a, run_b))
    return changes(header_a, header_b) + differences(rows_a, rows_b)


def why(run: str) -> list[str]:
    """Sentences on why the run has its folder, what it continues from, and how it differs from its siblings."""
    folder = find_run(run)
    header, rows = read(folder / RECORD)
    failed, invalid = _unscored(rows)
    settings = ", ".join(f"{name}={value!r}" for name, value in header.get("identity", {}).items())
    lines = [
        f"{run_name(folder)}: {len(rows)} rows, {failed} of them failed, {invalid} invalid genomes; {_state(folder)}",
        f"The folder is named after these settings; equal ones continue it, others get a new folder: {settings}",
    ]
    if moved := [row["environment"] for row in rows if row.get("environment")]:
        lines.append(f"{len(moved)} rows were computed in {len(set(moved))} later environments (versions or device).")
    for sibling in sorted(folder.parent.glob(f"{header.get('experiment', '?')}-*/{RECORD}")):
        other = read(sibling)[0]
        if sibling.parent != folder and (found := changes(other.get("identity"), header.get("identity"))):
            lines.append(f"Not {sibling.parent.name}, because (there | here): {'; '.join(found)}")
    return lines


def clean(names: Iterable[str] = (), *, profile: str = "", slug: str = "", yes: bool = False) -> pd.DataFrame:
    """The run folders that are (`yes`) or would be removed, with their megabytes; votes and figures are never touched.

    Named runs, or all of a profile and a paper. Raises RecordError for a run that is being written.
    """
    chosen = [find_run(name) for name in names] or run_folders()
    fits = [f for f in chosen if profile in ("", f.parts[-3]) and slug in ("", f.parts[-2])]
    if yes and (running := [run_name(folder) for folder in fits if is_running(folder)]):
        raise RecordError(f"{', '.join(running)} is being written; stop it first")
    table = pd.DataFrame([(run_name(f), _megabytes(f)) for f in fits], columns=["run", "megabytes"])
    for folder in fits if yes else []:
        shutil.rmtree(folder)
    return table


def _comparable(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows of the last stage, or all of a run without stages."""
    stages = [row.get("config", {}).get("stage", 0) for row in rows]
    return [row for row, stage in zip(rows, stages, strict=True) if stage == max(stages)]


def _summary(folder: Path) -> tuple[Any, ...]:
    """One line of `list_runs`; a damaged record says so instead of ending the listing."""
    changed = time.strftime("%Y-%m-%d %H:%M", time.localtime((folder / RECORD).stat().st_mtime))
    try:
        rows = read(folder / RECORD)[1]
    except RecordError as error:
        return run_name(folder), f"damaged: {error}", 0, 0, 0, None, 0.0, _megabytes(folder), changed
    lowest = min(filter(math.isfinite, scores(_comparable(rows)).values()), default=None)
    seconds = round(sum(row.get("seconds") or 0.0 for row in rows), 1)
    return run_name(folder), _state(folder), len(rows), *_unscored(rows), lowest, seconds, _megabytes(folder), changed


def _state(folder: Path) -> str:
    """Running, finished (a manifest was written after the last row), or idle."""
    if is_running(folder):
        return "running"
    manifest = folder / MANIFEST
    done = manifest.exists() and manifest.stat().st_mtime_ns >= (folder / RECORD).stat().st_mtime_ns
    return "finished" if done else "idle"


def _unscored(rows: Iterable[dict[str, Any]]) -> tuple[int, int]:
    """How many rows failed, and how many are genomes that are no network."""
    reasons = [row.get("reason") or "" for row in rows if row.get("score", 0.0) is None]
    invalid = sum(reason.startswith("invalid") for reason in reasons)
    return len(reasons) - invalid, invalid


def _megabytes(folder: Path) -> float:
    return round(sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6, 2)


def as_json(value: Any) -> Any:
    """For json.dumps: dataclasses as dicts, NumPy scalars as numbers, paths as text relative to the project."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    if hasattr(value, "dtype") and getattr(value, "ndim", None) == 0:
        return value.item()
    if isinstance(value, Path):
        return shown(value)
    raise TypeError(f"{value!r} is a {type(value).__name__}, which JSON cannot hold")
