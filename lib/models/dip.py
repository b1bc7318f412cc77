"""Deep Image Prior's encoder-decoder, built from an architecture: genome networks and the classical ones alike.

Ho et al. (arXiv 2001.04776), section 3.1, in the block structure of Ulyanov et al., "Deep image prior" (2018). All
batch norms use the statistics of the single image, also for the final output.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache, partial

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
    """A convolution padded by half its filter, with batch norm and LeakyReLU; its output is `level` times halved."""

    def __init__(self, inputs: int, outputs: int, level: int, *, pad: str, filter: int = 1, stride: int = 1,
                 normed: bool = True) -> None:  # fmt: skip
        super().__init__()
        self.weight = nn.Parameter(torch.empty(outputs, inputs, filter, filter))
        self.bias = nn.Parameter(torch.empty(outputs))
        self.norm = Norm(outputs) if normed else None
        self.level, self.stride, self.padding, self.pad = level, stride, filter // 2, pad

    def forward(self, x: Tensor) -> Tensor:
        p = self.padding
        x = reflect_pad(x, p) if self.pad == "reflect" else F.pad(x, (p, p, p, p))
        y = convolve(x, self.weight, self.bias, self.stride)
        return y if self.norm is None else self.norm(y)


class EncoderStage(nn.Module):
    """Convolutions that halve the resolution; without any, average pooling."""

    def __init__(self, stage: Stage, channels: int, level: int, options: NetworkOptions) -> None:
        super().__init__()
        self.outputs = channels if stage.kind == "resample" else stage.width
        layer = partial(Convolution, outputs=self.outputs, level=level, pad=options.pad)
        self.chain, self.shortcut = nn.Sequential(), nn.ModuleList()
        if stage.kind != "resample":
            self.chain.append(layer(channels, filter=stage.filter, stride=2))
            if options.stage == "dip":
                self.chain.append(layer(self.outputs, filter=stage.filter))
        if stage.kind == "shortcut":
            self.shortcut.append(layer(channels, stride=2, normed=False))

    def forward(self, x: Tensor) -> Tensor:
        if not self.chain:
            return change_level(x, -1)
        return sum((branch(x) for branch in self.shortcut), self.chain(x))


class DecoderStage(nn.Module):
    """Doubles the resolution, joins the skips in front (in encoder order) and convolves; without a chain only joins."""

    def __init__(self, stage: Stage, channels: int, level: int, taps: Mapping[int, tuple[int, int, int]],
                 options: NetworkOptions, *, one_by_one: bool) -> None:  # fmt: skip
        """`taps` are the level, the channels and the width of the skip from each encoder that has one."""
        super().__init__()
        self.up, self.level, self.taps = options.up, level, {i: tap for i, (tap, _, _) in taps.items()}
        layer = partial(Convolution, pad=options.pad)
        skips = {str(i): layer(inputs, width, max(tap, level)) for i, (tap, inputs, width) in taps.items()}
        joined = channels + sum(width for _, _, width in taps.values())
        self.outputs = joined if stage.kind == "resample" else stage.width
        self.skips, self.norm = nn.ModuleDict(skips), Norm(joined, slope=1) if stage.kind != "resample" else None
        self.chain, self.shortcut = nn.Sequential(), nn.ModuleList()
        if stage.kind != "resample":
            self.chain.append(layer(joined, self.outputs, level, filter=stage.filter))
            if one_by_one:
                self.chain.append(layer(self.outputs, self.outputs, level))
        if stage.kind == "shortcut":
            self.shortcut.append(layer(joined, self.outputs, level, normed=False))

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
    averaging or bilinear enlarging (`mismatch="resize"`). Parameters start as `initialise(network, seed)` draws them.
    """

    def __init__(self, architecture: Architecture, options: NetworkOptions, seed: int = 0) -> None:
        super().__init__()
        self.architecture, self.options = architecture, options
        self.encoders, self.decoders = nn.ModuleList(), nn.ModuleList()
        channels, sources = options.input_channels, []  # sources: level and channels where each encoder's skips begin
        for level, stage in enumerate(architecture.encoders, 1):
            encoder = EncoderStage(stage, channels, level, options)
            sources.append((level - 1, channels) if options.skip_tap == "pre" else (level, encoder.outputs))
            self.encoders.append(encoder)
            channels = encoder.outputs
        one_by_one = options.stage == "dip" and architecture.one_by_one
        for level, stage in reversed(list(enumerate(architecture.decoders))):
            taps = {i: (*sources[i], row[level]) for i, row in enumerate(architecture.skips) if row[level]}
            decoder = DecoderStage(stage, channels, level, taps, options, one_by_one=one_by_one)
            self.decoders.append(decoder)
            channels = decoder.outputs
        self.head = Convolution(channels, 3, 0, pad=options.pad, normed=False)
        initialise(self, seed)

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
                drawn = torch.empty(parameter.shape, device="cpu").uniform_(-bound, bound, generator=generator)
                parameter.copy_(drawn)
        elif isinstance(module, Norm):
            module.weight.fill_(1)
            module.bias.fill_(0)


@lru_cache(maxsize=8)
def _drawing(architecture: Architecture, options: NetworkOptions) -> DipNetwork:
    """The network without memory, to be measured."""
    with torch.device("meta"):
        return DipNetwork(architecture, options)


def macs(architecture: Architecture, options: NetworkOptions, height: int, width: int) -> int:
    """Multiply-accumulates of the convolutions of one forward pass; the sides are divisible by 2^levels."""
    layers = [layer for layer in _drawing(architecture, options).modules() if isinstance(layer, Convolution)]
    return sum(layer.weight.numel() * (height >> layer.level) * (width >> layer.level) for layer in layers)


def parameters(architecture: Architecture, options: NetworkOptions) -> int:
    """Trainable numbers of the network, biases in front of batch norms included."""
    return sum(parameter.numel() for parameter in _drawing(architecture, options).parameters())
