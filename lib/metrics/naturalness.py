"""Distance from natural-scene statistics (the idea of NIQE): a proxy trained on photographs, not a human judgement.

Mittal, Soundararajan and Bovik 2013. Luma is normalised by local mean and deviation (MSCN coefficients); their
distribution and that of products of neighbours are described by fitted generalised Gaussians, 18 numbers a patch and
scale; a Gaussian over the 36 numbers of two scales is fitted to patches of natural photos. Own fit, so the values are
comparable only among pictures measured with one model.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from lib.metrics import check, window
from lib.metrics.texture import luma

FEATURES = 36
FEWEST_PHOTOS = 30
PATCH = 32  # pixels, a patch's side
SHARP = 0.75  # share of a photo's sharpest patch that a patch must reach to enter the fit
NEIGHBOURS = ((0, 1), (1, 0), (1, 1), (1, -1))  # right, below and both diagonals
SHAPES = torch.arange(0.2, 10.0005, 0.001, dtype=torch.float64)


@dataclass(frozen=True)
class NaturalScenes:
    """Gaussian over patch features of photos: `mean` (36,) and `covariance` (36, 36)."""

    mean: Tensor
    covariance: Tensor


def fit_nss(photos: Iterable[Tensor]) -> NaturalScenes:
    """Fit the model to at least 30 photos, each (3, H, W) in [0, 1] with sides of at least 32 pixels.

    Of each photo the patches count whose mean local deviation reaches 0.75 of its sharpest. `photos` may be a tensor
    (N, 3, H, W). Raises ValueError for fewer photos, or fewer patches than the covariance needs (37).
    """
    found: list[Tensor] = []
    for photo in photos:
        features, sharpness = _patch_features(photo[None], f"photos[{len(found)}]")
        found.append(features[0][sharpness[0] >= SHARP * sharpness[0].max()])
    if len(found) < FEWEST_PHOTOS:
        raise ValueError(f"photos holds {len(found)} pictures; at least {FEWEST_PHOTOS} natural photos are needed")
    rows = torch.cat(found)
    if len(rows) <= FEATURES:
        raise ValueError(f"photos gave {len(rows)} sharp patches; more than {FEATURES} are needed: use larger photos")
    return NaturalScenes(rows.mean(dim=0), torch.cov(rows.T))


def nss_distance(x: Tensor, model: NaturalScenes) -> Tensor:
    """Distance (N,) of pictures (N, 3, H, W) in [0, 1] from natural scenes; at least 0, low is like the photos.

    sqrt((m - m')^T ((C + C') / 2)^-1 (m - m')) between the picture's patches and the model's. Sides of at least one
    patch, one of them two; with few patches (small pictures) the value is unstable.
    """
    if x.ndim == 4 and max(x.shape[2:]) < 2 * PATCH:
        raise ValueError(f"x is {x.shape[2]}x{x.shape[3]} pixels; one side must reach {2 * PATCH} (two patches)")
    features, _ = _patch_features(x, "x")
    mean = features.mean(dim=1)
    centred = features - mean[:, None]
    covariance = centred.mT @ centred / (features.shape[1] - 1)
    apart = mean - model.mean.to(mean)
    inverse = torch.linalg.pinv((covariance + model.covariance.to(mean)) / 2, hermitian=True)
    return torch.einsum("ni,nij,nj->n", apart, inverse, apart).clamp_min(0).sqrt()


def generalised_gaussian(values: Tensor) -> Tensor:
    """Fit an asymmetric generalised Gaussian to each row: (..., M) to (..., 4) = shape, mean, left scale, right scale.

    Moment matching of Lasmar et al. 2009: the density falls as exp(-(|v| / scale)^shape) on each side of 0; shape 2 is
    Gaussian, 1 Laplacian, searched on 0.2 to 10. Rows of zeros get shape 0.2 and scales near 0.
    """
    left, right = (_one_sided(values, sign).clamp_min(1e-6) for sign in (-1, 1))
    ratio = left / right
    spread = values.abs().mean(dim=-1).square() / values.square().mean(dim=-1).clamp_min(1e-12)
    target = spread * (ratio**3 + 1) * (ratio + 1) / (ratio.square() + 1).square()
    shapes = SHAPES.to(values)
    rho = (2 * torch.lgamma(2 / shapes) - torch.lgamma(1 / shapes) - torch.lgamma(3 / shapes)).exp()
    shape = shapes[torch.searchsorted(rho, target.contiguous()).clamp_max(len(shapes) - 1)]
    scale = ((torch.lgamma(1 / shape) - torch.lgamma(3 / shape)) / 2).exp()
    left, right = left * scale, right * scale
    mean = (right - left) * (torch.lgamma(2 / shape) - torch.lgamma(1 / shape)).exp()
    return torch.stack([shape, mean, left, right], dim=-1)


def _one_sided(values: Tensor, sign: int) -> Tensor:
    """Root mean square of the values of one sign (0 if there are none)."""
    chosen = (values * sign > 0).to(values)
    return ((values.square() * chosen).sum(dim=-1) / chosen.sum(dim=-1).clamp_min(1)).sqrt()


def _patch_features(x: Tensor, name: str) -> tuple[Tensor, Tensor]:
    """Features (N, P, 36) and sharpness (N, P) of the whole patches from the top left corner."""
    check.images(x, name, min_side=PATCH)
    height, width = (side // PATCH * PATCH for side in x.shape[2:])
    y = luma(x)[:, :height, :width]
    half = F.interpolate(y[:, None], size=(height // 2, width // 2), mode="bicubic", antialias=True)[:, 0]
    fine, deviation = _normalised(y)
    coarse, _ = _normalised(half)
    features = [_describe(_tiles(fine, PATCH)), _describe(_tiles(coarse, PATCH // 2))]
    return torch.cat(features, dim=-1), _tiles(deviation, PATCH).mean(dim=(2, 3))


def _normalised(y: Tensor) -> tuple[Tensor, Tensor]:
    """MSCN coefficients (y - mean) / (deviation + 1/255) and local deviation; 7 x 7 Gaussian, sigma 7/6."""
    padded = F.pad(y, [3] * 4, mode="replicate")
    mean, square = window.gaussian(torch.stack([padded, padded.square()]), sigma=7 / 6, radius=3)
    deviation = (square - mean.square()).clamp_min(0).sqrt()
    return (y - mean) / (deviation + 1 / 255), deviation


def _tiles(y: Tensor, side: int) -> Tensor:
    """Non-overlapping tiles (N, P, side, side) of (N, H, W)."""
    n, height, width = y.shape
    grid = y.reshape(n, height // side, side, width // side, side).transpose(2, 3)
    return grid.reshape(n, -1, side, side)


def _describe(tiles: Tensor) -> Tensor:
    """The 18 features (N, P, 18) of one scale: shape and mean scale of the coefficients, and the four fitted numbers of
    each product of neighbours."""
    shape, _, left, right = generalised_gaussian(tiles.flatten(2)).unbind(-1)
    own = torch.stack([shape, (left + right) / 2], dim=-1)
    products = [generalised_gaussian(_product(tiles, down, right_by)) for down, right_by in NEIGHBOURS]
    return torch.cat([own, *products], dim=-1)


def _product(tiles: Tensor, down: int, right: int) -> Tensor:
    """Products (N, P, M) of each coefficient with its neighbour within the tile."""
    side = tiles.shape[-1]
    first = tiles[..., : side - down, max(0, -right) : side - max(0, right)]
    second = tiles[..., down:, max(0, right) : side - max(0, -right)]
    return (first * second).flatten(2)
