"""Training of decoders that make photos again from a frozen encoder's features: StyleNAS' and PhotoWCT's.

An et al. (arXiv 1906.02470), section 4: the same loop for every candidate, with transforms off.
"""

import copy
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import torch
from torch import Tensor, nn

from lib.models.normalised_vgg import NormalisedVGG
from lib.models.photoreal import PhotorealDecoder
from lib.models.photowct import InverseVGG
from lib.training import memory

BETAS = (0.5, 0.9)  # of Adam
PRECISIONS = ("float32", "bfloat16")
Tell = Callable[[int, int], None]  # called with the steps done and all of them
Losses = tuple[Tensor, Tensor]  # the loss and, part of it, the mean squared error of the pixels


@dataclass(frozen=True)
class Schedule:
    """So many steps of Adam on batches of so many photos; the rate falls on a cosine from `lr` to `final_lr`."""

    steps: int
    batch: int
    lr: float
    final_lr: float

    def rate(self, step: int) -> float:
        """The learning rate of a step, 0 to steps - 1."""
        share = (1 + math.cos(math.pi * step / max(self.steps - 1, 1))) / 2
        return self.final_lr + (self.lr - self.final_lr) * share


@dataclass(frozen=True)
class Fit:
    """The loss of every step, before its update; the last step's mean squared error of pixels (NaN without steps)."""

    losses: list[float]
    mse: float
    seconds: float


def train_decoder(decoder: PhotorealDecoder, encoder: NormalisedVGG, photos: Tensor, schedule: Schedule, seed: int, *,
                  taps: Sequence[Tensor] | None = None, precision: str = "float32",
                  told: Tell = lambda done, steps: None) -> Fit:  # fmt: skip
    """Train a decoder from its present weights to make photos (N, 3, S, S) in [0, 1] again, transforms off.

    The loss is 0.5 MSE(y, x) + 0.5 mean over r1..r5 of MSE(taps of y, taps of x). The order of the photos follows from
    `seed`, N and the batch alone; global generators are not touched. `taps` are the photos' as `encode_photos` gives
    them; without, each batch is encoded anew. `told` is called at the beginning and after each step. Decoder and
    encoder compute in `precision`, the weights, their updates and the losses stay float32. Raises FloatingPointError as
    soon as a loss is not finite, ValueError for fewer photos than a batch or an unknown precision.
    """
    fast, dtype = _at(precision, encoder)

    def losses(chosen: Tensor) -> Losses:
        x = photos[chosen]
        with torch.no_grad():
            wanted = fast(x.to(dtype)) if taps is None else [tap[chosen].to(dtype) for tap in taps]
        y = decoder(wanted)
        perceptual = [_MeanSquare.apply(found, tap) for found, tap in zip(fast(y), wanted, strict=True)]
        mse = _MeanSquare.apply(y, x)
        return 0.5 * mse + 0.5 * torch.stack(perceptual).mean(), mse.detach()

    return _descend(decoder, losses, len(photos), schedule, seed, told=told)


def train_inverse(inverse: InverseVGG, encoder: NormalisedVGG, photos: Tensor, schedule: Schedule, seed: int) -> Fit:
    """Train one of PhotoWCT's decoders likewise: MSE of pixels + MSE of features at the tap that it starts from."""

    def losses(chosen: Tensor) -> Losses:
        x = photos[chosen]
        with torch.no_grad():
            features, indices = encoder.encode(x, inverse.depth)
        y = inverse(features, indices)
        mse = _MeanSquare.apply(y, x)
        return mse + _MeanSquare.apply(encoder(y, inverse.depth)[-1], features), mse.detach()

    return _descend(inverse, losses, len(photos), schedule, seed)


class _MeanSquare(torch.autograd.Function):
    """The mean squared difference, summed in float32 at least, with two passes less than PyTorch's in its gradient."""

    @staticmethod
    def forward(ctx: Any, found: Tensor, wanted: Tensor) -> Tensor:
        difference = found - wanted
        ctx.save_for_backward(difference)
        dtype = torch.promote_types(difference.dtype, torch.float32)
        return torch.linalg.vector_norm(difference, dtype=dtype).square() / difference.numel()

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        (difference,) = ctx.saved_tensors
        return difference * (2 / difference.numel() * gradients[0]).to(difference.dtype), None


def _at(precision: str, encoder: NormalisedVGG) -> tuple[NormalisedVGG, torch.dtype]:
    """The encoder in that precision, and its dtype: that of its weights for float32."""
    if precision not in PRECISIONS:
        raise ValueError(f"precision is {precision!r}; allowed are {', '.join(PRECISIONS)}")
    if precision == "bfloat16":
        encoder = copy.deepcopy(encoder).bfloat16()
    return encoder, next(encoder.buffers()).dtype


@torch.no_grad()
def encode_photos(encoder: NormalisedVGG, photos: Tensor, batch: int = 16) -> list[Tensor]:
    """The taps r1 to r5 of all photos (N, 3, S, S), each (N, C_i, S / 2^(i-1), S / 2^(i-1))."""
    parts = [encoder(part) for part in photos.split(batch)]
    return [torch.cat(tap) for tap in zip(*parts, strict=True)]


def photo_order(photos: int, schedule: Schedule, seed: int) -> Iterator[Tensor]:
    """The photos (batch,) of each step: permutations one after the other, each without its incomplete last batch."""
    if photos < schedule.batch:
        raise ValueError(f"{photos} photos; a batch takes {schedule.batch}")
    generator, batches = torch.Generator().manual_seed(seed), photos // schedule.batch
    for step in range(schedule.steps):
        if step % batches == 0:
            order = torch.randperm(photos, generator=generator)
        yield order[step % batches * schedule.batch :][: schedule.batch]


@memory.kept()
def _descend(network: nn.Module, losses: Callable[[Tensor], Losses], photos: int, schedule: Schedule, seed: int, *,
             told: Tell = lambda done, steps: None) -> Fit:  # fmt: skip
    network.train()
    optimiser = torch.optim.Adam(network.parameters(), lr=schedule.lr, betas=BETAS, fused=True)
    curve, mse, begin = [], math.nan, perf_counter()
    told(0, schedule.steps)
    for step, chosen in enumerate(photo_order(photos, schedule, seed)):
        loss, error = losses(chosen)
        curve.append(loss.item())
        if not math.isfinite(curve[-1]):
            raise FloatingPointError(f"the loss of step {step} is {curve[-1]}")
        optimiser.zero_grad()
        loss.backward()
        optimiser.param_groups[0]["lr"] = schedule.rate(step)
        optimiser.step()
        mse = error.item()
        told(step + 1, schedule.steps)
    return Fit(curve, mse, perf_counter() - begin)
