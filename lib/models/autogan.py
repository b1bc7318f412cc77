"""AutoGAN's generators: one whose weights all genomes share, for the search, and one that holds a single genome.

Gong et al. (arXiv 1908.03835), section 3, and the authors' code. Both run the same cells, and equal layers have equal
names: a derived generator loads the entries of a shared one's state that it has itself.
"""

import hashlib
import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.parametrize import is_parametrized

from lib.spaces.autogan import CELLS, CONV, Architecture, AutoGan, Cell
from lib.spaces.base import Genome

SPACE = AutoGan()
SKIP_OUT = ("pre_sum", "post_sum")  # what a cell hands on: its first block's output, or that plus incoming skips
POWER_ITERATIONS = 15  # that fit the singular vectors to newly drawn weights


class GeneratorCell(nn.ModuleDict):
    """One cell: the layers that it needs by name, for one genome or for all."""

    def __init__(self, needs: Mapping[str, str], width: int) -> None:
        super().__init__({name: _layer(kind, width) for name, kind in needs.items()})

    def forward(self, x: Tensor, cell: Cell, skips: Sequence[Tensor], *, post_sum: bool) -> tuple[Tensor, Tensor]:
        """Skip-out and output (n, ch, 2 s, 2 s) of a map (n, ch, s, s) and the skip-outs of the cells before.

        All sums are new tensors: a ReLU may keep its output for the backward pass.
        """
        h = own = self._block(1, x, cell)
        for source in cell.skips:
            h = h + self._resized(f"skip{source}", skips[source], cell.up, h.shape[-1] // skips[source].shape[-1])
        y = self._block(2, h, cell)
        if cell.shortcut:
            y = y + self._resized("shortcut", x, cell.up, 2)
        return h if post_sum else own, y

    def _block(self, number: int, x: Tensor, cell: Cell) -> Tensor:
        """A block: norm, ReLU, up, convolution if pre-activated, else up, convolution, norm, ReLU."""
        name = f"{CONV[cell.pre]}{number}"
        x = self._active(name, x, cell.norm) if cell.pre else x
        if number == 1 and cell.up == "nearest":
            x = _doubled(self[name], x)
        elif number == 1:
            x = self[name](self[f"{name}_up"](x) if cell.up == "deconv" else _enlarged(x, cell.up, 2))
        else:
            x = self[name](x)
        return x if cell.pre else self._active(name, x, cell.norm)

    def _active(self, name: str, x: Tensor, norm: str) -> Tensor:
        if norm == "batch":
            x = self[f"{name}_norm"](x)
        return F.relu(F.instance_norm(x) if norm == "instance" else x)

    def _resized(self, name: str, x: Tensor, up: str, factor: int) -> Tensor:
        """A skip or shortcut at a higher resolution: enlarged, then its 1x1 convolution.

        Interpolation acts on each map alone with weights that sum to 1, so it may follow the convolution with its
        bias: the same numbers for a fourth or less of the work.
        """
        return self[name](self[f"{name}_up"](x)) if up == "deconv" else _enlarged(self[name](x), up, factor)


def _enlarged(x: Tensor, up: str, factor: int) -> Tensor:
    options = {"mode": "bilinear", "align_corners": False} if up == "bilinear" else {"mode": "nearest"}
    return F.interpolate(x, scale_factor=factor, **options)


def _doubled(layer: Any, x: Tensor) -> Tensor:
    """A 3x3 convolution of the map repeated to twice its side, as one transposed convolution of the map itself.

    The taps that fall on copies of one number are summed beforehand: the same numbers for 4 products instead of 9.
    """
    kernel = 4 * averaged_taps(layer.weight).flip(2, 3).transpose(0, 1)
    y = F.conv_transpose2d(x, kernel, stride=2, padding=1)
    return y + layer.bias.to(y.dtype)[:, None, None]  # on a CPU its gradient inside takes as long as the kernel's


def averaged_taps(kernel: Tensor) -> Tensor:
    """The kernel (..., 4, 4) whose convolution of stride 2 is that of a kernel (..., 3, 3) and means of 2x2 behind."""
    return F.avg_pool2d(kernel, 2, stride=1, padding=1)


def _needs(index: int, cell: Cell) -> dict[str, str]:
    """Name and kind of each layer that a cell uses: conv3, conv1, norm, or up with how often it doubles."""
    first, second = (f"{CONV[cell.pre]}{number}" for number in (1, 2))
    found = {first: "conv3", second: "conv3", **{f"skip{source}": "conv1" for source in cell.skips}}
    found |= {"shortcut": "conv1"} if cell.shortcut else {}
    if cell.up == "deconv":
        doublings = {first: 1, "shortcut": 1, **{f"skip{source}": index - source for source in cell.skips}}
        found |= {f"{name}_up": f"up{doublings[name]}" for name in found if name in doublings}
    return found | ({f"{first}_norm": "norm", f"{second}_norm": "norm"} if cell.norm == "batch" else {})


def _all_needs(index: int) -> dict[str, str]:
    """The layers of all genomes: both types of block and whatever may stand beside them."""
    whole = (Cell(pre, "batch", "deconv", shortcut=True, skips=tuple(range(index))) for pre in (False, True))
    return {name: kind for cell in whole for name, kind in _needs(index, cell).items()}


def _layer(kind: str, width: int) -> nn.Module:
    if kind == "norm":
        return nn.BatchNorm2d(width)
    if kind.startswith("up"):
        return nn.Sequential(*(nn.ConvTranspose2d(width, width, 2, stride=2) for _ in range(int(kind[2:]))))
    return nn.Conv2d(width, width, 3, padding=1) if kind == "conv3" else nn.Conv2d(width, width, 1)


class _Generator(nn.Module):
    """Stem, cells and the one to-RGB head of all stages; starts as `initialise(module, 0)` draws it."""

    def __init__(self, needs: Sequence[Mapping[str, str]], width: int, bottom: int, latent: int, skip_out: str) -> None:
        super().__init__()
        if skip_out not in SKIP_OUT:
            raise ValueError(f"skip_out is {skip_out!r}; allowed are {', '.join(SKIP_OUT)}")
        self.width, self.bottom, self.latent, self.skip_out = width, bottom, latent, skip_out
        with torch.device("meta"):  # nothing is drawn twice, and nothing from the global generator
            self.stem = nn.Linear(latent, width * bottom**2)
            self.cells = nn.ModuleList(GeneratorCell(need, width) for need in needs)
            self.rgb_norm, self.rgb = nn.BatchNorm2d(width), nn.Conv2d(width, 3, 3, padding=1)
        self.to_empty(device=torch.get_default_device())
        initialise(self, 0)

    def _paint(self, z: Tensor, architecture: Architecture) -> Tensor:
        x = self.stem(z).view(-1, self.width, self.bottom, self.bottom)
        skips: list[Tensor] = []
        for module, cell in zip(self.cells, architecture.cells, strict=False):
            skip, x = module(x, cell, skips, post_sum=self.skip_out == "post_sum")
            skips.append(skip)
        return torch.tanh(self.rgb(F.relu(self.rgb_norm(x))))


class SharedGenerator(_Generator):
    """The generator of the search: every layer that any genome uses, once a cell.

    `width` channels, a stem of side `bottom`, `latent` numbers in; `skip_out` is `pre_sum` or `post_sum`, ValueError
    for others.
    """

    def __init__(self, width: int, bottom: int = 4, latent: int = 128, skip_out: str = "pre_sum") -> None:
        super().__init__([_all_needs(index) for index in range(CELLS)], width, bottom, latent, skip_out)

    def forward(self, z: Tensor, genome: Sequence[int]) -> Tensor:
        """Images (n, 3, s, s) in [-1, 1] of z (n, latent) by the cells of a genome, s = bottom * 2^cells.

        Raises ValueError for what is no genome of one, two or three cells.
        """
        return self._paint(z, SPACE.decode(genome))


class Generator(_Generator):
    """The generator of one genome with only the layers that it uses, for training from scratch."""

    def __init__(
        self, genome: Genome, width: int, bottom: int = 4, latent: int = 128, skip_out: str = "pre_sum"
    ) -> None:
        """As `SharedGenerator`; ValueError also for what is no genome of one, two or three cells."""
        self.architecture = SPACE.decode(genome)
        needs = [_needs(index, cell) for index, cell in enumerate(self.architecture.cells)]
        super().__init__(needs, width, bottom, latent, skip_out)

    def forward(self, z: Tensor) -> Tensor:
        """Images (n, 3, s, s) in [-1, 1] of z (n, latent)."""
        return self._paint(z, self.architecture)


def macs(genome: Genome, width: int, bottom: int = 4, latent: int = 128) -> int:
    """Multiply-accumulates of one image, as the paper counts them: 1x1 convolutions after the resize."""
    total, side = latent * width * bottom**2, bottom
    for index, cell in enumerate(SPACE.decode(genome).cells):
        side *= 2
        whole = (width * side) ** 2  # of a 1x1 convolution, or of a transposed one to this resolution
        branches = [1] * cell.shortcut + [index - source for source in cell.skips]  # doublings of each
        total += (2 * 9 + len(branches)) * whole
        if cell.up == "deconv":
            total += sum(whole >> 2 * step for doublings in (1, *branches) for step in range(doublings))
    return total + 3 * 9 * width * side**2


def parameters(module: nn.Module) -> int:
    """Trainable numbers of a module."""
    return sum(parameter.numel() for parameter in module.parameters())


def to_unit(images: Tensor) -> Tensor:
    """Images in [-1, 1] as float32 in [0, 1] in steps of 1 / 255: x * 127.5 + 127.5, truncated, not rounded."""
    return images.float().mul(127.5).add(127.5).clamp(0, 255).to(torch.uint8).float() / 255


@torch.no_grad()
def initialise(module: nn.Module, seed: int) -> None:
    """Draw all parameters of a generator or discriminator anew and reset running statistics.

    Convolutions are Xavier-uniform, batch norms N(1, 0.02) and 0, all others as PyTorch draws them. Every tensor has a
    generator of its own, keyed by seed and name: layers of equal name and shape start equal in any network. Where a
    layer has a spectral norm, the weight below it is drawn and its singular vectors are fitted.
    """
    if next(module.parameters()).is_meta:  # a network to count, without numbers
        return
    for name, layer in module.named_modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.reset_running_stats()
            layer.weight.copy_(1 + 0.02 * torch.randn(layer.weight.shape, generator=_keyed(seed, f"{name}.weight")))
            layer.bias.zero_()
        elif isinstance(layer, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            _draw(name, layer, seed)


def _draw(name: str, layer: Any, seed: int) -> None:
    """Weight, bias and singular vectors of a layer."""
    normed = is_parametrized(layer, "weight")
    weight = layer.parametrizations.weight.original if normed else layer.weight
    fan_in, fan_out = weight[0].numel(), weight[:, 0].numel()
    usual = fan_in**-0.5  # the bound of PyTorch
    xavier = math.sqrt(6 / (fan_in + fan_out))
    bounds = [(weight, "weight", xavier if isinstance(layer, nn.Conv2d) else usual), (layer.bias, "bias", usual)]
    for target, part, bound in bounds:
        if target is not None:
            generator = _keyed(seed, f"{name}.{part}")
            target.copy_(torch.empty(target.shape).uniform_(-bound, bound, generator=generator))
    if normed:
        _fit(layer.parametrizations.weight[0], weight.flatten(1), _keyed(seed, f"{name}.v"))


def _keyed(seed: int, name: str) -> torch.Generator:
    digest = hashlib.sha256(f"{seed} {name}".encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:7]))


def _fit(norm: Any, weight: Tensor, generator: torch.Generator) -> None:
    """Singular vectors of a weight (rows, columns) by the power method, from a random start."""
    v = torch.randn(weight.shape[1], generator=generator).to(weight)
    for _ in range(POWER_ITERATIONS):  # in the order of PyTorch's own, so that the next one goes on from here
        u = F.normalize(weight @ v, dim=0)
        v = F.normalize(weight.mT @ u, dim=0)
    norm._u.copy_(u)
    norm._v.copy_(v)
