"""The formula that scores a paper's space without training."""

import json
from itertools import product

import pytest

from lib.papers import formula
from lib.spaces.base import Gene, Space

SPACE = Space("three-genes", [Gene("a", (0, 1)), Gene("b", tuple("xyz")), Gene("c", tuple(range(6)))])


def costs_of_all(problem):
    genomes = product(*(range(len(gene.choices)) for gene in problem.space.genes))
    return {genome: problem.evaluate(problem.settings, genome, 0).score for genome in genomes}


def test_costs_go_from_0_of_the_known_best_genome_to_1_and_no_two_are_equal():
    one = formula.problem("three", "Three genes", SPACE)
    found = costs_of_all(one)
    assert min(found.values()) == one.optimum == 0
    assert max(found.values()) == pytest.approx(1)
    assert len(set(found.values())) == len(found) == SPACE.size == 36


def test_a_choice_costs_the_same_whatever_the_others_are():
    found = costs_of_all(formula.problem("three", "Three genes", SPACE))
    for b, c in product(range(3), range(6)):
        assert found[1, b, c] - found[0, b, c] == pytest.approx(found[1, 0, 0] - found[0, 0, 0])


def test_costs_follow_from_the_space_and_are_written_down():
    first, second = (formula.problem("three", "Three genes", SPACE) for _ in range(2))
    assert first.identity == second.identity
    assert tuple(map(tuple, json.loads(json.dumps(first.identity))["costs"])) == first.settings
