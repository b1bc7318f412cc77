"""Synthetic records of the NAS-DIP study: real genomes and the real genetic algorithm on measures that are formulas."""

import json
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from PIL import Image

from lib.papers.nasdip import experiments
from lib.papers.nasdip.experiments import Search
from lib.papers.nasdip.settings import Settings, space
from lib.papers.study import Study
from lib.paths import notebooks_dir
from lib.searchers.base import drive
from lib.searchers.genetic import Genetic
from lib.searchers.random_search import RandomSearch
from lib.spaces.base import Genome
from lib.spaces.nasdip import NasDip
from tests.reference import stored_study

TINY = {
    "profile": "custom", "device": "cpu", "rows": ["vase", "plane", "zebra4"], "shown_rows": ["astronaut", "chelsea"],
    "blind_rows": ["vase", "plane", "zebra4"], "swept_rows": ["plane", "zebra4"], "artworks": "", "units": 3,
    "population": 8, "generations": 3, "artwork_population": 6, "artwork_generations": 1, "seeds": 3,
    "variant_seeds": 1, "rescored": 2,
}  # fmt: skip
MEDIA = ("oil", "ink", "comic")
INPAINTING = ("telea", "navier_stokes", "biharmonic")
# What each arm adds to the quality (0 to 1) of the networks it finds, or is worth: a world where the paper is right.
ARMS = {
    "truth": 0.2, "sym": 0.1, "epochs": 0.15, "random": 0.05, "observed": 0.05, "heldout": 0.12, "rate 0.01": 0.1,
    "rate 0.02": 0.12, "rate 0.1": 0.14, "untouched": 0.1, "dip_matched": 0.3,
    "dip_scaled": 0.28, "dip_published": 0.4, **dict.fromkeys(INPAINTING, 0.25), "bilinear": 0.1, "nearest": 0.05,
}  # fmt: skip
Row = dict[str, Any]
Worth = Callable[[str, str], float]  # (row, arm)


@cache
def settings() -> Settings:
    """The desk profile made small."""
    desk = yaml.safe_load((notebooks_dir() / "profiles" / "desk" / "02_nasdip.yaml").read_text())
    return Settings.pick({**desk, **TINY})


def usual(row: str, arm: str) -> float:
    """The worth of an arm; on super-resolution the symmetric networks are the better ones."""
    return 0.3 if arm == "sym" and row.startswith("zebra") else ARMS[arm]


@cache
def _preferences(row: str, length: int) -> np.ndarray:
    """How much a bit of 1 is worth more than one of 0 on a row; artworks of a medium want much the same."""
    medium = row.split("/")[1] if "/" in row else ""
    common, own = (np.random.default_rng(zlib.crc32(key.encode())) for key in (medium, row))
    return common.standard_normal(length) + 0.3 * own.standard_normal(length)


def quality(row: str, genome: Genome) -> float:
    """A quality from 0 to 0.5 of a genome of the asymmetric space: many little preferences."""
    preferred = _preferences(row, len(genome))
    agrees = np.array(genome) == (preferred > 0)
    return float(0.5 * agrees @ np.abs(preferred) / np.abs(preferred).sum())


def measures(row: str, value: float) -> dict[str, float]:
    """Every measure of a restoration of this quality; for noise the observation prefers the worst networks."""
    blind = 1 - value if row in ("plane", "snail", "astronaut") else value
    return {"lpips_observed": 0.8 - 0.7 * blind, "lpips_truth": 0.8 - 0.7 * value, "psnr": 12 + 15 * value,
            "ssim": 0.2 + 0.8 * value, "psnr_hole": 10 + 15 * value, "loss": 0.01, "iterations": 100}  # fmt: skip


def evaluation(settings: Settings, search: Search) -> Row:
    """What a search's header says of the evaluation."""
    own = {"row": search.row, "variant": search.variant, "reference": search.reference}
    return {**asdict(settings), **settings.reading(), **own}


def space_of(settings: Settings, search: Search) -> NasDip:
    """The space of a search."""
    return space(evaluation(settings, search), settings.side)


