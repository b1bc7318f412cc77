"""Fréchet distance between Gaussians fitted to two sets of features, without a matrix square root.

    d = |m1 - m2|^2 + Tr S1 + Tr S2 - 2 Tr (S1 S2)^(1/2)        (Heusel et al. 2017, eq. 6; Dowson and Landau 1982)

Write each covariance as S = A^T A with a factor A of r rows. The non-zero eigenvalues of S1 S2 = A^T A B^T B are those
of (A B^T)(A B^T)^T, since cyclic exchange keeps non-zero eigenvalues; their roots are the singular values of A B^T, so

    Tr (S1 S2)^(1/2) = sum of the singular values of A B^T      (its nuclear norm).

Samples are a factor themselves: with centred rows X1c (n1, D) and X2c (n2, D) and the unbiased covariance,
A = X1c / sqrt(n1 - 1) and B = X2c / sqrt(n2 - 1), so the trace is the nuclear norm of the n1 x n2 matrix
X1c X2c^T / sqrt((n1 - 1)(n2 - 1)): exact, also where n < D makes the covariance singular. With more samples than
dimensions the triangular factor of a QR decomposition (R^T R = A^T A) replaces A and the matrix is D x D. No eigenvalue
of a product is ever rooted, which would turn rounding of 1e-16 into 1e-8. Everything is float64.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from lib.metrics import check


@dataclass(frozen=True)
class Moments:
    """A mean (D,) and a factor (r, D) of the covariance: covariance = factor^T factor."""

    mean: Tensor
    factor: Tensor


def moments(x: Tensor, counts: Tensor | None = None) -> Moments:
    """Moments of rows (n, D), each taken `counts` (n,) times (once where None); unbiased covariance, float64."""
    x = check.rows(x, "x", at_least=2 if counts is None else 1)
    weights = x.new_ones(len(x)) if counts is None else counts.to(x)
    n = weights.sum()
    mean = weights @ x / n
    factor = (x - mean) * (weights / (n - 1)).sqrt()[:, None]
    return Moments(mean, torch.linalg.qr(factor, mode="r").R if len(x) > x.shape[1] else factor)


def distance(a: Moments, b: Moments) -> float:
    """The Fréchet distance of two Gaussians in squared feature units; at least 0."""
    apart = (a.mean - b.mean).square().sum() + a.factor.square().sum() + b.factor.square().sum()
    return max(0.0, float(apart - 2 * torch.linalg.svdvals(a.factor @ b.factor.T).sum()))


def frechet_distance(x: Tensor, y: Tensor) -> float:
    """Fréchet distance of features (n1, D) and (n2, D), n of at least 2 each, in squared feature units.

    Exact for any n and D (see the head of this file). Biased upward by small n: compare only equal n. Raises
    ValueError for anything `check.row_pair` refuses.
    """
    x, y = check.row_pair(x, y)
    return distance(moments(x), moments(y))
