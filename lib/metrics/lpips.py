"""Learned perceptual distance, over a network that the caller provides."""

import torch
from torch import Tensor, nn

from lib.metrics import check

SMALLEST_SIDE = {"alex": 31, "vgg": 16, "vgg16": 16}  # pixels at which the deepest map still has one position


def lpips(a: Tensor, b: Tensor, network: nn.Module, *, batch: int = 16) -> Tensor:
    """LPIPS distance (0 = equal, higher = farther), shape (N,), on the network's device.

    `network` is an `lpips.LPIPS` module (version 0.1; net `alex` or `vgg`); Zhang et al. 2018, eq. 1: unit-normalised
    activations of five layers, squared differences, fixed weights a channel, mean over positions, sum over layers.
    `a` and `b` are (N, 3, H, W) in [0, 1]; they are brought to [-1, 1] here (`normalize=True`). Sides of at least 31
    pixels for `alex` and 16 for `vgg`. Pictures pass in chunks of `batch`; gradients flow where they are enabled.
    """
    net = getattr(network, "pnet_type", None)
    if net not in SMALLEST_SIDE:
        raise ValueError(f"network has pnet_type {net!r}; allowed are {sorted(SMALLEST_SIDE)} of lpips.LPIPS")
    if network.training:
        raise ValueError("network is in training mode; allowed is network.eval(), since its dropout is random")
    check.pair(a, b, min_side=SMALLEST_SIDE[net])
    like = next(network.parameters())
    chunks = zip(a.to(like).split(batch), b.to(like).split(batch), strict=True)
    return torch.cat([network(first, second, normalize=True).flatten() for first, second in chunks])
