"""CycleGAN's training: equal to a plain one in double precision, its schedule, its rows, and every stop is harmless."""

import dataclasses
import math

import pytest
import torch

from lib.spaces.base import keyed
from lib.spaces.cycleganas import CycleGanas
from lib.training.cyclegan import (
    LOSSES,
    CycleGan,
    CycleTraining,
    adversarial,
    baseline,
    derived,
    lr_factor,
)
from tests.reference.cyclegan_world import SETTINGS, A, B, ends_alike, pairs, pictures, plain, pools
from tests.reference.states import same

SPACE = CycleGanas(1)


def networks(seed=0):
    return baseline((2, 2), 1, 2, seed)


def training(a=A, b=B, chunk=2, evaluate=None, **changes):
    return CycleTraining(networks(), dataclasses.replace(SETTINGS, **changes), a, b, 3, chunk=chunk, evaluate=evaluate)


@pytest.mark.parametrize(("make", "changes"), [
    (networks, {}), (networks, {"paired": False, "gan": "bce"}), (networks, {"lambda_identity": 0, "lambda_cycle": 3}),
    (lambda: derived(SPACE.decode(SPACE.sample(keyed(1))), (1, 2), 2, 0), {}),
], ids=["lsgan", "alone-bce", "weights", "derived"])  # fmt: skip
def test_eight_iterations_equal_the_plain_ones_in_double_precision(make, changes):
    settings = dataclasses.replace(SETTINGS, precision="float64", **changes)
    gan = CycleGan(make(), settings)
    expected, ours, theirs = plain(settings, make()), pools(), pools()
    for pair in pairs(8):
        found = gan.update(tuple(pair), ours)
        wanted = torch.tensor(expected.update(*pair, theirs, ("w",)), dtype=torch.float64)
        count = 8 if settings.lambda_identity else 4
        torch.testing.assert_close(found[:count], wanted[:count], rtol=0, atol=1e-9)
        torch.testing.assert_close(found[6:], wanted[6:], rtol=0, atol=1e-9)
    for name, network in expected.networks.items():
        for key, value in network.state_dict().items():
            torch.testing.assert_close(gan.networks[name].state_dict()[key], value, rtol=0, atol=1e-8)


def test_the_adversarial_losses_by_hand():
    logits = torch.tensor([[0.5, -1.0]])
    assert adversarial(logits, real=True, gan="lsgan").item() == pytest.approx((0.25 + 4) / 2)
    assert adversarial(logits, real=False, gan="lsgan").item() == pytest.approx((0.25 + 1) / 2)
    expected = (math.log(1 + math.exp(-0.5)) + math.log(1 + math.e)) / 2
    assert adversarial(logits, real=True, gan="bce").item() == pytest.approx(expected)


def test_a_step_of_the_generators_gives_the_discriminators_no_gradient_and_leaves_them_trainable():
    gan = CycleGan(networks(), SETTINGS)
    before = {name: value.clone() for name, value in gan.networks["D_A"].state_dict().items()}
    (pair,) = pairs(1)
    a, b = pair.float()
    gan._g_step(a, b, ("w",))
    weights = [weights for name in ("D_A", "D_B") for weights in gan.networks[name].parameters()]
    assert all(one.requires_grad and one.grad is None for one in weights)
    assert same(before, gan.networks["D_A"].state_dict())
    gan._d_step((a, b), (a, b), ("w",))
    assert not same(before, gan.networks["D_A"].state_dict())


@pytest.mark.parametrize(("epoch", "factor"), [(1, 1), (100, 1), (101, 0.9901), (200, 0.0099)])
def test_the_learning_rate_is_constant_and_then_falls(epoch, factor):
    assert round(lr_factor(epoch, 200), 4) == factor


