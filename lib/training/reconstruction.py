"""Fitting a Deep Image Prior network to one degraded image: the loop of Ulyanov et al. (2018), one image, Adam."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from lib.training import memory

PRECISIONS = ("float32", "bfloat16")
GUARD_DB = 5.0  # a fall of the PSNR that the guard undoes
GUARD_REST = 100  # the guard as published skips every so many steps


@dataclass(frozen=True)
class Reconstruction:
    """A restored image (1, 3, H, W) in (0, 1), the last iterate, and what else the loop was asked for.

    `averaged` is the exponential average of the outputs. `oracle` is (PSNR in dB, iteration) of the iterate nearest
    to the ground truth: nobody without the truth could stop there.
    """

    output: Tensor
    averaged: Tensor | None
    loss: float
    iterations: int
    oracle: tuple[float, int] | None


@memory.kept()
def reconstruct(network: nn.Module, z: Tensor, loss: Callable[[Tensor], Tensor], *, iterations: int, lr: float,
                reg_noise_std: float = 0.0, noise_seed: int = 0, average: float = 0.0, guard: bool = False,
                oracle: Tensor | None = None, precision: str = "float32",
                channels_last: bool = False) -> Reconstruction:  # fmt: skip
    """Fit `network` to `loss` by so many Adam steps from its present weights; the last iterate and its loss.

    `z` is the input (1, C, H, W); Gaussian noise of `reg_noise_std` from `noise_seed` is added to it at each step and
    stays for the final pass. `average` > 0 is the decay of an exponential average of the outputs, `guard` restores
    the weights where the PSNR of the fit falls by more than 5 dB in a step (for a mean squared error), `oracle` is
    the truth (1, 3, H, W) for an oracle stop. Convolutions run in `precision`, the head and the loss in float32.
    Nothing waits for the device before the last step. Raises ValueError for another precision than `PRECISIONS`.
    """
    z = z.contiguous(memory_format=torch.channels_last if channels_last else torch.contiguous_format)
    forward = _forward(network, z.device.type, precision)
    weights = _Flat(network)
    optimiser = torch.optim.Adam([weights.values], lr=lr, fused=True)
    noise = torch.Generator(z.device).manual_seed(noise_seed)
    restore = _Guard(weights.values) if guard else None
    x, mean, errors = z, None, []
    for step in range(iterations):
        x = torch.empty_like(z).normal_(0, reg_noise_std, generator=noise).add_(z) if reg_noise_std else z
        output = forward(x)
        value = loss(output)
        weights.differentiate(value)
        if restore and step % GUARD_REST:
            restore(value.detach())
        optimiser.step()
        errors += _error(output, oracle)
        if average:
            mean = output.detach().clone() if mean is None else mean.lerp_(output.detach(), 1 - average)
    weights.release()
    with torch.no_grad():
        output = forward(x)
        errors += _error(output, oracle)
        return Reconstruction(output, mean, float(loss(output)), iterations, _best(errors))


def _forward(network: Callable[[Tensor], Tensor], device: str, precision: str) -> Callable[[Tensor], Tensor]:
    """The network's call, its convolutions in `precision`."""
    if precision not in PRECISIONS:
        raise ValueError(f"precision is {precision!r}; allowed are {', '.join(PRECISIONS)}")
    if precision == "float32":
        return network

    def forward(x: Tensor) -> Tensor:
        with torch.autocast(device, torch.bfloat16):
            return network(x).float()

    return forward


def _error(output: Tensor, truth: Tensor | None) -> list[Tensor]:
    return [] if truth is None else [(output.detach().double() - truth).square().mean()]


def _best(errors: list[Tensor]) -> tuple[float, int] | None:
    """The highest PSNR in dB and its iteration; the last error belongs to the final output."""
    if not errors:
        return None
    psnr = -10 * torch.stack(errors).log10()
    best = int(psnr.argmax())
    return float(psnr[best]), best


class _Flat:
    """All parameters of a network as one vector, so that a step of Adam is one kernel; they stay views of it."""

    def __init__(self, network: nn.Module) -> None:
        self.parameters = list(network.parameters())
        self.values = nn.Parameter(torch.cat([p.detach().reshape(-1) for p in self.parameters]))
        parts = self.values.detach().split([p.numel() for p in self.parameters])
        for p, part in zip(self.parameters, parts, strict=True):
            p.data = part.view(p.shape)

    def differentiate(self, loss: Tensor) -> None:
        """Sets the gradient of `values`."""
        gradients = torch.autograd.grad(loss, self.parameters)
        self.values.grad = torch.cat([g.reshape(-1) for g in gradients])

    def release(self) -> None:
        """Gives every parameter memory of its own again, as savers expect it."""
        for p in self.parameters:
            p.data = p.data.clone()


class _Guard:
    """Puts back the weights of the last good step where the loss jumped; the step itself still follows.

    The published rule compares PSNRs against the noisy image, which for a mean squared error are -10 log10 of the
    loss. The choice is made on the device.
    """

    def __init__(self, weights: Tensor) -> None:
        self.weights, self.kept = weights, weights.detach().clone()
        self.last: Tensor | None = None

    @torch.no_grad()
    def __call__(self, loss: Tensor) -> None:
        last = loss if self.last is None else self.last
        jumped = loss > last * 10 ** (GUARD_DB / 10)
        self.last = torch.where(jumped, last, loss)
        self.weights.copy_(torch.where(jumped, self.kept, self.weights))
        self.kept.copy_(self.weights)
