"""The tables of catalogue.toml: bundled photos, single pictures and data sets."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Photo:
    """A photo inside an installed package."""

    package: str  # import name
    path: str  # inside the package
    title: str
    licence: str  # as the package states it
    sha256: str


@dataclass(frozen=True)
class Source:
    """One form of a data set: its place below a data folder, and the hash by which it is recognised."""

    name: str  # for captions
    path: str
    sha256: str = ""  # of the file or tree; empty: taken as it is
    torchvision: str = ""  # class whose address and MD5 sums serve to fetch and verify it
    url: str = ""  # of a single file, checked by `sha256`
    archive: str = ""  # address of a zip file that holds the folder of that name
    archive_sha256: str = ""

    @property
    def offered(self) -> bool:
        """Whether its publisher offers it with a known checksum, so that `fetch` gets it."""
        return bool(self.torchvision or (self.url and self.sha256) or (self.archive and self.archive_sha256))


@dataclass(frozen=True)
class DataSet:
    """A data set or single picture. A copy that differs from the original has its own key, so no record mixes them."""

    key: str
    title: str
    sources: tuple[Source, ...]  # in order of preference
    licence: str
    citation: str
    origin: str
    showable: bool  # may stand in checked-in figures

    @property
    def offered(self) -> Source | None:
        """The source that `fetch` gets, where there is one."""
        return next((source for source in self.sources if source.offered), None)


def _data_set(key: str, entry: dict[str, Any]) -> DataSet:
    """An entry of the table `pictures` (one file) or `sets` (several sources)."""
    sources = entry.get("sources") or [{"name": entry["title"], "path": entry["path"], "sha256": entry["sha256"]}]
    return DataSet(
        key, entry["title"], tuple(Source(**source) for source in sources), entry["licence"],
        entry.get("citation", entry["title"]), entry["origin"], entry.get("showable", False),
    )  # fmt: skip


_TABLES = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
PHOTOS = {name: Photo(**entry) for name, entry in _TABLES["photos"].items()}
PICTURES = {key: _data_set(key, entry) for key, entry in _TABLES["pictures"].items()}
SETS = {key: _data_set(key, entry) for key, entry in _TABLES["sets"].items()}
CATALOGUE = PICTURES | SETS
