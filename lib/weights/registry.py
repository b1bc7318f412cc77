"""The sets of weights of registry.toml, each with its source and its conversion."""

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lib import paths
from lib.weights import readers
from lib.weights.shapes import CONVOLUTIONS, HEADS, INDICES, Shapes

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Pack:
    """One archive of the package index, pinned by version and SHA-256."""

    requirement: str
    file: str
    sha256: str

    def __str__(self) -> str:
        return f"package {self.requirement}"

    def matches(self, sha256: str) -> bool:
        """Whether a file with this SHA-256 is the archive."""
        return sha256 == self.sha256


@dataclass(frozen=True)
class Link:
    """One file published at an address; its name ends in the first digits of its SHA-256."""

    url: str

    def __str__(self) -> str:
        return self.url

    @property
    def file(self) -> str:
        """The name of the published file."""
        return self.url.rsplit("/", 1)[1]

    @property
    def prefix(self) -> str:
        """The first digits of the file's SHA-256."""
        return Path(self.file).stem.rsplit("-", 1)[1]

    def matches(self, sha256: str) -> bool:
        """Whether a file with this SHA-256 is the published one."""
        return sha256.startswith(self.prefix)


@dataclass(frozen=True)
class Entry:
    """One set of weights. `sha256` is that of the converted file, where it is known beforehand.

    `member` names the file inside an archive (empty: the source is the file); `shapes` may name some tensors only.
    """

    name: str
    purpose: str
    license: str
    source: Pack | Link
    convert: "Callable[[bytes], dict[str, Tensor]]"
    shapes: Shapes
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


FLAX_SCOPES = {"vgg16": "VGG16_0", "alexnet": "AlexNet_0"}  # where the checkpoints keep the convolutions


def _entry(name: str, table: dict[str, Any]) -> Entry:
    """An entry of the table `sets`."""
    reader, network = getattr(readers, table["reader"]), table.get("network", "")
    settings: dict[str, dict[str, Any]] = {
        "flax_trunk": {"scope": FLAX_SCOPES.get(network), "names": tuple(INDICES.get(network, ()))},
        "torchvision_trunk": {"indices": INDICES.get(network)},
    }
    shapes = (HEADS if reader is readers.flax_heads else CONVOLUTIONS).get(network) or table["shapes"]
    return Entry(
        name, table["purpose"], table["license"],
        source=PACKS[table["pack"]] if "pack" in table else Link(table["url"]),
        convert=partial(reader, **settings.get(table["reader"], {})),
        shapes={key: tuple(shape) for key, shape in shapes.items()},
        member=table.get("member", ""), sha256=table.get("sha256", ""),
    )  # fmt: skip


_TABLES = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
PACKS = {name: Pack(**table) for name, table in _TABLES["packs"].items()}
ENTRIES = {name: _entry(name, table) for name, table in _TABLES["sets"].items()}


def names() -> list[str]:
    """Every set of weights; those that a package index provides come first."""
    return list(ENTRIES)


def packaged() -> list[str]:
    """The sets that a package index alone provides."""
    return [name for name, entry in ENTRIES.items() if isinstance(entry.source, Pack)]


def find(name: str) -> Entry:
    """The entry of this name; raises ValueError naming those allowed."""
    if name not in ENTRIES:
        raise ValueError(f"weights are {name!r}; allowed are {', '.join(ENTRIES)} and paths of .safetensors, .pth, .pt")
    return ENTRIES[name]


def requirements() -> list[str]:
    """Pinned requirement lines, with hashes, of the archives behind the packaged sets (for a wheelhouse)."""
    packs = {entry.source for entry in ENTRIES.values() if isinstance(entry.source, Pack)}
    return sorted(f"{pack.requirement} --hash=sha256:{pack.sha256}" for pack in packs)
