"""Where things lie. Paths are resolved from this file or an environment variable, never from the working directory."""

import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import NamedTemporaryFile

ROOT = Path(__file__).resolve().parent.parent
_TEMPORARY = re.compile(r"\.[^.].*-[a-z0-9_]{8}(\.[A-Za-z0-9]+)?")  # names that `atomic` gives
PROFILES = ("smoke", "desk", "day", "paper")  # in rising order; folders of runs, figures and parameter files


def _folder(variable: str, default: Path) -> Path:
    """The folder named by an environment variable, else the default; neither is created."""
    value = os.environ.get(variable, "").strip()
    return Path(value).expanduser().resolve() if value else default


def runs_dir() -> Path:
    """Records and artifacts of every run (`WORKBOOK_RUNS` moves it)."""
    return _folder("WORKBOOK_RUNS", ROOT / "data" / "runs")


def cache_dir() -> Path:
    """Outcomes that all runs share; beside the runs, and moved with them."""
    return runs_dir() / "cache"


def figures_dir() -> Path:
    """Regenerated figures and tables (`WORKBOOK_FIGURES` moves it)."""
    return _folder("WORKBOOK_FIGURES", ROOT / "figures")


def weights_dir() -> Path:
    """Converted pretrained weights (`WORKBOOK_WEIGHTS` moves it)."""
    return _folder("WORKBOOK_WEIGHTS", ROOT / "data" / "weights")


def downloads_dir() -> Path:
    """Archives of data sets fetched on request."""
    return ROOT / "data" / "downloads"


def votes_dir() -> Path:
    """Votes cast by people in the notebooks; outside the runs, so that `clean` never touches them."""
    return _folder("WORKBOOK_VOTES", ROOT / "data" / "votes")


def notebooks_dir() -> Path:
    """The notebooks and, below `profiles/`, their parameter files."""
    return ROOT / "notebooks"


def paper_numbers(name: str) -> Path:
    """The checked-in CSV with a paper's own numbers, for example `nst_table1`."""
    return ROOT / "data" / "paper_numbers" / f"{name}.csv"


def extra_data_folders() -> list[Path]:
    """Read-only folders of `WORKBOOK_DATA` (separated like PATH), searched before downloads."""
    value = os.environ.get("WORKBOOK_DATA", "")
    return [Path(part).expanduser().resolve() for part in value.split(os.pathsep) if part.strip()]


def shown(path: Path) -> str:
    """The path as printed in notebooks and messages: relative to the project if inside it, else its last two parts."""
    path = Path(path).resolve()
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else Path(*path.parts[-2:]).as_posix()


def usable(path: Path) -> str:
    """The path as printed on a terminal, where it can be used as it stands: seen from here, or else in full."""
    path, here = Path(path).resolve(), Path.cwd()
    return path.relative_to(here).as_posix() if path.is_relative_to(here) else str(path)


@contextmanager
def atomic(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; on success it replaces `path` in one step, on an error it is removed."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=path.parent, prefix=f".{path.stem}-", suffix=path.suffix, delete=False) as handle:
        temporary = Path(handle.name)
    try:
        yield temporary
        with temporary.open("r+b") as handle:
            os.fsync(handle.fileno())
        temporary.chmod(0o644)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def sweep(folder: Path) -> None:
    """Delete what `atomic` left in a folder whose writer was killed; only for who knows that no other writes there."""
    for path in Path(folder).glob(".*"):
        if _TEMPORARY.fullmatch(path.name) and path.is_file():
            path.unlink(missing_ok=True)


def file_digest(path: Path, algorithm: str = "sha256") -> str:
    """The hash of a file's content, in hexadecimal."""
    with Path(path).open("rb") as handle:
        return hashlib.file_digest(handle, algorithm).hexdigest()


def known_digest(path: Path, algorithm: str = "sha256") -> str:
    """`file_digest`, computed once a process while the file's size and time of change stay the same."""
    facts = path.stat()
    return _known_digest(path.absolute(), algorithm, facts.st_size, facts.st_mtime_ns)


@cache
def _known_digest(path: Path, algorithm: str, *facts: int) -> str:
    return file_digest(path, algorithm)


def write_text(path: Path, text: str) -> Path:
    """Write UTF-8 text atomically and return the path."""
    with atomic(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
    return Path(path)
