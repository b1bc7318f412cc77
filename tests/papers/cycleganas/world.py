"""A made-up study of CycleGANAS on the desk's sizes: what its records hold, with plausible numbers and no training.

`fill(folder)` writes records and sheets of `DESK`: `facades`, of which nothing may be shown, and `showable`. In this
world searched pairs are better than CycleGAN, wider is not always better, the harder direction of `showable` gets the
larger generator, and searches agree more than chance. `fill(folder, PAPER)` writes what the paper's own claims need.
`searched`, `trained`, `anchors` and `ranked` give the rows of one record, `about` and `searching` headers; `write` puts
rows into a record, so that a test can change what is there.
"""

from collections.abc import Iterator
from dataclasses import asdict
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from lib.papers.cycleganas.computing import keys, search_plan
from lib.papers.cycleganas.experiments import Search, Training, called, pair, random_genome, searches, trainings, widths
from lib.papers.cycleganas.recipes import cycle_settings
from lib.papers.cycleganas.settings import Settings
from lib.papers.settings import anywhere, profile_values
from lib.paths import notebooks_dir
from lib.spaces.base import Genome
from lib.spaces.cycleganas import CycleGanas, cyclegan, parameters
from tests.reference import stored_study

Row = dict[str, Any]
write = partial(stored_study.write, "cycleganas")
DIRECTIONS, SCHEMES, SHOWABLE = ("AtoB", "BtoA"), ("OF", "TF", "TH", "THS"), ("showable",)
TILT = {"showable": 1, "horse2zebra": 1, "iphone2dslr_flower": -1}  # which generator is larger: 1 is G_B
KERNELS = {"small": ("conv_5x5", "conv_3x3", "dil_conv_5x5"), "even": ("conv_5x5", "conv_7x7", "dil_conv_5x5"),
           "large": ("conv_7x7", "conv_5x5", "conv_7x7")}  # fmt: skip
BASE = {"AtoB": 0.12, "BtoA": 0.08}  # KD of CycleGAN at the controlled width; exchanged where G_B is larger
UNTRANSLATED, FLOOR = 0.35, 0.004
UNITS = {"kd": 1.0, "fd": 500.0}  # FD over KD in this world
FACTOR = {"C": 1.0, "N": 0.8, "C'": 1.0, "R": 0.92}
SCHEME = {"OF": 1.0, "TF": 1.08, "TH": 1.25, "THS": 1.02, "": 1.0}
STEPS = 3000  # of a training
SURE, NOISE, CHUNKS = 0.85, 0.02, 8  # a seed takes the common operation; of the log of a score; rows of a search


_BOTH = ["unpaired/facades", "showable"]


def _settings(profile: str, **changes: Any) -> Settings:
    values = profile_values(notebooks_dir() / "profiles" / profile / "05_cycleganas.yaml")
    return Settings.pick({**values, "scheme_searches": 1, **changes})


DESK = _settings("desk", scheme_data=_BOTH, control_data=_BOTH, widths=[4, 32], repeats=3, other_repeats=2)
PAPER = _settings("paper", widths=[16, 96, 128], features="inception-2015", searches=1, randoms=2)


@cache
def _space(blocks: int) -> CycleGanas:
    return CycleGanas(blocks)


def _rng(*keys: Any) -> np.random.Generator:
    return np.random.default_rng(list("|".join(map(str, keys)).encode()))


def about(settings: Settings = DESK, **changes: Any) -> Row:
    """The header of a part without searches."""
    training = {"ndf": settings.ndf, "blocks": settings.blocks, "epochs": settings.train_epochs}
    return {"training": _training_of(settings, STEPS) | training,
            "scores": {"features": settings.features, "test_pictures": settings.test_pictures}, "weights": {},
            "evaluations": settings.evaluations, "chunks": settings.chunks, "seed": settings.seed, "threads": 1,
            "pictures": dict.fromkeys(settings.data, "0" * 64), **changes}  # fmt: skip


