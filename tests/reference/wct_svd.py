"""Whitening and colouring step by step, by a singular value decomposition of the features."""

import torch
from torch import Tensor


def spectrum(features: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Mean (C, 1), all C eigenvalues of the covariance and their vectors, of features (C, N)."""
    mean = features.mean(1, keepdim=True)
    channels, positions = features.shape
    vectors, singular, _ = torch.linalg.svd(features - mean, full_matrices=positions < channels)
    values = torch.zeros(channels, dtype=features.dtype)
    values[: len(singular)] = singular**2 / (positions - 1)
    return mean, values, vectors


def transfer(content: Tensor, style: Tensor, shift: float = 1.0, threshold: float = 1e-5) -> Tensor:
    """Content features (C, N) with the statistics of the style's (C, M); float64 in, float64 out."""
    content_mean, content_values, content_vectors = spectrum(content)
    style_mean, style_values, style_vectors = spectrum(style)
    content_values = content_values + shift
    kept, kept_style = content_values >= threshold, style_values >= threshold
    u, s = content_vectors[:, kept], style_vectors[:, kept_style]
    whitened = u @ torch.diag(content_values[kept] ** -0.5) @ u.T @ (content - content_mean)
    return s @ torch.diag(style_values[kept_style] ** 0.5) @ s.T @ whitened + style_mean
