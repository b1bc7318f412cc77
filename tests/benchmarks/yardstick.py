"""What a time is set against: the arithmetic that ran, the fastest matrix product of this machine, and memory."""

import ctypes
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

CLEAR, STATUS = Path("/proc/self/clear_refs"), Path("/proc/self/status")


class _Counter(TorchDispatchMode):
    """Adds up PyTorch's own formulas; its FlopCounterMode hooks modules, which fails under `autograd.grad`."""

    def __init__(self) -> None:
        super().__init__()
        self.flop = 0

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = function(*args, **(kwargs or {}))
        formula = flop_registry.get(function.overloadpacket)
        self.flop += formula(*args, **(kwargs or {}), out_val=result) if formula else 0
        return result


def gflop(function: Callable[..., Any], *arguments: Any) -> float:
    """Billions of float operations in the convolutions and matrix products of one call (a multiply-add counts 2)."""
    with _Counter() as counter:
        function(*arguments)
    return counter.flop / 1e9


def matmul_peak(n: int = 1024, seconds: float = 1.0) -> float:
    """GFLOP/s of the fastest float32 product of two n x n matrices within so many seconds, at torch's thread count."""
    a, b = torch.rand(2, n, n)
    product, best, begin = torch.empty(n, n), float("inf"), perf_counter()
    while perf_counter() - begin < seconds:
        start = perf_counter()
        torch.mm(a, b, out=product)
        best = min(best, perf_counter() - start)
    return 2 * n**3 / best / 1e9


def memory_rise(function: Callable[[], Any]) -> float:
    """Gigabytes by which resident memory rises at most during a call; NaN where the system does not tell (Linux does).

    What the heap keeps of earlier calls is given back first.
    """
    if not CLEAR.exists():
        function()
        return float("nan")
    ctypes.CDLL(None).malloc_trim(0)
    CLEAR.write_text("5")  # the highest so far is that of now
    before = _resident("VmRSS")
    function()
    return (_resident("VmHWM") - before) / 1e9


def _resident(name: str) -> int:
    """Bytes that the kernel gives under a name, of this process."""
    (line,) = (line for line in STATUS.read_text().splitlines() if line.startswith(name))
    return 1024 * int(line.split()[1])
