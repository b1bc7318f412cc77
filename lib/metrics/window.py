"""Separable Gaussian filtering, shared by SSIM and the natural-scene statistics."""

import math

from torch import Tensor


def gaussian(x: Tensor, *, sigma: float, radius: int) -> Tensor:
    """Gaussian-weighted local means of the last two dimensions: (..., H, W) to (..., H - 2 radius, W - 2 radius).

    The window has 2 radius + 1 taps a direction with weights that sum to 1; only positions whose window lies inside
    are returned, so callers who need H x W pad first. Shifted slices are summed in place: a one-channel float64
    convolution is slower on a CPU and needs more memory.
    """
    taps = [math.exp(-0.5 * (offset / sigma) ** 2) for offset in range(-radius, radius + 1)]
    for dim in (-2, -1):
        size = x.shape[dim] - 2 * radius
        total = x.narrow(dim, radius, size) * (taps[radius] / sum(taps))
        for k, tap in enumerate(taps):
            if k != radius:
                total.add_(x.narrow(dim, k, size), alpha=tap / sum(taps))
        x = total
    return x
