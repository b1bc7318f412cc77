"""Computing the parts: searches, fresh scores of their winners, and the pictures that the figures show."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from lib import device, weights
from lib.data import images, pictures
from lib.papers import rows
from lib.papers.nasdip import baselines, evaluate, experiments, planning, records, tasks
from lib.papers.nasdip.baselines import Baseline
from lib.papers.nasdip.evaluate import Evaluation
from lib.papers.nasdip.experiments import Search
from lib.papers.nasdip.records import Stored
from lib.papers.nasdip.settings import Settings
from lib.papers.rows import Job
from lib.papers.study import Study
from lib.search import loop
from lib.search.cache import Cache
from lib.search.workers import Outcome
from lib.searchers.base import Searcher
from lib.searchers.generation import Stop
from lib.searchers.genetic import Genetic
from lib.searchers.random_search import RandomSearch

# How many genomes random search may ask for each training that it has; repeated and invalid ones need none.
ASKED = {"valid": 2, "uniform": 20}


def check_rows(settings: Settings) -> None:
    """Raise ValueError for a row, a size or a space that cannot be, MissingData for artworks that are not there."""
    for row in settings.searched:
        Evaluation.of(settings, row).space()
    tasks.artworks(settings.artworks, settings.artworks_per_medium)


def search(study: Study, settings: Settings, part: str) -> None:
    """Run or continue every search of a part, each with a record of its own.

    Random search gets as many trainings as the genetic algorithm of the same row and seed.
    """
    for one in experiments.searches(settings, part):
        trainings, budget = None, experiments.budget(one.population, one.generations)
        if one.random:
            name = experiments.record_name("truth", one.row, one.seed)
            if (twin := records.load(study, name)) is None:
                study.lack(one.name, f"random search gets as many trainings as {name}, which has none")
                continue
            trainings = int(twin.trained.sum())
            budget = ASKED[settings.init] * trainings
        run_search(study, settings, one, budget, trainings)


def run_search(study: Study, settings: Settings, one: Search, budget: int, trainings: int | None) -> None:
    """Run or continue one search up to so many candidates, and distinct networks where told; export its record.

    It is the paper's genetic algorithm, or random search over the same space. Fitness is the paper's 1 - LPIPS, and a
    rank for held-out errors, which 1 - x would hardly tell apart.
    """
    ev = evaluate.of(settings, one)
    searcher: Searcher = RandomSearch(ev.space(), one.seed, init=settings.init) if one.random else Genetic(
        ev.space(), one.seed, population=one.population, elite=experiments.ELITE, rate=one.mutation_rate,
        parents=settings.parents, fitness="rank" if one.reference == "heldout" else "one_minus", init=settings.init,
        stop=Stop() if settings.early_stop else None,
    )  # fmt: skip
    used = {name: weights.digest(name) for name in planning.used_weights(settings)}
    identity = loop.identity(searcher, ev.identity(), window=settings.window, threads_per_candidate=settings.threads,
                             search=asdict(one), weights=used)  # fmt: skip
    cache = Cache(evaluate.evaluate, ev.identity(), data=used, threads=settings.threads)
    with study.open_run(one.name, identity) as run_:
        loop.run_search(
            searcher, evaluate.evaluate, ev, record=run_.record, budget=budget, window=settings.window,
            max_trainings=trainings, cache=cache, cost=partial(evaluate.cost, ev), workers=settings.workers,
            limits=settings.limits, label=one.name,
        )  # fmt: skip
        study.export(run_, one.name, {})


def complete(study: Study, settings: Settings, part: str) -> bool:
    """Whether nothing that the part needs was left out by `parts`, so that its record replaces no fuller one."""
    absent = [one.name for one in experiments.every(settings) if settings.parts and not study.has(one.name)]
    if absent:
        study.lack(part, f"it needs every search, and this run leaves out {len(absent)}, such as {absent[0]}")
    return not absent


def found(study: Study, settings: Settings) -> Iterator[tuple[int, Stored]]:
    """The place and the record of every search that was run and found a network."""
    for place, one in enumerate(experiments.every(settings)):
        if (stored := records.load(study, one.name)) is not None:
            yield place, stored


@dataclass(frozen=True)
class Trained:
    """A genome of a search, to be trained again."""

    evaluation: Evaluation
    genome: str


def rescored(study: Study, settings: Settings, part: str) -> None:
    """Every winner again with fresh seeds for weights and input, all with the whole observation in the loss."""
    if not complete(study, settings, part):
        return
    jobs = []
    for k, one in found(study, settings):
        if one.search.part == "artworks":
            continue
        task = Trained(Evaluation.of(settings, one.search.row, one.search.variant), one.winner["genome"])
        config = {name: value for name, value in asdict(one.search).items() if name not in ("name", "seed")}
        config |= {"search": one.search.name, "search_seed": one.search.seed, "text": task.genome}
        seeds = [device.keyed_seed(settings.seed, "fresh", repeat) for repeat in range(settings.rescored)]
        jobs += [Job(k, repeat, seed, task, config) for repeat, seed in enumerate(seeds)]
    rows.compute(study, part, jobs, train_again, **_common(settings))


def train_again(task: Trained, seed: int, folder: Path) -> Outcome:
    """The outcome of a genome with another seed."""
    return evaluate.evaluate(task.evaluation, task.evaluation.space().parse(task.genome), seed)


def compare(study: Study, settings: Settings, part: str) -> None:
    """Every baseline on every row."""
    rows.compute(study, part, baselines.jobs(settings), baselines.compute, **_common(settings))


def draw_pictures(study: Study, settings: Settings, part: str) -> None:
    """The pictures of figures 1, 3, 6, 7 and 8. What may not be shown is kept apart from what may."""
    if not complete(study, settings, part):
        return
    wanted = enumerate(_wanted(study, settings))
    jobs = [Job(k, 0, seed, task, {"row": row, "what": what}) for k, (row, what, task, seed) in wanted]

    def showable(row: dict[str, Any]) -> bool:
        return pictures.info(tasks.row(row["config"]["row"]).picture).showable

    rows.compute(study, part, jobs, paint, showable=showable, **_common(settings))


def paint(task: Baseline | Trained, seed: int, folder: Path) -> Outcome:
    """Make one picture again, save and measure it."""
    if isinstance(task, Trained):
        picture = evaluate.restore(task.evaluation, task.evaluation.space().parse(task.genome), seed).output
    else:
        picture, _ = baselines.restored(task, seed)
    metrics = evaluate.measure(task.evaluation, picture)
    name = f"artifacts/{task.evaluation.row.replace('/', '_')}-{device.keyed_seed(task, seed):016x}.png"
    images.save(picture[0].clamp(0, 1), folder / name)
    return Outcome(metrics["lpips_truth"], metrics, artifacts={"image": name})


def _wanted(study: Study, settings: Settings) -> Iterator[tuple[str, str, Baseline | Trained, int]]:
    """(row, what, task, seed) of every picture. What is compared has one fresh seed, for a search picks lucky ones; the
    individuals of figure 3, and the winners beside that, have the seed of their search."""
    fresh = device.keyed_seed(settings.seed, "fresh", 0)
    for row in settings.searched:
        for method in ("truth", *baselines.PLAIN[tasks.row(row).task], *settings.classical):
            yield row, method, baselines.baseline(settings, row, method), fresh
    for _, one in found(study, settings):
        part, row, ev = one.search.part, one.search.row, evaluate.of(settings, one.search)
        if one.search.seed or part not in ("truth", "mutation", "artworks"):
            continue
        yield row, one.search.shown, Trained(ev, one.winner["genome"]), fresh
        again = {"winner_own": one.winner} if part == "truth" else {}
        again |= one.ladder if part == "truth" and row in settings.shown_rows[:1] else {}
        for what, member in again.items():
            yield row, what, Trained(ev, member["genome"]), int(member["seed"])


def _common(settings: Settings) -> dict[str, Any]:
    """What the rows of all parts depend on, and where they are computed."""
    identity = {
        "seed": settings.seed, "device": str(device.pick(settings.device)), "threads": settings.threads,
        "pictures": {name: pictures.info(name).sha256 for name in planning.used_pictures(settings)},
        "weights": {name: weights.digest(name) for name in planning.used_weights(settings)},
    }  # fmt: skip
    return {"identity": identity, "workers": settings.workers, "limits": settings.limits}
