"""The frozen encoder of StyleNAS: VGG up to relu5_1 with filters of mean activation 1 and reflection padding.

Five taps, relu1_1 to relu5_1. Each filter is divided by its mean activation over natural pictures and the next layer's
input multiplied by it (section 3.1): by homogeneity of the ReLU every tap is the plain one, rescaled by
channel. The means are measured once on crops of the bundled photos and kept beside the weights with their hash.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lib import weights
from lib.data import pictures
from lib.models import vgg
from lib.models.resampling import reflect_pad
from lib.models.vgg import CHANNELS
from lib.paths import weights_dir, write_text

TAPS = 5
GUARD = 0.05  # a filter's mean counts as at least so many medians of its layer's
# The pictures whose activations count: each photo scaled to each short side and cut into whole squares.
PHOTOS, SHORT_SIDES, CROP = ("astronaut", "chelsea", "coffee", "rocket", "hubble", "china", "flower"), (96, 192), 96

State = Mapping[str, Tensor]  # conv1_1.weight, conv1_1.bias, ...


@dataclass(frozen=True)
class Code:
    """A picture at one tap, and what max-unpooling needs to come back."""

    features: Tensor  # (B, C, H, W)
    indices: list[Tensor]  # of each pooling, in order
    sizes: list[torch.Size]  # of what went into each pooling


class NormalisedVGG(nn.Module):
    """Frozen convolutions with reflection padding; images (B, 3, H, W) in [0, 1] to the taps r1 to r5.

    `state` holds the weights for pictures normalised as ImageNet's; `means` of each layer's filters, or none.
    Gradients pass to the images alone.
    """

    def __init__(self, state: State, means: Mapping[str, Tensor], name: str, digest: str) -> None:
        super().__init__()
        self.name, self.digest = name, digest
        self.names = _names(state)
        mean, std = _imagenet(state["conv1_1.weight"])
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

    def encode(self, images: Tensor, depth: int) -> Code:
        """The tap r_depth with the indices and sizes of the poolings before it."""
        code = Code(images, [], [])
        for _, x in self.maps(images, depth, code):
            features = x
        return replace(code, features=features)

    def maps(self, images: Tensor, depth: int = TAPS, code: Code | None = None) -> Iterator[tuple[str, Tensor]]:
        """Each layer's name and map after its ReLU, up to r_depth; the poolings are added to `code`."""
        x = images
        for layer in self.names[: self.names.index(f"conv{depth}_1") + 1]:
            if layer.endswith("_1") and layer != "conv1_1":
                size = x.shape
                x, indices = F.max_pool2d(x, 2, return_indices=True)
                if code:
                    code.sizes.append(size)
                    code.indices.append(indices)
            x = F.conv2d(mirrored(x), getattr(self, f"{layer}_weight"), getattr(self, f"{layer}_bias")).relu_()
            yield layer, x


def mirrored(x: Tensor) -> Tensor:
    """x mirrored by one pixel: PyTorch's own where that is deterministic and the faster, on the CPU."""
    return F.pad(x, (1, 1, 1, 1), mode="reflect") if x.device.type == "cpu" else reflect_pad(x, 1)


def _names(state: State) -> list[str]:
    """The layers of a state up to conv5_1, in order."""
    found = sorted(name.removesuffix(".weight") for name in state if name.endswith(".weight"))
    return found[: found.index("conv5_1") + 1]


def _imagenet(like: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and deviation (3,) of ImageNet's colours, in a tensor's precision and place."""
    return like.new_tensor(vgg.IMAGENET_MEAN), like.new_tensor(vgg.IMAGENET_STD)


def tap_values(pixels: int) -> float:
    """Numbers in the five taps of so many pixels."""
    return sum(channels / 4**level for level, channels in enumerate(CHANNELS)) * pixels


def load(name: str) -> NormalisedVGG:
    """The encoder `vgg19` or `vgg16`, or `random`: orthogonal filters in VGG-19's shape, standardised (below).

    Raises MissingWeights if its weights are not there.
    """
    if name == "random":
        state = standardised(_orthogonal())
        means: dict[str, Tensor] = {}
        facts = b"".join(tensor.numpy().tobytes() for tensor in state.values())
    else:
        state, means = weights.load(name), _kept_means(name)
        kept = {layer: values.tolist() for layer, values in means.items()}
        facts = json.dumps([weights.digest(name), kept], sort_keys=True).encode()
    return NormalisedVGG(state, means, name, hashlib.sha256(facts).hexdigest()).eval()


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


def _orthogonal() -> dict[str, Tensor]:
    """Orthogonal filters of a VGG-19 up to conv5_1, always the same, without biases."""
    generator, state, inner = torch.Generator().manual_seed(0), {}, 3
    for layer in vgg.layer_names("vgg19")[: vgg.depth("conv5_1", "vgg19")]:
        outer = CHANNELS[int(layer[4]) - 1]
        kernel = torch.empty(outer, inner, 3, 3)
        state[f"{layer}.weight"] = nn.init.orthogonal_(kernel, generator=generator)
        state[f"{layer}.bias"], inner = torch.zeros(outer), outer
    return state


@torch.no_grad()
def standardised(state: State, images: Tensor | None = None) -> dict[str, Tensor]:
    """The state with filters whose pre-activations have mean 0 and deviation 1 over the images (a few crops)."""
    x, done = (crops()[::4] if images is None else images), dict(state)
    mean, std = _imagenet(x)
    x = (x - mean[:, None, None]) / std[:, None, None]
    for layer in _names(state):
        if layer.endswith("_1") and layer != "conv1_1":
            x = F.max_pool2d(x, 2)
        x = F.conv2d(mirrored(x), state[f"{layer}.weight"])
        deviation, centre = torch.std_mean(x, (0, 2, 3))
        done[f"{layer}.weight"] = state[f"{layer}.weight"] / deviation[:, None, None, None]
        done[f"{layer}.bias"] = -centre / deviation
        x = F.relu((x - centre[:, None, None]) / deviation[:, None, None])
    return done
