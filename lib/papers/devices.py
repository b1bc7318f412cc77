"""A training step of several papers' networks on each device of this machine; `07_speed` shows it beside the CPU."""

from collections.abc import Callable, Iterable
from functools import partial
from time import perf_counter
from typing import Any

import pandas as pd
import torch
from torch import Tensor
from torch.nn.functional import mse_loss

from lib.models.autogan import SharedGenerator
from lib.models.dip import DipNetwork, NetworkOptions
from lib.models.dip_classical import scaled
from lib.models.sngan_discriminator import Discriminator
from lib.spaces.autogan import AutoGan
from lib.training.cyclegan import CycleGan, CycleSettings, baseline
from lib.training.gan import Gan, GanSettings
from lib.training.image_pool import ImagePool
from lib.training.reconstruction import reconstruct

Step = Callable[[], object]
ITERATIONS = 10  # of a Deep Image Prior, which are one step here


def devices() -> list[str]:
    """The CPU, and CUDA where it is present."""
    return ["cpu", *["cuda"] * torch.cuda.is_available()]


def steps(scale: int) -> dict[str, Callable[[str, str], Step]]:
    """By name, what makes a step for a device and a precision; at `scale` 1 as in the papers' searches, tiny at 8."""
    side, width, batch = 256 // scale, 128 // scale, 64 // scale
    return {
        f"Deep Image Prior, {ITERATIONS} iterations at {side} px": partial(_prior, side, width),
        f"AutoGAN, G-step of {2 * batch} pictures, width {width}": partial(_gan, width, batch),
        f"CycleGAN, step at {side} px, width {width // 2}": partial(_cyclegan, side, width // 2),
    }


def measure(where: Iterable[str], *, scale: int = 1, rounds: int = 5) -> pd.DataFrame:
    """One row a step, device and precision: milliseconds of the fastest round, and GB held at most (CUDA only).

    `times the CPU` compares with the first of these devices in float32, the CPU as `devices` lists them.
    """
    rows = []
    for name, begin in steps(scale).items():
        for device in where:
            for precision in ("float32", "bfloat16"):
                step = begin(device, precision)
                _seconds(step, device)  # choices of algorithms, moments of Adam
                ms = 1e3 * min(_seconds(step, device) for _ in range(rounds))
                held = torch.cuda.max_memory_allocated() / 1e9 if device == "cuda" else float("nan")
                rows.append({"step": name, "device": device, "precision": precision, "ms": ms, "GB": held})
    frame = pd.DataFrame(rows)
    first = frame.groupby("step", sort=False)["ms"].transform("first")
    return frame.assign(**{"times the CPU": first / frame["ms"]})


def _seconds(step: Step, device: str) -> float:
    start = perf_counter()
    step()
    if device == "cuda":
        torch.cuda.synchronize()
    return perf_counter() - start


def _noise(*shape: int) -> Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(0))


def _prior(side: int, width: int, device: str, precision: str) -> Step:
    """Fitting a network of three scales to a picture of noise."""
    target, z = (_noise(1, channels, side, side).to(device) for channels in (3, 32))
    network = DipNetwork(scaled(width=width), NetworkOptions()).to(device)
    return lambda: reconstruct(network, z, lambda output: mse_loss(output, target), iterations=ITERATIONS, lr=0.01,
                               precision=precision)  # fmt: skip


def _gan(width: int, batch: int, device: str, precision: str) -> Step:
    """A step of the shared generator with the printed genome a."""
    settings = GanSettings(width=width, d_width=width // 2, bottom=4, latent=128, d_batch=batch, g_batch=2 * batch,
                           n_critic=5, lr=2e-4, skip_out="pre_sum", precision=precision, device=device)  # fmt: skip
    gan = Gan(SharedGenerator(width), Discriminator(width // 2), settings)
    z, genome = _noise(2 * batch, settings.latent).to(device), AutoGan().named("a")
    return lambda: gan.g_step(z, genome)


def _cyclegan(side: int, width: int, device: str, precision: str) -> Step:
    """An update of CycleGAN's own four networks, nine residual blocks."""
    settings = CycleSettings(side=side, iterations=100, lr=2e-4, lr_every=100, gan="lsgan", lambda_cycle=10,
                             lambda_identity=5, pool=50, paired=True, precision=precision, device=device)  # fmt: skip
    gan = CycleGan(baseline((width, width), 9, 64, 0), settings)
    pair: Any = tuple(2 * _noise(2, 1, 3, side, side).to(device) - 1)
    pools = [ImagePool(settings.pool, domain) for domain in range(2)]
    return lambda: gan.update(pair, pools)