def searching(one: Search, settings: Settings = DESK) -> Row:
    """The header of a search."""
    return {"search": asdict(one), "plan": asdict(search_plan(settings, one)),
            "training": _training_of(settings, iterations(one)), "seed": settings.seed,
            "pictures": {keys(settings)[one.data]: "0" * 64}, "threads": 1, "chunk": iterations(one) // CHUNKS,
            "space": {"blocks": settings.blocks, "preset": settings.preset}}  # fmt: skip


def _training_of(settings: Settings, steps: int) -> Row:
    return anywhere(cycle_settings(settings, steps, 15))


def iterations(one: Search) -> int:
    """Those of a search: half as many on halves."""
    return 400 if one.scheme in ("TH", "THS") else 800


@cache
def outcome(one: Search, blocks: int) -> Genome:
    """What a search finds: mostly the common operations of its set, G_B's or G_A's larger by the set's tilt."""
    tilt, space = TILT.get(one.data, 0), _space(blocks)
    sides = {"G_A": ("even", "small", "large")[tilt], "G_B": ("even", "large", "small")[tilt]}
    rng, chance = _rng(one.name), list(space.sample(_rng(one.name, "chance")))
    for place, gene in enumerate(space.genes):
        network, slot = gene.name.split(".")
        kernels = KERNELS[sides.get(network, "even")]
        usual = kernels[int(slot[1:]) % 3] if slot.startswith("r") else "conv_t_3x3" if slot[0] == "d" else "conv_4x4"
        if rng.random() < SURE:
            chance[place] = gene.choices.index(usual)
    return tuple(chance)


