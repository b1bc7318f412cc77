"""The frozen encoder of StyleNAS: VGG up to relu5_1 with filters of mean activation 1 and reflection padding.

Five taps, relu1_1 to relu5_1. Each filter is divided by its mean activation over natural pictures and the next layer's
input multiplied by it (section 3.1): by homogeneity of the ReLU every tap is the plain one, rescaled by
channel. The means are measured once on crops of the bundled photos and kept beside the weights with their hash.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lib import weights
from lib.data import pictures
from lib.models import vgg
from lib.models.resampling import mirrored
from lib.models.vgg import CHANNELS
from lib.paths import weights_dir, write_text

TAPS = 5
GUARD = 0.05  # a filter's mean counts as at least so many medians of its layer's
# The pictures whose activations count: each photo scaled to each short side and cut into whole squares.
PHOTOS, SHORT_SIDES, CROP = ("astronaut", "chelsea", "coffee", "rocket", "hubble", "china", "flower"), (96, 192), 96

State = Mapping[str, Tensor]  # conv1_1.weight, conv1_1.bias, ...


class NormalisedVGG(nn.Module):
    """Frozen convolutions with reflection padding; images (B, 3, H, W) in [0, 1] to the taps r1 to r5.

    `state` holds the weights for pictures normalised as ImageNet's; `means` of each layer's filters, or none.
    Gradients pass to the images alone.
    """

    def __init__(self, state: State, means: Mapping[str, Tensor], name: str, digest: str) -> None:
        super().__init__()
        self.name, self.digest = name, digest
        self.names = _names(state)
        mean, std = map(state["conv1_1.weight"].new_tensor, (vgg.IMAGENET_MEAN, vgg.IMAGENET_STD))
        gain, shift = 1 / std, -mean / std  # the pictures' normalisation, which a mirrored border lets conv1_1 absorb
        for layer in self.names:
            kernel, bias = state[f"{layer}.weight"], state[f"{layer}.bias"]
            divisor = means[layer].to(kernel) if means else torch.ones_like(bias)
            bias = (bias + kernel.sum((2, 3)) @ shift) / divisor
            kernel = kernel * gain[:, None, None] / divisor[:, None, None, None]
            self.register_buffer(f"{layer}_weight", kernel.contiguous(memory_format=torch.channels_last))
            self.register_buffer(f"{layer}_bias", bias)
            gain, shift = divisor, torch.zeros_like(divisor)

    def forward(self, images: Tensor, depth: int = TAPS) -> list[Tensor]:
        """The taps r1 to r_depth, (B, C_i, H / 2^(i-1), W / 2^(i-1)); nothing behind r_depth is computed."""
        return [x for layer, x in self.maps(images, depth) if layer.endswith("_1")]

    def encode(self, images: Tensor, depth: int) -> tuple[Tensor, list[Tensor]]:
        """The tap r_depth, and the indices of each pooling before it, in order, with which max-unpooling comes back."""
        indices: list[Tensor] = []
        *_, (_, features) = self.maps(images, depth, indices)
        return features, indices

    def maps(self, x: Tensor, depth: int = TAPS, pooled: list[Tensor] | None = None) -> Iterator[tuple[str, Tensor]]:
        """Each layer's name and map after its ReLU, up to r_depth; poolings add their indices to `pooled`."""
        for layer in self.names[: self.names.index(f"conv{depth}_1") + 1]:
            if layer.endswith("_1") and layer != "conv1_1":
                x, indices = F.max_pool2d(x, 2, return_indices=True)
                if pooled is not None:
                    pooled.append(indices)
            x = F.conv2d(mirrored(x), getattr(self, f"{layer}_weight"), getattr(self, f"{layer}_bias")).relu_()
            yield layer, x


def _names(state: State) -> list[str]:
    """The layers of a state up to conv5_1, in order."""
    found = sorted(name.removesuffix(".weight") for name in state if name.endswith(".weight"))
    return found[: found.index("conv5_1") + 1]


def tap_values(pixels: int) -> float:
    """Numbers in the five taps of so many pixels."""
    return sum(channels / 4**level for level, channels in enumerate(CHANNELS)) * pixels


def load(name: str) -> NormalisedVGG:
    """The encoder `vgg19` or `vgg16`; raises MissingWeights if its weights are not there."""
    means = _kept_means(name)
    kept = {layer: values.tolist() for layer, values in means.items()}
    facts = json.dumps([weights.digest(name), kept], sort_keys=True).encode()
    return NormalisedVGG(weights.load(name), means, name, hashlib.sha256(facts).hexdigest()).eval()


def crops() -> Tensor:
    """The reference crops (N, 3, 96, 96) of the bundled photos, in [0, 1]."""
    found = []
    for photo in PHOTOS:
        for side in SHORT_SIDES:
            picture = pictures.picture(photo, side=side, fit="short")
            rows = picture.unfold(1, CROP, CROP).unfold(2, CROP, CROP)  # (3, rows, columns, CROP, CROP)
            found.append(rows.flatten(1, 2).movedim(1, 0))
    return torch.cat(found)


@torch.no_grad()
def filter_means(state: State, images: Tensor) -> dict[str, Tensor]:
    """Mean activation of each filter over images and positions, at least GUARD medians of its layer's, by layer."""
    network = NormalisedVGG(state, {}, "plain", "")
    sums = {layer: torch.zeros(len(state[f"{layer}.bias"]), dtype=torch.float64) for layer in network.names}
    for batch in images.split(8):
        for layer, x in network.maps(batch):
            sums[layer] += x.mean((2, 3)).double().sum(0)
    means = {layer: (total / len(images)).float() for layer, total in sums.items()}
    return {layer: values.clamp_min(GUARD * float(values.median())) for layer, values in means.items()}


def _kept_means(name: str) -> dict[str, Tensor]:
    """The filter means kept beside the weights with their hash; measured where there are none yet."""
    path, digest = weights_dir() / f"{name}.means.json", weights.digest(name)
    reference = [list(PHOTOS), list(SHORT_SIDES), CROP, GUARD]
    kept = json.loads(path.read_text()) if path.is_file() else {}
    if kept.get("sha256") != digest or kept.get("reference") != reference:
        measured = filter_means(weights.load(name), crops())
        means = {layer: [float(f"{value:.6g}") for value in values.tolist()] for layer, values in measured.items()}
        kept = {"sha256": digest, "reference": reference, "means": means}
        write_text(path, json.dumps(kept) + "\n")
    return {layer: torch.tensor(values) for layer, values in kept["means"].items()}
