"""Long trainings in steps: each writes a row of a log and a checkpoint, so that a killed one goes on where it was."""

import math
import pickle
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any, Protocol

import torch

from lib.paths import atomic, shown

TORN = (RuntimeError, EOFError, pickle.UnpicklingError)  # what torch.load raises for half a file, an empty one, another


@dataclass
class Step:
    """What one step of a training tells: a row of its log."""

    metrics: dict[str, float]
    curves: dict[str, list[float]] = field(default_factory=dict)
    config: dict[str, Any] = field(default_factory=dict)
    score: float | None = None
    reason: str = ""


class Trainer(Protocol):
    """A training that can stop after any step; its state is plain containers, tensors, numbers and strings."""

    def step(self) -> Step:
        """Train on for one step."""

    def state(self) -> dict[str, Any]:
        """Everything that the steps to come depend on; may refer to live tensors."""

    def load(self, state: dict[str, Any]) -> None:
        """Take over what `state` returned."""


class Log(Protocol):
    """Where the rows go: `lib.search.record.Record`."""

    rows: list[dict[str, Any]]

    def append(self, row: dict[str, Any]) -> Any:
        """Store one more row."""

    def cut(self, rows: int) -> None:
        """Forget every row but the first so many."""


def run_training(trainer: Trainer, steps: int, log: Log, checkpoint: Path, *, seed: int,
                 time_left: Callable[[], float] = lambda: math.inf,
                 told: Callable[[], Any] = lambda: None) -> bool:  # fmt: skip
    """Train from the checkpoint on until the log has so many rows; False where the seconds left ran out before.

    `trainer` comes untrained. After each row the checkpoint is replaced in one step; a row without one, of a process
    killed between the two, is made again. Where the checkpoint cannot be read or knows more rows than the log, the
    training starts over, with a warning. `told` is called at the beginning, once the checkpoint is loaded, and after
    each step. Errors of the trainer pass through.
    """
    _resume(trainer, log, checkpoint)
    told()
    while (k := len(log.rows)) < steps:
        if time_left() <= 0:
            return False
        begin = perf_counter()
        step = trainer.step()
        log.append(_row(step, k, seed, perf_counter() - begin))
        with atomic(checkpoint) as temporary:
            torch.save({"rows": k + 1, "trainer": trainer.state()}, temporary)
        told()
    return True


def stored_rows(checkpoint: Path) -> int:
    """How many rows a checkpoint knows; 0 where there is none, or it is torn."""
    found = _read(checkpoint)
    return int(found["rows"]) if found else 0


def saved_state(checkpoint: Path) -> dict[str, Any]:
    """The state in a checkpoint, for `load` of a trainer made alike; ValueError where there is none, or it is torn."""
    if (found := _read(checkpoint)) is None:
        raise ValueError(f"{shown(checkpoint)} is no whole checkpoint")
    state: dict[str, Any] = found["trainer"]
    return state


def _resume(trainer: Trainer, log: Log, checkpoint: Path) -> None:
    found = _read(checkpoint)
    if found is not None and found["rows"] <= len(log.rows):
        trainer.load(found["trainer"])
        log.cut(found["rows"])
        return
    if log.rows or checkpoint.exists():
        warnings.warn(f"{shown(checkpoint)} does not fit {len(log.rows)} rows; the training starts over", stacklevel=3)
    checkpoint.unlink(missing_ok=True)
    log.cut(0)


def _read(checkpoint: Path) -> dict[str, Any] | None:
    """The checkpoint on the CPU; None where there is none or it is torn."""
    try:
        found: dict[str, Any] = torch.load(checkpoint, map_location="cpu", weights_only=True)
    except (FileNotFoundError, *TORN):
        return None
    return found


def _row(step: Step, k: int, seed: int, seconds: float) -> dict[str, Any]:
    row = {"k": k, "repeat": 0, "seed": seed, "config": step.config, "metrics": step.metrics, "curves": step.curves,
           "seconds": seconds, "reason": step.reason}  # fmt: skip
    return row if step.score is None else {**row, "score": step.score}
