"""Convolution of one small image as one matrix product, where PyTorch's own kernels fall short.

Columns are unfolded along the width alone, and one product of (O f, C f) by (C f, rows W) gives each kernel row's
share of the output; these are added with their shifts. With wide filters or few channels oneDNN's direct kernels reach
3 to 50 GFLOP/s a core where the product reaches 20 to 90. The sums are the same up to their order.
"""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F


def convolve(x: Tensor, weight: Tensor, bias: Tensor, stride: int) -> Tensor:
    """The unpadded convolution of x (1, C, H, W) with weight (O, C, f, f), like `F.conv2d`."""
    if by_product(x, weight, stride):
        return _Product.apply(x, weight, bias, stride)
    return F.conv2d(x, weight, bias, stride)


def by_product(x: Tensor, weight: Tensor, stride: int) -> bool:
    """Whether one matrix product is the faster way: a rule from timings on one core, of the shapes alone."""
    outputs, inputs, f, _ = weight.shape
    if x.device.type != "cpu" or torch.is_autocast_enabled("cpu"):
        return False
    if stride > 1:
        return f in {1, 15}
    return f == 15 or (f >= 5 and outputs <= 8) or (f >= 9 and inputs > 32)


def _phases(f: int, stride: int) -> range:
    """The first kernel row of every group that reads the same rows of the input."""
    return range(min(stride, f))


class _Product(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, s: int) -> Tensor:
        x, (o, c, f, _), (height, width) = x.contiguous(), weight.shape, x.shape[2:]
        h, w = (height - f) // s + 1, (width - f) // s + 1
        parts, saved = [], []
        for phase in _phases(f, s):
            n = len(range(phase, f, s))
            rows = h + n - 1
            view = x.as_strided((c, f, rows, w), (height * width, 1, s * width, s), x.storage_offset() + phase * width)
            columns = view.reshape(c * f, rows * w)
            # kernel rows in reverse, so that both their shifts have positive strides
            kernel = weight[:, :, phase::s].flip(2).transpose(1, 2).reshape(o * n, c * f)
            shares = kernel @ columns
            shifted = shares.as_strided((o, n, h, w), (n * rows * w, (rows - 1) * w, w, 1), (n - 1) * w)
            parts.append(shifted.sum(1) if n > 1 else shares.view(o, h, w))
            saved += [columns, kernel]
        ctx.save_for_backward(*saved)
        ctx.stride, ctx.image, ctx.weight = s, x.shape, weight.shape
        return sum(parts[1:], parts[0]).add_(bias[:, None, None])[None]

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, Tensor, Tensor, None]:
        g, s, (o, c, f, _) = gradients[0].contiguous(), ctx.stride, ctx.weight
        h, w = g.shape[2:]
        dx = g.new_zeros(ctx.image) if ctx.needs_input_grad[0] else None
        dweight = g.new_empty(ctx.weight)
        for phase in _phases(f, s):
            columns, kernel = ctx.saved_tensors[2 * phase : 2 * phase + 2]
            n = len(range(phase, f, s))
            rows = h + n - 1
            padded = F.pad(g[0], (0, 0, n - 1, n - 1))
            shares = padded.as_strided((o, n, rows, w), ((h + 2 * n - 2) * w, w, w, 1)).reshape(o * n, rows * w)
            dkernel = (shares @ columns.T).view(o, n, c, f)
            dweight[:, :, phase::s] = dkernel.transpose(1, 2).flip(2)
            if dx is not None:
                _fold((kernel.T @ shares).view(c, f, rows, w), dx[0, :, phase::s], s)
        return dx, dweight, g.sum((0, 2, 3)), None


def _fold(columns: Tensor, image: Tensor, s: int) -> None:
    """Adds columns (C, f, rows, w) back where they were taken from: image (C, rows or more, W)."""
    f, rows, w = columns.shape[1:]
    for d in range(f):
        image[:, :rows, d : d + s * (w - 1) + 1 : s] += columns[:, d]
