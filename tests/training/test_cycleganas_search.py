"""The search: its forms and levers change nothing, each scheme moves what it should on its data, stops are harmless."""

import dataclasses
import math
from itertools import pairwise

import pytest
import torch

from lib.models import cycleganas
from lib.searchers.differentiable import SCHEMES
from lib.spaces.cycleganas import NETWORKS
from lib.training.cyclegan import CycleGan
from lib.training.cycleganas_search import CycleSearch, SearchPlan
from tests.reference.cyclegan_world import (
    ALPHA_LR,
    SETTINGS,
    A,
    B,
    ends_alike,
    pairs,
    parameters,
    pictures,
    plain,
    pools,
)
from tests.reference.states import loaded, same, saved

PLAN = SearchPlan(scheme="OF", blocks=1, H=2, ndf=2, preset="paper", mix="softmax", form="merged9", alpha_lr=ALPHA_LR,
                  same_pair=False)  # fmt: skip


def search(scheme="OF", a=A, b=B, chunk=2, plan=None, **changes):
    plan = dataclasses.replace(PLAN, scheme=scheme, **plan or {})
    return CycleSearch(plan, dataclasses.replace(SETTINGS, **changes), a, b, 3, chunk=chunk)


def in_form(networks, form):
    for network in networks.values():
        network.forms = dict.fromkeys(network.slots, form)
    return networks


def without_updates(trainer, instead=lambda pair, pools, groups: None):
    """The trainer, whose updates compute nothing and call `instead`."""

    def update(pair, pools, groups):
        instead(pair, pools, groups)
        return torch.zeros(8)

    trainer.gan.update = update
    return trainer


def values(trainer):
    """The parameters of each group of each network, copied."""
    return {
        f"{name}.{group}": [one.detach().clone() for one in found]
        for name, network in trainer.gan.networks.items()
        for group, found in parameters(network).items()
    }


def moved(before, after):
    """Which groups of which networks are not what they were."""
    return {name for name in before if not all(map(torch.equal, before[name], after[name]))}


def all_of(*groups):
    return {f"{name}.{group}" for name in NETWORKS for group in groups}


def some_updates(program, moves):
    """The losses of each, in double precision."""
    seen = zip(pairs(len(moves)), moves, strict=True)
    pooled = pools()
    return torch.stack([torch.as_tensor(program(pair, pooled, groups), dtype=torch.float64) for pair, groups in seen])


MOVES = {"OF": [("w", "alpha")] * 8, "TF": [("w",), ("alpha",)] * 2}


@pytest.fixture(scope="module")
def expected():
    """What a program without any lever gives: losses and logits."""
    found = {}
    for name, moves in MOVES.items():
        single = plain(SETTINGS, in_form(PLAN.networks(0), "plain"))
        losses = some_updates(lambda pair, pooled, groups: single.update(*pair, pooled, groups), moves)  # noqa: B023
        found[name] = losses, [list(network.alphas) for network in single.networks.values()]
    return found


@pytest.mark.parametrize(("form", "paired", "moves"), [
    ("plain", False, "OF"), ("merged9", False, "OF"), ("merged9", True, "OF"), ("merged7", True, "TF"),
])  # fmt: skip
def test_updates_equal_those_of_single_candidates_and_pictures_in_double_precision(form, paired, moves, expected):
    settings = dataclasses.replace(SETTINGS, precision="float64", paired=paired)
    gan = CycleGan(in_form(PLAN.networks(0), form), settings, ALPHA_LR)
    losses, alphas = expected[moves]
    torch.testing.assert_close(some_updates(gan.update, MOVES[moves]), losses, rtol=0, atol=1e-9)
    torch.testing.assert_close([list(network.alphas) for network in gan.networks.values()], alphas, rtol=0, atol=1e-9)


