"""Training of GANs with the hinge loss (AutoGAN, arXiv 1908.03835; Adam and batches as in the authors' code).

Sections are those of the specification.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import relu
from torch.nn.utils import parametrize

from lib.device import keyed_seed, pick

BETAS = (0.0, 0.9)  # of Adam
PRECISIONS = ("float32", "bfloat16")


@dataclass(frozen=True)
class GanSettings:
    """Sizes and rates of a GAN's training: widths in channels, batches in pictures, `n_critic` D-steps a G-step.

    Pictures have sides of `bottom` times a power of two. `precision` is that of the convolutions; the weights, their
    updates, spectral norm and the losses stay float32. Raises ValueError for what cannot be.
    """

    width: int
    d_width: int
    bottom: int
    latent: int
    d_batch: int
    g_batch: int
    n_critic: int
    lr: float
    skip_out: str
    precision: str
    device: str

    def __post_init__(self) -> None:
        for name in ("width", "d_width", "bottom", "latent", "d_batch", "g_batch", "n_critic"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}; allowed are 1 and more")
        if not 0 < self.lr < math.inf:
            raise ValueError(f"lr is {self.lr}; it must be positive")
        if self.precision not in PRECISIONS:
            raise ValueError(f"precision is {self.precision!r}; allowed are {', '.join(PRECISIONS)}")


def hinge_d(real: Tensor, fake: Tensor) -> Tensor:
    """The discriminator's loss from its values (n,) of real and of generated pictures: 0 once they part by 1 and -1 (4.1)."""
    return relu(1 - real).mean() + relu(1 + fake).mean()


def hinge_g(fake: Tensor) -> Tensor:
    """The generator's loss, not clipped: the paper's equations 1 and 2 have wrong signs and brackets (4.1)."""
    return -fake.mean()


class Gan:
    """A generator, its discriminator and their optimisers; a step trains one of the two.

    The generator is called as `generator(z, *args)`, the discriminator as `discriminator(images, cells)`. What a step
    does not need is not computed: no graph of the fakes in a D-step, no gradients of D's weights in a G-step. Adam
    leaves alone what a step did not use; the authors' PyTorch shrank its second moments.
    """

    def __init__(self, generator: nn.Module, discriminator: nn.Module, settings: GanSettings) -> None:
        self.device = pick(settings.device)
        self.generator, self.discriminator = generator.to(self.device), discriminator.to(self.device)
        self.discriminator.train()
        self.g_adam, self.d_adam = (
            torch.optim.Adam(module.parameters(), lr=settings.lr, betas=BETAS, fused=True)
            for module in (self.generator, self.discriminator)
        )
        self._fast = settings.precision == "bfloat16"
        if self._fast:
            _norm_in_float32(self.discriminator, self.device.type)

    def d_step(self, real: Tensor, z: Tensor, *args: Any, cells: int = 3) -> Tensor:
        """Train D once on real (n, 3, S, S) in [-1, 1] and the pictures of z (n, latent); returns the loss before.

        The generator makes them in training mode, so its running statistics advance. The loss is not awaited.
        """
        with torch.no_grad():
            fake = self._made(z, *args)
        loss = hinge_d(self._judged(real, cells), self._judged(fake, cells))
        return _descend(loss, self.d_adam)

    def g_step(self, z: Tensor, *args: Any, cells: int = 3) -> Tensor:
        """Train G once with the pictures of z (n, latent); returns the loss before, not awaited."""
        with _frozen(self.discriminator):
            loss = hinge_g(self._judged(self._made(z, *args), cells))
        return _descend(loss, self.g_adam)

    def state(self) -> dict[str, Any]:
        """Weights, running statistics and moments, not copied."""
        return {name: part.state_dict() for name, part in self._parts().items()}

    def load(self, state: dict[str, Any]) -> None:
        """Take over what `state` returned."""
        for name, part in self._parts().items():
            part.load_state_dict(state[name])

    def _parts(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in ("generator", "discriminator", "g_adam", "d_adam")}

    def _made(self, z: Tensor, *args: Any) -> Tensor:
        self.generator.train()
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self._fast):
            return self.generator(z, *args)

    def _judged(self, images: Tensor, cells: int) -> Tensor:
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self._fast):
            values = self.discriminator(images, cells)
        return values.float() if self._fast else values


def _norm_in_float32(discriminator: nn.Module, device: str) -> None:
    """Keep the power iterations of spectral norm out of an autocast."""
    for module in discriminator.modules():
        if isinstance(module, parametrize.ParametrizationList):
            for part in module:
                part.forward = torch.autocast(device, enabled=False)(part.forward)


@contextmanager
def _frozen(module: nn.Module) -> Iterator[None]:
    """Within it, what the module computes asks for no gradients of its weights."""
    module.requires_grad_(False)
    try:
        yield
    finally:
        module.requires_grad_(True)


def _descend(loss: Tensor, optimiser: torch.optim.Optimizer) -> Tensor:
    loss.backward()
    optimiser.step()
    optimiser.zero_grad()  # to None: Adam skips what the next step does not use, and the memory is free
    return loss.detach()


class Batches:
    """Batches of pictures without end, in a new order each epoch that follows from the seed and its number alone."""

    def __init__(self, pictures: Tensor, size: int, seed: int) -> None:
        """Take from pictures (N, 3, S, S) uint8, where they lie; an epoch's last batch has what is left."""
        self.pictures, self.size, self.seed = pictures, size, seed
        self.load({"epoch": 0, "place": 0})

    def __next__(self) -> Tensor:
        """The next (n, 3, S, S) in [-1, 1], n at most the batch."""
        if self._place >= len(self.pictures):
            self.load({"epoch": self._epoch + 1, "place": 0})
        chosen = self._order[self._place : self._place + self.size]
        self._place += self.size
        return self.pictures[chosen].float() / 127.5 - 1

    def __iter__(self) -> Iterator[Tensor]:
        return self

    def state(self) -> dict[str, int]:
        """Which epoch it is and how many of its pictures are gone."""
        return {"epoch": self._epoch, "place": self._place}

    def load(self, state: dict[str, int]) -> None:
        """Go to the place that `state` returned."""
        self._epoch, self._place = state["epoch"], state["place"]
        generator = torch.Generator().manual_seed(keyed_seed("batches", self.seed, self._epoch))
        self._order = torch.randperm(len(self.pictures), generator=generator).to(self.pictures.device)
