"""Trained networks, each trained once: a decoder's weights are a function of its recipe and training key alone.

They lie below the cache folder, in a folder named after the recipe, the photos, the encoder and the training code.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

import torch
from torch import Tensor, nn

from lib import device
from lib.models import normalised_vgg, photoreal
from lib.models.normalised_vgg import NormalisedVGG
from lib.models.photoreal import PhotorealDecoder
from lib.models.photowct import InverseVGG
from lib.papers import kept
from lib.papers.one_cell import Facts
from lib.papers.stylenas import photos
from lib.papers.stylenas.experiments import SPACE
from lib.paths import cache_dir
from lib.search.progress import Tell, silent
from lib.spaces.base import Genome
from lib.training import autoencoder
from lib.training.autoencoder import Fit, Schedule

KEPT = 2e9  # bytes of the training photos' features, above which they are computed anew in every step
Network = TypeVar("Network", bound=nn.Module)


@dataclass(frozen=True)
class Recipe:
    """How a network is trained, with transforms off (section 4.1). `repeat` draws other weights and orders."""

    encoder: str
    training: tuple[str, ...]
    photos: int
    side: int
    schedule: Schedule
    seed: int
    repeat: int
    device: str

    def shown(self) -> Tensor:
        """Its training photos (N, 3, S, S)."""
        return photos.training(self.training, self.photos, self.side)


def folder(recipe: Recipe) -> Path:
    """Where the networks of a recipe lie; the name follows from the recipe, its photos, the encoder and the code."""
    return cache_dir() / f"stylenas-{_digest(recipe)}"


@lru_cache(maxsize=64)
def _digest(recipe: Recipe) -> str:
    seen = sha256(recipe.shown().contiguous().numpy().data).hexdigest()
    parts = asdict(recipe), seen, encoder(recipe.encoder).digest
    return kept.digest(*parts, code=autoencoder.train_decoder)


@lru_cache(maxsize=2)
def encoder(name: str, where: str = "cpu") -> NormalisedVGG:
    """The frozen encoder, built once a process and device."""
    return normalised_vgg.load(name).to(where)


def decoder(recipe: Recipe, genome: Genome, told: Tell = silent) -> tuple[PhotorealDecoder, Fit]:
    """The trained decoder of a genome, transforms included; trained now if no genome with its training key was.

    A training calls `told` at its beginning and in each step. Raises FloatingPointError if it diverges.
    """
    seed = device.keyed_seed(recipe.seed, recipe.repeat)

    def train(network: PhotorealDecoder) -> Fit:
        photoreal.initialise(network, seed)
        seeing, seen = encoder(recipe.encoder, recipe.device), recipe.shown().to(recipe.device)
        return autoencoder.train_decoder(
            network, seeing, seen, recipe.schedule, seed, taps=_taps(recipe), told=told
        )  # fmt: skip

    network = PhotorealDecoder(SPACE.decode(genome)).to(recipe.device)
    return network, _once(recipe, SPACE.text(SPACE.training_key(genome)), network, train)


def forget(recipe: Recipe, genome: Genome) -> None:
    """Delete the stored weights of a genome's decoder, where there are some."""
    _path(recipe, SPACE.text(SPACE.training_key(genome))).unlink(missing_ok=True)


def inverse(recipe: Recipe, depth: int) -> tuple[InverseVGG, Fit]:
    """PhotoWCT's trained decoder from the encoder's tap `depth` (3.6)."""
    seed = device.keyed_seed(recipe.seed, recipe.repeat, depth)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)  # PyTorch's own initial weights
        network = InverseVGG(depth)
    network = network.to(recipe.device)

    def train(network: InverseVGG) -> Fit:
        seeing = encoder(recipe.encoder, recipe.device)
        return autoencoder.train_inverse(network, seeing, recipe.shown().to(recipe.device), recipe.schedule, seed)

    return network, _once(recipe, f"photowct-{depth}", network, train)


def _once(recipe: Recipe, name: str, network: Network, train: Callable[[Network], Fit]) -> Fit:
    """Fill the network with its stored weights, or train and store it."""

    def trained() -> tuple[Mapping[str, Tensor], Facts]:
        fit = train(network)
        return network.state_dict(), {"fit": json.dumps(asdict(fit))}

    state, facts = kept.once(_path(recipe, name), trained)
    network.load_state_dict(state)
    return Fit(**json.loads(facts["fit"]))


def _path(recipe: Recipe, name: str) -> Path:
    return folder(recipe) / f"{name}.safetensors"


def _taps(recipe: Recipe) -> Sequence[Tensor] | None:
    """The encoder's features of all training photos, where they are small enough to keep."""
    if 4 * normalised_vgg.tap_values(recipe.photos * recipe.side**2) > KEPT:
        return None
    return _encoded(replace(recipe, schedule=Schedule(0, 1, 1.0, 1.0), seed=0, repeat=0))  # which play no part in them


@lru_cache(maxsize=1)
def _encoded(recipe: Recipe) -> list[Tensor]:
    return autoencoder.encode_photos(encoder(recipe.encoder, recipe.device), recipe.shown().to(recipe.device))
