"""The controller: probabilities that are right, a gradient that is exact, and learning that converges."""

import io
import math

import numpy as np
import pytest
import torch

from lib.searchers.controller import Controller
from lib.spaces.base import Gene, Space, keyed


def cell(*counts):
    return Space("cell", [Gene(f"g{i}", tuple(range(count))) for i, count in enumerate(counts)])


CELL = cell(2, 3, 3, 2)


def controller(space=CELL, seed=0, **settings):
    return Controller(space, seed, **{"hidden": 16, **settings})


@pytest.mark.parametrize(
    ("counts", "size"), [((2, 3, 3, 2), 82_810), ((2, 3, 3, 2, 2), 83_212), ((2, 3, 3, 2, 4), 83_614)]
)
def test_it_has_as_many_weights_as_that_of_autogan(counts, size):
    assert sum(weights.numel() for weights in Controller(cell(*counts), 0).parameters()) == size


def test_a_fresh_policy_is_nearly_uniform():
    episodes = controller(hidden=100).sample(keyed(0), 2000)
    assert episodes.entropy.sum(1).mean().item() == pytest.approx(math.log(36), abs=0.15)
    for gene, column in zip(CELL.genes, np.array(episodes.genomes).T, strict=True):
        shares = np.bincount(column, minlength=len(gene.choices)) / 2000
        assert shares == pytest.approx(1 / len(gene.choices), abs=0.15)


def test_samples_follow_the_probabilities_that_it_states():
    policy = controller(cell(3, 2), lr=0.05)
    policy.update([(0, 0), (2, 1)], [1.0, 0.0])
    policy.update([(0, 0), (2, 1)], [1.0, 0.0])
    drawn = policy.sample(keyed(0), 4000).genomes
    every = [(a, b) for a in range(3) for b in range(2)]
    stated = policy.recall(every).log_probability.sum(1).exp()
    assert stated.sum().item() == pytest.approx(1)
    assert [drawn.count(genome) / 4000 for genome in every] == pytest.approx(stated.tolist(), abs=0.03)


def test_recalling_a_sample_repeats_its_probabilities():
    policy = controller()
    episodes = policy.sample(keyed(1), 8)
    recalled = policy.recall(episodes.genomes)
    assert recalled.genomes == episodes.genomes
    for again, first in zip(recalled[1:3], episodes[1:3], strict=True):
        torch.testing.assert_close(again, first)
    assert recalled.log_probability.requires_grad
    assert not episodes.log_probability.requires_grad
    assert episodes.log_probability.shape == episodes.entropy.shape == (8, 4)


def test_the_greedy_genome_is_never_less_likely_than_others_gene_by_gene():
    policy = controller()
    greedy = policy.greedy()
    assert (greedy.log_probability.exp() >= 1 / torch.tensor([2.0, 3, 3, 2])).all()
    assert policy.greedy().genomes == greedy.genomes


def test_a_sample_needs_the_seed_of_the_weights_and_the_generator():
    same = [controller(seed=2).sample(keyed(5), 6).genomes for _ in range(2)]
    assert same[0] == same[1]
    assert controller(seed=3).recall(same[0]).log_probability.sum() != controller(seed=2).recall(same[0])[1].sum()
    assert controller(seed=2).sample(keyed(6), 6).genomes != same[0]


def test_the_loss_is_that_of_reinforce_with_baseline_and_entropy_bonus():
    policy = controller(beta=0.3)
    genomes, rewards = [(0, 1, 2, 0), (1, 0, 0, 1)], [2.0, 5.0]
    first = policy.update(genomes, rewards)
    assert (first["reward"], first["baseline"]) == (3.5, 3.5)
    episodes = policy.recall(genomes)
    log_p, entropy = episodes.log_probability.sum(1), episodes.entropy.sum(1)
    expected = -(log_p[0] * (4 - 3.5) + log_p[1] * (8 - 3.5)) / 2 - 0.3 * entropy.mean()
    second = policy.update(genomes, [4.0, 8.0])
    assert second["loss"] == pytest.approx(expected.item())
    assert second["entropy"] == pytest.approx(entropy.mean().item())
    assert second["baseline"] == pytest.approx(0.9 * 3.5 + 0.1 * 6)


def test_the_gradient_is_that_of_the_expected_reward():
    """Over all genomes, weighted by their probability, the score-function gradient is the exact one."""
    space = cell(2, 3)
    every = [(a, b) for a in range(2) for b in range(3)]
    rewards = torch.arange(6, dtype=torch.float64) ** 2
    exact, estimate = controller(space), controller(space)
    (exact.recall(every).log_probability.sum(1).exp() * rewards).sum().backward()
    log_p = estimate.recall(every).log_probability.sum(1)
    (log_p.exp().detach() * log_p * (rewards - 7)).sum().backward()  # any baseline
    for a, b in zip(exact.parameters(), estimate.parameters(), strict=True):
        torch.testing.assert_close(a.grad, b.grad)


def test_it_learns_which_choice_is_rewarded():
    policy, greedy = controller(lr=0.02), (1, 2, 0, 1)
    for step in range(60):
        genomes = policy.sample(keyed(0, step), 5).genomes
        policy.update(genomes, [-CELL.distance(genome, greedy) for genome in genomes])
    assert policy.greedy().genomes == [greedy]
    assert policy.recall([greedy]).log_probability.sum().exp() > 0.5


def test_a_constant_reward_teaches_nothing():
    policy = controller(beta=1e-3, lr=0.01)
    for step in range(30):
        genomes = policy.sample(keyed(0, step), 5).genomes
        entropy = policy.update(genomes, [3.0] * 5)["entropy"]
    assert entropy > 0.98 * math.log(36)


def test_a_next_stage_starts_from_the_state_of_the_one_before_without_training_it():
    before, after = controller(seed=0), controller(cell(2, 2), seed=1)
    beams = before.recall([(0, 0, 0, 0), (1, 2, 2, 1)])
    handed = after.recall([(0, 1), (0, 1)], beams.state)
    assert handed.log_probability[0, 0] != handed.log_probability[1, 0]
    handed.log_probability.sum().backward()
    assert all(weights.grad is None for weights in before.parameters())
    assert after.sample(keyed(0), 2, beams.state).state[0].shape == (2, 16)


def test_a_saved_controller_goes_on_as_if_never_stopped():
    def step(policy, k):
        policy.update(policy.sample(keyed(0, k), 4).genomes, [0.1, 0.5, 0.2, 0.9])

    policy, file, loaded = controller(lr=0.01), io.BytesIO(), controller(seed=9, lr=0.01)
    step(policy, 0)
    torch.save(policy.state_dict(), file)
    file.seek(0)
    loaded.load_state_dict(torch.load(file, weights_only=True))
    for k in (1, 2):
        step(policy, k)
        step(loaded, k)
    assert loaded.baseline == policy.baseline
    assert all(torch.equal(a, b) for a, b in zip(policy.parameters(), loaded.parameters(), strict=True))


def test_it_leaves_threads_and_the_global_generator_as_they_were():
    threads, state = torch.get_num_threads(), torch.get_rng_state()
    policy = controller()
    policy.update(policy.sample(keyed(0), 3).genomes, [1.0, 2.0, 3.0])
    assert torch.get_num_threads() == threads
    assert torch.equal(torch.get_rng_state(), state)
    assert {weights.dtype for weights in policy.parameters()} == {torch.float64}
