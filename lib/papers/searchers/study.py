"""The study as the notebook and the command line see it: compute parts, plan them, redraw everything from records."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lib.papers import study as studies
from lib.papers.searchers import computing, figures, problems, tables
from lib.papers.searchers.computing import CONTROLS, DIFFERENTIABLE, NOISE
from lib.papers.searchers.settings import Settings
from lib.papers.study import Study
from lib.searchers.differentiable import SCHEMES

NOTEBOOK = "06_searchers"
OVERHEAD_S = 0.001  # of a candidate in the loop, about; most of what a formula costs
DIFFERENTIABLE_S = 2  # all differentiable searches at once, about


def open_study(parameters: Mapping[str, Any]) -> tuple[Study, Settings]:
    """The study and its settings from a notebook's globals; sets threads, seeds and determinism.

    Raises ValueError for a bad parameter, and for missing weights or pictures, before any work starts.
    """
    settings = Settings.pick(parameters)
    return studies.begin(NOTEBOOK, settings, [part["part"] for part in plan(settings)], **_used(settings)), settings


def compute(study: Study, settings: Settings, *parts: str) -> None:
    """Compute what is missing of the named parts that the settings ask for; all of them if none is named.

    Raises `runs.OutOfTime` where the given time is spent; finished rows are stored.
    """
    known = {problem.name: problem for problem in problems.chosen(settings)}
    for part in settings.asked(parts or (*known, CONTROLS, NOISE, DIFFERENTIABLE)):
        if part in known:
            computing.compute_problem(study, settings, known[part])
        elif part == CONTROLS:
            computing.compute_controls(study, settings)
        elif part == NOISE:
            computing.compute_noise(study, settings)
        else:
            computing.compute_differentiable(study, settings)


def plan(settings: Settings) -> list[dict[str, Any]]:
    """What each part would compute: candidates or trainings, operations, and the pictures and weights it needs."""
    parts, controls = [], 0
    for problem in problems.chosen(settings):
        each = settings.budget(problem.kind) * len(computing.arms(settings, problem))
        controls += each * settings.control_seeds
        rows, needs = each * settings.seeds(problem.kind), {"data": problem.data, "weights": problem.weights}
        cost = {"flops": rows * problem.flops} | ({} if problem.flops else {"seconds": rows * OVERHEAD_S})
        parts.append({"part": problem.name, "rows": rows, "memory": 2e8, **cost, **needs})
    beside = {CONTROLS: controls, NOISE: 2 * settings.toy_seeds * settings.toy_budget}
    costs = {part: (rows, rows * OVERHEAD_S) for part, rows in beside.items()}
    costs[DIFFERENTIABLE] = len(SCHEMES) * settings.toy_seeds, DIFFERENTIABLE_S
    for part, (rows, seconds) in costs.items():
        parts.append({"part": part, "rows": rows, "flops": 0, "memory": 2e8, "seconds": seconds})
    return parts


def draw(study: Study) -> None:
    """Every table and figure that the study's records allow."""
    tables.schemes(study)
    figures.schemes(study)
    rows = tables.load(study)
    for product in (tables.found, tables.wins, *figures.PRODUCTS):
        product(study, rows)
    searched = set(rows.loc[rows["experiment"] == "search", "name"])
    for draw_one, names in figures.EACH.items():
        for name in names:
            if name in searched:
                draw_one(study, rows, name)


def finish(study: Study, settings: Settings) -> Path:
    """Write the figure folder's manifest: settings, seeds, versions, hashes, and what is missing and why."""
    return studies.finish(study, settings, **_used(settings))


def redraw(profile: str = "desk") -> list[Path]:
    """Redraw a profile's checked-in tables and figures from the records among them; nothing is computed."""
    return studies.redraw(NOTEBOOK, profile, draw)


def _used(settings: Settings) -> dict[str, list[str]]:
    """The weights and pictures of all problems chosen."""
    chosen = problems.chosen(settings)
    return {
        "used_weights": sorted({name for problem in chosen for name in problem.weights}),
        "used_pictures": sorted({name for problem in chosen for name in problem.data}),
    }
