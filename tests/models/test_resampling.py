"""Every resampling equals PyTorch's own, values and gradients, and the published kernels."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from lib.models.resampling import Downsample, change_level, enlarge, reflect_pad


def gradients(function, x, weights):
    x = x.clone().requires_grad_()
    y = function(x)
    return y, torch.autograd.grad((y * weights).sum(), x)[0]


def assert_equal(ours, theirs, shape=(1, 3, 8, 12)):
    """Both functions give the same values and gradients in float64."""
    torch.manual_seed(0)
    x = torch.rand(shape, dtype=torch.float64)
    weights = torch.rand_like(theirs(x))
    for a, b in zip(gradients(ours, x, weights), gradients(theirs, x, weights), strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=1e-13)


@pytest.mark.parametrize("p", [1, 3, 7])
def test_reflect_padding_is_that_of_pytorch(p):
    assert_equal(lambda x: reflect_pad(x, p), lambda x: F.pad(x, (p, p, p, p), mode="reflect"))


def test_padding_as_wide_as_the_image_is_refused():
    with pytest.raises(ValueError, match="padding is 8"):
        reflect_pad(torch.zeros(1, 1, 8, 12), 8)


@pytest.mark.parametrize("factor", [2, 4, 8])
@pytest.mark.parametrize("mode", ["bilinear", "nearest"])
def test_enlarging_is_that_of_pytorch(factor, mode):
    assert_equal(lambda x: enlarge(x, factor, mode), lambda x: F.interpolate(x, scale_factor=factor, mode=mode))


def test_enlarging_a_single_pixel_repeats_it():
    assert torch.equal(enlarge(torch.ones(1, 1, 1, 1), 2), torch.ones(1, 1, 2, 2))


def test_levels_average_down_and_interpolate_up():
    x = torch.rand(1, 2, 8, 8)
    assert torch.equal(change_level(x, -2), F.avg_pool2d(x, 4))
    assert torch.equal(change_level(x, 2), enlarge(x, 4))
    assert change_level(x, 0) is x


@pytest.mark.parametrize("factor", [2, 4, 8])
def test_bilinear_downsampling_is_antialiased_resizing(factor):
    shrink = Downsample(32, 48, factor)
    assert_equal(shrink, lambda x: F.interpolate(x, scale_factor=1 / factor, mode="bilinear", antialias=True),
          (1, 3, 32, 48))  # fmt: skip


def test_lanczos2_is_the_strided_kernel_of_deep_image_prior():
    factor, side = 4, 32
    distance = np.abs(np.arange(4 * factor) - (4 * factor - 1) / 2) / factor
    kernel = torch.tensor(np.outer(*2 * [np.sinc(distance) * np.sinc(distance / 2)]))
    kernel /= kernel.sum()

    def strided(x):
        padded = F.pad(x, (6, 6, 6, 6), mode="replicate")
        return F.conv2d(padded, kernel.expand(3, 1, -1, -1).to(x), stride=factor, groups=3)

    assert_equal(Downsample(side, side, factor, "lanczos2"), strided, (1, 3, side, side))


@pytest.mark.parametrize(("arguments", "named"), [((30, 32, 4), "30"), ((32, 32, 4, "box"), "box")])
def test_unknown_kinds_and_sides_that_do_not_divide_are_refused(arguments, named):
    with pytest.raises(ValueError, match=named):
        Downsample(*arguments)
