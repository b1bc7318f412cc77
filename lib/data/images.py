"""Decoding, resizing, cropping and saving of pictures: the one place where files become tensors and back.

Resizing is Pillow's antialiased filter on each channel in float32. It is plain scalar code, so its result does not
depend on the CPU type, the thread count or the torch build, and it is by construction the "clean" resize of clean-fid
(Parmar et al. 2022). It is not differentiable; models that resize inside a graph use torch's interpolate.
"""

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor

from lib.paths import atomic, shown

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".ppm", ".pgm")
MAX_PIXELS = 64_000_000  # 8000 x 8000; as a float tensor that is 0.8 GB
FILTERS = {
    "area": Image.Resampling.BOX,  # exact mean of the cells for whole factors
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
}
FITS = ("long", "short", "square")
# Formats that Pillow decodes itself; others (EPS) would start programs.
_FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF", "PPM")


class ImageError(ValueError):
    """A picture that cannot be used, with the file and the reason."""


def load(path: str | Path, *, side: int | None = None, fit: str = "long") -> Tensor:
    """The picture in a file as a float32 tensor (3, H, W) in [0, 1], sRGB.

    `fit` is `long` or `short` (that side becomes `side`, aspect kept) or `square` (centre crop first); without `side`
    the size is kept (`square` still crops). Grey becomes three equal channels, transparency is laid on white, EXIF
    orientation is applied, embedded colour profiles are ignored, and of an animation the first frame is read.

    Raises FileNotFoundError, and ImageError for a file that is damaged, truncated, no picture or above MAX_PIXELS.
    """
    return fitted(_decode(Path(path).expanduser()), side, fit)


def of(picture: Image.Image | np.ndarray) -> Tensor:
    """A PIL image or an array as (3, H, W) in [0, 1], grey and transparency as in `load`.

    An array is (H, W), (H, W, 3) or (H, W, 4), of uint8 or of floats in [0, 1]. Raises ImageError for any other.
    """
    if isinstance(picture, Image.Image):
        return _rgb(ImageOps.exif_transpose(picture))
    good = picture.ndim == 2 or (picture.ndim == 3 and picture.shape[2] in (3, 4))
    if not good or 0 in picture.shape or not (picture.dtype == np.uint8 or picture.dtype.kind == "f"):
        raise ImageError(f"array is {picture.dtype} {picture.shape}; allowed are uint8, or floats in [0, 1], of the "
                         "shapes (H, W), (H, W, 3) and (H, W, 4)")  # fmt: skip
    if picture.dtype == np.uint8:
        return _rgb(Image.fromarray(np.ascontiguousarray(picture)))
    values = torch.from_numpy(np.atleast_3d(picture).astype(np.float32, order="C")).movedim(2, 0)
    if not (values.min() >= 0 and values.max() <= 1):
        raise ImageError(f"array has values in [{values.min():g}, {values.max():g}]; floats in [0, 1] are allowed")
    colour, opaque = values[:3].expand(3, -1, -1), values[3:]
    return (colour * opaque + 1 - opaque if len(opaque) else colour).contiguous()


def absent(path: Path) -> FileNotFoundError:
    """The error for a file that is not there, with its path as the user gave it, and where a relative one begins."""
    return FileNotFoundError(
        f"no picture at {path}" + ("" if path.is_absolute() else f", seen from {shown(Path.cwd())}")
    )


def fitted(image: Tensor, side: int | None, fit: str = "long") -> Tensor:
    """The picture (3, H, W) cropped and resized as `load` does it; ValueError for an unknown fit or a side below 1."""
    if fit not in FITS:
        raise ValueError(f"fit is {fit!r}; allowed are {', '.join(map(repr, FITS))}")
    if side is not None and side < 1:
        raise ValueError(f"side is {side}; allowed are whole numbers of pixels from 1, or None to keep the size")
    image = crop_square(image) if fit == "square" else image
    if side is None:
        return image
    height, width = image.shape[-2:]
    scale = side / (min if fit == "short" else max)(height, width)
    return resize(image, (max(1, round(height * scale)), max(1, round(width * scale))))


