"""Style transfer as a plain program does it: one configuration at a time, each step through the whole VGG-16.

Only autograd, `torch.optim.Adam` and textbook formulas; nothing of `lib` is used.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

BLOCKS = (2, 2, 3, 3, 3)
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
STYLE_LAYERS = ("conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1")
CONTENT_LAYER = "conv5_2"


@dataclass(frozen=True)
class Weights:
    """Learning rate, weights of the three terms, and Adam's epsilon in Keras' convention."""

    lr: float
    style: float
    content: float
    tv: float
    eps: float


class Features:
    """All 13 convolutions and 5 poolings; each map is multiplied by its gain where it has one."""

    def __init__(self, state: Mapping[str, Tensor], gains: Mapping[str, float]) -> None:
        self.state, self.gains = state, gains

    def __call__(self, image: Tensor) -> dict[str, Tensor]:
        """The maps (1, C, H', W') of every convolution after its ReLU, of an image (1, 3, H, W) in [0, 1]."""
        x = (image - image.new_tensor(MEAN).view(1, 3, 1, 1)) / image.new_tensor(STD).view(1, 3, 1, 1)
        maps = {}
        for block, convolutions in enumerate(BLOCKS, 1):
            for i in range(1, convolutions + 1):
                name = f"conv{block}_{i}"
                x = F.relu(F.conv2d(x, self.state[f"{name}.weight"], self.state[f"{name}.bias"], padding=1))
                maps[name] = x * self.gains.get(name, 1.0)
            x = F.max_pool2d(x, 2)
        return maps


def gram(features: Tensor) -> Tensor:
    """The Gram matrix (C, C) of one map (1, C, H, W), divided by H*W."""
    flat = features[0].flatten(1)
    return flat @ flat.T / flat.shape[1]


def targets(features: Features, content: Tensor, style: Tensor) -> tuple[dict[str, Tensor], Tensor]:
    """The style's Gram matrices by layer and the content's map, without gradients."""
    with torch.no_grad():
        maps = features(style)
        return {layer: gram(maps[layer]) for layer in STYLE_LAYERS}, features(content)[CONTENT_LAYER]


def loss(maps: Mapping[str, Tensor], image: Tensor, grams: Mapping[str, Tensor], content: Tensor, w: Weights) -> Tensor:
    """sw * mean over layers of mean (G - G_s)^2 + cw * mean (F - F_c)^2 + tv * sum of absolute differences."""
    style = sum(((gram(maps[layer]) - grams[layer]) ** 2).mean() for layer in STYLE_LAYERS) / len(STYLE_LAYERS)
    tv = (image[..., 1:, :] - image[..., :-1, :]).abs().sum() + (image[..., 1:] - image[..., :-1]).abs().sum()
    return w.style * style + w.content * ((maps[CONTENT_LAYER] - content) ** 2).mean() + w.tv * tv


def stylize(features: Features, pair: tuple[Tensor, Tensor], start: Tensor, w: Weights, steps: int, *,
            targets_once: bool = False) -> Tensor:  # fmt: skip
    """The image (1, 3, H, W) after so many steps of Adam, clamped to [0, 1] after each.

    `pair` is the content (1, 3, H, W) and the style (1, 3, H', W'). Targets are computed anew in every
    step, as by programs that put all three pictures through the network, unless `targets_once`.
    """
    x = start.clone().requires_grad_()
    optimiser = torch.optim.Adam([x], lr=w.lr, betas=(0.99, 0.999))
    for step in range(1, steps + 1):
        if step == 1 or not targets_once:
            wanted = targets(features, *pair)
        optimiser.param_groups[0]["eps"] = w.eps / (1 - 0.999**step) ** 0.5  # Keras adds it before correcting v
        optimiser.zero_grad()
        loss(features(x), x, *wanted, w).backward()
        optimiser.step()
        with torch.no_grad():
            x.clamp_(0, 1)
    return x.detach()
