"""The GAN whose weights all children of AutoGAN's search share (arXiv 1908.03835, section 3.2)."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from lib.device import keyed_seed
from lib.models.autogan import SharedGenerator, initialise
from lib.models.sngan_discriminator import Discriminator
from lib.spaces.base import Genome
from lib.training.gan import POINTS, Batches, Gan, GanSettings, noise, pictures_of
from lib.training.reset import Collapse

BATCH = 250  # pictures made at once to be scored


@dataclass
class Phase:
    """What happened in one phase 1: losses of the steps, variances of full windows, whether a collapse showed."""

    d_losses: list[Tensor] = field(default_factory=list)
    g_losses: list[Tensor] = field(default_factory=list)
    variances: list[tuple[float, float]] = field(default_factory=list)
    last: tuple[float, float] = (math.nan, math.nan)  # of the windows as they were at the end
    collapsed: bool = False
    reset: bool = False
    reason: str = ""  # of weights drawn anew because a loss was not finite

    def metrics(self) -> dict[str, float]:
        """Mean losses (since the weights were drawn anew, if they were) and the last variances."""
        losses = {"d_loss": _mean(self.d_losses), "g_loss": _mean(self.g_losses)}
        return losses | dict(zip(("variance_d", "variance_g"), self.last, strict=True))

    def curve(self) -> list[float]:
        """The variances of D's window, thinned to `POINTS` at most."""
        return [d for d, _ in self.variances[:: -(-len(self.variances) // POINTS) or 1]]


class SharedGan:
    """Trains the shared weights with a genome a D-step, draws them anew, and makes pictures with them.

    `steps` counts D-steps, then G-steps. All that is drawn follows from `seed` and the numbers in `state`.
    """

    def __init__(self, settings: GanSettings, pictures: Callable[[int], Tensor], collapse: Collapse, seed: int, *,
                 reset: bool, nan: str) -> None:  # fmt: skip
        """`pictures` gives those of a side, uint8 on the device; `reset` leaves a phase where a collapse shows.

        `nan` is what follows on a loss that is not finite: "stop" (FloatingPointError) or "reset".
        """
        self.settings, self.collapse, self.seed = settings, collapse, seed
        self._pictures, self._reset, self._nan = pictures, reset, nan
        self.restarts, self.steps = 0, [0, 0]
        self.restart()

    def restart(self) -> None:
        """Draw G and D anew and forget the moments of both Adams; all cells of all stages."""
        s = self.settings
        parts = SharedGenerator(s.width, s.bottom, s.latent, s.skip_out), Discriminator(s.d_width)
        for name, part in zip("gd", parts, strict=True):
            initialise(part, keyed_seed(self.seed, "weights", name, self.restarts))
        self.gan = Gan(*parts, s)
        self.restarts += 1

    def show(self, stage: int) -> None:
        """Go on with the pictures, cells and blocks of a stage, 0 to 2."""
        self.cells, self.side = stage + 1, self.settings.bottom << stage + 1
        seed = keyed_seed(self.seed, "batches", stage)
        self._batches = Batches(self._pictures(self.side), self.settings.d_batch, seed)

    def train(self, genomes: Sequence[Genome], key: int) -> Phase:
        """Phase 1: a D-step a genome, with a G-step after the first and every n_critic-th from there.

        Losses are tested after every G-step and at the end, which saves the device the waiting after the other steps.
        Ends early where a collapse shows and resets are on; the windows are then empty and `restart` is up to the
        caller. Weights that are not finite are drawn anew at once, so that what comes next has some that are.
        """
        phase, rng = Phase(), torch.Generator().manual_seed(keyed_seed(self.seed, "training", key))
        for step, genome in enumerate(genomes):
            critic = step % self.settings.n_critic == 0
            self._step(phase, genome, rng, critic)
            if critic or step + 1 == len(genomes):
                self._test(phase)
            if phase.reset:
                break
        weights = (*self.gan.generator.parameters(), *self.gan.discriminator.parameters())
        if not all(one.isfinite().all() for one in weights):
            self._break(phase)
        return phase

    def images(self, genome: Genome, n: int, seed: int) -> Iterator[Tensor]:
        """n pictures (at most 250, 3, S, S) in [0, 1] of a child, in evaluation mode; z follows from `seed` and n."""
        z = noise(n, self.settings.latent, torch.Generator().manual_seed(seed))
        return pictures_of(self.gan.generator, z, genome, batch=BATCH)

    def state(self) -> dict[str, Any]:
        """Everything that `load` needs to go on as if never stopped; the stage is the caller's."""
        return {"gan": self.gan.state(), "batches": self._batches.state(), "collapse": self.collapse.state(),
                "restarts": self.restarts, "steps": list(self.steps)}  # fmt: skip

    def load(self, state: dict[str, Any]) -> None:
        """Take over what `state` returned, once the stage is shown."""
        for name, part in (("gan", self.gan), ("batches", self._batches), ("collapse", self.collapse)):
            part.load(state[name])
        self.restarts, self.steps = state["restarts"], list(state["steps"])

    def _step(self, phase: Phase, genome: Genome, rng: torch.Generator, critic: bool) -> None:
        real = next(self._batches)
        phase.d_losses.append(self.gan.d_step(real, self._z(len(real), rng), genome, cells=self.cells))
        self.collapse.d.push(phase.d_losses[-1])
        if critic:
            z = self._z(self.settings.g_batch, rng)
            phase.g_losses.append(self.gan.g_step(z, genome, cells=self.cells))
            self.collapse.g.push(phase.g_losses[-1])
        self.steps = [self.steps[0] + 1, self.steps[1] + critic]

    def _test(self, phase: Phase) -> None:
        """Look at the windows: the only place where a phase waits for the device."""
        phase.last = self.collapse.variances()
        if any(map(math.isnan, phase.last)):
            self._break(phase)
        elif self.collapse.g.full:
            phase.variances.append(phase.last)
            phase.collapsed |= self.collapse.shows(phase.last)
            phase.reset = phase.collapsed and self._reset
            if phase.reset:
                self.collapse.clear()

    def _break(self, phase: Phase) -> None:
        """Draw the weights anew, or stop."""
        message = f"a loss or weight was not finite at D-step {self.steps[0]} of the search"
        if self._nan == "stop":
            raise FloatingPointError(message)
        phase.reason = f"{message}; G and D were drawn anew"
        phase.d_losses.clear()
        phase.g_losses.clear()
        self.collapse.clear()
        self.restart()

    def _z(self, n: int, rng: torch.Generator) -> Tensor:
        return noise(n, self.settings.latent, rng, self.gan.device)


def _mean(losses: list[Tensor]) -> float:
    return torch.stack(losses).double().mean().item() if losses else math.nan
