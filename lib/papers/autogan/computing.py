"""Computing the parts: classifier, checks, searches, random searches, trainings from scratch, proxy against real."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torchvision.utils import make_grid

from lib import device, weights
from lib.data import images, small_pictures
from lib.models import autogan as models
from lib.papers import kept, long_runs, networks, rows
from lib.papers.autogan import experiments, records, scores, store
from lib.papers.autogan.experiments import SPACE, TRANSFER_SIDE, Search
from lib.papers.autogan.scores import Scores
from lib.papers.autogan.settings import Settings
from lib.papers.long_runs import LongRun
from lib.papers.rows import Job
from lib.papers.settings import anywhere
from lib.papers.study import Study
from lib.search.progress import Tell, silent
from lib.search.workers import Outcome
from lib.spaces.autogan import NAMED
from lib.spaces.base import Genome, keyed
from lib.training import trainer
from lib.training.autogan_search import AutoGanSearch
from lib.training.gan import DerivedTraining, GanSettings

LATENT, N_CRITIC, LR = 128, 5, 2e-4  # numbers in z, D-steps a G-step (both O), Adam's rate of G and D (paper)
FIXED_Z, CHECKED_Z = 20_190_811, 3_141  # seeds of z: of the grids and final scores, and of checkpoints
SHOWN = 64  # unpicked samples in a grid
CHECKED = 500  # pictures that score a checkpoint, at most
SCORED, EVERY = 6, 1000  # scores of a training; G-steps between two of a long one
LOSSES = 200  # points of the classifier's loss in its record, about


@dataclass(frozen=True)
class Task:
    """Something to compute: a name, a genome or a search; `steps` are generator's steps.

    What a record's identity holds anyway, or what changes no result, does not enter its `repr`.
    """

    settings: Settings = field(repr=False)
    name: str
    genome: Genome = ()
    steps: int = 0
    repeat: int = 0
    data: str = ""
    side: int = 0
    chunk: int = 0  # generator's steps between two scores of a training that goes on later; 0 is as `_chunk` says
    search: Search | None = None
    checkpoint: Path = field(default=Path(), repr=False)  # of the search that a proxy comes from


@dataclass(frozen=True)
class GanRecipe:
    """How a generator is trained from scratch; `seed` draws weights, noise and the order of pictures."""

    data: str
    pictures: int
    side: int
    gan: GanSettings
    ema: float
    chunk: int  # generator's steps between two scores
    seed: int


def _chunk(steps: int) -> int:
    """Generator's steps between two scores, which divide all of them."""
    return steps // next(count for count in range(max(SCORED, steps // EVERY), 0, -1) if steps % count == 0)


def gan_settings(settings: Settings, *, derived: bool, side: int = 0) -> GanSettings:
    """Networks and steps of the search, or of trainings from scratch."""
    width, d_width = settings.derived_widths if derived else settings.widths
    d_batch, g_batch = settings.batches
    return GanSettings(
        width, d_width, (side or settings.side) // 8, LATENT, d_batch, g_batch, N_CRITIC, LR,
        skip_out="post_sum" if "post_sum" in settings.variants else "pre_sum",
        precision="bfloat16" if "bfloat16" in settings.variants else "float32",
        device=str(device.pick(settings.device)),
    )  # fmt: skip


def classifier(study: Study, settings: Settings, part: str) -> None:
    """Train the task classifier."""
    _compute(study, settings, part, _jobs([(Task(settings, "classifier"), {})]), _classify)


