"""One candidate: train its decoder or take it from the store, stylise the pairs, compare with the oracle (4.2).

A score follows from (evaluation, genome) alone. Equal training keys have equal weights in all searches, so the seed
that a search hands out is not used; `repeat` counts trainings with other weights and another order of photos.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields, replace
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor

from lib import device
from lib.models import photoreal
from lib.models.normalised_vgg import tap_values
from lib.models.photoreal import PhotorealDecoder
from lib.models.wct import Numerics
from lib.papers.stylenas import photos, store
from lib.papers.stylenas.experiments import SPACE, WEIGHTS
from lib.papers.stylenas.photos import Pair
from lib.papers.stylenas.settings import Scoring, Settings
from lib.papers.stylenas.store import Recipe
from lib.search.workers import Outcome
from lib.spaces.base import Genome
from lib.training.autoencoder import Schedule

KEPT = 2e9  # bytes of the pairs' features, above which they are computed anew for every candidate


@dataclass(frozen=True)
class Evaluation(Scoring):
    """What the score of a genome depends on: settings of the study, and the repeat."""

    final_lr: float = 1e-4  # at the end of every training
    weights: tuple[float, ...] = WEIGHTS
    repeat: int = 0

    @classmethod
    def of(cls, settings: Settings) -> "Evaluation":
        """The evaluation under the study's settings."""
        shared = {one.name: getattr(settings, one.name) for one in fields(Scoring)}
        return cls(**{**shared, "training": tuple(settings.training), "device": str(device.pick(settings.device))})

    def identity(self) -> dict[str, Any]:
        """What a search's scores depend on as plain values, with the photos' hashes, for a record's header."""
        own = {name: value for name, value in asdict(self).items() if not name.startswith(("final_s", "photowct"))}
        networks = {kind: store.folder(self.recipe(kind)).name for kind in ("candidate", "oracle")}
        return {**own, "networks": networks, "pictures": photos.digests([*self.training, self.pairs])}

    def scored(self) -> tuple[Pair, ...]:
        """The pairs that score a candidate."""
        return photos.pairs(self.pairs)[: self.search_pairs]

    @property
    def numerics(self) -> Numerics:
        """Of the transforms."""
        return Numerics(content_shift=self.content_shift)

    def recipe(self, kind: str = "candidate") -> Recipe:
        """How a `candidate`, the `oracle`, PhotoWCT's decoders (`photowct`) or any other network is trained."""
        side = {"candidate": self.side, "oracle": self.oracle_side}.get(kind, self.final_side)
        steps = {"candidate": self.steps, "oracle": self.oracle_steps, "photowct": self.photowct_steps}
        schedule = Schedule(steps.get(kind, self.final_steps), self.batch, self.lr, self.final_lr)
        return Recipe(
            self.encoder, tuple(self.training), self.photos, side, schedule, self.seed, self.repeat, self.device
        )


@dataclass(frozen=True)
class Prepared:
    """A pair as the candidates meet it: taps of both photos, the oracle's picture (1, 3, H, W) and the taps of that."""

    content: Sequence[Tensor]
    style: Sequence[Tensor]
    oracle: Tensor
    perceived: Sequence[Tensor]


def evaluate(ev: Evaluation, genome: Genome, seed: int) -> Outcome:
    """The outcome of a genome: L = 0.8 E + 0.1 P + 0.1 O, lower is better, its parts and the network's size (4.2).

    E is the mean squared error to the oracle's pictures, P that of the encoder's taps, O the share of bits set. `E_fro`
    and `P_sum` read the printed norms literally.
    """
    network, fit = store.decoder(ev.recipe(), SPACE.check(genome))
    metrics = measured(ev, genome, network) | {"mse": fit.mse} | size(genome, ev.width)
    return Outcome(metrics["L"], metrics)


def measured(ev: Evaluation, genome: Genome, network: PhotorealDecoder) -> dict[str, float]:
    """L and its parts of a genome with a trained network."""
    parts = against_oracle(ev, (stylise(network, pair, ev.numerics) for pair in prepared(ev)))
    parts["O"] = SPACE.ones(genome) / len(SPACE.genes)
    objective = sum(weight * parts[name] for weight, name in zip(ev.weights, "EPO", strict=True))
    return {"L": objective, **parts, "k_active": SPACE.ones(SPACE.active(genome))}


