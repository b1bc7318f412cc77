"""The device, its threads and determinism, set in one place. Torch is imported only when a function is called."""

import hashlib
import os
import platform
import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


def cores() -> int:
    """CPU cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def pick(name: str = "auto") -> Any:
    """The torch device: `auto` is CUDA where present, else the CPU; any other name is passed to torch.

    Raises ValueError if the name is no device or CUDA is asked for and absent.
    """
    import torch

    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise ValueError(f"device is {name!r}; allowed are 'auto', 'cpu', 'cuda' and 'cuda:N'") from error
    if device.type == "cuda" and not torch.cuda.is_available():
        raise ValueError(f"device is {name!r}, but torch sees no CUDA device; use 'auto' or 'cpu'")
    return device


def set_threads(threads: int) -> int:
    """Use this many CPU threads (0 = one a core) and return the number; more than the cores are refused."""
    import torch

    if not 0 <= threads <= cores():
        raise ValueError(f"threads is {threads}; allowed are 0 (all) to {cores()} on this machine")
    torch.set_num_threads(threads or cores())
    return torch.get_num_threads()


def limit_threads(threads: int) -> None:
    """Let numeric libraries use this many CPU threads, whether they are loaded already or not."""
    os.environ.update(dict.fromkeys(THREAD_VARIABLES, str(threads)))
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(threads)


@contextmanager
def few_threads(threads: int) -> Iterator[None]:
    """`limit_threads` for a block, then as before: another number of threads would change the order of sums."""
    before = {name: os.environ.get(name) for name in THREAD_VARIABLES}
    torch_before = sys.modules["torch"].get_num_threads() if "torch" in sys.modules else 0
    limit_threads(threads)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
        if torch_before:
            sys.modules["torch"].set_num_threads(torch_before)


def seed_everything(seed: int) -> None:
    """Seed Python, NumPy and torch, and ask torch for deterministic kernels.

    Bit-equal results are promised on one CPU type with one thread count. On CUDA the backward pass of
    reflection padding has no deterministic kernel, so torch only warns there.
    """
    import numpy as np
    import torch

    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # read when CUDA starts
    random.seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002  libraries still draw from the global generator
    torch.manual_seed(seed)
    torch.set_deterministic_debug_mode("warn")  # use_deterministic_algorithms would import the compiler, 4 s of CPU
    torch.backends.cudnn.benchmark = False
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]  # costs time only


def keyed_seed(*parts: Any) -> int:
    """A seed for torch: 63 bits of the SHA-256 of the parts, so that each purpose draws from a stream of its own."""
    return int.from_bytes(hashlib.sha256(repr(parts).encode()).digest()[:8], "big") >> 1


def describe() -> dict[str, Any]:
    """Device, capability and thread count, as stored in manifests and in every record's header."""
    import torch

    cuda = torch.cuda.is_available()
    return {
        "device": torch.cuda.get_device_name() if cuda else platform.machine(),
        "cpu_capability": torch.backends.cpu.get_cpu_capability(),
        "threads": torch.get_num_threads(),
        "cores": cores(),
    }
