"""Deep Image Prior's encoder-decoder, built from an architecture: genome networks and the classical ones alike.

Ho et al. (arXiv 2001.04776), section 3.1, in the block structure of Ulyanov et al., "Deep image prior" (2018). All
batch norms use the statistics of the single image, also for the final output.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lib.models.convolution import convolve
from lib.models.resampling import change_level, enlarge, reflect_pad
from lib.spaces.nasdip import Architecture, Stage

SLOPE = 0.2  # of LeakyReLU
EPS = 1e-5  # of batch norm
CHOICES = {"up": ("bilinear", "nearest"), "pad": ("reflect", "zeros"), "stage": ("dip", "single"),
           "skip_tap": ("pre", "post")}  # fmt: skip


@dataclass(frozen=True)
class NetworkOptions:
    """How an architecture becomes a network: the readings of the paper, and the channels of the input noise.

    `stage` "dip" puts two convolutions in an encoder stage and a 1x1 after a decoder's, "single" has one each.
    `skip_tap` takes a skip from the input ("pre", as Deep Image Prior) or the output ("post") of its encoder stage.
    Raises ValueError for a value outside `CHOICES`.
    """

    up: str = "bilinear"
    pad: str = "reflect"
    stage: str = "dip"
    skip_tap: str = "pre"
    input_channels: int = 32

    def __post_init__(self) -> None:
        for name, allowed in CHOICES.items():
            if getattr(self, name) not in allowed:
                raise ValueError(f"{name} is {getattr(self, name)!r}; allowed are {', '.join(allowed)}")


@dataclass(frozen=True)
class Layer:
    """A convolution and whether a batch norm and LeakyReLU follow it; `level` halvings lie before its output."""

    inputs: int
    outputs: int
    level: int
    filter: int = 1
    stride: int = 1
    normed: bool = True

    @property
    def parameters(self) -> int:
        return self.outputs * (self.inputs * self.filter**2 + 1 + 2 * self.normed)

    def macs(self, height: int, width: int) -> int:
        return self.inputs * self.outputs * self.filter**2 * (height >> self.level) * (width >> self.level)


@dataclass(frozen=True)
class Plan:
    """One stage: its chain of layers, its shortcut, and for a decoder the skips (encoder, tap level, 1x1) it joins."""

    level: int  # of its output
    outputs: int
    chain: tuple[Layer, ...]
    shortcut: tuple[Layer, ...] = ()
    skips: tuple[tuple[int, int, Layer], ...] = ()
    joined: int = 0  # channels of the concatenation that the first batch norm of a decoder sees; 0 without one


def plan(architecture: Architecture, options: NetworkOptions) -> tuple[list[Plan], list[Plan], Layer]:
    """The encoder stages, outermost first, the decoder stages, innermost first, and the head to three colours."""
    channels, encoders, decoders, sources = options.input_channels, [], [], []
    one_by_one = options.stage == "dip" and architecture.one_by_one
    for level, stage in enumerate(architecture.encoders, 1):
        encoders.append(_encoder(stage, channels, level, options))
        sources.append((channels, level - 1) if options.skip_tap == "pre" else (encoders[-1].outputs, level))
        channels = encoders[-1].outputs
    for level, stage in reversed(list(enumerate(architecture.decoders))):
        skips = tuple(
            (i, tap, Layer(inputs, row[level], max(tap, level)))
            for i, (row, (inputs, tap)) in enumerate(zip(architecture.skips, sources, strict=True)) if row[level]
        )  # fmt: skip
        decoders.append(_decoder(stage, channels, level, skips, one_by_one=one_by_one))
        channels = decoders[-1].outputs
    return encoders, decoders, Layer(channels, 3, 0, normed=False)


def _encoder(stage: Stage, channels: int, level: int, options: NetworkOptions) -> Plan:
    if stage.kind == "resample":
        return Plan(level, channels, ())
    down = Layer(channels, stage.width, level, stage.filter, stride=2)
    chain = (down,) if options.stage == "single" else (down, Layer(stage.width, stage.width, level, stage.filter))
    branch = Layer(channels, stage.width, level, stride=2, normed=False)
    return Plan(level, stage.width, chain, (branch,) if stage.kind == "shortcut" else ())


def _decoder(stage: Stage, channels: int, level: int, skips: tuple[tuple[int, int, Layer], ...], *,
             one_by_one: bool) -> Plan:  # fmt: skip
    joined = channels + sum(layer.outputs for _, _, layer in skips)
    if stage.kind == "resample":
        return Plan(level, joined, (), skips=skips)
    chain = [Layer(joined, stage.width, level, stage.filter)]
    if one_by_one:
        chain.append(Layer(stage.width, stage.width, level))
    branch = Layer(joined, stage.width, level, normed=False)
    return Plan(level, stage.width, tuple(chain), (branch,) if stage.kind == "shortcut" else (), skips, joined)


def _layers(architecture: Architecture, options: NetworkOptions) -> Iterator[Layer]:
    encoders, decoders, head = plan(architecture, options)
    for stage in (*encoders, *decoders):
        yield from (*stage.chain, *stage.shortcut, *(layer for _, _, layer in stage.skips))
    yield head


def macs(architecture: Architecture, options: NetworkOptions, height: int, width: int) -> int:
    """Multiply-accumulates of the convolutions of one forward pass; the sides are divisible by 2^levels."""
    return sum(layer.macs(height, width) for layer in _layers(architecture, options))


def parameters(architecture: Architecture, options: NetworkOptions) -> int:
    """Trainable numbers of the network, biases in front of batch norms included."""
    _, decoders, _ = plan(architecture, options)
    joins = sum(2 * stage.joined for stage in decoders)
    return joins + sum(layer.parameters for layer in _layers(architecture, options))


class Norm(nn.Module):
    """Batch norm over the positions of the image, then LeakyReLU where `slope` is not 1."""

    def __init__(self, channels: int, slope: float = SLOPE) -> None:
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.ones(channels)), nn.Parameter(torch.zeros(channels))
        self.slope = slope

    def forward(self, x: Tensor) -> Tensor:
        y = F.batch_norm(x, None, None, self.weight, self.bias, training=True, eps=EPS)
        return F.leaky_relu_(y, self.slope) if self.slope != 1 else y


class Convolution(nn.Module):
    """The convolution of a layer, padded by half its filter, with its batch norm and LeakyReLU."""

    def __init__(self, layer: Layer, pad: str) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(layer.outputs, layer.inputs, layer.filter, layer.filter))
        self.bias = nn.Parameter(torch.empty(layer.outputs))
        self.norm = Norm(layer.outputs) if layer.normed else None
        self.stride, self.padding, self.pad = layer.stride, layer.filter // 2, pad

    def forward(self, x: Tensor) -> Tensor:
        p = self.padding
        x = reflect_pad(x, p) if self.pad == "reflect" else F.pad(x, (p, p, p, p))
        y = convolve(x, self.weight, self.bias, self.stride)
        return y if self.norm is None else self.norm(y)


class EncoderStage(nn.Module):
    """Convolutions that halve the resolution; without any, average pooling."""

    def __init__(self, stage: Plan, pad: str) -> None:
        super().__init__()
        self.chain = nn.Sequential(*(Convolution(layer, pad) for layer in stage.chain))
        self.shortcut = nn.ModuleList(Convolution(layer, pad) for layer in stage.shortcut)

    def forward(self, x: Tensor) -> Tensor:
        if not self.chain:
            return change_level(x, -1)
        return sum((branch(x) for branch in self.shortcut), self.chain(x))


class DecoderStage(nn.Module):
    """Doubles the resolution, joins the skips in front (in encoder order) and convolves; without a chain only joins."""

    def __init__(self, stage: Plan, options: NetworkOptions) -> None:
        super().__init__()
        self.up, self.level = options.up, stage.level
        self.skips = nn.ModuleDict({str(i): Convolution(layer, options.pad) for i, _, layer in stage.skips})
        self.taps = {i: tap for i, tap, _ in stage.skips}
        self.norm = Norm(stage.joined, slope=1) if stage.joined else None
        self.chain = nn.Sequential(*(Convolution(layer, options.pad) for layer in stage.chain))
        self.shortcut = nn.ModuleList(Convolution(layer, options.pad) for layer in stage.shortcut)

    def forward(self, y: Tensor, sources: list[Tensor]) -> Tensor:
        paths = [self._path(i, sources[i]) for i in self.taps]
        joined = torch.cat([*paths, enlarge(y, 2, self.up)], 1)
        if self.norm is None:
            return joined
        return sum((branch(joined) for branch in self.shortcut), self.chain(self.norm(joined)))

    def _path(self, i: int, source: Tensor) -> Tensor:
        """A skip at this level; the 1x1 runs at the coarser of its two levels."""
        levels = self.taps[i] - self.level
        return change_level(self.skips[str(i)](change_level(source, min(levels, 0))), max(levels, 0))


class DipNetwork(nn.Module):
    """Noise (1, C, H, W) to an image (1, 3, H, W) in (0, 1); H and W are divisible by 2^levels, else ValueError.

    Where the numbers of encoders and decoders differ, the innermost map is brought to the decoders' level by
    averaging or bilinear enlarging (`mismatch="resize"`). Parameters start as `initialise(network, 0)` draws them.
    """

    def __init__(self, architecture: Architecture, options: NetworkOptions) -> None:
        super().__init__()
        encoders, decoders, head = plan(architecture, options)
        self.architecture, self.options = architecture, options
        self.encoders = nn.ModuleList(EncoderStage(stage, options.pad) for stage in encoders)
        self.decoders = nn.ModuleList(DecoderStage(stage, options) for stage in decoders)
        self.head = Convolution(head, options.pad)
        initialise(self, 0)

    def forward(self, z: Tensor) -> Tensor:
        self._check(z)
        x, maps = z, [z]
        for encoder in self.encoders:
            x = encoder(x)
            maps.append(x)
        sources = maps[:-1] if self.options.skip_tap == "pre" else maps[1:]
        y = change_level(x, len(self.encoders) - len(self.decoders))
        for decoder in self.decoders:
            y = decoder(y, sources)
        with torch.autocast(z.device.type, enabled=False):  # the head keeps full precision
            return torch.sigmoid(self.head(y.to(self.head.weight.dtype)))

    def _check(self, z: Tensor) -> None:
        step, channels = 2 ** max(len(self.encoders), len(self.decoders)), self.options.input_channels
        if z.ndim != 4 or z.shape[:2] != (1, channels) or any(side % step for side in z.shape[2:]):
            expected = f"(1, {channels}, H, W) with sides divisible by {step}"
            raise ValueError(f"input has shape {tuple(z.shape)}; expected {expected}")


@torch.no_grad()
def initialise(network: nn.Module, seed: int) -> None:
    """Draw all parameters anew as PyTorch does by default, from one CPU generator of this seed; nothing else moves.

    Convolutions and their biases are uniform within 1/sqrt(inputs * filter^2); batch norms are 1 and 0.
    """
    generator = torch.Generator().manual_seed(seed)
    for module in network.modules():
        if isinstance(module, Convolution):
            bound = module.weight[0].numel() ** -0.5
            for parameter in (module.weight, module.bias):
                parameter.copy_(torch.empty(parameter.shape).uniform_(-bound, bound, generator=generator))
        elif isinstance(module, Norm):
            module.weight.fill_(1)
            module.bias.fill_(0)
