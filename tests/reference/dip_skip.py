"""Deep Image Prior's skip network and loop as a plain program: modules of PyTorch, one step after the other.

Written from the description of the published network (scales of stride-2 convolutions, 1x1 skips taken at a scale's
input, concatenation, batch norm, LeakyReLU 0.2); nothing of `lib` is used.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn


def block(inputs: int, outputs: int, size: int, stride: int = 1) -> nn.Sequential:
    """Reflection, convolution, batch norm, LeakyReLU."""
    return nn.Sequential(nn.ReflectionPad2d(size // 2), nn.Conv2d(inputs, outputs, size, stride),
                         nn.BatchNorm2d(outputs), nn.LeakyReLU(0.2))  # fmt: skip


class Scale(nn.Module):
    """One scale around the deeper ones: down, deeper, up, joined with the skip, two convolutions."""

    def __init__(self, inputs: int, widths: Sequence[int], skips: Sequence[int], *, up: str, size_down: int,
                 size_up: int, one_by_one: bool) -> None:  # fmt: skip
        super().__init__()
        width, skip = widths[0], skips[0]
        rest = {"up": up, "size_down": size_down, "size_up": size_up, "one_by_one": one_by_one}
        deeper = Scale(width, widths[1:], skips[1:], **rest) if len(widths) > 1 else nn.Identity()
        self.skip = block(inputs, skip, 1) if skip else None
        self.down = nn.Sequential(block(inputs, width, size_down, 2), block(width, width, size_down))
        self.deeper = deeper
        self.up = nn.Upsample(scale_factor=2, mode=up)
        joined = skip + (widths[1] if len(widths) > 1 else width)
        self.norm = nn.BatchNorm2d(joined)
        self.out = nn.Sequential(block(joined, width, size_up))
        if one_by_one:
            self.out.append(block(width, width, 1))

    def forward(self, x: Tensor) -> Tensor:
        y = self.up(self.deeper(self.down(x)))
        if self.skip is not None:
            y = torch.cat([self.skip(x), y], 1)
        return self.out(self.norm(y))


def skip_network(inputs: int, widths: Sequence[int], skips: Sequence[int], *, up: str = "bilinear", size_down: int = 3,
                 size_up: int = 3, one_by_one: bool = True) -> nn.Module:  # fmt: skip
    """Noise (1, inputs, H, W) to an image (1, 3, H, W)."""
    scale = Scale(inputs, widths, skips, up=up, size_down=size_down, size_up=size_up, one_by_one=one_by_one)
    return nn.Sequential(scale, nn.Conv2d(widths[0], 3, 1), nn.Sigmoid())


def fit(network: nn.Module, z: Tensor, loss: Callable[[Tensor], Tensor], *, iterations: int, lr: float,
        reg_noise_std: float = 0.0) -> tuple[Tensor, list[float]]:  # fmt: skip
    """The output after so many steps of Adam and the loss of every step."""
    optimiser = torch.optim.Adam(network.parameters(), lr=lr)
    losses, x = [], z
    for _ in range(iterations):
        optimiser.zero_grad()
        if reg_noise_std:
            x = z + torch.randn_like(z) * reg_noise_std
        value = loss(network(x))
        value.backward()
        losses.append(value.item())
        optimiser.step()
    with torch.no_grad():
        return network(x), losses


class GenomeNetwork(nn.Module):
    """The network of a decoded genome as a textbook program writes it, for the default readings of the paper."""

    def __init__(self, encoders: Sequence[tuple[int, int]], decoders: Sequence[tuple[int, int]],
                 skips: Sequence[Sequence[int]], inputs: int = 32, up: str = "bilinear") -> None:  # fmt: skip
        super().__init__()
        self.up, self.depth = up, len(encoders)
        channels = [inputs, *(width for _, width in encoders)]
        self.encoders = nn.ModuleList(
            nn.Sequential(block(before, width, size, 2), block(width, width, size))
            for before, (size, width) in zip(channels, encoders, strict=False)
        )
        self.decoders, self.paths, deeper = nn.ModuleList(), nn.ModuleList(), channels[-1]
        for level in reversed(range(self.depth)):
            size, width = decoders[level]
            rows = {str(i): block(channels[i], row[level], 1) for i, row in enumerate(skips) if row[level]}
            joined = deeper + sum(row[level] for row in skips)
            self.paths.append(nn.ModuleDict(rows))
            self.decoders.append(
                nn.Sequential(nn.BatchNorm2d(joined), block(joined, width, size), block(width, width, 1))
            )
            deeper = width
        self.head = nn.Sequential(nn.Conv2d(deeper, 3, 1), nn.Sigmoid())

    def forward(self, z: Tensor) -> Tensor:
        maps = [z]
        for encoder in self.encoders:
            maps.append(encoder(maps[-1]))
        y = maps[-1]
        for level, paths, decoder in zip(reversed(range(self.depth)), self.paths, self.decoders, strict=True):
            joined = [self.skip(path, maps[int(i)], int(i) - level) for i, path in paths.items()]
            y = decoder(torch.cat([*joined, resize(y, 2, self.up)], 1))
        return self.head(y)

    def skip(self, path: nn.Module, source: Tensor, levels: int) -> Tensor:
        """A skip from a map `levels` halvings below (or above, if negative) the decoder's own."""
        if levels < 0:
            return path(nn.functional.avg_pool2d(source, 2**-levels))
        return resize(path(source), 2**levels, "bilinear")


def resize(x: Tensor, factor: int, mode: str) -> Tensor:
    """x enlarged by interpolation."""
    return x if factor == 1 else nn.Upsample(scale_factor=factor, mode=mode)(x)
