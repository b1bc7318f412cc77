"""The kernel distance against a direct double loop, and its interval against repeated draws."""

import numpy as np
import pytest
import torch

from lib.metrics.kernel import kernel_distance


def by_double_loop(x: np.ndarray, y: np.ndarray) -> float:
    """Unbiased MMD^2 with the cubic kernel, one pair at a time."""

    def k(a: np.ndarray, b: np.ndarray) -> float:
        return (float(a @ b) / len(a) + 1) ** 3

    within_x = [k(x[i], x[j]) for i in range(len(x)) for j in range(len(x)) if i != j]
    within_y = [k(y[i], y[j]) for i in range(len(y)) for j in range(len(y)) if i != j]
    return np.mean(within_x) + np.mean(within_y) - 2 * np.mean([k(a, b) for a in x for b in y])


def draws(n: int, shift: float, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    return torch.randn(n, 8, generator=generator), torch.randn(n, 8, generator=generator) + shift


def test_one_subset_of_everything_is_the_double_loop():
    x, y = draws(12, 0.5, torch.Generator().manual_seed(0))
    score = kernel_distance(x, y, subsets=1, subset_size=12, seed=3)
    assert score.value == pytest.approx(by_double_loop(x.double().numpy(), y.double().numpy()), rel=1e-10)


def test_subsets_average_the_double_loop_over_random_rows():
    x, y = draws(30, 0.5, torch.Generator().manual_seed(0))
    score = kernel_distance(x, y, subsets=400, subset_size=20, seed=0)
    whole = by_double_loop(x.double().numpy(), y.double().numpy())
    assert score.value == pytest.approx(whole, rel=0.03)
    assert (score.protocol["subsets"], score.protocol["subset_size"], score.n) == (400, 20, 30)


def test_it_is_unbiased_and_its_interval_covers_the_truth():
    generator = torch.Generator().manual_seed(1)
    scores = [kernel_distance(*draws(60, 0.3, generator), subsets=1, subset_size=60, seed=0) for _ in range(200)]
    truth = np.mean([s.value for s in scores])
    reference = kernel_distance(*draws(4000, 0.3, generator), subsets=1, subset_size=4000, seed=0).value
    assert truth == pytest.approx(reference, abs=0.05)
    assert 0.9 <= np.mean([s.low <= reference <= s.high for s in scores]) <= 0.995


def test_equal_distributions_may_score_below_0_and_0_lies_in_the_interval():
    generator = torch.Generator().manual_seed(2)
    scores = [kernel_distance(*draws(50, 0.0, generator), subsets=1, subset_size=50, seed=0) for _ in range(60)]
    assert any(s.value < 0 for s in scores)
    assert np.mean([s.low <= 0 <= s.high for s in scores]) >= 0.9


def test_the_seed_decides_the_subsets():
    x, y = draws(30, 0.5, torch.Generator().manual_seed(0))
    first, again, other = (kernel_distance(x, y, subsets=3, subset_size=8, seed=s).value for s in (0, 0, 1))
    assert first == again != other


@pytest.mark.parametrize("size", [1, 31])
def test_subsets_beyond_the_rows_are_refused(size):
    with pytest.raises(ValueError, match=f"subset_size is {size}; allowed are 2 to 30"):
        kernel_distance(torch.zeros(30, 4), torch.zeros(40, 4), subsets=5, subset_size=size, seed=0)
