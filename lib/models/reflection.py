"""Convolutions of joined feature maps with reflection padding, each as the fastest of two programs.

Where a layer has more outputs than its maps have positions, as at the bottleneck of small pictures, it is bound by its
kernel's way through memory: there one matrix product of all windows by the kernel, which takes a kernel in
channels-last layout as it lies, needs a half to a fifth of the time of oneDNN's, which arranges it anew each time.
"""

from collections.abc import Sequence
from functools import lru_cache

import torch
from torch import Tensor
from torch.nn import functional as F

from lib.models.resampling import mirrored

LARGEST = 64  # positions of a map whose windows a matrix gathers


def convolve(parts: Sequence[Tensor], kernels: Sequence[Tensor], bias: Tensor, *, relu: bool) -> Tensor:
    """The convolution (B, O, H, W) of maps (B, C_i, H, W), joined in this order, with kernels (O, C_i, f, f).

    f is 1, or 3 with a padding of 1 by reflection (H, W >= 2); `relu` follows where asked for. All have one dtype.
    Parts that need no gradient cost none.
    """
    if by_product(parts[0], len(bias)):
        return _product(parts, kernels, bias, relu=relu)
    y = F.conv2d(_padded(parts[0], kernels[0]), kernels[0], bias)
    for x, kernel in zip(parts[1:], kernels[1:], strict=True):
        y = y + F.conv2d(_padded(x, kernel), kernel)
    return F.relu_(y) if relu else y


def by_product(x: Tensor, outputs: int) -> bool:
    """Whether the matrix product is the faster program: a rule from timings on one core, of the shapes alone."""
    positions = x.shape[2] * x.shape[3]
    return x.device.type == "cpu" and positions <= LARGEST and len(x) * positions <= outputs


def _padded(x: Tensor, kernel: Tensor) -> Tensor:
    """x as the kernel reads it."""
    return x if kernel.shape[-1] == 1 else mirrored(x)


def _product(parts: Sequence[Tensor], kernels: Sequence[Tensor], bias: Tensor, *, relu: bool) -> Tensor:
    y, (b, _, h, w) = bias, parts[0].shape
    for x, kernel in zip(parts, kernels, strict=True):
        columns = x.permute(0, 2, 3, 1).reshape(b, h * w, -1)
        if kernel.shape[-1] > 1:
            columns = _windows(h, w, x.dtype) @ columns  # (B, 9HW, C)
        rows = kernel.permute(0, 2, 3, 1).reshape(len(kernel), -1)
        y = torch.addmm(y, columns.reshape(b * h * w, -1), rows.T)
    y = F.relu_(y) if relu else y
    return y.view(b, h, w, -1).permute(0, 3, 1, 2)


@lru_cache(maxsize=16)
def _windows(h: int, w: int, dtype: torch.dtype) -> Tensor:
    """The matrix (9HW, HW) of zeros and ones that takes a map's rows to the nine that each position's kernel reads."""
    places = torch.arange(h * w, dtype=torch.float64).view(1, 1, h, w)
    taken = F.pad(places, (1, 1, 1, 1), mode="reflect")[0, 0].unfold(0, 3, 1).unfold(1, 3, 1).flatten().long()
    return F.one_hot(taken, h * w).to(dtype)
