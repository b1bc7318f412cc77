"""Changes of resolution and padding whose backward passes are deterministic on every device.

PyTorch's reflection padding and bilinear interpolation add gradients atomically on CUDA. Here resizing is a product
with fixed matrices, x -> R_h x R_w^T, and padding a copy of slices, so both gradients are plain sums.
"""

from functools import lru_cache
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

DOWNSAMPLINGS = ("bilinear", "lanczos2")


class Downsample(nn.Module):
    """The operator D of super-resolution: images (N, C, height, width) to (N, C, height/factor, width/factor).

    `bilinear` is the triangle of support `factor` on each side, renormalised at the border, as antialiased resizing
    does; `lanczos2` is the strided 4s x 4s kernel of Deep Image Prior, borders replicated. Raises ValueError for an
    unknown kind and for sides that `factor` does not divide.
    """

    def __init__(self, height: int, width: int, factor: int, kind: str = "bilinear") -> None:
        super().__init__()
        if kind not in DOWNSAMPLINGS:
            raise ValueError(f"down-sampling is {kind!r}; allowed are {', '.join(DOWNSAMPLINGS)}")
        if factor < 1 or height % factor or width % factor:
            raise ValueError(f"factor is {factor}; it must divide the sides {height} and {width}")
        self.rows: Tensor
        self.columns: Tensor
        matrix = _triangle if kind == "bilinear" else _lanczos2
        self.register_buffer("rows", matrix(height, factor))
        self.register_buffer("columns", matrix(width, factor))

    def forward(self, x: Tensor) -> Tensor:
        return self.rows.to(x) @ x @ self.columns.to(x).T


def _triangle(side: int, factor: int) -> Tensor:
    """(side/factor, side) weights 1 - |distance|/factor, every row summing to 1; float64."""
    centres = (torch.arange(side // factor, dtype=torch.float64) + 0.5) * factor - 0.5
    distance = (torch.arange(side, dtype=torch.float64) - centres[:, None]).abs() / factor
    weights = (1 - distance).clamp_min(0)
    return weights / weights.sum(1, keepdim=True)


def _lanczos2(side: int, factor: int) -> Tensor:
    """(side/factor, side) weights of sinc(d) sinc(d/2), d in low-resolution pixels, |d| < 2; float64."""
    offset = (torch.arange(4 * factor, dtype=torch.float64) - (4 * factor - 1) / 2) / factor
    kernel = torch.sinc(offset) * torch.sinc(offset / 2)
    starts = torch.arange(side // factor) * factor - (3 * factor) // 2
    source = (starts[:, None] + torch.arange(4 * factor)).clamp(0, side - 1)
    weights = (kernel / kernel.sum()).expand(side // factor, -1).contiguous()
    return torch.zeros(side // factor, side, dtype=torch.float64).scatter_add_(1, source, weights)


@lru_cache(maxsize=64)
def _bilinear(side: int, factor: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """(side*factor, side) weights of bilinear enlarging with half-pixel centres, edges clamped."""
    centres = (torch.arange(side * factor, dtype=torch.float64) + 0.5) / factor - 0.5
    distance = (torch.arange(side, dtype=torch.float64) - centres.clamp(0, side - 1)[:, None]).abs()
    return (1 - distance).clamp_min(0).to(device, dtype)


class _Product(torch.autograd.Function):
    """A x B^T for constant A and B; autograd alone would keep the intermediate product."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, a: Tensor, b: Tensor) -> Tensor:
        ctx.save_for_backward(a, b)
        return a @ (x @ b.T)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        a, b = ctx.saved_tensors
        return (a.T @ gradients[0]) @ b, None, None


def enlarge(x: Tensor, factor: int, mode: str = "bilinear") -> Tensor:
    """x (N, C, H, W) enlarged to (N, C, factor*H, factor*W), `bilinear` (half-pixel centres) or `nearest`."""
    if mode == "nearest":
        n, c, h, w = x.shape
        wide = x[:, :, :, None, :, None].expand(n, c, h, factor, w, factor)
        return wide.reshape(n, c, h * factor, w * factor)
    rows, columns = (_bilinear(side, factor, x.dtype, x.device) for side in x.shape[2:])
    return _Product.apply(x, rows, columns)


def change_level(x: Tensor, levels: int) -> Tensor:
    """x halved `-levels` times by averaging, or enlarged bilinearly by 2^levels; x itself for 0."""
    if levels < 0:
        return F.avg_pool2d(x, 2**-levels)
    return enlarge(x, 2**levels) if levels else x


class _Reflect(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, p: int) -> Tensor:
        ctx.p = p
        return F.pad(x, (p, p, p, p), mode="reflect")

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        p, g = ctx.p, gradients[0]
        rows = g[..., p:-p, :].clone()
        rows[..., 1 : p + 1, :] += g[..., :p, :].flip(-2)
        rows[..., -p - 1 : -1, :] += g[..., -p:, :].flip(-2)
        inner = rows[..., p:-p].clone()
        inner[..., 1 : p + 1] += rows[..., :p].flip(-1)
        inner[..., -p - 1 : -1] += rows[..., -p:].flip(-1)
        return inner, None


def reflect_pad(x: Tensor, p: int) -> Tensor:
    """x (N, C, H, W) padded by p on every side with its own mirror image, the edge not repeated.

    Raises ValueError unless p is smaller than both sides.
    """
    if p >= min(x.shape[-2:]):
        raise ValueError(f"padding is {p}; reflection needs it below both sides {tuple(x.shape[-2:])}")
    return _Reflect.apply(x, p) if p else x


def mirrored(x: Tensor, p: int = 1) -> Tensor:
    """The same with PyTorch's own padding where that is deterministic too and the faster, on the CPU."""
    return F.pad(x, (p, p, p, p), mode="reflect") if x.device.type == "cpu" else reflect_pad(x, p)
