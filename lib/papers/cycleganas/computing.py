"""Computing the parts: what scores say of untrained things, searches, trainings from scratch, ranks by supernetwork."""

import math
import time
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from lib import device, weights
from lib.data import images
from lib.data.domains import MADE
from lib.data.synthetic_domains import PHOTOS
from lib.metrics.features import clean
from lib.models import cyclegan as models
from lib.papers import kept, long_runs, networks, rows
from lib.papers.cycleganas import experiments, recipes, scores
from lib.papers.cycleganas.experiments import Search, Training, called
from lib.papers.cycleganas.recipes import Recipe
from lib.papers.cycleganas.records import DIRECTIONS, MEASURES
from lib.papers.cycleganas.scores import Scores
from lib.papers.cycleganas.settings import Settings
from lib.papers.long_runs import LongRun
from lib.papers.rows import Job
from lib.papers.settings import anywhere
from lib.papers.study import Study
from lib.search.cache import code_hash
from lib.search.progress import Tell, silent
from lib.search.workers import Outcome
from lib.training import trainer
from lib.training.cyclegan import CycleSettings, CycleTraining
from lib.training.cycleganas_search import CycleSearch, SearchPlan

SCORES = [f"{measure}_{direction}" for measure in MEASURES for direction in DIRECTIONS]


@dataclass(frozen=True)
class Task:
    """Something to compute on a set; `text` is a genotype's, or empty.

    What a record's identity holds anyway, or what changes no result, does not enter its `repr`.
    """

    settings: Settings = field(repr=False)
    key: str  # of the set
    name: str
    text: str = ""
    widths: tuple[int, int] = (0, 0)
    training: Training | None = None
    search: Search | None = None
    checkpoint: Path = field(default=Path(), repr=False)  # of the search whose supernetwork is asked

    @property
    def scores(self) -> Scores:
        """What its scores depend on."""
        return Scores.of(self.settings, self.key)


def keys(settings: Settings) -> dict[str, str]:
    """The sets' keys by their short names."""
    return {called(key): key for key in settings.data}


def check_domains(settings: Settings) -> None:
    """Read all sets anew; ValueError for one that cannot be trained on, MissingData for one that is not there."""
    for cached in (scores.loaded, scores.target):  # a folder may hold others than before
        cached.cache_clear()
    for key in settings.data:
        scores.loaded(key, settings.side)


def domains(study: Study, settings: Settings, part: str) -> None:
    """The scores of untranslated pictures and of other real ones, for every set."""
    jobs: list[Job] = []
    for data, key in keys(settings).items():
        found = Scores.of(settings, key).domains
        facts = {name: len(getattr(found, name)) for name in ("train_a", "train_b", "test_a", "test_b")}
        for name in ("untranslated", "other pictures"):
            about = {"data": data, "name": name, "title": found.title, "source": found.source, **facts,
                     "showable": found.showable, "paired": found.paired}  # fmt: skip
            jobs.append(Job(len(jobs), 0, settings.seed, Task(settings, key, name), about))
    _compute(study, settings, part, jobs, anchor)


def anchor(task: Task, seed: int, folder: Path) -> Outcome:
    """Scores of the pictures as they are, or of training pictures of the right domain."""
    begin, known = time.perf_counter(), task.scores
    sources = scores.sources(known)
    if task.name == "untranslated":
        made = {direction: pictures.float() / 255 for direction, pictures in sources.items()}
        metrics = scores.distances(known, made, intervals=True) | scores.errors(known, made)
    else:
        others = {"AtoB": known.domains.train_b[: len(sources["BtoA"])],
                  "BtoA": known.domains.train_a[: len(sources["AtoB"])]}  # fmt: skip
        made = {name: clean(pictures.float() / 255, known.side) for name, pictures in others.items()}
        metrics = scores.distances(known, made, intervals=True)
    return Outcome(_mean_kd(metrics), metrics, time.perf_counter() - begin)


def search(study: Study, settings: Settings, part: str) -> None:
    """Run or continue every search, several at once where there are workers; each has its own record."""
    found = [long_run(settings, one) for one in experiments.searches(settings)]
    long_runs.compute(study, found, begin_search, workers=settings.workers, limits=settings.limits)


def long_run(settings: Settings, one: Search) -> LongRun:
    """A search as a run with a record of its own."""
    task, training = Task(settings, keys(settings)[one.data], one.name, search=one), search_training(settings, one)
    chunk = recipes.chunk(settings, training.iterations)
    identity = {
        "search": asdict(one), "plan": asdict(search_plan(settings, one)), "training": anywhere(training),
        "threads": settings.threads, "space": {"blocks": settings.blocks, "preset": settings.preset},
        "pictures": {task.key: task.scores.domains.sha256}, "seed": settings.seed, "chunk": chunk,
    }  # fmt: skip
    return LongRun(one.name, identity, math.ceil(training.iterations / chunk), settings.seed, task)


