"""PhotoWCT (Li et al., arXiv 1802.06474): a cascade of four auto-encoders that un-pool where the encoder pooled.

Each goes from the picture to relu{j}_1, gives the features the style's mean and covariance, and comes back.
"""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lib.models import wct
from lib.models.normalised_vgg import NormalisedVGG
from lib.models.resampling import mirrored
from lib.models.wct import Numerics

DEPTHS = (4, 3, 2, 1)  # coarse to fine
# Convolutions as (inputs, outputs), None where a pooling is undone; the decoder from r_j runs the last j rows.
ROWS: tuple[tuple[tuple[int, int] | None, ...], ...] = (
    ((512, 256), None, (256, 256), (256, 256), (256, 256)),
    ((256, 128), None, (128, 128)),
    ((128, 64), None, (64, 64)),
    ((64, 3),),
)
FLOAT32 = Numerics(covariance=torch.float32)  # the covariances' precision in its authors' program


class InverseVGG(nn.Module):
    """The decoder from the tap r_depth, depth 1 to 4, back to a picture (B, 3, H, W), not clamped.

    Convolutions of 3 x 3 with reflection padding, with a ReLU but the last.
    """

    def __init__(self, depth: int) -> None:
        super().__init__()
        self.depth = depth
        self.layers = nn.ModuleList(
            nn.Conv2d(*step, 3) if step else nn.MaxUnpool2d(2) for row in ROWS[-depth:] for step in row
        )

    def forward(self, features: Tensor, indices: Sequence[Tensor]) -> Tensor:
        """The picture of features (B, C, h, w), with the poolings' indices in the encoder's order."""
        x, undone = features, list(indices)
        for layer in self.layers:
            if isinstance(layer, nn.MaxUnpool2d):
                x = _unpooled(x, undone.pop())
            else:
                x = layer(mirrored(x))
                x = x if layer is self.layers[-1] else F.relu(x)
        return x


def _unpooled(x: Tensor, index: Tensor) -> Tensor:
    """Each feature at the place in the larger map that it was pooled from, zeros elsewhere; deterministic on a GPU."""
    height, width = (2 * side for side in x.shape[2:])
    flat = x.new_zeros(*x.shape[:2], height * width).scatter(2, index.flatten(2), x.flatten(2))
    return flat.unflatten(2, (height, width))


class PhotoWCT:
    """The cascade: an encoder with trained decoders by depth. Its style is encoded once a depth."""

    def __init__(self, encoder: NormalisedVGG, decoders: Mapping[int, InverseVGG]) -> None:
        self.encoder, self.decoders = encoder, decoders

    @torch.no_grad()
    def stylise(self, content: Tensor, style: Tensor, depths: Sequence[int] = DEPTHS) -> Tensor:
        """The content (1, 3, H, W) in the style's colours, before any smoothing, not clamped anywhere.

        `depths` are the auto-encoders used, in order; (4,) is PhotoWCT-AE1. Raises TransformError as `wct.fit`.
        """
        taps, picture = self.encoder(style, max(depths)), content
        for depth in depths:
            features, indices = self.encoder.encode(picture, depth)
            colour = wct.colouring(taps[depth - 1], FLOAT32)
            picture = self.decoders[depth](wct.apply(features, wct.fit(features, colour, FLOAT32)), indices)
        return picture
