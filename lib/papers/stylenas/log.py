"""The authors' log of one search: 200 evaluations of aging evolution with P = 50, S = 10 (specification 5.6).

It is of later work in the same space, with 32 bits and another oracle. It is not part of the project, and whatever uses
it does without where it is absent.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from lib.data import registry
from lib.searchers.aging_evolution import AgingEvolution
from lib.searchers.base import drive
from lib.spaces.base import Genome
from lib.spaces.stylenas import StyleNas

KEY = "stylenas-log"
ABSENT = f"the authors' log of a search is not on this machine; `python -m lib fetch data {KEY}` gets it"
POPULATION, SAMPLE = 50, 10  # of the search that it tells of
SPACE = StyleNas(official=True)


def read() -> pd.DataFrame | None:
    """The log in the order of completion: index, genome (32 characters), L, E, P, O and `repeat`; None if absent.

    `repeat` counts the earlier rows with the same genome. O is the share of 32 bits. Raises registry.CorruptData for a
    file that is not the authors'.
    """
    try:
        path = registry.find(KEY)
    except registry.MissingData:
        return None
    columns = ["genome", "L", "E", "P", "O"]
    table = pd.read_csv(path, header=None, names=columns, skipinitialspace=True, dtype={"genome": str})
    table.insert(0, "index", np.arange(len(table)))
    return table.assign(repeat=table.groupby("genome").cumcount())


def noise(log: pd.DataFrame) -> float:
    """The standard deviation of L between trainings of one genome: the root of the mean variance of repeated genomes.

    NaN without repeats. Each genome counts alike; weighted by their degrees of freedom the log gives 0.0023 and not
    the specification's 0.0025.
    """
    return float(np.sqrt(log.groupby("genome")["L"].var().mean()))


class Retold(AgingEvolution):
    """Aging evolution that proposes given genomes; the origin of each names all living members one bit away."""

    def __init__(self, genomes: Sequence[Genome], population: int) -> None:
        super().__init__(SPACE, 0, population=population, sample=SAMPLE)
        self._genomes = genomes

    def _propose(self, k: int) -> tuple[Genome, dict[str, Any]] | None:
        if self.size <= k and self._told < self.size:
            return None
        genome = self._genomes[k]
        near = [member.k for member in self.population if self.space.distance(member.genome, genome) == 1]
        return genome, {"parents": near if k >= self.size else []}


def replay(genomes: Iterable[str], scores: Iterable[float], population: int = POPULATION) -> pd.DataFrame:
    """A search's genomes (32 characters) and scores (inf: failed), as completed, told to our aging evolution.

    One row a genome: `index`; `parents`, which of the population of that moment are one bit away, none for the first
    P; `population`, the indices of its members after the tell, oldest first.
    """
    told = Retold([SPACE.parse(text) for text in genomes], population)
    scored = iter(scores)
    rows = [
        {"index": proposal.k, "parents": tuple(proposal.origin["parents"]),
         "population": tuple(member.k for member in told.population)}
        for proposal, _ in drive(told, lambda genome: next(scored), len(told._genomes))
    ]  # fmt: skip
    return pd.DataFrame(rows)


def explained(replayed: pd.DataFrame, population: int = POPULATION) -> float:
    """The share of the genomes after the first P that one bit flip makes of a member of the population then."""
    return float(replayed["parents"].iloc[population:].map(bool).mean())
