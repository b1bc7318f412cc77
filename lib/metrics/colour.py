"""Colour contrast in CIELAB."""

import torch
from torch import Tensor

from lib.metrics import check

# linear sRGB to XYZ (IEC 61966-2-1), and the D65 white of the 2 degree observer
_XYZ = ((0.412453, 0.357580, 0.180423), (0.212671, 0.715160, 0.072169), (0.019334, 0.119193, 0.950227))
_WHITE = (0.95047, 1.0, 1.08883)


def lab(x: Tensor) -> Tensor:
    """CIELAB of sRGB pictures (N, 3, H, W) in [0, 1]: L in [0, 100], a and b about [-128, 128]; float64, D65."""
    check.images(x, "x")
    rgb = x.double().clamp(0, 1)
    linear = torch.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    matrix, white = rgb.new_tensor(_XYZ), rgb.new_tensor(_WHITE)
    t = torch.einsum("kc,nchw->nkhw", matrix / white[:, None], linear)
    f = torch.where(t > 0.008856, t.clamp_min(0.008856) ** (1 / 3), 7.787 * t + 16 / 116)
    fx, fy, fz = f.unbind(1)
    return torch.stack([116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)], dim=1)


def colour_contrast(x: Tensor) -> Tensor:
    """Spread of colour over a picture, shape (N,), float64: sqrt(var(a) + var(b)) over its CIELAB pixels.

    0 for a grey or single-coloured picture; in units of a and b. Population variance. `x` is (N, 3, H, W) in [0, 1].
    """
    return lab(x)[:, 1:].var(dim=(2, 3), correction=0).sum(dim=1).sqrt()
