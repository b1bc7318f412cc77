"""The matting affinities and their direct solution, against dense sums and solves."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.models.dissection import affinities, factor, solve, window_counts
from tests.reference import matting_plain

ALPHA, EPS = 0.9999, 1e-7
SIDES = st.integers(3, 26)


def noise(height, width, seed=0):
    return np.random.default_rng(seed).random((height, width, 3))


def dense(guide, alpha=ALPHA, eps=EPS):
    w = matting_plain.affinity(guide, eps)
    return np.diag(w.sum(1)) - alpha * w


@given(SIDES, SIDES, st.integers(0, 99))
@settings(max_examples=10, deadline=None)
def test_the_solution_equals_a_dense_one_at_any_size(height, width, seed):
    guide, right = noise(height, width, seed), noise(height, width, seed + 100).reshape(-1, 3)
    expected = np.linalg.solve(dense(guide), right)
    found = solve(factor(guide, ALPHA, EPS), right)
    assert np.abs(found - expected).max() < 1e-10 * np.abs(expected).max()


def test_the_solution_equals_a_dense_one_on_a_guide_of_flat_and_collinear_colours():
    guide = np.full((24, 28, 3), 0.25)
    guide[:, 9:] = np.linspace(0, 1, 19)[:, None]
    guide[12:, 20:] = [0.9, 0.1, 0.3]
    expected = np.linalg.solve(dense(guide), guide.reshape(-1, 3))
    assert np.abs(solve(factor(guide, ALPHA, EPS), guide.reshape(-1, 3)) - expected).max() < 1e-7 * expected.max()


def test_the_factor_serves_any_number_of_right_sides_and_leaves_them_alone():
    guide, right = noise(20, 13), noise(20, 13, 1).reshape(-1, 3)
    steps, kept = factor(guide, ALPHA, EPS), right.copy()
    single = np.hstack([solve(steps, right[:, i : i + 1]) for i in range(3)])
    np.testing.assert_allclose(solve(steps, right), single, rtol=1e-12)
    assert np.array_equal(right, kept)


@pytest.mark.parametrize(("height", "width"), [(3, 3), (3, 7), (5, 4), (9, 12)])
def test_rows_of_the_affinity_sum_to_the_number_of_windows_around_a_pixel(height, width):
    counts = window_counts(height, width)
    np.testing.assert_allclose(matting_plain.affinity(noise(height, width)).sum(1), counts.ravel(), rtol=1e-9)
    assert counts[[0, 0, -1, -1], [0, -1, 0, -1]].tolist() == [1] * 4
    assert counts.sum() == 9 * (height - 2) * (width - 2)


def test_windows_around_a_pixel_are_one_at_corners_and_nine_inside():
    assert window_counts(6, 7)[:4, :4].tolist() == [[1, 2, 3, 3], [2, 4, 6, 6], [3, 6, 9, 9], [3, 6, 9, 9]]


def test_every_window_adds_what_the_formula_says_and_a_flat_one_a_plain_mean():
    guide = noise(5, 6)
    guide[:, :3] = 0.4
    expected = [share for _, share in matting_plain.shares(guide, EPS)]
    found = affinities(guide, EPS)
    np.testing.assert_allclose(found.reshape(-1, 9, 9), expected, atol=1e-9)
    np.testing.assert_allclose(found[:, 0], 1 / 9, atol=1e-12)


def test_the_factor_grows_little_faster_than_the_picture():
    entries = [sum(root.size + below.size for _, _, root, below in factor(noise(side, side), ALPHA, EPS))
               for side in (24, 48, 96)]  # fmt: skip
    assert entries[1] < 7 * entries[0]
    assert entries[2] < 6 * entries[1]
    assert entries[2] < 0.7 * 96**2 * (2 * 96 + 3)  # of a banded factor
