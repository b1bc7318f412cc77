"""CIFAR-10 and STL-10 from their publishers, with the addresses and MD5 sums that torchvision keeps.

The archive is unpacked here and not by torchvision, which extracts whatever paths a tar file names: only the expected
files are read, by their exact names.
"""

import shutil
import tarfile
from pathlib import Path
from typing import Any

from lib.paths import atomic


def members(name: str) -> dict[str, str]:
    """File names of a set inside its folder, with the MD5 of each."""
    dataset = _class(name)
    return dict([*dataset.train_list, *dataset.test_list])


def download(name: str, target: Path) -> Path:
    """Fetch the archive (checked by MD5, kept for a retry only) and unpack it; returns the folder below `target`."""
    import pooch

    dataset = _class(name)
    archive = Path(
        pooch.retrieve(dataset.url, f"md5:{dataset.tgz_md5}", fname=dataset.filename, path=target, progressbar=True)
    )
    unpack(archive, target, [f"{dataset.base_folder}/{member}" for member in members(name)])
    archive.unlink()
    return target / dataset.base_folder


def unpack(archive: Path, target: Path, wanted: list[str]) -> None:
    """Write the wanted files of a tar archive below `target`, each atomically; KeyError if one is absent."""
    with tarfile.open(archive) as tar:
        for name in wanted:
            source: Any = tar.extractfile(name)
            with source, atomic(target / name) as temporary, temporary.open("wb") as sink:
                shutil.copyfileobj(source, sink)


def _class(name: str) -> Any:
    import torchvision

    return getattr(torchvision.datasets, name)
