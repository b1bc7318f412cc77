"""The Fréchet distance against closed forms, pytorch-fid and SciPy's matrix square root."""

import numpy as np
import pytest
import torch
from pytorch_fid.fid_score import calculate_frechet_distance

from lib.metrics.frechet import Moments, distance, frechet_distance, moments
from tests.reference.frechet_scipy import frechet_by_matrix_root


def samples(n: int, dimensions: int, seed: int, shift: float = 0.0) -> torch.Tensor:
    """Correlated rows (n, dimensions) in float64."""
    rng = np.random.default_rng(seed)
    mix = np.random.default_rng(99).standard_normal((dimensions, dimensions)) / dimensions**0.5
    return torch.from_numpy(rng.standard_normal((n, dimensions)) @ mix + shift)


@pytest.mark.parametrize(
    ("n1", "n2"), [(300, 200), (30, 30), (30, 200), (20, 35)], ids=["full", "few", "mixed", "unequal"]
)
def test_it_equals_the_matrix_square_root_for_many_and_few_samples(n1, n2):
    x, y = samples(n1, 40, 0), samples(n2, 40, 1, shift=0.3) * 1.3
    assert frechet_distance(x, y) == pytest.approx(frechet_by_matrix_root(x.numpy(), y.numpy()), rel=1e-6)


@pytest.mark.filterwarnings("ignore:The `disp` argument:DeprecationWarning")
def test_it_equals_pytorch_fid_on_full_rank_data():
    x, y = samples(300, 24, 0).numpy(), samples(250, 24, 1, shift=0.2).numpy()
    statistics = (x.mean(axis=0), np.cov(x, rowvar=False), y.mean(axis=0), np.cov(y, rowvar=False))
    expected = calculate_frechet_distance(*statistics)
    assert frechet_distance(torch.from_numpy(x), torch.from_numpy(y)) == pytest.approx(expected, rel=1e-10)


def test_shifted_samples_are_apart_by_the_squared_shift():
    x = samples(50, 80, 0)
    shift = torch.linspace(0, 1, 80, dtype=torch.float64)
    assert frechet_distance(x, x + shift) == pytest.approx(float(shift.square().sum()), rel=1e-10)


def test_scaled_samples_are_apart_by_the_scaled_trace():
    x = samples(50, 80, 0)
    x = x - x.mean(dim=0)
    trace = float(x.var(dim=0).sum())
    assert frechet_distance(x, 3 * x) == pytest.approx((3 - 1) ** 2 * trace, rel=1e-10)


def test_gaussians_with_commuting_covariances_have_their_closed_form():
    a, b = torch.tensor([4.0, 9.0, 0.0]).double(), torch.tensor([1.0, 16.0, 25.0]).double()
    mu = torch.zeros(3).double()
    first, second = Moments(mu, a.sqrt().diag()), Moments(mu + 0.5, b.sqrt().diag())
    expected = float((a.sqrt() - b.sqrt()).square().sum()) + 3 * 0.25
    assert distance(first, second) == pytest.approx(expected, rel=1e-12)


def test_counted_rows_are_repeated_rows():
    x, y = samples(12, 30, 0), samples(20, 30, 1)
    counts = torch.tensor([1, 2, 3] * 4)
    repeated = distance(moments(x.repeat_interleave(counts, dim=0)), moments(y))
    assert distance(moments(x, counts), moments(y)) == pytest.approx(repeated, rel=1e-12)


def test_features_with_nan_are_refused_by_name():
    with pytest.raises(ValueError, match="y holds 1 NaN"):
        frechet_distance(torch.zeros(3, 2), torch.tensor([[0.0, 1.0], [float("nan"), 2.0]]))
