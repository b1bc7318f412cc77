"""Training of GANs with the hinge loss (AutoGAN, arXiv 1908.03835; Adam and batches as in the authors' code)."""

import copy
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import relu

from lib.device import keyed_seed, pick
from lib.models import autogan
from lib.models.sngan_discriminator import Discriminator
from lib.spaces.autogan import CELLS
from lib.spaces.base import Genome
from lib.training.trainer import Step

BETAS = (0.0, 0.9)  # of Adam
POINTS = 20  # of a loss curve, at most, that one step of a training stores
Pictures = Callable[[int], Iterator[Tensor]]  # so many, in batches (n, 3, S, S) in [0, 1]


@dataclass(frozen=True)
class GanSettings:
    """Sizes and rates of a GAN's training: widths in channels, batches in pictures, `n_critic` D-steps a G-step.

    Pictures have sides of `bottom` times a power of two. `precision` is that of the convolutions; the weights, their
    updates, spectral norm and the losses stay float32.
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
    precision: str  # float32 or bfloat16
    device: str


def hinge_d(real: Tensor, fake: Tensor) -> Tensor:
    """The discriminator's loss from its values (n,) of real and of generated pictures."""
    return relu(1 - real).mean() + relu(1 + fake).mean()


def hinge_g(fake: Tensor) -> Tensor:
    """The generator's loss, not clipped: the paper's equations 1 and 2 have wrong signs and brackets."""
    return -fake.mean()


class Gan:
    """A generator, its discriminator and their optimisers; a step trains one of the two.

    The generator is called as `generator(z, *args)`, the discriminator as `discriminator(images, cells)`. What a step
    does not need is not computed: no graph of the fakes in a D-step, no gradients of D's weights in a G-step. Adam
    leaves alone what a step did not use; the authors' PyTorch shrank its second moments.
    """

    def __init__(self, generator: nn.Module, discriminator: nn.Module, settings: GanSettings) -> None:
        self.device = pick(settings.device)
        self.generator, self.discriminator = (
            module.to(self.device).to(memory_format=torch.channels_last).train()
            for module in (generator, discriminator)
        )  # channels last: a quarter less time on a CPU
        self.g_adam, self.d_adam = (
            torch.optim.Adam(module.parameters(), lr=settings.lr, betas=BETAS, fused=True)
            for module in (self.generator, self.discriminator)
        )
        self._fast = settings.precision == "bfloat16"

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

    def state(self) -> dict[str, int]:
        """Which epoch it is and how many of its pictures are gone."""
        return {"epoch": self._epoch, "place": self._place}

    def load(self, state: dict[str, int]) -> None:
        """Go to the place that `state` returned."""
        self._epoch, self._place = state["epoch"], state["place"]
        generator = torch.Generator().manual_seed(keyed_seed("batches", self.seed, self._epoch))
        self._order = torch.randperm(len(self.pictures), generator=generator).to(self.pictures.device)


class Ema:
    """The moving average of a module's parameters, from their first values on; buffers have none."""

    def __init__(self, module: nn.Module, decay: float) -> None:
        self.decay = decay
        self.mean = {name: weights.detach().clone() for name, weights in module.named_parameters()}

    @torch.no_grad()
    def update(self, module: nn.Module) -> None:
        """Move towards the module's present parameters: mean = decay * mean + (1 - decay) * present."""
        for name, weights in module.named_parameters():
            self.mean[name].lerp_(weights, 1 - self.decay)

    @torch.no_grad()
    def copy_to(self, module: nn.Module) -> None:
        """Give the module the mean as its parameters."""
        for name, weights in module.named_parameters():
            weights.copy_(self.mean[name])


def pictures_of(generator: nn.Module, z: Tensor, *args: Any, batch: int = 100) -> Iterator[Tensor]:
    """What `generator(z, *args)` makes of z (n, latent) in evaluation mode: batches (batch, 3, S, S) in [0, 1]."""
    for part in z.split(batch):
        with torch.inference_mode():
            generator.eval()
            made = autogan.to_unit(generator(part.to(next(generator.parameters()).device), *args))
        yield made


def noise(n: int, latent: int, generator: torch.Generator, device: torch.device | None = None) -> Tensor:
    """z (n, latent) from the standard normal distribution, drawn on the CPU: equal on every device."""
    return torch.randn(n, latent, generator=generator).to(device)


