"""What a profile would cost: candidates, floating-point operations and memory of each part, before anything runs."""

import math
from itertools import islice
from typing import Any

import numpy as np

from lib.data.registry import MissingData
from lib.models import dip
from lib.models.backbones import TRUNKS
from lib.papers.nasdip import baselines, evaluate, experiments, tasks
from lib.papers.nasdip.evaluate import Evaluation
from lib.papers.nasdip.experiments import Search
from lib.papers.nasdip.settings import Settings, space
from lib.papers.paper import planned
from lib.spaces.base import keyed

VALID = 0.5  # share of offspring that are networks, from generation 2 on; symmetric ones all are
MEDIA = 8  # folders of the artworks, where they are not here to be counted
NATIVE = 512  # px, the side of a picture that is not here to be measured
SAMPLE = 40  # random networks whose mean cost is taken
KEPT = 450e6  # bytes that the classical network keeps of a picture of 256 x 256


def plan(settings: Settings) -> list[dict[str, Any]]:
    """What each part would compute: rows, operations, bytes, and the pictures and weights it needs.

    Data sets that are not here are named and guessed at, not opened.
    """
    cost = {variant: _training(settings, variant) for variant in ("asym", "sym", "asym_t")}
    found, winners = {}, list[Search]()
    for part in experiments.SEARCHED:
        listed = _searches(settings, part)
        found[part] = sum(map(_trainings, listed)), sum(_trainings(one) * cost[one.variant] for one in listed)
        winners += listed if part != "artworks" else []
    again = sum(cost[one.variant] for one in winners)
    found["rescored"] = settings.rescored * len(winners), settings.rescored * again
    jobs = baselines.jobs(settings)
    found["baselines"] = len(jobs), sum(_classical(job.task) for job in jobs)
    memory = KEPT * max(math.prod(_size(Evaluation.of(settings, row))) for row in settings.searched) / 256**2
    data = {name.rpartition("/")[0] or name for name in used_pictures(settings)}
    data |= {settings.artworks} - {"", "procedural"}
    return planned(found, memory=memory, data=sorted(data), weights=used_weights(settings))


def used_weights(settings: Settings) -> list[str]:
    """The pretrained weights that LPIPS needs."""
    return list(TRUNKS[settings.lpips][:2])


def used_pictures(settings: Settings) -> list[str]:
    """Every picture and mask that the rows read."""
    return sorted({file for row in settings.searched for file in tasks.files(tasks.row(row))})


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


def _training(settings: Settings, variant: str) -> float:
    """Operations of training a mean valid network: three passes of two operations a multiply-accumulate."""
    side, reading = settings.side or NATIVE, settings.reading()
    genomes = space({**vars(settings), **reading, "variant": variant}, side)
    drawn = (genomes.sample(keyed(0, k)) for k in range(20 * SAMPLE))
    networks = [genomes.decode(genome) for genome in islice((g for g in drawn if not genomes.invalid(g)), SAMPLE)]
    macs = [dip.macs(network, dip.NetworkOptions(stage=reading["stage"]), side, side) for network in networks]
    return float(6 * np.mean(macs) * np.mean([network.iterations or settings.iterations for network in networks]))


def _classical(task: baselines.Baseline) -> float:
    """Operations of training a classical network; nothing for the other methods."""
    if task.method not in baselines.NETWORKS:
        return 0.0
    size = _size(task.evaluation)
    found = baselines.network(task, size)
    iterations = task.share * found.iterations if task.method == "dip_published" else task.evaluation.iterations
    return 6 * iterations * dip.macs(found.architecture, found.options, *size)


def _size(ev: Evaluation) -> tuple[int, int]:
    """Height and width of a row's pictures, px; of one that is not here what they should be."""
    try:
        return evaluate.problem(ev).size
    except MissingData:
        return (ev.side or NATIVE,) * 2
