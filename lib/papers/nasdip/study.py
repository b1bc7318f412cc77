"""The study as the notebook and the command line see it: compute parts, plan them, redraw everything from records."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from lib.papers import study as studies
from lib.papers.nasdip import claims, computing, experiments, figures, planning, tables, tasks
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


def open_study(parameters: Mapping[str, Any]) -> tuple[Study, Settings]:
    """The study and its settings from a notebook's globals; sets threads, seeds and determinism.

    Raises ValueError for a bad parameter, and for missing weights or pictures, before any work starts.
    """
    settings = Settings.pick(parameters)
    used = {"used_weights": planning.used_weights(settings), "used_pictures": planning.used_pictures(settings)}
    study = studies.begin(NOTEBOOK, settings, COMPUTERS, **used)
    for name in planning.rows_of(settings):
        Evaluation.of(settings, name).space()  # raises for a row, a size or a space that cannot be
    tasks.artworks(settings.artworks, settings.artworks_per_medium)
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
    used = {"used_weights": planning.used_weights(settings), "used_pictures": planning.used_pictures(settings)}
    return studies.finish(study, settings, **used)


def redraw(profile: str = "desk") -> list[Path]:
    """Redraw a profile's checked-in tables, figures and claims from the records among them; nothing is computed."""
    return studies.redraw(NOTEBOOK, profile, draw)
