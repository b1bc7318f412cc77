"""The loop: equal to the plain one, repeatable to the bit, and honest about what needed the truth."""

from functools import partial
from statistics import fmean, stdev

import pytest
import torch
from torch.nn import functional as F

from lib.models.dip import DipNetwork, NetworkOptions, initialise
from lib.spaces.nasdip import Architecture, Stage
from lib.training.reconstruction import _Guard, reconstruct
from tests.benchmarks import candidates
from tests.reference.dip_skip import fit

SMALL = Architecture((Stage(3, 6), Stage(5, 4)), (Stage(3, 4), Stage(3, 5)), ((2, 3), (0, 1)))
TRUTH = torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(5))
Z = 0.1 * torch.rand(1, 32, 16, 16, generator=torch.Generator().manual_seed(6))


def network(seed=1, dtype=torch.float32):
    result = DipNetwork(SMALL, NetworkOptions()).to(dtype)
    initialise(result, seed)
    return result


def run(**changes):
    loss = partial(F.mse_loss, target=TRUTH)
    return reconstruct(network(), Z, loss, **{"iterations": 6, "lr": 0.01} | changes)


def test_two_runs_are_equal_to_the_bit():
    assert torch.equal(run().output, run().output)


def test_the_loop_equals_a_plain_one_in_float64():
    z, truth = Z.double(), TRUTH.double()
    loss = partial(F.mse_loss, target=truth)
    ours = reconstruct(network(dtype=torch.float64), z, loss, iterations=5, lr=0.01)
    plain, _ = fit(network(dtype=torch.float64), z, loss, iterations=5, lr=0.01)
    torch.testing.assert_close(ours.output, plain, rtol=0, atol=1e-10)


def test_the_loss_belongs_to_the_output_and_falls():
    result = run(iterations=30)
    assert result.loss == float(F.mse_loss(result.output, TRUTH))
    assert result.loss < run(iterations=0).loss
    assert result.iterations == 30


def test_the_average_starts_at_the_first_output():
    assert run().averaged is None
    assert torch.equal(run(iterations=1, average=0.99).averaged, run(iterations=0).output)
    outputs = [run(iterations=i).output for i in range(2)]
    torch.testing.assert_close(run(iterations=2, average=0.75).averaged, 0.75 * outputs[0] + 0.25 * outputs[1])


def test_averaging_and_the_oracle_leave_the_output_alone():
    assert torch.equal(run(average=0.9, oracle=TRUTH).output, run().output)


def test_the_oracle_names_the_best_iterate():
    outputs = [run(iterations=i).output for i in range(7)]
    psnr = [float(-10 * (output.double() - TRUTH).square().mean().log10()) for output in outputs]
    value, iteration = run(oracle=TRUTH).oracle
    assert (value, iteration) == (pytest.approx(max(psnr)), psnr.index(max(psnr)))
    assert run().oracle is None


def test_input_noise_follows_its_seed():
    noisy = partial(run, reg_noise_std=0.03)
    assert torch.equal(noisy(noise_seed=1).output, noisy(noise_seed=1).output)
    assert not torch.equal(noisy(noise_seed=1).output, noisy(noise_seed=2).output)
    before = torch.get_rng_state()
    noisy()
    assert torch.equal(before, torch.get_rng_state())


def test_the_guard_puts_back_the_weights_after_a_jump_of_five_decibels():
    weights = torch.zeros(3)
    guard = _Guard(weights)
    for loss, kept in ((1.0, True), (3.1, True), (9.9, False)):
        weights.fill_(loss)
        guard(torch.tensor(loss))
        assert torch.equal(weights, torch.full((3,), loss if kept else 3.1))


def test_a_guard_that_never_acts_changes_nothing():
    assert torch.equal(run(guard=True).output, run().output)


@pytest.mark.parametrize("changes", [{"precision": "bfloat16"}, {"channels_last": True}])
def test_faster_options_stay_near_the_default(changes):
    assert run(iterations=20, **changes).loss == pytest.approx(run(iterations=20).loss, rel=0.1)


def test_another_precision_is_refused():
    with pytest.raises(ValueError, match="precision is 'half'; allowed are float32, bfloat16"):
        run(precision="half")


def psnr(output):
    return float(-10 * (output - candidates.problem(64)[0]).square().mean().log10())


@pytest.fixture(scope="module")
def plain_runs():
    """PSNR in dB of the classical network after 100 iterations of the plain loop, five seeds."""
    values = []
    for seed in range(5):
        torch.manual_seed(seed)
        values.append(psnr(candidates.plain_classical(64, 100)))
    return values


@pytest.mark.slow
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_the_classical_network_ends_where_five_plain_runs_do(precision, plain_runs):
    ours = psnr(candidates.our_classical(64, 100, precision=precision))
    assert abs(ours - fmean(plain_runs)) < 3 * stdev(plain_runs)
