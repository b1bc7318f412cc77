"""The policy of a stage: children that extend beams, a controller that starts where theirs ended and learns."""

import copy
import math

import pytest
import torch

from lib.searchers.controller import Controller
from lib.spaces.autogan import AutoGan, Stage
from lib.spaces.base import keyed
from lib.training.policy import ROOT, Beams, OfficialEntropy, Policy

SPACE = AutoGan()
PARENTS = [(0, 0, 0, 0), (1, 2, 2, 1)]


def policy(stage=0, beams=ROOT, kind=Controller, order="code", **settings):
    space = Stage(stage, order)
    return Policy(space, beams, kind and kind(space, 0, **{"hidden": 8, **settings}))


def extended(order="code", **settings):
    """A policy of stage 1 whose beams two episodes of stage 0 made."""
    states = policy().controller.recall(PARENTS).state
    return policy(1, Beams(PARENTS, (states[0].detach(), states[1].detach())), order=order, **settings)


@pytest.mark.parametrize("order", ["code", "paper"])
def test_children_extend_beams_drawn_uniformly(order):
    drawn = extended(order).sample(keyed(0), 400)
    assert drawn.parents.count(0) == pytest.approx(200, abs=50)
    for genome, parent, chosen in zip(drawn.genomes, drawn.parents, drawn.choices, strict=True):
        assert SPACE.check_prefix(genome) == PARENTS[parent] + Stage(1, order).tokens(chosen)


def test_the_controller_starts_from_the_state_of_the_beam():
    one = extended(lr=0.1)
    drawn = one.sample(keyed(0), 6)
    recalled = one.controller.recall(drawn.choices, one.beams.state(drawn.parents))
    torch.testing.assert_close(drawn.states, recalled.state)
    kept = drawn.beams([4, 1])
    assert kept.genomes == [drawn.genomes[4], drawn.genomes[1]]
    torch.testing.assert_close(kept.states[1], recalled.state[1][[4, 1]])
    child, twin = one.sample(keyed(3), 1), copy.deepcopy(one.controller)
    for reward in (1.0, 2.0):
        twin.update(child.choices, [reward], one.beams.state(child.parents))
        one.learn(child, reward)
    assert all(torch.equal(a, b) for a, b in zip(twin.parameters(), one.controller.parameters(), strict=True))
    first, other = (one.controller.recall(child.choices, one.beams.state([beam])).log_probability for beam in (0, 1))
    assert not torch.allclose(first, other)


def test_the_greedy_child_is_the_likeliest_of_the_best_beam():
    one = extended()
    chosen = one.controller.greedy(one.beams.state([0])).genomes[0]
    assert one.greedy(keyed(0)) == PARENTS[0] + chosen


def test_chance_draws_every_cell_and_learns_nothing():
    one = policy(1, Beams(PARENTS), kind=None)
    assert len(set(one.sample(keyed(0), 2000).genomes)) == 2 * 72
    assert one.learn(one.sample(keyed(0), 1), 3.0) == {}
    assert SPACE.check_prefix(one.greedy(keyed(1)))[:4] in PARENTS
    trained = extended()
    assert trained.chance(keyed(0), 50) == one.sample(keyed(0), 50).genomes


def test_entropies_inside_the_reward_push_the_entropy_down_and_a_bonus_does_not():
    """Section 5.5: with a constant reward the authors' update loses nearly all entropy."""
    entropy = {}
    for kind in (Controller, OfficialEntropy):
        one = policy(kind=kind, lr=0.02, beta=1e-3)
        for step in range(60):
            entropy[kind] = one.learn(one.sample(keyed(0, step), 1), 2.0)["entropy"]
    assert entropy[Controller] > 0.98 * math.log(36)
    assert entropy[OfficialEntropy] < 0.6 * math.log(36)


def test_a_policy_goes_on_from_its_state():
    one, other = extended(lr=0.1), policy(1, lr=0.1)
    one.learn(one.sample(keyed(0), 1), 1.0)
    other.load(copy.deepcopy(one.state()))
    for each in (one, other):
        each.learn(each.sample(keyed(1), 1), 3.0)
    assert one.sample(keyed(2), 5).genomes == other.sample(keyed(2), 5).genomes
    assert one.controller.baseline == other.controller.baseline
    one.restart()
    assert one.controller.baseline is None