class DerivedTraining:
    """A genome's generator trained from scratch; a step is `chunk` G-iterations.

    A G-iteration is a D-step, the G-step and, up to `n_critic`, more D-steps: the order of the authors, whose first
    D-step brings a G-step. The network that counts has the moving average of G's parameters and G's running statistics.
    """

    def __init__(self, genome: Genome, settings: GanSettings, pictures: Tensor, seed: int, *, chunk: int,
                 decay: float = 0.999,
                 evaluate: Callable[[Pictures], dict[str, float]] = lambda pictures: {}) -> None:  # fmt: skip
        """Weights, batches and z follow from `seed`; pictures are (N, 3, S, S) uint8, S = 8 * bottom.

        After every step `evaluate` scores the averaged network, always on the same z. Raises ValueError for pictures
        of another side.
        """
        if (side := settings.bottom * 2**CELLS) != pictures.shape[-1]:
            raise ValueError(f"pictures have side {pictures.shape[-1]}; bottom {settings.bottom} makes {side}")
        self.settings, self.seed, self.chunk, self.evaluate = settings, seed, chunk, evaluate
        generator = autogan.Generator(genome, settings.width, settings.bottom, settings.latent, settings.skip_out)
        discriminator = Discriminator(settings.d_width)
        for module in (generator, discriminator):
            autogan.initialise(module, seed)
        self.gan = Gan(generator, discriminator, settings)
        self.ema = Ema(self.gan.generator, decay)
        self.batches = Batches(pictures.to(self.gan.device), settings.d_batch, seed)
        self.g_iters = 0
        self._rng = torch.Generator().manual_seed(keyed_seed("z", seed))

    def step(self) -> Step:
        """Train on; raises FloatingPointError naming the G-iteration, counted from 0, of a loss that is not finite."""
        d_losses, g_losses = torch.stack([self._iterate() for _ in range(self.chunk)]).T.tolist()
        for place, losses in enumerate(zip(d_losses, g_losses, strict=True)):
            if not all(map(math.isfinite, losses)):
                both = "discriminator's {}, generator's {}".format(*losses)
                raise FloatingPointError(f"the losses of G-iteration {self.g_iters + place} are: {both}")
        self.g_iters += self.chunk
        means = {"d_loss": math.fsum(d_losses) / self.chunk, "g_loss": math.fsum(g_losses) / self.chunk}
        every = math.ceil(self.chunk / POINTS)
        curves = {"d_loss": d_losses[::every], "g_loss": g_losses[::every]}
        scores = self.evaluate(lambda n: self.sample(n, keyed_seed("evaluation", self.seed)))
        return Step({"g_iters": self.g_iters, **means, **scores}, curves)

    def sample(self, n: int, seed: int, batch: int = 100) -> Iterator[Tensor]:
        """n pictures, (batch, 3, S, S) in [0, 1], of the averaged network."""
        z = noise(n, self.settings.latent, torch.Generator().manual_seed(seed))
        return pictures_of(self.averaged(), z, batch=batch)

    def averaged(self) -> autogan.Generator:
        """A copy of the generator with the moving average of its parameters."""
        network = copy.deepcopy(self.gan.generator)
        self.ema.copy_to(network)
        return cast(autogan.Generator, network)

    def state(self) -> dict[str, Any]:
        """All that the steps to come depend on."""
        return {"g_iters": self.g_iters, "mean": self.ema.mean, "z": self._rng.get_state(), "gan": self.gan.state(),
                "batches": self.batches.state()}  # fmt: skip

    def load(self, state: dict[str, Any]) -> None:
        """Take over what `state` returned."""
        self.g_iters = state["g_iters"]
        self.ema.mean = {name: mean.to(self.gan.device) for name, mean in state["mean"].items()}
        self._rng.set_state(state["z"])
        self.gan.load(state["gan"])
        self.batches.load(state["batches"])

    def _iterate(self) -> Tensor:
        """One G-iteration; its mean loss of D and its loss of G, not awaited."""
        d_losses = [self._d_step()]
        g_loss = self.gan.g_step(self._z(self.settings.g_batch))
        self.ema.update(self.gan.generator)
        d_losses += [self._d_step() for _ in range(self.settings.n_critic - 1)]
        return torch.stack([torch.stack(d_losses).mean(), g_loss])

    def _d_step(self) -> Tensor:
        real = next(self.batches)
        return self.gan.d_step(real, self._z(len(real)))

    def _z(self, n: int) -> Tensor:
        return noise(n, self.settings.latent, self._rng, self.gan.device)
