"""The study's searches as a list: their names, their budgets, and who is whose control."""

import pytest

from lib.papers.nasdip import experiments
from lib.papers.nasdip.experiments import SEARCHED
from lib.search.runs import NAME
from lib.searchers.genetic import Genetic
from lib.spaces.nasdip import NasDip


@pytest.fixture
def settings(tiny):
    """Every part has searches; a row is a path, one is only shown, and one is blind."""
    return tiny(rows=["vase", "plane", "own/photo 1.png"], shown_rows=["chelsea", "plane"],
                blind_rows=["plane", "chelsea"], swept_rows=["plane"], artworks="procedural", artworks_per_medium=3,
                sweep_rates=[0.01, 0.05, 0.1], mutation_rate=0.05, seeds=3, variant_seeds=2)  # fmt: skip


def names(settings, part):
    return [search.name for search in experiments.searches(settings, part)]


def test_every_search_has_a_name_of_its_own_that_a_folder_can_have(settings):
    found = [search.name for search in experiments.every(settings)]
    assert len(set(found)) == len(found)
    assert all(NAME.fullmatch(name) for name in found)
    assert {name.partition("-")[0] for name in found} == set(SEARCHED)


def test_rows_are_searched_a_seed_each_and_rows_that_are_only_shown_once(settings):
    assert names(settings, "truth") == [
        "truth-vase-0", "truth-vase-1", "truth-vase-2", "truth-plane-0", "truth-plane-1", "truth-plane-2",
        "truth-own_photo_1.png-0", "truth-own_photo_1.png-1", "truth-own_photo_1.png-2", "truth-chelsea-0",
    ]  # fmt: skip
    assert names(settings, "epochs") == ["epochs-plane-0", "epochs-plane-1"]
    assert names(settings, "heldout") == [
        "heldout-plane-0", "heldout-plane-1", "heldout-chelsea-0", "heldout-chelsea-1",
    ]  # fmt: skip


def test_the_sweep_leaves_out_the_rate_that_all_searches_have(settings):
    assert names(settings, "mutation") == [
        "mutation-plane-0.01-0", "mutation-plane-0.01-1", "mutation-plane-0.1-0", "mutation-plane-0.1-1",
    ]  # fmt: skip


def test_every_random_search_has_a_twin(settings):
    twins = {(one.row, one.seed): one for one in experiments.searches(settings, "truth")}
    for one in experiments.searches(settings, "random"):
        twin = twins[one.row, one.seed]
        assert (one.random, twin.random) == (True, False)
        assert (one.variant, one.reference) == (twin.variant, twin.reference)
        assert experiments.record_name("truth", one.row, one.seed) == twin.name


@pytest.mark.parametrize(("population", "generations"), [(4, 0), (8, 3), (50, 2)])
def test_the_budget_is_what_the_genetic_algorithm_asks(population, generations):
    searcher = Genetic(NasDip(units=2, side=32), 0, population=population, elite=experiments.ELITE, init="valid")
    asked = 0
    while len(searcher.trace) <= generations:
        proposal = searcher.ask()
        searcher.tell(proposal.k, 1.0)
        asked += 1
    assert asked == experiments.budget(population, generations)
