"""The networks that Deep Image Prior (Ulyanov et al.) publishes for the seven images, as baselines of NAS-DIP.

Read from the notebooks of their repository; the names are the rows of NAS-DIP's tables.
"""

from dataclasses import dataclass

import numpy as np

from lib.models.dip import NetworkOptions
from lib.spaces.nasdip import Architecture, Stage


@dataclass(frozen=True)
class Classical:
    """A published network with the settings it is trained with; `side` is (height, width) in pixels."""

    architecture: Architecture
    up: str  # bilinear or nearest
    input_kind: str  # noise: uniform in [0, 0.1]; meshgrid: x and y in [0, 1]
    input_channels: int
    reg_noise_std: float  # of fresh Gaussian noise on the input in every step
    iterations: int
    side: tuple[int, int]
    lr: float = 0.01
    guard: bool = False  # restores the last weights when the fit to the input drops by more than 5 dB in a step

    @property
    def options(self) -> NetworkOptions:
        """How its architecture becomes a network."""
        return NetworkOptions(up=self.up, input_channels=self.input_channels)


def classical(
    widths: tuple[int, ...], skips: tuple[int, ...], *, down: int = 3, one_by_one: bool = True
) -> Architecture:
    """Encoder stages of these widths with `down` x `down` filters, 3x3 decoder stages, skips within each scale."""
    paths = tuple(map(tuple, np.diag(skips).tolist()))
    stages = [tuple(Stage(filter, width) for width in widths) for filter in (down, 3)]
    return Architecture(stages[0], stages[1], paths, one_by_one=one_by_one)


def scaled(scales: int = 3, width: int = 32, skip: int = 4) -> Architecture:
    """`dip_scaled`, the network that stands for the published ones in small profiles."""
    return classical((width,) * scales, (skip,) * scales)


F16, SNAIL = classical((128,) * 5, (4,) * 5), classical((8, 16, 32, 64, 128), (0, 0, 0, 4, 4))
VASE, KATE = classical((128,) * 5, (0,) * 5), classical((128,) * 5, (128,) * 5)
LIBRARY = classical((16, 32, 64, 128, 128, 128), (0,) * 6, down=5, one_by_one=False)

CLASSICAL = {
    "Plane": Classical(F16, "bilinear", "noise", 32, 1 / 30, 3000, (512, 512), guard=True),
    "Snail": Classical(SNAIL, "bilinear", "noise", 3, 1 / 30, 2400, (256, 384), guard=True),
    "Vase": Classical(VASE, "nearest", "meshgrid", 2, 0.03, 5001, (320, 320)),
    "Face": Classical(KATE, "nearest", "noise", 32, 0.03, 6001, (512, 512)),
    "Library": Classical(LIBRARY, "nearest", "noise", 1, 0.0, 3001, (448, 704)),
    "Zebra 4x": Classical(F16, "bilinear", "noise", 32, 0.03, 2000, (384, 576)),
    "Zebra 8x": Classical(F16, "bilinear", "noise", 32, 0.05, 4000, (384, 576)),
}
