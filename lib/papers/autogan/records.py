"""What a study's records say: searches by iteration, trained networks, and how their scores are called."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from lib.metrics.distribution import INCEPTION, score_name
from lib.papers.autogan.experiments import SEARCHED
from lib.papers.study import Seeded, Study

FINAL = ("derived", "transfer", "checks")  # parts with scores on the tables' features; the others have the rewards'
MEASURES = ("is", "fd", "kd")
ARROWS = {"is": " ↑", "fd": " ↓", "kd": " ↓"}
SPENT = {"GAN training": "seconds_gan", "rewards": "seconds_reward", "evaluation": "seconds_evaluation"}
EDGE = 0.1  # of a search's iterations that count as its start or its end
WINNERS = "winners"  # the best network of every search, as one group
PAPERS = {"derived": ("cifar10", "CIFAR-10"), "transfer": ("stl10", "STL-10")}  # pictures of the paper's tables
PICTURES = 50_000  # of a score that compares with the paper's


@dataclass(frozen=True, eq=False)
class Stored(Seeded):
    """A stored search: one row an iteration, and what its header says of it."""

    rows: pd.DataFrame
    about: dict[str, Any]

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

    @property
    def updates(self) -> int:
        """How often its controllers were updated."""
        steps = self.about["plan"]["controller_steps"]
        return int(sum(steps[min(int(stage), len(steps) - 1)] for stage in self.rows["stage"]))

    @property
    def kept(self) -> list[str]:
        """The genomes kept at the end, the best first."""
        return list(self.rows["beams"].iloc[-1])


def searches(study: Study, *parts: str) -> list[Stored]:
    """The stored searches of these parts, by part and seed."""
    return [
        Stored(part, one.seed, rows, study.about(one.name))
        for part in parts or SEARCHED
        for one in study.seeds(part)
        if len(rows := study.frame(one.name))
    ]


def name(study: Study, part: str, measure: str) -> str:
    """How `is`, `fd` or `kd` in a part's record is called; a suffix such as `_task` stands for other features."""
    kind, _, other = measure.partition("_")
    return score_name(kind.upper(), other or features(study, part))


def column(study: Study, part: str, measure: str) -> str:
    """The same with an arrow towards the better, as in tables."""
    return name(study, part, measure) + ARROWS[measure[:2]]


def measured(frame: pd.DataFrame) -> list[str]:
    """The scores in a record of final ones."""
    return [name for name in (*MEASURES, *(f"{measure}_task" for measure in MEASURES)) if name in frame]


def features(study: Study, part: str) -> str:
    """The features that a part's scores are on."""
    about = study.about(part)
    return str(about["features"] if part in FINAL else about["scores"]["reward"])


def protocol(study: Study, part: str) -> str:
    """How a part's networks were trained and scored, in words."""
    scored = f"scored on {study.about(part)['scores']['images']:,} pictures, features {features(study, part)}"
    return f"ours: {training(study, part)}; {scored}"


def training(study: Study, part: str) -> str:
    """How a part's networks were trained, in words: steps, widths, pictures and what these stand in for."""
    about, steps = study.about(part), study.frame(part)["g_iters"]
    data, gan, (papers, title) = about["scores"]["data"], about["gan"], PAPERS[part]
    counts = " to ".join(f"{count:,.0f}" for count in dict.fromkeys((steps.min(), steps.max())))
    source = f" ({about['source']})" if about["source"] != data else ""
    instead = "" if data.startswith(papers) else f", which stand in for {title}"
    return f"{counts} G-steps, widths {gan['width']} and {gan['d_width']}, pictures {data}{source}{instead}"


def lacks(study: Study, part: str, data: str) -> str:
    """What keeps a part's scores from being the paper's quantities; empty if nothing does."""
    about, seen = study.about(part)["scores"], features(study, part)
    if seen != INCEPTION:
        return f"needs the 2015 Inception; the scores of part {part} are on {seen}"
    if about["data"] != data:
        return f"needs {data}; part {part} saw {about['data']}"
    if part in FINAL and about["images"] < PICTURES:
        return f"needs {PICTURES:,} pictures; part {part} has {about['images']:,}"
    return ""


def values(study: Study, part: str, measure: str) -> dict[str, np.ndarray]:
    """A score of each trained network, one value a training; under `WINNERS` those of the best of every search."""
    trained = study.frame(part).groupby("name", sort=False)[measure]
    known = {str(name): found.to_numpy(float) for name, found in trained}
    best = [value for name, value in known.items() if re.fullmatch(r"top1(-\d+)?", name)]
    return {**known, WINNERS: np.concatenate(best)} if best else known


def climbed(study: Study) -> pd.DataFrame:
    """The last rung of each genome of the random search without sharing, whose steps and seconds count all earlier.

    It is empty where the search was not run.
    """
    frame = study.frame("rses") if study.has("rses") else pd.DataFrame()
    return frame if frame.empty else frame.sort_values("rung", kind="stable").drop_duplicates("place", keep="last")


def survivor(study: Study) -> str:
    """The best genome of its last rung; empty where there is none."""
    if (frame := climbed(study)).empty:
        return ""
    last = frame.query("rung == rung.max()").sort_values("score", kind="stable")
    return str(last["text"].iloc[0])


def d_steps(study: Study, part: str) -> float:
    """Discriminator's steps of a search, the mean over a part's; NaN where none was run."""
    if part == "rses" and len(last := climbed(study)):
        return float(last["g_iters"].sum() * study.about(part)["gan"]["n_critic"])
    return float(pd.Series([one.rows["d_steps"].iloc[-1] for one in searches(study, part)], dtype=float).mean())


def curve(found: Sequence[Stored], name: str) -> pd.DataFrame:
    """A curve within iterations of searches: k, seed, place (in iterations, as a fraction), step (counted), value."""
    parts = [one.rows[["k"]].assign(seed=one.seed, value=[held.get(name, ()) for held in one.rows["curves"]])
             for one in found]  # fmt: skip
    frame = pd.concat(parts).explode("value", ignore_index=True).dropna().astype({"value": float})
    points = frame.groupby(["seed", "k"])["value"]
    place = frame["k"] + (points.cumcount() + 1) / points.transform("size")
    return frame.assign(place=place, step=frame.groupby("seed").cumcount() + 1)
