"""PSNR against its formula and scikit-image."""

import numpy as np
import pytest
import torch
from skimage.metrics import peak_signal_noise_ratio

from lib.metrics.psnr import psnr


def test_psnr_of_identical_images_is_infinite():
    x = torch.rand(2, 3, 8, 8)
    assert torch.isinf(psnr(x, x)).all()


def test_an_error_of_a_tenth_everywhere_is_20_decibels():
    x = torch.full((1, 3, 5, 7), 0.4, dtype=torch.float64)
    assert psnr(x, x + 0.1).item() == pytest.approx(20, abs=1e-12)


def test_it_equals_scikit_image_for_each_image_of_a_batch():
    a, b = torch.rand(2, 3, 3, 20, 31)
    expected = [
        peak_signal_noise_ratio(first.double().numpy(), second.double().numpy(), data_range=1)
        for first, second in zip(a, b, strict=True)
    ]
    np.testing.assert_allclose(psnr(a, b).numpy(), expected, rtol=1e-12)


def test_one_bad_image_changes_no_other_value():
    a, b = torch.rand(2, 4, 3, 8, 8)
    spoiled = b.clone()
    spoiled[2] = 0
    assert torch.equal(psnr(a, b)[[0, 1, 3]], psnr(a, spoiled)[[0, 1, 3]])
    assert psnr(a, b)[2] != psnr(a, spoiled)[2]
