"""The Gaussian window against SciPy."""

import numpy as np
import torch
from scipy import ndimage

from lib.metrics import window


def test_it_equals_scipy_where_the_window_lies_inside():
    x = torch.rand(2, 3, 20, 25, dtype=torch.float64)
    expected = ndimage.gaussian_filter(x.numpy(), (0, 0, 1.5, 1.5), truncate=3.5)[..., 5:-5, 5:-5]
    np.testing.assert_allclose(window.gaussian(x, sigma=1.5, radius=5), expected, rtol=1e-12)