def _classify(task: Task, seed: int, folder: Path) -> Outcome:
    network, fit = store.classifier(Scores.of(task.settings).classifier)
    metrics = {"accuracy": fit["accuracy"], "params": models.parameters(network.module)}
    thinned = fit["losses"][:: max(1, len(fit["losses"]) // LOSSES)]
    return Outcome(-fit["accuracy"], metrics, fit["seconds"], curves={"loss": thinned})


def checks(study: Study, settings: Settings, part: str) -> None:
    """Scores of pictures whose place is known: real ones, other real ones, and noise."""
    jobs = _jobs((Task(settings, name), {"name": name}) for name in ("real", "half", "noise"))
    _compute(study, settings, part, jobs, _check)


def _check(task: Task, seed: int, folder: Path) -> Outcome:
    known = Scores.of(task.settings)
    shown = known.shown().pixels
    count = min(task.settings.images, len(shown) // 2)
    rng = torch.Generator().manual_seed(seed)
    chosen = {"real": shown[:count], "half": shown[-count:],
              "noise": torch.randint(256, (count, *shown.shape[1:]), dtype=torch.uint8, generator=rng)}  # fmt: skip
    metrics = scores.final(known, chosen[task.name].float() / 255)
    return Outcome(metrics["kd"], metrics)


def fixtures(study: Study, settings: Settings, part: str) -> None:
    """A moment of training of genomes that together hold every value of every token."""
    named = {f"fixture-{k}": text for k, text in enumerate(experiments.FIXTURES)}
    jobs = _jobs((Task(settings, name, SPACE.parse(text), steps=2), {"name": name, "text": text})
                 for name, text in named.items())  # fmt: skip
    _compute(study, settings, part, jobs, _fixture)


def _fixture(task: Task, seed: int, folder: Path) -> Outcome:
    last = trained(task).rows[-1]
    losses = {name: float(last["metrics"][name]) for name in ("d_loss", "g_loss")}
    return Outcome(losses["d_loss"], losses, last["seconds"])


def search(study: Study, settings: Settings, part: str) -> None:
    """Run or continue every search of a part, several at once where there are workers; each has its own record."""
    found = [_long_run(settings, one) for one in experiments.searches(settings, part)]
    long_runs.compute(study, found, _begin, workers=settings.workers, limits=settings.limits)


def _long_run(settings: Settings, one: Search) -> LongRun:
    task = Task(settings, one.name, search=one)
    return LongRun(one.name, _identity(settings, one), settings.iterations, settings.seed, task)


def _begin(task: Task) -> AutoGanSearch:
    """The search of a task at its beginning."""
    assert task.search is not None
    settings, one, known = task.settings, task.search, Scores.of(task.settings)
    return AutoGanSearch(
        experiments.plan(settings, one), gan_settings(settings, derived=False),
        lambda side: known.shown(side).pixels.to(known.device),
        scores.reward(known, one.reward), lambda made, side: scores.quick(known, made, side),
        device.keyed_seed(settings.seed, one.seed, one.part) % 2**31,
    )  # fmt: skip


def finished(study: Study, settings: Settings, one: Search) -> tuple[Path, list[Genome]]:
    """Where the checkpoint of a finished search lies, and its beams; ValueError where it is not finished."""
    checkpoint, found = long_runs.finished(study, _long_run(settings, one))
    return checkpoint, [SPACE.parse(text) for text in found[-1]["config"]["beams"]]


def _identity(settings: Settings, one: Search) -> dict[str, Any]:
    """All that a search's rows depend on."""
    known = Scores.of(settings)
    parts: dict[str, Any] = {"plan": experiments.plan(settings, one), "gan": gan_settings(settings, derived=False)}
    plain = {name: json.loads(json.dumps(anywhere(part))) for name, part in parts.items()}
    return {"search": asdict(one), **plain, "threads": settings.threads, "scores": _rewarded(known), **_shown(known)}


def _rewarded(known: Scores) -> dict[str, Any]:
    """What rewards and scores of checkpoints depend on."""
    final = ("features", "images", "splits")
    return {name: value for name, value in anywhere(known).items() if name not in final}


def _shown(known: Scores, *features: str) -> dict[str, Any]:
    """The pictures and the weights behind the reward and further features, with their hashes."""
    shown = known.shown()
    used = {name: weights.digest(name) for name in _weights(known.reward, *features)}
    return {"pictures": {known.data: shown.sha256}, "source": shown.source, "weights": used}


def used_weights(settings: Settings) -> list[str]:
    """The pretrained weights behind the scores and rewards."""
    known = Scores.of(settings)
    return _weights(known.features, known.reward)


def _weights(*features: str) -> list[str]:
    return [networks.WEIGHTS[name] for name in dict.fromkeys(features) if name != "task"]


def used_pictures(settings: Settings) -> list[str]:
    """The data sets and folders that the study reads; of patches, the bundled photos that they are cut from."""
    named = dict.fromkeys((settings.data, settings.transfer_data))
    return [one for name in named for one in (small_pictures.PATCH_PHOTOS if name == "patches" else [name])]


def rses(study: Study, settings: Settings, part: str) -> None:
    """Random genomes trained from scratch; the best of each rung train on to the next (successive halving)."""
    rungs, rng, first = experiments.rungs(settings), keyed(settings.seed, 7), 0
    alive = {place: SPACE.sample(rng) for place in range(rungs[0][0])}
    plan = {"genomes": len(alive), "eta": experiments.ETA, "steps": settings.rses_steps}
    for rung, (count, steps) in enumerate(rungs):
        tasks = []
        for place, genome in list(alive.items())[:count]:
            about = {"text": SPACE.text(genome), "rung": rung, "g_iters": steps, "bracket": 0, "place": place}
            task = Task(settings, f"rses-{place}", genome, steps, 1000 + place, chunk=settings.rses_steps[0])
            tasks.append((task, about))
        _compute(study, settings, part, _jobs(tasks, first), rung_score, more=plan, planned=False)
        if (frame := study.frame(part)).empty:  # every genome failed
            return
        ranked = frame.query("rung == @rung").sort_values("score", kind="stable")
        alive, first = {place: alive[place] for place in ranked["place"]}, first + count


def rung_score(task: Task, seed: int, folder: Path) -> Outcome:
    """A genome at a rung: its quick scores; the better its inception score the lower the outcome's."""
    found = trained(task).rows
    metrics = {f"{name}_task": found[-1]["metrics"][name] for name in scores.MEASURES}
    return Outcome(-metrics["is_task"], metrics, sum(row["seconds"] for row in found))


def derived(study: Study, settings: Settings, part: str) -> None:
    """Train the compared generators from scratch and score them."""
    jobs = []
    for k, (name, text) in enumerate(networks_of(study, settings).items()):
        for repeat in range(settings.derived.count(name)):
            task = Task(settings, name, SPACE.parse(text), settings.derived_steps[0], repeat)
            jobs.append(Job(k, repeat, settings.seed, task, {"name": name, "text": text}))
    _compute(study, settings, part, jobs, train, showable=lambda row: True)


def transfer(study: Study, settings: Settings, part: str) -> None:
    """The same at STL-10's size; architectures keep, weights are trained anew."""
    other, steps = dict[str, Any](data=settings.transfer_data, side=TRANSFER_SIDE), settings.derived_steps[1]
    jobs = _jobs((Task(settings, name, SPACE.named(name), steps, **other), {"name": name, "text": NAMED[name], **other})
                 for name in experiments.TRANSFERRED)  # fmt: skip
    _compute(study, settings, part, jobs, train, showable=lambda row: True, **other)


def train(task: Task, seed: int, folder: Path) -> Outcome:
    """Train a generator from scratch, score it on fresh pictures and keep a grid of unpicked ones."""
    known, made = Scores.of(task.settings, task.data, task.side), trained(task)
    pictures = torch.cat([batch.cpu() for batch in made.training.sample(task.settings.images, FIXED_Z)])
    gan, curve = made.training.settings, [row["metrics"] for row in made.rows]
    seconds, best = sum(row["seconds"] for row in made.rows), min(curve, key=lambda scored: scored["fd"])
    size = {"params": models.parameters(made.training.gan.generator), "seconds_training": seconds,
            "gmacs": models.macs(task.genome, gan.width, gan.bottom, gan.latent) / 1e9,
            "g_iters": made.training.g_iters, "best_fd_task": best["fd"], "best_g_iter": best["g_iters"]}  # fmt: skip
    names = {"g_iters": "g_iters", "fd_task_curve": "fd", "is_task_curve": "is", "d_loss": "d_loss", "g_loss": "g_loss"}
    curves = {name: [float(row[key]) for row in curve] for name, key in names.items()}
    name = f"artifacts/{task.name}-{task.repeat}-{known.side}.png"
    images.save(make_grid(pictures[:SHOWN], nrow=8, padding=2, pad_value=1.0), folder / name)
    metrics = scores.final(known, pictures) | size
    return Outcome(metrics["kd"], metrics, seconds, artifacts={"image": name}, curves=curves)


def correlation(study: Study, settings: Settings, part: str) -> None:
    """Random genomes: their scores with the shared weights of the first search, and after training from scratch."""
    one, rng = experiments.searches(settings, "mlas")[0], keyed(settings.seed, 11)
    path = finished(study, settings, one)[0]
    tasks = [Task(settings, f"proxy-{k}", SPACE.sample(rng), settings.derived_steps[2], 2000 + k, search=one,
                  checkpoint=path) for k in range(settings.proxy_genomes)]  # fmt: skip
    jobs = _jobs((task, {"text": SPACE.text(task.genome)}) for task in tasks)
    _compute(study, settings, part, jobs, proxy_and_real, more={"search": _identity(settings, one)})


def proxy_and_real(task: Task, seed: int, folder: Path) -> Outcome:
    """Quick scores of a genome with shared weights and after training from scratch, on as many pictures each."""
    searching, known = _begin(task), Scores.of(task.settings)
    searching.load(trainer.saved_state(task.checkpoint))
    made, count, metrics = trained(task), task.settings.images, dict[str, float]()
    for name, pictures in {
        "proxy": searching.images(task.genome, count, CHECKED_Z),
        "real": made.training.sample(count, CHECKED_Z),
    }.items():
        metrics |= {f"{name}_{key}": value for key, value in scores.quick(known, pictures, known.side).items()}
    return Outcome(-metrics["real_is"], metrics, sum(row["seconds"] for row in made.rows))


def trained(task: Task, told: Tell = silent) -> kept.Trained[DerivedTraining]:
    """The trained generator of a task, with the rows of its training, which is kept below the cache folder.

    One whose task has a `chunk` goes on from where it was left with fewer steps; then only its rows are those of the
    steps asked for. Raises FloatingPointError if it diverges, `runs.OutOfTime` where the given time is spent.
    """
    settings, known = task.settings, Scores.of(task.settings, task.data, task.side)
    gan = gan_settings(settings, derived=True, side=known.side)
    chunk, seed = task.chunk or _chunk(task.steps), device.keyed_seed(settings.seed, task.repeat) % 2**31
    recipe = GanRecipe(known.data, settings.pictures, known.side, gan, settings.ema, chunk, seed)
    shown, count = known.shown(), min(CHECKED, settings.images)
    parts = asdict(recipe), shown.sha256, task.genome, not task.chunk and task.steps, count, _rewarded(known)
    run = DerivedTraining(task.genome, gan, shown.pixels, seed, chunk=chunk, decay=settings.ema,
                          evaluate=lambda sample: scores.quick(known, sample(count), known.side))  # fmt: skip
    made = kept.trained(kept.folder("autogan-derived", *parts, code=DerivedTraining), run, task.steps // chunk, recipe,
                        lambda: told(min(run.g_iters, task.steps), task.steps))  # fmt: skip
    return kept.Trained(run, made.rows[: task.steps // chunk])


def networks_of(study: Study, settings: Settings) -> dict[str, str]:
    """The generators of table 1 by name, with their genomes; ValueError where the search behind a name is missing."""
    found = {name: _genome(study, settings, name) for name in settings.derived}
    for name in [name for name, text in found.items() if not text]:
        study.lack(name, "the search behind it kept no such genome")
        del found[name]
    return found


def _genome(study: Study, settings: Settings, name: str) -> str:
    """The text of a network's genome; empty where the search behind it has none of this rank."""
    if place := experiments.found_by(name):
        part, seed, rank = place
        beams = finished(study, settings, experiments.searches(settings, part)[seed])[1]
        return SPACE.text(beams[rank]) if rank < len(beams) else ""
    if name != "rses":
        return SPACE.text(SPACE.named(name))
    if not study.has("rses"):
        rses(study, settings, "rses")
    return records.survivor(study)


def _jobs(tasks: Iterable[tuple[Task, dict[str, Any]]], first: int = 0) -> list[Job]:
    """A row a task, with what the row says of it."""
    return [Job(first + k, 0, task.settings.seed, task, about) for k, (task, about) in enumerate(tasks)]


def _compute(study: Study, settings: Settings, part: str, jobs: list[Job], function: rows.Compute, *, data: str = "",
             side: int = 0, more: dict[str, Any] | None = None, **options: Any) -> None:  # fmt: skip
    """Compute a part's jobs; their record is named after all that they depend on."""
    known = Scores.of(settings, data, side)
    gan = anywhere(gan_settings(settings, derived=True, side=known.side))
    identity = {"gan": gan, "ema": settings.ema, "seed": settings.seed, "threads": settings.threads,
                "scores": anywhere(known), "features": known.features, **_shown(known, known.features),
                **(more or {})}  # fmt: skip
    rows.compute(study, part, jobs, function, identity=identity, workers=settings.workers, limits=settings.limits,
                 **options)  # fmt: skip
