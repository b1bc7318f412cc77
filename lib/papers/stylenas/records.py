"""What a study's records say: searches in the order of asking, and the networks that are compared."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from lib.papers.study import Seeded, Study
from lib.papers.stylenas import experiments, neutral
from lib.papers.stylenas.experiments import SPACE
from lib.spaces.base import Genome
from lib.spaces.stylenas import NAMED

REPLICAS = 1000  # of a control by chance


@dataclass(frozen=True, eq=False)
class Stored(Seeded):
    """A stored search, one row a candidate in the order of asking, and what its record depends on.

    Failed candidates have no score.
    """

    rows: pd.DataFrame
    about: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def scored(self) -> pd.DataFrame:
        """The candidates that have a score."""
        return self.rows.dropna(subset="score").reset_index(drop=True)

    @cached_property
    def genomes(self) -> list[Genome]:
        """Of the scored candidates."""
        return [SPACE.parse(text) for text in self.scored["genome"]]

    @property
    def winner(self) -> pd.Series:
        """The best row, the first of equal ones."""
        return self.scored.iloc[int(self.scored["score"].argmin())]

    def distances(self, genome: str) -> np.ndarray:
        """Hamming distance (31 bits) of each scored candidate to a printed genome."""
        target = SPACE.parse(genome)
        return np.array([SPACE.distance(one, target) for one in self.genomes])

    def first(self, budget: int) -> pd.DataFrame:
        """The scored candidates among the first so many asked."""
        return self.scored[self.scored["k"] < budget]


def by_chance(one: Stored) -> neutral.Neutral:
    """The neutral control of a search: searches like it under scores by chance, with their best as late (5.6)."""
    chosen = {name: one.about[name] for name in ("population", "sample", "window")}
    return neutral.replicas(REPLICAS, len(one.scored), **chosen, best=int(one.scored["score"].argmin()), seed=one.seed)


def stored(study: Study, *parts: str) -> list[Stored]:
    """The stored searches of these parts, by part and seed."""
    return [
        Stored(part, one.seed, study.frame(one.name, failed=True), study.about(one.name))
        for part in parts or experiments.SEARCHED
        for one in study.seeds(part)
    ]


def compared(study: Study) -> dict[str, str]:
    """The compared networks by name with their printed genomes, see `sources`; the fixed ones last (2.5)."""
    found = {name: str(row["genome"]) for name, row in _chosen(study).items()}
    return found | {name: NAMED[genome] for name, genome in experiments.FIXED.items()}


def sources(study: Study) -> dict[str, str]:
    """The kind of search that found each compared network.

    S5, S7 and S9 are the best with so many bits: of evolution, else of the other searches, else evolution's with the
    nearest number. `RS` is the best of random search, `best` that of evolution.
    """
    return {name: str(row["part"]) for name, row in _chosen(study).items()}


def _chosen(study: Study) -> dict[str, pd.Series]:
    scored = [one.scored.assign(part=one.part) for one in alive(study)]
    rows = pd.concat(scored, ignore_index=True) if scored else pd.DataFrame({"part": []})
    evolved, drawn = (rows[rows["part"] == part] for part in ("evolution", "random"))
    found = {"RS": _lowest(drawn)} if len(drawn) else {}
    if len(evolved):
        for k in experiments.KEPT:
            found[f"S{k}"] = _lowest(_with_bits(evolved, rows, k))
        found["best"] = _lowest(evolved)
    return found


def _with_bits(evolved: pd.DataFrame, rows: pd.DataFrame, k: int) -> pd.DataFrame:
    for searched in (evolved, rows):
        if len(exact := searched[searched["genome"].str.count("1") == k]):
            return exact
    apart = (evolved["genome"].str.count("1") - k).abs()
    return evolved[apart == apart.min()]


def _lowest(rows: pd.DataFrame) -> pd.Series:
    return rows.iloc[int(rows["score"].argmin())]


def noise(study: Study) -> pd.DataFrame:
    """Retraining noise: for L, E and P the standard deviation over repeats, pooled over genomes, and the count."""
    frame = study.frame("noise")
    groups = frame.groupby("name")
    return pd.DataFrame({
        "sd": [float(np.sqrt(groups[name].var().mean())) for name in "LEP"],
        "genomes": len(groups), "repeats": int(groups.size().min()),
    }, index=list("LEP"))  # fmt: skip


def best(study: Study) -> pd.Series:
    """The best candidate of evolution over all its searches; ValueError if none has a score."""
    if not (found := alive(study, "evolution")):
        raise ValueError("no candidate of evolution has a score, so there is no best network")
    return min((one.winner for one in found), key=lambda row: row["score"])


def drawn(row: pd.Series, name: str) -> np.ndarray:
    """The draws of a set score in a row of `quality`, over half samples of the pairs, recentred on its value."""
    draws = row.filter(regex=rf"^{name}_\d+$").dropna().to_numpy(float)
    return draws - draws.mean() + row[name] if len(draws) else draws


def measured(study: Study) -> pd.DataFrame:
    """One row a genome that was scored as a candidate, by a search or in the first repeat of the part `noise`."""
    rows = [one.scored for one in stored(study)]
    if study.has("noise"):
        rows.append(study.frame("noise").query("repeat == 0").rename(columns={"text": "genome"}))
    found = pd.concat(rows, ignore_index=True) if rows else pd.DataFrame({"genome": []})
    return found.drop_duplicates("genome", ignore_index=True)


def alive(study: Study, *parts: str) -> list[Stored]:
    """The stored searches of these parts in which a candidate has a score."""
    return [one for one in stored(study, *parts) if len(one.scored)]
