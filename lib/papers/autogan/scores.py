"""Scores of generated pictures: IS, FD and KD on the features that a table names, and the cheap ones of the rewards.

`task` is a small classifier trained on the labels of the pictures themselves; its scores are called IS-task, FD-task
and KD-task and are proxies. Real pictures are seen once and their features kept.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from torch import Tensor

from lib import device
from lib.data import small_pictures
from lib.data.small_pictures import PictureSet
from lib.metrics import distribution
from lib.metrics.distribution import Embedded
from lib.metrics.features import Features
from lib.metrics.frechet import Moments, distance, moments
from lib.metrics.inception_score import inception_score
from lib.papers import networks
from lib.papers.autogan import store
from lib.papers.autogan.records import MEASURES
from lib.papers.autogan.settings import Settings
from lib.papers.autogan.store import ClassifierRecipe

CLASSIFIER_EPOCHS = 8  # of the task classifier
RESAMPLES = 20  # of the bootstrap beside a Fréchet distance; the kernel distance decides
REALS = 2000  # real pictures that children and checkpoints are compared with, at most
SPLITS, SMALLEST = 10, 200  # of an inception score (paper), and pictures in one of them at least: small ones lower it
Images = Iterator[Tensor]  # batches (n, 3, S, S) in [0, 1]


@dataclass(frozen=True)
class Scores:
    """What scores depend on: the pictures, the networks that look at them, and how many pictures a final score takes.

    `features` and `reward` are names of `networks.NAMES` or `task`.
    """

    data: str
    pictures: int
    side: int
    features: str
    reward: str
    classifier_epochs: int
    images: int
    splits: int
    reward_splits: int
    seed: int
    device: str

    @classmethod
    def of(cls, settings: Settings, data: str = "", side: int = 0) -> "Scores":
        """The scores under the study's settings, or on other pictures at another size."""
        features, reward = map(networks.chosen, (settings.features, settings.reward))
        return cls(data or settings.data, settings.pictures, side or settings.side, features, reward,
                   CLASSIFIER_EPOCHS, settings.images, splits(settings.images), splits(settings.reward_images),
                   settings.seed, str(device.pick(settings.device)))  # fmt: skip

    def shown(self, side: int = 0) -> PictureSet:
        """The real pictures at the whole generator's size or, for an earlier stage, at a smaller side."""
        return pictures(self.data, self.side, side or self.side, self.pictures)

    @property
    def classifier(self) -> ClassifierRecipe:
        """How the task classifier is trained."""
        return ClassifierRecipe(self.data, self.pictures, self.classifier_epochs, self.seed, self.device)

    def network(self, name: str) -> Features:
        """The features of that name; the task classifier is trained first where it was not yet.

        Raises ValueError where the pictures have no labels to train it on.
        """
        return store.classifier(self.classifier)[0] if name == "task" else networks.features(name, self.device)


def splits(images: int) -> int:
    """Into how many splits an inception score of so many pictures falls."""
    return min(SPLITS, max(1, images // SMALLEST))


@lru_cache(maxsize=8)
def pictures(data: str, whole: int, side: int, limit: int) -> PictureSet:
    """Pictures loaded at the whole generator's size and, for an earlier stage, shrunk."""
    found = small_pictures.load(data, whole, limit=limit)
    return found if side == whole else small_pictures.at(found, side)


@lru_cache(maxsize=16)
def real(scores: Scores, name: str, side: int, count: int) -> Embedded:
    """The first `count` real pictures (fewer where there are fewer) as the features of that name see them."""
    chosen = scores.shown(side).pixels[:count]
    features, logits = store.seen(scores.network(name), chosen, f"{scores.data}-{side}-{len(chosen)}")
    return Embedded(features, logits, f"{side}x{side}")


def reward(scores: Scores, kind: str) -> Callable[[Images, int], float]:
    """A child's reward from its pictures and their side: their IS, or for `fd` one over their FD (figure 8)."""

    def earned(images: Images, side: int) -> float:
        seen = _looked(scores, scores.reward, images)
        if kind == "is":
            return inception_score(seen.logits, scores.reward_splits).value
        return 1 / max(_distance(scores, seen, side), 1e-9)

    return earned


def quick(scores: Scores, images: Images, side: int) -> dict[str, float]:
    """IS, FD and KD of some pictures on the reward's features, without intervals: for curves."""
    seen = _looked(scores, scores.reward, images)
    kernel = distribution.kernel(
        seen, real(scores, scores.reward, side, REALS), scores.network(scores.reward), subsets=1
    )
    parts = min(scores.reward_splits, len(seen.logits) // 2)
    return {"is": inception_score(seen.logits, parts).value, "kd": kernel.value, "fd": _distance(scores, seen, side)}


def _looked(scores: Scores, name: str, images: Images | Tensor) -> Embedded:
    """The pictures as the features of that name see them, on the CPU."""
    seen = distribution.embedded(images, scores.network(name))
    return Embedded(seen.features.cpu(), seen.logits.cpu(), seen.resolution)


def _distance(scores: Scores, seen: Embedded, side: int) -> float:
    """FD of what the reward's features saw."""
    return distance(moments(seen.features.double()), _moments(scores, side))


@lru_cache(maxsize=16)
def _moments(scores: Scores, side: int) -> Moments:
    return moments(real(scores, scores.reward, side, REALS).features.double())


def final(scores: Scores, images: Tensor) -> dict[str, float]:
    """All scores of a set of pictures (N, 3, S, S) in [0, 1] with intervals: `is`, `fd`, `kd` on the features of the
    tables, with the suffix `_task` on the task classifier's where that is another one and pictures have labels."""
    names = {"": scores.features}
    if scores.features != "task" and scores.shown().labels is not None:
        names["_task"] = "task"
    found = dict[str, float]()
    for suffix, name in names.items():
        network, seen = scores.network(name), _looked(scores, name, images)
        against = real(scores, name, images.shape[-1], scores.images)
        results = (distribution.inception(seen, network, splits=min(scores.splits, len(images) // 2)),
                   distribution.frechet(seen, against, network, resamples=RESAMPLES),
                   distribution.kernel(seen, against, network))  # fmt: skip
        for measure, score in zip(MEASURES, results, strict=True):
            found |= {f"{measure}{suffix}": score.value, f"{measure}{suffix}_low": score.low,
                      f"{measure}{suffix}_high": score.high}  # fmt: skip
        found[f"is{suffix}_std"] = float(results[0].protocol["std"])
    return found
