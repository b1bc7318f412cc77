"""The policy of a reinforcement-learning search: an LSTM that names one choice after the other (AutoGAN, section 3.2).

Float64 on one thread, sampled with NumPy draws: rounding, which differs by processor, hardly ever moves a genome.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import linear, log_softmax
from torch.nn.utils import skip_init

from lib.device import few_threads
from lib.spaces.base import Genome, Space, keyed

State = tuple[Tensor, Tensor]  # hidden and cell state, (n, hidden) each


class Episodes(NamedTuple):
    """What the policy says of n genomes, gene by gene: natural logarithms and nats, (n, genes) each."""

    genomes: list[Genome]
    log_probability: Tensor
    entropy: Tensor
    state: State  # after the last gene: where the controller of a next stage can start


class Controller(nn.Module):
    """LSTM cell with one embedding row and one output row per choice of every gene; learns by REINFORCE.

    The first input is zero, each further one the embedding of the choice before. An episode starts from a zero state
    or from `start`, which is not trained through.
    """

    def __init__(
        self, space: Space, seed: int, *, hidden: int = 100, lr: float = 3.5e-4, beta: float = 1e-4, decay: float = 0.9
    ) -> None:
        """Draw the weights from `seed` as PyTorch would draw them, leaving its global generator alone.

        `lr` is the step of Adam, `beta` the weight of the entropy, `decay` that of the moving baseline.
        """
        super().__init__()
        self.counts = [len(gene.choices) for gene in space.genes]
        self.hidden, self.beta, self.decay = hidden, beta, decay
        self.embedding = skip_init(nn.Embedding, sum(self.counts), hidden, dtype=torch.float64)
        self.cell = skip_init(nn.LSTMCell, hidden, hidden, dtype=torch.float64)
        self.heads = skip_init(nn.Linear, hidden, sum(self.counts), dtype=torch.float64)
        rng, bound = keyed(seed), hidden**-0.5
        self.embedding.weight.data = torch.from_numpy(rng.standard_normal(self.embedding.weight.shape))
        for weights in (*self.cell.parameters(), *self.heads.parameters()):
            weights.data = torch.from_numpy(rng.uniform(-bound, bound, weights.shape))
        self.optimiser = torch.optim.Adam(self.parameters(), lr=lr, betas=(0.0, 0.9))
        self.baseline: float | None = None  # moving mean of the rewards; set None to start it afresh

    @few_threads(1)
    @torch.no_grad()
    def sample(self, rng: np.random.Generator, n: int, start: State | None = None) -> Episodes:
        """n genomes drawn from the policy, each choice by the inverse of its distribution function."""
        draws = torch.from_numpy(rng.random((n, len(self.counts))))
        return self._episodes(lambda gene, log_p: (log_p.exp().cumsum(1)[:, :-1] <= draws[:, [gene]]).sum(1), n, start)

    @few_threads(1)
    @torch.no_grad()
    def greedy(self, start: State | None = None) -> Episodes:
        """The one genome that takes the likeliest choice at every gene."""
        return self._episodes(lambda gene, log_p: log_p.argmax(1), 1, start)

    def recall(self, genomes: Sequence[Genome], start: State | None = None) -> Episodes:
        """What the present policy says of given genomes, with gradient."""
        chosen = torch.tensor(genomes)
        return self._episodes(lambda gene, log_p: chosen[:, gene], len(genomes), start)

    @few_threads(1)
    def update(
        self, genomes: Sequence[Genome], rewards: Sequence[float], start: State | None = None
    ) -> dict[str, float]:
        """One step of Adam up the gradient of E[reward + beta * entropy], higher rewards being better.

        Loss = -mean(sum log p * (reward - baseline)) - beta * mean(sum entropy); the baseline starts at the first
        mean reward and moves after the step. Returns loss, reward, the new baseline and entropy (nats a genome).
        """
        gained = torch.tensor(rewards, dtype=torch.float64)
        reward = gained.mean().item()
        before = reward if self.baseline is None else self.baseline
        episodes = self.recall(genomes, start)
        entropy = episodes.entropy.sum(1).mean()
        loss = -(episodes.log_probability.sum(1) * (gained - before)).mean() - self.beta * entropy
        self.optimiser.zero_grad()
        loss.backward()
        self.optimiser.step()
        self.baseline = self.decay * before + (1 - self.decay) * reward
        return {"loss": loss.item(), "reward": reward, "baseline": self.baseline, "entropy": entropy.item()}

    def get_extra_state(self) -> dict[str, Any]:
        """What `state_dict` holds besides the weights: a whole controller is saved and loaded like any module."""
        return {"optimiser": self.optimiser.state_dict(), "baseline": self.baseline}

    def set_extra_state(self, state: dict[str, Any]) -> None:
        """Take over what `get_extra_state` returned."""
        self.optimiser.load_state_dict(state["optimiser"])
        self.baseline = state["baseline"]

    def _episodes(self, choose: Callable[[int, Tensor], Tensor], n: int, start: State | None) -> Episodes:
        """Run the cell over all genes; `choose` maps gene and log probabilities (n, choices) to choices (n,)."""
        zeros = torch.zeros(n, self.hidden, dtype=torch.float64)
        token, state = zeros, (zeros, zeros) if start is None else (start[0].detach(), start[1].detach())
        chosen, logs, entropies, first = [], [], [], 0
        for gene, count in enumerate(self.counts):
            state = self.cell(token, state)
            rows = slice(first, first + count)
            log_p = log_softmax(linear(state[0], self.heads.weight[rows], self.heads.bias[rows]), 1)
            chosen.append(choose(gene, log_p))
            logs.append(log_p.gather(1, chosen[-1][:, None])[:, 0])
            entropies.append(-(log_p.exp() * log_p).sum(1))
            token = self.embedding(first + chosen[-1])
            first += count
        genomes = list(map(tuple, torch.stack(chosen, 1).tolist()))
        return Episodes(genomes, torch.stack(logs, 1), torch.stack(entropies, 1), state)
