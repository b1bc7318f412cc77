"""Synthetic records of the StyleNAS study: the real searchers on the surrogate objective, tables near the paper's."""

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from functools import cache
from itertools import count, permutations
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from lib.models.photowct import DEPTHS
from lib.papers.study import Study
from lib.papers.stylenas import evaluate, experiments, records, surrogate
from lib.papers.stylenas.experiments import Search
from lib.papers.stylenas.photos import TEST
from lib.papers.stylenas.records import SPACE
from lib.papers.stylenas.settings import Settings
from lib.search import loop
from lib.searchers.base import drive
from lib.spaces.base import Genome, keyed
from tests.reference import stored_study

SETTINGS = Settings.pick({
    "profile": "custom", "parts": [], "device": "cpu", "threads": 1, "fresh": False, "seed": 0, "workers": "serial",
    "gpus_per_candidate": 0.0, "encoder": "vgg16", "training": ["bundled"], "photos": 64, "pairs": "style/photoreal",
    "search_pairs": 12, "width": 256, "side": 48, "steps": 40, "batch": 8, "lr": 2e-3, "oracle_side": 64,
    "oracle_steps": 500, "final_side": 96, "final_steps": 200, "photowct_steps": 200,
    "content_shift": 1.0, "population": 10, "sample": 8, "evaluations": 120, "random": 60,
    "stratified": 40, "searches": 3, "window": 2, "noise_genomes": ["S7", "S5-ref", "S9-ref", "empty"],
    "noise_repeats": 3, "ablated": 31, "table_pairs": 38, "table_width": 512, "resamples": 20,
    "shown_pairs": 10,
    "timed_widths": [256, 512, 768, 1024], "timed_runs": 9,
})  # fmt: skip
FAILED = 23  # every search loses this candidate
PLANTED = {30: "S5-ref", 31: "S7", 32: "S9-ref"}  # what the first evolution meets, as in the paper
# What each method is worth: FD to styles, FD to the oracle, TV, and SSIM to the content; a world like the paper's.
QUALITY: dict[str, tuple[float, float, float, float]] = {
    "PhotoWCT": (180.19, 160.0, 5.11, 0.60), "AE1": (469.54, 400.0, 0.43, 0.40), "RS": (208.67, 142.83, 4.09, 0.55),
    "S5": (183.95, 65.94, 5.73, 0.65), "S7": (173.18, 50.71, 6.14, 0.66), "S9": (172.0, 45.81, 5.83, 0.64),
    "S7-ref": (175.0, 52.0, 6.0, 0.66), "S9-ref": (174.0, 47.0, 5.9, 0.64), "PhotoWCT-raw": (178.0, 150.0, 7.0, 0.5),
    "PhotoWCT-guided": (185.0, 161.0, 4.9, 0.61), "oracle": (170.0, 0.0, 6.33, 0.63), "style": (0.0, 170.0, 9.7, 0.2),
    "content": (220.0, 210.0, 9.6, 1.0), "colour": (200.0, 120.0, 8.8, 0.9), "reference": (171.0, 80.0, 6.33, 0.7),
}  # fmt: skip
# Seconds of each method's networks: a start, and more for every million pixels; then of its smoothing.
SECONDS: dict[str, tuple[float, float]] = {
    "PhotoWCT": (0.8, 6.0), "AE1": (0.3, 2.5), "RS": (0.288, 0.444), "S5": (0.04, 0.364), "S7": (0.048, 0.457),
    "S9": (0.5, 0.822), "S7-ref": (0.048, 0.457), "S9-ref": (0.5, 0.822), "PhotoWCT-guided": (0.8, 6.0),
}  # fmt: skip
RATED = {"width": SETTINGS.table_width, "pairs": SETTINGS.table_pairs}
Row = dict[str, Any]


def evaluation(settings: Settings = SETTINGS) -> Row:
    """What headers say of the evaluation."""
    return asdict(evaluate.Evaluation.of(settings))


@cache
def measured(genome: Genome, repeat: int = 0) -> dict[str, float]:
    """The metrics of a candidate: the surrogate's, with noise that follows from what is trained and the repeat."""
    parts, rng = surrogate.parts(genome), keyed(repeat, *SPACE.training_key(genome))
    found = {name: parts[name] * float(np.exp(0.04 * rng.standard_normal())) for name in "EP"} | {"O": parts["O"]}
    objective = sum(weight * found[name] for weight, name in zip(surrogate.WEIGHTS, "EPO", strict=True))
    values = 3 * SETTINGS.width**2 / 2
    return {
        "L": objective, **found, "E_fro": float(np.sqrt(found["E"] * values)), "P_sum": 5 * found["P"],
        "k_active": SPACE.ones(SPACE.active(genome)), "mse": 0.02, **evaluate.size(genome, SETTINGS.width),
    }  # fmt: skip


