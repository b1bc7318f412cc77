"""Supernetworks: counts, forms, derivation, what passes share, noise and state."""

import math

import pytest
import torch

from lib.models import cycleganas
from lib.models.cyclegan import Discriminator, Generator, initialise
from lib.models.cycleganas import SuperDiscriminator, Supernet, temperature
from lib.models.mixed_ops import FORMS
from lib.spaces.base import keyed
from lib.spaces.cycleganas import SETS, CycleGanas, cyclegan

KINDS = [lambda: Supernet(1, 2), lambda: Supernet(1, 2, "repo"), lambda: SuperDiscriminator(2),
         lambda: SuperDiscriminator(2, "repo")]  # fmt: skip
IDS = ["generator", "generator-repo", "discriminator", "discriminator-repo"]
every = pytest.mark.parametrize("make", KINDS, ids=IDS)


def pictures(seed=0, side=48):
    return torch.rand(1, 3, side, side, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) * 2 - 1


def loud(network):
    """The network in float64 with weights and logits that make all candidates count."""
    network.double().eval()
    with torch.no_grad():
        for parameter in network.weights():
            parameter.mul_(10)
        for alpha in network.architecture():
            alpha.mul_(1000)
    return network


def in_form(network, form):
    network.forms = dict.fromkeys(network.slots, form)
    return network


def copy_weights(derived, network):
    derived.double().eval()
    for slot, layer in derived.layers.items():
        source = network.layers[slot]
        if slot in network.slots:
            source = source.candidates[dict(zip(network.slots, network.operations(), strict=True))[slot]]
        layer.load_state_dict(source.state_dict())
    return derived


@pytest.mark.parametrize(
    ("blocks", "H", "ndf", "generator", "discriminator"),
    [(9, 16, 16, 9_011_331, 1_461_969), (9, 8, 16, 2_255_683, 1_461_969), (3, 8, 4, 816_067, 93_333),
     (2, 4, 4, 144_899, 93_333)],
)  # fmt: skip
def test_supernetworks_have_the_specified_parameters(blocks, H, ndf, generator, discriminator):
    with torch.device("meta"):
        networks = Supernet(blocks, H), SuperDiscriminator(ndf)
    assert [sum(p.numel() for p in network.weights()) for network in networks] == [generator, discriminator]


@pytest.mark.parametrize(
    ("preset", "blocks", "generator", "discriminator"),
    [("paper", 2, 42, 32), ("paper", 3, 52, 32), ("paper", 9, 112, 32), ("repo", 9, 120, 31)],
)
def test_supernetworks_have_the_specified_logits(preset, blocks, generator, discriminator):
    networks = Supernet(blocks, 1, preset), SuperDiscriminator(1, preset)
    assert [sum(p.numel() for p in network.architecture()) for network in networks] == [generator, discriminator]


@every
def test_all_forms_have_one_output_and_one_gradient_for_everything(make):
    network, x = loud(make()), pictures().requires_grad_()
    variables = [x, *network.parameters()]
    outputs = [in_form(network, form)(x) for form in FORMS]
    weights = torch.linspace(-1, 1, outputs[0].numel(), dtype=torch.float64).view_as(outputs[0])
    gradients = [torch.autograd.grad((y * weights).sum(), variables) for y in outputs]
    for y, found in zip(outputs[1:], gradients[1:], strict=True):
        torch.testing.assert_close(y, outputs[0], rtol=0, atol=1e-10)
        for one, other in zip(found, gradients[0], strict=True):
            torch.testing.assert_close(one, other, rtol=0, atol=1e-10 * max(1, other.abs().max().item()))


@every
def test_gradients_of_every_layer_s_logits_sum_to_zero(make):
    network = loud(make())
    network(pictures()).square().mean().backward()
    for alpha in network.architecture():
        assert alpha.grad.any()
        assert abs(alpha.grad.sum().item()) < 1e-10


@pytest.mark.parametrize("preset", ["paper", "repo"])
@pytest.mark.parametrize("seed", range(3))
def test_a_decided_generator_is_the_derived_one(preset, seed):
    space, network = CycleGanas(1, preset), loud(Supernet(1, 2, preset))
    genotype = space.decode(space.sample(keyed(seed))).G_A
    network.choose(genotype.operations)
    assert network.genotype() == genotype
    derived = copy_weights(Generator(genotype, 2), network)
    torch.testing.assert_close(network(pictures()), derived(pictures()), rtol=0, atol=1e-10)
    assert (network.entropy(), network.gap()) == (0, 1)


@pytest.mark.parametrize("preset", ["paper", "repo"])
def test_a_decided_discriminator_is_the_derived_one(preset):
    space, network = CycleGanas(1, preset), loud(SuperDiscriminator(2, preset))
    operations = space.decode(space.sample(keyed(3))).D_B
    network.choose(operations)
    assert network.genotype() == operations
    derived = copy_weights(Discriminator(operations, 2), network)
    torch.testing.assert_close(network(pictures()), derived(pictures()), rtol=0, atol=1e-10)


def test_the_cyclegan_generator_can_be_derived():
    network = Supernet(2, 2)
    network.choose(cyclegan(2).operations)
    assert network.genotype() == cyclegan(2)


def test_a_chosen_network_has_no_noise():
    network = Supernet(1, 2, mix="gumbel")
    network.choose(cyclegan(1).operations)
    assert torch.equal(network(pictures().float()), network(pictures().float()))


