"""CycleGAN's generator and discriminator and networks of a genotype.

Every layer has a name, that of its gene; a supernetwork runs the same course with sums of candidates in its layers.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import spectral_norm
from torch.nn.utils.parametrize import is_parametrized

from lib.device import keyed_seed
from lib.models.mixed_ops import POOLS, Operation
from lib.models.resampling import mirrored
from lib.spaces.cycleganas import (
    GeneratorGenotype,
    cyclegan,
    discriminator_preset,
    discriminator_slots,
    generator_slots,
)

SLOPE = 0.2  # of the discriminators' LeakyReLU
STD = 0.02  # of new weights
ALPHA_STD = 1e-3  # of new architecture logits
POWER_ITERATIONS = 15  # that fit the singular vectors of a spectral norm to new weights
Make = Callable[[str, str, int, int], nn.Module]  # a searched layer of its name, kind and channels


class Network(nn.Module):
    """Named layers that a course runs through; starts as `initialise(module, 0)` draws it."""

    layers: nn.ModuleDict

    def _set(self, make: Callable[[], Mapping[str, nn.Module]]) -> None:
        with torch.device("meta"):  # nothing is drawn twice, and nothing from the global generator
            self.layers = nn.ModuleDict(make())
        self.to_empty(device=torch.get_default_device())
        initialise(self, 0)

    def run(self, name: str, x: Tensor) -> Tensor:
        """The output of a layer."""
        return self.layers[name](x)


class ResnetGenerator(Network):
    """The course of a generator: stem, encode cell, `blocks` residual cells, decode cell, head."""

    def __init__(self, blocks: int, H: int, preset: str, make: Make) -> None:
        """`make` gives each searched layer."""
        super().__init__()
        self.blocks, self.H, self.margin = blocks, H, 3 if preset == "paper" else 1
        self.slots = generator_slots(blocks, preset)
        widths = {"stem": (3, H), "e0": (H, 2 * H), "e1": (2 * H, 4 * H), "d0": (4 * H, 2 * H), "d1": (2 * H, H),
                  "head": (H, 3)}  # fmt: skip
        fixed = {"stem": lambda: nn.Conv2d(3, H, 7), "head": lambda: nn.Conv2d(H, 3, 7)} if preset == "paper" else {}

        def layer(name: str) -> nn.Module:
            return fixed[name]() if name in fixed else make(name, self.slots[name], *widths.get(name, (4 * H, 4 * H)))

        inner = [name for name in self.slots if name not in ("stem", "head")]
        self._set(lambda: {name: layer(name) for name in ("stem", *inner, "head")})

    def forward(self, x: Tensor) -> Tensor:
        """Pictures (n, 3, s, s) in [-1, 1] of pictures (n, 3, s, s), s a multiple of 4 from 16 on."""
        x = _normed(self.run("stem", mirrored(x, self.margin)))
        x = _normed(self.run("e1", _normed(self.run("e0", x))))
        for i in range(0, 2 * self.blocks, 2):
            h = _normed(self.run(f"r{i:02}", mirrored(x, 1)))
            x = x + F.instance_norm(self.run(f"r{i + 1:02}", mirrored(h, 1)))
        x = _normed(self.run("d1", _normed(self.run("d0", x))))
        return torch.tanh(self.run("head", mirrored(x, self.margin)))


class Generator(ResnetGenerator):
    """The generator of one genotype with stem width H, for training from scratch."""

    def __init__(self, genotype: GeneratorGenotype, H: int) -> None:
        preset = "repo" if genotype.stem else "paper"
        names = dict(zip(generator_slots(genotype.blocks, preset), genotype.operations, strict=True))
        super().__init__(
            genotype.blocks, H, preset, lambda slot, kind, c_in, c_out: Operation(names[slot], c_in, c_out, kind)
        )


class CycleGanGenerator(Generator):
    """CycleGAN's ResNet generator, a member of the space: all 3x3 convolutions."""

    def __init__(self, H: int = 64, blocks: int = 9) -> None:
        super().__init__(cyclegan(blocks), H)


class PatchDiscriminator(Network):
    """The course of a discriminator: LeakyReLU after all layers but the last, instance norm after the inner ones."""

    def forward(self, x: Tensor) -> Tensor:
        """Logits (n, 1, h, w) of pictures (n, 3, s, s) in [-1, 1], s a multiple of 16 (`repo`: 8) from 32 (40) on."""
        first, *inner, last = self.layers
        x = F.leaky_relu(self.run(first, x), SLOPE)
        for name in inner:
            x = F.leaky_relu(F.instance_norm(self.run(name, x)), SLOPE)
        return self.run(last, x)


