"""GAN steps equal plain ones that save nothing; derived training resumes to the bit and keeps what it promises."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from lib.models.autogan import SharedGenerator, initialise
from lib.models.sngan_discriminator import Discriminator
from lib.spaces.autogan import AutoGan
from lib.training.gan import Batches, DerivedTraining, Ema, Gan, GanSettings, hinge_d, hinge_g, noise, pictures_of
from tests.reference.states import loaded, same, saved

SPACE = AutoGan()
A, B, C, SNGAN = (SPACE.named(name) for name in ("a", "b", "c", "sngan"))
SETTINGS = GanSettings(
    width=4, d_width=4, bottom=1, latent=4, d_batch=3, g_batch=5, n_critic=3, lr=1e-3, skip_out="pre_sum",
    precision="float32", device="cpu",
)  # fmt: skip
PICTURES = torch.randint(256, (7, 3, 8, 8), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)


def pair(dtype=torch.float64, seed=1):
    """A shared generator with maps of 2, 4, 8 and 16 px and its discriminator."""
    modules = SharedGenerator(4, bottom=2, latent=4), Discriminator(4)
    for module in modules:
        initialise(module, seed)
    return [module.to(dtype, memory_format=torch.channels_last) for module in modules]  # as Gan lays them out


def rounds(*genomes, dtype=torch.float64):
    """A round of training for every genome, of as many cells as it describes."""
    rng = torch.Generator().manual_seed(2)
    cells = [{4: 1, 9: 2, 14: 3}[len(genome)] for genome in genomes]
    return [
        (torch.rand(3, 3, 2 * 2**n, 2 * 2**n, generator=rng, dtype=dtype) * 2 - 1, noise(3, 4, rng).to(dtype),
         noise(5, 4, rng).to(dtype), (genome,), n)
        for genome, n in zip(genomes, cells, strict=True)
    ]  # fmt: skip


def fit(gan, steps):
    return [
        (gan.d_step(real, d_z, *args, cells=cells).item(), gan.g_step(g_z, *args, cells=cells).item())
        for real, d_z, g_z, args, cells in steps
    ]


def made(precision="float32", dtype=torch.float64):
    return Gan(*pair(dtype), replace(SETTINGS, precision=precision))


def values(module):
    """All parameters and buffers, copied."""
    return {name: value.clone() for name, value in module.state_dict().items()}


def test_the_hinge_losses_by_hand():
    real, fake = torch.tensor([2.0, 0.5, -1.0]), torch.tensor([-2.0, -0.5, 1.0, 0.0])
    assert hinge_d(real, fake).item() == pytest.approx((0 + 0.5 + 2) / 3 + (0 + 0.5 + 2 + 1) / 4)
    assert hinge_g(fake).item() == pytest.approx(1.5 / 4)


def test_a_g_step_leaves_the_discriminators_weights_without_gradient_and_trainable():
    gan, (step,) = made(), rounds(A)
    before = {name: value.detach().clone() for name, value in gan.discriminator.named_parameters()}
    fit(gan, [step])
    gan.g_step(step[2], A)
    assert all(weights.requires_grad and weights.grad is None for weights in gan.discriminator.parameters())
    assert not same(before, dict(gan.discriminator.named_parameters()))


def test_the_discriminator_is_trainable_again_after_a_g_step_that_failed():
    gan = made()
    with pytest.raises(ValueError, match="cells"):
        gan.g_step(torch.zeros(5, 4, dtype=torch.float64), A, cells=4)
    assert all(weights.requires_grad for weights in gan.discriminator.parameters())


def test_fakes_of_a_d_step_advance_running_statistics_and_nothing_else_of_the_generator():
    gan, ((real, z, *_),) = made(), rounds(A)
    expected, _ = pair()
    expected.train()(z, A)
    before = values(gan.generator)
    gan.generator.eval()  # as scoring left it
    gan.d_step(real, z, A)
    assert same(values(gan.generator), values(expected))
    assert not same(values(gan.generator), before)


def test_adam_leaves_alone_what_a_step_did_not_use():
    gan, (first, second) = made(), rounds(A[:4], A[:4])
    idle = {name: value.detach().clone() for name, value in gan.generator.named_parameters()}
    fit(gan, [first, second])
    used = [name for name, value in gan.generator.named_parameters() if value in gan.g_adam.state]
    moved = [name for name, value in gan.generator.named_parameters() if not torch.equal(value, idle[name])]
    assert 0 < len(moved) < len(idle)
    assert set(moved) <= set(used) < set(idle)


def test_bfloat16_keeps_weights_and_moments_in_float32_and_losses_close():
    steps = rounds(A, SNGAN, dtype=torch.float32)
    fast, exact = made("bfloat16", torch.float32), made("float32", torch.float32)
    losses, expected = fit(fast, steps), fit(exact, steps)
    assert losses != expected
    assert torch.tensor(losses) == pytest.approx(torch.tensor(expected), rel=0.02)
    moments = [moment for state in fast.g_adam.state.values() for moment in state.values()]
    assert {value.dtype for value in (*fast.generator.parameters(), *moments)} == {torch.float32}


def numbered(n):
    """Pictures that are all one value: their number."""
    return torch.arange(n, dtype=torch.uint8)[:, None, None, None].expand(n, 3, 2, 2)


def numbers(batch):
    return ((batch[:, 0, 0, 0] + 1) * 127.5).round().int().tolist()


@given(n=st.integers(1, 40), size=st.integers(1, 12), seed=st.integers(0, 2**40))
def test_every_picture_comes_once_an_epoch_and_the_last_batch_has_what_is_left(n, size, seed):
    batches = Batches(numbered(n), size, seed)
    for _ in range(2):
        epoch = [numbers(next(batches)) for _ in range(-(-n // size))]
        assert [len(batch) for batch in epoch] == [size] * (n // size) + [n % size] * (n % size > 0)
        assert sorted(number for batch in epoch for number in batch) == [*range(n)]


@given(n=st.integers(1, 40), size=st.integers(1, 12), gone=st.integers(0, 12))
def test_batches_continue_from_their_state(n, size, gone):
    batches, again = Batches(numbered(n), size, 3), Batches(numbered(n), size, 3)
    for _ in range(gone):
        next(batches)
    again.load(batches.state())
    assert all(numbers(next(batches)) == numbers(next(again)) for _ in range(5))


def test_epochs_and_seeds_have_orders_of_their_own_and_pixels_reach_from_minus_one_to_one():
    batches = Batches(numbered(256), 256, 0)
    first, second, other = next(batches), next(batches), next(Batches(numbered(256), 256, 1))
    assert len({tuple(numbers(batch)) for batch in (first, second, other)}) == 3
    assert (first.dtype, first.min().item(), first.max().item()) == (torch.float32, -1, 1)


def test_the_moving_average_has_its_closed_form_and_takes_no_buffers():
    module = nn.BatchNorm2d(2)
    ema = Ema(module, 0.9)
    for value in (2.0, 3.0, 4.0):
        nn.init.constant_(module.weight, value)
        module.running_mean.fill_(value)
        ema.update(module)
    target = nn.BatchNorm2d(2)
    ema.copy_to(target)
    expected = 0.9**3 * 1 + 0.1 * (0.9**2 * 2 + 0.9 * 3 + 4)
    assert target.weight.tolist() == pytest.approx([expected] * 2)
    assert target.running_mean.tolist() == [0, 0]


def derived(seed=0, settings=SETTINGS, **options):
    return DerivedTraining(A, settings, PICTURES, seed, **{"chunk": 2, **options})


def sampled(training, **options):
    return torch.cat([*training.sample(5, 9, batch=2, **options)])


def test_resumed_training_equals_uninterrupted_to_the_bit():
    whole, stopped, resumed = (derived(chunk=1) for _ in range(3))
    steps = [whole.step() for _ in range(3)]
    stopped.step()
    resumed.load(loaded(saved(stopped)))
    assert [resumed.step(), resumed.step()] == steps[1:]
    assert same(resumed.state(), whole.state())
    assert torch.equal(sampled(resumed), sampled(whole))


def test_training_follows_from_its_seed_and_neither_reads_nor_moves_global_generators():
    torch.manual_seed(1)
    before = torch.random.get_rng_state()
    first = derived(chunk=1).step()
    assert torch.equal(torch.random.get_rng_state(), before)
    torch.manual_seed(2)
    assert derived(chunk=1).step() == first
    assert derived(seed=1, chunk=1).step() != first


def test_the_first_d_step_brings_a_g_step_and_z_is_as_many_as_the_real_pictures(monkeypatch):
    seen = []
    d_step, g_step = Gan.d_step, Gan.g_step
    monkeypatch.setattr(Gan, "d_step", lambda self, x, z: (seen.append((len(x), len(z))), d_step(self, x, z))[1])
    monkeypatch.setattr(Gan, "g_step", lambda self, z: (seen.append(len(z)), g_step(self, z))[1])
    step = derived().step()
    assert seen == [(3, 3), 5, (3, 3), (1, 1), (3, 3), 5, (3, 3), (1, 1)]
    assert step.metrics["g_iters"] == 2


@pytest.mark.parametrize("decay", [0.0, 1.0])
def test_samples_have_the_averaged_parameters_the_live_statistics_and_steps_of_uint8(decay):
    training = derived(decay=decay)
    first = values(training.gan.generator)
    training.step()
    live = values(training.gan.generator)
    found = sampled(training)
    averaged = {name: live[name] if decay == 0 or "running" in name else first[name] for name in live}
    training.gan.generator.load_state_dict(averaged)
    z = noise(5, 4, torch.Generator().manual_seed(9))
    assert torch.equal(found, torch.cat([*pictures_of(training.gan.generator, z)]))
    assert found.shape == (5, 3, 8, 8)
    assert torch.equal(found, (found * 255).round() / 255)


def test_sampling_leaves_no_trace_in_the_training():
    plain_, watched = (
        derived(chunk=1),
        derived(chunk=1, evaluate=lambda pictures: {"fd_task": sum(len(x) for x in pictures(3))}),
    )
    for _ in range(2):
        plain_.step()
        watched.step()
    assert same(plain_.gan.state(), watched.gan.state())


def test_every_step_scores_the_averaged_network_on_the_same_z():
    seen = []
    training = derived(decay=1.0, evaluate=lambda pictures: seen.append(torch.cat([*pictures(3)])) or {"kd": 1.5})
    assert [training.step().metrics["kd"] for _ in range(2)] == [1.5, 1.5]
    assert [pictures.shape for pictures in seen] == [(3, 3, 8, 8)] * 2


def test_a_loss_that_is_not_finite_stops_the_training_and_names_its_iteration():
    training = derived()
    training.step()
    nn.init.constant_(training.gan.discriminator.blocks[0].conv1.bias, float("nan"))
    with pytest.raises(FloatingPointError, match="G-iteration 2 are: discriminator's nan, generator's nan"):
        training.step()


def test_a_step_stores_means_and_only_so_many_points_of_each_loss(monkeypatch):
    monkeypatch.setattr("lib.training.gan.POINTS", 2)
    long, short = derived(chunk=3).step(), derived(chunk=1)
    singly = [short.step() for _ in range(3)]
    assert long.curves["d_loss"] == [singly[0].metrics["d_loss"], singly[2].metrics["d_loss"]]
    assert len(long.curves["g_loss"]) == 2
    assert long.metrics["g_loss"] == pytest.approx(sum(one.metrics["g_loss"] for one in singly) / 3)


def test_pictures_of_another_side_are_refused():
    with pytest.raises(ValueError, match="pictures have side 8; bottom 2 makes 16"):
        derived(settings=replace(SETTINGS, bottom=2))
