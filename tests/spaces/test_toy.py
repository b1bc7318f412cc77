"""The toy spaces: one optimum, known, with score 0, and structure that leads to it."""

import itertools

import pytest

from lib.spaces.base import keyed
from lib.spaces.toy import BitString, IntegerGrid

SPACES = [BitString(8), BitString(10, block=4), BitString(9, block=3), IntegerGrid(4, 4), IntegerGrid(3, 7)]
named = pytest.mark.parametrize("space", SPACES, ids=lambda space: space.name)


def genomes(space):
    return itertools.product(*(range(len(gene.choices)) for gene in space.genes))


@named
def test_only_the_optimum_scores_zero_and_none_more_than_one(space):
    scores = {genome: space.score(genome) for genome in genomes(space)}
    assert [genome for genome, score in scores.items() if score == 0] == [space.optimum]
    assert max(scores.values()) <= 1
    assert len(scores) == space.size


@named
def test_from_everywhere_one_changed_gene_leads_closer_to_the_optimum(space):
    for genome in genomes(space):
        repaired = ((*genome[:i], best, *genome[i + 1 :]) for i, best in enumerate(space.optimum))
        assert genome == space.optimum or min(map(space.score, repaired)) < space.score(genome)


@named
def test_what_a_gene_is_worth_depends_on_other_genes(space):
    right = (space.optimum[0],)
    gains = {
        round(space.score(((space.optimum[0] + 1) % 2, *rest)) - space.score((*right, *rest)), 9)
        for rest in (space.sample(keyed(0, i))[1:] for i in range(200))
    }
    assert len(gains) > 1


def test_the_name_says_all_settings():
    assert BitString(10, block=4).name != BitString(10, block=5).name
    assert IntegerGrid(4, 5).name != IntegerGrid(5, 4).name
