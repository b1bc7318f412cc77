"""AutoGAN's GAN and its two steps as a plain eager program: PyTorch's layers one after the other, nothing of `lib`.

As in the authors' code, a D-step builds the graph of the fakes and detaches them, and a G-step computes D's gradients
and throws them away; maps are resized before the convolution that follows and pooled after the one before. Names of
layers are ours, so that `alike` takes our weights.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import spectral_norm

MODES = ("bilinear", "nearest")


class EagerCell(nn.ModuleDict):
    """A pre-activated cell of tokens `1 n u s [k]` with n = 0 or 1 (batch norm) and u = 0 or 1."""

    def __init__(self, tokens: Sequence[int], index: int, width: int) -> None:
        super().__init__()
        self.norm, self.up, self.sources = tokens[1] == 1, nn.Upsample(scale_factor=2, mode=MODES[tokens[2]]), []
        if index:
            self.sources = [source for source, bit in enumerate(f"{tokens[4]:0{index}b}") if bit == "1"]
        for name in ("pre1", "pre2"):
            self[name] = nn.Conv2d(width, width, 3, padding=1)
            if self.norm:
                self[f"{name}_norm"] = nn.BatchNorm2d(width)
        for name in [f"skip{source}" for source in self.sources] + ["shortcut"] * tokens[3]:
            self[name] = nn.Conv2d(width, width, 1)

    def forward(self, x: Tensor, outs: list[Tensor]) -> Tensor:
        own = h = self["pre1"](self.up(self.active("pre1", x)))
        for source in self.sources:
            h = h + self[f"skip{source}"](F.interpolate(outs[source], h.shape[2:], mode=self.up.mode))
        outs.append(own)
        y = self["pre2"](self.active("pre2", h))
        return y + self["shortcut"](self.up(x)) if "shortcut" in self else y

    def active(self, name: str, x: Tensor) -> Tensor:
        return F.relu(self[f"{name}_norm"](x) if self.norm else x)


class EagerGenerator(nn.Module):
    """The generator of a genome of such cells."""

    def __init__(self, tokens: Sequence[int], width: int, bottom: int, latent: int) -> None:
        super().__init__()
        parts = [tokens[:4], *(tokens[start : start + 5] for start in range(4, len(tokens), 5))]
        self.bottom, self.stem = bottom, nn.Linear(latent, width * bottom**2)
        self.cells = nn.ModuleList(EagerCell(part, index, width) for index, part in enumerate(parts))
        self.rgb_norm, self.rgb = nn.BatchNorm2d(width), nn.Conv2d(width, 3, 3, padding=1)

    def forward(self, z: Tensor) -> Tensor:
        x, outs = self.stem(z).view(len(z), -1, self.bottom, self.bottom), []
        for cell in self.cells:
            x = cell(x, outs)
        return torch.tanh(self.rgb(F.relu(self.rgb_norm(x))))


class EagerBlock(nn.Module):
    def __init__(self, number: int, width: int) -> None:
        super().__init__()
        self.number, inner = number, 3 if number == 1 else width
        self.conv1 = spectral_norm(nn.Conv2d(inner, width, 3, padding=1))
        self.conv2 = spectral_norm(nn.Conv2d(width, width, 3, padding=1))
        self.side = spectral_norm(nn.Conv2d(inner, width, 1)) if number <= 2 else None

    def forward(self, x: Tensor) -> Tensor:
        h = self.conv2(F.relu(self.conv1(x if self.number == 1 else F.relu(x))))
        if self.number == 1:
            return F.avg_pool2d(h, 2) + self.side(F.avg_pool2d(x, 2))
        return F.avg_pool2d(h, 2) + F.avg_pool2d(self.side(x), 2) if self.number == 2 else h + x


class EagerDiscriminator(nn.Module):
    """The discriminator, with the blocks that a generator of so many cells asks for."""

    def __init__(self, width: int, cells: int) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(EagerBlock(number, width) for number in (1, 2, 3, 4))
        self.used = (1, *range(2, cells + 1), 4)
        self.score = spectral_norm(nn.Linear(width, 1, bias=False))

    def forward(self, x: Tensor) -> Tensor:
        for number in self.used:
            x = self.blocks[number - 1](x)
        return self.score(F.relu(x).sum((2, 3))).squeeze(1)


def alike(plain: nn.Module, ours: nn.Module) -> nn.Module:
    """The plain network with our weights."""
    state = ours.state_dict()
    plain.to(next(ours.parameters())).load_state_dict({name: state[name] for name in plain.state_dict()})
    return plain


class EagerGan:
    """Both networks with our weights, and Adam as it comes."""

    def __init__(self, tokens: Sequence[int], generator: nn.Module, discriminator: nn.Module, lr: float) -> None:
        cells = (len(tokens) + 1) // 5
        plain = EagerGenerator(tokens, generator.width, generator.bottom, generator.latent)
        self.generator = alike(plain, generator)
        self.discriminator = alike(EagerDiscriminator(discriminator.width, cells), discriminator)
        self.g_adam, self.d_adam = (
            torch.optim.Adam(network.parameters(), lr=lr, betas=(0.0, 0.9))
            for network in (self.generator, self.discriminator)
        )

    def d_step(self, real: Tensor, z: Tensor) -> Tensor:
        """The loss before the step."""
        self.d_adam.zero_grad()
        fake = self.generator(z).detach()
        loss = F.relu(1 - self.discriminator(real)).mean() + F.relu(1 + self.discriminator(fake)).mean()
        loss.backward()
        self.d_adam.step()
        return loss.detach()

    def g_step(self, z: Tensor) -> Tensor:
        """The loss before the step."""
        self.g_adam.zero_grad()
        loss = -self.discriminator(self.generator(z)).mean()
        loss.backward()
        self.g_adam.step()
        return loss.detach()
