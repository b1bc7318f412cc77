"""Measuring finished style transfers and storing them: one row a configuration, one picture a row."""

import math
import time
from collections.abc import Sequence
from dataclasses import asdict
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor, nn

from lib import device
from lib.data import images, pictures
from lib.metrics import position_frechet, texture
from lib.metrics.lpips import SMALLEST_SIDE, lpips
from lib.metrics.total_variation import absolute_mean
from lib.models import backbones
from lib.papers.nst import experiments
from lib.papers.nst.experiments import Item
from lib.papers.nst.settings import EPSILON, VOTE_RATES, Settings
from lib.papers.nst.transfer import Scene, encoder_digest, run, staged
from lib.papers.study import Study
from lib.search import progress, runs
from lib.search.record import Record
from lib.training.style import Trajectory

UNDRAWN = ("heatmap", "contrast")  # parts of which no figure shows a picture
FRECHET_LAYERS = ("conv3_1", "conv2_1")  # the second where the first has fewer positions than channels


@lru_cache(maxsize=2)
def judge_network(where: str) -> nn.Module:
    """LPIPS with AlexNet, on the device."""
    return backbones.lpips_network("alex").to(device.pick(where))


def textures(x: Tensor) -> dict[str, Tensor]:
    """The texture measures (B,) of specification section 5.1, and mean total variation."""
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


@torch.no_grad()
def measure(scene: Scene, x: Tensor, where: str) -> dict[str, Tensor]:
    """Every measure (B,) of finished pictures x (B, 3, H, W); names beginning with `proxy_` are no human judgement."""
    judge, content = judge_network(where), scene.content.expand_as(x)
    measures = textures(x)
    photo, painting = textures(scene.content), textures(scene.style)
    measures["lpips_half"] = lpips(x, texture.half_resolution(x, 2), judge)
    measures["proxy_lpips_content"] = lpips(x, content, judge)
    measures["proxy_tv_ratio"] = measures["tv_mean"] / photo["tv_mean"]
    measures["proxy_hf_excess"] = measures["hf"] - torch.maximum(photo["hf"], painting["hf"])
    measures["proxy_sfd"] = position_distance(scene.network, x, scene.style, scene.content)
    measures["proxy_artfid1"] = (1 + measures["proxy_lpips_content"]) * (1 + measures["proxy_sfd"].to(x.device))
    return measures


def rows(items: Sequence[Item], trajectory: Trajectory, measures: dict[str, Tensor], *, seed: int,
         seconds: float) -> list[dict[str, Any]]:  # fmt: skip
    """One record row an item: final losses and measures, and curves over the logged steps."""
    answer = []
    power = spectra(trajectory.images)
    for i, item in enumerate(items):
        final = {f"{term}_loss": float(values[-1, i]) for term, values in trajectory.losses.items()}
        metrics = {**final, **{name: float(values[i]) for name, values in measures.items()}}
        begun = float(trajectory.losses["style"][0, i])
        metrics["style_ratio"] = final["style_loss"] / begun if begun else float("nan")  # begun as the style itself
        c = item.configuration
        score = (c.style_weight * final["style_loss"] + c.content_weight * final["content_loss"]
                 + c.tv_weight * c.scale() * final["tv_loss"])  # fmt: skip
        curves = {name: digits(values[:, i]) for name, values in trajectory.losses.items()}
        curves |= {f"gradient_{name}": digits(values[:, i]) for name, values in trajectory.gradients.items()}
        curves |= {"step": [float(step) for step in trajectory.steps], "spectrum": digits(power[i])}
        answer.append({
            "k": item.k, "repeat": item.repeat, "seed": seed, "config": asdict(c), "score": score, "reason": "",
            "metrics": metrics, "curves": curves, "seconds": seconds / len(items),
        })  # fmt: skip
    return answer


def _failed(row: dict[str, Any], pixels: int) -> dict[str, Any]:
    """The row of a picture with pixels that are NaN or infinite: nothing but its losses was measured."""
    measured = {name: row["metrics"][name] for name in row["metrics"] if name.endswith("_loss")}
    curves = {name: [v if math.isfinite(v) else None for v in values] for name, values in row["curves"].items()}
    curves["spectrum"] = [None] * len(curves["spectrum"])
    return {**row, "score": None, "metrics": {**dict.fromkeys(row["metrics"]), **measured}, "curves": curves,
            "reason": f"{pixels} values of the picture are NaN or infinite"}  # fmt: skip


