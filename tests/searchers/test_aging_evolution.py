"""Aging evolution: the best of a sample is copied with a change, and the oldest dies, however good."""

import math

import pytest

from lib.searchers.aging_evolution import AgingEvolution
from lib.searchers.base import drive
from lib.spaces.toy import BitString, IntegerGrid

SPACE = BitString(16)


def test_the_population_holds_the_youngest_successes():
    searcher = AgingEvolution(SPACE, 0, population=6, sample=3)
    succeeded = []
    for proposal, score in drive(
        searcher, lambda genome: math.inf if sum(genome) % 3 == 0 else SPACE.score(genome), 80
    ):
        succeeded += [proposal.k] if score < math.inf else []
        assert [member.k for member in searcher.population] == succeeded[-6:]
    assert len(succeeded) < 80


@pytest.mark.parametrize("count", [1, 3])
def test_a_child_is_a_living_parent_with_so_many_changes(count):
    searcher = AgingEvolution(SPACE, 0, population=6, sample=3, count=count)
    genomes = {}
    for proposal, _ in drive(searcher, SPACE.score, 60):
        genomes[proposal.k] = proposal.genome
        for parent in proposal.origin["parents"]:
            assert SPACE.distance(genomes[parent], proposal.genome) == proposal.origin["flips"] == count
            assert parent >= proposal.k - 6


def test_mutation_can_follow_a_rate():
    searcher = AgingEvolution(SPACE, 0, population=4, rate=0.25, count=None)
    flips = [proposal.origin["flips"] for proposal, _ in drive(searcher, SPACE.score, 204) if proposal.k >= 4]
    assert 3 < sum(flips) / len(flips) < 5


def test_a_large_sample_copies_the_best_and_of_equals_the_youngest():
    searcher = AgingEvolution(SPACE, 0, population=5, sample=200)
    scores = iter([0.3, 0.1, 0.2, 0.1, 0.4])
    list(drive(searcher, lambda genome: next(scores), 5))
    assert searcher.ask().origin["parents"] == [3]


def test_without_any_success_it_draws_at_random():
    searcher = AgingEvolution(IntegerGrid(3, 4), 0, population=4)
    assert all(proposal.origin["parents"] == [] for proposal, _ in drive(searcher, lambda genome: math.inf, 20))
