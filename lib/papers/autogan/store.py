"""The task classifier and the features of real pictures, each made once: a file's name follows from all it depends on.

They lie below the cache folder.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from torch import Tensor

from lib.data import small_pictures
from lib.data.small_pictures import PictureSet
from lib.metrics.features import Features
from lib.models.task_classifier import SIDE, TaskClassifier
from lib.papers import kept
from lib.papers.one_cell import Facts
from lib.training import classifier as training


@dataclass(frozen=True)
class ClassifierRecipe:
    """How the task classifier is trained."""

    data: str
    pictures: int
    epochs: int
    seed: int
    device: str


@lru_cache(maxsize=4)
def classifier(recipe: ClassifierRecipe) -> tuple[Features, dict[str, Any]]:
    """The task classifier as features, and of its training `losses`, `accuracy` on held-out pictures and `seconds`.

    Raises ValueError for pictures without labels, or of one class alone.
    """
    shown = small_pictures.load(recipe.data, SIDE, limit=recipe.pictures)
    if shown.labels is None:
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
