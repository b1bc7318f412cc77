"""StyleNAS' space as a problem for comparing searchers."""

import json
from types import SimpleNamespace

import pytest

from lib.papers.problem import Problem
from lib.papers.stylenas import store
from lib.papers.stylenas.problems import problems
from lib.papers.stylenas.surrogate import EFFECTS


@pytest.fixture
def listed(weights: object) -> dict[str, Problem]:
    return {one.kind: one for one in problems(SimpleNamespace(side=64, iterations=3))}


@pytest.fixture
def formula(listed: dict[str, Problem]) -> Problem:
    return listed["standin"]


def test_the_formula_needs_no_data_no_weights_and_no_log(formula: Problem) -> None:
    assert (formula.space.name, formula.unit, formula.data, formula.weights) == ("stylenas", "evaluations", (), ())


def test_what_its_scores_depend_on_is_written_down(formula: Problem) -> None:
    kept = json.loads(json.dumps(formula.identity))
    assert {int(place): tuple(pair) for place, pair in kept["effects"].items()} == EFFECTS


def test_a_real_training_scores_the_genome_and_leaves_no_weights_behind(listed: dict[str, Problem]) -> None:
    real = listed["real"]
    genome = real.space.named("S7")
    first, second = (real.evaluate(real.settings, genome, seed) for seed in (0, 1))
    assert first.score == second.score > 0
    assert not list(store.folder(real.settings.recipe()).glob("*.safetensors"))
    assert list(store.folder(real.settings.recipe("oracle")).glob("*.safetensors"))
