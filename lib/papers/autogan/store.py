"""Trained networks and the features of real pictures, each made once: a file's name follows from all it depends on.

They lie below the cache folder. A generator's training keeps its checkpoint, and a longer one can continue it.
"""

import json
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch
from filelock import FileLock
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor

from lib.data import small_pictures
from lib.data.small_pictures import PictureSet
from lib.metrics.features import Features
from lib.models.task_classifier import SIDE, TaskClassifier
from lib.paths import atomic, cache_dir
from lib.search.cache import code_hash
from lib.search.progress import Tell, silent
from lib.search.record import Record
from lib.search.runs import environment, identity_hash
from lib.spaces.base import Genome
from lib.training import classifier as training
from lib.training import gan, trainer
from lib.training.gan import DerivedTraining, GanSettings

RECORD, CHECKPOINT = "record.jsonl", "checkpoint.pt"


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


def _folder(kind: str, *parts: Any, code: Any) -> Path:
    made = {name: environment()[name] for name in ("torch", "device", "cpu_capability", "threads")}
    path = cache_dir() / f"autogan-{kind}-{identity_hash(*parts, code_hash(code), made)}"
    path.mkdir(parents=True, exist_ok=True)
    return path


@contextmanager
def _locked(path: Path) -> Iterator[bool]:
    """One process at a time makes a file; gives whether it is there."""
    with FileLock(f"{path}.lock"):
        yield path.is_file()


@lru_cache(maxsize=4)
def classifier(recipe: ClassifierRecipe) -> tuple[Features, dict[str, Any]]:
    """The task classifier as features, and of its training `losses`, `accuracy` on held-out pictures and `seconds`.

    Raises ValueError for pictures without labels, or of one class alone.
    """
    shown = small_pictures.load(recipe.data, SIDE, limit=recipe.pictures)
    if shown.labels is None or len(shown.classes) < 2:
        raise ValueError(f"the pictures of {recipe.data!r} have no labels to train a classifier on; allowed rewards "
                         "are those of a pretrained network, such as 'lite0'")  # fmt: skip
    path = _folder("classifier", asdict(recipe), shown.sha256, code=training.train_classifier) / "network.safetensors"
    with _locked(path) as there:
        if not there:
            other = small_pictures.load(recipe.data, SIDE, split="test")
            with torch.inference_mode(False), torch.enable_grad():  # whoever asks may be inferring
                fit = training.train_classifier(
                    shown.pixels, shown.labels, len(shown.classes), recipe.seed, recipe.epochs, device=recipe.device,
                    held_out=None if other.labels is None else (other.pixels, other.labels),
                )  # fmt: skip
            facts = {name: getattr(fit, name) for name in ("losses", "accuracy", "seconds")}
            _save(path, fit.network.state_dict(), {"fit": json.dumps(facts)})
    network = TaskClassifier(len(shown.classes))
    network.load_state_dict(load_file(path))
    with safe_open(path, "pt") as stored:
        return training.task_features(network.to(recipe.device).eval()), json.loads(stored.metadata()["fit"])


def seen(network: Features, pixels: Tensor, name: str) -> tuple[Tensor, Tensor]:
    """Features and logits of pictures (N, 3, S, S) uint8, computed once for a network."""
    digest = sha256(pixels.contiguous().numpy().data).hexdigest()
    path = _folder("seen", network.protocol(), digest, code=Features.embed) / f"{Path(name).name}.safetensors"
    with _locked(path) as there:
        if not there:
            features, logits = network.embed(part.float().div(255) for part in pixels.split(64))
            _save(path, {"features": features, "logits": logits}, {})
    found = load_file(path)
    return found["features"], found["logits"]


@dataclass(frozen=True)
class Trained:
    """A training from scratch: its trainer at the asked step, and the rows of its record."""

    training: DerivedTraining
    rows: list[dict[str, Any]]


def trained(recipe: GanRecipe, genome: Genome, shown: PictureSet, steps: int, *, evaluate: Any = None,
            scored: Any = None, after: int = 0, told: Tell = silent) -> Trained:  # fmt: skip
    """The training of a genome after so many generator's steps; it goes on from one of `after` steps, if that is there.

    `evaluate(images)` scores a checkpoint, and `scored` says what that depends on, as plain values. Raises
    FloatingPointError if the training diverges.
    """

    def place(steps: int) -> Path:
        return _folder("derived", asdict(recipe), shown.sha256, genome, steps, scored, code=gan.DerivedTraining)

    folder, shorter = place(steps), place(after) / CHECKPOINT
    run = DerivedTraining(genome, recipe.gan, shown.pixels, recipe.seed, chunk=recipe.chunk, decay=recipe.ema,
                          evaluate=evaluate, best_by="fd")  # fmt: skip
    with ExitStack() as held:
        held.enter_context(FileLock(folder / "training.lock"))
        if after and shorter.is_file() and not (folder / CHECKPOINT).exists():
            for path in (shorter, shorter.with_name(RECORD)):
                shutil.copyfile(path, folder / path.name)
        log = held.enter_context(Record.open(folder / RECORD, {"recipe": asdict(recipe)}))
        trainer.run_training(run, -(-steps // recipe.chunk), log, folder / CHECKPOINT, seed=recipe.seed,
                             told=lambda: told(min(run.g_iters, steps), steps))  # fmt: skip
        return Trained(run, sorted(log.rows, key=lambda row: row["k"]))


def _save(path: Path, tensors: dict[str, Tensor], facts: dict[str, str]) -> None:
    with atomic(path) as temporary:
        save_file({name: value.detach().cpu().contiguous() for name, value in tensors.items()}, temporary, facts)
