"""Scoring a candidate: the objective by hand, the oracle against itself, bits that change nothing, the anchors."""

import math

import pytest
import torch

from lib.papers.stylenas import evaluate, photos, store
from lib.papers.stylenas.evaluate import SPACE
from tests.papers.stylenas.tiny import evaluation


@pytest.fixture
def ev(weights):
    return evaluation()


def flipped(genome, *positions):
    """The genome with the bits at these printed positions changed."""
    return tuple(bit ^ (place in positions) for place, bit in zip(SPACE.positions, genome, strict=True))


def test_the_objective_equals_a_computation_by_hand_on_two_pairs(ev):
    genome = SPACE.named("S7")
    found = evaluate.evaluate(ev, genome, 0).metrics
    encoder = store.encoder("vgg16")
    network, oracle = store.decoder(ev.recipe(), genome)[0], evaluate.oracle(ev)
    errors, perceived = [], []
    with torch.no_grad():
        for pair in photos.pairs("bundled")[:2]:
            content, style = (encoder(photos.load(name, 64)) for name in (pair.content, pair.style))
            a, b = (net(content, net.code(style, ev.numerics)).clamp(0, 1) for net in (network, oracle))
            errors.append(float(((a - b) ** 2).mean()))
            perceived.append([float(((x - y) ** 2).mean()) for x, y in zip(encoder(a), encoder(b), strict=True)])
    e, p = sum(errors) / 2, sum(map(sum, perceived)) / 10
    assert found["E"] == pytest.approx(e, rel=1e-5)
    assert found["P"] == pytest.approx(p, rel=1e-5)
    assert found["P_sum"] == pytest.approx(5 * p, rel=1e-5)
    assert found["O"] == 7 / 31
    assert found["L"] == pytest.approx(0.8 * e + 0.1 * p + 0.1 * 7 / 31, rel=1e-5)
    assert found["E_fro"] == pytest.approx(sum(math.sqrt(one * 3 * 64 * 32) for one in errors) / 2, rel=1e-5)


def test_the_oracle_with_its_own_weights_costs_its_operators_only(ev):
    found = evaluate.measured(ev, SPACE.named("oracle"), evaluate.oracle(ev))
    assert (found["E"], found["P"], found["L"]) == (0, 0, pytest.approx(0.1))


def test_an_inert_bit_changes_the_share_of_operators_alone(ev):
    plain = SPACE.named("empty")
    inert = flipped(plain, 24)  # instance norm of a skip that is not there
    a, b = (evaluate.evaluate(ev, genome, 0).metrics for genome in (plain, inert))
    assert (a["E"], a["P"], a["k_active"]) == (b["E"], b["P"], b["k_active"])
    assert b["O"] == 1 / 31


def test_a_transform_changes_pictures_and_no_training(ev):
    plain, transformed = (
        evaluate.evaluate(ev, flipped(SPACE.named("empty"), *bits), 0).metrics for bits in ((), (28,))
    )
    assert plain["mse"] == transformed["mse"]
    assert plain["E"] != transformed["E"]


def test_pairs_are_prepared_anew_where_memory_is_short_with_the_same_scores(ev, monkeypatch):
    kept = evaluate.evaluate(ev, SPACE.named("empty"), 0)
    monkeypatch.setattr(evaluate, "KEPT", 0)
    assert evaluate.evaluate(ev, SPACE.named("empty"), 0).metrics == kept.metrics


def test_a_colour_transfer_has_the_styles_mean_and_deviation_of_each_channel():
    content, style = 0.5 + 0.1 * torch.rand(1, 3, 16, 32), 0.3 + 0.2 * torch.rand(1, 3, 16, 32)
    found = evaluate.colour_transfer(content, style)
    for statistic in (torch.mean, torch.std):
        assert torch.allclose(statistic(found, (2, 3)), statistic(style, (2, 3)), atol=1e-4)


def test_a_flat_content_takes_the_styles_colour_without_dividing_by_zero():
    found = evaluate.colour_transfer(torch.full((1, 3, 16, 32), 0.5), torch.rand(1, 3, 16, 32))
    assert torch.isfinite(found).all()
