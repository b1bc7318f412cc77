"""Kernel distance: the unbiased squared maximum mean discrepancy with the cubic polynomial kernel."""

import math

import torch
from torch import Tensor

from lib.metrics import check
from lib.metrics.score import SetScore


def kernel_distance(x: Tensor, y: Tensor, *, subsets: int, subset_size: int, seed: int) -> SetScore:
    """Kernel distance of features (n1, D) and (n2, D) with a 95 % interval; unbiased, so it may be below 0.

    Binkowski et al. 2018, section 4: MMD^2 = mean k(x, x') + mean k(y, y') - 2 mean k(x, y) over distinct pairs with
    k(a, b) = (a . b / D + 1)^3, averaged over `subsets` random subsets of `subset_size` rows a side drawn without
    replacement. Not multiplied by 1000. The interval is normal; its variance is the jackknife's, var(h_x)/n1 +
    var(h_y)/n2 with h_x(i) = 2 (mean k(x_i, x') - mean k(x_i, y)), plus that of drawing subsets; near distance 0 it is
    too wide rather than too narrow. Raises ValueError for fewer rows than `subset_size`.
    """
    x, y = check.row_pair(x, y)
    if not 2 <= subset_size <= min(len(x), len(y)):
        raise ValueError(f"subset_size is {subset_size}; allowed are 2 to {min(len(x), len(y))}, the rows a side")
    draw = torch.Generator().manual_seed(seed)
    values, variances = zip(*(_one_subset(x, y, subset_size, draw) for _ in range(subsets)), strict=True)
    mean = math.fsum(values) / subsets
    drawing = math.fsum((value - mean) ** 2 for value in values) / max(subsets - 1, 1) / subsets
    half = 1.96 * math.sqrt(math.fsum(variances) / subsets + drawing)
    protocol = {"kernel": "(a.b/D + 1)^3", "subsets": subsets, "subset_size": subset_size, "seed": seed}
    protocol |= {"interval": "normal, jackknife variance"}
    return SetScore("KD", mean, min(len(x), len(y)), mean - half, mean + half, protocol)


def _one_subset(x: Tensor, y: Tensor, size: int, draw: torch.Generator) -> tuple[float, float]:
    """MMD^2 of one subset, and the jackknife variance of MMD^2 over all rows as estimated from it."""
    a = x[torch.randperm(len(x), generator=draw)[:size].to(x.device)]
    b = y[torch.randperm(len(y), generator=draw)[:size].to(y.device)]
    cross = _kernel(a, b)
    within_a, within_b = _mean_to_others(a), _mean_to_others(b)
    value = within_a.mean() + within_b.mean() - 2 * cross.mean()
    spread_a = (within_a - cross.mean(dim=1)).var(correction=1)
    spread_b = (within_b - cross.mean(dim=0)).var(correction=1)
    return float(value), float(4 * spread_a / len(x) + 4 * spread_b / len(y))


def _kernel(a: Tensor, b: Tensor) -> Tensor:
    return (a @ b.T / a.shape[1] + 1) ** 3


def _mean_to_others(a: Tensor) -> Tensor:
    """Mean kernel (n,) of each row with every other row."""
    k = _kernel(a, a)
    return (k.sum(dim=1) - k.diagonal()) / (len(a) - 1)
