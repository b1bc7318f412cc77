"""The Fréchet distance as commonly computed: dense covariances and SciPy's matrix square root of their product."""

import numpy as np
from scipy import linalg


def frechet_by_matrix_root(x: np.ndarray, y: np.ndarray) -> float:
    """Distance of features (n1, D) and (n2, D): D x D covariances, Schur-based root, real part of its trace."""
    return frechet_of_statistics(x.mean(axis=0), np.cov(x, rowvar=False), y.mean(axis=0), np.cov(y, rowvar=False))


def frechet_of_statistics(mu1: np.ndarray, cov1: np.ndarray, mu2: np.ndarray, cov2: np.ndarray) -> float:
    """|mu1 - mu2|^2 + Tr(cov1 + cov2 - 2 sqrt(cov1 cov2))."""
    root = linalg.sqrtm(cov1 @ cov2)
    return float(((mu1 - mu2) ** 2).sum() + np.trace(cov1) + np.trace(cov2) - 2 * np.trace(root).real)
