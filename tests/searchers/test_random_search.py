"""Random search: proposals that depend on nothing but seed and k, spread over the whole space or over its strata."""

from collections import Counter

import pytest

from lib.searchers.base import drive
from lib.searchers.random_search import RandomSearch, StratifiedSearch
from lib.spaces.base import keyed
from lib.spaces.toy import BitString, IntegerGrid


def genomes(searcher, budget):
    return [proposal.genome for proposal, _ in drive(searcher, lambda genome: 0.0, budget)]


def test_a_proposal_depends_on_seed_and_number_alone():
    space = IntegerGrid(4, 5)
    assert genomes(RandomSearch(space, 3), 20) == [space.sample(keyed(3, k)) for k in range(20)]


def test_every_genome_is_as_likely():
    counts = Counter(genomes(RandomSearch(BitString(3), 0), 800))
    assert len(counts) == 8
    assert all(60 < count < 140 for count in counts.values())


def test_every_number_of_active_bits_but_none_is_as_likely():
    counts = Counter(sum(genome) for genome in genomes(StratifiedSearch(BitString(8), 0), 800))
    assert set(counts) == set(range(1, 9))
    assert all(60 < count < 140 for count in counts.values())


def test_the_places_of_active_bits_are_as_likely():
    single = Counter(genome for genome in genomes(StratifiedSearch(BitString(4), 0), 1600) if sum(genome) == 1)
    assert len(single) == 4
    assert all(60 < count < 140 for count in single.values())


def test_strata_need_bits():
    with pytest.raises(ValueError, match="the space is grid-4x5; stratified search counts active bits"):
        StratifiedSearch(IntegerGrid(4, 5), 0)
