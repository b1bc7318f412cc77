"""The search: stages grow on beams, a controller learns, a collapse resets only the GAN, and every stop is harmless."""

import dataclasses
import math

import numpy as np
import pytest
import torch

from lib.device import keyed_seed
from lib.models.autogan import SharedGenerator, initialise
from lib.spaces.autogan import LENGTHS, AutoGan
from lib.training.autogan_search import AutoGanSearch, SearchPlan
from lib.training.gan import Gan, GanSettings
from tests.reference.states import dying, killed, loaded, recorded, same, saved

SPACE = AutoGan()
GAN = GanSettings(width=4, d_width=4, bottom=2, latent=4, d_batch=4, g_batch=4, n_critic=2, lr=2e-4, skip_out="pre_sum",
                  precision="float32", device="cpu")  # fmt: skip
PLAN = SearchPlan(
    iterations=4, growth=(1, 2), single_level=False, policy="controller", order="code", d_steps=3,
    controller_steps=(2, 3, 2), reward_images=3, candidates=4, kept=2, screen_images=0, control=0, evaluated_images=3,
    reset=False, window=4, threshold=0.0, controller_lr=0.01, beta=1e-4, decay=0.9, hidden=8, memo=False,
    official_entropy=False, nan="stop",
)  # fmt: skip
SINGLE = {"single_level": True, "growth": (), "iterations": 1, "controller_steps": (2,)}


def pictures(side):
    return torch.randint(0, 256, (9, 3, side, side), dtype=torch.uint8, generator=torch.Generator().manual_seed(side))


def spread(images, side):
    return torch.cat(list(images)).std().item()


def scores(images, side):
    return {"is": spread(images, side), "side": side}


def search(reward=spread, evaluate=scores, **changes):
    return AutoGanSearch(dataclasses.replace(PLAN, **changes), GAN, pictures, reward, evaluate, 3)


class OfGenomes(AutoGanSearch):
    """A search whose children are scored for themselves, whatever the GAN paints: its pictures show the genome."""

    def images(self, genome, n, seed):
        yield torch.tensor(genome).float()


def pre_tokens(images, side):
    genome = next(images)
    return sum(genome[place].item() for place in (0, 4, 9) if place < len(genome))


def told(step):
    """What a step told, without seconds."""
    return {name: value for name, value in step.metrics.items() if "seconds" not in name}, step.curves, step.config


@pytest.fixture(scope="module")
def whole():
    """A search never stopped: its steps, the state before each and at the end, and what it trained."""
    trainer, steps, trained = search(control=2), [], []
    files, train = [saved(trainer)], trainer.shared.train
    trainer.shared.train = lambda genomes, key: trained.append(genomes) or train(genomes, key)
    for _ in range(PLAN.iterations):
        steps.append(trainer.step())
        files.append(saved(trainer))
    return steps, files, trained


def test_stages_grow_at_their_iterations_with_genomes_of_4_9_and_14_tokens(whole):
    steps, _, trained = whole
    assert [step.config["stage"] for step in steps] == [0, 1, 2, 2]
    assert [step.config["resolution"] for step in steps] == [4, 8, 16, 16]
    assert [step.config["grown"] for step in steps] == [True, True, False, False]
    assert [len(genomes[0]) for genomes in trained] == [4, 9, 14, 14]
    assert [len(SPACE.parse(step.config["greedy"])) for step in steps] == [4, 9, 14, 14]
    ended = [step for step in steps if "beams" in step.config]
    assert ended == [steps[0], steps[1], steps[3]]
    assert [[len(SPACE.parse(text)) for text in step.config["beams"]] for step in ended] == [[n] * 2 for n in LENGTHS]


def test_the_children_of_a_stage_extend_its_beams(whole):
    steps, files, trained = whole
    for step, genomes, length in ((steps[0], trained[1], 4), (steps[1], trained[2] + trained[3], 9)):
        beams = [SPACE.parse(text) for text in step.config["beams"]]
        assert {SPACE.check_prefix(genome)[:length] for genome in genomes} <= set(beams)
    policy = loaded(files[1])["policy"]
    assert [state.shape for state in policy["states"]] == [(2, 8), (2, 8)]
    assert len(policy["genomes"]) == 2


