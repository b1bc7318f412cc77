"""AutoGAN's networks as plain programs, from the tokens and a state's entries alone: nothing of `lib` is used.

Everything happens in the order of the text: skips and shortcuts are resized before their 1x1 convolutions.
"""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

State = Mapping[str, Tensor]


class PlainGenerator:
    """The generator of tokens `c n u s [k]` a cell, with the entries of a shared or derived generator's state."""

    def __init__(self, state: State, tokens: Sequence[int], bottom: int, *, post_sum: bool, training: bool) -> None:
        self.state, self.bottom, self.post_sum, self.training = state, bottom, post_sum, training
        self.cells = [tokens[:4], *(tokens[start : start + 5] for start in range(4, len(tokens), 5))]

    def __call__(self, z: Tensor) -> Tensor:
        x = F.linear(z, self.state["stem.weight"], self.state["stem.bias"])
        x = x.reshape(len(z), -1, self.bottom, self.bottom)
        outs: list[Tensor] = []
        for i, tokens in enumerate(self.cells):
            x = self.cell(f"cells.{i}.", x, tokens, outs)
        return torch.tanh(self.conv("rgb", F.relu(self.norm(1, "rgb_norm", x)), padding=1))

    def cell(self, at: str, x: Tensor, tokens: Sequence[int], outs: list[Tensor]) -> Tensor:
        c, n, u, shortcut = tokens[:4]
        taken = [bit == "1" for bit in f"{tokens[4]:b}".zfill(len(outs))] if outs else []
        kind = at + ("pre" if c else "post")
        if c:
            h = self.conv(f"{kind}1", self.up(u, f"{kind}1_up", F.relu(self.norm(n, f"{kind}1_norm", x))), padding=1)
        else:
            h = self.conv(f"{kind}1", self.up(u, f"{kind}1_up", x), padding=1)
            h = F.relu(self.norm(n, f"{kind}1_norm", h))
        before = h
        for source, (wanted, out) in enumerate(zip(taken, outs, strict=True)):
            if wanted:
                name = f"{at}skip{source}"
                h = h + self.conv(name, self.up(u, f"{name}_up", out, h.shape[-1] // out.shape[-1]))
        outs.append(h if self.post_sum else before)
        if c:
            y = self.conv(f"{kind}2", F.relu(self.norm(n, f"{kind}2_norm", h)), padding=1)
        else:
            y = F.relu(self.norm(n, f"{kind}2_norm", self.conv(f"{kind}2", h, padding=1)))
        if shortcut:
            y = y + self.conv(f"{at}shortcut", self.up(u, f"{at}shortcut_up", x))
        return y

    def conv(self, name: str, x: Tensor, padding: int = 0) -> Tensor:
        return F.conv2d(x, self.state[f"{name}.weight"], self.state[f"{name}.bias"], padding=padding)

    def norm(self, n: int, name: str, x: Tensor) -> Tensor:
        """Nothing, batch norm (running statistics stay as they are) or instance norm."""
        if n != 1:
            return F.instance_norm(x) if n else x
        kept = {"running_mean": None, "running_var": None}
        if not self.training:
            kept = {key: self.state[f"{name}.{key}"] for key in kept}
        weight, bias = self.state[f"{name}.weight"], self.state[f"{name}.bias"]
        return F.batch_norm(x, **kept, weight=weight, bias=bias, training=self.training)

    def up(self, u: int, name: str, x: Tensor, factor: int = 2) -> Tensor:
        if u < 2:
            return F.interpolate(x, scale_factor=factor, mode=("bilinear", "nearest")[u])
        for step in range(factor // 2):
            weight, bias = self.state[f"{name}.{step}.weight"], self.state[f"{name}.{step}.bias"]
            x = F.conv_transpose2d(x, weight, bias, stride=2)
        return x


class SnganGenerator(nn.Module):
    """SN-GAN's generator of 32x32 images: three residual blocks, batch norm, nearest neighbours."""

    def __init__(self, width: int, latent: int) -> None:
        super().__init__()
        self.dense = nn.Linear(latent, 16 * width)
        self.residual = nn.ModuleList(SnganBlock(width) for _ in range(3))
        self.last = nn.Sequential(nn.BatchNorm2d(width), nn.ReLU(), nn.Conv2d(width, 3, 3, 1, 1), nn.Tanh())

    def forward(self, z: Tensor) -> Tensor:
        x = self.dense(z).unflatten(1, (-1, 4, 4))
        for block in self.residual:
            x = block(x)
        return self.last(x)


class SnganBlock(nn.Module):
    """Batch norm, ReLU, doubling, convolution, batch norm, ReLU, convolution, beside a doubled 1x1 convolution."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.main = nn.Sequential(nn.BatchNorm2d(width), nn.ReLU(), nn.Upsample(scale_factor=2),
                                  nn.Conv2d(width, width, 3, 1, 1), nn.BatchNorm2d(width), nn.ReLU(),
                                  nn.Conv2d(width, width, 3, 1, 1))  # fmt: skip
        self.beside = nn.Sequential(nn.Upsample(scale_factor=2), nn.Conv2d(width, width, 1))

    def forward(self, x: Tensor) -> Tensor:
        return self.main(x) + self.beside(x)
