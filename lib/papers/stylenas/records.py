"""What a study's records say: searches in the order of asking, and the networks that are compared."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from lib.papers.study import Seeded, Study
from lib.papers.stylenas import experiments, neutral
from lib.papers.stylenas.experiments import SPACE
from lib.spaces.stylenas import NAMED

REPLICAS = 1000  # of a control by chance


@dataclass(frozen=True, eq=False)
class Stored(Seeded):
    """A stored search, one row a candidate in the order of asking, and what its record depends on."""

    rows: pd.DataFrame
    about: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def scored(self) -> pd.DataFrame:
        """The candidates that have a score, failed ones left out; `image` is L without the share of operators."""
        rows = self.rows.dropna(subset="score").reset_index(drop=True)
        if rows.empty:
            return rows
        error, perceived, _ = self.about["settings"]["weights"]
        return rows.assign(image=error * rows["E"] + perceived * rows["P"])

    @property
    def winner(self) -> pd.Series:
        """The best row, the first of equal ones."""
        return self.scored.iloc[int(self.scored["score"].argmin())]

    def distances(self, genome: str) -> np.ndarray:
        """Hamming distance (31 bits) of each scored candidate to a printed genome."""
        target = SPACE.parse(genome)
        return np.array([SPACE.distance(SPACE.parse(text), target) for text in self.scored["genome"]])

    def first(self, budget: int) -> pd.DataFrame:
        """The scored candidates among the first so many asked."""
        return self.scored[self.scored["k"] < budget]

    def by_chance(self) -> neutral.Neutral:
        """The neutral control: searches like this one under scores by chance, with their best as late (5.6)."""
        chosen = {name: self.about[name] for name in ("population", "sample", "window")}
        best = int(self.scored["score"].argmin())
        return neutral.replicas(REPLICAS, len(self.scored), **chosen, best=best, seed=self.seed)


def stored(study: Study, *parts: str) -> list[Stored]:
    """The stored searches of these parts (default: of all), by part and seed."""
    return [
        Stored(part, one.seed, study.frame(one.name, failed=True), study.about(one.name))
        for part in parts or experiments.SEARCHED
        for one in study.seeds(part)
    ]


def alive(study: Study, *parts: str) -> list[Stored]:
    """The stored searches of these parts in which a candidate has a score."""
    return [one for one in stored(study, *parts) if len(one.scored)]


def compared(study: Study) -> pd.DataFrame:
    """The compared networks by name: the row of each, with the kind of search that found it as `part`.

    S5, S7 and S9 are the best with so many bits: of evolution, else of the other searches, else evolution's with the
    nearest number. `RS` is the best of random search, `best` that of evolution. The fixed ones, last, are of no search
    and have their printed genome alone (2.5).
    """
    scored = [one.scored.assign(part=one.part) for one in alive(study)]
    rows = pd.concat([pd.DataFrame({"part": [], "score": []}), *scored]).sort_values("score", kind="stable")
    evolved, drawn = (rows[rows["part"] == part] for part in ("evolution", "random"))
    found = {"RS": drawn.iloc[0]} if len(drawn) else {}
    if len(evolved):
        found |= {f"S{k}": _with_bits(rows, k) for k in experiments.KEPT} | {"best": evolved.iloc[0]}
    found |= {name: pd.Series({"part": "", "genome": NAMED[one]}) for name, one in experiments.FIXED.items()}
    return pd.DataFrame(found).T.rename_axis("name")


def genomes(study: Study) -> dict[str, str]:
    """The printed genomes of the compared networks by name."""
    return {str(name): str(text) for name, text in compared(study)["genome"].items()}


def substitutes(study: Study) -> pd.DataFrame:
    """Which of S5, S7 and S9 are not what the paper's are, evolution's with so many `bits`."""
    found = compared(study).filter(regex=r"^S\d$", axis="index")
    found = found.assign(bits=found["genome"].str.count("1"))
    return found[(found["part"] != "evolution") | (found["bits"] != found.index.str[1:].astype(int))]


def _with_bits(rows: pd.DataFrame, k: int) -> pd.Series:
    apart = (rows["genome"].str.count("1") - k).abs()
    keys = rows.assign(inexact=apart > 0, other=rows["part"] != "evolution", apart=apart)
    return keys.sort_values(["inexact", "other", "apart", "score"], kind="stable").iloc[0]


def noise(study: Study) -> pd.DataFrame:
    """Retraining noise of L, E and P: its standard deviation `sd` pooled over genomes, `free` degrees of freedom."""
    frame = study.frame("noise")
    groups = frame.groupby("name")[["L", "E", "P"]]
    return pd.DataFrame({"sd": np.sqrt(groups.var().mean()), "free": len(frame) - groups.ngroups})


def drawn(row: pd.Series, name: str) -> np.ndarray:
    """The draws of a score in a row of `quality`, over half samples of the pairs, recentred on its value."""
    draws = row.filter(regex=rf"^{name}_\d+$").dropna().to_numpy(float)
    return draws - draws.mean() + row[name] if len(draws) else draws


def measured(study: Study) -> pd.DataFrame:
    """One row a genome that was scored as a candidate, by a search or in the first repeat of the part `noise`."""
    rows = [one.scored for one in stored(study)]
    if study.has("noise"):
        rows.append(study.frame("noise").query("repeat == 0").rename(columns={"text": "genome"}))
    found = pd.concat(rows, ignore_index=True) if rows else pd.DataFrame({"genome": []})
    return found.drop_duplicates("genome", ignore_index=True)


def machine(study: Study) -> str:
    """Where table 2 was timed."""
    about = study.about("timing")
    return f"{about['evaluation']['device']}, threads: {about['threads']}"