def searched(settings: Settings, search: Search) -> Iterator[Row]:
    """Rows of one search; candidate `FAILED` has none but a reason."""
    searcher, count = experiments.searcher(settings, search), iter(range(search.budget))

    def score(genome: Genome) -> float:
        return float("inf") if next(count) == FAILED else measured(genome)["L"]

    for proposal, told in drive(searcher, score, search.budget, settings.window):
        good, genome, value = np.isfinite(told), proposal.genome, told
        if search.name == "evolution-0" and proposal.k in PLANTED:
            genome = SPACE.named(PLANTED[proposal.k])
            value = measured(genome)["L"]
        yield {"k": proposal.k, "repeat": 0, "seed": 1, "genome": SPACE.text(genome),
               "config": proposal.origin, "score": value if good else None,
               "metrics": measured(genome) if good else {}, "seconds": 3.0, "artifacts": {},
               "reason": "" if good else "failed: FloatingPointError: no finite loss", "cached": ""}  # fmt: skip


def listed(rows: Iterable[tuple[Row, dict[str, float]]], score: str) -> Iterator[Row]:
    """Rows of a fixed list: configuration and metrics of each, of which one is the score."""
    place, before = 0, None
    for k, (config, metrics) in enumerate(rows):
        repeat = config.pop("repeat", 0)
        place, before = place if config == before else k, config
        yield {"k": place, "repeat": repeat, "seed": 0, "config": config, "score": metrics[score], "metrics": metrics,
               "seconds": 1.0, "reason": "", "artifacts": {}}  # fmt: skip


def write(folder: Path, part: str, rows: Iterable[Row], **identity: Any) -> None:
    """A record as an export leaves it; one that is there is replaced."""
    stored_study.write("stylenas", folder, part, rows, identity)


def noisy() -> Iterator[tuple[Row, dict[str, float]]]:
    """The chosen genomes trained again."""
    for name in SETTINGS.noise_genomes:
        for repeat in range(SETTINGS.noise_repeats):
            genome = SPACE.named(name)
            yield {"name": name, "text": SPACE.text(genome), "repeat": repeat}, measured(genome, repeat)


def rescored(study: Study) -> Iterator[tuple[Row, dict[str, float]]]:
    """The winner of every search trained again, with seeds that no search saw."""
    for one in records.alive(study):
        text = str(one.winner["genome"])
        for repeat in range(1, SETTINGS.noise_repeats + 1):
            config = {"name": f"{one.part}-{one.seed}", "text": text, "repeat": repeat}
            yield config, measured(SPACE.parse(text), repeat)


def ablated(study: Study) -> Iterator[tuple[Row, dict[str, float]]]:
    """The best network, and without each of its operators."""
    best = SPACE.parse(records.genomes(study)["best"])
    yield {"name": "-1", "text": SPACE.text(best)}, measured(best)
    for place, position in enumerate(SPACE.positions):
        if best[place]:
            less = (*best[:place], 0, *best[place + 1 :])
            yield {"name": str(position), "text": SPACE.text(less)}, measured(less)


def anchored() -> Iterator[tuple[Row, dict[str, float]]]:
    """The anchors near the specification's magnitudes."""
    for name, error in {"content": 0.043, "colour": 0.0134, "oracle-off": 0.04, "reference": 0.02}.items():
        yield {"name": name, "text": ""}, {"E": error, "P": 30 * error, "E_fro": 70.0, "P_sum": 150 * error}


def trained(names: Iterable[str], known: dict[str, str]) -> Iterator[tuple[Row, dict[str, float]]]:
    """Trainings."""
    for name in names:
        yield {"name": name, "text": known.get(name, "")}, {"mse": 0.01, "params": 6e6}


