"""What the benchmarks of Deep Image Prior train: a picture, its noise, genomes, and one training by each program.

Top-level functions of an importable module, as worker processes need them.
"""

from collections.abc import Callable
from functools import lru_cache, partial

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lib.models.dip import DipNetwork, NetworkOptions
from lib.spaces.nasdip import Architecture, NasDip, Stage
from lib.training.reconstruction import reconstruct
from tests.reference.dip_skip import GenomeNetwork, fit, skip_network

LR, OPTIONS, SCALES = 0.01, NetworkOptions(), 5
STAGES = (Stage(3, 128),) * SCALES
PLANE = Architecture(STAGES, STAGES, tuple(tuple(4 * (i == j) for j in range(SCALES)) for i in range(SCALES)))


@lru_cache
def problem(side: int) -> tuple[Tensor, Tensor, Tensor]:
    """A smooth picture (1, 3, side, side), the same with Gaussian noise of 25/255, and the input noise."""
    generator = torch.Generator().manual_seed(0)
    coarse = torch.rand(1, 3, 8, 8, generator=generator)
    truth = F.interpolate(coarse, size=(side, side), mode="bicubic").clamp(0, 1)
    noisy = (truth + 25 / 255 * torch.randn(truth.shape, generator=generator)).clamp(0, 1)
    return truth, noisy, 0.1 * torch.rand(1, 32, side, side, generator=generator)


def genomes(count: int) -> tuple[list[Architecture], int]:
    """So many valid candidates as the desk profile has them (3 units, widths to 32, filters to 9), and the draws."""
    space, rng, found, draws = NasDip(units=3, max_width=32, max_filter=9, side=64), np.random.default_rng(0), [], 0
    while len(found) < count:
        genome, draws = space.sample(rng), draws + 1
        if space.invalid(genome) is None:
            found.append(space.decode(genome))
    return found, draws


def loss(side: int) -> Callable[[Tensor], Tensor]:
    """The mean squared error to the noisy picture of that side."""
    return partial(F.mse_loss, target=problem(side)[1])


def plain_candidate(iterations: int, architecture: Architecture) -> float:
    """The last loss of one training of a genome by the plain loop."""
    stages = ([(s.filter, s.width) for s in part] for part in (architecture.encoders, architecture.decoders))
    network = GenomeNetwork(*stages, architecture.skips)
    return loss(64)(fit(network, problem(64)[2], loss(64), iterations=iterations, lr=LR)[0]).item()


def our_candidate(iterations: int, architecture: Architecture) -> float:
    """The last loss of one training of a genome by ours."""
    network = DipNetwork(architecture, OPTIONS)
    return reconstruct(network, problem(64)[2], loss(64), iterations=iterations, lr=LR).loss


def plain_classical(side: int, iterations: int) -> Tensor:
    """The output of the classical network, from the global generator, by the plain loop."""
    network = skip_network(32, [128] * SCALES, [4] * SCALES)
    return fit(network, problem(side)[2], loss(side), iterations=iterations, lr=LR)[0]


def our_classical(side: int, iterations: int, network: nn.Module | None = None, **options: object) -> Tensor:
    """The output of the classical network by ours, under options of `reconstruct`."""
    network = network or DipNetwork(PLANE, OPTIONS)
    return reconstruct(network, problem(side)[2], loss(side), iterations=iterations, lr=LR, **options).output
