"""StyleNAS' photorealistic decoder, built from an architecture: only the layers that its bits ask for.

An et al. (arXiv 1906.02470), section 3. From the taps r1 to r5 of a frozen VGG (`relu{i}_1`) six stages d0 to d5 make
the picture again. Where a style's code is given, whitening and colouring transforms of the taps and of the stages'
inputs bring its colours; trained without them, decoders whose transforms alone differ have the same weights.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lib.models import wct
from lib.models.normalised_vgg import CHANNELS, TAPS
from lib.models.reflection import convolve
from lib.spaces.stylenas import TAP_BITS, Architecture

EPS = 1e-5  # of instance norm

# Numbers of bits are positions in the printed genome.
TRANSFORMS = (0, 5, 9, 16, 23, 28)  # of each stage's input
LEVELS = (4, 4, 3, 2, 1, 0)  # halvings before each stage's input
LAYERS = (  # name, bit that builds it, channels of the decoder's features and of the output, halvings before the output
    ("d0_join", None, 512, 512, 4),
    ("d1_conv", 6, 512, 512, 4),
    ("d1_conv_up", 7, 512, 512, 3),
    ("d2_join", None, 512, 512, 3),
    ("d2_conv", 12, 512, 512, 3),
    ("d2_reduce", None, 512, 256, 3),
    ("d2_conv_up", 14, 256, 256, 2),
    ("d3_join", None, 256, 256, 2),
    ("d3_conv", 19, 256, 256, 2),
    ("d3_reduce", None, 256, 128, 2),
    ("d3_conv_up", 21, 128, 128, 1),
    ("d4_join", None, 128, 64, 1),
    ("d4_conv_up", 26, 64, 64, 0),
    ("d5_join", None, 64, 3, 0),
)
WIDE = {"d2_reduce": 13, "d3_reduce": 20}  # the bits that make these 3x3
LINEAR = ("d0_join", "d5_join")  # without ReLU


@dataclass(frozen=True)
class Layer:
    """A convolution; its input joins the decoder's features, of so many `channels`, and `taps` 1 to 4, in this order.

    Taps are `normed` over the picture, always at the bottleneck. `level` halvings lie before the output.
    """

    name: str
    channels: int
    taps: tuple[int, ...]
    normed: bool
    outputs: int
    level: int
    filter: int

    @property
    def stage(self) -> int:
        return int(self.name[1])

    @property
    def inputs(self) -> tuple[int, ...]:
        """The channels of each part of the input."""
        return (self.channels, *(CHANNELS[tap - 1] for tap in self.taps))

    @property
    def parameters(self) -> int:
        return self.outputs * (sum(self.inputs) * self.filter**2 + 1)

    def macs(self, height: int, width: int) -> int:
        return sum(self.inputs) * self.outputs * self.filter**2 * (height >> self.level) * (width >> self.level)


def plan(architecture: Architecture) -> list[Layer]:
    """The layers of the decoder in order."""
    found, has = [], architecture.has
    for name, bit, channels, outputs, level in LAYERS:
        if bit is None or has(bit):
            first, joins = name == "d0_join", name.endswith("join")
            joined = (4, 3, 2, 1) if first else (level + 1,) if joins else ()
            taps = tuple(tap for tap in joined if has(TAP_BITS[tap]["aggregate" if first else "skip"]))
            normed = first or (joins and has(TAP_BITS[level + 1]["norm"]))
            small = first or (name in WIDE and not has(WIDE[name]))
            found.append(Layer(name, channels, taps, normed, outputs, level, 1 if small else 3))
    return found


def parameters(architecture: Architecture) -> int:
    """Trainable numbers of the decoder."""
    return sum(layer.parameters for layer in plan(architecture))


def macs(architecture: Architecture, height: int, width: int) -> int:
    """Multiply-accumulates of the convolutions for one picture of this size, without transforms."""
    return sum(layer.macs(height, width) for layer in plan(architecture))


@dataclass(frozen=True)
class Code:
    """What a style asks of a decoder: the colouring of each active transform by its bit, and how transforms compute."""

    colourings: Mapping[int, wct.Colouring]
    numerics: wct.Numerics


class Convolution(nn.Module):
    """A layer's convolution with reflection padding, and ReLU where the layer has it.

    Each part C of its input has a kernel of its own, stored as (O, f, f, C): so it lies in memory as convolutions of
    channels-last maps read it, and yet in one piece for the optimiser.
    """

    def __init__(self, layer: Layer) -> None:
        super().__init__()
        self.layer, (o, f) = layer, (layer.outputs, layer.filter)
        self.kernels = nn.ParameterList(torch.empty(o, f, f, channels) for channels in layer.inputs)
        self.bias = nn.Parameter(torch.empty(o))

    def forward(self, parts: Sequence[Tensor]) -> Tensor:
        """The layer's output, computed in the dtype of its input."""
        dtype = parts[0].dtype
        kernels = [kernel.to(dtype).permute(0, 3, 1, 2) for kernel in self.kernels]
        return convolve(parts, kernels, self.bias.to(dtype), relu=self.layer.name not in LINEAR)


def _joined(layer: Layer, x: Tensor, taps: Sequence[Tensor], maps: dict[Any, Any]) -> list[Tensor]:
    """The parts of a layer's input: the decoder's features at its size, and the taps that it joins, pooled and normed.

    Norming over the picture keeps the order of values, so that maxima may be taken first: the same for less work.
    """
    parts = [_enlarged(x, taps, layer.level)]
    for tap in layer.taps:
        found, halvings, key = taps[tap - 1], layer.level + 1 - tap, f"r{tap}"
        pooled = F.max_pool2d(found, 2**halvings) if halvings else found
        if layer.normed:
            if key not in maps:
                maps[key] = _moments(found)
            mean, scale = maps[key]
            pooled = ((pooled - mean) * scale).to(found.dtype)
        parts.append(pooled)
    return parts


