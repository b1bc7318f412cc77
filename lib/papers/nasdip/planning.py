"""What a profile would cost: candidates, floating-point operations and memory of each part, before anything runs."""

import math
from functools import lru_cache
from typing import Any

import numpy as np

from lib.data.registry import MissingData
from lib.models import dip
from lib.papers.nasdip import baselines, evaluate, experiments, tasks
from lib.papers.nasdip.evaluate import Evaluation
from lib.papers.nasdip.experiments import Search
from lib.papers.nasdip.settings import Settings
from lib.papers.paper import planned
from lib.spaces.base import keyed

VALID = 0.5  # share of offspring that are networks, from generation 2 on (2.5); symmetric ones all are
MEDIA = 8  # folders of the artworks, where they are not here to be counted
NATIVE = 512  # px, the side of a picture that is not here to be measured
SAMPLE = 40  # random networks whose mean cost is taken
_SPACE = ("units", "width_table", "skip_code", "bypass", "max_width", "max_filter")
KEPT = 450e6  # bytes that the classical network keeps of a picture of 256 x 256 (9)


def plan(settings: Settings) -> list[dict[str, Any]]:
    """What each part would compute: rows, operations, bytes, and the pictures and weights it needs.

    Data sets that are not here are named and guessed at, not opened.
    """
    needs = {"data": used_data(settings), "weights": used_weights(settings)}
    found = {}
    for part in experiments.SEARCHED:
        costs = [(_trainings(one), _per_training(settings, one)) for one in _searches(settings, part)]
        found[part] = sum(count for count, _ in costs), sum(count * cost for count, cost in costs)
    again = [one for part in experiments.SEARCHED if part != "artworks" for one in _searches(settings, part)]
    flops = settings.rescored * sum(_per_training(settings, one) for one in again)
    found["rescored"] = settings.rescored * len(again), flops
    jobs = baselines.jobs(settings)
    found["baselines"] = len(jobs), sum(_classical(job.task) for job in jobs)
    memory = KEPT * max(math.prod(_size(Evaluation.of(settings, name))) for name in rows_of(settings)) / 256**2
    return planned(found, memory=memory, **needs)


def rows_of(settings: Settings) -> list[str]:
    """Every row that is searched, each once."""
    return list(dict.fromkeys([*settings.rows, *settings.shown_rows]))


def used_weights(settings: Settings) -> list[str]:
    """The pretrained weights that LPIPS needs."""
    return ["alexnet", "lpips-alex"] if settings.lpips == "alex" else ["vgg16", "lpips-vgg"]


def used_pictures(settings: Settings) -> list[str]:
    """Every picture and mask that the rows read."""
    rows = [tasks.row(name) for name in rows_of(settings)]
    return sorted({name for row in rows for name in (row.picture, row.mask) if name not in ("", "rectangle")})


def used_data(settings: Settings) -> list[str]:
    """The data sets, and the single pictures, that the study reads."""
    sets = {settings.artworks} - {"", "procedural"}
    return sorted({name.rpartition("/")[0] or name for name in used_pictures(settings)} | sets)


def _searches(settings: Settings, part: str) -> list[Search]:
    """The searches of a part; as many as there should be of artworks that are not here."""
    try:
        return experiments.searches(settings, part)
    except MissingData:
        return [experiments.artwork(settings, number, "") for number in range(MEDIA * settings.artworks_per_medium)]


def _trainings(one: Search) -> int:
    """Networks that a search is expected to train."""
    share = 1.0 if one.variant.startswith("sym") else VALID
    offspring = experiments.budget(one.population, one.generations) - one.population
    return one.population + round(share * offspring)


def _per_training(settings: Settings, one: Search) -> float:
    """Operations of training a mean network of a search: three passes of two operations a multiply-accumulate."""
    macs, iterations = _mean(settings.side or NATIVE, one.variant, *_space(settings))
    return 6 * macs * (iterations or settings.iterations)


def _space(settings: Settings) -> tuple[Any, ...]:
    """The settings that decide what a random network costs."""
    chosen = {**vars(settings), **settings.reading()}
    return (*(chosen[name] for name in _SPACE), tuple(settings.t_table), chosen["stage"])


@lru_cache(maxsize=8)
def _mean(side: int, variant: str, *space: Any) -> tuple[float, float]:
    """Multiply-accumulates of a pass through a mean valid network, and its iterations where it chooses them."""
    from lib.spaces.nasdip import NasDip

    named = dict(zip((*_SPACE, "t_table", "stage"), space, strict=True))
    genomes = NasDip(side=side, variant=variant, **named)
    draws = (genomes.sample(keyed(0, k)) for k in range(20 * SAMPLE))
    networks = [genomes.decode(genome) for genome in draws if genomes.invalid(genome) is None][:SAMPLE]
    macs = [dip.macs(network, dip.NetworkOptions(stage=space[-1]), side, side) for network in networks]
    return float(np.mean(macs)), float(np.mean([network.iterations or 0 for network in networks]))


def _classical(task: baselines.Baseline) -> float:
    """Operations of training a classical network; nothing for the other methods."""
    if task.method not in baselines.NETWORKS:
        return 0.0
    size = _size(task.evaluation)
    found = baselines.network(task, size)
    options = dip.NetworkOptions(up=found.up, input_channels=found.input_channels)
    published = task.method == "dip_published"
    iterations = task.share * found.iterations if published else task.evaluation.iterations
    return 6 * iterations * dip.macs(found.architecture, options, *size)


def _size(ev: Evaluation) -> tuple[int, int]:
    """Height and width of a row's pictures, px; of one that is not here what they should be."""
    try:
        return evaluate.problem(ev).size
    except MissingData:
        return (ev.side or NATIVE,) * 2