def test_iterations_of_an_epoch_share_their_learning_rate():
    trainer = training(iterations=8, lr_every=2, chunk=1)
    trainer.gan.update = lambda *_: torch.zeros(8)
    rates = [trainer.step().metrics["lr"] / SETTINGS.lr for _ in range(8)]
    assert rates == pytest.approx([1, 1, 1, 1, 2 / 3, 2 / 3, 1 / 3, 1 / 3])


def test_counters_count_and_the_last_step_has_what_is_left():
    trainer = training(evaluate=lambda translate: {"mean": translate(A[:, :, :32, :32], "AtoB").mean().item()})
    assert trainer.steps == 3
    steps = [trainer.step() for _ in range(3)]
    assert [[step.metrics[name] for name in ("iterations", "updates", "images")] for step in steps] == [
        [2, 2, 4], [4, 4, 8], [5, 5, 10]]  # fmt: skip
    assert {*LOSSES, "g_loss", "d_loss", "mean", "lr"} < steps[0].metrics.keys()
    assert all(math.isfinite(value) for step in steps for value in step.metrics.values())
    first = steps[0].metrics
    weighted = [first[name] * weight for name, weight in zip(LOSSES, (*SETTINGS.weights, 0, 0), strict=True)]
    assert first["g_loss"] == pytest.approx(sum(weighted))
    assert first["d_loss"] == pytest.approx(first["d_A"] + first["d_B"])
    assert [len(step.curves["g_loss"]) for step in steps] == [2, 2, 1]


def test_translations_go_in_both_directions_and_depend_on_no_batch():
    trainer = training()
    inputs = pictures(3, 32)
    there, back = (trainer.translate(inputs, direction) for direction in ("AtoB", "BtoA"))
    assert there.shape == (3, 3, 32, 32)
    assert 0 <= there.min() < there.max() <= 1
    assert not torch.equal(there, back)
    torch.testing.assert_close(trainer.translate(inputs.float() / 255, "AtoB", batch=1), there)
    with torch.no_grad():
        expected = trainer.gan.networks["G_B"](inputs.float() / 127.5 - 1) / 2 + 0.5
    torch.testing.assert_close(back, expected)


def test_training_teaches_the_generators_to_come_back():
    flat = [torch.full((1, 3, 32, 32), value, dtype=torch.uint8) for value in (60, 200)]
    trainer = training(*flat, chunk=10, iterations=20, lr=5e-3)
    first, last = trainer.step(), trainer.step()
    assert last.metrics["cycle_A"] + last.metrics["cycle_B"] < first.metrics["cycle_A"] + first.metrics["cycle_B"]


def test_bfloat16_keeps_weights_in_float32_and_losses_close():
    fast, exact = training(precision="bfloat16"), training()
    found, expected = fast.step().metrics, exact.step().metrics
    assert found != expected
    assert found == pytest.approx(expected, rel=0.05)
    assert {one.dtype for one in fast.gan.networks["G_A"].parameters()} == {torch.float32}


def test_two_trainings_of_one_seed_are_equal_to_the_bit_and_of_another_are_not():
    trainers = [training(), training(), training(a=pictures(3, seed=7))]
    rows = [trainer.step().metrics for trainer in trainers]
    assert rows[0] == rows[1] != rows[2]
    assert same(trainers[0].state(), trainers[1].state())


def test_a_killed_training_ends_as_one_never_stopped(tmp_path):
    assert ends_alike(training, tmp_path, calls=3)  # dies in the second step


def test_a_loss_that_is_not_finite_stops_and_names_the_iteration(monkeypatch):
    update = CycleGan.update

    def broken(gan, *arguments):
        if trainer.feeds[0].pairs.state()["place"] == 4:  # its fourth pair
            with torch.no_grad():
                next(gan.networks["D_B"].parameters()).fill_(math.nan)
        return update(gan, *arguments)

    monkeypatch.setattr(CycleGan, "update", broken)
    trainer = training()
    trainer.step()
    with pytest.raises(FloatingPointError, match=r"the losses of iteration 3 are: adv_AtoB nan, adv_BtoA \d"):
        trainer.step()
