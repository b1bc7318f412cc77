"""StyleNAS' networks with a sixteenth of their channels, for tests of structure that take milliseconds."""

import pytest
import torch

from lib.models import photoreal
from lib.models.normalised_vgg import NormalisedVGG

SHARE = 16
CHANNELS = (4, 8, 16, 32, 32)  # of the taps


def narrow(patch: pytest.MonkeyPatch) -> None:
    """Decoders built from now on join taps of CHANNELS; counts divide by the square of SHARE."""
    rows = [(name, bit, inputs // SHARE, outputs // SHARE or 3, level)
            for name, bit, inputs, outputs, level in photoreal.LAYERS]  # fmt: skip
    patch.setattr(photoreal, "LAYERS", rows)
    patch.setattr(photoreal, "CHANNELS", CHANNELS)


def encoder() -> NormalisedVGG:
    """Random filters that keep the scale, one convolution a block."""
    generator, inner, state = torch.Generator().manual_seed(1), 3, {}
    for block, outer in enumerate(CHANNELS, 1):
        kernel = torch.randn(outer, inner, 3, 3, generator=generator) * (2 / 9 / inner) ** 0.5
        state |= {f"conv{block}_1.weight": kernel, f"conv{block}_1.bias": torch.zeros(outer)}
        inner = outer
    return NormalisedVGG(state, {}, "noise", "").eval()
