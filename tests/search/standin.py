"""What the tests of the engine search: a small space, a searcher, and an evaluation with every kind of trouble.

Workers import this file, so it imports little.
"""

import math
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lib.search.workers import Outcome
from lib.searchers.base import Searcher
from lib.spaces.base import Gene, Genome, Space, keyed


class Grid(Space):
    """Four genes of four values; a genome that begins 3-3 is invalid, and the last gene is dead."""

    def __init__(self) -> None:
        super().__init__("grid-4x4", [Gene(f"g{i}", tuple(range(4)), unit=i) for i in range(4)])

    def invalid(self, genome: Genome) -> str | None:
        return "begins 3-3" if genome[:2] == (3, 3) else None

    def canonical(self, genome: Genome) -> Genome:
        return (*genome[:3], 0)


class Climber(Searcher):
    """Mutates one of the better genomes told so far, so that any change in the tells changes what follows."""

    name = "climber"

    def __init__(self, space: Space, seed: int = 0, starts: int = 6) -> None:
        super().__init__(space, seed)
        self.starts, self.told = starts, []

    def settings(self) -> dict[str, Any]:
        return {"searcher": self.name, "starts": self.starts}

    def _propose(self, k: int) -> tuple[Genome, dict[str, Any]] | None:
        rng = keyed(self.seed, k)
        if len(self.told) < self.starts:
            return self.space.sample(rng), {"parent": None}
        best = sorted(self.told)[: self.starts]
        _, parent, genome = best[rng.integers(len(best))]
        return self.space.mutate(genome, rng, count=1), {"parent": parent}

    def _learn(self, proposal: Any, score: float) -> None:
        self.told.append((score, proposal.k, proposal.genome))


@dataclass(frozen=True)
class Settings:
    """`seconds`: of the longest candidate, the shortest takes a quarter; `noise`: deviation over seeds; `log`: a file
    that gets a line an evaluation; `trouble`: what befalls genomes that begin with 2, names of TROUBLES in turn."""

    seconds: float = 0.0
    noise: float = 0.0
    log: str = ""
    trouble: str = ""


def evaluate(settings: Settings, genome: Genome, seed: int) -> Outcome:
    """The distance to 1-2-3, after a time that depends on the genome."""
    if settings.log:
        with Path(settings.log).open("a") as file:
            file.write(f"{os.getpid()} {'-'.join(map(str, genome[:3]))} {seed}\n")
    if settings.trouble and genome[0] == 2:
        names = settings.trouble.split()
        return TROUBLES[names[sum(genome[1:3]) % len(names)]]()
    time.sleep(settings.seconds * (1 + sum(genome[:3]) % 4) / 4)
    distance = sum(abs(gene - goal) for gene, goal in zip(genome[:3], (1, 2, 3), strict=True))
    noise = settings.noise * np.random.default_rng([seed, *genome[:3]]).standard_normal()
    return Outcome(distance + 0.01 * genome[2] + float(noise), {"distance": distance})


def _raise() -> Outcome:
    raise RuntimeError("no such thing")


def _hang() -> Outcome:
    time.sleep(600)
    return Outcome(0.0)


def _grow() -> Outcome:
    held = []
    while True:
        held.append(np.ones(2**23))
        time.sleep(0.01)


def _die() -> Outcome:
    os.kill(os.getpid(), signal.SIGKILL)
    return Outcome(0.0)


def _wrong() -> Any:
    return 3.0


TROUBLES = {
    "raise": _raise,
    "hang": _hang,
    "grow": _grow,
    "die": _die,
    "nan": lambda: Outcome(math.nan),
    "wrong": _wrong,
}
REASONS = {
    "raise": "failed: exception: RuntimeError: no such thing",
    "hang": "failed: time limit: more than 1 s",
    "grow": "failed: memory limit: more than 0.4 GB",
    "die": "failed: lost worker: it ended with status -9",
    "nan": "failed: not finite: score is nan",
    "wrong": "failed: exception: TypeError: evaluate returned a float, not an Outcome",
}
