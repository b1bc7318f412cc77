"""CycleGANAS' space as a problem for comparing searchers."""

from types import SimpleNamespace

import pytest

from lib.papers.cycleganas.problems import problems
from lib.search import loop, record
from lib.searchers.aging_evolution import AgingEvolution


@pytest.fixture
def formula():
    (one,) = problems(SimpleNamespace(side=64, iterations=2))
    return one


def test_the_formula_is_on_all_operations_of_four_networks_with_three_blocks(formula):
    assert (formula.kind, formula.space.name, len(formula.space.genes)) == ("standin", "cycleganas-nb3", 28)
    assert formula.space.size == (8**2 * 5**6 * 3**2) ** 2 * 8**8
    assert (formula.data, formula.weights, formula.flops) == ((), (), 0)


def test_a_search_on_it_gets_better_is_recorded_and_the_same_again(formula, tmp_path):
    found = []
    for name in ("first", "second"):
        searcher = AgingEvolution(formula.space, 0, population=8, sample=4)
        with record.Record.open(tmp_path / name, {"identity": loop.identity(searcher, formula.identity)}) as kept:
            rows = loop.run_search(searcher, formula.evaluate, formula.settings, record=kept, budget=60).rows
        found.append([(row["genome"], row["score"]) for row in rows])
    assert found[0] == found[1]
    scores = [score for _, score in found[0]]
    assert formula.optimum < min(scores[8:]) < min(scores[:8])
    assert formula.space.parse(found[0][0][0])
