"""StyleNAS' space as a problem for comparing searchers."""

import json
from types import SimpleNamespace

import pytest

from lib.papers.problem import Problem
from lib.papers.stylenas.problems import problems
from lib.papers.stylenas.surrogate import EFFECTS
from lib.search import loop, record
from lib.searchers.aging_evolution import AgingEvolution


@pytest.fixture
def formula() -> Problem:
    return next(one for one in problems(SimpleNamespace(side=64, iterations=2)) if one.kind == "standin")


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
