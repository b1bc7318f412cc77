"""SSIM against scikit-image with the settings of its docstring."""

import numpy as np
import pytest
import torch
from skimage.metrics import structural_similarity

from lib.metrics.ssim import ssim


def reference(a: torch.Tensor, b: torch.Tensor) -> float:
    """scikit-image's value for one pair (3, H, W)."""
    pair = (x.permute(1, 2, 0).double().numpy() for x in (a, b))
    window = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    return structural_similarity(*pair, channel_axis=2, data_range=1, **window)


@pytest.mark.parametrize("size", [(11, 11), (40, 33), (64, 96)])
def test_it_equals_scikit_image_for_each_image_of_a_batch(size):
    a = torch.rand(3, 3, *size)
    b = (a + 0.1 * torch.randn_like(a)).clamp(0, 1)
    np.testing.assert_allclose(ssim(a, b), [reference(*pair) for pair in zip(a, b, strict=True)], rtol=1e-10)


def test_an_image_is_perfectly_similar_to_itself():
    x = torch.rand(2, 3, 16, 16)
    np.testing.assert_allclose(ssim(x, x), 1, atol=1e-12)


def test_two_constant_images_leave_only_the_luminance_term():
    dark, light = torch.full((1, 3, 16, 16), 0.25).double(), torch.full((1, 3, 16, 16), 0.75).double()
    assert ssim(dark, light).item() == pytest.approx((2 * 0.1875 + 1e-4) / (0.0625 + 0.5625 + 1e-4), rel=1e-9)


def test_pictures_smaller_than_the_window_are_refused():
    x = torch.rand(1, 3, 10, 40)
    with pytest.raises(ValueError, match="a is 10x40 pixels; both sides must be at least 11"):
        ssim(x, x)


def test_it_can_be_optimised():
    a = torch.rand(1, 3, 16, 16, requires_grad=True)
    ssim(a, torch.rand(1, 3, 16, 16)).sum().backward()
    assert a.grad is not None
    assert a.grad.abs().sum() > 0
