"""Computing the parts: the oracle, searches, noise, anchors, ablation, longer trainings, tables and pictures."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from statistics import median
from typing import Any

import torch
from scipy.stats import binom
from torch import Tensor

from lib import device, weights
from lib.data import images
from lib.metrics.total_variation import total_variation
from lib.models.photowct import DEPTHS
from lib.papers import networks, rows
from lib.papers.rows import Job
from lib.papers.study import Study
from lib.papers.stylenas import evaluate, experiments, methods, photos, records, store
from lib.papers.stylenas.evaluate import SPACE, Evaluation
from lib.papers.stylenas.experiments import Search
from lib.papers.stylenas.methods import Task, made
from lib.papers.stylenas.quality import measure
from lib.papers.stylenas.records import Stored
from lib.papers.stylenas.settings import Settings
from lib.search import loop, runs
from lib.search.workers import Limits, Outcome


def search(study: Study, settings: Settings, part: str) -> None:
    """Run or continue every search of a part, each with a record of its own."""
    ev = Evaluation.of(settings)
    for one in experiments.searches(settings, part):
        with study.open_run(one.name, _identity(settings, one)) as run_:
            loop.run_search(
                experiments.searcher(settings, one), evaluate.evaluate, ev, record=run_.record, budget=one.budget,
                window=settings.window, workers=settings.workers, limits=settings.limits, label=one.name,
            )  # fmt: skip
            study.export(run_, one.name, {})


def _identity(settings: Settings, one: Search) -> dict[str, Any]:
    return loop.identity(
        experiments.searcher(settings, one), Evaluation.of(settings).identity(), window=settings.window,
        threads_per_candidate=settings.threads, weights=_digests(settings, "search"),
    )  # fmt: skip


def searched(study: Study, settings: Settings) -> list[Stored]:
    """The searches, those that this study did not run itself taken from finished runs with equal settings.

    Raises ValueError naming a search that is not finished.
    """
    for one in experiments.searches(settings):
        if not study.has(one.name):
            with runs.open_run(study.profile, study.slug, one.name, _identity(settings, one)) as run_:
                if (there := len(run_.record.rows)) < one.budget:
                    raise ValueError(f"{one.name} has {there} of {one.budget} candidates; compute {one.part} first")
                study.export(run_, one.name, {})
    return records.alive(study)


def used_weights(settings: Settings, part: str = "quality") -> list[str]:
    """The pretrained weights that a part needs: the encoder's, and those of the scores' features for `quality`."""
    return [settings.encoder, *([networks.WEIGHTS[networks.preferred()]] if part == "quality" else [])]


def used_pictures(settings: Settings) -> list[str]:
    """The data sets, folders and bundled photos that a run reads."""
    return list(photos.digests([*settings.training, settings.pairs, photos.BUNDLED]))


def check_photos(settings: Settings) -> None:
    """Raise ValueError for a photo of a pair among the training photos, and too few pairs."""
    photos.check_disjoint(settings.training, settings.photos, settings.pairs)
    photos.check_split(settings.pairs, settings.search_pairs)


def _digests(settings: Settings, part: str) -> dict[str, str]:
    return {name: weights.digest(name) for name in used_weights(settings, part)}


def oracle(study: Study, settings: Settings, part: str) -> None:
    """Train the supervisory oracle."""
    _compute(study, settings, part, [Task(Evaluation.of(settings), "oracle")], train)


def final(study: Study, settings: Settings, part: str) -> None:
    """Train the compared networks and PhotoWCT's decoders."""
    cascade = [Task(Evaluation.of(settings), f"PhotoWCT-{depth}") for depth in DEPTHS]
    _compute(study, settings, part, [*cascade, *_tasks(study, settings, experiments.NETWORKS)], train)


def train(task: Task, seed: int, folder: Path) -> Outcome:
    """Train one network, or find it in the store; its score is its last reconstruction error."""
    ev = task.evaluation
    network: torch.nn.Module
    if task.name.startswith("PhotoWCT"):
        network, fit = store.inverse(ev.recipe("photowct"), int(task.name[-1]))
    else:
        network, fit = store.decoder(ev.recipe(task.name), SPACE.named(task.genome or task.name))
    params = sum(parameter.numel() for parameter in network.parameters())
    return Outcome(fit.mse, {"mse": fit.mse, "params": params}, fit.seconds)


