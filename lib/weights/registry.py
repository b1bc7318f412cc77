"""The sets of weights of registry.toml, each with its source and its conversion."""

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lib import paths
from lib.weights import readers

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Source:
    """A file that holds weights: an archive of the package index, pinned, or a file published at an address."""

    address: str  # the archive's requirement, or a URL
    file: str  # its name
    sha256: str  # or its first digits

    @property
    def packaged(self) -> bool:
        """Whether a package index provides it."""
        return "://" not in self.address


def published(url: str) -> Source:
    """A file at an address; its name ends in the first digits of its SHA-256."""
    file = url.rsplit("/", 1)[1]
    return Source(url, file, Path(file).stem.rsplit("-", 1)[1])


@dataclass(frozen=True)
class Entry:
    """One set of weights. `sha256` is that of the converted file, where it is known beforehand.

    `member` names the file inside an archive (empty: the source is the file).
    """

    name: str
    purpose: str
    license: str
    source: Source
    convert: "Callable[[bytes], dict[str, Tensor]]"
    member: str = ""
    sha256: str = ""

    @property
    def path(self) -> Path:
        """The converted file."""
        return paths.weights_dir() / f"{self.name}.safetensors"

    @property
    def note(self) -> Path:
        """The record beside it: source and hashes."""
        return self.path.with_suffix(".json")


def _entry(name: str, table: dict[str, Any]) -> Entry:
    """An entry of the table `sets`."""
    told = {"network": table["network"]} if "network" in table else {}
    return Entry(
        name, table["purpose"], table["license"],
        source=PACKS[table["pack"]] if "pack" in table else published(table["url"]),
        convert=partial(getattr(readers, table["reader"]), **told),
        member=table.get("member", ""), sha256=table.get("sha256", ""),
    )  # fmt: skip


_TABLES = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
PACKS = {name: Source(table["requirement"], table["file"], table["sha256"]) for name, table in _TABLES["packs"].items()}
ENTRIES = {name: _entry(name, table) for name, table in _TABLES["sets"].items()}


def packaged() -> list[str]:
    """The sets that a package index alone provides."""
    return [name for name, entry in ENTRIES.items() if entry.source.packaged]


def find(name: str) -> Entry:
    """The entry of this name; raises ValueError naming those allowed."""
    if name not in ENTRIES:
        raise ValueError(f"weights are {name!r}; allowed are {', '.join(ENTRIES)} and paths of .safetensors, .pth, .pt")
    return ENTRIES[name]


def requirements() -> list[str]:
    """Pinned requirement lines, with hashes, of the archives behind the packaged sets (for a wheelhouse)."""
    return sorted(f"{pack.address} --hash=sha256:{pack.sha256}" for pack in PACKS.values())
