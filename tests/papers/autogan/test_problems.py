"""AutoGAN's space as problems for comparing searchers."""

import json
from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch

from lib.papers.autogan import problems as module
from lib.papers.autogan.problems import problems
from lib.search import loop, record
from lib.searchers.reinforce import Reinforce
from lib.spaces.base import keyed


@pytest.fixture(scope="module")
def all_three():
    return problems(SimpleNamespace(side=64, iterations=2))


@pytest.fixture(scope="module")
def trained(all_three):
    """The problem on shared weights, so small that its training takes no time."""
    shared = all_three[2].settings
    tiny = replace(shared, gan=replace(shared.gan, width=4, d_width=4, d_batch=4, g_batch=4), steps=4, images=40,
                   classifier=replace(shared.classifier, pictures=70, epochs=1))  # fmt: skip
    return replace(all_three[2], settings=tiny)


def test_there_are_two_formulas_and_scores_on_shared_weights(all_three):
    assert [(one.kind, one.unit, one.space.size) for one in all_three] == [
        ("standin", "evaluations", 373_248), ("standin", "evaluations", 36), ("real", "trainings", 373_248),
    ]  # fmt: skip
    assert len(json.loads(json.dumps([one.identity for one in all_three]))) == 3


def test_a_search_on_a_formula_is_recorded_and_the_same_again(all_three, tmp_path):
    one, found = all_three[0], []
    for name in ("first", "second"):
        searcher = Reinforce(one.space, 0, batch=4, lr=0.02)
        with record.Record.open(tmp_path / name, {"identity": loop.identity(searcher, one.identity)}) as kept:
            rows = loop.run_search(searcher, one.evaluate, one.settings, record=kept, budget=12).rows
        found.append([(row["genome"], row["score"]) for row in rows])
    assert found[0] == found[1]
    assert len(found[0]) == 12


def test_a_genome_is_scored_on_shared_weights_that_are_trained_once(trained, monkeypatch):
    made = []
    train = module._trained
    monkeypatch.setattr(module, "_trained", lambda *given: made.append(1) or train(*given))
    genomes = [trained.space.sample(keyed(k)) for k in range(3)]
    scores = [trained.evaluate(trained.settings, genome, 0) for genome in genomes]
    module._generator.cache_clear()  # as in another process
    again = [trained.evaluate(trained.settings, genome, 7) for genome in genomes]
    assert [one.score for one in scores] == [one.score for one in again]
    assert len({one.score for one in scores}) == 3
    assert all(1 <= -one.score <= 7 and one.metrics == {"is_task": -one.score} for one in scores)
    assert made == [1]


def test_the_shared_weights_are_those_of_the_seed_whatever_was_drawn_before(trained):
    pixels = torch.zeros(8, 3, 16, 16, dtype=torch.uint8)
    first = module._trained(trained.settings, pixels)
    torch.manual_seed(5)
    second = module._trained(trained.settings, pixels)
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_the_pictures_that_are_read_are_the_bundled_photos(all_three):
    assert "astronaut" in all_three[2].data
    assert all_three[0].data == all_three[1].data == ()
