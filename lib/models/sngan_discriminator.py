"""The discriminator of SN-GAN as AutoGAN grows it with the resolution: figures and widths as in the authors' code."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import spectral_norm

from lib.models.autogan import averaged_taps, initialise

USED = {1: (1, 4), 2: (1, 2, 4), 3: (1, 2, 3, 4)}  # blocks by the cells of the generator


class Discriminator(nn.Module):
    """Four residual blocks of `width` channels with spectral norm in every layer; block 1 always sees the image.

    Starts as `initialise(module, 0)` draws it. Every forward in training mode runs one power iteration.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = width
        with torch.random.fork_rng(devices=[]):  # drawn twice: by PyTorch, then by `initialise`
            self.blocks = nn.ModuleList(Block(number, width) for number in USED[3])
            self.score = spectral_norm(nn.Linear(width, 1, bias=False))
        initialise(self, 0)

    def forward(self, images: Tensor, cells: int = 3) -> Tensor:
        """Scores (n,) of images (n, 3, s, s) in [-1, 1], by the blocks for 1 to 3 `cells`; ValueError for others."""
        x = images
        for number in _used(cells):
            x = self.blocks[number - 1](x)
        return F.linear(F.relu(x).sum((2, 3)), _weight(self.score, x)).squeeze(1)


class Block(nn.Module):
    """A residual block: block 1 starts without activation and halves the side, 2 halves it, 3 and 4 keep it."""

    def __init__(self, number: int, width: int) -> None:
        super().__init__()
        self.first, self.halves = number == 1, number <= 2
        inner = 3 if self.first else width
        self.conv1 = spectral_norm(nn.Conv2d(inner, width, 3, padding=1))
        self.conv2 = spectral_norm(nn.Conv2d(width, width, 3, padding=1))
        self.side = spectral_norm(nn.Conv2d(inner, width, 1)) if self.halves else None

    def forward(self, x: Tensor) -> Tensor:
        """Features (n, width, s, s) or, where the block halves, (n, width, s/2, s/2).

        Pooling comes before the 1x1 convolution of the side path, with which it commutes, and inside the 3x3 one of
        the main path, as strides and averaged taps: the same numbers for less than half of the work.
        """
        h = _convolved(self.conv1, x if self.first else F.relu(x))
        h = _convolved(self.conv2, F.relu(h), pooled=self.halves)
        return h + (_convolved(self.side, F.avg_pool2d(x, 2)) if self.halves else x)


def _convolved(layer: Any, x: Tensor, *, pooled: bool = False) -> Tensor:
    """A convolution of the same side, or for 3x3 with means of 2x2 behind."""
    weight = _weight(layer, x)
    if pooled:
        return F.conv2d(x, averaged_taps(weight), layer.bias, stride=2, padding=1)
    return F.conv2d(x, weight, layer.bias, padding=layer.padding)


def _weight(layer: Any, x: Tensor) -> Tensor:
    """The weight over its spectral norm, in the weight's own precision also under autocast."""
    with torch.autocast(x.device.type, enabled=False):
        return layer.weight


def _used(cells: int) -> Sequence[int]:
    if cells not in USED:
        raise ValueError(f"cells is {cells}; allowed are 1, 2 and 3")
    return USED[cells]


def discriminator_macs(width: int, side: int, cells: int = 3) -> int:
    """Multiply-accumulates of one image of a side, as the paper counts them: poolings last but in block 1's side."""
    square, total = width * width, width
    for number in _used(cells):
        inner = 3 * width if number == 1 else square
        total += 9 * (inner + square) * side**2
        if number <= 2:
            total += inner * (side // 2) ** 2 if number == 1 else inner * side**2
            side //= 2
    return total
