"""What a study's records say: searches with their generations and winners, and fresh scores of all that is compared."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from lib.papers.nasdip import tasks
from lib.papers.nasdip.experiments import SEARCHED, Search, elite
from lib.papers.study import Study
from lib.report.clusters import mean_pairwise_hamming
from lib.search import record
from lib.searchers.generation import FLOOR
from lib.spaces.base import Genome
from lib.spaces.nasdip import NasDip

ORACLE = " (oracle fitness)"  # of every search by the reference `truth`, which nobody could run without the truth
MEASURES = {"psnr": "PSNR", "lpips_truth": "LPIPS", "ssim": "SSIM"}  # to the truth, in the paper's order
SIGNS = {"psnr": 1, "lpips_truth": -1, "ssim": 1}  # 1 where more is better
TASKS = {"inpaint": "inpainting", "denoise": "denoising", "sr": "super-resolution"}
SPACE = ("units", "variant", "width_table", "skip_code", "bypass", "max_width", "max_filter", "t_table", "pad", "stage")


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
        chosen = {name: self.settings[name] for name in SPACE}
        return NasDip(**chosen, side=self.settings["side"] or 512)

    @property
    def winner(self) -> pd.Series:
        """The best row, the first of equal ones."""
        return self.rows.iloc[int(self.rows["score"].argmin())]

    @property
    def best(self) -> Genome:
        """The winner's genome."""
        return self.space.parse(self.winner["genome"])

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
        """One row a generation: best and mean fitness of the valid, their stages and share, how far they are apart.

        `trainings` counts the distinct networks up to the generation's end, `apart` is the mean share of bits in which
        two members differ.
        """
        trained = self.trainings
        rows = []
        for number, members in enumerate(self.populations):
            valid = members[members["valid"]]
            asked = self.rows[self.rows["generation"] == number]
            rows.append({
                "generation": number, "fmax": members["fitness"].max(), "fmean": valid["fitness"].mean(),
                "valid_share": asked["valid"].mean(), "stages": valid["stages"].mean(),
                "trainings": trained[asked.index[-1]],
                "apart": mean_pairwise_hamming(self.genomes(members)) / len(self.space.genes),
            })  # fmt: skip
        return pd.DataFrame(rows)

    @property
    def trainings(self) -> pd.Series:
        """Distinct networks up to each row; what another record had trained already counts, repeats do not."""
        return (self.rows["valid"] & (self.rows["cached"] != "record")).cumsum()

    def first(self, trainings: int) -> pd.Series:
        """The fitness of its first so many distinct networks."""
        trained = self.rows["valid"] & (self.rows["cached"] != "record") & (self.trainings <= trainings)
        return self.rows.loc[trained, "fitness"]

    @cached_property
    def parents(self) -> pd.DataFrame:
        """One row a parent, by what a record can deny: `member` of the population before, as rebuilt; if it was asked
        earlier than the generation before, so that it `stayed`, then one of the `best` told until then.
        """
        told, kept, found = self.rows.set_index("k"), elite(self.search.population), list[pd.DataFrame]()
        for number, before in enumerate(self.populations[:-1], 1):
            chosen = told.loc[[k for pair in told.loc[told["generation"] == number, "parents"] for k in pair]]
            limit = told.loc[told["generation"] < number - 1, "score"].nsmallest(kept).max()
            stayed = chosen["generation"] < number - 1
            found.append(pd.DataFrame({"member": chosen.index.isin(before["k"]), "stayed": stayed,
                                       "best": ~stayed | (chosen["score"] <= limit)}))  # fmt: skip
        return pd.concat(found) if found else pd.DataFrame({"member": [], "stayed": [], "best": []}, dtype=bool)

    def genomes(self, rows: pd.DataFrame) -> list[Genome]:
        """The genomes of some rows."""
        return [self.space.parse(text) for text in rows["genome"]]


def stored(study: Study, *parts: str, row: str = "") -> list[Stored]:
    """The study's searches of the parts (all if none is named), of one row where it is named, in order of name."""
    names = [path.name.removesuffix(".jsonl.gz") for path in sorted(study.records.glob("*-*.jsonl.gz"))]
    fitting = [name for name in names if name.partition("-")[0] in (parts or SEARCHED) and study.has(name)]
    paths = [study.records / f"{name}.jsonl.gz" for name in fitting]
    found = [_load(path, path.stat().st_mtime_ns) for path in paths]
    return [one for one in found if row in ("", one.search.row) and one.rows["valid"].any()]


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


