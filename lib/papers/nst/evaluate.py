"""Measuring finished style transfers and storing them: one row a configuration, one picture a row."""

import time
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from lib.data import pictures
from lib.metrics import position_frechet, texture
from lib.metrics.lpips import SMALLEST_SIDE, lpips
from lib.metrics.total_variation import absolute_mean
from lib.papers import networks
from lib.papers.nst import experiments, stored
from lib.papers.nst.experiments import Item
from lib.papers.nst.settings import EPSILON, TEXTURE_RATE, VOTE_RATES, Settings
from lib.papers.nst.stored import Computed, Row, digits
from lib.papers.nst.transfer import Scene, staged
from lib.papers.study import Study
from lib.search import progress, runs
from lib.training.style import Trajectory

UNDRAWN = ("heatmap", "contrast")  # parts of which no figure shows a picture
FRECHET_LAYERS = ("conv3_1", "conv2_1")  # the second where the first has fewer positions than channels


def compute(study: Study, settings: Settings, part: str) -> None:
    """Compute what is missing of a part, a batch at a time, and export its record and pictures.

    Raises `runs.OutOfTime` between batches.
    """
    plan = experiments.plan(settings, part)
    if not plan:
        return
    with (
        study.open_run(part, identity(settings, plan)) as run,
        progress.Bar(len(plan), part, done=len(run.record.done)) as bar,
    ):
        for batch in experiments.batches(plan, settings.batch):
            keys = [(item.k, item.repeat) for item in batch]
            stored.rows(run, keys, partial(evaluate, settings, batch), bar)
        first = [row for row in run.record.rows if row["repeat"] == 0 and row["artifacts"] and part not in UNDRAWN]
        study.export(run, part, {row["artifacts"]["image"]: _public(part, row["config"]) for row in first})


def identity(settings: Settings, plan: list[Item]) -> dict[str, Any]:
    """What a part's results depend on."""
    names = {name for item in plan for name in (item.configuration.content, item.configuration.style)}
    planned = runs.identity_hash([asdict(item) for item in plan])
    return stored.identity(settings, names, seed=settings.seed, batch=settings.batch, log_every=settings.log_every,
                           plan=planned)  # fmt: skip


def evaluate(settings: Settings, batch: Sequence[Item]) -> Computed:
    """The row and the picture of each item; a picture with values that are not finite is none, and its row failed."""
    started, c = time.perf_counter(), batch[0].configuration
    content, style = (pictures.picture(name, side=c.side) for name in (c.content, c.style))
    if (least := min(content.shape[1:])) < SMALLEST_SIDE["alex"]:  # before the steps, which LPIPS comes after
        raise ValueError(f"{c.content} has a side of {least} pixels; LPIPS needs {SMALLEST_SIDE['alex']}")
    scene, result = staged(settings.encoder, content, style, batch, seed=settings.seed, log_every=settings.log_every,
                           where=settings.device)  # fmt: skip
    seconds = (time.perf_counter() - started) / len(batch)
    bad = (~torch.isfinite(result.images)).flatten(1).sum(1).tolist()
    finite = torch.where(torch.isfinite(result.images), result.images, scene.base)  # the measures refuse all else
    measures, power = measure(scene, finite, settings.device), spectra(finite)
    for i, item in enumerate(batch):
        row = {"k": item.k, "repeat": item.repeat, "seed": settings.seed, "config": asdict(item.configuration)}
        if bad[i]:
            reason = f"{bad[i]} values of the picture are NaN or infinite"
            yield {**row, "score": None, "reason": reason, "metrics": {}, "seconds": seconds}, None
        else:
            measured = {name: float(values[i]) for name, values in measures.items()}
            found = _measured(item, result, i, measured, digits(power[i]))
            yield {**row, "reason": "", **found, "seconds": seconds}, finite[i].cpu()


def _measured(item: Item, result: Trajectory, i: int, measures: dict[str, float], spectrum: list[float]) -> Row:
    """Score, metrics and curves of image i: final losses and measures, and what was logged."""
    c = item.configuration
    final = {f"{term}_loss": float(values[-1, i]) for term, values in result.losses.items()}
    begun = float(result.losses["style"][0, i])
    ratio = final["style_loss"] / begun if begun else float("nan")  # begun as the style itself
    score = (c.style_weight * final["style_loss"] + c.content_weight * final["content_loss"]
             + c.tv_weight * c.scale() * final["tv_loss"])  # fmt: skip
    curves = {name: digits(values[:, i]) for name, values in result.losses.items()}
    curves |= {f"gradient_{name}": digits(values[:, i]) for name, values in result.gradients.items()}
    curves |= {"step": [float(step) for step in result.steps], "spectrum": spectrum}
    return {"score": score, "metrics": {**final, **measures, "style_ratio": ratio}, "curves": curves}


@torch.no_grad()
def measure(scene: Scene, x: Tensor, where: str) -> dict[str, Tensor]:
    """Every measure (B,) of finished pictures x (B, 3, H, W); names beginning with `proxy_` are no human judgement."""
    judge, measures = networks.perceptual("alex", where), textures(x)
    photo, painting = textures(scene.content), textures(scene.style)
    measures["lpips_half"] = lpips(x, texture.half_resolution(x, 2), judge)
    measures["proxy_lpips_content"] = lpips(x, scene.content.expand_as(x), judge)
    measures["proxy_tv_ratio"] = measures["tv_mean"] / photo["tv_mean"]
    measures["proxy_hf_excess"] = measures["hf"] - torch.maximum(photo["hf"], painting["hf"])
    measures["proxy_sfd"] = position_distance(scene.network, x, scene.style, scene.content)
    measures["proxy_artfid1"] = (1 + measures["proxy_lpips_content"]) * (1 + measures["proxy_sfd"].to(x.device))
    return measures


def textures(x: Tensor) -> dict[str, Tensor]:
    """The texture measures (B,) of pictures (B, 3, H, W), and mean total variation."""
    return {
        "hf": texture.hf_ratio(x), "slope": texture.spectral_slope(x), "centroid": texture.centroid(x),
        "r2": texture.half_resolution_residual(x, 2), "r4": texture.half_resolution_residual(x, 4),
        "tv_mean": absolute_mean(x),
    }  # fmt: skip


def spectra(x: Tensor) -> Tensor:
    """Radial power spectra (B, bins) in at most 24 rings."""
    return texture.radial_spectrum(x, bins=min(24, min(x.shape[2:]) // 2))


def position_distance(network: nn.Module, x: Tensor, style: Tensor, content: Tensor) -> Tensor:
    """proxy_sfd (B,): Fréchet distance over positions to the style, relative to the content photo's own."""
    maps, styled, photo = network(x), network(style), network(content)
    layer = next((n for n in FRECHET_LAYERS if photo[n][0, 0].numel() >= photo[n].shape[1]), FRECHET_LAYERS[-1])
    own = position_frechet.position_frechet(photo[layer][0], styled[layer][0])
    distances = [position_frechet.position_frechet(one, styled[layer][0]) for one in maps[layer]]
    return torch.tensor(distances, dtype=torch.float64) / own


def _public(part: str, config: Row) -> bool:
    """Whether figures draw the picture of a configuration and may show it."""
    drawn = {"rates": config["lr"] in VOTE_RATES, "groups": config["lr"] == TEXTURE_RATE,
             "tv": config["eps"] == EPSILON}  # fmt: skip
    return drawn.get(part, True) and all(pictures.info(config[role]).showable for role in ("content", "style"))
