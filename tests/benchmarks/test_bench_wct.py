"""Speed of whitening and colouring at 512 channels, beside an SVD of the features; float64 features at 1/8 scale.

The style's half is part of both. Pictures of 512x256 give 64x32 positions.
"""

import pytest
import torch
from torch import Tensor

from lib.models import wct
from lib.models.wct import Numerics
from tests.reference.wct_svd import transfer

CHANNELS, HEIGHT, WIDTH = 512, 32, 64
GROUP = f"WCT, {CHANNELS} channels, {WIDTH}x{HEIGHT} positions"


@pytest.fixture(scope="module")
def pair() -> Tensor:
    """Content and style features (2, C, H, W), float64, correlated and of falling scale as activations are."""
    generator = torch.Generator().manual_seed(0)
    mixing = torch.randn(2, CHANNELS, CHANNELS, generator=generator, dtype=torch.float64) / CHANNELS**0.5
    scale = torch.logspace(0.5, -1, CHANNELS, dtype=torch.float64)[:, None]
    x = torch.randn(2, CHANNELS, HEIGHT * WIDTH, generator=generator, dtype=torch.float64)
    return (mixing @ (scale * x)).relu().unflatten(2, (HEIGHT, WIDTH))


def moved(pair: Tensor, numerics: Numerics) -> Tensor:
    content, style = pair.split(1)
    return wct.apply(content, wct.fit(content, wct.colouring(style, numerics), numerics))


@pytest.mark.benchmark(group=GROUP)
def test_svd_of_the_features(timed, pair):
    found = timed("reference", lambda: transfer(*pair.flatten(2)), rounds=3, warmup=1)
    torch.testing.assert_close(found.mean(1), pair[1].flatten(1).mean(1))


@pytest.mark.benchmark(group=GROUP)
@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_eigendecomposition_of_the_covariance(timed, pair, precision):
    numerics, expected = Numerics(covariance=getattr(torch, precision)), transfer(*pair.flatten(2))
    error = float((moved(pair, numerics)[0].flatten(1) - expected).norm() / expected.norm())
    assert error < (1e-8 if precision == "float64" else 1e-4)
    role = "fast" if precision == "float64" else "variant"
    timed(role, lambda: moved(pair, numerics), rounds=10, warmup=1, accuracy=f"the same to {error:.0e}")
