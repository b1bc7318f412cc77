"""Optimisers under a scaled loss, and against each other at equal evaluations."""

from dataclasses import asdict, dataclass, replace
from functools import partial

import torch
from torch import Tensor

from lib.papers.nst import stored
from lib.papers.nst.settings import EPSILON, GROUPS, TV, Settings, compensation
from lib.papers.nst.transfer import Scene, small_scene
from lib.papers.study import Study
from lib.search import progress, runs
from lib.training import style as training

SCALES = (1e-6, 1e-2, 1.0, 64.0, 1e2)  # factors k on the whole loss; 64 is exact in binary floating point
LBFGS_SCALES = (1e-9, 1e-2, 1.0, 64.0, 1e2)


@dataclass(frozen=True)
class OptimiserRun:
    """One optimiser on the main pair, its whole loss multiplied by `scale`."""

    optimiser: str  # adam, adam-scaled-eps (eps times scale), sgd, lbfgs or lbfgs-wolfe
    lr: float  # of sgd: the root mean square of the first step at scale 1
    eps: float
    tv_weight: float
    scale: float
    evaluations: int


def plan(s: Settings) -> list[OptimiserRun]:
    """Every optimiser at every scale without TV, then each at scale 1 without and with TV; no run twice."""
    adam, sgd, lbfgs = ("adam", 0.01, EPSILON), ("sgd", 1e-3, 0.0), [("lbfgs", 1.0, 0.0), ("lbfgs-wolfe", 1.0, 0.0)]
    scaled = [("adam", 0.01, 1e-8), adam, ("adam-scaled-eps", 0.01, EPSILON), sgd]
    compared = [adam, ("adam", 0.02, EPSILON), ("adam", 0.05, EPSILON), sgd, *lbfgs]
    listed = [(*one, 0.0, scale) for scale in SCALES for one in scaled]
    listed += [(*one, 0.0, scale) for scale in LBFGS_SCALES for one in lbfgs]
    listed += [(*one, tv, 1.0) for tv in (0.0, TV) for one in compared]
    return list(dict.fromkeys(OptimiserRun(*values, s.evaluations) for values in listed))


def compute(study: Study, settings: Settings, part: str = "optimisers") -> None:
    """Run what is missing and export the record. Raises `runs.OutOfTime` between runs."""
    todo, scene = plan(settings), small_scene(settings)
    identity = stored.identity(settings, (settings.content, settings.style), side=settings.small_side,
                               plan=runs.identity_hash([asdict(run) for run in todo]))  # fmt: skip
    references: dict[OptimiserRun, Tensor] = {}
    with study.open_run(part, identity) as run, progress.Bar(len(todo), part, done=len(run.record.done)) as bar:
        for k, one in enumerate(todo):
            stored.rows(run, [(k, 0)], partial(_row, k, scene, one, settings.small_side, references), bar)
        study.export(run, part, {})


def hyperparameters(scene: Scene, one: OptimiserRun, side: int) -> training.Hyperparameters:
    """The run's values as tensors (1,), weights times `scale`; sgd's rate is converted to the loss's own units."""
    sw, cw = GROUPS["G2"]
    eps = one.eps * compensation(side) * (one.scale if one.optimiser == "adam-scaled-eps" else 1.0)
    values = (one.lr, sw * one.scale, cw * one.scale, one.tv_weight * compensation(side) * one.scale, eps)
    hyper = training.Hyperparameters(*scene.content.new_tensor([values]).unbind(1))
    if one.optimiser != "sgd":
        return hyper
    return replace(hyper, lr=hyper.lr * one.scale / _gradient_rms(scene, hyper))


def _gradient_rms(scene: Scene, hyper: training.Hyperparameters) -> Tensor:
    """Root mean square of the whole loss's gradient at the start picture."""
    x = scene.base.clone().requires_grad_()
    total = torch.stack(list(hyper.weighted(scene.targets.losses(scene.network, x)).values())).sum()
    return torch.autograd.grad(total, x)[0].square().mean().sqrt()


def descend(scene: Scene, one: OptimiserRun, side: int) -> training.Trajectory:
    """The run's trajectory, every evaluation logged."""
    hyper, given = hyperparameters(scene, one, side), (scene.network, scene.targets, scene.base)
    if one.optimiser.startswith("lbfgs"):
        search = "strong_wolfe" if one.optimiser == "lbfgs-wolfe" else None
        return training.lbfgs(*given, hyper, evaluations=one.evaluations, line_search=search)
    optimiser = training.GradientDescent(hyper) if one.optimiser == "sgd" else training.KerasAdam(hyper)
    return training.descend(*given, hyper, optimiser, steps=one.evaluations - 1, log_every=1)


def _row(k: int, scene: Scene, one: OptimiserRun, side: int, references: dict[OptimiserRun, Tensor]) -> stored.Computed:
    """What the run did: loss divided by scale, how far it moved, and how far it ended from the same run at scale 1.

    `references` keeps the pictures of the runs at scale 1.
    """
    result, unscaled = descend(scene, one, side), replace(one, scale=1.0)
    if unscaled not in references:
        references[unscaled] = result.images if one == unscaled else descend(scene, unscaled, side).images
    reference = references[unscaled]
    (sw, cw), tv = GROUPS["G2"], one.tv_weight * compensation(side)
    losses = sw * result.losses["style"] + cw * result.losses["content"] + tv * result.losses["tv"]
    curve = stored.digits(losses[:, 0])
    metrics = {
        "final_loss": curve[-1],
        "style_loss": float(result.losses["style"][-1]),
        "content_loss": float(result.losses["content"][-1]),
        "moved": float((result.images - scene.base).abs().mean()),
        "difference": float((result.images - reference).abs().mean()),
        "identical": float(torch.equal(result.images, reference)),
    }
    yield {"k": k, "repeat": 0, "seed": 0, "config": asdict(one), "score": metrics["final_loss"], "metrics": metrics,
           "curves": {"loss": curve}, "seconds": 0.0, "reason": ""}, None  # fmt: skip
