"""What a study's records say: searches by chunk of iterations, trained pairs, and how their scores are called."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from lib.metrics.distribution import score_name
from lib.papers.cycleganas import experiments
from lib.papers.cycleganas.experiments import TRAININGS
from lib.papers.study import Study
from lib.searchers.differentiable import SCHEMES
from lib.spaces.base import Genome
from lib.spaces.cycleganas import CycleGanas, Genotype
from lib.training import cyclegan

MEASURES = ("kd", "fd")
DIRECTIONS = tuple(cyclegan.DIRECTIONS)
ARROW = " ↓"  # all scores are distances
ALWAYS = [
    "part",
    "data",
    "name",
    "method",
    "target",
    "scheme",
    "search",
    "text",
]  # columns of rows, also where there are none


@dataclass(frozen=True, eq=False)
class Stored(experiments.Search):
    """A stored search: one row a chunk of iterations, and what its header says of it."""

    rows: pd.DataFrame
    about: dict[str, Any]

    @cached_property
    def space(self) -> CycleGanas:
        """The space it searched."""
        return CycleGanas(**self.about["space"])

    def genomes(self) -> list[Genome]:
        """The genome of the largest logits after each chunk."""
        return [self.space.parse(text) for text in self.rows["genotype"]]

    @property
    def genotype(self) -> Genotype:
        """What it derived."""
        return self.space.decode(self.genomes()[-1])


def searches(study: Study, *, data: str = "", scheme: str = "") -> list[Stored]:
    """The stored searches, of one set and scheme where they are named, in the order of sets, schemes and seeds."""
    found = []
    for path in study.records.glob("search-*.jsonl.gz"):
        part = path.name.removesuffix(".jsonl.gz")
        if study.has(part) and len(rows := study.frame(part)):
            about = study.about(part)
            found.append(Stored(**about["search"], rows=rows, about=about))
    order = list(SCHEMES)
    chosen = [one for one in found if data in ("", one.data) and scheme in ("", one.scheme)]
    return sorted(chosen, key=lambda one: (one.data, order.index(one.scheme), one.seed))


def rows(study: Study, *parts: str) -> pd.DataFrame:
    """The rows of all of these parts that were run, with their `part`; of none an empty frame."""
    frames = [study.frame(part).assign(part=part) for part in parts if study.has(part)]
    frames = [frame for frame in frames if len(frame)]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=ALWAYS)


def trainings(study: Study) -> pd.DataFrame:
    """The rows of all parts that train."""
    return rows(study, *TRAININGS)


def controlled(frame: pd.DataFrame) -> int:
    """The target of figures 3 and 6; where neither was run the largest of figure 5, as in the paper."""
    rows = frame[frame["part"].isin(("schemes", "controls"))]
    return int((rows if len(rows) else frame[frame["part"] == "matched"])["target"].max())


def by_direction(frame: pd.DataFrame) -> pd.DataFrame:
    """Every row once a `direction`, whose scores stand without it in their names, such as `kd` and `kd_low`."""
    parts = [frame.rename(columns={name: str(name).replace(f"_{way}", "") for name in frame}).assign(direction=way)
             for way in DIRECTIONS]  # fmt: skip
    return pd.concat(parts).sort_index(kind="stable", ignore_index=True)


def features(study: Study) -> str:
    """The features that the scores of the study are on; KeyError where nothing was scored."""
    for part in (*TRAININGS, "domains", "ranks"):
        if study.has(part):
            return str(study.about(part)["scores"]["features"])
    raise KeyError("no part with scores was run")


def score(study: Study, measure: str) -> str:
    """How `kd` or `fd` of the study's scores is called."""
    return score_name(measure.upper(), features(study))
