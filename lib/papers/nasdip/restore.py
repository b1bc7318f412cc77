"""Restoring a user's own picture: search a network for it, for as long as the user gives."""

from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from matplotlib.figure import Figure
from torch import Tensor

from lib import weights
from lib.data import images, pictures
from lib.models.backbones import TRUNKS
from lib.papers.nasdip import evaluate, experiments, tasks
from lib.papers.nasdip.evaluate import Evaluation
from lib.papers.nasdip.settings import Settings
from lib.papers.one_cell import check_minutes, desk
from lib.report.interactive import Comparison
from lib.report.pictures import image_grid
from lib.search import loop, runs
from lib.search.cache import Cache
from lib.search.workers import few_threads
from lib.searchers.genetic import Genetic
from lib.spaces.nasdip import Architecture

SMALL = 128  # px: below it the space has 3 pairs of stages, above 5


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
    check_minutes(minutes)
    chosen = {"side": side, "iterations": iterations, "lr": lr, "population": population, "generations": generations,
              "workers": workers, "device": device, "seed": seed}  # fmt: skip
    ev = _evaluation(image, task, mask, reference, chosen)
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
    return _finished(ev, best, found, run.folder, keep_known=keep_known)


def _evaluation(image: str | Path, task: str, mask: str | Path, reference: str, chosen: dict[str, Any]) -> Evaluation:
    """The evaluation of a user's picture under the desk profile's settings but for those chosen, checked."""
    if task not in tasks.TASKS:
        raise ValueError(f"task is {task!r}; allowed are {', '.join(tasks.TASKS)}")
    if reference not in ("heldout", "observed"):
        raise ValueError(f"reference is {reference!r}; allowed are heldout and observed, as the truth is unknown")
    if (task == "inpaint") != bool(mask):
        raise ValueError(f"mask is {str(mask)!r}; inpainting needs the picture of a mask, the other tasks take none")
    base = vars(desk(Settings, "02_nasdip")) | {"framing": "whole", "max_width": 64, "max_filter": 9, **chosen}
    settings = Settings.pick(base)
    for file in (image, mask):
        if file:
            pictures.info(file)
    shape = pictures.picture(image).shape[1:]
    final = min(max(shape), settings.side or max(shape)) * (int(task[2:]) if task.startswith("sr") else 1)
    settings = replace(settings, units=3 if final <= SMALL else 5)
    return Evaluation.of(settings, tasks.own(task, str(image), str(mask)), reference=reference)


def _finished(ev: Evaluation, best: pd.Series, found: pd.DataFrame, folder: Path, *, keep_known: bool) -> Restoration:
    """Train the best network once more, now on every known pixel, with one thread as the candidates were."""
    whole, genome = replace(ev, reference="observed"), ev.space().parse(best["genome"])
    at = evaluate.problem(whole)
    with few_threads(1):
        output = evaluate.restore(whole, genome, int(best["seed"])).output
    restored, observed, known = (at.cut(x)[0].clamp(0, 1).cpu() for x in (output, at.baseline(), at.known))
    if at.row.task == "inpaint" and keep_known:
        restored = torch.where(known > 0, observed, restored)
    return Restoration(restored, observed, ev.space().decode(genome), found, folder)
