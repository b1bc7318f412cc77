"""The photos: those that decoders learn to rebuild, and the pairs on which they are scored (section 4.3).

No photo of a pair is ever trained on.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice, permutations
from pathlib import Path

import torch
from torch import Tensor

from lib.data import images, pictures, registry
from lib.data.catalogue import SETS
from lib.paths import file_digest
from lib.spaces.base import keyed

BUNDLED = "bundled"
TRAIN = ("astronaut", "flower", "hubble", "camera", "coins", "brick", "grass", "gravel")
TEST = ("chelsea", "china", "coffee", "rocket")  # and all their ordered pairs
LEAST = 4  # pairs that scores of sets need
SHARE = (0.4, 0.9)  # of the shorter side: a crop's side


@dataclass(frozen=True)
class Pair:
    """A content and a style photo, by the names that `lib.data.pictures` knows; the authors' own output if there."""

    name: str
    content: str
    style: str
    reference: str = ""

    @property
    def showable(self) -> bool:
        """Whether pictures made of it may be checked in."""
        return all(pictures.info(name).showable for name in (self.content, self.style))


@lru_cache(maxsize=8)
def pairs(source: str) -> tuple[Pair, ...]:
    """The pairs of a source: `bundled`, a data set or a folder with pictures of equal names in `content` and `style`.

    Raises MissingData where it is absent, and ValueError where no names agree.
    """
    if source == BUNDLED:
        return tuple(Pair(f"{a}-{b}", a, b) for a, b in permutations(TEST, 2))
    folder = registry.find(source)
    found = {path.stem: path.name for path in registry.folder(folder / "content")}
    style = {path.stem: path.name for path in registry.folder(folder / "style")}
    reference = {path.stem: path.name for path in sorted((folder / "reference_output").glob("*.*"))}
    root = source if source in SETS else str(folder)
    both = [stem for stem in found if stem in style]
    if not both:
        raise ValueError(f"pairs is {source!r}; no picture in content has the name of one in style")
    return tuple(
        Pair(stem, f"{root}/content/{found[stem]}", f"{root}/style/{style[stem]}",
             f"{root}/reference_output/{reference[stem]}" if stem in reference else "")
        for stem in both
    )  # fmt: skip


def load(name: str, width: int, *, crop: bool = True) -> Tensor:
    """A photo as (1, 3, W/2, W), cut to 2:1 about its centre first, or squeezed to it as the authors did (A11)."""
    picture = _read(name)[None]
    if crop:
        height, long = picture.shape[-2:]
        high, wide = min(height, long // 2), min(long, 2 * height)
        top, left = (height - high) // 2, (long - wide) // 2
        picture = picture[..., top : top + high, left : left + wide]
    return images.resize(
        picture, (width // 2, width), kind="area" if min(picture.shape[-2:]) > width // 2 else "bicubic"
    )


@lru_cache(maxsize=4)
def training(sources: tuple[str, ...], photos: int, side: int) -> Tensor:
    """So many square training photos (N, 3, side, side): first every picture whole, then crops of each in turn.

    Raises ValueError if there is none.
    """
    names = list(training_names(sources))
    return torch.cat([_crop(names[k % len(names)], k // len(names), side) for k in range(photos)])


def training_names(sources: Sequence[str]) -> Iterator[str]:
    """The pictures of the sources: `bundled`, data sets or folders in them such as `unpaired/photo2art/trainA`, own."""
    for source in sources:
        if source == BUNDLED:
            yield from TRAIN
            continue
        known = set_of(source)
        folder = _root(known) / source.removeprefix(known).lstrip("/") if known else Path(source).expanduser()
        yield from (f"{source}/{path.relative_to(folder)}" for path in registry.folder(folder))


def set_of(name: str) -> str:
    """The data set that a name is, or lies in; empty for any other."""
    return next((key for key in SETS if name == key or name.startswith(f"{key}/")), "")


def digests(sources: Iterable[str]) -> dict[str, str]:
    """SHA-256 of what the sources hold: of each bundled photo, of each data set or own folder as a whole."""
    found: dict[str, str] = {}
    for source in sources:
        if source == BUNDLED:
            found |= {name: pictures.info(name).sha256 for name in (*TRAIN, *TEST)}
        else:
            root = set_of(source) or source
            found[root] = registry.locate(root).sha256
    return found


def check_disjoint(sources: Sequence[str], photos: int, source: str) -> None:
    """Raise ValueError naming a photo of the pairs that is one of the training photos too, by content (SHA-256)."""
    tested = _photos_of(pairs(source))
    for name in islice(training_names(sources), photos):
        if _digest(name) in tested:
            raise ValueError(
                f"training photo {name} belongs to the pairs of {source}; photos of pairs are not trained on"
            )


def check_split(source: str, searched: int) -> None:
    """Raise ValueError unless there are pairs enough, and no photo of the first ones is in another, held-out one.

    Bundled pairs share their photos: what is held out of them are combinations.
    """
    found = pairs(source)
    if len(found) < max(searched, LEAST):
        raise ValueError(
            f"search_pairs is {searched}; {source} has {len(found)} pairs, and {LEAST} are needed at least"
        )
    if source != BUNDLED and _photos_of(found[:searched]) & _photos_of(found[searched:]):
        raise ValueError(
            f"search_pairs is {searched}; it parts pairs of {source} that share a photo, take another number"
        )


def _photos_of(some: Iterable[Pair]) -> set[str]:
    """The digests of the pairs' photos."""
    return {_digest(name) for pair in some for name in (pair.content, pair.style)}


def _digest(name: str) -> str:
    """SHA-256 of a photo's file."""
    return file_digest(file) if (file := _file(name)) else pictures.info(name).sha256


def _file(name: str) -> Path | None:
    """The file of a photo in a data set; None for any other photo."""
    known = set_of(name)
    return _root(known) / name.removeprefix(f"{known}/") if known else None


@lru_cache(maxsize=16)
def _root(key: str) -> Path:
    """The folder of a data set, verified once a process rather than for each of thousands of photos."""
    return registry.find(key)


def _crop(name: str, turn: int, side: int) -> Tensor:
    """A picture squeezed to a square in its first turn (4.1), afterwards a random square of it."""
    picture = _whole(name)
    if turn:
        rng = keyed(turn, *name.encode())
        height, width = picture.shape[-2:]
        wanted = round(min(height, width) * rng.uniform(*SHARE))
        top, left = rng.integers(0, height - wanted + 1), rng.integers(0, width - wanted + 1)
        picture = picture[..., top : top + wanted, left : left + wanted]
    return images.resize(picture[None], (side, side), kind="area" if min(picture.shape[-2:]) >= side else "bicubic")


@lru_cache(maxsize=16)
def _whole(name: str) -> Tensor:
    """A training photo, which every turn reads anew."""
    return _read(name)


def _read(name: str) -> Tensor:
    return images.load(file) if (file := _file(name)) else pictures.picture(name)
