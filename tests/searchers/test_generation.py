"""A generation: what fitness its scores have, who becomes a parent, and when it all stands still."""

import math

import numpy as np
import pytest

from lib.searchers.generation import Member, Parents, Stop, fitness
from lib.spaces.base import keyed


@pytest.mark.parametrize(
    ("transform", "expected"),
    [
        ("one_minus", [0.9, 0.6, 1e-6, 0]),
        ("inverse", [1 / 0.11, 1 / 0.41, 1 / 1.51, 0]),
        ("exp", [math.exp(-1), math.exp(-4), 1e-6, 0]),
        ("rank", [3, 2, 1, 0]),
    ],
)
def test_fitness_grows_with_quality_and_is_zero_for_failures(transform, expected):
    np.testing.assert_allclose(fitness(np.array([0.1, 0.4, 1.5, math.inf]), transform), expected)


def test_equal_scores_have_equal_ranks():
    assert fitness(np.array([0.1, 0.2, 0.2, 0.3]), "rank").tolist() == [4, 3, 3, 1]


@pytest.mark.parametrize("transform", ["one_minus", "exp"])
def test_scores_that_a_transform_cannot_tell_apart_are_an_error_naming_it(transform):
    half = [0.1, 2.0, math.inf]
    assert fitness(np.array(half), transform)[1] == 1e-6
    with pytest.raises(ValueError, match=rf"{transform}.*from 0.1 to 3: 2 of 3 clip at 1e-06.*rank"):
        fitness(np.array([*half, 3.0]), transform)


@pytest.mark.parametrize(("transform", "score"), [("inverse", -0.5), ("exp", -1e3)])
def test_a_score_without_fitness_is_an_error(transform, score):
    with pytest.raises(ValueError, match=transform):
        fitness(np.array([0.1, 0.2, 0.3, score]), transform)


@pytest.mark.parametrize("transform", ["one_minus", "inverse", "exp", "rank"])
def test_a_generation_of_failures_has_no_fitness(transform):
    assert fitness(np.full(3, math.inf), transform).tolist() == [0, 0, 0]


def shares(parents, n):
    drawn = [parents.draw(keyed(0, i)).k for i in range(2000)]
    return [drawn.count(k) / 2000 for k in range(n)]


@pytest.mark.parametrize(
    ("weights", "tournament", "expected"),
    [
        ([3, 2, 1, 0], None, [3 / 6, 2 / 6, 1 / 6, 0]),
        ([0, 0, 0, 0], None, [1 / 4] * 4),
        ([3, 2, 1, 0], 2, [7 / 16, 5 / 16, 3 / 16, 1 / 16]),
        ([3, 2, 1, 0], 1, [1 / 4] * 4),
    ],
)
def test_parents_are_drawn_by_fitness_or_tournament(weights, tournament, expected):
    members = [Member(float(k), "", k, (0,)) for k in range(4)]
    np.testing.assert_allclose(shares(Parents(members, np.array(weights), tournament), 4), expected, atol=0.04)


STOP = Stop(window=3, change=0.01, earliest=5, latest=9)


@pytest.mark.parametrize(
    ("trace", "ends"),
    [
        ([], None),
        ([(1.0, 0.5)] * 20, 5),  # still from the start: not before the earliest
        ([(1.0, 0.5 + 0.01 * g) for g in range(20)], 9),  # the mean moves: at the latest
        ([(1.0 + 0.1 * g, 0.5) for g in range(20)], 9),  # the best moves
        ([(1.0, 0.5 + (g == 4)) for g in range(20)], 8),  # a step leaves the window
        ([(math.nan, math.nan)] * 20, 9),  # nothing valid stands still
        ([(0.0, 0.0)] * 20, 5),
    ],
)  # fmt: skip
def test_a_search_stops_once_best_and_mean_stand_still(trace, ends):
    assert next((g for g in range(len(trace)) if STOP.reached(trace[: g + 1])), None) == ends
