"""Speed of the Fréchet distance at 2048 dimensions with 500 samples a side, beside SciPy's matrix square root."""

from functools import partial

import numpy as np
import pytest
import torch

from lib.metrics.frechet import frechet_distance
from tests.reference.frechet_scipy import frechet_by_matrix_root

DIMENSIONS, SAMPLES = 2048, 500


@pytest.fixture(scope="module")
def features() -> tuple[np.ndarray, np.ndarray]:
    """Non-negative features of falling scale, as pooled activations are."""
    rng = np.random.default_rng(0)
    scale = np.geomspace(1, 1e-2, DIMENSIONS)
    x, y = rng.standard_normal((2, SAMPLES, DIMENSIONS))
    return np.abs(x) * scale, np.abs(y + 0.2) * scale


@pytest.fixture(scope="module")
def plain() -> dict[str, float]:
    """Filled by the reference and read by the fast path, so that the slow one is not computed twice."""
    return {}


@pytest.mark.benchmark(group="frechet 2048 dimensions, 500 samples a side")
def test_matrix_square_root(timed, features, plain):
    plain["value"] = timed("reference", partial(frechet_by_matrix_root, *features), rounds=2)
    assert plain["value"] == pytest.approx(frechet_distance(*map(torch.from_numpy, features)), rel=1e-6)


@pytest.mark.benchmark(group="frechet 2048 dimensions, 500 samples a side")
def test_singular_values(benchmark, timed, features, plain):
    value = timed("fast", partial(frechet_distance, *map(torch.from_numpy, features)), rounds=10, warmup=1)
    expected = plain.get("value") or frechet_by_matrix_root(*features)
    benchmark.extra_info["accuracy"] = f"the same to {abs(value / expected - 1):.0e}"
    assert value == pytest.approx(expected, rel=1e-6)
