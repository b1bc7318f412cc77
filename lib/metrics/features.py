"""A feature network with the protocol under which it sees pictures."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lib.metrics import check


def tf1(images: Tensor, side: int) -> Tensor:
    """Bilinear resize of TensorFlow 1 to side x side: output pixel i reads at i * old / new, no half-pixel centres, no
    antialiasing. The resize of the 2015 Inception graph, hence of published FID and IS values."""
    for dim in (2, 3):
        old = images.shape[dim]
        position = torch.arange(side, dtype=torch.float64, device=images.device) * (old / side)
        below = position.floor().long()
        above = (below + 1).clamp_max(old - 1)
        share = (position - below).to(images.dtype).view(-1, *[1] * (3 - dim))
        images = images.index_select(dim, below) * (1 - share) + images.index_select(dim, above) * share
    return images


def clean(images: Tensor, side: int) -> Tensor:
    """Antialiased bicubic (a = -0.5) to side x side on floats, clamped: the resize of clean-fid (Parmar 2022)."""
    size = (side, side)
    return F.interpolate(images, size=size, mode="bicubic", antialias=True, align_corners=False).clamp(0, 1)


def area(images: Tensor, side: int) -> Tensor:
    """Mean over the source area of each of side x side pixels; enlarging repeats pixels."""
    return F.interpolate(images, size=(side, side), mode="area")


RESIZES = {"tf1": tf1, "clean": clean, "area": area}


@dataclass(frozen=True)
class Features:
    """A network that turns pictures into features and logits, and how pictures reach it.

    `module` maps (N, 3, side, side) in [0, 1] to (features (N, D), logits (N, K)) and is in eval mode; `resize` is
    `tf1`, `clean` or `area` to `side` pixels; `weights_hash` is the SHA-256 of its weights, or says that they are
    random. `name` enters the names of scores: only `inception-2015` may be called FID, KID and IS.
    """

    name: str
    module: nn.Module
    side: int
    resize: str
    weights_hash: str

    def __post_init__(self) -> None:
        if self.resize not in RESIZES:
            raise ValueError(f"resize is {self.resize!r}; allowed are {sorted(RESIZES)}")
        if self.module.training:
            raise ValueError(f"module of features {self.name!r} is in training mode; allowed is module.eval()")

    @torch.no_grad()
    def embed(self, images: Tensor | Iterable[Tensor], batch: int = 64) -> tuple[Tensor, Tensor]:
        """Features (N, D) and logits (N, K) of pictures in [0, 1], on the module's device.

        `images` is (N, 3, H, W) or an iterable of such batches, whose sides may differ; `batch` pictures pass at once.
        Raises ValueError for pictures outside [0, 1], NaN, a wrong shape or dtype, or none at all.
        """
        parameter = next(self.module.parameters(), None)
        answers = []
        for group in [images] if isinstance(images, Tensor) else images:
            for chunk in check.images(group, "images").split(batch):
                placed = chunk if parameter is None else chunk.to(parameter)
                answers.append(self.module(RESIZES[self.resize](placed, self.side)))
        if not answers:
            raise ValueError("images holds no batch; allowed is at least one picture")
        features, logits = (torch.cat(parts) for parts in zip(*answers, strict=True))
        return features, logits

    def protocol(self, **more: Any) -> dict[str, Any]:
        """What must stand beside a number made with these features, with further entries such as n and resolution."""
        own = {"features": self.name, "weights_hash": self.weights_hash, "side": self.side, "resize": self.resize}
        return {**own, **more}
