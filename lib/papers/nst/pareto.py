"""Automatic weights: Pareto search over learning rate, weight ratio and TV, beside random search (section 6.3)."""

import time
from typing import Any

import numpy as np
import optuna
from torch import Tensor

from lib.data import images, pictures
from lib.metrics import texture
from lib.papers.nst.experiments import Configuration, Item
from lib.papers.nst.settings import EPSILON, GROUPS, Settings
from lib.papers.nst.transfer import Scene, encoder_digest, run
from lib.papers.study import Study
from lib.search import progress, runs
from lib.search.record import Record

RANGES = {"lr": (1e-4, 0.1), "ratio": (1e-8, 1e-3), "tv_weight": (0.3, 300.0)}  # all on a log scale


def unrelated_content_loss(scene: Scene, settings: Settings) -> float:
    """The mean content loss of the other content photos: the level at which the content is forgotten.

    Raises ValueError where the settings name no other one.
    """
    others = [name for name in settings.contents if name != settings.content]
    if not others:
        raise ValueError(f"contents holds nothing but the content {settings.content!r}; the search needs another one")
    size = (scene.content.shape[2], scene.content.shape[3])
    losses = []
    for name in others:
        other = images.resize(pictures.picture(name), size)[None].to(scene.content)
        losses.append(float(scene.targets.losses(scene.network, other)["content"]))
    return sum(losses) / len(losses)


def suggest(study: optuna.Study, count: int) -> list[optuna.trial.Trial]:
    """The next `count` trials with their three values drawn."""
    trials = [study.ask() for _ in range(count)]
    for trial in trials:
        for name, (low, high) in RANGES.items():
            trial.suggest_float(name, low, high, log=True)
    return trials


def compute(study: Study, settings: Settings, part: str) -> None:
    """Search with Optuna in memory, a batch of trials a pass; on resume the stored rows are asked and told again.

    Raises ValueError where Optuna no longer proposes what the record holds: another version draws otherwise.
    """
    kind = part.removeprefix("pareto_")
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    search = optuna.create_study(directions=["minimize", "minimize"], sampler=_sampler(kind, settings.seed))
    names = (settings.content, settings.style)
    photo, painting = (pictures.picture(name, side=settings.small_side) for name in names)
    scene = Scene.of("paper", settings.encoder, photo, painting, where=settings.device)
    identity = {
        "encoder": settings.encoder, "weights": encoder_digest(settings), "sampler": kind, "ranges": RANGES,
        "seed": settings.seed, "batch": settings.batch, "trials": settings.trials,
        "side": settings.small_side, "steps": settings.small_steps,
        "pictures": {name: pictures.info(name).sha256 for name in (*names, *settings.contents)},
    }  # fmt: skip
    unrelated = unrelated_content_loss(scene, settings)
    with (
        study.open_run(part, identity) as run_,
        progress.bar(settings.trials, part, done=len(run_.record.rows)) as bar,
    ):
        for start in range(0, settings.trials, settings.batch):
            trials = suggest(search, min(settings.batch, settings.trials - start))
            rows = _stored(run_.record, start, trials)
            if rows is None:
                runs.check_time()
                rows, finished = _evaluate(scene, settings, trials, start, unrelated)
                for row, image in zip(rows, finished, strict=True):
                    path = images.save(image, run_.artifacts / f"{row['k']:03d}-0.png")
                    if (row["k"], 0) not in run_.record.done:
                        run_.record.append({**row, "artifacts": {"image": f"artifacts/{path.name}"}})
                bar.update(len(trials))
            for trial, row in zip(trials, rows, strict=True):
                search.tell(trial, [row["metrics"]["style_ratio"], row["metrics"]["content_ratio"]])
        shown = all(pictures.info(name).showable for name in names)
        study.export(run_, part, dict.fromkeys(_knee_picture(run_.record), shown))


def _stored(record: Record, start: int, trials: list[optuna.trial.Trial]) -> list[dict[str, Any]] | None:
    """The batch's rows if all are stored, after a check that they are the trials' own."""
    rows = {row["k"]: row for row in record.rows}
    if not all(start + i in rows for i in range(len(trials))):
        return None
    batch = [rows[start + i] for i in range(len(trials))]
    for trial, row in zip(trials, batch, strict=True):
        for name, value in trial.params.items():
            if abs(row["config"][name] / value - 1) > 1e-9:
                raise ValueError(f"row k={row['k']} has {name} {row['config'][name]:g}, but Optuna now proposes "
                                 f"{value:g}; run with the recorded Optuna version or with fresh=True")  # fmt: skip
    return batch


def _evaluate(scene: Scene, settings: Settings, trials: list[optuna.trial.Trial], start: int,
              unrelated: float) -> tuple[list[dict[str, Any]], Tensor]:  # fmt: skip
    """The rows and pictures of a batch of trials: unweighted losses relative to the start and to unrelated pictures."""
    sw, side, steps = GROUPS["G2"][0], settings.small_side, settings.small_steps
    configurations = [
        Configuration(settings.content, settings.style, t.params["lr"], sw, sw / t.params["ratio"],
                      t.params["tv_weight"], EPSILON, side, steps)
        for t in trials
    ]  # fmt: skip
    started = time.perf_counter()
    items = [Item(start + i, 0, c) for i, c in enumerate(configurations)]
    result = run(scene, items, seed=settings.seed, log_every=steps)
    seconds = (time.perf_counter() - started) / len(trials)
    style = (result.losses["style"][-1] / result.losses["style"][0]).tolist()
    content = (result.losses["content"][-1] / unrelated).tolist()
    hf = texture.hf_ratio(result.images).tolist()
    rows = [
        {"k": start + i, "repeat": 0, "seed": settings.seed, "config": trial.params, "score": style[i] + content[i],
         "metrics": {"style_ratio": style[i], "content_ratio": content[i], "hf": hf[i]}, "seconds": seconds,
         "reason": ""}
        for i, trial in enumerate(trials)
    ]  # fmt: skip
    return rows, result.images.cpu()


def knee(points: np.ndarray) -> int:
    """The index of the point (N, 2) nearest to (0, 0)."""
    return int((points**2).sum(1).argmin())


def _knee_picture(record: Record) -> list[str]:
    """The picture at the knee, if any trial succeeded."""
    good = [row for row in record.rows if row["score"] is not None]
    points = np.array([[row["metrics"]["style_ratio"], row["metrics"]["content_ratio"]] for row in good])
    return [good[knee(points)]["artifacts"]["image"]] if good else []


def _sampler(kind: str, seed: int) -> optuna.samplers.BaseSampler:
    """TPE that spreads the trials of a batch (constant liar), or random search."""
    if kind == "tpe":
        return optuna.samplers.TPESampler(seed=seed, constant_liar=True)
    return optuna.samplers.RandomSampler(seed=seed)
