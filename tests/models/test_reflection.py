"""Convolutions with reflection padding: both programs equal PyTorch's own layers, gradients included."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from lib.models.reflection import by_product, convolve

SMALL, LARGE = (2, 3, 5), (3, 9, 12)  # maps (B, H, W): by the product with 32 outputs, by oneDNN's program


def problem(shape, size, parts=(6, 3), outputs=32, dtype=torch.float64):
    generator = torch.Generator().manual_seed(0)
    b, h, w = shape
    maps = [torch.randn(b, c, h, w, generator=generator, dtype=dtype).requires_grad_() for c in parts]
    kernels = [torch.randn(outputs, c, size, size, generator=generator, dtype=dtype).requires_grad_() for c in parts]
    return maps, kernels, torch.randn(outputs, generator=generator, dtype=dtype).requires_grad_()


@pytest.mark.parametrize("relu", [True, False])
@pytest.mark.parametrize("size", [1, 3])
@pytest.mark.parametrize("shape", [SMALL, LARGE])
def test_values_and_gradients_are_those_of_one_layer_of_the_joined_maps(shape, size, relu):
    maps, kernels, bias = problem(shape, size)
    assert by_product(maps[0], len(bias)) == (shape == SMALL)
    layer = nn.Conv2d(9, 32, size, padding=size // 2, padding_mode="reflect").double()
    layer.weight.data, layer.bias.data = torch.cat(kernels, 1).detach(), bias.detach()
    joined = torch.cat(maps, 1).detach().requires_grad_()
    plain = F.relu(layer(joined)) if relu else layer(joined)
    ours = convolve(maps, kernels, bias, relu=relu)
    torch.testing.assert_close(ours, plain, rtol=0, atol=1e-12)
    g = torch.randn_like(plain)
    plain.backward(g)
    ours.backward(g)
    pairs = [(torch.cat([x.grad for x in maps], 1), joined.grad), (bias.grad, layer.bias.grad),
             (torch.cat([kernel.grad for kernel in kernels], 1), layer.weight.grad)]  # fmt: skip
    for mine, theirs in pairs:
        torch.testing.assert_close(mine, theirs, rtol=0, atol=1e-11)


@pytest.mark.parametrize("shape", [SMALL, LARGE])
def test_results_keep_precision_and_channels_last_layout(shape):
    maps, kernels, bias = problem(shape, 3, dtype=torch.bfloat16)
    y = convolve([x.contiguous(memory_format=torch.channels_last) for x in maps], kernels, bias, relu=True)
    assert y.dtype == torch.bfloat16
    assert y.is_contiguous(memory_format=torch.channels_last)


def test_a_map_of_one_row_has_no_reflection():
    maps, kernels, bias = problem((1, 1, 4), 3)
    with pytest.raises(RuntimeError):
        convolve(maps, kernels, bias, relu=True)
