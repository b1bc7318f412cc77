"""The study as the notebook and the command line see it: compute parts, plan them, redraw everything from records."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from lib.papers import study as studies
from lib.papers.cycleganas import claims, computing, experiments, figures, figures_search, scores, tables
from lib.papers.cycleganas.settings import Settings
from lib.papers.study import Study

NOTEBOOK = "05_cycleganas"
COMPUTERS: dict[str, Callable[[Study, Settings, str], None]] = {
    "domains": computing.domains,
    "search": computing.search,
    **dict.fromkeys(experiments.TRAININGS, computing.train_all),
    "ranks": computing.ranks,
}


def open_study(parameters: Mapping[str, Any]) -> tuple[Study, Settings]:
    """The study and its settings from a notebook's globals; sets threads, seeds and determinism.

    Raises ValueError for a bad parameter, and for missing weights, pictures or widths that no genotype can have,
    before any work starts.
    """
    settings = Settings.pick(parameters)
    experiments.check_names(settings)
    for kept in (scores.loaded, scores.target):  # a folder may hold others than before
        kept.cache_clear()
    study = studies.begin(NOTEBOOK, settings, COMPUTERS, **_used(settings))
    computing.check_domains(settings)
    return study, settings


def compute(study: Study, settings: Settings, *parts: str) -> None:
    """Compute what is missing of the named parts that the settings ask for.

    Raises `runs.OutOfTime` where the given time is spent; finished rows are stored.
    """
    for part in settings.asked(parts):
        COMPUTERS[part](study, settings, part)


def draw(study: Study) -> None:
    """Every table, figure and claim that the study's records allow; what they lack is noted in `study.missing`."""
    for product in (*tables.PRODUCTS, *figures.PRODUCTS, *figures_search.PRODUCTS):
        product(study)
    claims.judge_all(study)


def finish(study: Study, settings: Settings) -> Path:
    """Write the figure folder's manifest: settings, seeds, versions, hashes, and what is missing and why."""
    return studies.finish(study, settings, **_used(settings))


def redraw(profile: str = "desk") -> list[Path]:
    """Redraw a profile's checked-in tables, figures and claims from the records among them; nothing is computed."""
    return studies.redraw(NOTEBOOK, profile, draw)


def _used(settings: Settings) -> dict[str, Any]:
    return {"used_weights": computing.used_weights(settings), "used_pictures": computing.used_pictures(settings)}
