"""The study as the notebook and the command line see it: compute parts, plan them, redraw everything from records."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from lib.papers import study as studies
from lib.papers.study import Study
from lib.papers.stylenas import claims, computing, experiments, figures, photos, tables
from lib.papers.stylenas.evaluate import SPACE
from lib.papers.stylenas.settings import Settings

NOTEBOOK = "03_stylenas"
COMPUTERS: dict[str, Callable[[Study, Settings, str], None]] = {
    "oracle": computing.oracle,
    **dict.fromkeys(experiments.SEARCHED, computing.search),
    "noise": computing.noise,
    "rescored": computing.rescored,
    "anchors": computing.anchors,
    "ablation": computing.ablation,
    "final": computing.final,
    "quality": computing.quality,
    "timing": computing.timing,
    "pictures": computing.paintings,
}


def open_study(parameters: Mapping[str, Any]) -> tuple[Study, Settings]:
    """The study and its settings from a notebook's globals; sets threads, seeds and determinism.

    Raises ValueError for a bad parameter, a photo of a pair among the training photos, and for missing weights or
    photos, before any work starts.
    """
    settings = Settings.pick(parameters)
    study = studies.begin(NOTEBOOK, settings, COMPUTERS, **_used(settings))
    photos.check_disjoint(settings.training, settings.photos, settings.pairs)
    photos.check_split(settings.pairs, settings.search_pairs)
    for name in settings.noise_genomes:
        SPACE.named(name)
    return study, settings


def compute(study: Study, settings: Settings, *parts: str) -> None:
    """Compute what is missing of the named parts that the settings ask for.

    Raises `runs.OutOfTime` where the given time is spent; finished rows are stored.
    """
    for part in settings.asked(parts):
        COMPUTERS[part](study, settings, part)


def draw(study: Study) -> None:
    """Every table, figure and claim that the study's records allow; what they lack is noted in `study.missing`."""
    for product in (*tables.PRODUCTS, *figures.PRODUCTS):
        product(study)
    claims.judge_all(study)


def finish(study: Study, settings: Settings) -> Path:
    """Write the figure folder's manifest: settings, seeds, versions, hashes, and what is missing and why."""
    return studies.finish(study, settings, **_used(settings))


def redraw(profile: str = "desk") -> list[Path]:
    """Redraw a profile's checked-in tables, figures and claims from the records among them; nothing is computed."""
    return studies.redraw(NOTEBOOK, profile, draw)


def _used(settings: Settings) -> dict[str, Any]:
    used = photos.digests([*settings.training, settings.pairs, photos.BUNDLED])
    return {"used_weights": computing.used_weights(settings), "used_pictures": list(used)}
