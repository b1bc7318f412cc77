"""Trained pairs, each made once: record and checkpoint lie below the cache folder, named after all they depend on."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from torch import nn

from lib.data.domains import Unpaired
from lib.papers import kept
from lib.search.progress import Tell, silent
from lib.spaces.cycleganas import CycleGanas
from lib.training import cyclegan
from lib.training.cyclegan import CycleSettings, CycleTraining

Trained = kept.Trained[CycleTraining]


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

    def networks(self) -> dict[str, nn.Module]:
        """The four networks, untrained."""
        if not self.genotype:
            return cyclegan.baseline(self.widths, self.blocks, self.ndf, self.seed)
        space = CycleGanas(self.blocks, self.preset)
        return cyclegan.derived(space.decode(space.parse(self.genotype)), self.widths, self.ndf, self.seed)


def trained(recipe: Recipe, pictures: Unpaired, *, evaluate: Callable[..., dict[str, float]], evaluate_every: int,
            scored: Any, told: Tell = silent) -> Trained:  # fmt: skip
    """The training of a pair on a set, begun, continued or only loaded; `evaluate(translate)` scores it on the way.

    `scored` says what those scores depend on, as plain values. Raises FloatingPointError if the training diverges,
    `runs.OutOfTime` where the given time is spent.
    """
    place = kept.folder("cycleganas-pair", asdict(recipe), pictures.sha256, scored, evaluate_every, code=CycleTraining)
    training = CycleTraining(recipe.networks(), recipe.settings, pictures.train_a, pictures.train_b, recipe.seed,
                             chunk=recipe.chunk, evaluate=evaluate, evaluate_every=evaluate_every)  # fmt: skip
    total = recipe.settings.iterations
    return kept.trained(place, training, training.steps, recipe, lambda: told(training.iteration, total))