def begin_search(task: Task) -> CycleSearch:
    """A search at its beginning; schemes of one seed have equal first weights."""
    assert task.search is not None
    settings, found = task.settings, task.scores.domains
    training = search_training(settings, task.search)
    seed = device.keyed_seed(settings.seed, "search", task.search.seed) % 2**31
    return CycleSearch(search_plan(settings, task.search), training, found.train_a, found.train_b, seed,
                       chunk=recipes.chunk(settings, training.iterations))  # fmt: skip


def search_plan(settings: Settings, one: Search) -> SearchPlan:
    """What a search does."""
    return SearchPlan(
        scheme=one.scheme, blocks=settings.blocks, H=settings.search_width, ndf=settings.search_ndf,
        preset=settings.preset, mix=settings.mix, form=settings.form, alpha_lr=settings.alpha_lr,
        same_pair=settings.same_pair and one.scheme == "TF",
    )  # fmt: skip


def search_training(settings: Settings, one: Search) -> CycleSettings:
    """How a search trains."""
    larger = Scores.of(settings, keys(settings)[one.data]).domains.larger
    return recipes.cycle_settings(settings, experiments.iterations(settings, one, larger), 1)


def derived(study: Study, settings: Settings, one: Search) -> tuple[Path, str]:
    """The checkpoint of a finished search and the text of what it derived; ValueError where it is not finished."""
    path, stored = long_runs.finished(study, long_run(settings, one))
    return path, str(stored[-1]["config"]["genotype"])


def train_all(study: Study, settings: Settings, part: str) -> None:
    """Train the pairs of a part from scratch and score them."""
    jobs, order = [], dict[Any, int]()
    for one in experiments.trainings(settings, part):
        task = training_task(study, settings, one)
        k = order.setdefault(replace(one, repeat=0), len(order))
        H_A, H_B = task.widths
        about = {
            "data": one.data, "name": one.name, "method": one.method, "target": one.target,
            "scheme": one.search.scheme if one.search else "", "search": one.search.seed if one.search else one.number,
            "text": task.text, "H_A": H_A, "H_B": H_B,
        }  # fmt: skip
        jobs.append(Job(k, one.repeat, settings.seed, task, about))
    showable = {data: Scores.of(settings, key).domains.showable for data, key in keys(settings).items()}
    _compute(study, settings, part, jobs, train, showable=lambda row: showable[row["config"]["data"]])


def training_task(study: Study, settings: Settings, one: Training) -> Task:
    """A training with its architecture and widths; ValueError where the search behind it is not finished."""
    space = experiments.space(settings)
    genome = space.cyclegan
    if one.method == "R":
        genome = experiments.random_genome(settings, one.number)
    elif one.search:
        genome = space.parse(derived(study, settings, one.search)[1])
    widths = experiments.widths(settings, one, space.decode(genome))
    text = space.text(genome if one.method in ("N", "R") else space.cyclegan)
    return Task(settings, keys(settings)[one.data], one.name, text, widths, training=one)


def train(task: Task, seed: int, folder: Path) -> Outcome:
    """Train a pair from scratch, score all translations of test pictures and keep a sheet of the first ones."""
    one, known, made = task.training, task.scores, trained(task)
    assert one is not None
    translate = made.training.translate
    pictures = scores.translated(known, translate)
    metrics = scores.distances(known, pictures, intervals=True) | scores.errors(known, pictures)
    metrics |= scores.reconstruction(known, pictures, translate)
    counts = {f"params_{name}": models.parameters(net) for name, net in made.training.gan.networks.items()}
    aim, seconds = 2 * experiments.size(task.settings, one.target), sum(row["seconds"] for row in made.rows)
    metrics |= counts | {"mismatch": (counts["params_G_A"] + counts["params_G_B"]) / aim - 1}
    course = [row["metrics"] for row in made.rows]
    scored = [row for row in course if SCORES[0] in row]
    metrics |= _best(scored) | {"updates": course[-1]["updates"], "seconds_training": seconds}
    curves = {"step": [float(row["iterations"]) for row in scored]}
    curves |= {name: [float(row[name]) for row in scored] for name in SCORES}
    curves |= {name: [float(row[name]) for row in course] for name in ("g_loss", "d_loss")}
    which = f"{one.search.scheme}{one.search.seed}" if one.search else f"r{one.number}" if one.number >= 0 else "own"
    name = f"artifacts/{one.data}-{one.name.replace(chr(39), 'x')}-{which}-{one.repeat}.png"
    images.save(scores.sheet(known, translate), folder / name)
    return Outcome(_mean_kd(metrics), metrics, seconds, artifacts={"image": name}, curves=curves)


def _best(scored: list[dict[str, float]]) -> dict[str, float]:
    """The best scores during a training and their iterations, each measure and direction for itself."""
    result: dict[str, float] = {}
    for name in SCORES:
        measure, direction = name.split("_")
        best, step = min((row[name], row["iterations"]) for row in scored)
        result |= {f"{name}_best": best, f"{measure}_step_{direction}": step}
    return result


