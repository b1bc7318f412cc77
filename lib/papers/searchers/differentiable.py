"""A differentiable toy: which function of each input makes up a sum, searched by gradients through mixed operations.

y is the sum of one function of each of GENES inputs, plus noise. A mixed operation weighs all candidates of an input by
a softmax of its logits. Each candidate has a weight of its own; the last one, a table, has BINS: it comes near any of
the functions and fits the noise as well, so it pays on data that the weights have seen, and not on others. The best
genotype is known, the functions that made y.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from lib.searchers.differentiable import ALPHA, SCHEMES, Move, Scheme, W, derive
from lib.spaces.base import Gene, Genome, Space, keyed

FUNCTIONS: dict[str, Callable[[Tensor], Tensor]] = {  # of an input that is uniform in [-1, 1]: mean 0, variance 1
    "line": lambda x: 3**0.5 * x,
    "bow": lambda x: 5**0.5 / 2 * (3 * x**2 - 1),
    "wave": lambda x: 2**0.5 * torch.sin(2 * torch.pi * x),
    "ripple": lambda x: 2**0.5 * torch.cos(2 * torch.pi * x),
}
GENES, BINS, POINTS, NOISE = 6, 10, 128, 1.0  # POINTS of data, NOISE their standard deviation
ITERATIONS, EVERY = 300, 10  # of a search; iterations between two looks at its logits
RATES = {W: 0.02, ALPHA: 0.02}  # of Adam
SPACE = Space("mixed-sum", [Gene(f"x{i}", (*FUNCTIONS, "table"), i) for i in range(GENES)])
SIZES = torch.tensor([1] * len(FUNCTIONS) + [BINS])  # weights of each candidate
SPREAD = torch.eye(len(SIZES), dtype=torch.float64).repeat_interleave(SIZES, 1)  # from candidates to `columns`


def columns(x: Tensor) -> Tensor:
    """What the weights of an input multiply, (..., C): its functions, then which cell of the table it lies in."""
    cells = F.one_hot(((x + 1) * BINS / 2).long().clamp(max=BINS - 1), BINS) * BINS**0.5
    return torch.cat([torch.stack([function(x) for function in FUNCTIONS.values()], -1), cells.to(x)], -1)


def data(seed: int) -> tuple[Genome, Tensor, Tensor]:
    """The genotype that made the data, drawn among the functions; columns (n, genes, C) and y (n,) of all points."""
    rng = keyed(seed)
    truth = tuple(rng.integers(len(FUNCTIONS), size=GENES).tolist())
    x = columns(torch.from_numpy(rng.uniform(-1, 1, (POINTS, GENES))))
    noise = torch.from_numpy(rng.standard_normal(POINTS))
    return truth, x, x[:, range(GENES), truth].sum(1) + NOISE * noise


class Mixtures:
    """One search a seed, all at once; none knows of the others."""

    def __init__(self, scheme: Scheme, seeds: Sequence[int]) -> None:
        self.truths, inputs, outputs = zip(*map(data, seeds), strict=True)
        x, y = torch.stack(inputs), torch.stack(outputs)
        rows = torch.tensor([[half for (half,) in scheme.sources([POINTS], seed)] for seed in seeds])
        own = torch.arange(len(seeds))[:, None]
        self.sources = [(x[own, some].flatten(2), y[own, some]) for some in rows.unbind(1)]  # (seeds, its points, ...)
        rngs = [keyed(seed, 1) for seed in seeds]
        w, alpha = (
            torch.stack([scale * torch.from_numpy(rng.standard_normal((GENES, size))) for rng in rngs]).requires_grad_()
            for scale, size in ((0.1, SPREAD.shape[1]), (1e-3, len(SIZES)))
        )
        self.w, self.alpha = w, alpha
        parameters = {W: self.w, ALPHA: self.alpha}
        self.adams = {name: torch.optim.Adam([parameters[name]], lr=rate, fused=True) for name, rate in RATES.items()}

    def move(self, one: Move, source: tuple[Tensor, Tensor]) -> None:
        """One update of some groups, each by its gradient of the mean squared error on a source."""
        x, y = source
        weights = self.w * (self.alpha.softmax(-1) @ SPREAD)
        (torch.bmm(x, weights.flatten(1)[..., None])[..., 0] - y).square().mean(1).sum().backward()
        for group in one.groups:
            self.adams[group].step()
        for adam in self.adams.values():
            adam.zero_grad()

    def look(self) -> tuple[list[float], list[Genome]]:
        """Of each search, the mean entropy of its mixtures in nats, and its genotype."""
        entropy = -(self.alpha.softmax(-1) * self.alpha.log_softmax(-1)).sum(-1).mean(-1)
        return entropy.tolist(), [derive(logits) for logits in self.alpha.tolist()]


def search(name: str, seeds: Sequence[int]) -> list[dict[str, Any]]:
    """The rows of the searches with these seeds by one of SCHEMES: what they end with, and their trajectories."""
    scheme = Scheme(name)
    mixtures, updates, looks = Mixtures(scheme, seeds), 0, []
    for place in range(ITERATIONS):
        if place % EVERY == 0:
            looks.append(mixtures.look())
        updates += len(scheme.iterate(place, ITERATIONS, mixtures.sources.__getitem__, mixtures.move))
    entropies, genomes = zip(*looks, mixtures.look(), strict=True)
    each = zip(mixtures.truths, zip(*entropies, strict=True), zip(*genomes, strict=True), strict=True)
    return [_row({"scheme": name}, updates, *one) for one in each]


def _row(config: dict[str, Any], updates: int, best: Genome, entropy: Sequence[float],
         genomes: Sequence[Genome]) -> dict[str, Any]:  # fmt: skip
    """One search's. `curves` has at each look the iteration, the entropy, and in how many genes the genotype differs
    from the one that made the data (`to_best`) and from the last one (`to_final`)."""
    final = genomes[-1]
    curves = {"iteration": [*range(0, ITERATIONS, EVERY), ITERATIONS], "entropy": list(entropy)}
    curves |= {f"to_{where}": [SPACE.distance(genome, end) for genome in genomes]
               for where, end in (("best", best), ("final", final))}  # fmt: skip
    last = {"entropy": entropy[-1], "to_best": curves["to_best"][-1], "tables": final.count(len(FUNCTIONS))}
    return {"config": {**config, "best": SPACE.text(best), "genotype": SPACE.text(final)},
            "metrics": {"iterations": ITERATIONS, "updates": updates, **last}, "curves": curves}  # fmt: skip


def about() -> dict[str, Any]:
    """What the searches depend on beside their seeds."""
    sizes = {"points": POINTS, "noise": NOISE, "bins": BINS, "iterations": ITERATIONS, "every": EVERY}
    return {"space": SPACE.name, "schemes": list(SCHEMES), **sizes, "rates": RATES}
