"""Peak signal-to-noise ratio."""

import torch
from torch import Tensor

from lib.metrics import check


def psnr(a: Tensor, b: Tensor) -> Tensor:
    """PSNR in dB, shape (N,), float64: -10 log10 of the mean squared difference over all RGB values.

    `a` and `b` are (N, 3, H, W) in [0, 1] (data range 1), whole image, no rounding to 8 bits, no border cut.
    Identical pictures give `inf`. Raises ValueError for anything `check.pair` refuses.
    """
    check.pair(a, b)
    error = (a.double() - b.double()).square().mean(dim=(1, 2, 3))
    return -10 * torch.log10(error)