def scored(known: dict[str, str], worth: dict[str, tuple[float, ...]]) -> Iterator[tuple[Row, dict[str, float]]]:
    """Table 1: the same half samples move all methods alike, and each a little on its own."""
    for name, (style, oracle, tv, ssim) in worth.items():
        found: dict[str, float] = {}
        for suffix, factor in {"": 1.0, "_search": 1.2, "_heldout": 1.1}.items():
            found |= {f"tv{suffix}": tv / factor, f"tv_isotropic{suffix}": 1.6 * tv / factor, f"ssim{suffix}": ssim}
            for other, value in {"style": style, "oracle": oracle}.items():
                if other != name:
                    found |= {f"fd_{other}{suffix}": factor * value, f"kd_{other}{suffix}": factor * value / 1000}
        for draw in range(SETTINGS.resamples):
            common, own = (
                np.random.default_rng([draw, key]).standard_normal() for key in (0, zlib.crc32(name.encode()))
            )
            moved = 1.3 * (1 + 0.02 * common + 0.01 * own)
            found |= {f"{of}_{draw:03d}": moved * found[of] for of in list(found) if of == "tv"
                      or (of[:2] in ("fd", "kd") and of.count("_") == 1)}  # fmt: skip
        yield {"name": name, "text": known.get(name, ""), **RATED}, found


def ranged(seconds: float, spread: float = 0.1) -> dict[str, float]:
    """The range of a median of seconds."""
    return {"seconds_low": (1 - spread) * seconds, "seconds_high": (1 + spread) * seconds}


def clocked(known: dict[str, str]) -> Iterator[tuple[Row, dict[str, float]]]:
    """Table 2: lines in the number of pixels, and a smoothing that grows faster."""
    for width in SETTINGS.timed_widths:
        pixels = width * width / 2e6
        for name, (start, slope) in SECONDS.items():
            smoothing = {"PhotoWCT": 250 * pixels**1.2, "PhotoWCT-guided": pixels}.get(name, 0.0)
            spent = start + slope * pixels
            yield ({"name": name, "text": known.get(name, ""), "width": width},
                   {"seconds_median": spent + smoothing, **ranged(spent + smoothing), "networks_s": spent,
                    "smoothing_s": smoothing, "runs": 3 if name == "PhotoWCT" else 9})  # fmt: skip


def painted(folder: Path) -> Iterator[Row]:
    """Rows of the pictures, each a shade of its own: bundled pairs, and three that may not be shown."""
    k = count()
    bundled = [(f"{a}-{b}", "bundled") for a, b in permutations(TEST, 2)][: SETTINGS.shown_pairs]
    for pair, source in [*bundled, *((str(k), "style/photoreal") for k in (20, 21, 22))]:
        public = source == "bundled"
        for name in experiments.SHOWN if not public else experiments.SHOWN[:-1]:
            config = {"pair": pair, "source": source, "name": name, "showable": public}
            image = f"artifacts/{pair}-{name}-0000.png"
            target = folder / "records" / ("pictures" if public else "private") / f"pictures-{Path(image).name}"
            target.parent.mkdir(parents=True, exist_ok=True)
            shade = np.full((16, 32, 3), np.frombuffer(zlib.crc32(image.encode()).to_bytes(4, "big"), np.uint8)[:3])
            Image.fromarray(shade).save(target)
            yield {"k": next(k), "repeat": 0, "seed": 0, "config": config, "score": 5.0, "metrics": {"tv": 5.0},
                   "seconds": 1.0, "reason": "", "artifacts": {"image": image}}  # fmt: skip


def fill(folder: Path, profile: str = "desk") -> Study:
    """A study with every part."""
    study, ev = Study("stylenas", profile, folder=folder), evaluation()
    for one in experiments.searches(SETTINGS):
        own = loop.identity(experiments.searcher(SETTINGS, one), ev, window=SETTINGS.window, weights={"vgg16": "0"})
        write(folder, one.name, searched(SETTINGS, one), **own)
    known = records.genomes(study)
    fixed: dict[str, tuple[Iterable[tuple[Row, dict[str, float]]], str]] = {
        "oracle": (trained(["oracle"], {}), "mse"), "noise": (noisy(), "L"),
        "rescored": (rescored(study), "L"), "anchors": (anchored(), "E"),
        "ablation": (ablated(study), "L"),
        "final": (trained([*(f"PhotoWCT-{depth}" for depth in DEPTHS), *known], known), "mse"),
        "timing": (clocked(known), "seconds_median"), "quality": (scored(known, QUALITY), "tv"),
    }  # fmt: skip
    about: Row = {"evaluation": ev, "threads": 1, "weights": {"vgg16": "0", "efficientnet-lite0": "0"}}
    for part, (rows, score) in fixed.items():
        write(folder, part, listed(rows, score), **about)
    write(folder, "pictures", painted(folder), **about)
    return study
