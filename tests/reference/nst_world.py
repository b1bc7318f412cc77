"""Synthetic records of the style-transfer study, in which every measure follows a formula that a test may change."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from lib.papers.nst import experiments, optimisers
from lib.papers.nst.experiments import Configuration
from lib.papers.nst.optimisers import OptimiserRun
from lib.papers.nst.settings import Settings
from lib.papers.study import Study
from tests.reference import stored_study

STYLES = ["swirl", "gradient", "ink", "hatching", "pixels"]
SECRET = (255, 0, 255)  # the colour of every picture that may not be shown; no figure uses it
PARTS = [*experiments.PARTS, "references", "optimisers", "pareto_tpe", "pareto_random"]
CURVES = ("style", "content", "tv", "gradient_style", "gradient_content", "gradient_tv")
Row = dict[str, Any]


def magnitude(c: Configuration) -> float:
    """Decades of the weights above G1, relative to total variation."""
    return 4.0 if c.tv_weight == 0 else np.log10(c.style_weight / 1e-5) + np.log10(30 / c.tv_weight)


def decades(c: Configuration) -> float:
    """Distance of the learning rate from 0.06."""
    return abs(np.log10(c.lr / 0.06))


def contrast(style: str) -> float:
    """The colour contrast of a style picture: its number, or that of a picture in the middle."""
    return float(style[-1]) if style.startswith("painting") else 3.5


# A world in which the paper is right in every claim that can be measured: measure -> value of a configuration.
WORLD: dict[str, Callable[[Configuration], float]] = {
    "style_loss": lambda c: 1e9 * (1 + decades(c)) * (1 + 0.2 * magnitude(c)),
    "content_loss": lambda c: 4000 * (1 + 0.1 * decades(c)),
    "tv_loss": lambda c: 1e4,
    "hf": lambda c: 0.05 + 0.05 * magnitude(c),
    "slope": lambda c: -2.0,
    "centroid": lambda c: 0.15,
    "r2": lambda c: 0.1 + 0.1 * magnitude(c),
    "r4": lambda c: 0.2 + 0.1 * magnitude(c),
    "tv_mean": lambda c: 0.1,
    "lpips_half": lambda c: 0.1,
    "style_ratio": lambda c: 0.1 * (1 + decades(c)) + (0.3 if c.style in STYLES[2:] else 0),
    "proxy_lpips_content": lambda c: 0.7 - 0.1 * decades(c) + 0.01 * contrast(c.style),
    "proxy_tv_ratio": lambda c: 1.0,
    "proxy_hf_excess": lambda c: 0.0,
    "proxy_sfd": lambda c: 0.5,
    "proxy_artfid1": lambda c: 2.6 - 0.1 * decades(c),
}
OPTIMISED: dict[str, Callable[[OptimiserRun], float]] = {
    "final_loss": lambda one: 100.0,
    "moved": lambda one: 0.1 * (one.scale if one.optimiser == "sgd" else 1),
    "difference": lambda one: 0.0,
    "identical": lambda one: 1.0,
}


def write(folder: Path, part: str, rows: Iterable[Row]) -> None:
    """A record as an export leaves it."""
    stored_study.write("nst", folder, part, rows, {"part": part})


def row(k: int, repeat: int, config: Row, metrics: Row, **fields: Any) -> Row:
    """A record's row; `fields` replaces what is not a configuration or a measure."""
    return {"k": k, "repeat": repeat, "seed": 0, "config": config, "score": metrics.get("style_loss", 1.0),
            "metrics": metrics, "seconds": 0.0, "reason": "",
            "artifacts": {"image": f"artifacts/{k:03d}-{repeat}.png"}, **fields}  # fmt: skip


def swept(settings: Settings, part: str, world: dict[str, Callable[[Configuration], float]]) -> Iterator[Row]:
    """Rows of a planned part whose measures follow the world, up to half a percent of noise a repeat."""
    for item in experiments.plan(settings, part):
        noise = 1 + 0.0025 * (item.repeat - 1) * (item.repeat > 0)
        metrics = {name: float(measure(item.configuration) * noise) for name, measure in world.items()}
        curves = {
            "step": [0.0, 1.0, 2.0],
            **{name: [3.0, 2.0, 1.0] for name in CURVES},
            "spectrum": [1.0, 0.5, 0.25, 0.1],
        }
        yield row(item.k, item.repeat, asdict(item.configuration), metrics, curves=curves)


def optimised(settings: Settings, world: dict[str, Callable[[OptimiserRun], Any]]) -> Iterator[Row]:
    """Rows of the optimisers' plan."""
    for k, one in enumerate(optimisers.plan(settings)):
        metrics = {name: measure(one) for name, measure in world.items()}
        yield row(k, 0, asdict(one), metrics, score=metrics["final_loss"], curves={"loss": [3.0, 2.0, 1.0]},
                  reason="diverged" * (metrics["final_loss"] is None))  # fmt: skip


def referenced(settings: Settings) -> Iterator[Row]:
    """Rows of the untouched pictures."""
    for k, (role, name) in enumerate(experiments.pictures(settings)):
        yield row(k, 0, {"role": role, "picture": name}, {"hf": 0.1, "colour_contrast": contrast(name)},
                  curves={"spectrum": [1.0, 0.6, 0.3, 0.1]})  # fmt: skip


def searched(kind: str) -> Iterator[Row]:
    """Eight trials along a straight front (tpe) or behind it."""
    for k in range(8):
        at = (k + 1) / 9
        config = {"lr": 0.01 * at, "ratio": 1e-5, "tv_weight": 3.0}
        yield row(k, 0, config, {"style_ratio": at, "content_ratio": 1 - at if kind == "tpe" else 1.0, "hf": 0.2})


def paint(folder: Path, part: str, rows: Iterable[Row], secret: Callable[[Row], bool]) -> None:
    """The pictures of the first repeats, in a folder for those that may be shown or in the other."""
    for one in rows:
        if one["repeat"] == 0:
            hidden = secret(one["config"])
            target = folder / "records" / ("private" if hidden else "pictures") / f"{part}-{one['k']:03d}-0.png"
            target.parent.mkdir(parents=True, exist_ok=True)
            shade = np.full((32, 32, 3), SECRET if hidden else (60 + one["k"] % 100,) * 3, np.uint8)
            shade[:8] = shade[:8] // 2 if not hidden else shade[:8]
            Image.fromarray(shade).save(target)


def synthetic(folder: Path, settings: Settings, parts: Iterable[str], *, profile: str = "desk",
              secret: Callable[[Row], bool] | None = None, **changes: Callable[[Any], Any]) -> Study:  # fmt: skip
    """A study whose records follow the world with the changes; with pictures where `secret` says which may be shown."""
    world, runs = ({name: changes.get(name, usual[name]) for name in usual} for usual in (WORLD, OPTIMISED))
    makers = {"optimisers": partial(optimised, settings, runs), "references": partial(referenced, settings),
              "pareto_tpe": partial(searched, "tpe"), "pareto_random": partial(searched, "random")}  # fmt: skip
    for part in parts:
        rows = list(makers.get(part, partial(swept, settings, part, world))())
        write(folder, part, rows)
        if secret is not None:
            paint(folder, part, rows, secret)
    return Study("nst", profile, folder=folder)
