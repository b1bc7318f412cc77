"""Single pictures by name: photos bundled with packages, procedural styles, registry pictures, a user's own files."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from torch import Tensor

from lib.data import images, procedural
from lib.paths import shown


@dataclass(frozen=True)
class PictureInfo:
    """What is known of one picture. `sha256` is of the file, or of the uint8 pixels at 512 px of a procedural style."""

    name: str
    kind: str  # "photo", "procedural", "registry" or "file"
    title: str
    source: str
    licence: str
    showable: bool  # may stand in checked-in figures
    sha256: str


@dataclass(frozen=True)
class _Photo:
    package: str
    path: str  # inside the package
    title: str
    licence: str  # as the package states it
    sha256: str


_SKIMAGE, _SKLEARN = "skimage", "sklearn"
_CC0, _PUBLIC = "CC0", "public domain"
_UNSTATED = "not stated by scikit-image"

# Files inside the wheels of scikit-image 0.26 and scikit-learn 1.9; titles and licences from the docstrings of
# skimage.data and from sklearn/datasets/images/README.txt.
_PHOTOS = {
    "astronaut": _Photo(
        _SKIMAGE,
        "data/astronaut.png",
        "Eileen Collins, NASA",
        "public domain, no known copyright restrictions",
        "88431cd9653ccd539741b555fb0a46b61558b301d4110412b5bc28b5e3ea6cb5",
    ),
    "chelsea": _Photo(
        _SKIMAGE,
        "data/chelsea.png",
        "Chelsea the cat, by Stefan van der Walt",
        _CC0,
        "596aa1e7cb875eb79f437e310381d26b338a81c2da23439704a73c4651e8c4bb",
    ),
    "coffee": _Photo(
        _SKIMAGE,
        "data/coffee.png",
        "Coffee cup, by Rachel Michetti",
        _CC0,
        "cc02f8ca188b167c775a7101b5d767d1e71792cf762c33d6fa15a4599b5a8de7",
    ),
    "rocket": _Photo(
        _SKIMAGE,
        "data/rocket.jpg",
        "Launch of DSCOVR on Falcon 9, SpaceX",
        _PUBLIC,
        "c2dd0de7c538df8d111e479619b129464d0269d0ae5fd18ca91d33a7fdfea95c",
    ),
    "hubble": _Photo(
        _SKIMAGE,
        "data/hubble_deep_field.jpg",
        "Hubble eXtreme Deep Field, NASA",
        _PUBLIC,
        "3a19c5dd8a927a9334bb1229a6d63711b1c0c767fb27e2286e7c84a3e2c2f5f4",
    ),
    "china": _Photo(
        _SKLEARN,
        "datasets/images/china.jpg",
        "Chinese temple, by danielbuechele (Flickr)",
        "CC BY 2.0",
        "8378025ad2519d649d02e32bd98990db4ab572357d9f09841c2fbfbb4fefad29",
    ),
    "flower": _Photo(
        _SKLEARN,
        "datasets/images/flower.jpg",
        "Dahlia, by vultilion (Flickr)",
        "CC BY 2.0",
        "a77f6ec41e353afdf8bdff2ea981b2955535d8d83294f8cfa49cf4e423dd5638",
    ),
    "page": _Photo(
        _SKIMAGE,
        "data/page.png",
        "Scanned page of printed text (grey)",
        _UNSTATED,
        "341a6f0a61557662b02734a9b6e56ec33a915b2c41886b97509dedf2a43b47a3",
    ),
    "camera": _Photo(
        _SKIMAGE,
        "data/camera.png",
        "Photographer (grey), by Lav Varshney",
        _CC0,
        "b0793d2adda0fa6ae899c03989482bff9a42d3d5690fc7e3648f2795d730c23a",
    ),
    "coins": _Photo(
        _SKIMAGE,
        "data/coins.png",
        "Greek coins from Pompeii (grey), Brooklyn Museum",
        "no known copyright restrictions",
        "f8d773fc9cfa6f4d8e5942dc34d0a0788fcaed2a4fefbbed0aef5398d7ef4cba",
    ),
    "brick": _Photo(
        _SKIMAGE,
        "data/brick.png",
        "Brick wall (grey), CC0Textures",
        _CC0,
        "7966caf324f6ba843118d98f7a07746d22f6a343430add0233eca5f6eaaa8fcf",
    ),
    "grass": _Photo(
        _SKIMAGE,
        "data/grass.png",
        "Grass (grey), by linolafett",
        _CC0,
        "b6b6022426b38936c43a4ac09635cd78af074e90f42ffa8227ac8b7452d39f89",
    ),
    "gravel": _Photo(
        _SKIMAGE,
        "data/gravel.png",
        "Gravel (grey), CC0Textures",
        _CC0,
        "c48615b451bf1e606fbd72c0aa9f8cc0f068ab7111ef7d93bb9b0f2586440c12",
    ),
}


def names() -> list[str]:
    """Names that need no network and no data folder: bundled photos that are installed, then procedural styles."""
    return [name for name in _PHOTOS if _photo_path(name)] + list(procedural.STYLES)


def picture(name: str | Path, *, side: int | None = None, fit: str = "long") -> Tensor:
    """The picture as a float32 tensor (3, H, W) in [0, 1]; `side` and `fit` as in `images.load`.

    `name` is one of `names()`, a picture key of the registry, or a path. A procedural style is square and drawn at
    `side` (512 px without one). Raises ValueError for an unknown name, ImageError for a file that cannot be used.
    """
    if name in procedural.STYLES:
        return images.fitted(procedural.draw(str(name), side or procedural.REFERENCE), side, fit)
    return images.load(_path(name), side=side, fit=fit)


def info(name: str | Path) -> PictureInfo:
    """Title, source, licence and hash of a picture, named as for `picture`; a user's file is never showable."""
    if name in procedural.STYLES:
        return _procedural_info(str(name))
    path = _path(name)
    if name in _PHOTOS:
        photo = _PHOTOS[str(name)]
        source = {"skimage": "scikit-image", "sklearn": "scikit-learn"}[photo.package]
        return PictureInfo(str(name), "photo", photo.title, source, photo.licence, True, photo.sha256)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return PictureInfo(str(name), "file", path.stem, shown(path), "not stated", False, digest)


@lru_cache(maxsize=32)
def _procedural_info(name: str) -> PictureInfo:
    style: Callable[..., object] = procedural.STYLES[name]
    title = (style.__doc__ or name).rstrip(".")
    digest = hashlib.sha256(images.to_uint8(procedural.draw(name, procedural.REFERENCE)).tobytes()).hexdigest()
    return PictureInfo(name, "procedural", title, "lib/data/procedural.py", "MIT", True, digest)


def _photo_path(name: str) -> Path | None:
    """The installed file of a bundled photo, or None; the package is not imported, so nothing is downloaded."""
    photo = _PHOTOS[name]
    spec = find_spec(photo.package)
    folders = spec.submodule_search_locations if spec else None
    return next((path for folder in folders or () if (path := Path(folder) / photo.path).is_file()), None)


def _path(name: str | Path) -> Path:
    """The file behind a name; ValueError if there is none."""
    if name in _PHOTOS and (path := _photo_path(str(name))):
        return path
    path = Path(name).expanduser()
    if path.suffix or path.exists():
        return path
    raise ValueError(f"picture is {str(name)!r}; allowed are {', '.join(names())}, or the path of a picture file")
