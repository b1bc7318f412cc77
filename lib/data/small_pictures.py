"""Sets of small square pictures for generators: CIFAR-10, STL-10, photos, patches of the bundled photos, own folders.

Pictures are uint8 in memory. They are made smaller by Pillow's antialiased bilinear filter on 8-bit RGB, the resize
of AutoGAN's code; they are never enlarged.
"""

import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from lib.data import catalogue, images, pictures, registry
from lib.paths import shown
from lib.weights import unpickled

SPLITS = ("train", "test")
HELD_OUT = 5  # every so-many-th picture of a class is for testing, in sets that come without a split
PATCHES = 1024  # without a limit
PATCH_PHOTOS = ("astronaut", "chelsea", "coffee", "rocket", "hubble", "china", "flower")  # those in colour
PATCH_SCALES = (3, 4, 5, 6)  # a window's side is the photo's height divided by one of these
CIFAR10 = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
STL10 = ("airplane", "bird", "car", "cat", "deer", "dog", "horse", "monkey", "ship", "truck")

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class PictureSet:
    """Square pictures with their classes; `labels` are None for a set without, -1 for a picture without."""

    key: str
    source: str  # for captions
    pixels: Tensor  # uint8 (N, 3, S, S)
    labels: Tensor | None  # int64 (N,)
    classes: tuple[str, ...]
    sha256: str  # of the source


@dataclass(frozen=True)
class _Raw:
    """What a file or folder holds: the pictures (H, W, 3) one by one, only as many as asked for, and all labels."""

    pictures: Iterable[Pixels]
    labels: NDArray[np.int64]
    classes: tuple[str, ...]


def load(key: str, side: int, *, split: str = "train", limit: int = 0) -> PictureSet:
    """The pictures of a set at `side` px: all of a split, or its first `limit` ones.

    `key` is `patches` (windows of the bundled photos at several scales, those of `test` apart from those of `train`;
    the label is the photo; 1024 without a limit), `cifar10`, `cifar10-jpeg`, `cifar10-subset-jpeg`, `stl10` (`train`
    is its training and unlabelled parts), `photos48`, or a folder of pictures, whose centre squares are taken and whose
    sub-folders are the classes. Of a folder and of photos48 every fifth picture of a class is the test split. Sets keep
    their own order, which is mixed (the first 12,000 and 3,000 of cifar10-jpeg hold as many of each class); folders
    take one of each class in turn.

    Raises ValueError for an unknown key, pictures smaller than `side` and a folder with fewer than two, MissingData and
    CorruptData as `registry.locate`, ImageError for a file that is no picture.
    """
    if key == "patches":
        return _patches(side, split, limit or PATCHES)
    known = key in READERS or key in catalogue.SETS or Path(key).expanduser().is_dir()
    found = registry.locate(key) if known else None
    if found is None or (key not in READERS and not found.path.is_dir()):
        raise ValueError(f"data set is {key!r}; allowed are patches, {', '.join(READERS)}, or the path of a folder")
    raw = READERS.get(key, _folder)(found.path, side, split, limit)
    labels = torch.from_numpy(raw.labels[: limit or None].astype(np.int64))
    pixels, told = _shrunk(raw.pictures, len(labels), side, key), len(raw.classes) > 1
    return PictureSet(key, found.source, pixels, labels if told else None, raw.classes if told else (), found.sha256)


def at(pictures: PictureSet, side: int) -> PictureSet:
    """The same set at a smaller side; ValueError for a larger one."""
    arrays = pictures.pixels.permute(0, 2, 3, 1).contiguous().numpy()
    return replace(pictures, pixels=_shrunk(arrays, len(arrays), side, pictures.key))


def _shrunk(pictures: Iterable[Pixels], count: int, side: int, key: str) -> Tensor:
    """Square pictures (S, S, 3) as (count, 3, side, side); memory holds one at a time beside the result."""
    result = np.empty((count, 3, side, side), np.uint8)
    for target, picture in zip(result, pictures, strict=True):
        if len(picture) < side:
            raise ValueError(f"pictures of {key!r} have {len(picture)} x {len(picture)} pixels; side is {side}")
        target[:] = _resized(picture, side).transpose(2, 0, 1)
    return torch.from_numpy(result)


def _resized(picture: Pixels, side: int) -> Pixels:
    if picture.shape[:2] == (side, side):
        return picture
    return np.asarray(Image.fromarray(picture).resize((side, side), Image.Resampling.BILINEAR))


def _cifar10(folder: Path, side: int, split: str, limit: int) -> _Raw:
    names = ["test_batch"] if split == "test" else [f"data_batch_{i}" for i in range(1, 6)]
    batches = [_batch(folder / name) for name in names]
    planes = np.concatenate([batch[b"data"] for batch in batches])[: limit or None]
    labels = np.concatenate([batch[b"labels"] for batch in batches])
    return _Raw(planes.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1), labels, CIFAR10)


def _batch(path: Path) -> Any:
    """The dictionary of a pickled CIFAR-10 batch; CorruptData for a file that holds anything but plain arrays."""
    try:
        return unpickled(path.read_bytes(), ("u1",), encoding="bytes")
    except Exception as error:  # a damaged pickle can raise almost anything
        raise registry.CorruptData(f"{shown(path)} is no CIFAR-10 batch: {error or type(error).__name__}") from error


