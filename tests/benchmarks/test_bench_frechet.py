"""Speed of the Fréchet distance at 2048 dimensions with 500 samples a side, beside SciPy's matrix square root."""

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
def test_matrix_square_root(benchmark, features, plain):
    benchmark.extra_info.update(role="reference", threads=torch.get_num_threads())
    plain["value"] = benchmark.pedantic(frechet_by_matrix_root, args=features, rounds=2, iterations=1)
    assert plain["value"] == pytest.approx(frechet_distance(*map(torch.from_numpy, features)), rel=1e-6)


@pytest.mark.benchmark(group="frechet 2048 dimensions, 500 samples a side")
def test_singular_values(benchmark, features, plain):
    benchmark.extra_info.update(role="fast", threads=torch.get_num_threads())
    x, y = map(torch.from_numpy, features)
    value = benchmark.pedantic(frechet_distance, args=(x, y), rounds=10, iterations=1, warmup_rounds=1)
    expected = plain.get("value") or frechet_by_matrix_root(*features)
    benchmark.extra_info["accuracy"] = f"the same to {abs(value / expected - 1):.0e}"
    assert value == pytest.approx(expected, rel=1e-6)
