"""The windows of losses: variances as NumPy has them, and a collapse that shows only where it should."""

import math

import numpy as np
import pytest
import torch

from lib.training.reset import Collapse, LossWindow


def test_the_variance_is_that_of_numpy_over_the_last_losses():
    window, stream = LossWindow(8), np.random.default_rng(0).normal(size=30).astype(np.float32)
    for count, loss in enumerate(stream, start=1):
        window.push(torch.tensor(loss))
        held = stream[max(0, count - 8) : count].astype(float)
        assert window.full == (count >= 8)
        assert window.variance().item() == pytest.approx(np.var(held), rel=1e-12)


def pushed(collapse, *losses):
    """Pairs of losses of D and G taken in, None where G had no step."""
    for d, g in losses:
        collapse.d.push(torch.tensor(d))
        if g is not None:
            collapse.g.push(torch.tensor(g))


@pytest.mark.parametrize(("losses", "shows"), [
    ([(1.0, 0.0), (2.0, 0.1), (1.0, 0.2)], True),  # G hardly varies
    ([(1.0, 0.0), (1.0, 5.0), (1.0, 9.0)], True),  # D does not
    ([(1.0, 0.0), (2.0, 5.0), (1.0, 9.0)], False),
    ([(1.0, 0.0), (1.0, None), (1.0, None), (1.0, 0.0)], False),  # the window of G is not full yet
])  # fmt: skip
def test_a_collapse_shows_where_either_window_is_full_and_still(losses, shows):
    collapse = Collapse(3, 0.05)
    pushed(collapse, *losses)
    assert collapse.shows(collapse.variances()) == shows


def test_a_cleared_window_fills_afresh():
    collapse = Collapse(2, math.inf)
    pushed(collapse, (3.0, 1.0), (4.0, 1.0))
    assert collapse.shows(collapse.variances())
    collapse.clear()
    pushed(collapse, (7.0, 5.0))
    assert collapse.variances() == (0, 0)
    assert not collapse.shows(collapse.variances())


def test_a_loss_that_is_not_finite_makes_the_variance_so_and_shows_no_collapse():
    collapse = Collapse(3, 1e-3)
    pushed(collapse, (1.0, 1.0), (math.inf, 1.0), (2.0, 1.0))
    assert math.isnan(collapse.variances()[0])
    assert not collapse.shows(collapse.variances())


def test_windows_go_on_from_their_state():
    one, other = Collapse(3, 1e-3), Collapse(3, 1e-3)
    pushed(one, *[(float(i), float(-i)) for i in range(5)])
    other.load(one.state())
    pushed(one, (9.0, 4.0))
    pushed(other, (9.0, 4.0))
    assert one.variances() == other.variances()
