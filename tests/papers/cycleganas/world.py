"""A made-up study of CycleGANAS on the desk's sizes: what its records hold, with plausible numbers and no training.

`fill(folder)` writes records and sheets of `DESK`: `facades`, of which nothing may be shown, and `showable`. In this
world searched pairs are better than CycleGAN, wider is not always better, the harder direction of `showable` gets the
larger generator, and searches agree more than chance. `fill(folder, PAPER)` writes what the paper's own claims need.
`searched`, `trained`, `anchors` and `ranked` give the rows of one record, `about` and `searching` headers; `write` puts
rows into a record, so that a test can change what is there.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from lib.data.domains import ARCHIVES
from lib.papers.cycleganas.experiments import Search, Training, called, pair
from lib.spaces.base import Genome
from lib.spaces.cycleganas import CycleGanas, cyclegan, match, match_one, parameters
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
SURE, NOISE, CHUNKS = 0.85, 0.02, 8  # a seed takes the common operation; of the log of a score; rows of a search


@dataclass(frozen=True)
class Sizes:
    """What a study computes; `scheme_data` and the like are those of its settings."""

    data: tuple[str, ...]
    scheme_data: tuple[str, ...]
    width_data: tuple[str, ...]
    control_data: tuple[str, ...]
    blocks: int = 3
    side: int = 64
    matched: tuple[int, ...] = (8, 16)
    widths: tuple[int, ...] = (4, 32)
    controlled: int = 16
    features: str = "lite0"
    searches: int = 3
    repeats: int = 3
    other_repeats: int = 2
    randoms: int = 3

    @property
    def space(self) -> CycleGanas:
        """The space searched."""
        return _space(self.blocks)


_BOTH = ("unpaired/facades", "showable")
DESK = Sizes(_BOTH, _BOTH, _BOTH[:1], _BOTH)
PAPER = Sizes(ARCHIVES, ("facades", "horse2zebra", "iphone2dslr_flower"), ARCHIVES, ARCHIVES[3::2], blocks=9, side=256,
              matched=(32, 64), widths=(16, 96, 128), controlled=64, features="inception-2015", searches=1, repeats=5,
              other_repeats=3, randoms=2)  # fmt: skip


@cache
def _space(blocks: int) -> CycleGanas:
    return CycleGanas(blocks)


def _rng(*keys: Any) -> np.random.Generator:
    return np.random.default_rng(list("|".join(map(str, keys)).encode()))


def about(sizes: Sizes = DESK, **changes: Any) -> Row:
    """The header of a part without searches."""
    return {"training": _training_of(sizes) | {"ndf": 32, "blocks": sizes.blocks, "epochs": 1},
            "scores": {"features": sizes.features, "test_pictures": 0}, "weights": {}, "evaluations": 3, "chunks": 30,
            "pictures": dict.fromkeys(sizes.data, "0" * 64), "seed": 0, "threads": 1, **changes}  # fmt: skip


def searching(one: Search, sizes: Sizes = DESK) -> Row:
    """The header of a search."""
    key = next(key for key in sizes.data if called(key) == one.data)
    plan = {"scheme": one.scheme, "blocks": sizes.blocks, "H": 8, "ndf": 8, "preset": "paper", "mix": "softmax",
            "form": "auto", "alpha_lr": 5e-3, "same_pair": False}  # fmt: skip
    return {"search": {"data": one.data, "scheme": one.scheme, "seed": one.seed}, "plan": plan,
            "training": _training_of(sizes) | {"iterations": iterations(one)}, "seed": 0,
            "pictures": {key: "0" * 64}, "space": {"blocks": sizes.blocks, "preset": "paper"}, "threads": 1,
            "chunk": iterations(one) // CHUNKS}  # fmt: skip


def _training_of(sizes: Sizes) -> Row:
    return {"side": sizes.side, "iterations": 3000, "lr": 2e-4, "lr_every": 15, "gan": "lsgan", "lambda_cycle": 10.0,
            "lambda_identity": 5.0, "pool": 50, "paired": True, "precision": "float32"}  # fmt: skip


def iterations(one: Search) -> int:
    """Those of a search: half as many on halves."""
    return 400 if one.scheme in ("TH", "THS") else 800


@cache
def outcome(one: Search, sizes: Sizes = DESK) -> Genome:
    """What a search finds: mostly the common operations of its set, G_B's or G_A's larger by the set's tilt."""
    tilt, space = TILT.get(one.data, 0), sizes.space
    sides = {"G_A": ("even", "small", "large")[tilt], "G_B": ("even", "large", "small")[tilt]}
    rng, chance = _rng(one.name), list(space.sample(_rng(one.name, "chance")))
    for place, gene in enumerate(space.genes):
        network, slot = gene.name.split(".")
        kernels = KERNELS[sides.get(network, "even")]
        usual = kernels[int(slot[1:]) % 3] if slot.startswith("r") else "conv_t_3x3" if slot[0] == "d" else "conv_4x4"
        if rng.random() < SURE:
            chance[place] = gene.choices.index(usual)
    return tuple(chance)


