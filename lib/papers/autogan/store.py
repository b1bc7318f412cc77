"""Trained networks and the features of real pictures, each made once: a file's name follows from all it depends on.

They lie below the cache folder. A generator's training keeps its checkpoint, and a longer one can continue it.
"""

import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from filelock import FileLock
from torch import Tensor

from lib.data import small_pictures
from lib.data.small_pictures import PictureSet
from lib.metrics.features import Features
from lib.models.task_classifier import SIDE, TaskClassifier
from lib.papers import kept
from lib.papers.one_cell import Facts
from lib.search.progress import Tell, silent
from lib.spaces.base import Genome
from lib.training import classifier as training
from lib.training.gan import DerivedTraining, GanSettings

Trained = kept.Trained[DerivedTraining]


@dataclass(frozen=True)
class ClassifierRecipe:
    """How the task classifier is trained."""

    data: str
    pictures: int
    epochs: int
    seed: int
    device: str


@dataclass(frozen=True)
class GanRecipe:
    """How a generator is trained from scratch; `seed` draws weights, noise and the order of pictures."""

    data: str
    pictures: int
    side: int
    gan: GanSettings
    ema: float
    chunk: int  # generator's steps between two scores
    seed: int


@lru_cache(maxsize=4)
def classifier(recipe: ClassifierRecipe) -> tuple[Features, dict[str, Any]]:
    """The task classifier as features, and of its training `losses`, `accuracy` on held-out pictures and `seconds`.

    Raises ValueError for pictures without labels, or of one class alone.
    """
    shown = small_pictures.load(recipe.data, SIDE, limit=recipe.pictures)
    if shown.labels is None or len(shown.classes) < 2:
        raise ValueError(f"the pictures of {recipe.data!r} have no labels to train a classifier on; allowed rewards "
                         "are those of a pretrained network, such as 'lite0'")  # fmt: skip
    place = kept.folder("autogan-classifier", asdict(recipe), shown.sha256, code=training.train_classifier)
    state, facts = kept.once(place / "network.safetensors", lambda: _fitted(recipe, shown))
    network = TaskClassifier(len(shown.classes))
    network.load_state_dict(state)
    return training.task_features(network.to(recipe.device).eval()), json.loads(facts["fit"])


def _fitted(recipe: ClassifierRecipe, shown: PictureSet) -> tuple[Mapping[str, Tensor], Facts]:
    """The weights of a classifier trained now, and what is known of its training."""
    assert shown.labels is not None
    other = small_pictures.load(recipe.data, SIDE, split="test")
    fit = training.train_classifier(
        shown.pixels, shown.labels, len(shown.classes), recipe.seed, recipe.epochs, device=recipe.device,
        held_out=None if other.labels is None else (other.pixels, other.labels),
    )  # fmt: skip
    facts = {name: getattr(fit, name) for name in ("losses", "accuracy", "seconds")}
    return fit.network.state_dict(), {"fit": json.dumps(facts)}


def seen(network: Features, pixels: Tensor, name: str) -> tuple[Tensor, Tensor]:
    """Features and logits of pictures (N, 3, S, S) uint8, computed once for a network."""

    def embedded() -> tuple[Mapping[str, Tensor], Facts]:
        features, logits = network.embed(part.float().div(255) for part in pixels.split(64))
        return {"features": features, "logits": logits}, {}

    digest = sha256(pixels.contiguous().numpy().data).hexdigest()
    place = kept.folder("autogan-seen", network.protocol(), digest, code=Features.embed)
    found, _ = kept.once(place / f"{Path(name).name}.safetensors", embedded)
    return found["features"], found["logits"]


def trained(recipe: GanRecipe, genome: Genome, shown: PictureSet, steps: int, *, evaluate: Any = None,
            scored: Any = None, after: int = 0, told: Tell = silent) -> Trained:  # fmt: skip
    """The training of a genome after so many generator's steps; it goes on from one of `after` steps, if that is there.

    `evaluate(images)` scores a checkpoint, and `scored` says what that depends on, as plain values. Raises
    FloatingPointError if the training diverges, `runs.OutOfTime` where the given time is spent.
    """

    def place(steps: int) -> Path:
        parts = asdict(recipe), shown.sha256, genome, steps, scored
        return kept.folder("autogan-derived", *parts, code=DerivedTraining)

    folder, shorter = place(steps), place(after)
    with FileLock(folder / "training.lock"):
        if after and (shorter / kept.CHECKPOINT).is_file() and not (folder / kept.CHECKPOINT).exists():
            for name in (kept.CHECKPOINT, kept.RECORD):
                shutil.copyfile(shorter / name, folder / name)
    run = DerivedTraining(genome, recipe.gan, shown.pixels, recipe.seed, chunk=recipe.chunk, decay=recipe.ema,
                          evaluate=evaluate, best_by="fd")  # fmt: skip
    return kept.trained(folder, run, -(-steps // recipe.chunk), recipe, lambda: told(min(run.g_iters, steps), steps))
