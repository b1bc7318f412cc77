"""A search told again: do its genomes follow from the population of their moment, as in aging evolution?"""

from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd

from lib.searchers.aging_evolution import AgingEvolution
from lib.searchers.base import drive
from lib.spaces.base import Genome
from lib.spaces.stylenas import StyleNas

POPULATION, SAMPLE = 50, 10  # of the search that the authors' log tells of
SPACE = StyleNas(official=True)


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
