"""The store: a network is trained once, and its weights follow from recipe and training key alone."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import torch

from lib.papers.stylenas import store
from lib.papers.stylenas.evaluate import SPACE
from lib.training import autoencoder
from tests.papers.stylenas.tiny import evaluation


@pytest.fixture
def recipe(weights):
    return evaluation().recipe()


@pytest.fixture
def trainings(monkeypatch):
    """The trainings that really happen."""
    done, descend = [], autoencoder._descend
    monkeypatch.setattr(autoencoder, "_descend", lambda *given, **more: done.append(1) or descend(*given, **more))
    return done


def test_genomes_that_differ_in_transforms_or_inert_bits_share_one_training(recipe, trainings):
    with_transforms = SPACE.named("S7")
    network, fit = store.decoder(recipe, with_transforms)
    other, again = store.decoder(recipe, SPACE.training_key(with_transforms))
    assert trainings == [1]
    assert fit == again
    assert all(torch.equal(a, b) for a, b in zip(network.parameters(), other.parameters(), strict=True))


def test_a_training_tells_its_steps_and_a_stored_one_nothing(recipe):
    told = []
    for _ in range(2):
        store.decoder(recipe, SPACE.named("empty"), lambda *done: told.append(done))
    steps = recipe.schedule.steps
    assert told == [(done, steps) for done in range(steps + 1)]


def test_another_repeat_or_rate_is_another_training(recipe, trainings):
    first, _ = store.decoder(recipe, SPACE.named("empty"))
    for changed in (replace(recipe, repeat=1), replace(recipe, schedule=replace(recipe.schedule, lr=0.5))):
        second, _ = store.decoder(changed, SPACE.named("empty"))
        assert not all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))
    assert len(trainings) == 3


def test_workers_that_ask_at_once_train_once_and_get_the_same(recipe, trainings):
    with ThreadPoolExecutor(2) as pool:
        (a, _), (b, _) = pool.map(lambda _: store.decoder(recipe, SPACE.named("empty")), range(2))
    assert trainings == [1]
    assert all(torch.equal(x, y) for x, y in zip(a.parameters(), b.parameters(), strict=True))


def test_a_training_that_fails_leaves_nothing_behind(recipe, monkeypatch):
    def diverge(*given, **more):
        raise FloatingPointError("the loss is nan")

    monkeypatch.setattr(autoencoder, "_descend", diverge)
    with pytest.raises(FloatingPointError):
        store.decoder(recipe, SPACE.named("empty"))
    assert not list(store.folder(recipe).glob("*.safetensors"))


def test_auto_encoders_of_photowct_are_kept_by_depth(recipe):
    network, fit = store.inverse(recipe, 1)
    again, _ = store.inverse(recipe, 1)
    assert fit.mse > 0
    assert all(torch.equal(a, b) for a, b in zip(network.parameters(), again.parameters(), strict=True))
    assert (store.folder(recipe) / "photowct-1.safetensors").is_file()