def test_new_logits_are_undecided_and_weights_and_architecture_are_all_there_is():
    network = Supernet(2, 2)
    sizes = [len(SETS[kind]) for kind in network.slots.values()]
    assert network.entropy() == pytest.approx(sum(map(math.log, sizes)) / len(sizes), abs=1e-4)
    assert 0 < network.gap() < 1e-2
    logits = torch.cat(network.architecture())
    assert logits.std().item() == pytest.approx(1e-3, rel=0.4)
    parts = [*network.weights(), *network.architecture()]
    assert {id(p) for p in parts} == {id(p) for p in network.parameters()}
    assert len(parts) == len(list(network.parameters()))


def count_merges(monkeypatch):
    calls, plain = [], cycleganas.MixedOp.merge
    monkeypatch.setattr(cycleganas.MixedOp, "merge", lambda *a: calls.append(1) or plain(*a))
    return calls


def test_passes_of_one_update_share_kernels_and_each_update_makes_them_anew(monkeypatch):
    network, calls = Supernet(1, 2), count_merges(monkeypatch)
    adam = torch.optim.Adam(network.parameters(), lr=0.1, fused=True)
    x = pictures().float()
    (network(x) + network(-x)).sum().backward()
    assert len(calls) == 6
    adam.step()  # leaves no trace in the parameters' versions
    before = network(x)
    assert len(calls) == 12
    with torch.no_grad():
        network.layers["r00"].candidates["conv_3x3"].conv.weight.mul_(9)
    after = network(x)
    assert len(calls) == 18
    assert not torch.allclose(before, after)


def test_kernels_made_without_gradients_are_not_shared_with_passes_that_need_them():
    network, x = Supernet(1, 2), pictures().float()
    with torch.no_grad():
        network(x)
    network.requires_grad_(False)
    network(x)
    network.requires_grad_(True)
    network(x).mean().backward()
    assert all(p.grad is not None for p in network.parameters())
    assert network.double()(x.double()).dtype == torch.float64


def test_shared_kernels_change_no_gradient():
    gradients = []
    for form in ("plain", "merged9"):
        network = in_form(loud(Supernet(1, 2)), form)
        (network(pictures()) * network(pictures(1))).mean().backward()
        gradients.append([p.grad for p in network.parameters()])
    for one, other in zip(*gradients, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-10)


def test_a_gumbel_mixture_draws_noise_a_pass_from_a_generator_of_its_own():
    network, same = Supernet(1, 2, mix="gumbel"), Supernet(1, 2, mix="gumbel")
    before, x = torch.random.get_rng_state(), pictures().float()
    first, second = network(x), network(x)
    assert not torch.equal(first, second)
    assert torch.equal(same(x), first)
    assert torch.equal(torch.random.get_rng_state(), before)
    initialise(same, 1)
    assert not torch.equal(same.noise.get_state(), Supernet(1, 2).noise.get_state())


@pytest.mark.parametrize(("mix", "share"), [("gumbel", 1.0), ("gumbel_double", math.e / (math.e + 4))])
def test_cold_noise_picks_a_candidate_as_often_as_its_logits_say(mix, share):
    network = Supernet(1, 1, mix=mix)
    network.choose(cyclegan(1).operations)
    network.mix, network.tau = mix, 0.1
    draws = torch.stack([network.betas()[2] for _ in range(400)])
    assert draws.max(1).values.mean() > 0.85
    assert (draws.argmax(1) == 0).float().mean().item() == pytest.approx(share, abs=0.08)


def test_the_temperature_falls_exponentially_from_5_to_a_tenth():
    assert [temperature(epoch, 400) for epoch in (0, 200, 400)] == pytest.approx([5, 50**-0.5 * 5, 0.1])


def test_a_state_brings_back_weights_noise_and_forms():
    network, other = Supernet(1, 2, mix="gumbel"), Supernet(1, 2, mix="gumbel")
    network.forms["e0"] = "plain"
    x = pictures().float()
    network(x)
    initialise(other, 5)
    other.load_state_dict(network.state_dict())
    assert other.forms == network.forms
    assert torch.equal(network(x), other(x))


def test_forms_are_chosen_by_time_a_layer_with_equal_layers_timed_once(monkeypatch):
    speed = {"plain": 3.0, "merged9": 2.0, "merged7": 1.0}
    calls = []

    def seconds(layer, x, alpha, form):
        calls.append(layer.kind)
        return speed[form] if layer.kind == "encode" else -speed[form]

    cycleganas.timed.cache_clear()
    monkeypatch.setattr(cycleganas, "_pass", seconds)
    monkeypatch.setattr(cycleganas, "ROUNDS", 1)
    network = Supernet(2, 2)
    table = network.choose_forms(32)
    assert len(calls) == 2 * (3 + 3 + 3 + 2 + 2)  # two encode layers, one residual shape, two decode layers
    assert [row["layer"] for row in table] == list(network.slots)
    assert network.forms == {row["layer"]: row["form"] for row in table}
    assert table[0] == {"layer": "e0", "kind": "encode", "c_in": 2, "c_out": 4, "side": 32, "plain_ms": 3000.0,
                        "merged9_ms": 2000.0, "merged7_ms": 1000.0, "form": "merged7"}  # fmt: skip
    assert [row["side"] for row in table] == [32, 16, 10, 10, 10, 10, 8, 16]
    assert network.forms["r00"] == "plain"
    assert Supernet(3, 2).choose_forms(32)[2] == table[2]
    assert len(calls) == 26
    cycleganas.timed.cache_clear()


def test_a_timing_is_positive_for_every_form():
    times = cycleganas.timed(SETS["residual"], (2, 2), "residual", (1, 2, 8, 8), ("cpu", 1, False))
    assert set(times) == set(FORMS)
    assert all(0 < ms < 1e4 for ms in times.values())
