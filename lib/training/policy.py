"""How the children of one stage of AutoGAN are drawn (arXiv 1908.03835, section 3): a beam and the cell that it gains.

The policy is a controller or, for a random search with shared weights, none: then every cell is as likely.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from lib.device import few_threads
from lib.searchers.controller import Controller, State
from lib.spaces.autogan import Stage
from lib.spaces.base import Genome, Space


@dataclass(frozen=True)
class Beams:
    """The genomes that a stage extends, best first, and the controller's state (K, hidden) x 2 after each, or None."""

    genomes: list[Genome]
    states: State | None = None

    def state(self, parents: list[int]) -> State | None:
        """The states after these genomes, one row each; None where an episode starts from zeros."""
        return _rows(self.states, parents)


ROOT = Beams([()])  # what the first stage extends


@dataclass(frozen=True)
class Draw:
    """n children: genomes with their beam as prefix, what was chosen, which beam, the controller's state after each."""

    genomes: list[Genome]
    choices: list[Genome]
    parents: list[int]
    states: State | None

    def beams(self, rows: list[int]) -> Beams:
        """Some of the children as what a next stage extends."""
        return Beams([self.genomes[row] for row in rows], _rows(self.states, rows))


class Policy:
    """Draws a beam uniformly, with replacement, and lets the controller, or chance, choose the tokens after it."""

    def __init__(self, space: Space, beams: Beams, controller: Controller | None) -> None:
        """`space` holds what is chosen: a `Stage`, or all tokens at once."""
        self.space, self.beams, self.controller = space, beams, controller

    def sample(self, rng: np.random.Generator, n: int) -> Draw:
        """n children in one batched call."""
        parents = rng.integers(len(self.beams.genomes), size=n).tolist()
        if self.controller is None:
            return self._draw(parents, [self.space.sample(rng) for _ in range(n)], None)
        episodes = self.controller.sample(rng, n, self.beams.state(parents))
        return self._draw(parents, episodes.genomes, episodes.state)

    def chance(self, rng: np.random.Generator, n: int) -> list[Genome]:
        """n children of the same beams with tokens drawn uniformly: what a policy is compared with."""
        return Policy(self.space, self.beams, None).sample(rng, n).genomes

    def greedy(self, rng: np.random.Generator) -> Genome:
        """The best beam with the likeliest token after token; chance has no favourite and draws a child."""
        if self.controller is None:
            return self.sample(rng, 1).genomes[0]
        return self._draw([0], self.controller.greedy(self.beams.state([0])).genomes, None).genomes[0]

    def restart(self) -> None:
        """Start the baseline afresh, for other weights give other rewards."""
        if self.controller is not None:
            self.controller.baseline = None

    def learn(self, child: Draw, reward: float) -> dict[str, float]:
        """One update from one child, see `Controller.update`; chance learns nothing."""
        if self.controller is None:
            return {}
        return self.controller.update(child.choices, [reward], self.beams.state(child.parents))

    def state(self) -> dict[str, Any]:
        """Everything that `load` needs besides the space."""
        controller = None if self.controller is None else self.controller.state_dict()
        return {"genomes": self.beams.genomes, "states": self.beams.states, "controller": controller}

    def load(self, state: dict[str, Any]) -> None:
        """Take over what `state` returned, in a policy of the same space."""
        self.beams = Beams([tuple(genome) for genome in state["genomes"]], state["states"])
        if self.controller is not None:
            self.controller.load_state_dict(state["controller"])

    def _draw(self, parents: list[int], choices: list[Genome], states: State | None) -> Draw:
        tokens = [self.space.tokens(chosen) if isinstance(self.space, Stage) else chosen for chosen in choices]
        genomes = [self.beams.genomes[parent] + new for parent, new in zip(parents, tokens, strict=True)]
        return Draw(genomes, choices, parents, states)


def _rows(state: State | None, rows: list[int]) -> State | None:
    return None if state is None else (state[0][rows], state[1][rows])


class OfficialEntropy(Controller):
    """The controller as the authors' code updates it, for an ablation: entropies inside the reward.

    Their gradient stays attached, which pushes the entropy down, and the baseline holds the present reward already.
    """

    @few_threads(1)
    def update(
        self, genomes: Sequence[Genome], rewards: Sequence[float], start: State | None = None
    ) -> dict[str, float]:
        """One step of Adam; arguments and what it returns are those of `Controller.update`, for one genome."""
        episodes = self.recall(genomes, start)
        entropy: Tensor = episodes.entropy.sum(1).mean()
        gained = rewards[0] + self.beta * episodes.entropy.mean()  # a row a token there; Adam undoes the factor
        before = gained if self.baseline is None else torch.tensor(self.baseline)
        baseline = self.decay * before + (1 - self.decay) * gained
        loss = -(episodes.log_probability.sum() * (gained - baseline))
        self.optimiser.zero_grad()
        loss.backward()
        self.optimiser.step()
        self.baseline = baseline.item()
        return {"loss": loss.item(), "reward": rewards[0], "baseline": self.baseline, "entropy": entropy.item()}