def noise(study: Study, settings: Settings, part: str) -> None:
    """The chosen genomes again, with other initial weights and orders of photos."""
    genomes = {name: SPACE.text(SPACE.named(name)) for name in settings.noise_genomes}
    _again(study, settings, part, genomes, range(settings.noise_repeats))


def rescored(study: Study, settings: Settings, part: str) -> None:
    """The winner of every search again, with seeds that no search saw."""
    winners = {one.name: str(one.winner["genome"]) for one in searched(study, settings)}
    _again(study, settings, part, winners, range(1, settings.noise_repeats))


def _again(study: Study, settings: Settings, part: str, genomes: Mapping[str, str], repeats: range) -> None:
    ev = Evaluation.of(settings)
    tasks = [Task(replace(ev, repeat=repeat), *genome) for genome in genomes.items() for repeat in repeats]
    _compute(study, settings, part, tasks, score)


def ablation(study: Study, settings: Settings, part: str) -> None:
    """The best network of evolution, whole and without each of its operators, trained anew where that matters."""
    searched(study, settings)
    ev, best = Evaluation.of(settings), records.genomes(study)["best"]
    places = [place for place in SPACE.positions if best[place] == "1"][: settings.ablated]
    tasks = [Task(ev, "-1", best), *(Task(ev, str(at), f"{best[:at]}0{best[at + 1 :]}") for at in places)]
    _compute(study, settings, part, tasks, score)


def score(task: Task, seed: int, folder: Path) -> Outcome:
    """The outcome of a genome."""
    return evaluate.evaluate(task.evaluation, SPACE.parse(task.genome), seed)


def anchors(study: Study, settings: Settings, part: str) -> None:
    """What any method must beat, measured as candidates are."""
    ev = Evaluation.of(settings)
    names = ["content", "colour", "oracle-off", *(["reference"] if all(p.reference for p in ev.scored()) else [])]
    _compute(study, settings, part, [Task(ev, name, width=ev.width) for name in names], anchor)


def anchor(task: Task, seed: int, folder: Path) -> Outcome:
    """E and P of an anchor on the scored pairs."""
    parts = evaluate.against_oracle(task.evaluation, made(task, task.evaluation.scored()))
    return Outcome(parts["E"], parts)


def _tasks(study: Study, settings: Settings, names: Sequence[str], source: str = "", **more: Any) -> list[Task]:
    """Those of the methods that can be run: searched networks that were found, authors' pictures that are there."""
    searched(study, settings)
    ev, known = Evaluation.of(settings), records.genomes(study)
    ev = replace(ev, pairs=source or ev.pairs)
    absent = set(experiments.NETWORKS) - set(known)
    absent |= set() if all(pair.reference for pair in photos.pairs(ev.pairs)) else {"reference"}
    return [Task(ev, name, known.get(name, ""), **more) for name in names if name not in absent]


def quality(study: Study, settings: Settings, part: str) -> None:
    """Table 1: every method on the same pairs."""
    count = len(photos.pairs(settings.pairs)[: settings.table_pairs])
    sizes: dict[str, Any] = {"width": settings.table_width, "pairs": count}
    tasks = _tasks(study, settings, experiments.METHODS, resamples=settings.resamples, **sizes)
    _compute(study, settings, part, tasks, measure, says=lambda task: sizes)


