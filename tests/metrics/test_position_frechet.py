"""Fréchet distance over positions."""

import numpy as np
import pytest
import torch

from lib.metrics.position_frechet import position_frechet
from tests.reference.frechet_scipy import frechet_by_matrix_root


def test_positions_are_the_samples():
    x, y = torch.rand(6, 9, 10, dtype=torch.float64), torch.rand(6, 12, 7, dtype=torch.float64)
    expected = frechet_by_matrix_root(*(np.asarray(m.permute(1, 2, 0).reshape(-1, 6)) for m in (x, y)))
    assert position_frechet(x, y) == pytest.approx(expected, rel=1e-8)


def test_where_things_are_does_not_matter_but_how_often_they_are_does():
    x = torch.rand(20, 5, 3)
    assert position_frechet(x, x.flip(1, 2)) < 1e-10
    assert position_frechet(x, x * 1.5) > 0.1


def test_maps_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match=r"features_style has shape \(1, 4, 3, 3\); allowed is \(C, H, W\)"):
        position_frechet(torch.zeros(4, 3, 3), torch.zeros(1, 4, 3, 3))
    with pytest.raises(ValueError, match="features_x has 4 columns and features_style 5"):
        position_frechet(torch.zeros(4, 3, 3), torch.zeros(5, 3, 3))