def test_one_step_moves_weights_and_logits_of_all_networks_in_one_iteration():
    trainer = search(chunk=1)
    before = values(trainer)
    assert trainer.step().metrics["updates"] == 1
    assert moved(before, values(trainer)) == all_of("w", "alpha")


@pytest.mark.parametrize("scheme", ["TF", "THS"])
def test_two_steps_move_only_the_weights_and_then_only_the_logits(scheme):
    trainer = search(scheme, chunk=1)
    states, update = [values(trainer)], trainer.gan.update
    trainer.gan.update = lambda *arguments: [update(*arguments), states.append(values(trainer))][0]
    assert trainer.step().metrics["updates"] == 2
    assert [moved(*two) for two in pairwise(states)] == [all_of("w"), all_of("alpha")]


def shown(scheme, iterations=6, **plan):
    """Which pictures each group saw in which iteration, as (group, {A}, {B}), and which pools took translations."""
    marked = [torch.arange(4 * i, 4 * i + n, dtype=torch.uint8).view(n, 1, 1, 1).expand(n, 3, 32, 32)
              for i, n in enumerate((6, 8))]  # fmt: skip
    seen, used = [], []

    def see(pair, pools, groups):
        marks = [round((picture[0, 0, 0, 0].item() + 1) * 127.5) - 4 * i for i, picture in enumerate(pair)]
        seen.append(("+".join(groups), *marks))
        used.append(next(i for i, feed in enumerate(trainer.feeds) if feed.pools is pools))

    trainer = without_updates(search(scheme, *marked, chunk=iterations, iterations=iterations, plan=plan), see)
    return trainer, trainer.step(), seen, used


@pytest.fixture(scope="module")
def seen_by():
    return {scheme: shown(scheme) for scheme in SCHEMES}


def test_halves_never_mix_and_only_the_swap_of_ths_changes_them(seen_by):
    for scheme in ("TH", "THS"):
        trainer, _, seen, used = seen_by[scheme]
        first, second = ({(domain, i) for domain, half in zip("AB", source, strict=True) for i in half}
                         for source in trainer.sources)  # fmt: skip
        assert not first & second
        of_w = [int({("A", a), ("B", b)} <= second) for group, a, b in seen if group == "w"]
        of_alpha = [int({("A", a), ("B", b)} <= second) for group, a, b in seen if group == "alpha"]
        assert of_w == {"TH": [0] * 6, "THS": [0] * 3 + [1] * 3}[scheme]
        assert of_alpha == [1 - source for source in of_w]
        assert used[::2] == of_w  # pools stay with their half
        assert used[1::2] == of_alpha
        assert all(
            ({("A", a), ("B", b)} <= (first, second)[source]) for (_, a, b), source in zip(seen, used, strict=True)
        )


def test_full_schemes_show_all_pictures_and_tf_draws_its_pairs_independently(seen_by):
    of, tf = seen_by["OF"][2], seen_by["TF"][2]
    assert [group for group, *_ in of] == ["w+alpha"] * 6
    of_w, of_alpha = ([pair for one, *pair in tf if one == group] for group in ("w", "alpha"))
    assert of_w != of_alpha
    assert seen_by["TF"][3] == [0, 1] * 6
    same_pair = shown("TF", same_pair=True)
    assert [pair for _, *pair in same_pair[2][::2]] == [pair for _, *pair in same_pair[2][1::2]]
    assert same_pair[3] == [0, 1] * 6


def test_at_equal_epochs_one_step_takes_half_the_updates_of_two_full_steps(seen_by):
    sizes = (6, 8)
    updates = {}
    for scheme, (trainer, row, *_) in seen_by.items():
        assert row.metrics["images"] == 2 * row.metrics["updates"]
        updates[scheme] = row.metrics["updates"] / row.metrics["iterations"] * trainer.scheme.iterations(sizes)
    assert updates == {"OF": 8, "TF": 16, "TH": 8, "THS": 8}


