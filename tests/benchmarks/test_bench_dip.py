"""Speed of Deep Image Prior: candidates an hour on two cores, and the classical network at 256 px.

The plain loop gives every core to one candidate at a time; ours trains one candidate a process, one thread each, the
largest first. Both train the same valid genomes. The few iterations leave the ratio as it is: networks are built in
milliseconds, and the processes are running before the clock starts.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from typing import Any

import numpy as np
import pytest
import torch

from lib.device import cores
from lib.models.dip import macs
from tests.benchmarks import candidates

GENOMES, ITERATIONS = 40, 10
GROUP = f"NAS-DIP, {GENOMES} candidates x {ITERATIONS} iterations at 64 px"
SIDE, STEPS = 256, 3
VARIANTS: dict[str, dict[str, Any]] = {
    "channels last": {"channels_last": True},
    "bfloat16": {"precision": "bfloat16"},
    "bfloat16, channels last": {"precision": "bfloat16", "channels_last": True},
}


def work(architecture: Any, side: int, iterations: int) -> float:
    """GFLOP of a training: forward, both gradients, and the last forward pass."""
    return 2e-9 * macs(architecture, candidates.OPTIONS, side, side) * (3 * iterations + 1)


@pytest.fixture(scope="module")
def population() -> dict[str, Any]:
    """The genomes, the largest first, their work, and how many draws were invalid (those cost nothing)."""
    found, draws = candidates.genomes(GENOMES)
    size = partial(macs, options=candidates.OPTIONS, height=64, width=64)
    found.sort(key=size, reverse=True)
    return {"genomes": found, "gflop": sum(work(a, 64, ITERATIONS) for a in found), "invalid": draws - GENOMES}


def grey() -> float:
    """The loss of a grey picture, which a network that learns nothing would not pass."""
    return candidates.loss(64)(torch.full((1, 3, 64, 64), 0.5)).item()


@pytest.fixture
def pool() -> Iterator[ProcessPoolExecutor]:
    """One process a core, one thread each."""
    with ProcessPoolExecutor(cores(), get_context("spawn"), torch.set_num_threads, (1,)) as processes:
        yield processes


def mean_loss(timed, population, role: str, train: Callable[[list[Any]], list[float]]) -> float:
    """Of the whole population, whose training is timed."""
    losses = timed(role, lambda: train(population["genomes"]), rounds=2, warmup=1, threads=cores(), group=GROUP,
                   gflop=population["gflop"], invalid=population["invalid"])  # fmt: skip
    return float(np.mean(losses))


def test_one_candidate_on_all_cores(timed, population):
    plain = partial(candidates.plain_candidate, ITERATIONS)
    assert mean_loss(timed, population, "reference", lambda genomes: list(map(plain, genomes))) < grey()


def test_one_candidate_a_core(timed, population, pool):
    ours = partial(candidates.our_candidate, ITERATIONS)
    assert mean_loss(timed, population, "fast", lambda genomes: list(pool.map(ours, genomes))) < grey()


@pytest.fixture
def classical(timed) -> Callable[..., torch.Tensor]:
    """Times a training of the classical network; its output."""
    return partial(timed, rounds=2, warmup=1, threads=cores(), gflop=work(candidates.PLANE, SIDE, STEPS),
                   group=f"classical Deep Image Prior, {STEPS} iterations at {SIDE} px")  # fmt: skip


def test_plain_loop(classical):
    assert classical("reference", partial(candidates.plain_classical, SIDE, STEPS)).isfinite().all()


def test_float32(classical):
    assert classical("fast", partial(candidates.our_classical, SIDE, STEPS)).isfinite().all()


@pytest.mark.parametrize("options", VARIANTS.values(), ids=VARIANTS)
def test_option(classical, options):
    assert classical("variant", partial(candidates.our_classical, SIDE, STEPS, **options)).isfinite().all()