def searched(one: Search, sizes: Sizes = DESK) -> Iterator[Row]:
    """The chunks of a search that settles on its outcome, gene by gene."""
    rng, space, last = _rng(one.name, "search"), sizes.space, outcome(one, sizes)
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


def searches(sizes: Sizes = DESK) -> list[Search]:
    """All searches of a study, as its settings would ask for."""
    more = [Search(called(key), "OF", seed) for key in sizes.scheme_data for seed in range(1, sizes.searches)]
    others = [Search(called(key), scheme, 0) for key in sizes.scheme_data for scheme in SCHEMES[1:]]
    return [*(Search(called(key), "OF", 0) for key in sizes.data), *more, *others]


def planned(part: str, sizes: Sizes = DESK) -> Iterator[Training]:
    """The trainings of a part, with their repeats."""
    if part in ("matched", "widths"):
        keys, targets = (sizes.data, sizes.matched) if part == "matched" else (sizes.width_data, sizes.widths)
        for data, target in ((called(key), target) for key in keys for target in targets):
            for repeat in range(sizes.repeats if target == sizes.controlled else sizes.other_repeats):
                yield Training(data, "C", target, repeat)
                yield Training(data, "N", target, repeat, Search(data, "OF", 0))
    elif part == "schemes":
        first = [Search(called(key), "OF", 0) for key in sizes.data]
        for one in searches(sizes):
            for repeat in range(sizes.other_repeats if one not in first else 0):
                yield Training(one.data, "N", sizes.controlled, repeat, one)
    else:
        for data in map(called, sizes.control_data):
            for repeat in range(sizes.repeats):
                yield Training(data, "C'", sizes.controlled, repeat, Search(data, "OF", 0))
            for number in range(sizes.randoms):
                yield Training(data, "R", sizes.controlled, 0, number=number)


def genome(one: Training, sizes: Sizes = DESK) -> Genome:
    """The architecture of a training; of C' that of the pair whose sizes it takes."""
    if one.method == "R":
        return sizes.space.sample(_rng("random", one.number))
    return outcome(one.search, sizes) if one.search else sizes.space.cyclegan


@cache
def widths(method: str, target: int, found: Genome, sizes: Sizes) -> tuple[int, int]:
    """H_A and H_B of a training."""
    if method == "C":
        return target, target
    generators = pair(sizes.space.decode(found))
    H = match(generators, parameters(cyclegan(sizes.blocks), target))
    if method != "C'":
        return H, H
    H_A, H_B = (match_one(parameters(one, H), sizes.blocks) for one in generators)
    return H_A, H_B


def kd(one: Training, direction: str, sizes: Sizes) -> float:
    """What a training scores: better the nearer to the controlled width; searched pairs gain more at larger ones."""
    away = np.log2(one.target / sizes.controlled)
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


