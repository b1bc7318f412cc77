"""Data sets and single pictures that packages do not bundle: where they lie, whether they are intact, how to get them.

They are looked for in the folders of WORKBOOK_DATA and then among the downloads, and verified before use. Nothing is
downloaded but by `fetch`.
"""

import os
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zipfile import ZipFile

from lib.data.catalogue import CATALOGUE, DataSet, Source
from lib.data.images import SUFFIXES
from lib.paths import downloads_dir, extra_data_folders, known_digest, shown


class MissingData(FileNotFoundError):
    """A data set that is not on this machine, with the way to get it."""


class CorruptData(ValueError):
    """A file or folder whose content is not what the registry knows under its name."""


@dataclass(frozen=True)
class Located:
    """A data set on this machine, verified."""

    path: Path
    source: str  # for captions
    sha256: str  # of the file, or of the tree (see `digest`)


def find(key: str | Path) -> Path:
    """The verified file or folder of a data set; `key` may also be the path of a user's own folder.

    Raises MissingData, CorruptData, or ValueError for an unknown key.
    """
    return locate(key).path


def locate(key: str | Path) -> Located:
    """As `find`, with the name of the source used and the hash of the data, for captions and manifests."""
    if key not in CATALOGUE:
        path = Path(key).expanduser()
        if not path.is_dir():
            raise ValueError(f"data set is {str(key)!r}; allowed are {', '.join(CATALOGUE)}, or the path of a folder")
        return Located(path, "own folder", digest(path))
    for source in CATALOGUE[str(key)].sources:
        if there := _present(source):
            return Located(there, source.name, _checked(there, source))
    raise MissingData(_how_to_get(CATALOGUE[str(key)]))


def status() -> list[dict[str, Any]]:
    """One row a key: key, title, present, source, place, command. Hashes no file.

    `place` is where it lies, or should lie, below a data folder.
    """
    return [_row(entry) for entry in CATALOGUE.values()]


def _row(entry: DataSet) -> dict[str, Any]:
    there = next((source for source in entry.sources if _present(source)), None)
    command = f"python -m lib fetch data {entry.key}" if entry.offered else ""
    return {
        "key": entry.key, "title": entry.title, "present": there is not None, "source": there.name if there else "",
        "place": (there or entry.sources[0]).path, "command": command,
    }  # fmt: skip


def folder(path: str | Path) -> list[Path]:
    """All picture files below a user's folder, sorted by their relative path; hidden files and folders are left out.

    Raises MissingData if there is no such folder, ValueError if it holds no picture.
    """
    root = Path(path).expanduser()
    if not root.is_dir():
        raise MissingData(f"there is no folder {shown(root)}")
    found = [file for file in _files(root) if file.suffix.lower() in SUFFIXES]
    if not found:
        raise ValueError(f"folder {shown(root)} holds no picture; allowed are files ending in {' '.join(SUFFIXES)}")
    return found


def offers() -> list[str]:
    """The data sets that `fetch` can get."""
    return [key for key, entry in CATALOGUE.items() if entry.offered]


def fetch(key: str) -> Path:
    """Download a data set that its publisher offers with a known checksum, unpack it among the downloads and verify it.

    Returns its path; one already present is only verified. Raises MissingData for a set without such an offer and for a
    download that fails.
    """
    if key not in CATALOGUE:
        raise ValueError(f"data set is {key!r}; allowed are {', '.join(offers())}")
    if not any(_present(source) for source in CATALOGUE[key].sources):
        offered = CATALOGUE[key].offered
        if offered is None:
            raise MissingData(_how_to_get(CATALOGUE[key]))
        try:
            _download(offered)
        except OSError as error:  # no connection, no space, no permission
            raise MissingData(f"the download failed ({error}). {_how_to_get(CATALOGUE[key])}") from error
    return find(key)


def _download(source: Source) -> None:
    """Get a source among the downloads, every file of it whole or not at all; ValueError for another checksum."""
    if source.torchvision:
        from lib.data.torchvision_sets import download

        download(source.torchvision, downloads_dir())
    elif source.archive:
        _unpack(source)
    else:
        import pooch

        target = downloads_dir() / source.path
        pooch.retrieve(source.url, f"sha256:{source.sha256}", fname=target.name, path=target.parent)


def _unpack(source: Source) -> None:
    """Get the zip file of a source and put the folder that it holds in its place; the zip file is not kept."""
    import pooch

    target = downloads_dir() / source.path
    target.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=target.parent, prefix=".") as folder:
        archive = pooch.retrieve(source.archive, f"sha256:{source.archive_sha256}", fname="archive.zip", path=folder)
        with ZipFile(archive) as packed:
            packed.extractall(Path(folder, "unpacked"))  # names that lead outside are cut to lie inside
        Path(folder, "unpacked", target.name).rename(target)


def digest(path: Path) -> str:
    """SHA-256 of a file; of a folder, that of its sorted lines `<sha256>  <relative path>`, hidden files left out."""
    if path.is_file():
        return known_digest(path)
    lines = (f"{known_digest(file)}  {file.relative_to(path).as_posix()}\n" for file in _files(path))
    return sha256("".join(lines).encode()).hexdigest()


def _torchvision_faults(path: Path, name: str) -> list[str]:
    """Names of a torchvision set's files that are absent from the folder or fail their MD5."""
    from lib.data.torchvision_sets import members

    known = members(name).items()
    files = [file for file, _ in known if (path / file).is_file()]
    return [file for file, md5 in known if file not in files or known_digest(path / file, "md5") != md5]


def verified(path: Path, sha256: str) -> Path:
    """The same path; CorruptData if the file or folder does not have the hash."""
    if (found := digest(path)) != sha256:
        raise CorruptData(
            f"{shown(path)} is not the known copy: its SHA-256 is {found[:12]}..., not {sha256[:12]}...; "
            "restore it, or give the path of your own file or folder in place of the name"
        )
    return path


def _checked(path: Path, source: Source) -> str:
    """The hash of what lies at `path`; CorruptData if it is not the source."""
    if source.torchvision and (faults := _torchvision_faults(path, source.torchvision)):
        raise CorruptData(f"{shown(path)} is not torchvision's {source.torchvision}: {', '.join(faults)} differ")
    if source.sha256:
        verified(path, source.sha256)
    return source.sha256 or digest(path)


def _present(source: Source) -> Path | None:
    """The first place where the source lies, extra folders before downloads."""
    candidates = (root / source.path for root in (*extra_data_folders(), downloads_dir()))
    return next((path for path in candidates if path.exists()), None)


def _how_to_get(entry: DataSet) -> str:
    """One sentence on what is missing and what gets it."""
    what = f"{entry.title} ({entry.key!r}) is not on this machine"
    places = " or ".join(f"{source.path!r}" for source in entry.sources)
    by_hand = f"put {places} into a folder named by WORKBOOK_DATA"
    if entry.offered:
        return f"{what}; get it with `python -m lib fetch data {entry.key}`, or {by_hand}"
    return f"{what}; {by_hand}, see Run in the README (origin: {entry.origin})"


def _files(root: Path) -> list[Path]:
    """All files below a folder but hidden ones, sorted by relative path; links to folders are not followed."""
    found = []
    for place, folders, names in os.walk(root):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [Path(place, name) for name in names if not name.startswith(".")]
    return sorted(found, key=lambda file: file.relative_to(root).as_posix())
