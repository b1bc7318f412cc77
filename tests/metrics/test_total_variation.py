"""Total variation under every definition on pictures whose value is known."""

import pytest
import torch

from lib.metrics.total_variation import DEFINITIONS, total_variation


def step_edge(height=6, width=8, rise=1.0):
    """A vertical edge of one pixel: `height` jumps of `rise` in each of three channels."""
    x = torch.zeros(1, 3, height, width)
    x[..., 4:] = rise
    return x


@pytest.mark.parametrize("definition", DEFINITIONS)
def test_total_variation_of_a_constant_picture_is_zero(definition):
    assert total_variation(torch.full((2, 3, 5, 7), 0.3), definition).tolist() == [0, 0]


@pytest.mark.parametrize(("definition", "expected"), [
    ("absolute_sum", 3 * 6 * 0.5), ("squared_sum", 3 * 6 * 0.25),
    ("absolute_mean", 0.5 / 8), ("squared_mean", 0.25 / 8),
])  # fmt: skip
def test_total_variation_of_a_step_edge_is_its_known_count(definition, expected):
    assert total_variation(step_edge(rise=0.5), definition).item() == pytest.approx(expected)
    assert total_variation(step_edge(rise=0.5).mT, definition).item() == pytest.approx(expected)


@pytest.mark.parametrize("definition", ["absolute_sum", "squared_sum"])
def test_a_single_bright_pixel_has_four_jumps_a_channel(definition):
    x = torch.zeros(1, 3, 5, 5)
    x[..., 2, 2] = 1
    assert total_variation(x, definition).item() == 12


def test_a_checkerboard_has_the_largest_mean_variation_and_it_stays_below_two():
    board = (torch.arange(64)[:, None] + torch.arange(64)).remainder(2).float().expand(1, 3, 64, 64)
    assert total_variation(board, "absolute_mean").item() == pytest.approx(2 * 63 / 64)


@pytest.mark.parametrize("definition", DEFINITIONS)
def test_each_picture_of_a_batch_has_its_own_value(definition):
    x = torch.rand(3, 3, 6, 8)
    together = total_variation(x, definition)
    assert together.shape == (3,)
    torch.testing.assert_close(together, torch.cat([total_variation(one[None], definition) for one in x]))


@pytest.mark.parametrize("definition", DEFINITIONS)
def test_gradient_equals_numeric_differentiation(definition):
    torch.manual_seed(0)
    x = torch.rand(1, 3, 4, 5, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(DEFINITIONS[definition], x)


def test_means_do_not_depend_on_the_size_of_a_tiled_picture_but_for_its_seams():
    x = torch.rand(1, 3, 32, 32)
    for definition in ("absolute_mean", "squared_mean"):
        once, tiled = total_variation(x, definition), total_variation(x.tile(1, 1, 4, 4), definition)
        torch.testing.assert_close(tiled, once, rtol=0.1, atol=0)


def test_an_unknown_definition_names_the_allowed_ones():
    with pytest.raises(ValueError, match="definition is 'anisotropic'; allowed are absolute_sum, absolute_mean, "):
        total_variation(torch.rand(1, 3, 4, 4), "anisotropic")
