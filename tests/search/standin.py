"""Stand-ins for the tests of the engine: a small space with every kind of trouble, and evaluations without torch."""

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
    """`seconds` a candidate at most; `log`: a file that gets a byte an evaluation; `trouble` by first gene."""

    seconds: float = 0.0
    log: str = ""
    noise: float = 0.0
    trouble: str = ""


def evaluate(settings: Settings, genome: Genome, seed: int) -> Outcome:
    """The distance to 1-2-3 with noise of the seed; genomes that begin with 2 get the trouble of the settings."""
    if settings.log:
        with Path(settings.log).open("a") as file:
            file.write(f"{os.getpid()} {'-'.join(map(str, genome))} {seed}\n")
    if settings.trouble and genome[0] == 2:
        return TROUBLES[settings.trouble]()
    time.sleep(settings.seconds * ((genome[0] + genome[1]) % 4) / 3)
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
        held.append(np.ones(2**21))
        time.sleep(0.005)


def _die() -> Outcome:
    os.kill(os.getpid(), signal.SIGKILL)
    return Outcome(0.0)


TROUBLES = {
    "raise": _raise,
    "hang": _hang,
    "grow": _grow,
    "die": _die,
    "nan": lambda: Outcome(math.nan),
    "wrong": lambda: 3.0,
}
