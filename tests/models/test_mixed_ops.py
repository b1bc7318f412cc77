"""Candidates' geometry, and merged kernels against the plain sum."""

import pytest
import torch

from lib.models.mixed_ops import FORMS, MixedOp, Operation
from lib.spaces.cycleganas import SETS
from tests.reference.cycleganas import offsets

EVERY = [(kind, name) for kind, names in SETS.items() for name in names]
READS = {  # what output i of a stride-2 operation reads, relative to 2i, section 2.2
    "max_pool": range(2), "avg_pool": range(2), "conv_3x3": range(-1, 2), "conv_4x4": range(-1, 3),
    "conv_5x5": range(-2, 3), "conv_7x7": range(-3, 4), "dil_conv_3x3": range(-2, 3, 2),
    "dil_conv_5x5": range(-4, 5, 2),
}  # fmt: skip


def normal(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def mixed(kind, c_in=3, c_out=2):
    op = MixedOp(SETS[kind], c_in, c_out, kind).double()
    for seed, parameter in enumerate(op.parameters()):
        parameter.data.copy_(normal(*parameter.shape, seed=seed))
    return op


@pytest.mark.parametrize("side", [32, 64])
@pytest.mark.parametrize(("kind", "scale"), [("encode", 0.5), ("residual", 1), ("decode", 2)])
def test_all_candidates_of_a_set_give_one_shape(kind, scale, side):
    margin = 2 * (kind == "residual")
    shapes = {Operation(name, 2, 3, kind)(torch.zeros(1, 2, *[side + margin] * 2)).shape for name in SETS[kind]}
    assert shapes == {(1, 3, int(scale * side), int(scale * side))}


@pytest.mark.parametrize("name", READS)
def test_an_encode_operation_reads_the_specified_places(name):
    rows, columns = offsets(Operation(name, 1, 1, "encode"), 4, 16)
    expected = {8 + place for place in READS[name]}
    if name == "max_pool":  # one of the four
        assert rows | columns <= expected
    else:
        assert rows == columns == expected


@pytest.mark.parametrize("name", SETS["residual"])
def test_a_residual_operation_reads_around_its_middle_and_zeros_beyond_one_ring(name):
    reach = max(READS[name])
    rows, _ = offsets(Operation(name, 1, 1, "residual"), 6, 16)
    assert rows == {7 + place for place in READS[name]}
    corner, _ = offsets(Operation(name, 1, 1, "residual"), 0, 16)
    assert max(corner) == 1 + reach


@pytest.mark.parametrize(("kind", "name"), EVERY)
def test_every_convolution_has_a_bias(kind, name):
    assert [p.shape for key, p in Operation(name, 2, 3, kind).named_parameters() if "bias" in key] == [(3,)]


@pytest.mark.parametrize("form", FORMS[1:])
@pytest.mark.parametrize("side", [8, 14])
@pytest.mark.parametrize("kind", SETS)
def test_merged_kernels_give_the_plain_sum_and_its_gradients(kind, side, form):
    op = mixed(kind)
    x, alpha = normal(2, 3, side, side).requires_grad_(), normal(len(op.names), seed=1).requires_grad_()
    variables = (x, alpha, *op.parameters())
    plain, fast = (op(x, alpha.softmax(0), form) for form in ("plain", form))
    torch.testing.assert_close(fast, plain, rtol=0, atol=1e-10)
    weights = normal(*plain.shape, seed=2)
    for one, other in zip(*(torch.autograd.grad((y * weights).sum(), variables) for y in (fast, plain)), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize(
    ("kind", "form", "rest"),
    [("encode", "merged9", ("max_pool",)), ("encode", "merged7", ("max_pool", "dil_conv_5x5")),
     ("residual", "merged9", ()), ("residual", "merged7", ("dil_conv_5x5",)), ("decode", "merged9", ("bilinear",))],
)  # fmt: skip
def test_all_but_the_specified_candidates_merge(kind, form, rest):
    op = mixed(kind)
    beta = normal(len(op.names))
    merged = op.merge(beta, form)
    assert merged.rest == rest
    x = normal(1, 3, 12, 12)
    torch.testing.assert_close(op(x, beta, form, merged), op(x, beta), rtol=0, atol=1e-10)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", SETS)
def test_gradients_of_the_logits_sum_to_zero_and_follow_the_formula(kind, form):
    op, alpha = mixed(kind), normal(len(SETS[kind]), seed=1).requires_grad_()
    x, beta = normal(1, 3, 12, 12), alpha.softmax(0)
    y = op(x, beta, form)
    weights = normal(*y.shape, seed=2)
    (gradient,) = torch.autograd.grad((y * weights).sum(), alpha)
    products = torch.stack([(weights * op.candidates[name](x)).sum() for name in op.names])
    assert abs(gradient.sum().item()) < 1e-10
    torch.testing.assert_close(gradient, beta * (products - beta @ products), rtol=0, atol=1e-10)


@pytest.mark.parametrize("form", FORMS)
def test_a_decided_mixture_is_its_candidate(form):
    for kind, name in EVERY:
        op, x = mixed(kind), normal(1, 3, 10, 10)
        beta = torch.tensor([float(other == name) for other in op.names], dtype=torch.float64)
        torch.testing.assert_close(op(x, beta, form), op.candidates[name](x), rtol=0, atol=1e-12)


def test_an_interpolation_may_follow_its_1x1_convolution():
    x = normal(1, 3, 5, 5)
    for name in ("nearest", "bilinear"):
        op = mixed("decode").candidates[name]
        torch.testing.assert_close(op(x), op.conv(op.after(x)), rtol=0, atol=1e-12)
