"""How every benchmark is timed."""

from collections.abc import Callable
from typing import Any

import pytest
import torch

from tests.benchmarks.yardstick import matmul_peak


@pytest.fixture
def timed(benchmark) -> Callable[..., Any]:
    """Times a function beside the matrix product's peak, taken before and after; returns what the function returns.

    `threads` are set before (as they are where None), `gflop` is the function's work where it is known.
    """

    def run(
        role: str, function: Callable[[], Any], *, rounds: int, warmup: int = 0, group: str = "",
        threads: int | None = None, gflop: float = 0.0, **info: Any,
    ) -> Any:  # fmt: skip
        benchmark.group = group or benchmark.group
        torch.set_num_threads(threads or torch.get_num_threads())
        peak = matmul_peak()
        found = benchmark.pedantic(function, rounds=rounds, iterations=1, warmup_rounds=warmup)
        benchmark.extra_info.update(role=role, threads=torch.get_num_threads(), **info)
        benchmark.extra_info.update({"gflop": gflop} if gflop else {}, peak_gflops=max(peak, matmul_peak()))
        return found

    return run