def trained(study: Study) -> str:
    """How many networks the symmetric and the asymmetric searches train of equally many candidates."""
    mean = {part: np.mean([one.trainings.iloc[-1] for one in stored(study, part)] or 0) for part in ("sym", "truth")}
    return f"of equal candidates a symmetric search trains {mean['sym']:.0f} networks, another {mean['truth']:.0f}"


def before(study: Study) -> pd.DataFrame:
    """Measures of the networks that pictures are made of, as known without the pictures: row, what, seed, measures."""
    found = []
    for one in stored(study, "truth", "mutation", "artworks"):
        if one.search.seed == 0 and one.populations:
            what = {"truth": "winner", "artworks": "artwork"}.get(one.search.part, f"rate_{one.search.mutation_rate:g}")
            rows = {what: one.winner}
            for when, members in (("first", one.populations[0]), ("last", one.populations[-1])):
                valid = members[members["valid"]]
                places = {"top": 0, "middle": len(valid) // 2, "bottom": -1}
                rows |= {f"{when}_{place}": valid.iloc[at] for place, at in places.items()}
            found += [{"row": one.search.row, "what": of, **row[["seed", *MEASURES]]} for of, row in rows.items()]
    if study.has("rescored"):
        fresh = study.frame("rescored").query("search_seed == 0 and part in ('truth', 'mutation')")
        rates = "rate_" + fresh["mutation_rate"].map("{:g}".format)
        fresh = fresh.assign(what=rates.where(fresh["part"] == "mutation", "winner"))
        found += fresh[["row", "what", "seed", *MEASURES]].to_dict("records")
    return pd.DataFrame(found, columns=["row", "what", "seed", *MEASURES])


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
    parts = [frame for frame in (_winners(study), _baselines(study)) if frame is not None]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["row", "arm", "unit", *MEASURES])


def _winners(study: Study) -> pd.DataFrame | None:
    if not study.has("rescored"):
        return None
    frame = study.frame("rescored")
    keys = ["row", "part", "mutation_rate", "search_seed"]
    means = frame.groupby(keys, sort=False)[_measured(frame)].mean().reset_index()
    rate = "rate " + means["mutation_rate"].map("{:g}".format)
    arm = means["part"].where(means["part"] != "mutation", rate)
    return means.assign(arm=arm, unit=means["search_seed"]).drop(columns=keys[1:])


def _baselines(study: Study) -> pd.DataFrame | None:
    if not study.has("baselines"):
        return None
    frame = study.frame("baselines").rename(columns={"method": "arm", "repeat": "unit"})
    parts = [frame, *(_other(frame, *of) for of in (("oracle", ["psnr"]), ("averaged", list(MEASURES))))]
    known = ["row", "arm", "unit", *_measured(frame), *(["iterations"] if "iterations" in frame else [])]
    return pd.concat([part.reindex(columns=known) for part in parts], ignore_index=True)


def _other(frame: pd.DataFrame, output: str, measures: list[str]) -> pd.DataFrame:
    """Another output of the baselines' networks as arms: of the iterate nearest to the truth, or averaged."""
    names = {f"{output}_{measure}": measure for measure in measures}
    if not set(names) <= set(frame):
        return frame.head(0)
    chosen = frame.dropna(subset=list(names)).drop(columns=_measured(frame)).rename(columns=names)
    return chosen.assign(arm=chosen["arm"] + "_" + output)


def _measured(frame: pd.DataFrame) -> list[str]:
    """The measures that a frame has."""
    return [name for name in (*MEASURES, "psnr_hole") if name in frame]


def values(frame: pd.DataFrame, row: str, arm: str, measure: str) -> np.ndarray:
    """An arm's values of a measure on a row, one a unit."""
    chosen = frame.loc[(frame["row"] == row) & (frame["arm"] == arm), measure]
    return chosen.dropna().to_numpy(float)


def first_generation(study: Study, row: str, reference: str = "truth") -> Iterator[pd.DataFrame]:
    """The valid random networks with which each search of a row by a fitness reference began."""
    for one in stored(study, reference, row=row):
        rows = one.rows
        yield rows[rows["valid"] & (rows["generation"] == 0)]
