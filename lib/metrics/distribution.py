"""Distances between sets of pictures over any feature network, each with its interval and protocol.

Pictures are tensors (N, 3, H, W) in [0, 1] or iterables of such batches. Names say what was measured: `FID`, `KID` and
`IS` only with the 2015 Inception weights, else `FD-`, `KD-` and `IS-` followed by the name of the features.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from lib.metrics import check
from lib.metrics.features import Features
from lib.metrics.frechet import Moments, distance, moments
from lib.metrics.inception_score import inception_score
from lib.metrics.kernel import kernel_distance
from lib.metrics.score import SetScore

INCEPTION = "inception-2015"
SUBSET = 1000  # pictures a side that a kernel distance compares at once, as published KID values
PUBLISHED = {"FD": "FID", "KD": "KID", "IS": "IS"}


@dataclass(frozen=True)
class Embedded:
    """A set of pictures seen through features: `features` (N, D), `logits` (N, K), `resolution` such as `128x128`."""

    features: Tensor
    logits: Tensor
    resolution: str


Pictures = Tensor | Iterable[Tensor] | Embedded


def score_name(measure: str, features: str) -> str:
    """`FID`, `KID`, `IS` for `FD`, `KD`, `IS` on the 2015 Inception; else the measure, a hyphen, the features' name."""
    return PUBLISHED[measure] if features == INCEPTION else f"{measure}-{features}"


def embedded(images: Pictures, features: Features) -> Embedded:
    """The pictures' features, computed once for several scores; an `Embedded` passes through.

    `resolution` lists each height x width that occurs, before the features resize them.
    """
    if isinstance(images, Embedded):
        return images
    sizes: set[tuple[int, int]] = set()

    def noted() -> Iterator[Tensor]:
        for batch in [images] if isinstance(images, Tensor) else images:
            height, width = check.images(batch, "images").shape[2:]
            sizes.add((height, width))
            yield batch

    found, logits = features.embed(noted())
    return Embedded(found, logits, ", ".join(f"{height}x{width}" for height, width in sorted(sizes)))


def frechet(a: Pictures, b: Pictures, features: Features, *, resamples: int = 200, seed: int = 0) -> SetScore:
    """Fréchet distance of two sets of at least two pictures; no interval (NaN) with 0 `resamples`.

    The interval is a bootstrap over pictures, both sides resampled alike often. Resampling repeats pictures and so
    raises a Fréchet distance; the resampled values are therefore shifted to have the reported value as mean: the
    interval is the sampling spread at this n, not a bound on the value at infinite n.
    """
    first, second = embedded(a, features), embedded(b, features)
    x, y = check.row_pair(first.features, second.features)
    value = distance(moments(x), moments(y))
    low, high = _bootstrap(x, y, value, resamples, seed)
    protocol = _protocol(features, first, second)
    protocol |= {"interval": "bootstrap over pictures, recentred", "resamples": resamples, "seed": seed}
    return SetScore(score_name("FD", features.name), value, min(len(x), len(y)), low, high, protocol)


def kernel(a: Pictures, b: Pictures, features: Features, *, subsets: int = 100) -> SetScore:
    """Kernel distance of two sets of at least two pictures, over subsets of 1000 a side, or of the smaller set.

    Two sets of equal size that fit into one subset form it, and `subsets` is 1.
    """
    first, second = embedded(a, features), embedded(b, features)
    x, y = first.features, second.features
    size = min(SUBSET, len(x), len(y))
    subsets = 1 if size == len(x) == len(y) else subsets
    score = kernel_distance(x, y, subsets=subsets, subset_size=size, seed=0)
    protocol = _protocol(features, first, second) | score.protocol
    return replace(score, name=score_name("KD", features.name), protocol=protocol)


def inception(images: Pictures, features: Features, *, splits: int = 10) -> SetScore:
    """Inception score of a set of pictures from the features' logits."""
    seen = embedded(images, features)
    score = inception_score(seen.logits, splits)
    protocol = features.protocol(n=[len(seen.logits)], resolution=[seen.resolution]) | score.protocol
    return replace(score, name=score_name("IS", features.name), protocol=protocol)


def _protocol(features: Features, *sides: Embedded) -> dict:
    return features.protocol(n=[len(side.features) for side in sides], resolution=[side.resolution for side in sides])


def _bootstrap(x: Tensor, y: Tensor, value: float, resamples: int, seed: int) -> tuple[float, float]:
    """2.5 and 97.5 percentiles of the distance over resampled rows, recentred on `value`, at least 0."""
    if not resamples:
        return math.nan, math.nan
    rng = np.random.default_rng(seed)
    values = np.array([distance(_resampled(x, rng), _resampled(y, rng)) for _ in range(resamples)])
    low, high = np.percentile(values - values.mean() + value, [2.5, 97.5])
    return max(0.0, float(low)), float(high)


def _resampled(x: Tensor, rng: np.random.Generator) -> Moments:
    """Moments of as many rows drawn with replacement; equal rows are one row with a count, which shrinks the factor."""
    counts = torch.from_numpy(np.bincount(rng.integers(len(x), size=len(x)), minlength=len(x))).to(x.device)
    return moments(x[counts > 0], counts[counts > 0])
