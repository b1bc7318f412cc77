import pytest
import torch

from lib import weights
from lib.metrics import distribution
from lib.papers import networks


def test_without_the_inception_scores_are_named_after_lite0(weights, monkeypatch):
    absent = [
        {**row, "present": row["present"] and row["name"] != "inception-2015"} for row in networks.weights.status()
    ]
    monkeypatch.setattr(networks.weights, "status", lambda: absent)
    networks.features.cache_clear()
    features = networks.features()
    pictures = torch.rand(4, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    score = distribution.frechet(pictures, pictures.flip(0), features, resamples=2)
    assert score.name == "FD-lite0"
    assert score.value == pytest.approx(0, abs=1e-6)
    assert score.protocol["weights_hash"] == weights_hash()


def weights_hash():
    return weights.digest("efficientnet-lite0")


def test_the_inception_asked_for_by_name_is_missed_by_name(tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBOOK_WEIGHTS", str(tmp_path))
    networks.features.cache_clear()
    with pytest.raises(weights.MissingWeights, match="fetch weights inception-2015"):
        networks.features("inception-2015")