def searched(settings: Settings, search: Search) -> Iterator[Row]:
    """Rows of one search."""
    space = space_of(settings, search)
    setup = {"population": search.population, "rate": search.mutation_rate, "parents": "survivors", "fitness": "rank"}
    searcher = RandomSearch(space, search.seed, init="valid") if search.random else Genetic(
        space, search.seed, init="valid", **setup)  # fmt: skip
    seen: dict[Genome, Row] = {}
    name = "heldout" if search.reference == "heldout" else f"lpips_{search.reference}"

    def score(genome: Genome) -> float:
        """Measure a valid genome once."""
        if genome not in seen and space.invalid(genome) is None:
            key = space.canonical(genome)
            found = measures(search.row, quality(search.row, space.expanded.canonical(space.expand(key))))
            found |= {"heldout": found["lpips_truth"] / 100} if search.reference == "heldout" else {}
            stages = len(space.decode(genome).encoders)
            seen[genome] = {"key": key, "metrics": found | {"stages": stages, "params": 1000, "gmacs": 0.1}}
        return seen[genome]["metrics"][name] if genome in seen else float("inf")

    trained: set[Genome] = set()
    for proposal, value in drive(searcher, score, experiments.budget(search.population, search.generations)):
        found = seen.get(proposal.genome, {"key": None, "metrics": {}})
        known = found["key"] in trained
        trained |= {found["key"]} - {None}
        text = space.text(proposal.genome)
        yield {"k": proposal.k, "repeat": 0, "seed": 1, "genome": text, "config": proposal.origin,
               "score": value if found["key"] else None, "metrics": found["metrics"],
               "seconds": 2.0 * (bool(found["key"]) and not known), "artifacts": {}, "worker": "1",
               "reason": "" if found["key"] else "invalid: size_mismatch", "cached": "record" * known}  # fmt: skip


def best(rows: Iterable[Row]) -> Row:
    """The winner among a search's rows."""
    return min((row for row in rows if row["score"] is not None), key=lambda row: (row["score"], row["k"]))


def noisy(value: float, *keys: Any, noise: float = 0.004) -> float:
    """The value with noise that follows from the keys."""
    return value + noise * np.random.default_rng(zlib.crc32(repr(keys).encode())).standard_normal()


def write(folder: Path, part: str, rows: Iterable[Row], **identity: Any) -> None:
    """A record as an export leaves it."""
    stored_study.write("nasdip", folder, part, rows, identity)


def listed(configs: Iterable[tuple[Row, dict[str, float], int]]) -> Iterator[Row]:
    """Rows of a fixed list: configuration, measures and repeat of each."""
    places: dict[str, int] = {}
    for config, metrics, repeat in configs:
        k = places.setdefault(json.dumps(config), len(places))
        yield {"k": k, "repeat": repeat, "seed": repeat, "config": config, "score": metrics["lpips_truth"],
               "metrics": metrics, "seconds": 1.0, "reason": "", "artifacts": {}}  # fmt: skip


def fresh(settings: Settings, searches: list[Search], worth: Worth) -> Iterator[tuple[Row, dict[str, float], int]]:
    """Fresh scores of the winners: the worth of the arm with the noise of the search and of the seed."""
    for one in searches:
        arm = one.part if one.part != "mutation" else f"rate {one.mutation_rate:g}"
        config = {name: value for name, value in asdict(one).items() if name not in ("name", "seed")}
        config |= {"search": one.name, "search_seed": one.seed, "text": ""}
        for repeat in range(settings.rescored) if one.part != "artworks" else ():
            value = 0.5 + worth(one.row, arm) + noisy(0, one.name) + noisy(0, one.name, repeat)
            yield config, measures(one.row, value), repeat


def compared(settings: Settings, worth: Worth) -> Iterator[tuple[Row, dict[str, float], int]]:
    """Baselines on every row."""
    for row in dict.fromkeys([*settings.rows, *settings.shown_rows]):
        own = INPAINTING if row in ("vase", "chelsea") else ("bilinear", "nearest") if row.startswith("zebra") else ()
        for arm in ("untouched", *own, "dip_matched", "dip_scaled", "dip_published"):
            for repeat in range(settings.rescored if arm.startswith("dip") else 1):
                value = worth(row, arm) + noisy(0, row, arm, repeat)
                nearest = {"oracle_psnr": measures(row, value + 0.05)["psnr"], "oracle_iteration": 60}
                more = nearest if arm.startswith("dip") else {}
                if arm == "dip_published":
                    better = measures(row, value + 0.02)
                    more |= {f"averaged_{name}": better[name] for name in ("psnr", "ssim", "lpips_truth")}
                yield {"row": row, "method": arm}, measures(row, value) | more, repeat


