"""Smoothings that bring a stylised picture back to its photo's edges: closed-form matting, guided filter.

The second half of PhotoWCT (Li et al., arXiv 1802.06474); StyleNAS' specification, 3.6. Guide and picture are tensors
(1, 3, H, W) in [0, 1] of equal shape; results are float32, of that shape, not clamped. All compute in float64 on the
CPU and raise ValueError, naming the value, for other shapes, sizes, ranges and parameters.
"""

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from lib.models.dissection import factor, solve, window_counts

Array = np.ndarray

NORMALISATIONS = {"rows": 1.0, "symmetric": 0.5}  # the power of D before the solution; the rest comes after it
GUIDED_EPS = 0.001 / 255**2  # the authors' 0.001 acts on colours up to 255


class ClosedForm:
    """Smoothing by the matting Laplacian of a guide: R = (1 - alpha) (Id - alpha S)^-1 Y for each colour.

    W sums over all 3 x 3 windows k of the guide I, for every two of their pixels, (1 + (I_i - mu_k)^T (Cov_k + eps/9
    Id)^-1 (I_j - mu_k)) / 9; D holds its row sums, the windows that contain a pixel. `normalisation` "rows" takes
    S = D^-1 W, which leaves constant pictures as they are; "symmetric" D^-1/2 W D^-1/2, as printed, which brightens
    what lies near the border. `crop` pixels a side are replaced by their neighbours inside, and the guide is rescaled
    to what remains. The factor depends on the guide alone: smooth several pictures by one object.
    """

    def __init__(self, guide: Tensor, alpha: float = 0.9999, eps: float = 1e-7, crop: int = 2,
                 normalisation: str = "rows") -> None:  # fmt: skip
        if not 0 < alpha < 1:
            raise ValueError(f"alpha is {alpha}; allowed are numbers between 0 and 1")
        _positive("eps", eps)
        if normalisation not in NORMALISATIONS:
            raise ValueError(f"normalisation is {normalisation!r}; allowed are {', '.join(NORMALISATIONS)}")
        height, width = _colours(guide, "guide").shape[:2]
        if not 0 <= crop < min(height, width) / 2:
            raise ValueError(f"crop is {crop}; allowed are 0 and more, less than half of {width}x{height} pixels")
        inside = (height - 2 * crop, width - 2 * crop)
        small = F.interpolate(guide.double(), inside, mode="bilinear", antialias=True) if crop else guide
        self.shape, self.alpha, self.crop, self.power = guide.shape, alpha, crop, NORMALISATIONS[normalisation]
        self.steps = factor(np.pad(_colours(small, "guide", least=1), self._edges(), "edge"), alpha, eps)

    def smooth(self, picture: Tensor) -> Tensor:
        """The picture (1, 3, H, W), smoothed along the guide."""
        y, c = _colours(picture, "picture", self.shape), self.crop
        height, width = y.shape[:2]
        inside = slice(c, height - c), slice(c, width - c)
        y = np.pad(y[inside], self._edges(), "edge").reshape(-1, 3)
        counts = window_counts(height, width).reshape(-1, 1)
        y = (1 - self.alpha) * counts ** (1 - self.power) * solve(self.steps, counts**self.power * y)
        return _tensor(np.pad(y.reshape(height, width, 3)[inside], self._edges(), "edge"), picture)

    def _edges(self) -> tuple[tuple[int, int], ...]:
        return (self.crop, self.crop), (self.crop, self.crop), (0, 0)


def guided_filter(picture: Tensor, guide: Tensor, radius: int = 35, eps: float = GUIDED_EPS) -> Tensor:
    """The picture as a map of the guide's colours, affine in windows of `radius` pixels a side (He et al., 2013).

    `eps` is added to the colours' variances. The default is what the authors' 0.001 comes to on colours in [0, 1],
    hardly any smoothing of the maps; 0.001 itself is the sensible larger choice. Windows end at the border.
    """
    target, colours = _colours(picture, "picture", guide.shape), _colours(guide, "guide")
    _positive("eps", eps)
    return _tensor(_recolour(colours, _mean(_maps(colours, target, radius, eps), radius)), picture)


def _maps(guide: Array, target: Array, radius: int, eps: float) -> Array:
    """The affine colour map (H, W, 12), matrix and offset, from guide to target in the window around each pixel."""
    if not 1 <= radius == int(radius):
        raise ValueError(f"radius is {radius}; allowed are whole numbers from 1")
    shape = (*guide.shape[:2], -1)
    both = np.concatenate([guide, target], -1)
    mean = _mean(both, radius)
    products = _mean((guide[..., :, None] * both[..., None, :]).reshape(shape), radius).reshape(*shape[:2], 3, 6)
    products -= mean[..., :3, None] * mean[..., None, :]
    matrix = np.linalg.solve(products[..., :3] + eps * np.eye(3), products[..., 3:])
    offset = mean[..., 3:] - (mean[..., None, :3] @ matrix)[..., 0, :]
    return np.concatenate([matrix.reshape(shape), offset], -1)


def _recolour(guide: Array, maps: Array) -> Array:
    matrix = maps[..., :9].reshape(*maps.shape[:2], 3, 3)
    return (guide[..., None, :] @ matrix)[..., 0, :] + maps[..., 9:]


def _mean(x: Array, radius: int) -> Array:
    """Means of x (H, W, C) over the part inside the picture of the window around each pixel."""
    for axis in (0, 1):
        places = np.arange(x.shape[axis])
        low, high = np.maximum(places - radius, 0), np.minimum(places + radius + 1, len(places))
        sums = np.insert(x.cumsum(axis), 0, 0, axis)
        x = (sums.take(high, axis) - sums.take(low, axis)) / (high - low).reshape((-1, 1, 1)[: 3 - axis])
    return x


def _positive(name: str, value: float) -> None:
    if not value > 0:
        raise ValueError(f"{name} is {value}; allowed are numbers above 0")


def _colours(picture: Tensor, name: str, shape: torch.Size | None = None, least: int = 3) -> Array:
    """The picture as an array (H, W, 3) of float64."""
    if picture.ndim != 4 or picture.shape[:2] != (1, 3) or min(picture.shape[2:]) < least:
        raise ValueError(
            f"{name} has the shape {tuple(picture.shape)}; allowed is (1, 3, H, W) with sides from {least}"
        )
    if shape is not None and picture.shape != shape:
        raise ValueError(f"{name} has the shape {tuple(picture.shape)}; its guide has {tuple(shape)}")
    low, high = picture.detach().aminmax()
    if not (low >= -1e-5 and high <= 1 + 1e-5):  # rounding; false for NaN
        raise ValueError(f"{name} ranges over [{low:.6g}, {high:.6g}]; allowed is [0, 1]")
    return picture.detach().cpu().double()[0].movedim(0, -1).contiguous().numpy()


def _tensor(colours: Array, like: Tensor) -> Tensor:
    return torch.from_numpy(colours).movedim(-1, 0)[None].to(like.device, torch.float32).contiguous()
