"""Two domains of pictures without pairs, for translation: the CycleGAN archives, stand-ins, made sets, own folders."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from lib.data import images, registry, synthetic_domains
from lib.data.catalogue import CATALOGUE
from lib.data.synthetic_domains import PARTS, Made, Pixels
from lib.paths import shown

ARCHIVES = ("facades", "maps", "apple2orange", "horse2zebra", "summer2winter_yosemite", "iphone2dslr_flower")
STAND_INS = ("unpaired/facades", "unpaired/photo2art", "unpaired/horse2giraffe")
PAIRED = ("facades", "maps", "unpaired/facades")  # the same place in both domains, under the same number
MADE: dict[str, tuple[str, Callable[[int, int], Made]]] = {
    "synthetic": ("Drawn shapes, colours of shapes and ground swapped", synthetic_domains.shapes),
    "synthetic-imbalanced": (
        "Drawn shapes, plain and finely striped",
        partial(synthetic_domains.shapes, striped=True),
    ),
    "showable": ("Bundled photos and pen drawings after them", synthetic_domains.drawings),
}
KEYS = (*MADE, *ARCHIVES, *STAND_INS)
SMALLEST = 16  # px
HELD_OUT = 10  # one in so many training pictures is held out where a folder has none to test


@dataclass(frozen=True, eq=False)
class Unpaired:
    """Square uint8 pictures of two domains: (N, 3, L, L) at the load side for training, (N, 3, S, S) for testing."""

    key: str
    title: str
    source: str  # for captions
    train_a: Tensor
    train_b: Tensor
    test_a: Tensor
    test_b: Tensor
    names: dict[str, tuple[str, ...]]  # of each picture, by `trainA`, `trainB`, `testA`, `testB`
    paired: bool  # test pictures of A and B at one place show the same
    truth_b: Tensor | None  # true translations of test_a, where known
    truth_a: Tensor | None  # of test_b
    showable: bool  # may stand in checked-in figures
    sha256: str  # of the folder, or of the pixels of a made set
    held_out: tuple[str, ...] = ()  # the parts for testing that are training pictures held out

    @property
    def larger(self) -> int:
        """Training pictures of the larger domain, which are an epoch."""
        return max(len(self.train_a), len(self.train_b))


def load(key: str | Path, side: int) -> Unpaired:
    """The domains of a set: training pictures at round(side * 286 / 256), test ones at `side`.

    `key` is one of KEYS or a folder with sub-folders trainA, trainB, testA and testB. Pictures of files are stretched
    to the square by the antialiased bicubic filter, as in CycleGAN, in order of their names.
    Of a domain without a sub-folder for testing the last tenth of the training pictures, at least one, is held out.

    Raises ValueError for an unknown key, a side that is below 16 or not divisible by 4, a sub-folder that is empty, or
    absent and needed, and a domain with fewer than two training pictures; MissingData and CorruptData as
    `registry.locate`, ImageError for a file that is no picture.
    """
    if side < SMALLEST or side % 4:
        raise ValueError(f"side is {side}; allowed are multiples of 4 from {SMALLEST} pixels")
    return (_made if key in MADE else _read)(str(key), side, round(side * 286 / 256))


def _made(key: str, side: int, load_side: int) -> Unpaired:
    title, make = MADE[key]
    made = make(side, load_side)
    return Unpaired(
        key=key,
        title=title,
        source="scikit-image and scikit-learn" if key == "showable" else "lib/data/synthetic_domains.py",
        **_tensors(made.pictures),
        names=made.names,
        paired=False,
        truth_b=torch.from_numpy(made.truth["testA"]),
        truth_a=torch.from_numpy(made.truth["testB"]),
        showable=True,
        sha256=sha256(b"".join(made.pictures[part].tobytes() for part in PARTS)).hexdigest(),
    )


def _read(key: str, side: int, load_side: int) -> Unpaired:
    if key not in KEYS and not Path(key).expanduser().is_dir():
        raise ValueError(f"domains are {key!r}; allowed are {', '.join(KEYS)}, or the path of a folder with {_PARTS}")
    found = registry.locate(key)
    held_out = tuple(part for part in PARTS[2:] if key not in KEYS and not (found.path / part).is_dir())
    files = {part: _files(found.path, part) for part in PARTS if part not in held_out}
    for part in held_out:
        files |= _split(files, part[-1], found.path)
    pixels = {part: _pixels(files[part], load_side if part.startswith("train") else side) for part in PARTS}
    names = {part: tuple("/".join(file.relative_to(found.path).parts[1:]) for file in files[part]) for part in PARTS}
    numbers = {part: [Path(name).stem.removesuffix(f"_{part[-1]}") for name in names[part]] for part in PARTS}
    paired = key in PAIRED and numbers["testA"] == numbers["testB"]
    entry = CATALOGUE.get(key)
    return Unpaired(
        key=key,
        title=entry.title if entry else found.path.name,
        source=found.source,
        **_tensors(pixels),
        names=names,
        held_out=held_out,
        paired=paired,
        truth_b=torch.from_numpy(pixels["testB"]) if paired else None,
        truth_a=torch.from_numpy(pixels["testA"]) if paired else None,
        showable=bool(entry and entry.showable),
        sha256=found.sha256,
    )


def _tensors(pixels: dict[str, Pixels]) -> dict[str, Any]:
    return {f"{part[:-1]}_{part[-1].lower()}": torch.from_numpy(pixels[part]) for part in PARTS}


_PARTS = f"{', '.join(PARTS[:-1])} and {PARTS[-1]}"


def _files(root: Path, part: str) -> list[Path]:
    """The pictures of a sub-folder; ValueError if it is absent, empty, or holds a single picture to train on."""
    if not (root / part).is_dir():
        raise ValueError(f"folder {shown(root)} has no sub-folder {part}; needed are trainA and trainB, and "
                         "testA and testB in a known set; in a folder of your own these are optional")  # fmt: skip
    files = registry.folder(root / part)
    if part.startswith("train") and len(files) < 2:
        raise ValueError(f"domain {part[-1]} has 1 picture in {shown(root / part)}; at least 2 are needed to train")
    return files


def _split(files: dict[str, list[Path]], domain: str, root: Path) -> dict[str, list[Path]]:
    """The training pictures of a domain in two parts, the last ones for testing; ValueError if there are too few."""
    every = files[f"train{domain}"]
    count = max(1, len(every) // HELD_OUT)
    if len(every) - count < 2:
        raise ValueError(f"domain {domain} has {len(every)} pictures in {shown(root / f'train{domain}')} and none to "
                         f"test in test{domain}; at least 3 are needed to hold one out")  # fmt: skip
    return {f"train{domain}": every[:-count], f"test{domain}": every[-count:]}


def _pixels(files: list[Path], side: int) -> Pixels:
    """The pictures as uint8 (N, 3, side, side); memory holds one at a time beside the result."""
    result = np.empty((len(files), 3, side, side), np.uint8)
    for target, file in zip(result, files, strict=True):
        target[:] = images.to_uint8(images.resize(images.load(file), (side, side))).transpose(2, 0, 1)
    return result
