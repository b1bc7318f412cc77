"""Verified loading of converted weights and of local files."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lib import paths
from lib.weights import readers
from lib.weights.errors import CorruptWeights, MissingWeights
from lib.weights.registry import ENTRIES, Entry, find

if TYPE_CHECKING:
    from torch import Tensor

SUFFIXES = (".safetensors", ".pth", ".pt")
_digests: dict[tuple[Path, int, int], str] = {}


def load(name: str | Path) -> "dict[str, Tensor]":
    """The tensors of a registered set, or of a local file given by path, on the CPU.

    The file's SHA-256 is compared once a process. Raises MissingWeights with the command that fetches them,
    CorruptWeights for a file that is not what it should be, ValueError for a name that is neither.
    """
    if _is_path(name):
        return _load_file(Path(name))
    entry = find(str(name))
    verify(entry)
    tensors = _safetensors(entry.path)
    readers.check(tensors, entry.shapes, entry.name)
    return tensors


def digest(name: str | Path) -> str:
    """SHA-256, in hexadecimal, of the converted file of a registered set or of a local file; raises as `load`."""
    path = Path(name) if _is_path(name) else find(str(name)).path
    if not path.is_file():
        raise MissingWeights(_absent(path) if _is_path(name) else _how_to_fetch(find(str(name))))
    return file_digest(path)


def status() -> list[dict[str, Any]]:
    """A row for each registered set: name, purpose, source, license, present, intact, bytes and sha256 of the file.

    `intact` is None where the set is absent; an absent set has 0 bytes and the known SHA-256 or an empty one.
    """
    return [_row(entry) for entry in ENTRIES.values()]


def verify(entry: Entry) -> None:
    """Raise MissingWeights or CorruptWeights unless the converted file is there and has its recorded SHA-256."""
    if not entry.path.is_file():
        raise MissingWeights(_how_to_fetch(entry))
    expected, found = entry.sha256 or _noted(entry), file_digest(entry.path)
    if found != expected:
        wanted = f"expected {expected[:12]}..." if expected else f"no SHA-256 is recorded in {entry.note.name}"
        raise CorruptWeights(
            f"{paths.shown(entry.path)} has SHA-256 {found[:12]}..., {wanted}; "
            f"delete it and run: python -m lib fetch weights {entry.name}"
        )


def file_digest(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal, computed once a process while size and time of change stay the same."""
    path, facts = path.resolve(), path.stat()
    key = (path, facts.st_size, facts.st_mtime_ns)
    if key not in _digests:
        _digests[key] = paths.file_digest(path)
    return _digests[key]


def _is_path(name: str | Path) -> bool:
    return isinstance(name, Path) or (name not in ENTRIES and Path(name).suffix in SUFFIXES)


def _load_file(path: Path) -> "dict[str, Tensor]":
    if not path.is_file():
        raise MissingWeights(_absent(path))
    if path.suffix not in SUFFIXES:
        raise ValueError(f"weights file {path.name} ends in {path.suffix!r}; allowed are {', '.join(SUFFIXES)}")
    if path.suffix == ".safetensors":
        return _safetensors(path)
    try:
        return readers.torch_state(path.read_bytes())
    except CorruptWeights as error:
        raise CorruptWeights(f"{paths.shown(path)}: {error}") from error


def _safetensors(path: Path) -> "dict[str, Tensor]":
    """The tensors of a safetensors file, mapped into memory rather than copied."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path)
    except SafetensorError as error:
        raise CorruptWeights(f"{paths.shown(path)} is not a whole safetensors file: {error}") from error


def _row(entry: Entry) -> dict[str, Any]:
    present = entry.path.is_file()
    found = file_digest(entry.path) if present else ""
    expected = entry.sha256 or _noted(entry)
    return {
        "name": entry.name,
        "purpose": entry.purpose,
        "source": str(entry.source),
        "license": entry.license,
        "present": present,
        "intact": found == expected if present else None,
        "bytes": entry.path.stat().st_size if present else 0,
        "sha256": found or expected,
    }


def _noted(entry: Entry) -> str:
    """The SHA-256 of the converted file as recorded when it was made; empty without a readable record."""
    try:
        return str(json.loads(entry.note.read_text(encoding="utf-8"))["sha256"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _absent(path: Path) -> str:
    return f"there is no weights file {paths.shown(path)}"


def _how_to_fetch(entry: Entry) -> str:
    return f"weights {entry.name} ({entry.purpose}) are not here; run: python -m lib fetch weights {entry.name}"
