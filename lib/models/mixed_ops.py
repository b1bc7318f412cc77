"""The operations of CycleGANAS' cells, and the sum of all candidates of a set in fewer convolutions.

Norm and activation follow the sum, so all candidates but max pooling and clamped interpolation are linear in one place:
their kernels can be added before they meet the picture.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

FORMS = ("plain", "merged9", "merged7")  # of a mixed operation; merged7 leaves the dilated 5x5 on its own
SIDES = {"merged9": 9, "merged7": 7}  # of the merged kernel; that of a decode set has 3
SHARES = {"avg_pool": 0.25, "nearest": 1.0}  # of the one tap that takes four places of a merged kernel
POOLS = {"max_pool": nn.MaxPool2d, "avg_pool": nn.AvgPool2d}


class Geometry(NamedTuple):
    """How a kernel lies on the map: taps a side and the step between them."""

    taps: int
    dilation: int

    @property
    def first(self) -> int:
        """The first tap's place, relative to the middle."""
        return -(self.dilation * (self.taps - 1) // 2)

    @property
    def stop(self) -> int:
        """One more than the last tap's place."""
        return self.first + self.dilation * (self.taps - 1) + 1


GEOMETRY = {"avg_pool": Geometry(2, 1), "conv_3x3": Geometry(3, 1), "conv_4x4": Geometry(4, 1),
            "conv_5x5": Geometry(5, 1), "conv_7x7": Geometry(7, 1), "dil_conv_3x3": Geometry(3, 2),
            "dil_conv_5x5": Geometry(5, 2)}  # fmt: skip


class Operation(nn.Module):
    """One candidate: a convolution with bias, after a pooling or before an enlargement where its name says so.

    An `encode` operation halves the side n, even; a `decode` one doubles it; a `residual` one shrinks it by 2: its
    input comes padded by one mirrored ring, and it adds zeros for the rest of its extent. An interpolation follows its
    1x1 convolution: the same numbers for a fourth of the work, since its weights sum to 1.
    """

    def __init__(self, name: str, c_in: int, c_out: int, kind: str) -> None:
        super().__init__()
        self.before: nn.Module = nn.Identity()
        self.after: nn.Module = nn.Identity()
        self.conv: nn.Conv2d | nn.ConvTranspose2d
        if name in POOLS:
            self.before, self.conv = POOLS[name](2), nn.Conv2d(c_in, c_out, 1)
        elif name == "conv_t_3x3":
            self.conv = nn.ConvTranspose2d(c_in, c_out, 3, stride=2, padding=1, output_padding=1)
        elif kind == "decode":
            self.conv = nn.Conv2d(c_in, c_out, 1)
            self.after = nn.Upsample(scale_factor=2, mode=name)
        else:
            place = GEOMETRY[name]
            stride, padding = (2, -place.first) if kind == "encode" else (1, -place.first - 1)
            self.conv = nn.Conv2d(c_in, c_out, place.taps, stride, padding, place.dilation)

    def forward(self, x: Tensor) -> Tensor:
        """The map (n, c_out, ...) of x (n, c_in, h, w)."""
        return self.after(self.conv(self.before(x)))


class Merged(NamedTuple):
    """Several candidates, weighted and added, as one convolution; `rest` are the names that stand beside it."""

    kernel: Tensor
    bias: Tensor
    rest: tuple[str, ...]


class MixedOp(nn.Module):
    """The weighted sum of the candidates `names` of a set, computed in one of `FORMS`; all are the same function."""

    def __init__(self, names: Sequence[str], c_in: int, c_out: int, kind: str) -> None:
        super().__init__()
        self.kind, self.names, self.channels = kind, tuple(names), (c_in, c_out)
        self.candidates: Any = nn.ModuleDict({name: Operation(name, c_in, c_out, kind) for name in names})

    def forward(self, x: Tensor, beta: Tensor, form: str = "plain", merged: Merged | None = None) -> Tensor:
        """sum_o beta_o o(x), with beta in the order of `names`.

        `merged` is what `merge` made of the same weights and beta, where several passes share it.
        """
        weights = dict(zip(self.names, beta.unbind(), strict=True))
        if form == "plain":
            return torch.stack([weight * self.candidates[name](x) for name, weight in weights.items()]).sum(0)
        kernel, bias, rest = merged or self.merge(beta, form)
        if self.kind == "decode":
            y = F.conv_transpose2d(x, kernel, bias, stride=2, padding=1, output_padding=1)
        else:
            middle, stride = kernel.shape[-1] // 2, 2 if self.kind == "encode" else 1
            y = F.conv2d(x, kernel, bias, stride, middle if self.kind == "encode" else middle - 1)
        for name in rest:
            y = y + weights[name] * self.candidates[name](x)
        return y

    def merge(self, beta: Tensor, form: str) -> Merged:
        """The one kernel of all candidates that fit into it, for `merged9` or `merged7`."""
        side, (c_in, c_out) = 3 if self.kind == "decode" else SIDES[form], self.channels
        inside, picked, owners, places = _places(self.names, self.kind, side, beta.device, beta.dtype)
        convs = [self.candidates[name].conv for name in inside]
        with torch.autocast(beta.device.type, enabled=False):  # beta and its gradient keep their digits
            taps = torch.cat([self._taps(conv) for conv in convs], 2)
            kernel = taps @ (beta[owners][:, None] * places)
            bias = beta[picked] @ torch.stack([conv.bias for conv in convs])
        shape = (c_in, c_out, side, side) if self.kind == "decode" else (c_out, c_in, side, side)
        return Merged(kernel.view(shape), bias, tuple(name for name in self.names if name not in inside))

    def _taps(self, conv: Any) -> Tensor:
        """A kernel as a row of taps a pair of channels; in a decode set, input channels come first."""
        turned = self.kind == "decode" and not conv.transposed
        return (conv.weight.transpose(0, 1) if turned else conv.weight).flatten(2)


@cache
def _places(names: tuple[str, ...], kind: str, side: int, device: torch.device,
            dtype: torch.dtype) -> tuple[list[str], Tensor, Tensor, Tensor]:  # fmt: skip
    """Which candidates merge into a kernel of a side: their names, indices, and the index and places of each tap.

    Places are rows (taps, side^2) of zeros and shares; the one tap of a pooling or an enlargement has four.
    """
    found = {i: rows for i, name in enumerate(names) if len(rows := _rows(name, kind, side))}
    picked = torch.tensor(list(found), device=device)
    owners = picked.repeat_interleave(torch.tensor([len(rows) for rows in found.values()], device=device))
    return [names[i] for i in found], picked, owners, torch.cat(list(found.values())).to(device, dtype)


def _rows(name: str, kind: str, side: int) -> Tensor:
    """Where in a kernel of that side the taps of a candidate lie, (taps, side^2); no row for one that cannot merge."""
    slots, middle = None, side // 2
    if kind == "decode":
        slots = {"nearest": slice(1, 3), "conv_t_3x3": slice(0, 3)}.get(name)
    elif (place := GEOMETRY.get(name)) and place.stop <= middle + 1:
        slots = slice(middle + place.first, middle + place.stop, place.dilation)
    if slots is None:
        return torch.empty(0, side * side)
    taps = torch.arange(side * side).view(side, side)[slots, slots].flatten()
    rows = F.one_hot(taps, side * side).float()
    return rows.sum(0, keepdim=True) * SHARES[name] if name in SHARES else rows