def searched(one: Search, settings: Settings = DESK) -> Iterator[Row]:
    """The chunks of a search that settles on its outcome, gene by gene."""
    rng, space, last = _rng(one.name, "search"), _space(settings.blocks), outcome(one, settings.blocks)
    first, order = space.sample(rng), rng.permutation(len(last))
    each, two, before = iterations(one) // CHUNKS, one.scheme != "OF", first
    undecided = float(np.mean([np.log(len(gene.choices)) for gene in space.genes]))
    for k in range(CHUNKS):
        settled = set(order[: round(len(last) * ((k + 1) / CHUNKS) ** 0.5)].tolist())
        now = tuple(last[i] if i in settled else first[i] for i in range(len(last)))
        done, sure = each * (k + 1), (k + 1) / CHUNKS
        losses = {"g_loss": 9 - 4 * sure, "d_loss": 0.5, "adv_AtoB": 0.5, "adv_BtoA": 0.5, "cycle_A": 0.4 - 0.2 * sure,
                  "cycle_B": 0.4 - 0.2 * sure, "identity_A": 0.3, "identity_B": 0.3, "d_A": 0.25,
                  "d_B": 0.25}  # fmt: skip
        metrics = {"iterations": done, "updates": done * (1 + two), "images": 2 * done * (1 + two), **losses,
                   **({f"alpha_{name}": value for name, value in losses.items()} if two else {}),
                   "hamming": space.distance(now, before)}  # fmt: skip
        for name in ("", "_G_A", "_G_B", "_D_A", "_D_B"):
            metrics |= {f"entropy{name}": undecided * (1 - 0.3 * sure), f"gap{name}": 0.3 * sure}
        points = {"g_loss": [9.0 - 4 * sure] * 5, "d_loss": [0.5] * 5}
        config: Row = {"genotype": space.text(now), "source_w": int(one.scheme == "THS" and k >= CHUNKS // 2)}
        if not k and one.scheme in ("TH", "THS"):
            config["halves"] = [[[0, 2, 4], [0, 2, 4]], [[1, 3, 5], [1, 3, 5]]]
        if not k:
            config["forms"] = [{"network": name, "layer": "r00", "kind": "residual", "c_in": 32, "c_out": 32,
                                "side": 16, "plain_ms": 3.0, "merged9_ms": 2.0, "merged7_ms": 1.5, "form": "merged7"}
                               for name in ("G_A", "G_B")]  # fmt: skip
        before = now
        yield {"k": k, "repeat": 0, "seed": 0, "score": 0.0, "config": config, "metrics": metrics, "reason": "",
               "seconds": 20.0 * (1 + two), "artifacts": {},
               "curves": points | {f"alpha_{name}": held for name, held in points.items() if two}}  # fmt: skip


def genome(one: Training, settings: Settings = DESK) -> Genome:
    """The architecture of a training; of C' that of the pair whose sizes it takes."""
    if one.method == "R":
        return random_genome(settings, one.number)
    return outcome(one.search, settings.blocks) if one.search else _space(settings.blocks).cyclegan


def kd(one: Training, direction: str, settings: Settings) -> float:
    """What a training scores: better the nearer to the controlled width; searched pairs gain more at larger ones."""
    away = np.log2(one.target / settings.controlled)
    size = 0.15 * away**2 - (0.06 * away if one.method == "N" else 0.0)
    scheme = SCHEME[one.search.scheme if one.method == "N" and one.search else ""]
    which = f"{one.search.name if one.search else one.number}"
    own = 0.03 * _rng(one.data, one.method, which, direction).standard_normal() * (one.method in "NR")
    noise = NOISE * _rng(one, direction).standard_normal()
    base = BASE[direction] if TILT.get(one.data, 0) < 1 else sum(BASE.values()) - BASE[direction]
    return float(base * FACTOR[one.method] * scheme * np.exp(size + own + noise))


def scores(kds: dict[str, float]) -> Row:
    """The score columns of these kernel distances by direction."""
    found: Row = {}
    for direction, value in kds.items():
        for name, score in ((name, unit * value) for name, unit in UNITS.items()):
            ends = {"": 1.0, "_low": 0.95, "_high": 1.05}
            found |= {f"{name}_{direction}{end}": score * by for end, by in ends.items()}
        found |= {f"l1_{direction}": 0.1 + 0.5 * value, f"ssim_{direction}": 0.8 - value}
    return found


def trained(part: str, settings: Settings = DESK) -> Iterator[Row]:
    """The rows of a part that trains, each with a sheet."""
    order: dict[Any, int] = {}
    for one in trainings(settings, part):
        k = order.setdefault((one.data, one.name, one.search, one.number), len(order))
        yield _training(one, k, settings)


def _training(one: Training, k: int, settings: Settings) -> Row:
    found, space = genome(one, settings), _space(settings.blocks)
    H = widths(settings, one, space.decode(found))
    used = pair(space.decode(found if one.method in "NR" else space.cyclegan))
    size = [parameters(generator, width) for generator, width in zip(used, H, strict=True)]
    aim = 2 * parameters(cyclegan(settings.blocks), one.target)
    kds = {direction: kd(one, direction, settings) for direction in DIRECTIONS}
    config = {**_named(one), "target": one.target, "H_A": H[0], "H_B": H[1],
              "text": space.text(found if one.method in "NR" else space.cyclegan)}  # fmt: skip
    metrics = scores(kds) | {"cycle_A": 0.05, "cycle_B": 0.06, "seconds_training": 90.0,
                             "updates": STEPS,
                             "params_G_A": size[0], "params_G_B": size[1], "params_D_A": 694_241,
                             "params_D_B": 694_241, "mismatch": sum(size) / aim - 1}  # fmt: skip
    for direction, value in kds.items():
        metrics |= {f"kd_{direction}_best": 0.97 * value, f"fd_{direction}_best": 490 * value,
                    f"kd_step_{direction}": 2000, f"fd_step_{direction}": 2000}  # fmt: skip
    at = {"step": [1000.0, 2000.0, 3000.0]}
    curves = at | {f"{name}_{direction}": [unit * value * by for by in (1.6, 0.97, 1.0)]
                   for direction, value in kds.items() for name, unit in UNITS.items()}  # fmt: skip
    curves |= {"g_loss": list(np.linspace(8, 4, 10)), "d_loss": [0.5] * 10}
    return {"k": k, "repeat": one.repeat, "seed": 0, "config": config, "score": sum(kds.values()) / 2,
            "metrics": metrics, "reason": "", "seconds": 90.0, "curves": curves,
            "artifacts": {"image": f"artifacts/{sheet_name(one)}"}}  # fmt: skip


def _named(one: Training) -> Row:
    return {"data": one.data, "name": one.name, "method": one.method, "scheme": one.search.scheme if one.search else "",
            "search": one.search.seed if one.search else one.number}  # fmt: skip


def sheet_name(one: Training) -> str:
    """The file of a training's sheet."""
    which = f"{one.search.scheme}{one.search.seed}" if one.search else f"r{one.number}" if one.number >= 0 else "own"
    return f"{one.data}-{one.name.replace(chr(39), 'x')}-{which}-{one.repeat}.png"


def anchors(settings: Settings = DESK) -> Iterator[Row]:
    """Untranslated pictures and other real ones, of every set."""
    for place, key in enumerate(settings.data):
        facts = {"title": f"Pictures of {called(key)}", "source": "made up", "train_a": 200, "train_b": 200,
                 "test_a": 32, "test_b": 32, "showable": called(key) in SHOWABLE, "paired": True}  # fmt: skip
        for k, (name, value) in enumerate((("untranslated", UNTRANSLATED), ("other pictures", FLOOR))):
            metrics = scores(dict.fromkeys(DIRECTIONS, value))
            if k:
                metrics = {column: score for column, score in metrics.items() if column[0] in "kf"}
            yield {"k": 2 * place + k, "repeat": 0, "seed": 0, "config": {"data": called(key), "name": name, **facts},
                   "score": value, "metrics": metrics, "reason": "", "seconds": 1.0, "artifacts": {}}  # fmt: skip


def ranked(settings: Settings = DESK) -> Iterator[Row]:
    """Architectures with the supernetwork's weights, which rank them much as trainings do."""
    k = 0
    for key in settings.control_data:
        data = called(key)
        asked = [Training(data, "C", settings.controlled, 0)]
        asked += [Training(data, "N", settings.controlled, 0, one) for one in searches(settings) if one.data == data]
        asked += [Training(data, "R", settings.controlled, 0, number=number) for number in range(settings.randoms)]
        for one in asked:
            config = _named(one) | {"text": _space(settings.blocks).text(genome(one, settings))}
            value = {direction: 2 * kd(one, direction, settings) for direction in DIRECTIONS}
            metrics = {f"{name}_{d}": unit * value[d] for name, unit in UNITS.items() for d in DIRECTIONS}
            yield {"k": k, "repeat": 0, "seed": 0, "config": config, "score": sum(value.values()) / 2,
                   "metrics": metrics, "reason": "", "seconds": 1.0, "artifacts": {}}  # fmt: skip
            k += 1


def sheets(folder: Path, part: str, settings: Settings = DESK) -> None:
    """A sheet of 6 x 6 plain pictures for every training, those of `showable` where they may be shown."""
    for one in trainings(settings, part):
        shown = one.data in SHOWABLE
        path = folder / "records" / ("pictures" if shown else "private") / f"{part}-{sheet_name(one)}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_sheet(folder, settings.side))


@cache
def _sheet(folder: Path, side: int) -> bytes:
    rng, step = np.random.default_rng(8), side + 2
    grid = np.full((6 * step + 2,) * 2 + (3,), 255, np.uint8)
    for y in range(6):
        for x in range(6):
            grid[2 + step * y : step * (y + 1), 2 + step * x : step * (x + 1)] = rng.integers(0, 255, 3)
    path = folder / "sheet.png"
    Image.fromarray(grid).save(path)
    found = path.read_bytes()
    path.unlink()
    return found


def fill(folder: Path, settings: Settings = DESK) -> None:
    """Records of every part, and sheets where some of a study may be shown."""
    write(folder, "domains", anchors(settings), about(settings))
    for one in searches(settings):
        write(folder, one.name, searched(one, settings), searching(one, settings))
    for part in ("matched", "widths", "schemes", "controls"):
        write(folder, part, trained(part, settings), about(settings))
        if settings is DESK:
            sheets(folder, part, settings)
    write(folder, "ranks", ranked(settings), about(settings))