def test_a_row_tells_what_the_iteration_did(whole):
    first, _, third, last = whole[0]
    shared = {"reward_mean", "reward_std", "entropy", "baseline", "greedy_is", "d_steps", "g_steps", "reward_images",
              "memo_hits", "memo_misses", "seconds_scoring", "seconds_gan", "seconds_reward", "seconds_evaluation",
              "d_loss", "g_loss", "variance_d", "variance_g"}  # fmt: skip
    control = {"policy_mean", "uniform_mean", "policy_std", "uniform_std", "control"}
    assert third.metrics.keys() == shared | {"greedy_side"}
    assert last.metrics.keys() == third.metrics.keys() | control
    assert all(map(math.isfinite, last.metrics.values()))
    assert first.metrics["reward_mean"] == pytest.approx(np.mean(first.curves["rewards"]))
    assert [len(first.curves[name]) for name in ("rewards", "entropies", "baselines")] == [2, 2, 2]
    assert first.curves["baselines"][0] == first.curves["rewards"][0]
    assert last.curves["baselines"][0] == last.curves["rewards"][0]  # started afresh with the phase
    assert [len(first.curves[f"marginal_{gene}"]) for gene in ("c0", "n0", "u0", "s0")] == [2, 3, 3, 2]
    assert sum(last.curves["marginal_k2"]) == 1
    assert first.score == -first.metrics["greedy_is"]
    assert (last.metrics["d_steps"], last.metrics["g_steps"]) == (12, 8)  # two G-steps among three D-steps, each phase
    assert first.metrics["reward_images"] == 3 * (2 + 2 * 2 + first.config["unique"])


@pytest.mark.parametrize("iteration", range(PLAN.iterations))
def test_an_iteration_after_a_stop_equals_that_without(whole, iteration):
    steps, files, _ = whole
    trainer = search(control=2)
    trainer.load(loaded(files[iteration]))
    assert told(trainer.step()) == told(steps[iteration])
    assert same(loaded(saved(trainer)), loaded(files[iteration + 1]))


@pytest.mark.parametrize(("part", "calls"), [("gan", 7), ("reward", 11), ("evaluation", 2)])
def test_a_killed_search_ends_as_one_never_stopped(whole, tmp_path, part, calls):
    """Deaths in phase 1 of iteration 2, in phase 2 of iteration 1 and in the evaluation of iteration 2."""

    def run_and_die():
        if part == "gan":
            Gan.d_step = dying(calls, Gan.d_step)
        trainer = search(control=2, reward=dying(calls, spread) if part == "reward" else spread,
                         evaluate=dying(calls, scores) if part == "evaluation" else scores)  # fmt: skip
        recorded(trainer, tmp_path, PLAN.iterations)

    assert killed(run_and_die)
    assert (tmp_path / "checkpoint.pt").exists()
    trainer = search(control=2)
    rows = recorded(trainer, tmp_path, PLAN.iterations)
    assert same(loaded(saved(trainer)), loaded(whole[1][-1]))
    assert [row["score"] for row in rows] == [step.score for step in whole[0]]
    assert [row["curves"] for row in rows] == [step.curves for step in whole[0]]


def test_the_reward_of_a_pre_token_makes_all_tokens_pre():
    plan = dataclasses.replace(PLAN, iterations=3, controller_steps=(40,) * 3, controller_lr=0.05, d_steps=1)
    trainer = OfGenomes(plan, GAN, pictures, pre_tokens, lambda images, side: {}, 0)
    steps = [trainer.step() for _ in range(3)]
    assert all(np.mean(step.curves["rewards"][-8:]) > np.mean(step.curves["rewards"][:8]) for step in steps)
    for text in (steps[-1].config["greedy"], steps[-1].config["beams"][0]):
        assert [SPACE.parse(text)[place] for place in (0, 4, 9)] == [1, 1, 1]


def test_a_reset_redraws_the_gan_and_leaves_the_controller_bit_identical():
    found = {}
    for reset in (False, True):
        plan = dataclasses.replace(PLAN, reset=reset, threshold=math.inf, window=2, d_steps=6, growth=(2, 3))
        found[reset] = trainer = OfGenomes(plan, GAN, pictures, lambda images, side: next(images)[0], lambda *_: {}, 3)
        step = trainer.step()
        assert step.config["would_reset"]
        assert step.config["reset"] == reset
        assert trainer.shared.steps == ([3, 2] if reset else [6, 3])  # left as soon as the window of G was full
        assert trainer.shared.collapse.g.full != reset
    assert same(found[True].policy.state(), found[False].policy.state())
    fresh = SharedGenerator(4, 2, 4)
    initialise(fresh, keyed_seed(3, "weights", "g", 1))
    assert same(found[True].shared.gan.generator.state_dict(), fresh.state_dict())
    assert not found[True].shared.gan.g_adam.state
    assert not found[True].shared.gan.d_adam.state
    assert found[False].shared.gan.d_adam.state


def test_a_reset_in_the_last_iteration_leaves_the_trained_weights():
    plan = dataclasses.replace(PLAN, reset=True, threshold=math.inf, window=2, d_steps=6)
    trainer = AutoGanSearch(plan, GAN, pictures, lambda images, side: 1.0, lambda *_: {}, 3)
    restarts = []
    for _ in range(plan.iterations):
        assert trainer.step().config["reset"]
        restarts.append(trainer.shared.restarts)
    assert restarts[-1] == restarts[-2] > 1


def test_the_step_counter_restarts_each_phase_and_windows_outlive_it():
    trainer = search(window=3, threshold=0.0, growth=(2, 3))
    counts = []
    for _ in range(2):
        step = trainer.step()
        counts.append((trainer.shared.collapse.g.seen, len(step.curves["variances_d"])))
    assert counts == [(2, 0), (4, 2)]  # two G-steps each; the window of three is full in the second phase


