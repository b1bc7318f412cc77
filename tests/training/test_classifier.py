"""Training of the task's classifier: it learns, repeats to the bit, measures on what it has not seen."""

import pytest
import torch

from lib.training import classifier
from lib.training.classifier import accuracy, task_features, train_classifier

LABELS = torch.arange(48) % 2


def coloured(labels=LABELS):
    """Noisy reddish pictures for label 0, noisy bluish ones for others."""
    noise = torch.randint(0, 120, (len(labels), 3, 32, 32), generator=torch.Generator().manual_seed(0))
    noise[labels == 0, 0] += 80
    noise[labels != 0, 2] += 80
    return noise.to(torch.uint8)


def same(first, second):
    one, two = first.network.state_dict(), second.network.state_dict()
    return all(torch.equal(one[key], two[key]) for key in one) and first.losses == second.losses


def test_it_learns_two_colours():
    fit = train_classifier(coloured(), LABELS, 2, seed=0, epochs=4)
    assert fit.accuracy == 1
    assert fit.losses[-1] < fit.losses[0] / 4
    assert fit.seconds > 0


def test_training_follows_from_its_seed_whatever_the_global_generator_says():
    torch.manual_seed(1)
    first = train_classifier(coloured(), LABELS, 2, seed=0, epochs=1)
    torch.manual_seed(2)
    before = torch.random.get_rng_state()
    assert same(first, train_classifier(coloured(), LABELS, 2, seed=0, epochs=1))
    assert torch.equal(before, torch.random.get_rng_state())
    assert not same(first, train_classifier(coloured(), LABELS, 2, seed=1, epochs=1))


def test_every_tenth_picture_measures_and_does_not_train():
    """Its label is wrong, which nothing can know that has not trained on it."""
    labels = LABELS.clone()
    labels[9::10] = 1 - labels[9::10]
    assert train_classifier(coloured(), labels, 2, seed=0, epochs=4).accuracy == 0


def test_pictures_without_a_label_neither_train_nor_measure():
    pictures, held_out = coloured(), (coloured(), LABELS)
    fit = train_classifier(pictures[:24], LABELS[:24], 2, seed=0, epochs=1, held_out=held_out)
    labels = torch.where(torch.arange(48) < 24, LABELS, -1)
    assert same(fit, train_classifier(pictures, labels, 2, seed=0, epochs=1, held_out=held_out))
    assert accuracy(fit.network, pictures, labels) == accuracy(fit.network, pictures[:24], LABELS[:24])


def test_the_rate_rises_in_a_fifth_of_the_steps_and_falls_to_nearly_nothing():
    rates = [classifier._rate(step, 99) for step in range(99)]
    assert max(rates) == rates[19] == 1
    assert rates[0] == pytest.approx(0.05)
    assert rates[-1] == pytest.approx(0.0125)
    assert rates[59] == pytest.approx(0.5)


def test_every_epoch_shows_every_picture_once_and_mirrors_half():
    batches = list(classifier._batches(512, seed=0, epochs=2))
    shown = torch.cat([chosen for chosen, _ in batches])
    assert sorted(shown[:512].tolist()) == sorted(shown[512:].tolist()) == list(range(512))
    assert not torch.equal(shown[:512], shown[512:])
    assert 0.4 < torch.cat([mirrored for _, mirrored in batches]).double().mean() < 0.6


def test_its_features_carry_the_hash_of_its_weights():
    fit = train_classifier(coloured(), LABELS, 2, seed=0, epochs=1)
    features = task_features(fit.network)
    embedded, logits = features.embed(coloured().float() / 255)
    assert (features.name, features.side, embedded.shape, logits.shape) == ("task", 32, (48, 128), (48, 2))
    assert features.weights_hash == task_features(fit.network).weights_hash
    with torch.no_grad():
        fit.network.head.bias += 1
    assert features.weights_hash != task_features(fit.network).weights_hash


def test_pictures_of_which_hardly_any_has_a_label_are_refused():
    with pytest.raises(ValueError, match="0 pictures have a label"):
        train_classifier(coloured(), torch.full_like(LABELS, -1), 2, seed=0, epochs=1)


def test_a_loss_that_is_not_finite_stops_the_training(monkeypatch):
    monkeypatch.setattr(classifier, "LR", float("inf"))
    with pytest.raises(FloatingPointError, match="step 1 is nan"):
        train_classifier(coloured(), LABELS, 2, seed=0, epochs=4)