def trained(part: str, sizes: Sizes = DESK) -> Iterator[Row]:
    """The rows of a part that trains, each with a sheet."""
    order: dict[Any, int] = {}
    for one in planned(part, sizes):
        k = order.setdefault((one.data, one.name, one.search, one.number), len(order))
        yield _training(one, k, sizes)


def _training(one: Training, k: int, sizes: Sizes) -> Row:
    found, space = genome(one, sizes), sizes.space
    H = widths(one.method, one.target, found, sizes)
    used = pair(space.decode(found if one.method in "NR" else space.cyclegan))
    size = [parameters(generator, width) for generator, width in zip(used, H, strict=True)]
    aim = 2 * parameters(cyclegan(sizes.blocks), one.target)
    kds = {direction: kd(one, direction, sizes) for direction in DIRECTIONS}
    config = {**_named(one), "target": one.target, "H_A": H[0], "H_B": H[1],
              "text": space.text(found if one.method in "NR" else space.cyclegan)}  # fmt: skip
    metrics = scores(kds) | {"cycle_A": 0.05, "cycle_B": 0.06, "seconds_training": 90.0,
                             "updates": 3000,
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


def anchors(sizes: Sizes = DESK) -> Iterator[Row]:
    """Untranslated pictures and other real ones, of every set."""
    for place, key in enumerate(sizes.data):
        facts = {"title": f"Pictures of {called(key)}", "source": "made up", "train_a": 200, "train_b": 200,
                 "test_a": 32, "test_b": 32, "showable": called(key) in SHOWABLE, "paired": True}  # fmt: skip
        for k, (name, value) in enumerate((("untranslated", UNTRANSLATED), ("other pictures", FLOOR))):
            metrics = scores(dict.fromkeys(DIRECTIONS, value))
            if k:
                metrics = {column: score for column, score in metrics.items() if column[0] in "kf"}
            yield {"k": 2 * place + k, "repeat": 0, "seed": 0, "config": {"data": called(key), "name": name, **facts},
                   "score": value, "metrics": metrics, "reason": "", "seconds": 1.0, "artifacts": {}}  # fmt: skip


def ranked(sizes: Sizes = DESK) -> Iterator[Row]:
    """Architectures with the supernetwork's weights, which rank them much as trainings do."""
    k = 0
    for key in sizes.control_data:
        data = called(key)
        asked = [Training(data, "C", sizes.controlled, 0)]
        asked += [Training(data, "N", sizes.controlled, 0, one) for one in searches(sizes) if one.data == data]
        asked += [Training(data, "R", sizes.controlled, 0, number=number) for number in range(sizes.randoms)]
        for one in asked:
            config = _named(one) | {"text": sizes.space.text(genome(one, sizes))}
            value = {direction: 2 * kd(one, direction, sizes) for direction in DIRECTIONS}
            metrics = {f"{name}_{d}": unit * value[d] for name, unit in UNITS.items() for d in DIRECTIONS}
            yield {"k": k, "repeat": 0, "seed": 0, "config": config, "score": sum(value.values()) / 2,
                   "metrics": metrics, "reason": "", "seconds": 1.0, "artifacts": {}}  # fmt: skip
            k += 1


def sheets(folder: Path, part: str, sizes: Sizes = DESK) -> None:
    """A sheet of 6 x 6 plain pictures for every training, those of `showable` where they may be shown."""
    for one in planned(part, sizes):
        shown = one.data in SHOWABLE
        path = folder / "records" / ("pictures" if shown else "private") / f"{part}-{sheet_name(one)}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_sheet(folder, sizes.side))


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


def fill(folder: Path, sizes: Sizes = DESK) -> None:
    """Records of every part, and sheets where some of a study may be shown."""
    write(folder, "domains", anchors(sizes), about(sizes))
    for one in searches(sizes):
        write(folder, one.name, searched(one, sizes), searching(one, sizes))
    for part in ("matched", "widths", "schemes", "controls"):
        write(folder, part, trained(part, sizes), about(sizes))
        if sizes is DESK:
            sheets(folder, part, sizes)
    write(folder, "ranks", ranked(sizes), about(sizes))
