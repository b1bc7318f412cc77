"""Computing the parts: searches, neutral controls and the noise experiment. A search is a run of its own, resumable.

What tables and figures read is one record a problem and searcher, `bits-genetic`: candidate k of the search with seed s
stands there as (k, s), of `n` repeats as (k, s n + repeat).
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from lib.papers.problem import Problem
from lib.papers.searchers import problems
from lib.papers.searchers.settings import Settings
from lib.papers.study import Study
from lib.search import loop
from lib.search.cache import Cache
from lib.searchers import SEARCHERS
from lib.searchers.base import Searcher
from lib.searchers.differentiable import SCHEMES
from lib.spaces.base import Space
from lib.spaces.toy import BitString

KEPT = ("genome", "score", "reason")  # of a search's row; the run has all
MORE = {"toy": ("metrics",), "standin": (), "real": ("metrics", "seed", "seconds", "cached")}  # by kind of problem
ASKED = 4  # candidates that a search on real trainings may ask for each; repeated and invalid ones need none
CONTROLS, NOISE, DIFFERENTIABLE = "controls", "noise", "differentiable"  # parts beside the problems themselves
LEARNING_RATE = 0.02  # of REINFORCE, for budgets of a few hundred


def searcher(name: str, space: Space, seed: int, population: int) -> Searcher:
    """A searcher by name with settings for small budgets; one that is not named here keeps its own defaults."""
    valid = {"init": "valid"}
    options: dict[str, dict[str, Any]] = {
        "random": valid,
        "stratified": valid,
        "aging_evolution": {**valid, "population": population, "sample": max(2, population // 2)},
        "genetic": {**valid, "population": population, "elite": 0.1, "rate": 1 / len(space.genes)},
        "reinforce": {"batch": max(2, population // 2), "lr": LEARNING_RATE},
    }
    return SEARCHERS[name](space, seed, **options.get(name, {}))


def arms(settings: Settings, problem: Problem) -> list[str]:
    """The searchers that can search a problem's space: stratified search needs bits."""
    return [name for name in settings.compared if name != "stratified" or problem.space.binary]


def population(settings: Settings, problem: Problem) -> int:
    """How many members a population has, and over how many candidates a distance is taken."""
    return max(4, settings.budget(problem.kind) // settings.generations)


def computers(settings: Settings) -> Mapping[str, Callable[[Study, Settings, str], None]]:
    """The functions that compute the parts: the chosen problems, then what stands beside them."""
    chosen = {one.name: partial(compute_problem, one) for one in problems.chosen(settings)}
    beside = {CONTROLS: compute_controls, NOISE: compute_noise, DIFFERENTIABLE: compute_differentiable}
    return {**chosen, **beside}


def compute_problem(problem: Problem, study: Study, settings: Settings, part: str) -> None:
    """Every searcher on one problem."""
    for name in arms(settings, problem):
        _compute(study, settings, problem, name, settings.seeds(problem.kind))


def compute_controls(study: Study, settings: Settings, part: str) -> None:
    """The same searchers told scores by chance; invalid genomes stay invalid."""
    for problem in problems.chosen(settings):
        neutral = replace(problem, name=f"control-{problem.name}", evaluate=problems.chance, settings=None, identity={})
        for name in arms(settings, problem):
            _compute(study, settings, neutral, name, settings.control_seeds, seeding="per_candidate")


def compute_noise(study: Study, settings: Settings, part: str) -> None:
    """Aging evolution on noisy bits: one evaluation a candidate, then several, at equal evaluations in all."""
    for repeats in (1, settings.repeats):
        problem = problems.toy(BitString(12, block=6), f"noise-{repeats}", "toy: 12 noisy bits", settings.noise)
        own = {"repeats": repeats, "seeding": "per_candidate"}
        _compute(study, settings, problem, "aging_evolution", settings.toy_seeds, **own)


def compute_differentiable(study: Study, settings: Settings, part: str) -> None:
    """Differentiable searches of a toy of their own, by all schemes; they ask for no candidates."""
    from lib.papers.searchers import differentiable  # and with it torch

    with study.open_run(DIFFERENTIABLE, {**differentiable.about(), "seeds": settings.toy_seeds}) as run:
        for k, scheme in enumerate(SCHEMES):
            missing = [seed for seed in range(settings.toy_seeds) if (k, seed) not in run.record.done]
            found = differentiable.search(scheme, missing) if missing else []
            for seed, row in zip(missing, found, strict=True):
                run.record.append({"k": k, "repeat": seed, **row}, sync=False)
        run.record.sync()
        study.export(run, DIFFERENTIABLE, {})


def _compute(study: Study, settings: Settings, problem: Problem, name: str, seeds: int, **shape: Any) -> None:
    """One searcher on one problem with so many seeds; the joined record says all that its rows depend on."""
    size, repeats = population(settings, problem), shape.get("repeats", 1)
    found = [_search(study, settings, problem, searcher(name, problem.space, seed, size), shape)
             for seed in range(seeds)]  # fmt: skip
    described = {field: getattr(problem, field) for field in ("name", "title", "kind", "score", "optimum", "unit")}
    engine = loop.identity(searcher(name, problem.space, 0, size), problem.identity, window=settings.window, **shape)
    plan = {"seeds": seeds, "budget": settings.budget(problem.kind), "population": size}
    part = f"{problem.name}-{name}"
    with study.open_run(part, {**engine, "problem": described, **plan}) as run:
        for seed, rows in enumerate(found):
            for row in sorted(rows, key=lambda row: (row["k"], row["repeat"])):
                key = (row["k"], seed * repeats + row["repeat"])
                if key not in run.record.done:
                    kept = {field: row[field] for field in (*KEPT, *MORE[problem.kind])}
                    run.record.append({"k": key[0], "repeat": key[1], **kept}, sync=False)
        run.record.sync()
        study.export(run, part, {})


def _search(study: Study, settings: Settings, problem: Problem, one: Searcher, shape: dict[str, Any]) -> list[Any]:
    """The rows of one search, run or continued."""
    part, real = f"{problem.name}-{one.name}-{one.seed}", problem.kind == "real"
    shape, budget = {"window": settings.window, **shape}, settings.budget(problem.kind) // shape.get("repeats", 1)
    workers = settings.workers if real else "serial"  # a toy takes no time, a pool of processes does
    shared = real and "seeding" not in shape  # by searches with equal seeds, whose first generations are alike
    with study.open_run(part, loop.identity(one, problem.identity, problem=problem.name, **shape)) as run:
        found = loop.run_search(
            one, problem.evaluate, problem.settings, record=run.record, budget=ASKED * budget if real else budget,
            workers=workers, max_trainings=budget if real else None,
            cache=Cache(problem.evaluate, problem.identity) if shared else None, label=part, **shape,
        )  # fmt: skip
    return found.rows
