"""Structural similarity with the Gaussian window of its authors."""

import torch
from torch import Tensor

from lib.metrics import check, window

RADIUS = 5  # 11 taps
SIGMA = 1.5  # pixels
K1, K2 = 0.01, 0.03


def ssim(a: Tensor, b: Tensor) -> Tensor:
    """Mean SSIM in [-1, 1], shape (N,), float64, of pictures (N, 3, H, W) in [0, 1] with sides of at least 11.

    Wang et al. 2004 (IEEE TIP 13(4), eq. 13): 11 x 11 Gaussian window, sigma 1.5, K1 0.01, K2 0.03, data range 1,
    population covariance; a value per RGB channel at each position whose window lies inside the picture (the outer
    5 pixels give none), then the mean over positions and channels. The same as scikit-image's
    `structural_similarity(..., gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=1)`.
    """
    check.pair(a, b, min_side=2 * RADIUS + 1)
    a, b = a.double(), b.double()
    statistics = torch.stack([a, b, a * a, b * b, a * b])
    mean_a, mean_b, square_a, square_b, product = window.gaussian(statistics, sigma=SIGMA, radius=RADIUS)
    variances = (square_a - mean_a * mean_a) + (square_b - mean_b * mean_b)
    covariance = product - mean_a * mean_b
    c1, c2 = K1**2, K2**2
    luminance = (2 * mean_a * mean_b + c1) / (mean_a * mean_a + mean_b * mean_b + c1)
    structure = (2 * covariance + c2) / (variances + c2)
    return (luminance * structure).mean(dim=(1, 2, 3))
