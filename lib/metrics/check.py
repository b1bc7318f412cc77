"""Range checks shared by the metrics: a wrong tensor is refused by name before it becomes a wrong number."""

import torch
from torch import Tensor

ROUNDING = 1e-5  # interpolation of ones may exceed 1 by a few units in the last place


def images(x: Tensor, name: str, *, min_side: int = 1) -> Tensor:
    """Return `x` unchanged if it is a batch of pictures: float32 or float64, (N, 3, H, W), finite, in [0, 1].

    Both sides must be at least `min_side` pixels. Values may leave [0, 1] by rounding (1e-5).
    Raises ValueError naming the argument, what was found and what is allowed.
    """
    _floating(x, name)
    if x.ndim != 4 or x.shape[1] != 3 or min(x.shape) < 1:
        raise ValueError(f"{name} has shape {tuple(x.shape)}; allowed is (N, 3, H, W) with N, H, W of at least 1")
    if min(x.shape[2:]) < min_side:
        raise ValueError(f"{name} is {x.shape[2]}x{x.shape[3]} pixels; both sides must be at least {min_side}")
    _finite(x, name)
    low, high = (float(value) for value in x.detach().aminmax())
    if low < -ROUNDING or high > 1 + ROUNDING:
        raise ValueError(f"{name} ranges over [{low:.6g}, {high:.6g}]; allowed is [0, 1]")
    return x


def pair(a: Tensor, b: Tensor, *, min_side: int = 1) -> tuple[Tensor, Tensor]:
    """Return two batches of pictures of equal shape, dtype and device, each checked by `images`."""
    images(a, "a", min_side=min_side)
    images(b, "b", min_side=min_side)
    for what, first, second in (
        ("shape", tuple(a.shape), tuple(b.shape)), ("dtype", a.dtype, b.dtype), ("device", a.device, b.device),
    ):  # fmt: skip
        if first != second:
            raise ValueError(f"a and b differ in {what}: {first} and {second}; allowed are equal ones")
    return a, b


def rows(x: Tensor, name: str, *, at_least: int = 2) -> Tensor:
    """Return `x` (n, D) in float64 if it is a finite float matrix with at least `at_least` rows."""
    _floating(x, name)
    if x.ndim != 2 or x.shape[0] < at_least or x.shape[1] < 1:
        raise ValueError(f"{name} has shape {tuple(x.shape)}; allowed is (n, D) with n of at least {at_least}")
    return _finite(x, name).to(torch.float64)


def row_pair(x: Tensor, y: Tensor, *, names: tuple[str, str] = ("x", "y")) -> tuple[Tensor, Tensor]:
    """Return two feature matrices (n1, D) and (n2, D) in float64 on one device."""
    x, y = rows(x, names[0]), rows(y, names[1])
    if x.shape[1] != y.shape[1]:
        raise ValueError(f"{names[0]} has {x.shape[1]} columns and {names[1]} {y.shape[1]}; allowed are equal numbers")
    if x.device != y.device:
        raise ValueError(f"{names[0]} is on {x.device} and {names[1]} on {y.device}; allowed is one device")
    return x, y


def _floating(x: Tensor, name: str) -> None:
    if not isinstance(x, Tensor):
        raise ValueError(f"{name} is a {type(x).__name__}; allowed is a torch tensor")
    if x.dtype not in (torch.float32, torch.float64):
        raise ValueError(f"{name} has dtype {x.dtype}; allowed are torch.float32 and torch.float64")


def _finite(x: Tensor, name: str) -> Tensor:
    if not bool(torch.isfinite(x).all()):
        nans, infinities = int(x.isnan().sum()), int(x.isinf().sum())
        raise ValueError(f"{name} holds {nans} NaN and {infinities} infinite of {x.numel()} values; allowed are none")
    return x
