"""Automatic weights: Pareto search over learning rate, weight ratio and TV, beside random search."""

import math
import time
from functools import partial

import numpy as np
import optuna

from lib.data import images, pictures
from lib.metrics import texture
from lib.papers.nst import stored
from lib.papers.nst.experiments import Configuration, Item
from lib.papers.nst.settings import EPSILON, GROUPS, Settings
from lib.papers.nst.transfer import Scene, run, small_scene
from lib.papers.study import Study
from lib.search import progress

RANGES = {"lr": (1e-4, 0.1), "ratio": (1e-8, 1e-3), "tv_weight": (0.3, 300.0)}  # all on a log scale
POINT = ["style_ratio", "content_ratio"]  # what is minimised
Trials = list[optuna.trial.Trial]


def compute(study: Study, settings: Settings, part: str) -> None:
    """Search with Optuna in memory, a batch of trials a pass; on resume the stored rows are asked and told again.

    Raises ValueError where Optuna no longer proposes what the record holds: another version draws otherwise.
    """
    kind = part.removeprefix("pareto_")
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    s, names = settings, (settings.content, settings.style)
    samplers = optuna.samplers  # a constant liar spreads the trials of a batch
    sampler = samplers.TPESampler(seed=s.seed, constant_liar=True) if kind == "tpe" else samplers.RandomSampler(s.seed)
    search = optuna.create_study(directions=["minimize", "minimize"], sampler=sampler)
    identity = stored.identity(s, (*names, *s.contents), sampler=kind, ranges=RANGES, seed=s.seed, batch=s.batch,
                               trials=s.trials, side=s.small_side, steps=s.small_steps)  # fmt: skip
    scene = small_scene(settings)
    evaluate = partial(_evaluate, scene, settings, unrelated_content_loss(scene, settings))
    with study.open_run(part, identity) as kept, progress.Bar(settings.trials, part, done=len(kept.record.rows)) as bar:
        for start in range(0, settings.trials, settings.batch):
            trials = _asked(search, min(settings.batch, settings.trials - start))
            keys = [(trial.number, 0) for trial in trials]
            for trial, row in zip(trials, stored.rows(kept, keys, partial(evaluate, trials), bar), strict=True):
                _check(trial, row)
                search.tell(trial, [row["metrics"][name] for name in POINT])
        rows = [row for row in kept.record.rows if row["score"] is not None]
        best = rows[knee(np.array([[row["metrics"][name] for name in POINT] for row in rows]))]
        shown = all(pictures.info(name).showable for name in names)
        study.export(kept, part, {best["artifacts"]["image"]: shown})


def knee(points: np.ndarray) -> int:
    """The index of the point (N, 2) nearest to (0, 0)."""
    return int((points**2).sum(1).argmin())


def unrelated_content_loss(scene: Scene, settings: Settings) -> float:
    """The mean content loss of the other content photos: the level at which the content is forgotten.

    Raises ValueError where the settings name no other one.
    """
    others = [name for name in settings.contents if name != settings.content]
    if not others:
        raise ValueError(f"contents holds nothing but the content {settings.content!r}; the search needs another one")
    size = (scene.content.shape[2], scene.content.shape[3])
    resized = (images.resize(pictures.picture(name), size)[None].to(scene.content) for name in others)
    return float(np.mean([float(scene.targets.losses(scene.network, other)["content"]) for other in resized]))


def _asked(search: optuna.Study, count: int) -> Trials:
    """The next trials with their three values drawn."""
    trials = [search.ask() for _ in range(count)]
    for trial in trials:
        for name, (low, high) in RANGES.items():
            trial.suggest_float(name, low, high, log=True)
    return trials


def _check(trial: optuna.trial.Trial, row: stored.Row) -> None:
    """Raise ValueError unless the row is the trial's own."""
    for name, value in trial.params.items():
        if not math.isclose(row["config"][name], value):
            raise ValueError(f"row k={row['k']} has {name} {row['config'][name]:g}, but Optuna now proposes "
                             f"{value:g}; run with the recorded Optuna version or with fresh=True")  # fmt: skip


def _evaluate(scene: Scene, settings: Settings, unrelated: float, trials: Trials) -> stored.Computed:
    """Rows and pictures of a batch: unweighted losses relative to the start and to unrelated pictures."""
    sw, steps, started = GROUPS["G2"][0], settings.small_steps, time.perf_counter()
    items = [
        Item(t.number, 0, Configuration(settings.content, settings.style, t.params["lr"], sw, sw / t.params["ratio"],
                                        t.params["tv_weight"], EPSILON, settings.small_side, steps))
        for t in trials
    ]  # fmt: skip
    result = run(scene, items, seed=settings.seed, log_every=steps)
    seconds = (time.perf_counter() - started) / len(trials)
    style = (result.losses["style"][-1] / result.losses["style"][0]).tolist()
    content = (result.losses["content"][-1] / unrelated).tolist()
    hf = texture.hf_ratio(result.images).tolist()
    for i, trial in enumerate(trials):
        metrics = {"style_ratio": style[i], "content_ratio": content[i], "hf": hf[i]}
        yield {"k": trial.number, "repeat": 0, "seed": settings.seed, "config": trial.params, "metrics": metrics,
               "score": style[i] + content[i], "seconds": seconds, "reason": ""}, result.images[i].cpu()  # fmt: skip