def test_a_row_tells_the_genotype_how_decided_it_is_and_the_halves_once():
    trainer = search("THS", chunk=1, iterations=2, plan={"alpha_lr": 0.2})
    start = trainer.space.genome(trainer.genotype())
    first, last = trainer.step(), trainer.step()
    for row in (first, last):
        genome = trainer.space.parse(row.config["genotype"])
        assert row.metrics["hamming"] == trainer.space.distance(genome, start) > 0
        start = genome
    assert trainer.genotype() == trainer.space.decode(start)
    assert (first.config["source_w"], last.config["source_w"]) == (0, 1)
    assert first.config["halves"] == [list(source) for source in trainer.sources]
    assert "halves" not in last.config
    assert last.metrics["entropy"] < first.metrics["entropy"] < 1.9
    each = [last.metrics[f"gap_{name}"] * len(net.slots) for name, net in trainer.nets.items()]
    assert last.metrics["gap"] == pytest.approx(sum(each) / 20)
    assert {"g_loss", "alpha_g_loss", "d_A", "alpha_d_A"} < last.metrics.keys()
    assert len(last.curves["alpha_d_loss"]) == 1


def test_generators_and_discriminators_of_the_two_domains_start_apart():
    nets = search().nets
    assert not torch.equal(nets["G_A"].alphas[0], nets["G_B"].alphas[0])
    assert not torch.equal(nets["D_A"].alphas[0], nets["D_B"].alphas[0])


@pytest.mark.parametrize(("side", "plan"), [(32, {"mix": "gumbel"}), (48, {"preset": "repo"})])
def test_a_search_with_noise_or_spectral_norm_goes_on_from_its_state_to_the_bit(side, plan):
    whole, again = (search(side=side, a=pictures(3, side), b=pictures(2, side), plan=plan, chunk=1) for _ in range(2))
    whole.step()
    again.load(loaded(saved(whole)))
    assert again.step() == whole.step()
    assert same(again.state(), whole.state())


def test_a_killed_search_ends_as_one_never_stopped(tmp_path):
    # dies between the two steps of the second iteration
    assert ends_alike(lambda: search("THS", chunk=1, iterations=2), tmp_path, calls=3)


def test_logits_that_are_not_finite_stop_the_search_and_name_the_iteration():
    trainer = search(chunk=1)
    trainer.step()
    with torch.no_grad():
        trainer.nets["G_B"].alphas[2].fill_(math.inf)
    with pytest.raises(FloatingPointError, match=r"the losses of iteration 1 are: adv_AtoB .*, adv_BtoA nan"):
        trainer.step()


def test_forms_are_timed_where_asked_and_the_state_keeps_them(monkeypatch):
    times = iter(range(1000))
    monkeypatch.setattr(cycleganas, "timed", lambda *_: {"plain": 3, "merged9": next(times) % 5, "merged7": 2})
    trainer = search(plan={"form": "auto"})
    assert [row["network"] for row in trainer.forms] == ["G_A"] * 6 + ["G_B"] * 6 + ["D_A"] * 4 + ["D_B"] * 4
    chosen = [form for net in trainer.nets.values() for form in net.forms.values()]
    assert chosen == [row["form"] for row in trainer.forms]
    assert set(chosen) == {"merged9", "merged7"}
    other = search(plan={"form": "plain"})
    assert {form for net in other.nets.values() for form in net.forms.values()} == {"plain"}
    other.load(loaded(saved(trainer)))
    assert other.forms == trainer.forms
    assert [form for net in other.nets.values() for form in net.forms.values()] == chosen


def test_a_gumbel_mixture_cools_down():
    seen = []
    trainer = search(plan={"mix": "gumbel"}, chunk=5)
    without_updates(trainer, lambda *_: seen.append(trainer.nets["D_A"].tau)).step()
    assert seen[0] == 5
    assert seen == sorted(seen, reverse=True)
    assert 0.1 <= seen[-1] < 0.25
