"""REINFORCE: batches that follow each other, failures as the worst reward, and a policy that moves."""

import math

import pytest

from lib.searchers.base import drive
from lib.searchers.reinforce import Reinforce
from lib.spaces.toy import BitString, IntegerGrid

SPACE = BitString(8)


def searcher(space=SPACE, **settings):
    return Reinforce(space, 0, **{"batch": 4, "hidden": 8, **settings})


def test_the_reward_is_the_negative_score():
    search = searcher()
    scores = iter([0.1, 0.2, 0.3, 0.4])
    list(drive(search, lambda genome: next(scores), 4))
    assert search.controller.baseline == pytest.approx(-0.25)


def test_a_failure_earns_the_worst_reward_so_far():
    search = searcher()
    scores = iter([0.1, 0.7, 0.2, 0.2, math.inf, 0.3, 0.3, 0.3])
    list(drive(search, lambda genome: next(scores), 8))
    assert search.controller.baseline == pytest.approx(0.9 * -0.3 + 0.1 * -(0.7 + 0.9) / 4)


def test_without_any_success_the_policy_stays():
    search = searcher()
    before = [weights.clone() for weights in search.controller.parameters()]
    list(drive(search, lambda genome: math.inf, 12))
    assert all((a == b).all() for a, b in zip(before, search.controller.parameters(), strict=True))


def test_what_is_proposed_gets_better():
    space = IntegerGrid(4, 4)
    scores = [score for _, score in drive(searcher(space, lr=0.02, batch=10, hidden=16), space.score, 250)]
    assert sum(scores[-50:]) < 0.5 * sum(scores[:50])
