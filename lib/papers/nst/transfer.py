"""Turning configurations into pictures: one content and style pair as one batch, under any preset."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Self

import torch
from torch import Tensor

from lib import device
from lib.data import images, pictures
from lib.metrics import check
from lib.models import vgg
from lib.papers.nst.experiments import Configuration, Item
from lib.papers.nst.presets import Preset, preset
from lib.papers.nst.settings import Settings
from lib.training import style as training

JITTER = 1e-3  # standard deviation of the noise that replicates start with


@lru_cache(maxsize=8)
def encoder_for(encoder: str, name: str, where: str = "cpu") -> vgg.VGG:
    """The encoder a preset asks for, up to its deepest layer, on the device."""
    p, family = preset(name), vgg.find(encoder).family
    raw = f"{family}-raw" if p.raw_features else encoder
    return vgg.load(raw, p.objective.layers, first_padding=p.objective.first_padding).to(device.pick(where))


@dataclass(frozen=True)
class Scene:
    """A content and a style (1, 3, H, W) with the encoder and the targets they give at one size."""

    preset: Preset
    network: vgg.VGG
    content: Tensor
    style: Tensor
    base: Tensor  # the picture that runs start from
    targets: training.Targets

    @classmethod
    def of(cls, name: str, encoder: str, content: Tensor, style: Tensor, *, where: str = "cpu",
           base: Tensor | None = None) -> Self:  # fmt: skip
        """The scene of two pictures (3, H, W) under a preset; `base` replaces the picture it starts from.

        Raises ValueError for pictures out of range or with a side below 16 px, of which block 5 would see nothing.
        """
        p, network, at = preset(name), encoder_for(encoder, name, where), device.pick(where)
        content = check.images(content[None], "content", min_side=16).to(at)
        style = check.images(style[None], "style", min_side=16).to(at)
        if base is None:
            base = style if p.start == "style" else content
        base = images.resize(base.to(at), (content.shape[2], content.shape[3]))
        return cls(p, network, content, style, base, training.Targets.of(network, p.objective, content, style))

    def start(self, repeats: Sequence[int], seed: int) -> Tensor:
        """Start images (B, 3, H, W): the base, with noise of its own for each repeat above 0."""
        starts = []
        for repeat in repeats:
            noise = torch.randn(self.base.shape, generator=torch.Generator().manual_seed(seed * 1000 + repeat))
            starts.append(self.base if repeat == 0 else (self.base + JITTER * noise.to(self.base)).clamp(0, 1))
        return torch.cat(starts)


def small_scene(settings: Settings) -> Scene:
    """The main pair at the size of the searches and of the optimisers' runs."""
    photo, painting = (pictures.picture(name, side=settings.small_side) for name in (settings.content, settings.style))
    return Scene.of("paper", settings.encoder, photo, painting, where=settings.device)


def run(scene: Scene, items: Sequence[Item], *, seed: int, log_every: int) -> training.Trajectory:
    """The finished pictures of items that share the scene, with logged losses and gradients.

    L-BFGS couples the pixels, so such a preset takes one item. tv and eps are converted from 512 px to the items' size.
    """
    configurations = [item.configuration for item in items]
    values = [(c.lr, c.style_weight, c.content_weight, c.tv_weight * c.scale(), c.eps * c.scale())
              for c in configurations]  # fmt: skip
    hyper = training.Hyperparameters(*scene.content.new_tensor(values).unbind(1))
    start, steps = scene.start([item.repeat for item in items], seed), configurations[0].steps
    if scene.preset.optimiser == "lbfgs":
        return training.lbfgs(scene.network, scene.targets, start, hyper, evaluations=steps)
    optimiser = training.KerasAdam(hyper, *scene.preset.betas)
    return training.descend(scene.network, scene.targets, start, hyper, optimiser, steps=steps, log_every=log_every,
                            average=scene.preset.average)  # fmt: skip


def staged(encoder: str, content: Tensor, style: Tensor, items: Sequence[Item], *, seed: int, log_every: int,
           where: str = "cpu") -> tuple[Scene, training.Trajectory]:  # fmt: skip
    """The items' pictures through the stages of their preset, coarse to fine, and the last stage's scene.

    Each stage starts from the upsampled result of the one before; most presets have one, the others take one item.
    """
    first = items[0].configuration
    p, base = preset(first.preset), None
    for share in p.stages:
        side = max(32, round(first.side * share))
        steps = first.steps if base is None else max(1, round(first.steps * p.later_steps))
        stage = [replace(one, configuration=replace(one.configuration, side=side, steps=steps)) for one in items]
        scene = Scene.of(first.preset, encoder, images.fitted(content, side), images.fitted(style, side), where=where,
                         base=base)  # fmt: skip
        result = run(scene, stage, seed=seed, log_every=log_every)
        base = result.images
    return scene, result


def stylize(content: str | Tensor, style: str | Tensor, *, name: str = "paper", side: int = 256, steps: int = 200,
            encoder: str = "vgg16", seed: int = 0, where: str = "auto", **changes: float) -> Tensor:  # fmt: skip
    """The content painted in the style, (3, H, W) in [0, 1] with long side `side`.

    `content` and `style` are picture names, paths of own pictures or tensors (3, H, W); `name` is a preset. `changes`
    replaces its `lr`, `style_weight`, `content_weight`, `tv_weight` (at 512 px) or `eps`. Raises ValueError for a
    value that is unknown or out of range, or if the optimisation diverged, and `ImageError` for an unreadable picture.
    """
    for what, value, least in (("side", side, 32), ("steps", steps, 1)):
        if type(value) is not int or value < least:
            raise ValueError(f"{what} is {value!r}; allowed are whole numbers from {least}")
    values = _weights(preset(name), changes)
    photo, painting = (one if isinstance(one, Tensor) else pictures.picture(one) for one in (content, style))
    for role, picture in (("content", photo), ("style", painting)):
        check.images(picture[None], role)
    item = Item(0, 0, Configuration("", "", **values, side=side, steps=steps, preset=name))
    _, result = staged(encoder, photo, painting, [item], seed=seed, log_every=steps, where=where)
    if not torch.isfinite(result.images).all():
        raise ValueError(f"preset {name!r} diverged with {values}; a smaller lr or smaller weights may help")
    return result.images[0].cpu()


def _weights(p: Preset, changes: dict[str, float]) -> dict[str, float]:
    """The preset's numbers with the changes, each finite and at least 0, lr and eps above 0."""
    allowed = ("lr", "style_weight", "content_weight", "tv_weight", "eps")
    for key, value in changes.items():
        if key not in allowed:
            raise ValueError(f"{key} is no weight of stylize; allowed are {', '.join(allowed)}")
        positive = key in ("lr", "eps")
        if not isinstance(value, int | float) or not 0 <= value < math.inf or (positive and value == 0):
            raise ValueError(f"{key} is {value!r}; allowed are finite numbers {'above' if positive else 'from'} 0")
    return {key: float(changes.get(key, getattr(p, key))) for key in allowed}
