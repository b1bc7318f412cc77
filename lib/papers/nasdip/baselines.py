"""What the searched networks are compared with: the classical networks, and methods without a network.

The classical network of a row is the published one of its picture; `dip_published` also keeps its own rate, noise and
iterations, `dip_matched` gets the search's, `dip_scaled` is a small network of the same kind that no paper published.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from lib import device
from lib.data import images
from lib.models import dip
from lib.models.dip_classical import CLASSICAL, Classical, scaled
from lib.papers.nasdip import evaluate, tasks
from lib.papers.nasdip.evaluate import Evaluation
from lib.papers.nasdip.settings import Settings
from lib.papers.nasdip.tasks import Problem
from lib.papers.rows import Job
from lib.search.workers import Outcome
from lib.training.reconstruction import reconstruct

# Whose published network serves a row that has none of its own: the task's plainest.
STANDINS = {"denoise": "Plane", "inpaint": "Vase", "sr4": "Zebra 4x", "sr8": "Zebra 8x"}
PLAIN = {
    "denoise": ("untouched",),
    "inpaint": ("untouched", "telea", "navier_stokes", "biharmonic"),
    "sr4": ("untouched", "bilinear", "nearest"),
    "sr8": ("untouched", "bilinear", "nearest"),
}
NETWORKS = ("dip_matched", "dip_scaled", "dip_published")
AVERAGE = 0.99  # weight of the past in the averaged output of the published networks
RADIUS = 3  # of OpenCV's inpainting, px


@dataclass(frozen=True)
class Baseline:
    """One method on one row; `share` is that of the published iterations that the published network gets."""

    evaluation: Evaluation
    method: str
    share: float = 1.0


def jobs(settings: Settings) -> list[Job]:
    """Every method on every row; those with a network once a fresh seed."""
    networks = settings.classical
    listed = [(row, method) for row in settings.searched for method in (*PLAIN[tasks.row(row).task], *networks)]
    return [
        Job(k, repeat, device.keyed_seed(settings.seed, "fresh", repeat), baseline(settings, row, method),
            {"row": row, "method": method})
        for k, (row, method) in enumerate(listed)
        for repeat in range(settings.rescored if method in NETWORKS else 1)
    ]  # fmt: skip


def baseline(settings: Settings, row: str, method: str) -> Baseline:
    """A method on a row; the published networks come with their own down-sampling."""
    ev = Evaluation.of(settings, row)
    return Baseline(replace(ev, down="lanczos2") if method == "dip_published" else ev, method, settings.published)


def compute(task: Baseline, seed: int, folder: Path) -> Outcome:
    """Measure one method on one row."""
    picture, extra = restored(task, seed)
    metrics = evaluate.measure(task.evaluation, picture) | extra
    return Outcome(metrics["lpips_truth"], metrics)


def restored(task: Baseline, seed: int) -> tuple[Tensor, dict[str, float]]:
    """The picture (1, 3, H, W) that a method gives, and what else is known of it.

    The classical networks add `oracle_psnr` and `oracle_iteration`, those of the iterate nearest to the truth, which
    nobody without the truth could pick; the published one the measures of its averaged output as `averaged_psnr` etc.
    """
    at = evaluate.problem(task.evaluation)
    return _trained(task, at, seed) if task.method in NETWORKS else (_plain(at, task.method), {})


def classical(row: str) -> Classical:
    """The published network of a row, or that of its task."""
    at = tasks.row(row)
    return CLASSICAL[at.title if at.title in CLASSICAL else STANDINS[at.task]]


def network(task: Baseline, size: tuple[int, int]) -> Classical:
    """The network of a method, cut to the outermost scales that a picture of this height and width (px) allows.

    Their deepest map has 2 x 2 values or more, and more than its filter's padding mirrors.
    """
    found = classical(task.evaluation.row)
    whole = scaled() if task.method == "dip_scaled" else found.architecture
    least = [max(2, stage.filter // 2 + 1) for stage in whole.encoders]
    fits = [all(side % 2**k == 0 and side >> k >= low for side in size) for k, low in enumerate(least, 1)]
    k = max((k for k, fit in enumerate(fits, 1) if fit), default=1)
    skips = tuple(row[:k] for row in whole.skips[:k])
    cut = replace(whole, encoders=whole.encoders[:k], decoders=whole.decoders[:k], skips=skips)
    return replace(found, architecture=cut)


def _trained(task: Baseline, at: Problem, seed: int) -> tuple[Tensor, dict[str, float]]:
    """Train a classical network on a row's observation; its last output, and what else is known of it."""
    ev, found = task.evaluation, network(task, at.size)
    module = dip.DipNetwork(found.architecture, found.options, device.keyed_seed(seed, found.architecture.text()))
    settings: dict[str, Any] = {"iterations": ev.iterations, "lr": ev.lr}
    if task.method == "dip_published":
        settings = {
            "iterations": max(1, round(task.share * found.iterations)), "lr": found.lr, "guard": found.guard,
            "reg_noise_std": found.reg_noise_std, "noise_seed": device.keyed_seed(seed, "steps"), "average": AVERAGE,
        }  # fmt: skip
    z = _input(found, at, seed).to(ev.device)
    result = reconstruct(module.to(ev.device), z, at.loss, oracle=at.truth, precision=ev.precision, **settings)
    known = {"loss": result.loss, "iterations": result.iterations}
    known |= evaluate.size(found.architecture, found.options, at.size)
    if result.oracle is not None:
        known |= dict(zip(("oracle_psnr", "oracle_iteration"), result.oracle, strict=True))
    if result.averaged is not None:
        averaged = evaluate.measure(ev, result.averaged)
        known |= {f"averaged_{name}": averaged[name] for name in ("psnr", "ssim", "lpips_truth")}
    return result.output, known


def _input(found: Classical, at: Problem, seed: int) -> Tensor:
    """The published input: noise, or a grid of coordinates x and y in [0, 1]."""
    if found.input_kind == "noise":
        return evaluate.noise(at.row, at.size, seed, found.input_channels)
    height, width = at.size
    y, x = torch.meshgrid(torch.linspace(0, 1, height), torch.linspace(0, 1, width), indexing="ij")
    return torch.stack([x, y])[None]


def _plain(at: Problem, method: str) -> Tensor:
    """What a method without a network gives, or the truth itself."""
    if method == "truth" and at.truth is not None:
        return at.truth
    if method == "untouched":
        return at.baseline()
    if method == "bilinear":
        return images.resize(at.observed, at.size, kind="bilinear")
    if method == "nearest":
        return at.observed.clamp(0, 1).repeat_interleave(at.row.factor, 2).repeat_interleave(at.row.factor, 3)
    # Libraries fill the hole from 8-bit pixels; the known ones stay as they are.
    pixels, hole = images.to_uint8(at.observed[0]), (at.known[0, 0] == 0).cpu().numpy()
    if method == "biharmonic":
        from skimage.restoration import inpaint_biharmonic

        filled = inpaint_biharmonic(pixels / 255, hole, channel_axis=-1).clip(0, 1)
        found = torch.from_numpy(np.moveaxis(filled, -1, 0)[None].astype(np.float32))
    else:
        import cv2

        kind = {"telea": cv2.INPAINT_TELEA, "navier_stokes": cv2.INPAINT_NS}[method]
        found = images.from_uint8(cv2.inpaint(pixels, hole.astype(np.uint8), RADIUS, kind))[None]  # RGB may stay
    return torch.where(at.known > 0, at.observed, found.to(at.observed))
