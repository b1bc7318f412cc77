"""The study as the notebook and the command line see it: compute parts, plan them, redraw everything from records."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from lib.models import vgg
from lib.papers import study as studies
from lib.papers.nst import claims, evaluate, experiments, extras, figures, optimisers, pareto, references, tables, votes
from lib.papers.nst.settings import Settings
from lib.papers.study import Study
from lib.paths import atomic

NOTEBOOK = "01_nst"


def keep_votes(study: Study, settings: Settings, part: str = "votes") -> None:
    """Copy the real votes cast on this machine, if there are any, to the study's records."""
    cast = votes.real(votes.read())
    if len(cast):
        with atomic(study.records / figures.VOTES) as temporary:
            cast.to_csv(temporary, index=False)


COMPUTERS: dict[str, Callable[[Study, Settings, str], None]] = {
    "references": references.compute,
    **dict.fromkeys(experiments.PARTS, evaluate.compute),
    "naturalness": references.compute_naturalness,
    "votes": keep_votes,
    "optimisers": optimisers.compute,
    "pareto_tpe": pareto.compute,
    "pareto_random": pareto.compute,
}


def open_study(parameters: Mapping[str, Any]) -> tuple[Study, Settings]:
    """The study and its settings from a notebook's globals; sets threads, seeds and determinism.

    Raises ValueError for a bad parameter, and for missing weights or pictures, before any work starts.
    """
    settings = Settings.pick(parameters)
    return studies.begin(NOTEBOOK, settings, COMPUTERS, **_used(settings)), settings


def _used(settings: Settings) -> dict[str, list[str]]:
    """The pretrained weights and the pictures that a run reads."""
    named = list(dict.fromkeys(name for _, name in experiments.pictures(settings)))
    return {"used_weights": [vgg.ENCODERS[settings.encoder].weights, "alexnet", "lpips-alex"], "used_pictures": named}


def compute(study: Study, settings: Settings, *parts: str) -> None:
    """Compute what is missing of the named parts that the settings ask for, one record a part.

    Raises `runs.OutOfTime` where the given time is spent; finished rows are stored.
    """
    for part in settings.asked(parts):
        COMPUTERS[part](study, settings, part)


def plan(settings: Settings) -> list[dict[str, Any]]:
    """What each part would compute: rows, floating-point operations, bytes, and the pictures and weights it needs."""
    used = _used(settings)
    needs = {"data": sorted({*used["used_pictures"], settings.photos} - {""}), "weights": used["used_weights"]}
    work = {}  # rows, operations and the largest side of each part
    for part in experiments.PARTS:
        planned = [item.configuration for item in experiments.plan(settings, part)]
        flops = sum(_flops(settings, c.side) * c.steps for c in planned)
        work[part] = len(planned), flops, max((c.side for c in planned), default=0)
    small, runs = _flops(settings, settings.small_side), len(optimisers.plan(settings))
    search = settings.trials, settings.trials * settings.small_steps * small, settings.small_side
    work |= {"pareto_tpe": search, "pareto_random": search,
             "optimisers": (runs, 2 * runs * settings.evaluations * small, settings.small_side)}  # fmt: skip
    return [
        {"part": part, "rows": rows, "flops": flops, "memory": _memory(settings, side), **needs}
        for part, (rows, flops, side) in work.items()
    ]


def _flops(settings: Settings, side: int) -> float:
    """Operations of one image and step on a square picture: forward, backward to the image, Gram matrices (+7%)."""
    family = vgg.ENCODERS[settings.encoder].family
    names = vgg.layer_names(family)[: vgg.depth(vgg.CONTENT_LAYER, family)]
    return 4 * 1.07 * vgg.macs(names, side, side)


def _memory(settings: Settings, side: int) -> float:
    """Bytes of activations and gradients of a batch; the first two blocks dominate (about 1.2 kB a pixel)."""
    return settings.batch * side * side * 2400.0


def draw(study: Study) -> None:
    """Every table, figure and claim that the study's records allow; what they lack is noted in `study.missing`."""
    for product in (*tables.PRODUCTS, *figures.PRODUCTS, *extras.PRODUCTS):
        product(study)
    claims.judge_all(study)


def finish(study: Study, settings: Settings) -> Path:
    """Write the figure folder's manifest: settings, seeds, versions, hashes, and what is missing and why."""
    return studies.finish(study, settings, **_used(settings))


def redraw(profile: str = "desk") -> list[Path]:
    """Redraw a profile's checked-in tables, figures and claims from the records among them; nothing is computed."""
    return studies.redraw(NOTEBOOK, profile, draw)
