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
from tests.benchmarks.yardstick import matmul_peak

GENOMES, ITERATIONS = 40, 10
SIDE, STEPS = 256, 3
VARIANTS: dict[str, dict[str, Any]] = {
    "channels last": {"channels_last": True},
    "bfloat16": {"precision": "bfloat16"},
    "bfloat16, channels last": {"precision": "bfloat16", "channels_last": True},
}


def work(architecture: Any, side: int, iterations: int) -> float:
    """GFLOP of a training: forward, both gradients, and the last forward pass."""
    return 2e-9 * macs(architecture, candidates.OPTIONS, side, side) * (3 * iterations + 1)


@pytest.fixture
def timed(benchmark) -> Callable[..., Any]:
    """Times a function beside the matrix product's peak on all cores, taken before and after; what it returns."""

    def run(role: str, function: Callable[[], object], *, rounds: int, gflop: float, **info: object) -> object:
        torch.set_num_threads(cores())
        peak = matmul_peak()
        found = benchmark.pedantic(function, rounds=rounds, iterations=1, warmup_rounds=1)
        peak = max(peak, matmul_peak())
        benchmark.extra_info.update(role=role, threads=cores(), gflop=gflop, peak_gflops=peak, **info)
        return found

    return run


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


GROUP = f"NAS-DIP, {GENOMES} candidates x {ITERATIONS} iterations at 64 px"


@pytest.mark.benchmark(group=GROUP)
def test_one_candidate_on_all_cores(timed, population):
    def plain() -> list[float]:
        return [candidates.plain_candidate(ITERATIONS, architecture) for architecture in population["genomes"]]

    losses = timed("reference", plain, rounds=2, gflop=population["gflop"], invalid=population["invalid"])
    assert np.mean(losses) < grey()


@pytest.mark.benchmark(group=GROUP)
def test_one_candidate_a_core(timed, population, pool):
    def ours() -> list[float]:
        return list(pool.map(partial(candidates.our_candidate, ITERATIONS), population["genomes"]))

    losses = timed("fast", ours, rounds=2, gflop=population["gflop"], invalid=population["invalid"])
    assert np.mean(losses) < grey()


CLASSICAL = f"classical Deep Image Prior, {STEPS} iterations at {SIDE} px"
CLASSICAL_WORK = work(candidates.PLANE, SIDE, STEPS)


@pytest.mark.benchmark(group=CLASSICAL)
def test_plain_loop(timed):
    plain = partial(candidates.plain_classical, SIDE, STEPS)
    assert timed("reference", plain, rounds=2, gflop=CLASSICAL_WORK).isfinite().all()


@pytest.mark.benchmark(group=CLASSICAL)
def test_float32(timed):
    ours = partial(candidates.our_classical, SIDE, STEPS)
    assert timed("fast", ours, rounds=2, gflop=CLASSICAL_WORK).isfinite().all()


@pytest.mark.parametrize("options", VARIANTS.values(), ids=VARIANTS)
@pytest.mark.benchmark(group=CLASSICAL)
def test_option(timed, options):
    ours = partial(candidates.our_classical, SIDE, STEPS, **options)
    assert timed("variant", ours, rounds=2, gflop=CLASSICAL_WORK).isfinite().all()
