"""Fréchet distance over the positions of a feature map: one picture against one style picture."""

from torch import Tensor

from lib.metrics import check
from lib.metrics.frechet import distance, moments


def position_frechet(features_x: Tensor, features_style: Tensor) -> float:
    """Fréchet distance between the feature vectors at all positions of two maps (C, H, W), (C, H', W'); at least 0.

    The idea of the single-image FID (Shaham et al. 2019, section 4.2) on any feature map: positions are the samples, so
    the two sizes may differ. With fewer positions than channels the covariance is singular; the value is still exact
    (`lib.metrics.frechet`), but biased upward, so compare equal sizes. Raises ValueError for anything but two finite
    float maps with equal C and at least two positions.
    """
    names = ("features_x", "features_style")
    for name, features in zip(names, (features_x, features_style), strict=True):
        if features.ndim != 3:
            raise ValueError(f"{name} has shape {tuple(features.shape)}; allowed is (C, H, W)")
    x, y = check.row_pair(features_x.flatten(1).T, features_style.flatten(1).T, names=names)
    return distance(moments(x), moments(y))
