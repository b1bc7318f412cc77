"""The task's classifier: features and logits, its size, its seed, its state."""

import io

import pytest
import torch

from lib.metrics.features import Features
from lib.models.task_classifier import TaskClassifier

IMAGES = torch.rand(3, 3, 32, 32, generator=torch.Generator().manual_seed(0))


def test_it_gives_features_and_logits_and_has_a_quarter_of_a_million_parameters():
    classifier = TaskClassifier(10).eval()
    features, logits = classifier(IMAGES)
    assert features.shape == (3, 128)
    assert torch.equal(logits, classifier.head(features))
    convolutions = 9 * (3 * 32 + 32 * 64 + 64 * 128 + 128 * 128)
    assert sum(p.numel() for p in classifier.parameters()) == convolutions + 2 * (32 + 64 + 128 + 128) + 129 * 10


def test_scores_take_it_as_it_is_and_pictures_of_every_side():
    features = Features("task", TaskClassifier(4).eval(), 32, "clean", "random")
    embedded, logits = features.embed([IMAGES, IMAGES[:, :, :8, :8]], batch=2)
    assert (embedded.shape, logits.shape) == ((6, 128), (6, 4))
    assert torch.isfinite(embedded).all()
    assert embedded.std(0).mean() > 0


def test_the_seed_alone_draws_the_weights():
    torch.manual_seed(1)
    first = TaskClassifier(10, seed=3).state_dict()
    torch.manual_seed(2)
    again, other = TaskClassifier(10, seed=3).state_dict(), TaskClassifier(10, seed=4).state_dict()
    assert all(torch.equal(first[key], again[key]) for key in first)
    assert not torch.equal(first["head.weight"], other["head.weight"])


def test_building_it_leaves_the_global_generator_alone():
    before = torch.random.get_rng_state()
    TaskClassifier(10, seed=3)
    assert torch.equal(before, torch.random.get_rng_state())


def test_its_state_is_saved_and_loaded():
    classifier, file = TaskClassifier(5, seed=1).train(), io.BytesIO()
    classifier(IMAGES)  # moves the running statistics
    torch.save(classifier.state_dict(), file)
    file.seek(0)
    loaded = TaskClassifier(5, seed=2)
    loaded.load_state_dict(torch.load(file, weights_only=True))
    assert torch.equal(loaded.eval()(IMAGES)[1], classifier.eval()(IMAGES)[1])


def test_one_class_is_refused():
    with pytest.raises(ValueError, match="classes is 1"):
        TaskClassifier(1)
