"""Trained pairs, each made once: record and checkpoint lie below the cache folder, named after all they depend on."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from typing import Any

from filelock import FileLock
from torch import nn

from lib.data.domains import Unpaired
from lib.paths import cache_dir
from lib.search import runs
from lib.search.cache import code_hash
from lib.search.progress import Tell, silent
from lib.search.record import Record
from lib.search.runs import environment, identity_hash
from lib.spaces.cycleganas import CycleGanas
from lib.training import cyclegan, trainer
from lib.training.cyclegan import CycleSettings, CycleTraining

RECORD, CHECKPOINT = "record.jsonl", "checkpoint.pt"


@dataclass(frozen=True)
class Recipe:
    """How a pair is trained from scratch: its genotype (empty: CycleGAN with PatchGANs), widths and discriminators.

    `seed` draws weights and the order of pictures; `chunk` is the number of iterations of a row.
    """

    settings: CycleSettings
    genotype: str
    blocks: int
    preset: str
    widths: tuple[int, int]
    ndf: int
    chunk: int
    seed: int

    def networks(self) -> dict[str, nn.Module]:
        """The four networks, untrained."""
        if not self.genotype:
            return cyclegan.baseline(self.widths, self.blocks, self.ndf, self.seed)
        space = CycleGanas(self.blocks, self.preset)
        return cyclegan.derived(space.decode(space.parse(self.genotype)), self.widths, self.ndf, self.seed)


@dataclass(frozen=True)
class Trained:
    """A training from scratch: its trainer at the end and the rows of its record."""

    training: CycleTraining
    rows: list[dict[str, Any]]


def trained(recipe: Recipe, pictures: Unpaired, *, evaluate: Callable[..., dict[str, float]], evaluate_every: int,
            scored: Any, told: Tell = silent) -> Trained:  # fmt: skip
    """The training of a pair on a set, begun, continued or only loaded; `evaluate(translate)` scores it on the way.

    `scored` says what those scores depend on, as plain values. Raises FloatingPointError if the training diverges,
    `runs.OutOfTime` where the given time is spent.
    """
    made = {name: environment()[name] for name in ("torch", "device", "cpu_capability", "threads")}
    key = identity_hash(asdict(recipe), pictures.sha256, scored, evaluate_every, code_hash(CycleTraining), made)
    folder = cache_dir() / f"cycleganas-pair-{key}"
    folder.mkdir(parents=True, exist_ok=True)
    training = CycleTraining(recipe.networks(), recipe.settings, pictures.train_a, pictures.train_b, recipe.seed,
                             chunk=recipe.chunk, evaluate=evaluate, evaluate_every=evaluate_every)  # fmt: skip
    with ExitStack() as held:
        held.enter_context(FileLock(folder / "training.lock"))
        log = held.enter_context(Record.open(folder / RECORD, {"recipe": asdict(recipe)}))
        done = trainer.run_training(training, training.steps, log, folder / CHECKPOINT, seed=recipe.seed,
                                    time_left=runs.time_left,
                                    told=lambda: told(training.iteration, recipe.settings.iterations))  # fmt: skip
        if not done:
            raise runs.OutOfTime(
                f"the time given is spent after {len(log.rows)} of {training.steps} steps of a training"
            )
        return Trained(training, sorted(log.rows, key=lambda row: row["k"]))