def trained(task: Task, told: Tell = silent) -> kept.Trained[CycleTraining]:
    """The trained pair of a task, begun, continued or only loaded, with the rows of its training.

    Each is made once: its record and checkpoint lie below the cache folder. Raises FloatingPointError if it diverges,
    `runs.OutOfTime` where the given time is spent.
    """
    one, known = task.training, task.scores
    assert one is not None
    text, pictures = task.text if one.method in ("N", "R") else "", known.domains
    recipe = Recipe.of(task.settings, pictures.larger, text, task.widths, one.repeat)
    total = recipe.settings.iterations
    every = math.ceil(math.ceil(total / recipe.chunk) / task.settings.evaluations)
    scored = [_scores_of(known), known.network.weights_hash, code_hash(scores.distances)]
    place = kept.folder("cycleganas-pair", asdict(recipe), pictures.sha256, scored, every, code=CycleTraining)
    training = recipe.begin(
        pictures, evaluate=lambda translate: scores.distances(known, scores.translated(known, translate)),
        evaluate_every=every,
    )  # fmt: skip
    return kept.trained(place, training, training.steps, recipe, lambda: told(training.iteration, total))


def ranks(study: Study, settings: Settings, part: str) -> None:
    """All architectures that were trained at the controlled width, scored with the weights of the first search."""
    jobs: list[Job] = []
    for key in settings.control_data:
        first = Search(called(key), "OF", 0)
        path = derived(study, settings, first)[0]
        if not path.is_file():
            raise ValueError(f"{first.name} has no weights here, only its rows; compute search with fresh=True")
        for text, (method, scheme, number) in _architectures(study, settings, first.data).items():
            about = {"data": first.data, "name": f"{method}{settings.controlled}", "method": method, "scheme": scheme,
                     "search": number, "text": text}  # fmt: skip
            task = Task(settings, key, method, text, search=first, checkpoint=path)
            jobs.append(Job(len(jobs), 0, settings.seed, task, about))
    searched = [long_run(settings, Search(called(key), "OF", 0)).identity for key in settings.control_data]
    _compute(study, settings, part, jobs, rank, more={"searches": searched})


def _architectures(study: Study, settings: Settings, data: str) -> dict[str, tuple[str, str, int]]:
    """Of each architecture trained on a set its method, scheme and number, by its text."""
    space = experiments.space(settings)
    found = {space.text(space.cyclegan): ("C", "", -1)}
    for one in experiments.searches(settings):
        if one.data == data:
            found.setdefault(derived(study, settings, one)[1], ("N", one.scheme, one.seed))
    for number in range(settings.randoms):
        found.setdefault(space.text(experiments.random_genome(settings, number)), ("R", "", number))
    return found


def rank(task: Task, seed: int, folder: Path) -> Outcome:
    """A genotype's translations with the supernetwork's weights: all weight on one candidate of each layer."""
    begin, known = time.perf_counter(), task.scores
    searching = begin_search(task)
    searching.load(trainer.saved_state(task.checkpoint))
    searching.choose(searching.space.decode(searching.space.parse(task.text)))
    metrics = scores.distances(known, scores.translated(known, searching.translate))
    return Outcome(_mean_kd(metrics), metrics, time.perf_counter() - begin)


def _mean_kd(metrics: dict[str, float]) -> float:
    return sum(metrics[f"kd_{direction}"] for direction in DIRECTIONS) / 2


def _scores_of(known: Scores) -> dict[str, Any]:
    return {name: value for name, value in anywhere(known).items() if name not in ("data", "side")}


def _compute(study: Study, settings: Settings, part: str, jobs: list[Job], function: rows.Compute, *,
             more: dict[str, Any] | None = None, **options: Any) -> None:  # fmt: skip
    """Compute a part's jobs; their record is named after all that they depend on."""
    known = {key: Scores.of(settings, key) for key in dict.fromkeys(job.task.key for job in jobs)}
    if not known:
        return
    first = next(iter(known.values()))
    training = anywhere(Recipe.of(settings, first.domains.larger, "", (1, 1), 0).settings)
    identity = {
        "training": training | {"ndf": settings.ndf, "blocks": settings.blocks, "epochs": settings.train_epochs},
        "scores": _scores_of(first), "weights": {name: weights.digest(name) for name in used_weights(settings)},
        "pictures": {key: one.domains.sha256 for key, one in known.items()}, "evaluations": settings.evaluations,
        "chunks": settings.chunks, "seed": settings.seed, "threads": settings.threads, **(more or {}),
    }  # fmt: skip
    rows.compute(study, part, jobs, function, identity=identity, workers=settings.workers, limits=settings.limits,
                 **options)  # fmt: skip


def used_weights(settings: Settings) -> list[str]:
    """The pretrained weights behind the scores."""
    return [networks.WEIGHTS[networks.chosen(settings.features)]]


def used_pictures(settings: Settings) -> list[str]:
    """The data sets and folders that the study reads; made sets need none."""
    named = [key for key in settings.data if key not in MADE]
    return named + (list(PHOTOS) if "showable" in settings.data else [])