class SearchedDiscriminator(PatchDiscriminator):
    """Four or five searched layers with ndf channels and their doubles; `make` gives each."""

    def __init__(self, ndf: int, preset: str, make: Make) -> None:
        super().__init__()
        self.slots = discriminator_slots(preset)
        widths = [3, ndf, 2 * ndf, 4 * ndf, 8 * ndf, 1]

        def layers() -> dict[str, nn.Module]:
            found = {slot: make(slot, kind, *widths[int(slot) :][:2]) for slot, kind in self.slots.items()}
            return found if preset == "repo" else found | {"head": nn.Conv2d(8 * ndf, 1, 4, padding=1)}

        self._set(layers)
        if preset == "repo":
            _norm_spectrally(self)
            initialise(self, 0)


class Discriminator(SearchedDiscriminator):
    """The discriminator of four operations (`repo`: five) and a head."""

    def __init__(self, operations: Sequence[str], ndf: int = 64) -> None:
        preset = discriminator_preset(operations)
        super().__init__(
            ndf, preset, lambda slot, kind, c_in, c_out: Operation(operations[int(slot)], c_in, c_out, kind)
        )


class PatchGan(PatchDiscriminator):
    """CycleGAN's 70x70 discriminator: 4x4 convolutions, three of them with stride 2."""

    def __init__(self, ndf: int = 64) -> None:
        super().__init__()
        widths = [3, ndf, 2 * ndf, 4 * ndf, 8 * ndf, 1]
        self._set(lambda: {str(i): nn.Conv2d(widths[i], widths[i + 1], 4, 2 if i < 3 else 1, 1) for i in range(5)})


def parameters(module: nn.Module) -> int:
    """Trainable numbers of a module."""
    return sum(parameter.numel() for parameter in module.parameters())


@torch.no_grad()
def macs(module: nn.Module, side: int) -> int:
    """Multiply-accumulates of the convolutions that a picture of `side` pixels passes; on meta nothing is computed.

    Left out is what is done once an update, such as the merging of a supernetwork's kernels (which meta cannot do).
    """
    from torch.utils.flop_counter import FlopCounterMode

    like = next(module.parameters())
    with FlopCounterMode(display=False) as counter:
        module(torch.zeros(1, 3, side, side, device=like.device, dtype=like.dtype))
    return counter.get_flop_counts()["Global"][torch.ops.aten.convolution] // 2


@torch.no_grad()
def initialise(module: nn.Module, seed: int) -> None:
    """Draw all weights anew, N(0, 0.02) with biases 0, and architecture logits N(0, 0.001).

    Every tensor has a generator of its own, keyed by seed and name: two networks of one seed start equal where their
    layers have equal names and shapes. The singular vectors of a spectral norm are fitted to the new weights.
    """
    if next(module.parameters()).is_meta:  # a network to count, without numbers
        return
    for name, parameter in module.named_parameters():
        if name.endswith("bias"):
            parameter.zero_()
        else:
            std = ALPHA_STD if name.startswith("alphas") else STD
            parameter.copy_(std * _normal(parameter, seed, name))
    if isinstance(noise := getattr(module, "noise", None), torch.Generator):  # of a Gumbel mixture
        noise.manual_seed(keyed_seed(seed, "noise"))
    for name, layer in module.named_modules():
        if is_parametrized(layer, "weight"):
            parts: Any = layer.parametrizations
            norm, weight = parts.weight[0], parts.weight.original.flatten(1)
            norm._v.copy_(_normal(norm._v, seed, f"{name}.v"))
            norm._power_method(weight, POWER_ITERATIONS)


def _normal(like: Tensor, seed: int, name: str) -> Tensor:
    return torch.randn(like.shape, generator=torch.Generator().manual_seed(keyed_seed(seed, name)))


def _normed(x: Tensor) -> Tensor:
    return F.relu(F.instance_norm(x))


def _norm_spectrally(layer: nn.Module) -> None:
    """Spectral norm for all convolutions but those of pools."""
    with torch.random.fork_rng(devices=[]):  # singular vectors are drawn, and again by `initialise`
        for module in list(layer.modules()):
            if isinstance(module, Operation) and not isinstance(module.before, tuple(POOLS.values())):
                spectral_norm(module.conv)