def digits(values: Tensor) -> list[float]:
    """The values to six significant digits, which curves are drawn with and which keeps records small."""
    return [float(f"{value:.6g}") for value in values.tolist()]


def compute(study: Study, settings: Settings, part: str) -> None:
    """Compute what is missing of a part, a batch at a time, and export its record and pictures.

    A batch whose rows are not all stored is computed again as a whole, so that a resumed part equals an uninterrupted
    one bit for bit. Raises `runs.OutOfTime` between batches.
    """
    plan = experiments.plan(settings, part)
    if not plan:
        return
    with (
        study.open_run(part, identity(settings, plan)) as run_,
        progress.bar(len(plan), part, done=len(run_.record.done)) as bar,
    ):
        for batch in experiments.batches(plan, settings.batch):
            todo = [item for item in batch if (item.k, item.repeat) not in run_.record.done]
            if not todo:
                continue
            runs.check_time()
            for item, row, image in zip(batch, *_evaluate(settings, batch), strict=True):
                if item in todo:
                    saved = {} if row["score"] is None else _saved(run_, item, image)
                    run_.record.append({**row, "artifacts": saved})
            bar.update(len(todo))
        study.export(run_, part, {} if part in UNDRAWN else _showable(run_.record, settings))


def _saved(run_: runs.Run, item: Item, image: Tensor) -> dict[str, str]:
    """Save the item's picture and return where, as its row names it."""
    path = images.save(image, run_.artifacts / f"{item.k:03d}-{item.repeat}.png")
    return {"image": f"artifacts/{path.name}"}


def _showable(record: Record, settings: Settings) -> dict[str, bool]:
    """The pictures of first repeats: True for those that figures draw and whose content and style may be shown."""
    first = [row for row in record.rows if row["repeat"] == 0 and row["artifacts"]]
    return {row["artifacts"]["image"]: _drawn(record, row["config"], settings) for row in first}


def _drawn(record: Record, config: dict[str, Any], settings: Settings) -> bool:
    """Whether figures draw the picture of a configuration and may show it."""
    drawn = {"rates": config["lr"] in VOTE_RATES, "groups": config["lr"] == settings.texture_rate,
             "tv": config["eps"] == EPSILON}.get(record.header["experiment"], True)  # fmt: skip
    return drawn and all(pictures.info(config[role]).showable for role in ("content", "style"))


def _evaluate(settings: Settings, batch: list[Item]) -> tuple[list[dict[str, Any]], Tensor]:
    """The rows and pictures of one batch."""
    started, c = time.perf_counter(), batch[0].configuration
    content, style = (pictures.picture(name, side=c.side) for name in (c.content, c.style))
    if min(content.shape[1:]) < SMALLEST_SIDE["alex"]:
        size = "x".join(map(str, content.shape[1:]))
        needed = SMALLEST_SIDE["alex"]
        raise ValueError(f"{c.content} is {size} pixels at side {c.side}; both sides need at least {needed} for LPIPS")
    scene = Scene.of(c.preset, settings.encoder, content, style, where=settings.device)
    common: dict[str, Any] = {"seed": settings.seed, "log_every": settings.log_every}
    if len(scene.preset.stages) > 1:
        if len(batch) > 1:
            raise ValueError(f"preset {c.preset} runs in stages, one picture at a time; batch holds {len(batch)}")
        result = staged(c.preset, settings.encoder, content, style, c, where=settings.device, **common)
    else:
        result = run(scene, batch, **common)
    seconds = time.perf_counter() - started
    bad = (~torch.isfinite(result.images)).flatten(1).sum(1).tolist()
    if any(bad):  # the measures refuse what is not finite
        result.images = torch.where(torch.isfinite(result.images), result.images, scene.base)
    measures = measure(scene, result.images, settings.device)
    answer = rows(batch, result, measures, seed=settings.seed, seconds=seconds)
    return [_failed(row, n) if n else row for row, n in zip(answer, bad, strict=True)], result.images.cpu()


def identity(settings: Settings, plan: list[Item]) -> dict[str, Any]:
    """What a part's results depend on."""
    names = {name for item in plan for name in (item.configuration.content, item.configuration.style)}
    return {
        "encoder": settings.encoder,
        "weights": encoder_digest(settings),
        "pictures": {name: pictures.info(name).sha256 for name in sorted(names)},
        "seed": settings.seed,
        "batch": settings.batch,
        "log_every": settings.log_every,
        "plan": runs.identity_hash([asdict(item) for item in plan]),
    }
