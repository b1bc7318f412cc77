"""Schemes of a differentiable search: which group moves on which data, and that each finds a known optimum."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.searchers.differentiable import SCHEMES, Move, Scheme, derive

two_steps = pytest.mark.parametrize("name", ["TF", "TH", "THS"])
every = pytest.mark.parametrize("name", SCHEMES)


def test_one_step_moves_both_groups_on_the_same_data():
    assert Scheme("OF").moves(3, 10) == (Move(("w", "alpha"), 0),)


@two_steps
def test_two_steps_move_one_group_each_the_weights_first(name):
    for place in range(10):
        moves = Scheme(name).moves(place, 10)
        assert [move.groups for move in moves] == [("w",), ("alpha",)]
        assert sorted(move.source for move in moves) == [0, 1]


@pytest.mark.parametrize("total", [1, 2, 7, 400])
def test_only_ths_swaps_and_once_after_half(total):
    seen = {name: [Scheme(name).moves(place, total)[0].source for place in range(total)] for name in SCHEMES}
    assert seen["OF"] == seen["TF"] == seen["TH"] == [0] * total
    assert seen["THS"] == [0] * -(-total // 2) + [1] * (total // 2)


@given(st.lists(st.integers(2, 60), min_size=1, max_size=3), st.integers(0, 9))
def test_halves_split_a_permutation_of_each_set_and_follow_from_the_seed(sizes, seed):
    first, second = Scheme("TH").sources(sizes, seed)
    for n, one, other in zip(sizes, first, second, strict=True):
        assert len(one) == n // 2
        assert sorted(one + other) == list(range(n))
    assert Scheme("THS").sources(sizes, seed) == [first, second]


def test_halves_of_another_seed_are_others():
    assert len({str(Scheme("TH").sources([40, 40], seed)) for seed in range(4)}) == 4


def test_schemes_of_all_data_use_every_member_in_each_source():
    everything = ([0, 1, 2], [0, 1])
    assert Scheme("OF").sources((3, 2), 0) == [everything]
    assert Scheme("TF").sources((3, 2), 0) == [everything] * 2


def test_an_epoch_is_the_larger_set_once_or_half_of_it():
    assert {name: Scheme(name).iterations((400, 301)) for name in SCHEMES} == {
        "OF": 400, "TF": 400, "TH": 200, "THS": 200}  # fmt: skip


def test_both_steps_see_the_same_data_only_where_asked():
    def seen(**options):
        draws = iter(range(9))
        return Scheme("TF").iterate(0, 1, lambda source: next(draws), lambda move, data: data, **options)

    assert seen() == [0, 1]
    assert seen(same_data=True) == [0, 0]


@every
def test_each_scheme_finds_the_known_optimum_of_a_differentiable_toy(name):
    """Of the candidates w x^k, k = 0, 1, 2, mixed by a softmax, only 2 x^1 is the target."""
    rng, scheme, total = np.random.default_rng(1), Scheme(name), 600
    x = rng.uniform(-1, 1, 64)
    candidates = np.stack([np.ones_like(x), x, x**2])
    (members,), *others = scheme.sources([len(x)], 0)
    members = [members, *(other for (other,) in others)]
    values = {"w": np.array(1.0), "alpha": np.zeros(3)}

    def move(one, data):
        beta = np.exp(values["alpha"]) / np.exp(values["alpha"]).sum()
        mixed = beta @ candidates[:, data]
        error = values["w"] * mixed - 2 * x[data]
        per_candidate = 2 * values["w"] * candidates[:, data] @ error / len(data)
        gradients = {"w": 2 * error @ mixed / len(data), "alpha": beta * (per_candidate - beta @ per_candidate)}
        for group in one.groups:
            values[group] = values[group] - 0.3 * gradients[group]
        return len(one.groups)

    moved = [scheme.iterate(place, total, members.__getitem__, move) for place in range(total)]
    assert moved[0] == ([2] if name == "OF" else [1, 1])
    assert derive([values["alpha"].tolist()]) == (1,)
    assert np.exp(values["alpha"])[1] / np.exp(values["alpha"]).sum() > 0.9
    assert values["w"] == pytest.approx(2, abs=0.25)


def test_the_first_of_the_largest_logits_is_derived():
    assert derive([[0.1, 0.3, 0.3], [-1.0, -2.0], [5.0]]) == (1, 0, 0)


def test_unknown_schemes_and_sets_without_halves_are_refused():
    with pytest.raises(ValueError, match="scheme is 'ths'; allowed are OF, TF, TH, THS"):
        Scheme("ths")
    with pytest.raises(ValueError, match=r"sets have \(1, 5\) members; TH needs two"):
        Scheme("TH").sources((1, 5), 0)