def painted(settings: Settings, found: dict[str, tuple[Search, list[Row]]], worth: Worth) -> Iterator[Row]:
    """Rows of the pictures: what was done to each shown row, winners with a fresh seed, individuals with their own."""
    for row, arms in ((row, ["truth", "untouched", "dip_matched"]) for row in settings.shown_rows):
        more = INPAINTING if row == "chelsea" else ()
        yield from ({"row": row, "what": what} | measures(row, ARMS[what]) for what in [*arms[1:], *more])
        yield {"row": row, "what": "truth"} | measures(row, 1.0)
    for one, rows in found.values():
        if one.seed == 0 and one.part in ("truth", "mutation", "artworks"):
            what = {"mutation": f"rate_{one.mutation_rate:g}", "artworks": "artwork"}.get(one.part, "winner")
            again = [metrics for _, metrics, repeat in fresh(settings, [one], worth) if repeat == 0]
            yield {"row": one.row, "what": what} | (again[0] if again else best(rows)["metrics"])
            if one.part == "truth":
                yield {"row": one.row, "what": "winner_own"} | best(rows)["metrics"]
            last = max(row["config"]["generation"] for row in rows)
            for when, number in (("first", 0), ("last", last)) if one.row in settings.shown_rows[:1] else ():
                elite = best(row for row in rows if row["config"]["generation"] < number) if number else None
                members = [row for row in rows if row["config"]["generation"] == number or row is elite]
                members = [row for row in members if row["score"] is not None]
                members.sort(key=lambda row: row["score"])
                for place, at in (("top", 0), ("middle", len(members) // 2), ("bottom", -1)):
                    yield {"row": one.row, "what": f"{when}_{place}"} | members[at]["metrics"]


def artworks(settings: Settings) -> list[Search]:
    """A search an artwork, four a medium."""
    return [
        Search("artworks", f"artworks-{i:02d}", f"works/{medium}/{i}.png", 0.05, 0,
               settings.artwork_population, settings.artwork_generations)
        for i, medium in enumerate(medium for medium in MEDIA for _ in range(4))
    ]  # fmt: skip


def paint(folder: Path, rows: list[Row]) -> None:
    """A picture of every row: grey, brighter where it is better, with a bar across; those of the paper are private."""
    for row in rows:
        showable = row["config"]["row"] in TINY["shown_rows"] or row["config"]["what"] == "artwork"
        target = folder / "records" / ("pictures" if showable else "private")
        target.mkdir(parents=True, exist_ok=True)
        shade = np.full((32, 32, 3), int(min(255, 60 + 150 * row["metrics"]["ssim"])), np.uint8)
        shade[14:18, :, 0] = 200
        Image.fromarray(shade).save(target / f"pictures-{row['k']:03d}.png")


def fill(folder: Path, worth: Worth = usual, profile: str = "desk") -> Study:
    """A study with every part, in which each arm on each row is worth what `worth` says."""
    searches = experiments.every(settings()) + artworks(settings())
    found = {one.name: (one, list(searched(settings(), one))) for one in searches}
    for name, (one, rows) in found.items():
        write(folder, name, rows, search=asdict(one), settings=evaluation(settings(), one))
    pictures = painted(settings(), found, worth)
    rows = list(listed(({key: row.pop(key) for key in ("row", "what")}, row, 0) for row in pictures))
    for row in rows:
        own = row["config"]["what"].startswith(("first", "last", "winner_own"))
        row |= {"artifacts": {"image": f"artifacts/{row['k']:03d}.png"}, "seed": int(own)}
    write(folder, "pictures", rows)
    paint(folder, rows)
    return compare(folder, worth, profile)


def compare(folder: Path, worth: Worth = usual, profile: str = "desk") -> Study:
    """The study with fresh scores and baselines that are worth this."""
    write(folder, "rescored", listed(fresh(settings(), experiments.every(settings()), worth)))
    write(folder, "baselines", listed(compared(settings(), worth)))
    return Study("nasdip", profile, folder=folder)
