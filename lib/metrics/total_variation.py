"""Total variation under each definition the papers use. Values of different definitions must never be compared."""

import torch
from torch import Tensor


def _differences(x: Tensor) -> tuple[Tensor, Tensor]:
    """Forward differences (B, C, H-1, W) and (B, C, H, W-1)."""
    return x[..., 1:, :] - x[..., :-1, :], x[..., :, 1:] - x[..., :, :-1]


def absolute_sum(x: Tensor) -> Tensor:
    """Sum (B,) of |x[i+1,j]-x[i,j]| + |x[i,j+1]-x[i,j]| over pixels and channels: the TensorFlow tutorial's term."""
    down, right = _differences(x)
    return down.abs().flatten(1).sum(1) + right.abs().flatten(1).sum(1)


def absolute_mean(x: Tensor) -> Tensor:
    """`absolute_sum` (B,) divided by the number of values C*H*W, so that sizes can be compared; 0 to 2."""
    return absolute_sum(x) / x[0].numel()


def squared_sum(x: Tensor) -> Tensor:
    """Sum (B,) of squared differences, both directions: the smoothness term of early style-transfer programs."""
    down, right = _differences(x)
    return down.square().flatten(1).sum(1) + right.square().flatten(1).sum(1)


def squared_mean(x: Tensor) -> Tensor:
    """`squared_sum` (B,) divided by the number of values C*H*W: the definition of scale-free style transfer."""
    return squared_sum(x) / x[0].numel()


def absolute_difference(x: Tensor) -> Tensor:
    """Mean (B,) of the absolute forward differences of both directions: `absolute_sum` by their number; 0 to 1."""
    down, right = _differences(x)
    return absolute_sum(x) / (down[0].numel() + right[0].numel())


def isotropic_mean(x: Tensor) -> Tensor:
    """Mean (B,) length of the gradient: sqrt(down^2 + right^2) where both differences exist; 0 to sqrt 2."""
    down, right = _differences(x)
    return torch.hypot(down[..., :-1], right[..., :-1, :]).flatten(1).mean(1)


_ALL = (absolute_sum, absolute_mean, squared_sum, squared_mean, absolute_difference, isotropic_mean)
DEFINITIONS = {f.__name__: f for f in _ALL}


def total_variation(x: Tensor, definition: str) -> Tensor:
    """Total variation (B,) of images (B, C, H, W) under a named definition; ValueError names the allowed ones."""
    if definition not in DEFINITIONS:
        raise ValueError(f"definition is {definition!r}; allowed are {', '.join(DEFINITIONS)}")
    return DEFINITIONS[definition](torch.as_tensor(x))
