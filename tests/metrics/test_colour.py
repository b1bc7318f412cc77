"""Colour contrast in the CIELAB of scikit-image."""

import numpy as np
import pytest
import torch
from skimage.color import rgb2lab

from lib.metrics.colour import colour_contrast


def test_contrast_is_the_root_of_the_summed_variances():
    x = torch.rand(2, 3, 20, 30, dtype=torch.float64)
    expected = rgb2lab(x.permute(0, 2, 3, 1).numpy())[..., 1:].var(axis=(1, 2)).sum(axis=-1) ** 0.5
    np.testing.assert_allclose(colour_contrast(x), expected, rtol=1e-6)


def test_grey_pictures_have_no_colour_contrast():
    grey = torch.rand(1, 1, 16, 16).expand(1, 3, 16, 16)
    assert colour_contrast(grey).item() == pytest.approx(0, abs=0.02)  # the printed matrix is not exactly neutral


def test_red_beside_green_contrasts_more_than_red_beside_orange():
    red, orange, green = torch.tensor([[0.9, 0.1, 0.1], [0.9, 0.4, 0.1], [0.1, 0.8, 0.1]])
    halves = [torch.stack([red, other]).T.reshape(1, 3, 2, 1).expand(1, 3, 2, 8) for other in (orange, green)]
    near, far = colour_contrast(torch.cat(halves))
    assert far > 2 * near
