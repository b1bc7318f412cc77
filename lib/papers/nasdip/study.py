"""The study as the notebook and the command line see it: compute parts, plan them, redraw everything from records."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from lib import weights
from lib.data import pictures
from lib.papers import study as studies
from lib.papers.nasdip import claims, computing, experiments, figures, tables, tasks
from lib.papers.nasdip.evaluate import Evaluation
from lib.papers.nasdip.settings import Settings
from lib.papers.study import Study

NOTEBOOK = "02_nasdip"
COMPUTERS: dict[str, Callable[[Study, Settings, str], None]] = {
    **dict.fromkeys(experiments.SEARCHED, computing.search),
    "baselines": computing.compare,
    "rescored": computing.rescored,
    "pictures": computing.draw_pictures,
}
VALID = {1: 0.5, 2: 0.375, 3: 0.3125, 4: 0.273, 5: 0.246, 6: 0.226}  # share of random genomes, by N (2.5)


def open_study(parameters: Mapping[str, Any]) -> tuple[Study, Settings]:
    """The study and its settings from a notebook's globals; sets threads, seeds and determinism.

    Raises ValueError for a bad parameter, and for missing weights or pictures, before any work starts.
    """
    settings = Settings.pick(parameters)
    for name in used_weights(settings):
        weights.digest(name)
    study = studies.begin(NOTEBOOK, settings, COMPUTERS)
    for name in (*settings.rows, *settings.shown_rows):
        Evaluation.of(settings, name).space()  # raises for a row, a size or a space that cannot be
    tasks.artworks(settings.artworks, settings.artworks_per_medium)
    return study, settings


def used_weights(settings: Settings) -> list[str]:
    """The pretrained weights that LPIPS needs."""
    return ["alexnet", "lpips-alex"] if settings.lpips == "alex" else ["vgg16", "lpips-vgg"]


def used_pictures(settings: Settings) -> list[str]:
    """Every picture and mask that the rows read."""
    rows = [tasks.row(name) for name in dict.fromkeys([*settings.rows, *settings.shown_rows])]
    return sorted({name for row in rows for name in (row.picture, row.mask) if name not in ("", "rectangle")})


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
    used = {name: weights.digest(name) for name in used_weights(settings)}
    data = {name: pictures.info(name).sha256 for name in used_pictures(settings)}
    parameters = {"profile": study.profile, "device": settings.device, "threads": settings.threads}
    return study.finish(parameters={**parameters, **settings.identity()}, weights=used, data=data)


def redraw(profile: str = "desk") -> list[Path]:
    """Redraw a profile's checked-in tables, figures and claims from the records among them; nothing is computed."""
    return studies.redraw(NOTEBOOK, profile, draw)
