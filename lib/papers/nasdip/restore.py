"""Restoring a user's own picture: search a network for it, for as long as the user gives."""

from contextlib import suppress
from dataclasses import dataclass, replace
from numbers import Integral, Real
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from matplotlib.figure import Figure
from torch import Tensor

from lib import weights
from lib.data import images, pictures
from lib.device import pick
from lib.models.backbones import TRUNKS
from lib.papers.nasdip import evaluate, experiments, tasks
from lib.papers.nasdip.evaluate import Evaluation
from lib.papers.nasdip.settings import READINGS, Settings
from lib.report.interactive import Comparison
from lib.report.pictures import image_grid
from lib.search import loop, runs
from lib.search.cache import Cache
from lib.search.workers import few_threads
from lib.searchers.genetic import Genetic
from lib.spaces.nasdip import Architecture

RANGES: dict[str, tuple[float, float]] = {**Settings.RANGES, "minutes": (1e-9, 1e6), "seed": (0, 2**31 - 1)}
SMALL = 128  # px: below it the space has 3 pairs of stages, above 5
NETWORK: dict[str, Any] = {
    **{name: values[0] for name, values in READINGS.items()}, "max_width": 64, "max_filter": 9,
    "t_table": [0, 500, 1500, 3500], "sigma": 0.0, "framing": "whole", "lpips": "alex",
}  # fmt: skip


@dataclass(frozen=True)
class Restoration:
    """A restored picture (3, H, W) in [0, 1], the network that made it, and the record of the search, row by row."""

    picture: Tensor
    observed: Tensor  # as it was given, enlarged for super-resolution
    architecture: Architecture
    record: pd.DataFrame
    folder: Path

    def save(self, path: str | Path) -> Path:
        """Write the picture as PNG."""
        return images.save(self.picture, path)

    def compare(self) -> Figure:
        """What was given beside what came out."""
        pair = [images.to_uint8(picture) for picture in (self.observed, self.picture)]
        return image_grid([pair], columns=["given", "restored"])

    def slide(self) -> Comparison:
        """What was given under a slider that uncovers what came out."""
        return Comparison(images.to_uint8(self.observed), images.to_uint8(self.picture), ("given", "restored"))


def restore(image: str | Path, *, task: str, minutes: float, mask: str | Path = "", reference: str = "heldout",
            side: int = 128, iterations: int = 300, lr: float = 0.01, population: int = 16, generations: int = 20,
            workers: str = "serial", device: str = "auto", seed: int = 0,
            keep_known: bool = True) -> Restoration:  # fmt: skip
    """Search a network for one degraded picture, and restore it.

    `task` is denoise, inpaint (with a `mask`: white = known), sr4 or sr8; `image` a path or a picture's name. Without
    the truth, `reference` scores a network by pixels kept out of its training (`heldout`), or, as the paper has it,
    by its likeness to the degraded picture itself (`observed`), which for noise rewards keeping it. The search stops
    after `minutes`, and continues where it stopped if called again. `side` is the long side, px, that a larger picture
    is shrunk to (0: not at all); time grows with the pixels. Inpainting keeps the known pixels as they are, or with
    `keep_known=False` shows the network's own. Raises ValueError for an unknown task or reference, a number out of
    range, a mask that is not given or cannot be used, and where the time allows no training; FileNotFoundError for a
    file that is not there.
    """
    _check(minutes=minutes, side=side, iterations=iterations, lr=lr, population=population, generations=generations,
           seed=seed)  # fmt: skip
    ev = _evaluation(image, task, mask, reference, side=side, iterations=iterations, lr=lr, device=device, seed=seed)
    searcher = Genetic(ev.space(), seed, population=population, init="valid", parents="survivors", fitness="rank")
    used = {name: weights.digest(name) for name in TRUNKS[ev.lpips][:2]}
    identity = loop.identity(searcher, ev.identity(), weights=used)
    name = experiments.record_name("restore", Path(image).stem, task)
    with runs.open_run("custom", "nasdip", name, identity) as run, runs.deadline(60 * minutes):
        budget = population * (generations + 1)
        with suppress(runs.OutOfTime):
            loop.run_search(searcher, evaluate.evaluate, ev, record=run.record, budget=budget, workers=workers,
                            cache=Cache(evaluate.evaluate, ev.identity(), data=used), label=task)  # fmt: skip
        found = run.record.frame()
    scored = found[found["score"].notna()]
    if scored.empty:
        raise ValueError(f"no network was trained in {minutes:g} minutes; give more, or a smaller side")
    best = scored.iloc[int(scored["score"].argmin())]
    finished = _finished(ev, str(best["genome"]), int(best["seed"]), found, run.folder)
    return _pasted(finished, ev) if task == "inpaint" and keep_known else finished


def _check(**given: Any) -> None:
    """Raise ValueError for a value out of range or of another kind; only minutes and lr may be broken numbers."""
    for name, value in given.items():
        low, high = RANGES[name]
        kind, allowed = (Real, "numbers") if name in ("minutes", "lr") else (Integral, "whole numbers")
        if isinstance(value, bool) or not isinstance(value, kind) or not low <= value <= high:  # type: ignore[operator]
            raise ValueError(f"{name} is {value!r}; allowed are {allowed} from {low:g} to {high:g}")


def _evaluation(image: str | Path, task: str, mask: str | Path, reference: str, *, side: int, iterations: int,
                lr: float, device: str, seed: int) -> Evaluation:  # fmt: skip
    """The evaluation of a user's picture, checked."""
    if task not in tasks.TASKS:
        raise ValueError(f"task is {task!r}; allowed are {', '.join(tasks.TASKS)}")
    if reference not in ("heldout", "observed"):
        raise ValueError(f"reference is {reference!r}; allowed are heldout and observed, as the truth is unknown")
    if (task == "inpaint") != bool(mask):
        raise ValueError(f"mask is {str(mask)!r}; inpainting needs the picture of a mask, the other tasks take none")
    for file in (image, mask):
        if file:
            pictures.info(file)
    shape = pictures.picture(image).shape[1:]
    final = min(max(shape), side or max(shape)) * (int(task[2:]) if task.startswith("sr") else 1)
    return Evaluation(
        row=tasks.own(task, str(image), str(mask)), variant="asym", reference=reference, seed=seed,
        device=str(pick(device)), side=side, units=3 if final <= SMALL else 5, iterations=iterations, lr=lr, **NETWORK,
    )  # fmt: skip


def _pasted(found: Restoration, ev: Evaluation) -> Restoration:
    """The restoration with the known pixels as they were given."""
    at = evaluate.problem(replace(ev, reference="observed"))
    known = at.cut(at.known)[0].cpu() > 0
    return replace(found, picture=torch.where(known, found.observed, found.picture))


def _finished(ev: Evaluation, genome: str, seed: int, record: pd.DataFrame, folder: Path) -> Restoration:
    """Train the best network once more, now on every known pixel, with one thread as the candidates were."""
    whole, space = replace(ev, reference="observed"), ev.space()
    at = evaluate.problem(whole)
    with few_threads(1):
        output = evaluate.restore(whole, space.parse(genome), seed).output
    restored, observed = (at.cut(x)[0].clamp(0, 1).cpu() for x in (output, at.baseline()))
    return Restoration(restored, observed, space.decode(space.parse(genome)), record, folder)
