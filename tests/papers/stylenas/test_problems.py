"""StyleNAS' space as a problem for comparing searchers."""

import json
from types import SimpleNamespace

import pytest

from lib.papers.problem import Problem
from lib.papers.stylenas import store
from lib.papers.stylenas.problems import problems
from lib.papers.stylenas.surrogate import EFFECTS
from lib.search import loop, record
from lib.searchers.aging_evolution import AgingEvolution


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


def test_a_search_on_it_is_recorded_and_the_same_again(formula: Problem, tmp_path) -> None:
    runs = []
    for name in ("one", "two"):
        searcher = AgingEvolution(formula.space, 0, population=5, sample=2)
        header = {"identity": loop.identity(searcher, formula.identity)}
        with record.Record.open(tmp_path / f"{name}.jsonl", header) as kept:
            found = loop.run_search(searcher, formula.evaluate, formula.settings, record=kept, budget=20)
        runs.append([(row["genome"], row["score"], row["metrics"], row["reason"]) for row in found.rows])
    assert runs[0] == runs[1]
    assert len(runs[0]) == 20
    assert all({"E", "P", "O", "true"} <= metrics.keys() and not reason for _, _, metrics, reason in runs[0])


def test_a_real_training_scores_the_genome_and_leaves_no_weights_behind(listed: dict[str, Problem]) -> None:
    real = listed["real"]
    genome = real.space.named("S7")
    first, second = (real.evaluate(real.settings, genome, seed) for seed in (0, 1))
    assert first.score == second.score > 0
    assert not list(store.folder(real.settings.recipe()).glob("*.safetensors"))
    assert list(store.folder(real.settings.recipe("oracle")).glob("*.safetensors"))
