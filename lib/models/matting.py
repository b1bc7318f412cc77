"""Smoothings that bring a stylised picture back to its photo's edges: closed-form matting, guided filter.

The second half of PhotoWCT (Li et al., arXiv 1802.06474). Guide and picture are tensors (1, 3, H, W) in [0, 1] of equal
shape; results are float32, of that shape, not clamped. Both compute in float64 on the CPU and raise ValueError, naming
the value, for other shapes, sizes and ranges.
"""

import numpy as np
import torch
from scipy.ndimage import uniform_filter
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
        height, width = _colours(guide, "guide").shape[:2]
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
    both = np.concatenate([colours, target], -1)
    mean = _mean(both, radius)
    products = _mean(colours[..., :, None] * both[..., None, :], radius) - mean[..., :3, None] * mean[..., None, :]
    matrix = np.linalg.solve(products[..., :3] + eps * np.eye(3), products[..., 3:])
    offset = mean[..., 3:] - np.einsum("hwi,hwij->hwj", mean[..., :3], matrix)
    return _tensor(np.einsum("hwi,hwij->hwj", colours, _mean(matrix, radius)) + _mean(offset, radius), picture)


def _mean(x: Array, radius: int) -> Array:
    """Means of x (H, W, ...) over the part inside the picture of the window around each pixel."""
    size = (2 * radius + 1,) * 2 + (1,) * (x.ndim - 2)
    inside = np.ones((*x.shape[:2], *(1,) * (x.ndim - 2)))
    total, share = (uniform_filter(one, size, mode="constant") for one in (x, inside))
    return total / share


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