def _cifar10_jpeg(path: Path, side: int, split: str, limit: int) -> _Raw:
    with np.load(path) as file:
        stream, ends = file[f"{split}_jpeg"].tobytes(), file[f"{split}_offsets"][: limit + 1 if limit else None]
        labels = file[f"{split}_labels"]
    parts = (stream[begin:end] for begin, end in pairwise(ends))
    return _Raw((np.asarray(Image.open(io.BytesIO(part), formats=["JPEG"])) for part in parts), labels, CIFAR10)


def _cifar10_subset(path: Path, side: int, split: str, limit: int) -> _Raw:
    with np.load(path) as file:
        return _Raw(file[f"{split}_images"][: limit or None], file[f"{split}_labels"], CIFAR10)


def _stl10(folder: Path, side: int, split: str, limit: int) -> _Raw:
    """Only the pages of the pictures asked for are read; each picture lies there by planes, columns first."""
    names = ("test_X.bin",) if split == "test" else ("train_X.bin", "unlabeled_X.bin")
    parts = [np.memmap(folder / name, np.uint8, "r").reshape(-1, 3, 96, 96) for name in names]
    count = sum(map(len, parts))
    labels = np.full(count, -1)
    known = np.fromfile(folder / f"{split}_y.bin", np.uint8)
    labels[: len(known)] = known.astype(np.int64) - 1
    squares = (np.ascontiguousarray(square.transpose(2, 1, 0)) for part in parts for square in part)
    return _Raw((square for _, square in zip(range(limit or count), squares, strict=False)), labels, STL10)


def _photos48(path: Path, side: int, split: str, limit: int) -> _Raw:
    with np.load(path) as file:
        labels, classes = file["labels"], tuple(map(str, file["class_names"]))
        chosen = np.flatnonzero(_in_split(_rank(labels), split))
        return _Raw(file["images"][chosen[: limit or None]], labels[chosen], classes)


def _folder(folder: Path, side: int, split: str, limit: int) -> _Raw:
    files = registry.folder(folder)
    if len(files) < 2:
        raise ValueError(f"folder {shown(folder)} holds {len(files)} picture; at least 2 are needed")
    names = [file.relative_to(folder).parts[0] if file.parent != folder else folder.name for file in files]
    classes, labels = np.unique(names, return_inverse=True)
    rank = _rank(labels)
    order = np.lexsort((labels, rank))  # one of each class in turn
    order = order[_in_split(rank[order], split)]
    if not len(order):
        raise ValueError(f"folder {shown(folder)} has no test split: no class has {HELD_OUT} pictures")
    squares = (_square(files[i], side) for i in order[: limit or None])
    return _Raw(squares, labels[order], tuple(map(str, classes)))


def _square(file: Path, side: int) -> Pixels:
    """The centre square of a picture file; ValueError if it is smaller than `side`."""
    picture = images.load(file)
    if min(picture.shape[1:]) < side:
        height, width = picture.shape[1:]
        raise ValueError(f"{shown(file)} has {width} x {height} pixels; at least {side} x {side} are needed")
    return images.to_uint8(images.crop_square(picture))


def _rank(labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """The place of each picture among those of its class."""
    rank = np.empty(len(labels), np.int64)
    for label in np.unique(labels):
        rank[labels == label] = np.arange((labels == label).sum())
    return rank


def _in_split(rank: NDArray[np.int64], split: str) -> NDArray[np.bool_]:
    return (rank % HELD_OUT == HELD_OUT - 1) == (split == "test")


READERS: dict[str, Callable[[Path, int, str, int], _Raw]] = {
    "cifar10": _cifar10,
    "cifar10-jpeg": _cifar10_jpeg,
    "cifar10-subset-jpeg": _cifar10_subset,
    "stl10": _stl10,
    "photos48": _photos48,
}


def _patches(side: int, split: str, count: int) -> PictureSet:
    """Windows of each colour photo and each scale in turn; more of them begin with the fewer."""
    names = [name for name in PATCH_PHOTOS if name in pictures.names()]
    turns = (divmod(i, len(names)) for i in range(count))
    cut = (_window(_photo(names[label]), side, split, number, label) for number, label in turns)
    hashes = "".join(f"{pictures.info(name).sha256}  {name}\n" for name in names)
    return PictureSet(
        "patches", "scikit-image and scikit-learn", _shrunk(cut, count, side, "patches"),
        torch.arange(count) % len(names), tuple(names), sha256(hashes.encode()).hexdigest(),
    )  # fmt: skip


@lru_cache(maxsize=len(PATCH_PHOTOS))
def _photo(name: str) -> Pixels:
    return images.to_uint8(pictures.picture(name))


def _window(photo: Pixels, side: int, split: str, number: int, label: int) -> Pixels:
    """The most varied of four windows at random places: in the photo's lower third for the test split, else above it.

    The same number gives the same place at every side.
    """
    height, width = photo.shape[:2]
    window = max(side, height // PATCH_SCALES[number % len(PATCH_SCALES)])
    top, bottom = (height - height // 3, height) if split == "test" else (0, height - height // 3)
    places = np.random.default_rng([SPLITS.index(split), label, number]).random((4, 2))
    rows, columns = (places * (bottom - top - window + 1, width - window + 1)).astype(int).T
    cut = [photo[y : y + window, x : x + window] for y, x in zip(top + rows, columns, strict=True)]
    return max(cut, key=lambda window: window[::4, ::4].std())
