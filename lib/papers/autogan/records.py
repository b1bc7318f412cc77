"""What a study's records say: searches by iteration, trained networks, and how their scores are called."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, wraps
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from torch import nn

from lib.metrics.distribution import INCEPTION, score_name
from lib.metrics.features import Features
from lib.papers import study as studies
from lib.papers.study import Study
from lib.search import record
from lib.spaces.autogan import AutoGan, Cell

SPACE = AutoGan()
T = TypeVar("T")
SEARCHED = ("mlas", "fid", "noreset", "slas", "rsws")
FINAL = ("derived", "transfer", "checks")  # parts with scores on the tables' features; the others have the rewards'
MEASURES = ("is", "fd", "kd")
ARROWS = {"is": " ↑", "fd": " ↓", "kd": " ↓"}
SPENT = {"GAN training": "seconds_gan", "rewards": "seconds_reward", "evaluation": "seconds_evaluation"}
EDGE = 0.1  # of a search's iterations that count as its start or its end (specification section 1)
PICTURES = 50_000  # of a score that compares with the paper's


@dataclass(frozen=True, eq=False)
class Search:
    """A stored search: one row an iteration, and what its header says of it."""

    part: str
    seed: int
    rows: pd.DataFrame
    about: dict[str, Any]

    @property
    def name(self) -> str:
        """Of its record."""
        return f"{self.part}-{self.seed}"

    @cached_property
    def seconds(self) -> pd.Series:
        """Seconds of each iteration."""
        return self.rows[list(SPENT.values())].sum(axis=1)

    @property
    def starts(self) -> dict[str, int]:
        """The iterations that begin a later stage, by the side of its pictures."""
        stages = self.rows.drop_duplicates("stage")[1:]
        return {f"{side} px": int(k) for side, k in zip(stages["resolution"], stages["k"], strict=True)}

    def stages(self) -> list[pd.DataFrame]:
        """The rows of each stage."""
        return [rows for _, rows in self.rows.groupby("stage")]

    def edge(self, column: str, *, first: bool = False) -> float:
        """Mean of a column over the last iterations of the search, or over its first."""
        count = max(1, round(EDGE * len(self.rows)))
        return float((self.rows[column][:count] if first else self.rows[column][-count:]).mean())

    def beams(self) -> list[tuple[Cell, ...]]:
        """The cells of the genomes kept at the end, the best first; none before the end."""
        kept = self.rows["beams"].iloc[-1]
        return [SPACE.decode(SPACE.parse(text)).cells for text in kept] if isinstance(kept, list) else []


def searches(study: Study, *parts: str) -> list[Search]:
    """The stored searches of these parts, by part and seed."""
    found = []
    for part in parts or SEARCHED:
        seed = 0
        while study.has(name := f"{part}-{seed}"):
            if len(rows := study.frame(name)):
                found.append(Search(part, seed, rows, header(study, name)))
            seed += 1
    return found


def needs(*parts: str) -> Callable[[Callable[[Study], T]], Callable[[Study], T | None]]:
    """Decorates a product as `study.needs` does; a part of which every row failed is noted, and no product made."""

    def decorate(product: Callable[[Study], T]) -> Callable[[Study], T | None]:
        @studies.needs(*parts)
        @wraps(product)
        def where_scored(study: Study) -> T | None:
            for part in parts:
                if study.frame(part).empty:
                    study.lack(product.__name__, f"every row of part {part} failed: {study.failures(part)[:1]}")
                    return None
            return product(study)

        return where_scored

    return decorate


def header(study: Study, part: str) -> dict[str, Any]:
    """What a part's record depends on."""
    return record.read(study.records / f"{part}.jsonl.gz")[0]["identity"]


def score(measure: str, features: str) -> str:
    """How `is`, `fd` or `kd` on features of a name is called."""
    return score_name(measure.upper(), Features(features, nn.Identity().eval(), 1, "area", "none"))


def name(study: Study, part: str, measure: str) -> str:
    """How a score in a part's record is called; the suffix `_task` stands for the task classifier's features."""
    kind, _, other = measure.partition("_")
    about = header(study, part)
    return score(kind, other or (about["features"] if part in FINAL else about["scores"]["reward"]))


def protocol(study: Study, part: str) -> str:
    """What a part's scores were measured on, in words."""
    about = header(study, part)
    seen = about["features"] if part in FINAL else about["scores"]["reward"]
    source = about["source"] if about["source"] != about["scores"]["data"] else ""
    data = f"{about['scores']['data']} ({source})" if source else about["scores"]["data"]
    return f"ours: {about['scores']['images']:,} pictures, features {seen}, {data}"


def lacks(study: Study, part: str, data: str) -> str:
    """What keeps a part's scores from being the paper's quantities; empty if nothing does."""
    about = header(study, part)
    seen = about["features"] if part in FINAL else about["scores"]["reward"]
    if seen != INCEPTION:
        return f"needs the 2015 Inception; the scores of part {part} are on {seen}"
    if about["scores"]["data"] != data:
        return f"needs {data}; part {part} saw {about['scores']['data']}"
    if part in FINAL and about["scores"]["images"] < PICTURES:
        return f"needs {PICTURES:,} pictures; part {part} has {about['scores']['images']:,}"
    return ""


def values(study: Study, part: str, measure: str) -> dict[str, np.ndarray]:
    """A score of each trained network, one value a training; nothing of networks without it."""
    frame = study.frame(part)
    if measure not in frame:
        return {}
    return {str(name): rows[measure].dropna().to_numpy(float) for name, rows in frame.groupby("name", sort=False)
            if rows[measure].notna().any()}  # fmt: skip


def correlation(study: Study) -> pd.DataFrame:
    """Genomes scored with shared weights (`proxy_is`, ...) and after training from scratch (`real_is`, ...)."""
    return study.frame("correlation").rename(columns=lambda column: column.replace("shared_", "proxy_"))


def curve(found: Sequence[Search], name: str) -> pd.DataFrame:
    """A curve within the iterations of searches: seed, place (in iterations, as a fraction), step (counted), value."""
    parts = []
    for one in found:
        step = 0
        for k, curves in zip(one.rows["k"], one.rows["curves"], strict=True):
            held = np.array(curves.get(name, ()), float)
            parts.append(pd.DataFrame({"seed": one.seed, "place": k + (np.arange(len(held)) + 1) / max(1, len(held)),
                                       "step": step + 1 + np.arange(len(held)), "value": held}))  # fmt: skip
            step += len(held)
    return pd.concat(parts, ignore_index=True)
