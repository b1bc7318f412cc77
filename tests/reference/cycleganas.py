"""CycleGAN's generator written out layer by layer, for a comparison with the member of the search space."""

import torch
from torch import Tensor, nn


class ResnetBlock(nn.Module):
    """x plus two padded 3x3 convolutions."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.ReflectionPad2d(1), nn.Conv2d(width, width, 3), nn.InstanceNorm2d(width), nn.ReLU(),
            nn.ReflectionPad2d(1), nn.Conv2d(width, width, 3), nn.InstanceNorm2d(width),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        """The map after the block."""
        return x + self.body(x)


def resnet(H: int, blocks: int) -> nn.Sequential:
    """The generator of stem width H."""
    layers: list[nn.Module] = [nn.ReflectionPad2d(3), nn.Conv2d(3, H, 7), nn.InstanceNorm2d(H), nn.ReLU()]
    for width in (H, 2 * H):
        layers += [nn.Conv2d(width, 2 * width, 3, 2, 1), nn.InstanceNorm2d(2 * width), nn.ReLU()]
    layers += [ResnetBlock(4 * H) for _ in range(blocks)]
    for width in (4 * H, 2 * H):
        up = nn.ConvTranspose2d(width, width // 2, 3, 2, 1, output_padding=1)
        layers += [up, nn.InstanceNorm2d(width // 2), nn.ReLU()]
    return nn.Sequential(*layers, nn.ReflectionPad2d(3), nn.Conv2d(H, 3, 7), nn.Tanh())


def offsets(layer: nn.Module, place: int, side: int) -> tuple[set[int], set[int]]:
    """The rows and columns of a picture (1, 1, side, side) that the output (place, place) of a layer depends on."""
    x = torch.randn(1, 1, side, side, generator=torch.Generator().manual_seed(1), requires_grad=True)
    (gradient,) = torch.autograd.grad(layer(x)[0, 0, place, place], x)
    rows, columns = gradient[0, 0].nonzero(as_tuple=True)
    return set(rows.tolist()), set(columns.tolist())
