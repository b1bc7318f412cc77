"""Gram matrices and the two losses against their written-out definitions."""

import pytest
import torch

from lib.metrics.gram import REDUCTIONS, content_loss, distance, gram, style_loss


@pytest.fixture
def features():
    torch.manual_seed(0)
    return torch.randn(2, 5, 4, 3, dtype=torch.float64)


def test_gram_is_the_mean_product_over_positions(features):
    expected = torch.zeros(2, 5, 5, dtype=torch.float64)
    for c in range(5):
        for d in range(5):
            expected[:, c, d] = (features[:, c] * features[:, d]).mean((1, 2))
    torch.testing.assert_close(gram(features), expected)


def test_written_backward_equals_numeric_differentiation(features):
    assert torch.autograd.gradcheck(gram, features.requires_grad_())


def test_written_backward_equals_autograds_even_where_the_incoming_gradient_is_not_symmetric(features):
    weight, x = torch.randn(2, 5, 5, dtype=torch.float64), features.requires_grad_()
    flat = x.flatten(2)
    (ours,) = torch.autograd.grad((gram(x) * weight).sum(), x)
    (theirs,) = torch.autograd.grad((flat @ flat.transpose(1, 2) / 12 * weight).sum(), x)
    torch.testing.assert_close(ours, theirs)


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_gram_and_its_gradient_do_not_depend_on_the_memory_layout(features, layout):
    x = features.contiguous(memory_format=layout).requires_grad_()
    plain = features.clone().requires_grad_()
    torch.testing.assert_close(gram(x), gram(plain))
    for one, other in zip(*(torch.autograd.grad(gram(y).square().sum(), y) for y in (x, plain)), strict=True):
        torch.testing.assert_close(one, other)


def test_distances_are_their_definitions():
    x, target = (
        torch.tensor([[[1.0, 2.0], [3.0, 4.0]], [[0.0, 0.0], [0.0, 0.0]]]),
        torch.tensor([[[1.0, 0.0], [0.0, 2.0]]]),
    )
    assert distance(x, target, "sum").tolist() == [17.0, 5.0]
    assert distance(x, target, "mean").tolist() == [4.25, 1.25]
    torch.testing.assert_close(distance(x, target, "scaled"), torch.tensor([17 / 7, 5 / 3]))


def test_an_unknown_reduction_names_the_allowed_ones(features):
    with pytest.raises(ValueError, match="reduction is 'median'; allowed are mean, sum, scaled"):
        distance(features, features[:1], "median")


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_losses_of_a_picture_against_itself_are_zero(features, reduction):
    maps, grams = {"a": features}, {"a": gram(features[:1])}
    assert style_loss(maps, grams, {"a": 1.0}, reduction)[0] == 0
    assert content_loss(features, features[:1], reduction)[0] == 0
    assert style_loss(maps, grams, {"a": 1.0}, reduction)[1] > 0


def test_gradient_of_the_scaled_distance_is_finite_at_its_minimum(features):
    x = features.requires_grad_()
    (gradient,) = torch.autograd.grad(distance(x, features.detach(), "scaled").sum(), x)
    assert gradient.abs().max() == 0


def test_style_loss_is_the_weighted_sum_over_layers(features):
    maps = {"a": features, "b": features[:, :3] * 2}
    grams = {name: torch.zeros(1, one.shape[1], one.shape[1]).double() for name, one in maps.items()}
    weights = {"a": 0.25, "b": 3.0}
    expected = sum(weight * gram(maps[name]).square().mean((1, 2)) for name, weight in weights.items())
    torch.testing.assert_close(style_loss(maps, grams, weights), expected)


def test_losses_are_one_value_an_image_and_images_do_not_interact(features):
    grams, target = {"a": gram(features[:1]) * 2}, features[:1] * 2
    both = style_loss({"a": features}, grams, {"a": 1.0}), content_loss(features, target)
    for i in range(2):
        one = features[i : i + 1]
        alone = style_loss({"a": one}, grams, {"a": 1.0}), content_loss(one, target)
        for together, single in zip(both, alone, strict=True):
            torch.testing.assert_close(together[i : i + 1], single)
