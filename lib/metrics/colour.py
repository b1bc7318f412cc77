"""Colour contrast in CIELAB."""

import torch
from skimage.color import rgb2lab
from torch import Tensor

from lib.metrics import check


def colour_contrast(x: Tensor) -> Tensor:
    """Spread of colour over a picture, shape (N,), float64: sqrt(var(a) + var(b)) over its CIELAB pixels.

    0 for a grey or single-coloured picture; in units of a and b. Population variance. `x` is (N, 3, H, W) in [0, 1].
    """
    check.images(x, "x")
    lab = torch.from_numpy(rgb2lab(x.detach().double().clamp(0, 1).cpu().numpy(), channel_axis=1)).to(x.device)
    return lab[:, 1:].var(dim=(2, 3), correction=0).sum(dim=1).sqrt()
