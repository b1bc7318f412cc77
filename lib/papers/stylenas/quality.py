"""Scores of a method's pictures for table 1 (section 7)."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import torch
from torch import Tensor

from lib.metrics import frechet, kernel
from lib.metrics.ssim import ssim
from lib.metrics.total_variation import total_variation
from lib.papers import networks
from lib.papers.stylenas import evaluate, methods, photos
from lib.papers.stylenas.methods import Task
from lib.search.workers import Outcome


def measure(task: Task, seed: int, folder: Path) -> Outcome:
    """All scores of a method: TV (0 to 255), SSIM to the content, FD and KD to styles and to the oracle's pictures.

    TV and the set scores have draws over half samples of the pairs, the same ones for every method, so that differences
    of two methods have an interval too. `_search` marks the pairs that scored candidates, `_heldout` the others (A28).
    """
    ev = task.evaluation
    seen = _seen(replace(task, runs=0, resamples=0))
    others = {name: _seen(Task(ev, name, width=task.width, pairs=task.pairs)).features for name in ("style", "oracle")}
    places = torch.arange(len(seen.features))
    subsets = {"": places, "_search": places[: ev.search_pairs], "_heldout": places[ev.search_pairs :]}
    metrics = {f"tv_{k:03d}": float(seen.each["tv"][half].mean()) for k, half in _halves(len(places), task.resamples)}
    for suffix, chosen in subsets.items():
        if len(chosen) < photos.LEAST:
            continue
        metrics |= {f"{name}{suffix}": float(values[chosen].mean()) for name, values in seen.each.items()}
        for name, other in others.items():
            if name != task.name:
                draws = task.resamples if not suffix else 0
                metrics |= set_scores(seen.features[chosen], other[chosen], f"{name}{suffix}", draws)
    return Outcome(metrics["tv"], metrics)


@dataclass(frozen=True)
class Seen:
    """A method's pictures as the scores see them: features (N, D), and values (N,) of each picture by name."""

    features: Tensor
    each: dict[str, Tensor]


@lru_cache(maxsize=3)
def _seen(task: Task) -> Seen:
    ev, pairs = task.evaluation, photos.pairs(task.evaluation.pairs)[: task.pairs]
    made = [picture.cpu() for picture in methods.made(task, pairs)]
    contents = (evaluate.loaded(ev, pair.content, task.width).cpu() for pair in pairs)
    each = {
        "tv": torch.cat([255 * total_variation(picture, "absolute_difference") for picture in made]),
        "tv_isotropic": torch.cat([255 * total_variation(picture, "isotropic_mean") for picture in made]),
        "ssim": torch.cat([ssim(picture, content) for picture, content in zip(made, contents, strict=True)]),
    }
    return Seen(networks.features(where=ev.device).embed(made)[0].cpu(), each)


def set_scores(x: Tensor, y: Tensor, name: str, draws: int) -> dict[str, float]:
    """FD and KD of two sets, and of so many random halves of both."""
    found = {f"fd_{name}": frechet.frechet_distance(x, y), f"kd_{name}": _kd(x, y)}
    for draw, half in _halves(len(x), draws):
        found[f"fd_{name}_{draw:03d}"] = round(frechet.frechet_distance(x[half], y[half]), 6)
        found[f"kd_{name}_{draw:03d}"] = round(_kd(x[half], y[half]), 6)
    return found


def _halves(count: int, draws: int) -> Iterator[tuple[int, Tensor]]:
    """So many random halves of the pairs, numbered, the same for every method."""
    for draw in range(draws):
        yield draw, torch.randperm(count, generator=torch.Generator().manual_seed(draw))[: count // 2]


def _kd(x: Tensor, y: Tensor) -> float:
    return kernel.kernel_distance(x, y, subsets=1, subset_size=len(x), seed=0).value