def resize(images: Tensor, size: tuple[int, int], *, kind: str = "bicubic") -> Tensor:
    """Images (..., H, W) in [0, 1] at `size` = (height, width), antialiased when shrinking and clamped to [0, 1].

    `kind` is `area`, `bilinear` or `bicubic`. Keeps dtype and device; gradients do not pass.
    """
    if kind not in FILTERS:
        raise ValueError(f"kind is {kind!r}; allowed are {', '.join(map(repr, FILTERS))}")
    height, width = size
    if height < 1 or width < 1:
        raise ValueError(f"size is {size}; height and width must be at least 1 pixel")
    if tuple(images.shape[-2:]) == (height, width):
        return images
    planes = np.ascontiguousarray(images.detach().to("cpu", torch.float32).reshape(-1, *images.shape[-2:]).numpy())
    resized = np.empty((len(planes), height, width), np.float32)
    for plane, target in zip(planes, resized, strict=True):
        target[:] = np.asarray(Image.fromarray(plane).resize((width, height), FILTERS[kind]))
    return torch.from_numpy(resized).clamp_(0, 1).reshape(*images.shape[:-2], height, width).to(images)


def crop_square(images: Tensor) -> Tensor:
    """The centre square of images (..., H, W); of an odd surplus the extra row or column is cut at the end."""
    height, width = images.shape[-2:]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return images[..., top : top + side, left : left + side]


def to_uint8(images: Tensor) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Images (..., 3, H, W) in [0, 1] as uint8 (..., H, W, 3), rounded to nearest, values outside [0, 1] clamped.

    Raises ValueError if a value is not finite.
    """
    if not torch.isfinite(images).all():
        raise ValueError(f"images hold {int((~torch.isfinite(images)).sum())} values that are NaN or infinite")
    pixels = images.detach().to("cpu", torch.float32).clamp(0, 1).mul(255).round().to(torch.uint8)
    return pixels.movedim(-3, -1).contiguous().numpy()


def from_uint8(pixels: np.ndarray) -> Tensor:
    """uint8 pixels (..., H, W, 3) as a float32 tensor (..., 3, H, W) in [0, 1]."""
    return torch.from_numpy(np.moveaxis(pixels, -1, -3).astype(np.float32, order="C")).div_(255)


def save(image: Tensor, path: str | Path) -> Path:
    """Write one picture (3, H, W) in [0, 1] as an 8-bit PNG in one atomic step; the path must end in .png."""
    path = Path(path)
    if path.suffix.lower() != ".png":
        raise ValueError(f"path is {path.name!r}; pictures are saved as PNG, so it must end in .png")
    if image.ndim != 3 or image.shape[0] != 3:
        raise ValueError(f"image has the shape {tuple(image.shape)}; allowed is (3, H, W)")
    pixels = Image.fromarray(to_uint8(image))
    with atomic(path) as temporary:
        pixels.save(temporary, format="PNG")
    return path


def _decode(path: Path) -> Tensor:
    """The whole picture as (3, H, W) in [0, 1]."""
    if not path.exists():
        raise absent(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # MAX_PIXELS is the limit here
            opened = Image.open(path, formats=_FORMATS)
        with opened as image:
            if image.width * image.height > MAX_PIXELS:
                raise ImageError(f"{image.width} x {image.height} pixels are more than the {MAX_PIXELS:,} allowed")
            return _rgb(ImageOps.exif_transpose(image))
    except Exception as error:  # decoders raise whatever damaged bytes provoke
        raise ImageError(f"cannot read {shown(path)}: {error or type(error).__name__}") from error


def _rgb(image: Image.Image) -> Tensor:
    """A decoded picture of any mode as (3, H, W) in [0, 1]."""
    if image.mode == "F" or image.mode.startswith("I"):
        return _deep_grey(image)
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return from_uint8(np.asarray(image.convert("RGB")))


def _deep_grey(image: Image.Image) -> Tensor:
    """A grey picture of 16 bits (0 to 65535) or of floats in [0, 1] as three equal channels."""
    values = np.asarray(image).astype(np.float64) / (1 if image.mode == "F" else 65535)
    if not (values.min() >= 0 and values.max() <= 1):
        raise ImageError(f"grey values of mode {image.mode} lie outside the 16-bit range (or [0, 1] for floats)")
    return torch.from_numpy(values.astype(np.float32)).expand(3, -1, -1).contiguous()
