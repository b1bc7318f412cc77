"""Scores of whole sets: names, protocols, intervals."""

import math

import torch
from torch import nn

from lib.metrics.distribution import embedded, frechet, inception, kernel
from lib.metrics.features import Features
from lib.metrics.frechet import frechet_distance


class Patches(nn.Module):
    """The pixels of a 4 x 4 picture as 48 features, three mean colours as logits."""

    calls = 0

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        type(self).calls += 1
        return x.flatten(1), 10 * x.mean(dim=(2, 3))


def network(name: str = "patches") -> Features:
    return Features(name, Patches().eval(), 4, "area", "no weights")


def pictures(n: int, brightness: float = 0.0, seed: int = 0) -> torch.Tensor:
    draw = torch.Generator().manual_seed(seed)
    return (torch.rand(n, 3, 8, 8, generator=draw) * 0.6 + brightness).clamp(0, 1)


def test_only_the_inception_of_2015_earns_the_published_names():
    x, y = pictures(20), pictures(20, 0.1, seed=1)
    for name, expected in (("inception-2015", ["FID", "KID", "IS"]), ("lite0", ["FD-lite0", "KD-lite0", "IS-lite0"])):
        seen_by = network(name)
        scores = [frechet(x, y, seen_by, resamples=0), kernel(x, y, seen_by), inception(x, seen_by, splits=2)]
        assert [score.name for score in scores] == expected


def test_the_value_is_the_distance_of_the_embedded_pictures():
    x, y = pictures(20), pictures(30, 0.1, seed=1)
    score = frechet(x, y, network(), resamples=0)
    assert score.value == frechet_distance(network().embed(x)[0], network().embed(y)[0])
    assert score.n == 20
    assert math.isnan(score.low)


def test_the_protocol_says_what_was_compared():
    score = frechet(pictures(20), pictures(30, seed=1), network(), resamples=5, seed=7)
    assert score.protocol == network().protocol(
        n=[20, 30], resolution=["8x8", "8x8"], interval="bootstrap over pictures, recentred", resamples=5, seed=7
    )


def test_sets_of_mixed_sizes_list_every_resolution():
    batches = [torch.rand(4, 3, 8, 8), torch.rand(4, 3, 12, 6)]
    assert embedded(iter(batches), network()).resolution == "8x8, 12x6"


def test_the_bootstrap_interval_holds_the_value_and_most_fresh_draws():
    score = frechet(pictures(60), pictures(60, 0.1, seed=1), network(), resamples=100)
    pairs = [(pictures(60, seed=s), pictures(60, 0.1, seed=s + 50)) for s in range(2, 32)]
    fresh = [frechet(*pair, network(), resamples=0).value for pair in pairs]
    assert score.low < score.value < score.high
    assert sum(score.low <= value <= score.high for value in fresh) >= 24


def test_the_interval_follows_from_the_seed():
    x, y = pictures(20), pictures(20, 0.1, seed=1)
    first, again, other = (frechet(x, y, network(), resamples=20, seed=s) for s in (0, 0, 1))
    assert first == again
    assert (first.low, first.high) != (other.low, other.high)


def test_equal_sets_of_few_pictures_form_one_kernel_subset():
    whole = kernel(pictures(20), pictures(20, 0.2, seed=1), network())
    unequal = kernel(pictures(20), pictures(30, 0.2, seed=1), network(), subsets=7)
    assert (whole.protocol["subsets"], whole.protocol["subset_size"]) == (1, 20)
    assert (unequal.protocol["subsets"], unequal.protocol["subset_size"]) == (7, 20)
    assert 0 < whole.low < whole.value < whole.high


def test_one_embedding_serves_several_scores():
    x, y = embedded(pictures(20), network()), embedded(pictures(20, 0.2, seed=1), network())
    before = Patches.calls
    scores = [frechet(x, y, network(), resamples=0), kernel(x, y, network()), inception(x, network(), splits=2)]
    assert Patches.calls == before
    assert all(score.value != 0 for score in scores)
