"""The convolution as one matrix product is PyTorch's convolution, values and gradients."""

import pytest
import torch
from torch.nn import functional as F

from lib.models.convolution import by_product, convolve

SHAPES = [(5, 3, 5, 1), (40, 9, 9, 1), (2, 12, 15, 1), (3, 4, 15, 2), (6, 5, 1, 2)]  # inputs, outputs, filter, stride


def values_and_gradients(function, shape, *, through_input=True):
    inputs, outputs, f, stride = shape
    generator = torch.Generator().manual_seed(0)
    sizes = ((1, inputs, 20, 24), (outputs, inputs, f, f), (outputs,))
    x, weight, bias = (torch.randn(size, generator=generator, dtype=torch.float64).requires_grad_() for size in sizes)
    y = function(x if through_input else x.detach(), weight, bias, stride)
    wanted = (x, weight, bias) if through_input else (weight, bias)
    return y, *torch.autograd.grad((y * torch.linspace(-1, 1, y.numel()).view_as(y)).sum(), wanted)


@pytest.mark.parametrize("through_input", [True, False])
@pytest.mark.parametrize("shape", SHAPES)
def test_values_and_gradients_are_those_of_pytorch(shape, through_input):
    inputs, outputs, f, stride = shape
    assert by_product(torch.empty(1, inputs, 20, 24), torch.empty(outputs, inputs, f, f), stride)
    pairs = (values_and_gradients(function, shape, through_input=through_input) for function in (convolve, F.conv2d))
    for ours, theirs in zip(*pairs, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-11)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_memory_layout_does_not_matter(shape):
    inputs, outputs, f, stride = shape
    x, weight, bias = torch.rand(1, inputs, 20, 24), torch.rand(outputs, inputs, f, f), torch.rand(outputs)
    last = x.contiguous(memory_format=torch.channels_last)
    assert torch.equal(convolve(last, weight, bias, stride), convolve(x, weight, bias, stride))


def test_other_shapes_stay_with_pytorch():
    assert not by_product(torch.empty(1, 128, 20, 24), torch.empty(128, 128, 3, 3), 1)