def timing(study: Study, settings: Settings, part: str) -> None:
    """Table 2, in this process and alone: two decoded pictures to the final one (4.4)."""
    few = {"PhotoWCT": max(1, settings.timed_runs // 3)}  # with the closed form
    tasks = [
        replace(task, runs=few.get(task.name, settings.timed_runs))
        for width in settings.timed_widths
        for task in _tasks(study, settings, experiments.TIMED, width=width)
    ]
    _compute(study, settings, part, tasks, clock, says=lambda task: {"width": task.width},
             workers="serial", limits=Limits(settings.threads))  # fmt: skip


def clock(task: Task, seed: int, folder: Path) -> Outcome:
    """Median seconds of a method on the first pair, networks and smoothing apart, after warming up."""
    ev, pair = task.evaluation, photos.pairs(task.evaluation.pairs)[0]
    run = methods.method(ev, task.name, task.genome)
    seen = evaluate.content_and_style(ev, pair, task.width)
    laps = [_lap(run, *seen) for _ in range(min(2, task.runs) + task.runs)][-task.runs :]
    networks_s, smoothing_s = map(median, zip(*laps, strict=True))
    whole = sorted(map(sum, laps))
    place = max(int(binom.ppf(0.025, task.runs, 0.5)), 1)  # of the order statistics about the median, at 95 % or less
    metrics = {"seconds_median": median(whole), "seconds_low": whole[place - 1], "seconds_high": whole[-place],
               "networks_s": networks_s, "smoothing_s": smoothing_s, "runs": task.runs}  # fmt: skip
    return Outcome(metrics["seconds_median"], metrics, sum(whole))


@torch.no_grad()
def _lap(run: methods.Method, content: Tensor, style: Tensor) -> tuple[float, float]:
    """Seconds of the networks and of the smoothing, the device waited for."""
    began = _now(content)
    picture = run.networks(content, style)
    between = _now(content)
    if run.smoothing is not None:
        run.smoothing(picture.clamp(0, 1), content)
    return between - began, _now(content) - between


def _now(where: Tensor) -> float:
    if where.is_cuda:
        torch.cuda.synchronize(where.device)
    return time.perf_counter()


def paintings(study: Study, settings: Settings, part: str) -> None:
    """The pictures of the grids: bundled pairs, which may be shown, and the first three held-out ones of others."""
    tasks: list[Task] = []
    for source in dict.fromkeys([photos.BUNDLED, settings.pairs]):
        first, count = (0, settings.shown_pairs) if source == photos.BUNDLED else (settings.search_pairs, 3)
        for pair in photos.pairs(source)[first : first + count]:
            tasks += _tasks(study, settings, experiments.SHOWN, source, width=settings.table_width, pair=pair.name)
    _compute(study, settings, part, tasks, paint, says=_painted, showable=lambda row: row["config"]["showable"])


def _painted(task: Task) -> dict[str, Any]:
    """Of which pair a picture is, and whether it may be shown."""
    return {"pair": task.pair, "source": task.evaluation.pairs, "showable": _pair(task).showable}


def _pair(task: Task) -> photos.Pair:
    return next(one for one in photos.pairs(task.evaluation.pairs) if one.name == task.pair)


def paint(task: Task, seed: int, folder: Path) -> Outcome:
    """Make one picture and save it; its score is its total variation."""
    (picture,) = made(task, (_pair(task),))
    name = f"artifacts/{task.pair}-{task.name}-{device.keyed_seed(task):016x}.png"
    images.save(picture[0].cpu(), folder / name)
    tv = float(255 * total_variation(picture, "absolute_difference"))
    return Outcome(tv, {"tv": tv}, artifacts={"image": name})


def _compute(study: Study, settings: Settings, part: str, tasks: Iterable[Task], function: rows.Compute, *,
             says: Callable[[Task], dict[str, Any]] = lambda task: {}, **more: Any) -> None:  # fmt: skip
    """Compute a row a task, those that differ in their repeat alone under one number.

    A row names method and genome, and what `says` of its task. The record is named after all that the rows depend on.
    """
    jobs, numbers = [], dict[Task, int]()
    for task in tasks:
        k = numbers.setdefault(replace(task, evaluation=replace(task.evaluation, repeat=0)), len(numbers))
        config = {"name": task.name, "text": task.genome, **says(task)}
        jobs.append(Job(k, task.evaluation.repeat, settings.seed, task, config))
    sources = [*settings.training, settings.pairs, *([photos.BUNDLED] if part == "pictures" else [])]
    identity = {
        "evaluation": asdict(Evaluation.of(settings)), "threads": settings.threads,
        "pictures": photos.digests(sources), "weights": _digests(settings, part),
    }  # fmt: skip
    chosen = {"workers": settings.workers, "limits": settings.limits, **more}
    rows.compute(study, part, jobs, function, identity=identity, **chosen)