@torch.no_grad()
def stylise(network: PhotorealDecoder, pair: Prepared, numerics: Numerics) -> Tensor:
    """The picture (1, 3, H, W) in [0, 1] that a network makes of a prepared pair.

    Raises FloatingPointError if it is not finite.
    """
    picture = network(pair.content, network.code(pair.style, numerics))
    if not torch.isfinite(picture).all():
        raise FloatingPointError("the network's picture is not finite")
    return picture.clamp(0, 1)


@torch.no_grad()
def against_oracle(ev: Evaluation, made: Iterator[Tensor]) -> dict[str, float]:
    """E and P of pictures of the scored pairs, in their order, and both as literally printed."""
    encoder, rows = store.encoder(ev.encoder, ev.device), []
    for picture, pair in zip(made, prepared(ev), strict=True):
        error = (picture - pair.oracle).double()
        taps = [float((a - b).double().square().mean()) for a, b in zip(encoder(picture), pair.perceived, strict=True)]
        rows.append({"E": float(error.square().mean()), "P": sum(taps) / len(taps), "E_fro": float(error.norm()),
                     "P_sum": sum(taps)})  # fmt: skip
    return {name: sum(row[name] for row in rows) / len(rows) for name in rows[0]}


def size(genome: Genome, width: int) -> dict[str, float]:
    """Active transforms, parameters and multiply-accumulates (1e9, one picture of W x W/2) of a decoder."""
    architecture = SPACE.decode(genome)
    return {
        "transforms": len(architecture.transforms),
        "params": photoreal.parameters(architecture),
        "gmacs": photoreal.macs(architecture, width // 2, width) / 1e9,
    }


def oracle(ev: Evaluation) -> PhotorealDecoder:
    """The supervisory oracle: all 31 operators, trained longer than any candidate (3.8); always its first repeat."""
    return store.decoder(replace(ev, repeat=0).recipe("oracle"), SPACE.named("oracle"))[0]


def prepared(ev: Evaluation) -> Iterator[Prepared]:
    """The scored pairs; kept in memory where they are small enough."""
    seen = replace(ev, repeat=0, steps=0, side=0, final_steps=0, final_side=0, photowct_steps=0)  # by the oracle
    small = 3 * 4 * tap_values(ev.width**2 // 2) * len(ev.scored()) <= KEPT
    return iter(_kept(seen)) if small else _prepare(seen)


@lru_cache(maxsize=1)
def _kept(ev: Evaluation) -> list[Prepared]:
    return list(_prepare(ev))


@torch.no_grad()
def _prepare(ev: Evaluation) -> Iterator[Prepared]:
    encoder = store.encoder(ev.encoder, ev.device)
    for pair, made in zip(ev.scored(), _imitated(ev), strict=True):
        yield Prepared(*_taps(ev, pair), made, encoder(made))


@lru_cache(maxsize=1)
@torch.no_grad()
def _imitated(ev: Evaluation) -> list[Tensor]:
    """The oracle's pictures of the scored pairs, painted once."""
    network, made = oracle(ev), []
    for content, style in (_taps(ev, pair) for pair in ev.scored()):
        made.append(network(content, network.code(style, ev.numerics)).clamp(0, 1))
    return made


def _taps(ev: Evaluation, pair: Pair) -> tuple[Sequence[Tensor], Sequence[Tensor]]:
    """Of content and style."""
    encoder = store.encoder(ev.encoder, ev.device)
    content, style = content_and_style(ev, pair, ev.width)
    return encoder(content), encoder(style)


def content_and_style(ev: Evaluation, pair: Pair, width: int) -> tuple[Tensor, Tensor]:
    """The photos of a pair."""
    return loaded(ev, pair.content, width), loaded(ev, pair.style, width)


def loaded(ev: Evaluation, name: str, width: int) -> Tensor:
    """A photo of a pair on the evaluation's device; the authors' pairs are squeezed to 2:1 as they did."""
    return photos.load(name, width, crop=not name.startswith("style/photoreal")).to(ev.device)


def colour_transfer(content: Tensor, style: Tensor) -> Tensor:
    """The content with each channel's mean and deviation of the style: the anchor that a candidate must beat (4.2)."""
    mean, deviation = (getattr(style, of)(dim=(2, 3), keepdim=True) for of in ("mean", "std"))
    own = content.std(dim=(2, 3), keepdim=True).clamp_min(1e-6)
    return ((content - content.mean(dim=(2, 3), keepdim=True)) / own * deviation + mean).clamp(0, 1)
