"""The genetic algorithm: generations of one size, an elite that lasts, offspring of two parents."""

import math

import pytest

from lib.searchers.base import drive
from lib.searchers.generation import Stop
from lib.searchers.genetic import Genetic
from lib.spaces.toy import BitString

SPACE = BitString(16)


def grown(budget, score=None, space=SPACE, **setup):
    """A genetic search after so many proposals, and these."""
    searcher = Genetic(space, 4, **{"population": 20, **setup})
    return searcher, [proposal for proposal, _ in drive(searcher, score or space.score, budget)]


@pytest.mark.parametrize(("elite", "elites"), [(0.05, 1), (0.2, 4), (0.0, 1)])
def test_the_elite_fills_the_first_slots_and_is_not_asked_again(elite, elites):
    _, proposals = grown(20 + 2 * (20 - elites), elite=elite)
    slots = [(proposal.origin["generation"], proposal.origin["slot"]) for proposal in proposals]
    offspring = [(generation, slot) for generation in (1, 2) for slot in range(elites, 20)]
    assert slots == [(0, slot) for slot in range(20)] + offspring


def test_the_best_never_gets_worse_and_keeps_its_score():
    searcher, _ = grown(20 + 15 * 19, fitness="one_minus")
    best = [level for level, _ in searcher.trace]
    assert best == sorted(best)
    assert len(best) == 16
    assert best[-1] == 1 - searcher.population[0].score > best[0]


def test_offspring_are_their_parents_cut_and_flipped():
    _, proposals = grown(20 + 5 * 19, rate=0.2)
    genomes = {proposal.k: proposal.genome for proposal in proposals}
    offspring = [proposal for proposal in proposals if proposal.origin["generation"]]
    for proposal in offspring:
        a, b = proposal.origin["parents"]
        child = SPACE.join(genomes[a], genomes[b], proposal.origin["cut"])
        assert SPACE.distance(child, proposal.genome) == proposal.origin["flips"]
    assert 2.4 < sum(proposal.origin["flips"] for proposal in offspring) / len(offspring) < 4  # 0.2 of 16 bits
    assert {proposal.origin["cut"] for proposal in offspring} == {1, 2, 3, 4}


@pytest.mark.parametrize(("parents", "ranks"), [("middle", range(4, 16)), ("survivors", range(16))])
def test_parents_come_from_the_ranks_that_breed(parents, ranks):
    searcher, _ = grown(20, parents=parents, elite=0.2)
    order = [member.k for member in searcher.population]
    found = {order.index(k) for _ in range(16) for k in searcher.ask().origin["parents"]}
    assert found <= set(ranks)
    assert (0 in found) == (parents == "survivors")


def test_only_valid_genomes_breed_while_there_are_any():
    _, proposals = grown(39, score=lambda genome: SPACE.score(genome) if genome[0] else math.inf, fitness="one_minus")
    genomes = {proposal.k: proposal.genome for proposal in proposals}
    assert all(genomes[k][0] for proposal in proposals[20:] for k in proposal.origin["parents"])


def test_scores_that_clip_stop_the_search_by_name():
    with pytest.raises(ValueError, match=r"'one_minus' does not suit scores from 1.5 to 1.5: 20 of 20 clip"):
        grown(20, score=lambda genome: 1.5, fitness="one_minus")


def test_failures_do_not_count_as_clipped():
    searcher, _ = grown(20, score=lambda genome: math.inf, fitness="one_minus")
    assert all(math.isnan(level) for level in searcher.trace[0])
    assert len({k for _ in range(19) for k in searcher.ask().origin["parents"]}) > 5  # uniform among the failed


def test_the_stop_rule_ends_the_asking():
    searcher, proposals = grown(10_000, stop=Stop(window=2, change=0.0, earliest=3, latest=6))
    assert searcher.done
    assert searcher.ask() is None
    assert 3 <= len(searcher.trace) - 1 <= 6
    assert len(proposals) == 20 + 19 * (len(searcher.trace) - 1)


def test_equal_networks_tie_by_their_canonical_text():
    space = BitString(8)
    space.canonical = lambda genome: (0, *genome[1:])
    searcher, _ = grown(20, score=lambda genome: 0.5, space=space)
    texts = [space.text((0, *member.genome[1:])) for member in searcher.population]
    assert texts == sorted(texts)


def test_flips_of_bits_that_matter_are_counted_apart():
    space = BitString(8)
    space.live_bits = lambda genome: (True,) * 4 + (False,) * 4
    _, proposals = grown(39, space=space, rate=1.0)
    assert all(proposal.origin["live_flips"] == 4 for proposal in proposals[20:])
    assert "live_flips" not in grown(39)[1][-1].origin
