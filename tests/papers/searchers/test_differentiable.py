"""The differentiable toy: its best genotype is known, searches are independent, and schemes do what they are for."""

import math

import numpy as np
import pytest
import torch

from lib.papers.searchers import differentiable
from lib.papers.searchers.differentiable import FUNCTIONS, GENES, SPACE, SPREAD, Mixtures, columns, data, search
from lib.searchers.differentiable import SCHEMES, Scheme


@pytest.fixture(scope="module")
def rows():
    """Four searches by each scheme."""
    return {name: search(name, range(4)) for name in SCHEMES}


def test_no_other_candidate_is_as_good_as_the_function_that_made_the_data():
    x = columns(torch.linspace(-1, 1, 4001, dtype=torch.float64)).numpy()
    owners = SPREAD.argmax(0).numpy()
    for best in range(len(FUNCTIONS)):
        left = [np.linalg.lstsq(x[:, owners == one], x[:, best])[1].sum() / len(x) for one in range(len(FUNCTIONS) + 1)]
        assert left[best] < 1e-12
        assert min(left[:best] + left[best + 1 :]) > 0.005


def test_the_data_are_the_named_functions_of_the_inputs_and_noise():
    truth, x, y = data(3)
    left = y - sum(x[:, gene, choice] for gene, choice in enumerate(truth))
    assert left.std().item() == pytest.approx(differentiable.NOISE, rel=0.3)
    assert SPACE.check(truth) == truth
    assert data(3)[0] == truth != data(4)[0]


def test_halves_are_disjoint_and_other_schemes_see_all_points():
    for name in SCHEMES:
        points = [set(y[0].tolist()) for _, y in Mixtures(Scheme(name), [0]).sources]
        assert [len(one) for one in points] == {"OF": [128], "TF": [128, 128]}.get(name, [64, 64])
        assert name in ("OF", "TF") or not points[0] & points[1]


def test_searches_at_once_are_those_that_run_alone(rows):
    (alone,) = search("THS", [2])
    assert alone["config"] == rows["THS"][2]["config"]
    assert alone["curves"]["entropy"] == pytest.approx(rows["THS"][2]["curves"]["entropy"])


def test_every_scheme_comes_nearer_to_the_best_genotype_than_chance(rows):
    chance = GENES * (1 - 1 / (len(FUNCTIONS) + 1))
    for found in rows.values():
        wrong = np.mean([row["curves"]["to_best"] for row in found], 0)
        assert wrong.min() < chance / 2
        assert wrong[-1] < chance


def test_only_schemes_that_move_both_groups_on_the_same_points_choose_tables(rows):
    tables = {name: sum(row["metrics"]["tables"] for row in found) for name, found in rows.items()}
    assert min(tables["OF"], tables["TF"]) > 2 * max(tables["TH"], tables["THS"])
    for row in (row for found in rows.values() for row in found):
        assert row["metrics"]["tables"] == row["config"]["genotype"].count("table")


def test_trajectories_begin_undecided_and_end_at_the_final_genotype(rows):
    for row in (row for found in rows.values() for row in found):
        curves = row["curves"]
        assert curves["iteration"][0] == 0
        assert curves["iteration"][-1] == row["metrics"]["iterations"]
        assert curves["entropy"][0] == pytest.approx(math.log(5), abs=1e-4)
        assert curves["entropy"][-1] < curves["entropy"][0]
        assert curves["to_final"][-1] == 0
        ends = (SPACE.parse(row["config"][name]) for name in ("genotype", "best"))
        assert curves["to_best"][-1] == row["metrics"]["to_best"] == SPACE.distance(*ends)


def test_one_step_takes_half_the_updates_and_halves_give_other_trajectories(rows):
    updates = {name: found[0]["metrics"]["updates"] for name, found in rows.items()}
    assert updates == {"OF": differentiable.ITERATIONS, **dict.fromkeys(("TF", "TH", "THS"), 600)}
    entropies = [rows[name][0]["curves"]["entropy"] for name in ("TF", "TH", "THS")]
    assert entropies[0] != entropies[1]
    middle = len(entropies[1]) // 2
    assert entropies[1][: middle + 1] == entropies[2][: middle + 1]
    assert entropies[1] != entropies[2]