def _enlarged(x: Tensor, taps: Sequence[Tensor], level: int) -> Tensor:
    """Features at the size of a level, by repetition where they are smaller."""
    smaller = x.shape[-1] < taps[0].shape[-1] >> level
    return F.interpolate(x, scale_factor=2, mode="nearest") if smaller else x


def _moments(x: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and inverse deviation (B, C, 1, 1) of each map, of float32 at least; a third of `var_mean`'s time."""
    x = x.float() if x.dtype == torch.bfloat16 else x
    mean = x.mean((2, 3), keepdim=True)
    return mean, ((x - mean).square_().mean((2, 3), keepdim=True) + EPS).rsqrt()


class PhotorealDecoder(nn.Module):
    """Taps r1 to r5 to a picture (B, 3, H, W), not clamped. Parameters start as `initialise(decoder, 0)` draws them."""

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        self.architecture = architecture
        self.layers = nn.ModuleDict({layer.name: Convolution(layer) for layer in plan(architecture)})
        initialise(self, 0)

    def forward(self, taps: Sequence[Tensor], code: Code | None = None, maps: dict[Any, Any] | None = None) -> Tensor:
        """The picture of taps (B, C_i, H / 2^(i-1), W / 2^(i-1)); with a style's `code`, B = 1, its transforms too.

        `maps` is filled with the affine map of each transform, by its bit, and the mean and scale of each instance
        norm, by its tap's name; what it already holds is used instead of measured, so that the tiles of a large
        picture are painted as the whole. Raises ValueError for taps that do not fit, TransformError as `wct.fit`.
        """
        _check(taps, code)
        maps = {} if maps is None else maps
        x, *shown = taps[-1], *taps[:-1]
        for i, tap in enumerate(shown):
            shown[i] = self._transformed(tap, TAP_BITS[i + 1]["wcts"], code, maps)
        for stage, bit in enumerate(TRANSFORMS):
            x = self._transformed(_enlarged(x, shown, LEVELS[stage]), bit, code, maps)
            x = self._stage(stage, x, shown, maps)
        return x

    @torch.no_grad()
    def code(self, style_taps: Sequence[Tensor], numerics: wct.Numerics | None = None) -> Code:
        """The code of a style's taps (1, C_i, ...): the style takes the same way, without transforms.

        Only the stages before the last active transform of a stage's input are run, none without such a transform.
        """
        numerics, has, x = numerics or wct.Numerics(), self.architecture.has, style_taps[-1]
        wanted = {bits["wcts"]: style_taps[tap - 1] for tap, bits in TAP_BITS.items() if has(bits["wcts"])}
        last = max((stage for stage, bit in enumerate(TRANSFORMS) if has(bit)), default=-1)
        for stage, bit in enumerate(TRANSFORMS[: last + 1]):
            x = _enlarged(x, style_taps, LEVELS[stage])
            if has(bit):
                wanted[bit] = x
            if stage < last:
                x = self._stage(stage, x, style_taps, {})
        return Code({bit: wct.colouring(features, numerics) for bit, features in wanted.items()}, numerics)

    def _transformed(self, x: Tensor, bit: int, code: Code | None, maps: dict[Any, Any]) -> Tensor:
        if code is None or not self.architecture.has(bit):
            return x
        if bit not in maps:
            maps[bit] = wct.fit(x, code.colourings[bit], code.numerics)
        return wct.apply(x, maps[bit])

    def _stage(self, stage: int, x: Tensor, taps: Sequence[Tensor], maps: dict[Any, Any]) -> Tensor:
        for convolution in self.convolutions():
            if convolution.layer.stage == stage:
                x = convolution(_joined(convolution.layer, x, taps, maps))
        return x

    def convolutions(self) -> list[Convolution]:
        """All layers in order."""
        return [module for module in self.layers.values() if isinstance(module, Convolution)]


def _check(taps: Sequence[Tensor], code: Code | None) -> None:
    """Raise ValueError for taps that are not those of one batch of pictures, or several pictures with a code."""
    batch, _, height, width = taps[0].shape
    wanted = [(batch, channels, height >> i, width >> i) for i, channels in enumerate(CHANNELS)]
    if [tuple(tap.shape) for tap in taps] != wanted or height % 2 ** (TAPS - 1) or width % 2 ** (TAPS - 1):
        raise ValueError(f"taps have the shapes {[tuple(tap.shape) for tap in taps]}; {wanted} fit the first one, "
                         f"with sides that are multiples of {2 ** (TAPS - 1)}")  # fmt: skip
    if code is not None and batch != 1:
        raise ValueError(f"{batch} pictures came with a code; transforms take one picture at a time")


@torch.no_grad()
def initialise(decoder: PhotorealDecoder, seed: int) -> None:
    """Draw all parameters anew as PyTorch does by default, uniform within 1/sqrt(inputs * filter^2).

    Each part of a layer's input and each bias has a generator of its own, keyed by seed and name: what two decoders
    share starts equal (but for the bound, where only one joins a tap). Nothing else moves.
    """
    for convolution in decoder.convolutions():
        layer, kernels = convolution.layer, convolution.kernels
        bound = (sum(layer.inputs) * layer.filter**2) ** -0.5
        names = ["kernel", *(f"kernel r{tap}" for tap in layer.taps), "bias"]
        for name, target in zip(names, [*kernels, convolution.bias], strict=True):
            digest = hashlib.sha256(f"{seed} {layer.name} {name}".encode()).digest()
            generator = torch.Generator().manual_seed(int.from_bytes(digest[:7]))
            target.copy_(torch.empty(target.shape).uniform_(-bound, bound, generator=generator))
