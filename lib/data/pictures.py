"""Single pictures by name: photos bundled with packages, procedural styles, registry pictures, a user's own files."""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path, PurePosixPath

from torch import Tensor

from lib.data import images, procedural, registry
from lib.data.catalogue import PHOTOS, PICTURES, SETS


@dataclass(frozen=True)
class PictureInfo:
    """What is known of one picture. `sha256` is of the file, or of the uint8 pixels at 512 px of a procedural style."""

    name: str
    kind: str  # "photo", "procedural", "registry" or "file"
    licence: str
    showable: bool  # may stand in checked-in figures
    sha256: str


def names() -> list[str]:
    """Names that need no network and no data folder: bundled photos that are installed, then procedural styles."""
    return [name for name in PHOTOS if _photo_path(name)] + list(procedural.STYLES)


def picture(name: str | Path, *, side: int | None = None, fit: str = "long") -> Tensor:
    """The picture as a float32 tensor (3, H, W) in [0, 1]; `side` and `fit` as in `images.load`.

    `name` is one of `names()`, a picture key of the registry, a file of a registry set (`dip/sr/zebra_GT.png`), or a
    path. A procedural style is square and drawn at `side` (512 px without one). Raises ValueError for an unknown name,
    ImageError for a file that cannot be used, registry.MissingData for a registry picture that is not here,
    registry.CorruptData for one that was altered.
    """
    if name in procedural.STYLES:
        return images.fitted(procedural.draw(str(name), side or procedural.REFERENCE), side, fit)
    return images.load(_path(name), side=side, fit=fit)


def info(name: str | Path) -> PictureInfo:
    """Kind, licence and hash of a picture, named as for `picture`; a user's file is never showable. Raises as it."""
    if name in procedural.STYLES:
        return _procedural_info(str(name))
    path, text = _path(name), str(name)
    if not path.is_file():
        raise images.absent(path)
    if name in PHOTOS:
        return PictureInfo(text, "photo", PHOTOS[text].licence, True, PHOTOS[text].sha256)
    if known := PICTURES.get(text) or SETS.get(_set_of(name)):
        return PictureInfo(text, "registry", known.licence, known.showable, registry.digest(path))
    return PictureInfo(text, "file", "not stated", False, registry.digest(path))


@lru_cache(maxsize=32)
def _procedural_info(name: str) -> PictureInfo:
    pixels = images.to_uint8(procedural.draw(name, procedural.REFERENCE))
    return PictureInfo(name, "procedural", "MIT", True, hashlib.sha256(pixels.tobytes()).hexdigest())


def _photo_path(name: str) -> Path | None:
    """The installed file of a bundled photo, or None; the package is not imported, so nothing is downloaded."""
    spec = find_spec(PHOTOS[name].package)
    folders = (spec.submodule_search_locations if spec else None) or []
    return next((path for folder in folders if (path := Path(folder, PHOTOS[name].path)).is_file()), None)


def _set_of(name: str | Path) -> str:
    """The registry set that a name such as `dip/sr/zebra_GT.png` lies in; empty for any other name."""
    return next((str(parent) for parent in PurePosixPath(name).parents if str(parent) in SETS), "")


def _path(name: str | Path) -> Path:
    """The file behind a name; ValueError if there is none."""
    if name in PICTURES:
        return registry.find(name)
    if name in PHOTOS and (bundled := _photo_path(str(name))):
        return registry.verified(bundled, PHOTOS[str(name)].sha256)
    if known_set := _set_of(name):
        return registry.find(known_set) / PurePosixPath(name).relative_to(known_set)
    path = Path(name).expanduser()
    if path.suffix or path.exists():
        return path
    raise ValueError(
        f"picture is {str(name)!r}; allowed are {', '.join([*names(), *PICTURES])}, or the path of a picture file"
    )
