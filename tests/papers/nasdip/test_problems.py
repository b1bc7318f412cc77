"""NAS-DIP's space as problems for comparing searchers."""

from types import SimpleNamespace

import pytest

from lib.papers.nasdip.problems import problems
from lib.spaces.base import keyed


@pytest.fixture(scope="module")
def both():
    return problems(SimpleNamespace(side=64, iterations=2))


def test_the_formula_and_the_training_share_one_space(both):
    formula, trained = both
    assert (formula.kind, formula.unit) == ("standin", "evaluations")
    assert (trained.kind, trained.unit) == ("real", "trainings")
    assert formula.space.name == trained.settings.space().name


def test_the_hidden_network_scores_zero_whatever_its_dead_bits_say(both):
    formula, _ = both
    hidden, space = formula.settings.target, formula.space
    assert formula.evaluate(formula.settings, hidden, 0).score == formula.optimum == 0
    dead = [i for i, live in enumerate(space.live_bits(hidden)) if not live]
    for i in dead:
        flipped = (*hidden[:i], 1 - hidden[i], *hidden[i + 1 :])
        assert formula.evaluate(formula.settings, flipped, 0).score == 0
    assert 0 < formula.evaluate(formula.settings, space.sample(keyed(5)), 0).score < 1


def test_the_training_scores_a_photo_that_may_be_shown_by_everyone(both, weights):
    _, trained = both
    assert trained.data == ("astronaut",)
    found = trained.evaluate(trained.settings, both[0].settings.target, 0)
    assert found.score == found.metrics["lpips_truth"]
