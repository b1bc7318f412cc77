"""How pairs are trained from scratch: all that a training depends on beside the pictures, and its beginning."""

import math
from dataclasses import dataclass
from typing import Any

from torch import nn

from lib import device
from lib.data.domains import Unpaired
from lib.papers.cycleganas.settings import Settings
from lib.spaces.cycleganas import CycleGanas
from lib.training import cyclegan
from lib.training.cyclegan import CycleSettings, CycleTraining

LAMBDA_CYCLE, LAMBDA_IDENTITY, POOL = 10.0, 5.0, 50  # weights of losses, earlier translations kept (section 4)
DECAY = 200  # epochs of the paper's training, whose learning rate falls once an epoch in the second half


@dataclass(frozen=True)
class Recipe:
    """How a pair is trained from scratch: its genotype (empty: CycleGAN with PatchGANs), widths and discriminators.

    `seed` draws weights and the order of pictures; `chunk` is the number of iterations of a row.
    """

    settings: CycleSettings
    genotype: str
    blocks: int
    preset: str
    widths: tuple[int, int]
    ndf: int
    chunk: int
    seed: int

    @classmethod
    def of(cls, settings: Settings, pictures: int, text: str, widths: tuple[int, int], repeat: int) -> "Recipe":
        """That of the study's settings on a set whose larger domain has so many pictures; without a text CycleGAN."""
        steps = settings.steps("train", pictures)
        training = cycle_settings(settings, steps, math.ceil(steps / DECAY) if settings.train_steps else pictures)
        seed = device.keyed_seed(settings.seed, "train", repeat) % 2**31
        return cls(training, text, settings.blocks, settings.preset, widths, settings.ndf, chunk(settings, steps), seed)

    def begin(self, pictures: Unpaired, **scoring: Any) -> CycleTraining:
        """The training on a set, before its first step; `scoring` as in `CycleTraining`."""
        space, seeded = CycleGanas(self.blocks, self.preset), (self.ndf, self.seed)
        networks: dict[str, nn.Module] = (
            cyclegan.derived(space.decode(space.parse(self.genotype)), self.widths, *seeded)
            if self.genotype
            else cyclegan.baseline(self.widths, self.blocks, *seeded)
        )
        return CycleTraining(networks, self.settings, pictures.train_a, pictures.train_b, self.seed, chunk=self.chunk,
                             **scoring)  # fmt: skip


def cycle_settings(settings: Settings, iterations: int, lr_every: int) -> CycleSettings:
    """How the study's searches and trainings train."""
    return CycleSettings(
        side=settings.side, iterations=iterations, lr=settings.lr, lr_every=lr_every, gan=settings.gan,
        lambda_cycle=LAMBDA_CYCLE, lambda_identity=LAMBDA_IDENTITY, pool=POOL, paired=True,
        precision=settings.precision, device=str(device.pick(settings.device)),
    )  # fmt: skip


def chunk(settings: Settings, iterations: int) -> int:
    """Iterations of a row."""
    return math.ceil(iterations / settings.chunks)
