"""The Inception score where its value is known, and against its formula on probabilities."""

import math

import numpy as np
import pytest
import torch
from scipy.special import softmax

from lib.metrics.inception_score import inception_score


def test_certain_predictions_spread_over_all_classes_score_the_number_of_classes():
    logits = 1000 * torch.eye(7).repeat(20, 1)
    assert inception_score(logits, splits=10).value == pytest.approx(7, rel=1e-12)


def test_the_same_prediction_for_every_picture_scores_1():
    assert inception_score(torch.randn(1, 7).expand(50, 7), splits=5).value == pytest.approx(1, rel=1e-12)


def test_it_is_the_formula_on_probabilities_averaged_over_splits():
    logits = torch.randn(47, 6) * 3
    p = softmax(logits.double().numpy(), axis=1)
    scores = [
        np.exp(np.mean(np.sum(part * np.log(part / part.mean(axis=0)), axis=1)))
        for part in (p[0:11], p[11:23], p[23:35], p[35:47])
    ]
    score = inception_score(logits, splits=4)
    assert score.value == pytest.approx(np.mean(scores), rel=1e-10)
    assert score.protocol["std"] == pytest.approx(np.std(scores), rel=1e-8)
    assert score.low < score.value < score.high
    assert score.n == 47


def test_one_split_has_no_interval():
    score = inception_score(torch.randn(20, 5), splits=1)
    assert math.isnan(score.low)
    assert math.isnan(score.high)


@pytest.mark.parametrize("splits", [0, 11])
def test_splits_of_fewer_than_two_pictures_are_refused(splits):
    with pytest.raises(ValueError, match=f"splits is {splits}; allowed are 1 to 10"):
        inception_score(torch.zeros(20, 5), splits=splits)


def test_infinite_logits_are_refused():
    with pytest.raises(ValueError, match="logits holds 0 NaN and 1 infinite"):
        inception_score(torch.tensor([[1.0, math.inf], [0.0, 0.0]]), splits=1)
