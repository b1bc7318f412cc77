"""Whitening and colouring transform: gives one picture's features the mean and covariance of another's.

Li et al., "Universal style transfer via feature transforms" (2017), with the numerics of StyleNAS (section
3.2): float64, 1 added to the content's variances, eigenvalues below a threshold dropped. Whitening, colouring and
both means become one affine map, so that features are read twice (statistics, map) and written once.
Statistics are gathered over chunks of positions: their memory does not grow with the picture.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

CHUNK, SAMPLE = 2**17, 256  # numbers in a chunk of features; positions whose mean is the provisional one


class TransformError(ArithmeticError):
    """Features that are not finite, or an eigendecomposition that does not converge."""


@dataclass(frozen=True)
class Numerics:
    """How a transform computes.

    `content_shift` is added to the content's variances ("+ I"): a direction of variance v gets v / (v + shift) of the
    style's. `photonas` takes 1.5 S + diag(S) instead, without a shift, as the authors' later work. Eigenvalues below
    `threshold` are dropped. `covariance` is the precision of the products that form S; their sum and its decomposition
    are float64.
    """

    content_shift: float = 1.0
    threshold: float = 1e-5
    photonas: bool = False
    covariance: torch.dtype = torch.float64


@dataclass(frozen=True)
class Colouring:
    """A style: the mean (C,) of its features and the root (C, C) of their covariance, float64."""

    mean: Tensor
    matrix: Tensor


@dataclass(frozen=True)
class Affine:
    """y = matrix x + offset at every position; (C, C) and (C,), float64."""

    matrix: Tensor
    offset: Tensor


@torch.no_grad()
def colouring(style: Tensor, numerics: Numerics) -> Colouring:
    """The colouring of style features (1, C, H, W) or (C, H, W); raises TransformError, ValueError for other shapes."""
    mean, covariance = statistics(style, numerics.covariance)
    return Colouring(mean, _power(covariance, 0.5, numerics.threshold))


@torch.no_grad()
def fit(content: Tensor, colour: Colouring, numerics: Numerics) -> Affine:
    """The map that gives content features (1, C, H, W) or (C, H, W) the style's colouring; raises as `colouring`.

    The content's size may differ from the style's; ValueError if its channels do.
    """
    mean, covariance = statistics(content, numerics.covariance)
    if mean.shape != colour.mean.shape:
        raise ValueError(f"content has {len(mean)} channels; the style has {len(colour.mean)}")
    if numerics.photonas:
        covariance = 1.5 * covariance + covariance.diag().diag()
    else:
        covariance.diagonal().add_(numerics.content_shift)
    matrix = colour.matrix @ _power(covariance, -0.5, numerics.threshold)
    return Affine(matrix, colour.mean - matrix @ mean)


def apply(features: Tensor, affine: Affine) -> Tensor:
    """The mapped features (N, C, H, W), in their own dtype and layout."""
    matrix, offset = affine.matrix.to(features), affine.offset.to(features)
    with torch.backends.cudnn.flags(enabled=True, allow_tf32=False):  # three digits would not do here
        return F.conv2d(features, matrix[:, :, None, None], offset)


def statistics(features: Tensor, precision: torch.dtype = torch.float64) -> tuple[Tensor, Tensor]:
    """Mean (C,) and covariance (C, C), over N - 1, of features (1, C, H, W) or (C, H, W) over their N positions.

    Both are float64; the covariance's products are of `precision`. Raises TransformError unless both are finite.
    """
    if features.ndim not in (3, 4) or (features.ndim == 4 and len(features) != 1):
        raise ValueError(f"features have the shape {tuple(features.shape)}; allowed are (1, C, H, W) and (C, H, W)")
    x = features.reshape(*features.shape[-3:]).flatten(1)  # (C, N), a view in either memory layout
    channels, positions = x.shape
    # One pass: products are taken about a sample's mean, so that little cancels when they are moved to the true one.
    centre = x[:, :: max(1, positions // SAMPLE)].double().mean(1, keepdim=True).to(precision)
    total, products = (centre.new_zeros(shape, dtype=torch.float64) for shape in (channels, (channels, channels)))
    for chunk in x.split(max(1, CHUNK // channels), 1):
        deviation = chunk.to(centre.dtype) - centre
        total += deviation.sum(1)
        products += deviation @ deviation.T
    drift = total / positions
    mean = centre.double().flatten() + drift
    covariance = (products - positions * drift.outer(drift)) / max(positions - 1, 1)
    if not (mean.isfinite().all() and covariance.isfinite().all()):
        raise TransformError("features are not finite, or too large for the precision of their covariance")
    return mean, covariance


def _power(covariance: Tensor, exponent: float, threshold: float) -> Tensor:
    """The covariance (C, C) to a power, within the span of its eigenvalues from `threshold` up."""
    try:
        values, vectors = torch.linalg.eigh(covariance)
    except torch.linalg.LinAlgError:  # met where hundreds of channels are silent, and so hundreds of eigenvalues equal
        try:
            vectors, values, _ = torch.linalg.svd(covariance)  # slower; of a covariance they are the same
        except torch.linalg.LinAlgError as error:
            raise TransformError(f"the decomposition of a covariance did not converge: {error}") from error
    scale = torch.where(values >= threshold, values.clamp_min(threshold).pow(exponent), 0)
    return (vectors * scale) @ vectors.T
