"""What a study's records say: searches with their generations and winners, and fresh scores of all that is compared."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from lib.papers.nasdip import tasks
from lib.papers.nasdip.experiments import SEARCHED, Search, elite
from lib.papers.nasdip.settings import space
from lib.papers.study import Study
from lib.report.statistics import Interval, satterthwaite
from lib.search import record
from lib.searchers.generation import FLOOR
from lib.spaces.base import Genome
from lib.spaces.nasdip import NasDip

ORACLE = " (oracle fitness)"  # of every search by the reference `truth`, which nobody could run without the truth
MEASURES = {"psnr": "PSNR", "lpips_truth": "LPIPS", "ssim": "SSIM"}  # to the truth, in the paper's order
SIGNS = {"psnr": 1, "lpips_truth": -1, "ssim": 1}  # 1 where more is better
TASKS = {"inpaint": "inpainting", "denoise": "denoising", "sr": "super-resolution"}
CALLED = {"untouched": "untouched", "dip_published": "DIP published", "dip_matched": "DIP", "dip_scaled": "DIP 3x32",
          "sym": "Sym", "truth": "Asym", "epochs": "Asym-T", "random": "random search"}  # fmt: skip
MEASURED = (*MEASURES, "psnr_hole")
Pair = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True, eq=False)
class Stored:
    """A stored search: what it was, what its candidates depended on, and one row a candidate in the order of asking.

    The rows have the record's columns, `valid`, and `fitness`: the paper's 1 - LPIPS, 0 for candidates without score.
    """

    search: Search
    settings: dict[str, Any]
    rows: pd.DataFrame

    @cached_property
    def space(self) -> NasDip:
        """The space of its genomes; for pictures of native size a side of 512, which no decoding depends on."""
        return space(self.settings, self.settings["side"] or 512)

    @property
    def winner(self) -> pd.Series:
        """The best row, the first of equal ones."""
        return self.rows.iloc[int(self.rows["score"].argmin())]

    @property
    def best(self) -> Genome:
        """The winner's genome."""
        return self.space.parse(self.winner["genome"])

    @property
    def first(self) -> pd.DataFrame:
        """The valid random networks with which a genetic search began."""
        return self.rows[self.rows["valid"] & (self.rows["generation"] == 0)]

    @cached_property
    def populations(self) -> list[pd.DataFrame]:
        """The population of every complete generation, best first; the elite stays without being asked again.

        A random search has none.
        """
        size, found = self.search.population, list[pd.DataFrame]()
        for _, asked in self.rows.groupby("generation") if "generation" in self.rows else ():
            stayed = found[-1].head(elite(size)) if found else asked.head(0)
            members = pd.concat([stayed, asked]).sort_values(["score", "k"], kind="stable")
            if len(members) == size:
                found.append(members)
        return found

    @cached_property
    def generations(self) -> pd.DataFrame:
        """One row a generation: best fitness, mean fitness of the valid, and distinct networks up to its end."""
        return pd.DataFrame([
            {"generation": number, "fmax": members["fitness"].max(),
             "fmean": members.loc[members["valid"], "fitness"].mean(),
             "trainings": self.trained[self.rows["generation"] <= number].sum()}
            for number, members in enumerate(self.populations)
        ])  # fmt: skip

    @property
    def trained(self) -> pd.Series:
        """Which rows are distinct networks; what another record had trained already counts, repeats do not."""
        return self.rows["valid"] & (self.rows["cached"] != "record")

    @property
    def ladder(self) -> dict[str, pd.Series]:
        """The best, the middle and the worst valid member of the first and of the last population."""
        found: dict[str, pd.Series] = {}
        for when, end in (("first", 0), ("last", -1)):
            members = self.populations[end].query("valid")
            places = {"top": 0, "middle": len(members) // 2, "bottom": -1}
            found |= {f"{when}_{place}": members.iloc[at] for place, at in places.items()}
        return found

    def genomes(self, rows: pd.DataFrame) -> list[Genome]:
        """The genomes of some rows."""
        return [self.space.parse(text) for text in rows["genome"]]


def stored(study: Study, *parts: str, row: str = "") -> list[Stored]:
    """The study's searches of the parts (all if none is named), of one row where it is named, in order of name."""
    names = [path.name.removesuffix(".jsonl.gz") for path in sorted(study.records.glob("*-*.jsonl.gz"))]
    found = [load(study, name) for name in names if name.partition("-")[0] in (parts or SEARCHED)]
    return [one for one in found if one is not None and row in ("", one.search.row)]


def load(study: Study, name: str) -> Stored | None:
    """The search with a record of this name; None where it was not run, or found no network."""
    if not study.has(name):
        return None
    path = study.records / f"{name}.jsonl.gz"
    found = _load(path, path.stat().st_mtime_ns)
    return found if found.rows["valid"].any() else None


@lru_cache(maxsize=512)
def _load(path: Path, changed: int) -> Stored:
    """A search's record; read again once the file has changed."""
    header, lines = record.read(path)
    rows = record.frame(lines)
    score = rows["score"].astype(float)
    fitness = (1 - score).clip(lower=FLOOR).fillna(0.0)
    rows = rows.assign(score=score, valid=score.notna(), fitness=fitness)
    return Stored(Search(**header["identity"]["search"]), header["identity"]["settings"], rows)


def scale(study: Study) -> str:
    """How small this study is, beside the paper's."""
    return "".join(
        f"{one.settings['side'] or 'native'} px, {one.settings['iterations']} steps, K = {one.search.population}, "
        f"{one.search.generations} generations, N = {one.space.units} (paper: native, 2000, 500, 10 to 20, 5)"
        for one in stored(study, "truth")[:1]
    )


def rows_of(study: Study, *parts: str) -> list[str]:
    """The picture rows that the searches of the parts restored, in the paper's order, others behind."""
    found = dict.fromkeys(one.search.row for one in stored(study, *parts))
    order = {name: place for place, name in enumerate(tasks.ROWS)}
    return sorted(found, key=lambda name: order.get(name, len(order)))


def task(row: str) -> str:
    """The paper's word for a row's task."""
    name = tasks.ROWS[row].task if row in tasks.ROWS else "inpaint"  # a picture's own name: an artwork with a hole
    return TASKS["sr" if name.startswith("sr") else name]


def title(row: str) -> str:
    """How the paper's tables call a row."""
    return tasks.ROWS[row].title if row in tasks.ROWS else row


def arms(study: Study) -> pd.DataFrame:
    """Everything compared on the rows, each searched winner and each training of a baseline once.

    Columns: row, arm, unit (the seed of the search, or of the baseline), and the measures. The arm of a search is its
    part, `rate 0.01` for another mutation rate; its measures are means over the fresh seeds, as a search is the
    independent unit. The arm of a baseline is its method, with `_oracle` for the PSNR of its iterate nearest to the
    truth and `_averaged` for its averaged output; `iterations` are its steps.
    """
    found = [pd.DataFrame(columns=["row", "arm", "unit", *MEASURES])]
    if study.has("rescored"):
        keys = ["row", "part", "mutation_rate", "search_seed"]
        scored = study.frame("rescored").reindex(columns=[*keys, *MEASURED])
        means = scored.groupby(keys, sort=False).mean().reset_index()
        rate = "rate " + means["mutation_rate"].map("{:g}".format)
        arm = means["part"].where(means["part"] != "mutation", rate)
        found.append(means.assign(arm=arm, unit=means["search_seed"]))
    if study.has("baselines"):
        frame = study.frame("baselines").rename(columns={"method": "arm", "repeat": "unit"})
        found += [frame, _other(frame, "oracle"), _other(frame, "averaged")]
    columns = ["row", "arm", "unit", *MEASURED, "iterations"]
    return pd.concat([frame.reindex(columns=columns) for frame in found if len(frame)] or found, ignore_index=True)


def _other(frame: pd.DataFrame, output: str) -> pd.DataFrame:
    """Another output of the baselines' networks as arms: of the iterate nearest to the truth, or averaged."""
    names = {f"{output}_{measure}": measure for measure in MEASURES if f"{output}_{measure}" in frame}
    chosen = frame.dropna(subset=list(names)).drop(columns=[*MEASURED], errors="ignore").rename(columns=names)
    return chosen.assign(arm=chosen["arm"] + f"_{output}") if names else frame.head(0)


def values(frame: pd.DataFrame, row: str, arm: str, measure: str) -> np.ndarray:
    """An arm's values of a measure on a row, one a unit."""
    chosen = frame.loc[(frame["row"] == row) & (frame["arm"] == arm), measure]
    return chosen.dropna().to_numpy(float)


def difference(pairs: Sequence[Pair], level: float = 0.95) -> Interval:
    """Mean over the pairs (a, b) of mean a - mean b, with Student's interval; the variance is pooled within a pair.

    One to three searches are too few for a bootstrap, which would see only their range. A side with one value borrows
    the other's variance; two such sides have no interval (NaN). An empty b is an exact 0.
    """
    value = float(np.mean([a.mean() - (b.mean() if len(b) else 0.0) for a, b in pairs]))
    sides = [[side for side in pair if len(side)] for pair in pairs]
    free = np.array([sum(len(side) - 1 for side in pair) for pair in sides])
    squares = np.array([sum(((side - side.mean()) ** 2).sum() for side in pair) for pair in sides])
    spread = np.array([sum(1 / len(side) for side in pair) for pair in sides])
    variances = squares / np.maximum(free, 1) * spread / len(pairs) ** 2
    return satterthwaite(value, variances, free, sum(len(side) for pair in sides for side in pair), level)
