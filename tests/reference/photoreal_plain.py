"""StyleNAS' decoder and its training as plain programs: textbook modules, everything computed, nothing of `lib` used.

Written from the table of operators, bit by bit in the order of the printed genome.
"""

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tests.reference.wct_svd import transfer


def transform(content: Tensor, style: Tensor) -> Tensor:
    """Whitening and colouring of maps (1, C, H, W) by those of a style."""
    return transfer(content[0].flatten(1), style[0].flatten(1)).view_as(content)


def normalise(x: Tensor) -> Tensor:
    """Instance norm without parameters."""
    return F.instance_norm(x, eps=1e-5)


class PlainDecoder(nn.Module):
    """The network of a printed genome, its channels divided by `share`; its convolutions carry the names of ours."""

    def __init__(self, bits: str, share: int = 1) -> None:
        super().__init__()
        self.on = [bit == "1" for bit in bits]
        on = self.on
        pooled = 512 * on[1] + 256 * on[2] + 128 * on[3] + 64 * on[4]

        def conv(inputs: int, outputs: int, size: int = 3) -> nn.Conv2d:
            inputs, outputs = inputs // share, outputs // share or 3
            return nn.Conv2d(inputs, outputs, size, padding=size // 2, padding_mode="reflect")

        self.d0_join = conv(512 + pooled, 512, 1)
        self.d1_conv, self.d1_conv_up = conv(512, 512), conv(512, 512)
        self.d2_join, self.d2_conv = conv(512 + 512 * on[11], 512), conv(512, 512)
        self.d2_reduce, self.d2_conv_up = conv(512, 256, 3 if on[13] else 1), conv(256, 256)
        self.d3_join, self.d3_conv = conv(256 + 256 * on[18], 256), conv(256, 256)
        self.d3_reduce, self.d3_conv_up = conv(256, 128, 3 if on[20] else 1), conv(128, 128)
        self.d4_join, self.d4_conv_up = conv(128 + 128 * on[25], 64), conv(64, 64)
        self.d5_join = conv(64 + 64 * on[30], 3)

    def forward(self, taps: Sequence[Tensor], style: Sequence[Tensor] | None = None) -> Tensor:
        """The picture of taps r1 to r5; with a style's taps its transforms act."""
        if style is None:
            return self.walk(taps)[-1]
        inputs = self.walk(style)
        taps = list(taps)
        for tap, bit in enumerate((31, 27, 22, 15)):
            if self.on[bit]:
                taps[tap] = transform(taps[tap], style[tap])
        return self.walk(taps, inputs)[-1]

    def walk(self, taps: Sequence[Tensor], style: Sequence[Tensor] | None = None) -> list[Tensor]:
        """The inputs of the six stages, before their transforms, and the picture."""
        on, found, (r1, r2, r3, r4, r5) = self.on, [], taps

        def enter(x: Tensor, bit: int) -> Tensor:
            found.append(x)
            return transform(x, style[len(found) - 1]) if style and on[bit] else x

        def skip(x: Tensor, tap: Tensor, norm: int, join: int) -> Tensor:
            tap = normalise(tap) if on[norm] else tap
            return torch.cat([x, tap], 1) if on[join] else x

        def relu(convolution: nn.Conv2d, x: Tensor, bit: int | None = None) -> Tensor:
            return F.relu(convolution(x)) if bit is None or on[bit] else x

        x = enter(r5, 0)
        for bit, tap, size in ((1, r4, 2), (2, r3, 4), (3, r2, 8), (4, r1, 16)):
            x = torch.cat([x, F.max_pool2d(normalise(tap), size)], 1) if on[bit] else x
        x = enter(self.d0_join(x), 5)
        x = self.twice(relu(self.d1_conv, x, 6))
        x = enter(relu(self.d1_conv_up, x, 7), 9)
        x = relu(self.d2_conv, relu(self.d2_join, skip(x, r4, 10, 11)), 12)
        x = enter(relu(self.d2_conv_up, self.twice(relu(self.d2_reduce, x)), 14), 16)
        x = relu(self.d3_conv, relu(self.d3_join, skip(x, r3, 17, 18)), 19)
        x = enter(relu(self.d3_conv_up, self.twice(relu(self.d3_reduce, x)), 21), 23)
        x = self.twice(relu(self.d4_join, skip(x, r2, 24, 25)))
        x = enter(relu(self.d4_conv_up, x, 26), 28)
        return [*found, self.d5_join(skip(x, r1, 29, 30))]

    @staticmethod
    def twice(x: Tensor) -> Tensor:
        """Every value twice in both directions."""
        return x.repeat_interleave(2, 2).repeat_interleave(2, 3)


def fit(decoder: nn.Module, encode: Callable[[Tensor], list[Tensor]], batches: Sequence[Tensor],
        lr: float) -> list[float]:  # fmt: skip
    """The loss of every step of Adam on these batches of photos, each encoded before it is decoded."""
    optimiser = torch.optim.Adam(decoder.parameters(), lr=lr, betas=(0.5, 0.9))
    losses = []
    for x in batches:
        with torch.no_grad():
            taps = encode(x)
        y = decoder(taps)
        perceptual = sum(F.mse_loss(g, f) for g, f in zip(encode(y), taps, strict=True)) / len(taps)
        loss = 0.5 * F.mse_loss(y, x) + 0.5 * perceptual
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    return losses


class PlainEncoder(nn.Module):
    """Frozen convolutions, by names like `conv3_1`, with a pooling before each block; returns the first of each."""

    def __init__(self, weights: Mapping[str, tuple[Tensor, Tensor]]) -> None:
        super().__init__()
        self.names = list(weights)
        for name, (kernel, bias) in weights.items():
            convolution = nn.Conv2d(kernel.shape[1], len(kernel), 3, padding=1, padding_mode="reflect")
            convolution.weight.data, convolution.bias.data = kernel.contiguous(), bias.clone()
            self.add_module(name, convolution.requires_grad_(False))

    def forward(self, x: Tensor) -> list[Tensor]:
        taps = []
        for name in self.names:
            if name.endswith("_1") and taps:
                x = F.max_pool2d(x, 2)
            x = F.relu(getattr(self, name)(x))
            if name.endswith("_1"):
                taps.append(x)
        return taps
