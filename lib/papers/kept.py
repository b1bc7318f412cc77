"""What is made once and kept: files and trainings below the cache folder, named after all that they depend on."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import torch
from filelock import FileLock
from safetensors import safe_open
from torch import Tensor

from lib.papers import one_cell
from lib.papers.one_cell import Facts
from lib.paths import cache_dir
from lib.search import runs
from lib.search.cache import code_hash
from lib.search.record import Record
from lib.training import trainer
from lib.training.trainer import Trainer

RECORD, CHECKPOINT = "record.jsonl", "checkpoint.pt"
T = TypeVar("T", bound=Trainer)


def digest(*parts: Any, code: Callable[..., Any]) -> str:
    """A name that follows from the parts, the code of a function or class, and this machine."""
    here = runs.environment()
    made = {name: here[name] for name in ("torch", "device", "cpu_capability", "threads")}
    return runs.identity_hash(*parts, code_hash(code), made)


def folder(kind: str, *parts: Any, code: Callable[..., Any]) -> Path:
    """The folder of that name."""
    path = cache_dir() / f"{kind}-{digest(*parts, code=code)}"
    path.mkdir(parents=True, exist_ok=True)
    return path


def once(path: Path, make: Callable[[], tuple[Mapping[str, Tensor], Facts]]) -> tuple[dict[str, Tensor], Facts]:
    """The tensors and facts of a file, made now unless it is there; one process at a time does so."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{path}.lock"):
        if not path.is_file():
            with torch.inference_mode(False), torch.enable_grad():  # whoever asks may be inferring
                one_cell.save(path, *make())
        with safe_open(path, "pt") as stored:
            tensors = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118 (no mapping)
            return tensors, stored.metadata() or {}


@dataclass(frozen=True)
class Trained(Generic[T]):
    """A training from scratch: its trainer at the asked step, and the rows of its record."""

    training: T
    rows: list[dict[str, Any]]


def trained(place: Path, training: T, steps: int, recipe: Any, told: Callable[[], Any] = lambda: None) -> Trained[T]:
    """A training after so many rows of its record, begun, continued or only loaded; `recipe` has its `seed`.

    `told` is called once it is loaded and after each row.

    Raises FloatingPointError if it diverges, `runs.OutOfTime` where the given time is spent.
    """
    with (
        FileLock(place / "training.lock"),
        Record.open(place / RECORD, {"recipe": asdict(recipe)}) as log,
    ):
        done = trainer.run_training(training, steps, log, place / CHECKPOINT, seed=recipe.seed,
                                    time_left=runs.time_left, told=told)  # fmt: skip
        if not done:
            raise runs.OutOfTime(f"the time given is spent after {len(log.rows)} of {steps} steps of a training")
        return Trained(training, sorted(log.rows, key=lambda row: row["k"]))
