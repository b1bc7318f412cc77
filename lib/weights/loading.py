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


def load(name: str | Path) -> "dict[str, Tensor]":
    """The tensors of a registered set, or of a local file given by path, on the CPU.

    The file's SHA-256 is compared once a process. Raises MissingWeights with the command that fetches them,
    CorruptWeights for a file that is not what it should be, ValueError for a name that is neither.
    """
    path = _there(name)
    if name in ENTRIES:
        verify(ENTRIES[str(name)])
    if path.suffix not in SUFFIXES:
        raise ValueError(f"weights file {path.name} ends in {path.suffix!r}; allowed are {', '.join(SUFFIXES)}")
    try:
        return _safetensors(path) if path.suffix == ".safetensors" else readers.torch_state(path.read_bytes())
    except CorruptWeights as error:
        raise CorruptWeights(f"{paths.shown(path)}: {error}") from error


def digest(name: str | Path) -> str:
    """SHA-256, in hexadecimal, of the converted file of a registered set or of a local file; raises as `load`."""
    return paths.known_digest(_there(name))


def status() -> list[dict[str, Any]]:
    """A row for each registered set: name, purpose, source, present, intact (None where absent), bytes of the file."""
    return [_row(entry) for entry in ENTRIES.values()]


def verify(entry: Entry) -> None:
    """Raise MissingWeights or CorruptWeights unless the converted file is there and has its recorded SHA-256."""
    expected, found = entry.sha256 or _noted(entry), paths.known_digest(_there(entry.name))
    if found != expected:
        wanted = f"expected {expected[:12]}..." if expected else f"no SHA-256 is recorded in {entry.note.name}"
        raise CorruptWeights(
            f"{paths.shown(entry.path)} has SHA-256 {found[:12]}..., {wanted}; "
            f"delete it and run: python -m lib fetch weights {entry.name}"
        )


def intact(entry: Entry) -> bool:
    """Whether `verify` has nothing to say."""
    try:
        verify(entry)
    except (MissingWeights, CorruptWeights):
        return False
    return True


def _there(name: str | Path) -> Path:
    """The file behind a name or path; MissingWeights where there is none."""
    if name not in ENTRIES and (isinstance(name, Path) or Path(name).suffix in SUFFIXES):
        path, missing = Path(name), f"there is no weights file {paths.shown(Path(name))}"
    else:
        entry = find(str(name))
        fetch = f"run: python -m lib fetch weights {entry.name}"
        path, missing = entry.path, f"weights {entry.name} ({entry.purpose}) are not here; {fetch}"
    if not path.is_file():
        raise MissingWeights(missing)
    return path


def _safetensors(path: Path) -> "dict[str, Tensor]":
    """The tensors of a safetensors file, mapped into memory rather than copied."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path)
    except SafetensorError as error:
        raise CorruptWeights(f"it is not a whole safetensors file: {error}") from error


def _row(entry: Entry) -> dict[str, Any]:
    present = entry.path.is_file()
    return {
        "name": entry.name, "purpose": entry.purpose, "source": entry.source.address, "present": present,
        "intact": intact(entry) if present else None, "bytes": entry.path.stat().st_size if present else 0,
    }  # fmt: skip


def _noted(entry: Entry) -> str:
    """The SHA-256 of the converted file as recorded when it was made; empty without a readable record."""
    try:
        return str(json.loads(entry.note.read_text(encoding="utf-8"))["sha256"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""
