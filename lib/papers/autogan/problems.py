"""The space of AutoGAN as problems for comparing searchers: formulas on its tokens, and scores with shared weights."""

from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor

from lib.data import small_pictures
from lib.device import keyed_seed
from lib.metrics.inception_score import inception_score
from lib.models import autogan as models
from lib.papers import formula, kept
from lib.papers.autogan import store
from lib.papers.autogan.experiments import SPACE
from lib.papers.autogan.store import ClassifierRecipe
from lib.papers.problem import Problem
from lib.search.cache import code_hash
from lib.search.workers import Outcome, few_threads
from lib.spaces.autogan import Stage
from lib.spaces.base import Genome, keyed
from lib.training.gan import GanSettings, noise, pictures_of
from lib.training.reset import Collapse
from lib.training.shared_gan import SharedGan

STEPS = 25  # discriminator's steps for each training step that the settings give a network of other papers
GAN = GanSettings(width=8, d_width=8, bottom=2, latent=16, d_batch=8, g_batch=8, n_critic=5, lr=2e-4,
                  skip_out="pre_sum", precision="float32", device="cpu")  # fmt: skip
CLASSIFIER = ClassifierRecipe("patches", pictures=400, epochs=3, seed=0, device="cpu")
CLASSIFIER_MACS = 1e7  # a picture, roughly
SEED, IMAGES = 0, 128  # of everything drawn, z included; pictures that score a genome


@dataclass(frozen=True)
class Shared:
    """A generator whose weights all genomes share, trained with uniformly drawn ones for so many D-steps."""

    gan: GanSettings
    classifier: ClassifierRecipe
    steps: int
    images: int
    seed: int


def shared_score(shared: Shared, genome: Genome, seed: int) -> Outcome:
    """Minus the inception score, on the task classifier, of what a genome makes of one fixed z with shared weights."""
    generator, z = _generator(shared), noise(shared.images, shared.gan.latent, _drawn(shared))
    network = store.classifier(shared.classifier)[0]
    _, logits = network.embed(pictures_of(generator, z, genome))
    value = inception_score(logits, splits=1).value
    return Outcome(-value, {"is_task": value})


@lru_cache(maxsize=2)
def _generator(shared: Shared) -> models.SharedGenerator:
    """The shared generator; trained once, on one thread, then read from the cache folder."""
    pixels = small_pictures.load(shared.classifier.data, shared.gan.bottom * 8, limit=shared.classifier.pictures).pixels
    with few_threads(1):
        place = kept.folder("autogan-shared", asdict(shared), code_hash(small_pictures.load), code=SharedGan)
        weights, _ = kept.once(place / "generator.safetensors", lambda: (_trained(shared, pixels), {}))
    generator = models.SharedGenerator(shared.gan.width, shared.gan.bottom, shared.gan.latent, shared.gan.skip_out)
    generator.load_state_dict(weights)
    return generator


def _trained(shared: Shared, pixels: Tensor) -> dict[str, Tensor]:
    """Weights and running statistics after the training, on whole pictures from the start."""
    gan = SharedGan(shared.gan, lambda side: pixels, Collapse(2, 0.0), shared.seed, reset=False, nan="reset")
    gan.show(2)
    rng = keyed(shared.seed, 1)
    gan.train([SPACE.sample(rng) for _ in range(shared.steps)], 0)
    return {name: value.contiguous() for name, value in gan.gan.generator.state_dict().items()}


def _drawn(shared: Shared) -> torch.Generator:
    return torch.Generator().manual_seed(keyed_seed(shared.seed, "scored"))


def problems(settings: Any) -> list[Problem]:
    """All 14 tokens, and those of the first cell alone, under a formula; all 14 scored on shared weights."""
    shared = Shared(GAN, CLASSIFIER, STEPS * settings.iterations, IMAGES, SEED)
    macs = models.macs(SPACE.named("a"), GAN.width, GAN.bottom, GAN.latent)
    return [
        formula.problem("autogan-table", "AutoGAN space, toy objective", SPACE),
        formula.problem("autogan-stage0", "AutoGAN's first cell, toy objective", Stage(0)),
        Problem("autogan", "AutoGAN, shared weights: IS-task", "real", SPACE, shared_score, shared, asdict(shared),
                "minus IS-task", flops=2 * IMAGES * (macs + CLASSIFIER_MACS), data=small_pictures.PATCH_PHOTOS),
    ]  # fmt: skip
