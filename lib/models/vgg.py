"""VGG feature extractors with named layers, at the activation scale that style-transfer weights assume.

Simonyan and Zisserman, "Very deep convolutional networks for large-scale image recognition" (2015).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lib import weights
from lib.data import pictures
from lib.paths import weights_dir, write_text

STYLE_LAYERS = ("conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1")
CONTENT_LAYER = "conv5_2"
CONVOLUTIONS = {"vgg16": (2, 2, 3, 3, 3), "vgg19": (2, 2, 4, 4, 4)}
CHANNELS = (64, 128, 256, 512, 512)  # of each block
IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
FEATURES_MEAN = (0.48235, 0.45882, 0.40784)

# Mean activations of a Caffe-scale VGG-19 on a style image, in the order of STYLE_LAYERS and CONTENT_LAYER: the
# scale on which the published weights act. Only the order of magnitude is known.
CAFFE_ACTIVATIONS = dict(zip((*STYLE_LAYERS, CONTENT_LAYER), (34.0, 200.0, 231.0, 400.0, 59.0, 14.0), strict=True))
REFERENCE = ("swirl", 256)  # picture and side; gives VGG-16 the gains below to within 15%
VGG16_GAINS = dict(zip((*STYLE_LAYERS, CONTENT_LAYER), (84.0, 202.0, 140.0, 311.0, 94.0, 30.0), strict=True))


@dataclass(frozen=True)
class Encoder:
    """A backbone with its input normalisation and the gains that bring it to the Caffe scale.

    Gains are constants of the backbone, never refitted to a picture. ReLU networks are positively homogeneous, so
    a gain equals a rescaling of kernels and biases and changes no direction in feature space.
    """

    weights: str
    family: str  # "vgg16" or "vgg19"
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    gains: Mapping[str, float] | None  # None: measured once on the reference picture and kept beside the weights


_CAFFE_STD = (1 / 255, 1 / 255, 1 / 255)
ENCODERS = {
    "vgg16": Encoder("vgg16", "vgg16", IMAGENET_MEAN, IMAGENET_STD, VGG16_GAINS),
    "vgg16-raw": Encoder("vgg16", "vgg16", IMAGENET_MEAN, IMAGENET_STD, {}),
    "vgg16-features": Encoder("vgg16-features", "vgg16", FEATURES_MEAN, _CAFFE_STD, {}),
    "vgg19": Encoder("vgg19", "vgg19", IMAGENET_MEAN, IMAGENET_STD, None),
    "vgg19-raw": Encoder("vgg19", "vgg19", IMAGENET_MEAN, IMAGENET_STD, {}),
}


def find(name: str) -> Encoder:
    """The named encoder; ValueError lists the allowed ones."""
    if name not in ENCODERS:
        raise ValueError(f"encoder is {name!r}; allowed are {', '.join(ENCODERS)}")
    return ENCODERS[name]


def depth(layer: str, family: str = "vgg16") -> int:
    """How many convolutions run up to and including `layer`."""
    return layer_names(family).index(layer) + 1


def layer_names(family: str = "vgg16") -> list[str]:
    """The convolutions' names in order, conv1_1 to conv5_3 (vgg16) or conv5_4 (vgg19)."""
    return [f"conv{b}_{i}" for b, n in enumerate(CONVOLUTIONS[family], 1) for i in range(1, n + 1)]


class VGG(nn.Module):
    """Frozen VGG convolutions up to the deepest layer asked for; nothing behind it is built or run.

    `forward` takes images (B, 3, H, W) in [0, 1] and returns the named maps (B, C, H', W') after their ReLU.
    `first_padding` pads only the first convolution (`zeros` or `replicate`), the others use zeros.
    """

    def __init__(self, state: Mapping[str, Tensor], encoder: Encoder, layers: tuple[str, ...], *,
                 first_padding: str = "zeros") -> None:  # fmt: skip
        super().__init__()
        self.names = layer_names(encoder.family)[: max(depth(layer, encoder.family) for layer in layers)]
        self.layers = tuple(layers)
        self.first_padding = first_padding
        self.mean: Tensor
        self.std: Tensor
        self.register_buffer("mean", torch.tensor(encoder.mean).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(encoder.std).view(1, 3, 1, 1))
        gains, gain = encoder.gains or {}, 1.0
        for name in self.names:
            previous, gain = gain, gains.get(name, gain)
            kernel = state[f"{name}.weight"] * (gain / previous)
            self.register_buffer(f"{name}_weight", kernel.contiguous(memory_format=torch.channels_last))
            self.register_buffer(f"{name}_bias", state[f"{name}.bias"] * gain)

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        x = (images - self.mean) / self.std
        maps: dict[str, Tensor] = {}
        for name in self.names:
            if name.endswith("_1") and name != "conv1_1":
                x = F.max_pool2d(x, 2)
            padding = 1
            if name == "conv1_1" and self.first_padding == "replicate":
                x, padding = F.pad(x, (1, 1, 1, 1), mode="replicate"), 0
            x = F.relu(F.conv2d(x, getattr(self, f"{name}_weight"), getattr(self, f"{name}_bias"), padding=padding))
            if name in self.layers:
                maps[name] = x
        return maps

    def macs(self, height: int, width: int) -> int:
        """Multiply-accumulates of one forward pass of one picture of this size."""
        return macs(self.names, height, width)


def macs(names: Sequence[str], height: int, width: int) -> int:
    """Multiply-accumulates of the named convolutions, from conv1_1 on, for one picture of this size."""
    total, inner = 0, 3
    for name in names:
        block = int(name[4])
        out = CHANNELS[block - 1]
        total += 9 * inner * out * (height >> (block - 1)) * (width >> (block - 1))
        inner = out
    return total


def load(name: str, layers: tuple[str, ...] = (*STYLE_LAYERS, CONTENT_LAYER), *, first_padding: str = "zeros") -> VGG:
    """The named encoder, frozen and in channels-last layout, up to the deepest of `layers`.

    Raises ValueError for an unknown encoder, `MissingWeights` if its weights are not there.
    """
    encoder = find(name)
    if encoder.gains is None:
        encoder = replace(encoder, gains=_kept_gains(encoder))
    network = VGG(weights.load(encoder.weights), encoder, layers, first_padding=first_padding)
    return network.to(memory_format=torch.channels_last).eval()


def _kept_gains(encoder: Encoder) -> dict[str, float]:
    """The gains kept beside the weights with their hash; measured on the reference picture where there are none yet."""
    path, digest = weights_dir() / f"{encoder.weights}.gains.json", weights.digest(encoder.weights)
    kept = json.loads(path.read_text()) if path.is_file() else {}
    if kept.get("sha256") != digest:
        layers = tuple(CAFFE_ACTIVATIONS)
        network = VGG(weights.load(encoder.weights), replace(encoder, gains={}), layers)
        gains = measure_gains(network, pictures.picture(REFERENCE[0], side=REFERENCE[1]))
        kept = {"sha256": digest, "reference": list(REFERENCE), "gains": gains}
        write_text(path, json.dumps(kept, indent=2) + "\n")
    return kept["gains"]


@torch.no_grad()
def measure_gains(network: VGG, picture: Tensor) -> dict[str, float]:
    """The gains that bring each calibrated layer's mean activation on a picture (3, H, W) to the Caffe scale."""
    maps = network(picture[None])
    return {layer: target / float(maps[layer].mean()) for layer, target in CAFFE_ACTIVATIONS.items()}