def test_a_memo_changes_no_reward_and_counts():
    both = {}
    for memo in (False, True):
        plan = dataclasses.replace(PLAN, memo=memo, controller_steps=(20, 1, 1), growth=(2, 3))
        trainer = OfGenomes(plan, GAN, pictures, pre_tokens, lambda images, side: {}, 3)
        both[memo] = trainer.step(), trainer.policy.state()
    (without, policy), (kept, twin) = both[False], both[True]
    assert without.curves == kept.curves
    assert same(policy, twin)
    assert (without.metrics["memo_hits"], without.metrics["memo_misses"]) == (0, 20)
    hits, misses = kept.metrics["memo_hits"], kept.metrics["memo_misses"]
    assert (hits + misses, hits > 0) == (20, True)
    assert (without.metrics["reward_images"], kept.metrics["reward_images"]) == (60, 3 * misses)


def test_children_are_scored_on_fresh_z():
    def rewards(**changes):
        trainer = search(controller_steps=(1, 1, 1), **changes)
        judge = trainer._judge("reward", 2)
        return judge((1, 0, 1, 1)), judge((1, 0, 1, 1))

    assert len(set(rewards())) == 2
    assert len(set(rewards(memo=True))) == 1


def test_rewards_see_pictures_in_the_unit_range_in_evaluation_and_inference_mode():
    def reward(images, side):
        made = torch.cat(list(images))
        assert torch.is_inference_mode_enabled()
        assert not trainer.shared.gan.generator.training
        assert made.shape == (3, 3, side, side)
        assert 0 <= made.min() <= made.max() <= 1
        calls.append(side)
        return 1.0

    calls, trainer = [], search(reward=reward)
    trainer.step()
    assert set(calls) == {4}


def test_a_single_level_searches_all_tokens_at_full_resolution():
    trainer = search(**SINGLE, candidates=3, kept=3)
    step = trainer.step()
    assert (step.config["stage"], step.config["resolution"], step.config["grown"]) == (2, 16, False)
    assert step.config["unique"] == len(set(step.config["beams"])) == 3
    assert {len(SPACE.parse(text)) for text in step.config["beams"]} == {14}
    assert "marginal_k2" in step.curves
    assert [gene for gene in step.curves if gene.startswith("marginal")] == [f"marginal_{g.name}" for g in SPACE.genes]


def test_a_random_search_screens_many_and_scores_the_ten_best_again():
    counts = []

    def reward(images, side):
        counts.append(sum(map(len, images)))
        return float(-len(counts))

    plan = {**SINGLE, "controller_steps": (0,), "policy": "uniform", "candidates": 14, "kept": 1, "screen_images": 2}
    trainer = search(reward=reward, **plan)
    step = trainer.step()
    assert counts == [2] * 14 + [3] * 10
    assert len(step.config["beams"]) == 1
    assert not {"reward_mean", "entropy", "baseline"} & step.metrics.keys()


def test_the_best_of_distinct_candidates_are_kept_the_best_first():
    def reward(images, side):
        return (next(images) * torch.tensor([1.0, 10, 100, 1000])).sum().item()

    plan = dataclasses.replace(PLAN, candidates=50, kept=3, growth=(1, 3))
    trainer = OfGenomes(plan, GAN, pictures, reward, lambda images, side: {}, 0)
    assert trainer.step().config["unique"] == 36  # of 500 draws: all cells of stage 0
    assert trainer.policy.beams.genomes == [(1, 2, 2, 1), (0, 2, 2, 1), (1, 1, 2, 1)]


@pytest.mark.parametrize("step", [0, 2])  # of the phase, after which its loss or its weights are broken
def test_numbers_that_are_not_finite_redraw_the_gan_or_stop_the_search(monkeypatch, step):
    original = Gan.d_step

    def d_step(gan, *arguments, **more):
        loss = original(gan, *arguments, **more)
        if trainer.shared.steps[0] == step:
            with torch.no_grad():
                next(gan.generator.parameters()).fill_(math.nan)
        return loss

    monkeypatch.setattr(Gan, "d_step", d_step)
    trainer = search(nan="reset", growth=(2, 3))
    row = trainer.step()
    assert "not finite" in row.reason
    assert not row.config["reset"]
    assert trainer.shared.steps[0] == PLAN.d_steps
    assert trainer.shared.restarts == 2
    assert all(weights.isfinite().all() for weights in trainer.shared.gan.generator.parameters())
    assert math.isfinite(row.metrics["reward_mean"])
    trainer = search(nan="stop")
    with pytest.raises(FloatingPointError, match="D-step"):
        trainer.step()


def test_a_reward_that_is_not_finite_stops_the_search_by_name():
    with pytest.raises(FloatingPointError, match=r"the reward of \d \d \d \d is nan in iteration 0"):
        search(reward=lambda images, side: math.nan).step()
