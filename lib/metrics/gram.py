"""Gram matrices, and the style and content losses of neural style transfer, one value an image.

Gatys, Ecker and Bethge, "Image style transfer using convolutional neural networks" (2016).
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

REDUCTIONS = ("mean", "sum", "scaled")


class _Gram(torch.autograd.Function):
    """F F^T/(H*W) whose backward needs one matrix product instead of autograd's two.

    The backward scales the small C x C factor, and multiplies so that the gradient comes out in the channels-last
    layout of the convolutions' own gradients, which autograd adds to it.
    """

    @staticmethod
    def forward(ctx: Any, flat: Tensor) -> Tensor:
        ctx.save_for_backward(flat)
        return (flat @ flat.transpose(1, 2)).div_(flat.shape[2])

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Tensor:
        (flat,) = ctx.saved_tensors
        (grad,) = grads
        factor = (grad + grad.transpose(1, 2)).div_(flat.shape[2])
        return (flat.transpose(1, 2) @ factor).transpose(1, 2)


def gram(features: Tensor) -> Tensor:
    """The Gram matrix (B, C, C) of feature maps (B, C, H, W), divided by H*W and not by C."""
    return _Gram.apply(features.flatten(2))


def distance(x: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    """The squared distance (B,) of each x[i] to the target, reduced over all its entries.

    `mean` and `sum` are the usual ones; `scaled` divides the sum of squares by the sum of absolute
    differences, so that the gradient does not depend on the scale of the features. Raises ValueError for
    another reduction.
    """
    difference = (x - target).flatten(1)
    squares = difference.square()
    if reduction == "mean":
        return squares.mean(1)
    if reduction == "sum":
        return squares.sum(1)
    if reduction == "scaled":
        return squares.sum(1) / (difference.abs().sum(1) + 1e-8)
    raise ValueError(f"reduction is {reduction!r}; allowed are {', '.join(REDUCTIONS)}")


def style_loss(features: Mapping[str, Tensor], grams: Mapping[str, Tensor], weights: Mapping[str, float],
               reduction: str = "mean") -> Tensor:  # fmt: skip
    """The weighted sum (B,) over layers of the distance between the features' Gram matrices and the target's."""
    return torch.stack(
        [weight * distance(gram(features[layer]), grams[layer], reduction) for layer, weight in weights.items()]
    ).sum(0)


def content_loss(features: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    """The distance (B,) between feature maps (B, C, H, W) and the content's (1, C, H, W)."""
    return distance(features, target, reduction)
