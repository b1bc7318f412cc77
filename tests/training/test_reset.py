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
    """Whether a test was due after each pair of losses of D and G, None where G had no step."""
    return [collapse.push(torch.tensor(d), None if g is None else torch.tensor(g)) for d, g in losses]


@pytest.mark.parametrize(("losses", "shows"), [
    ([(1.0, 0.0), (2.0, 0.1), (1.0, 0.2)], True),  # G hardly varies
    ([(1.0, 0.0), (1.0, 5.0), (1.0, 9.0)], True),  # D does not
    ([(1.0, 0.0), (2.0, 5.0), (1.0, 9.0)], False),
    ([(1.0, 0.0), (1.0, None), (1.0, None), (1.0, 0.0)], False),  # the window of G is not full yet
])  # fmt: skip
def test_a_collapse_shows_where_either_window_is_full_and_still(losses, shows):
    collapse = Collapse(3, 1, 0.05)
    pushed(collapse, *losses)
    assert collapse.shows(collapse.variances()) == shows


def test_a_cleared_window_fills_afresh():
    collapse = Collapse(2, 1, math.inf)
    pushed(collapse, (3.0, 1.0), (4.0, 1.0))
    assert collapse.shows(collapse.variances())
    collapse.clear()
    pushed(collapse, (7.0, 5.0))
    assert collapse.variances() == (0, 0)
    assert not collapse.shows(collapse.variances())


def test_tests_are_due_every_interval_and_meet_every_loss_that_is_not_finite():
    collapse = Collapse(3, 3, 1e-3)
    assert pushed(collapse, (1.0, 1.0), (math.inf, None), (2.0, None), (3.0, 1.0)) == [False, False, True, False]
    assert math.isnan(collapse.variances()[0])
    assert not collapse.shows(collapse.variances())


def test_windows_go_on_from_their_state():
    one, other = Collapse(3, 2, 1e-3), Collapse(3, 2, 1e-3)
    pushed(one, *[(float(i), float(-i)) for i in range(5)])
    other.load(one.state())
    assert pushed(one, (9.0, 4.0)) == pushed(other, (9.0, 4.0)) == [True]
    assert one.variances() == other.variances()


@pytest.mark.parametrize(("window", "interval"), [(4, 0), (4, 5), (1, 1)])
def test_windows_that_cannot_be_tested_are_refused(window, interval):
    with pytest.raises(ValueError, match=f"interval is {interval} and window {window}"):
        Collapse(window, interval, 1e-3)
