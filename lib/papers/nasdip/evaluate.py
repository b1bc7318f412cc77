"""One candidate: decode, train on the one degraded picture, measure (paper section 3).

A score follows from (evaluation, genome, seed) alone: initial weights are drawn from the seed and the canonical genome,
the input noise from the seed and the row, the degradation from the study's own seed and the row.
"""

from dataclasses import asdict, dataclass, fields
from typing import Any

import torch
from torch import Tensor

from lib import device
from lib.data import images, pictures
from lib.metrics.lpips import lpips
from lib.metrics.psnr import psnr
from lib.metrics.ssim import ssim
from lib.models import dip
from lib.papers.nasdip import tasks
from lib.papers.nasdip.experiments import Search
from lib.papers.nasdip.settings import Settings, space
from lib.papers.nasdip.tasks import Degradation, Problem, Row, keyed
from lib.papers.networks import perceptual
from lib.search.workers import Outcome
from lib.spaces.base import Genome
from lib.spaces.nasdip import Architecture, NasDip
from lib.training.reconstruction import Reconstruction, reconstruct

AMPLITUDE = 0.1  # the input is uniform noise in [0, 0.1), as of Deep Image Prior
SMALLEST = 64  # px to which smaller pictures are enlarged for LPIPS


@dataclass(frozen=True)
class Evaluation:
    """What the score of a genome depends on, beside genome and seed: the settings of the same names, and the row.

    Raises ValueError for an unknown row, and for a reference that it does not have.
    """

    row: str
    variant: str
    reference: str
    seed: int
    device: str
    side: int
    framing: str
    sigma: float
    units: int
    width_table: str
    skip_code: str
    bypass: str
    max_width: int
    max_filter: int
    t_table: list[int]
    stage: str
    skip_tap: str
    pad: str
    loss: str
    down: str
    iterations: int
    lr: float
    precision: str
    lpips: str

    def __post_init__(self) -> None:
        at = tasks.row(self.row)
        absent = {"truth": at.degraded, "observed_lr": at.factor == 1}
        if self.reference not in (allowed := [name for name in tasks.REFERENCES if not absent.get(name)]):
            raise ValueError(f"reference is {self.reference!r}; allowed for {self.row} are {', '.join(allowed)}")

    @classmethod
    def of(cls, settings: Settings, row: str, variant: str = "asym", reference: str = "truth") -> "Evaluation":
        """The evaluation of a row under the study's settings."""
        shared: dict[str, Any] = {f.name: getattr(settings, f.name) for f in fields(cls) if hasattr(settings, f.name)}
        shared |= settings.reading() | {"row": row, "variant": variant, "reference": reference}
        return cls(**{**shared, "device": str(device.pick(settings.device))})

    def identity(self) -> dict[str, Any]:
        """The same as plain values, with the picture's hash, for a record's header."""
        names = tasks.files(tasks.row(self.row))
        return {**asdict(self), "pictures": {name: pictures.info(name).sha256 for name in names}}

    def space(self) -> NasDip:
        """The space that genomes of this evaluation come from, for pictures of its size."""
        return space(vars(self), problem(self).size)

    def options(self) -> dip.NetworkOptions:
        """How architectures become networks; nearest up-sampling for inpainting, as in Deep Image Prior."""
        up = "nearest" if tasks.row(self.row).task == "inpaint" else "bilinear"
        return dip.NetworkOptions(up=up, pad=self.pad, stage=self.stage, skip_tap=self.skip_tap)


def of(settings: Settings, search: Search) -> Evaluation:
    """The evaluation that a search uses."""
    return Evaluation.of(settings, search.row, search.variant, search.reference)


def problem(ev: Evaluation) -> Problem:
    """The problem of the evaluation's row, on its device."""
    multiple = 2 ** max(ev.units, 5) if ev.framing == "whole" else 2**ev.units
    how = Degradation(seed=ev.seed, side=ev.side, framing=ev.framing, multiple=multiple, sigma=ev.sigma, norm=ev.loss,
                      down=ev.down, held=ev.reference == "heldout")  # fmt: skip
    return tasks.problem(ev.row, how).to(torch.device(ev.device))


def noise(row: Row, size: tuple[int, int], seed: int, channels: int = 32) -> Tensor:
    """The input z (1, C, H, W) of all networks of a row: uniform in [0, 0.1), never redrawn."""
    return AMPLITUDE * torch.rand(1, channels, *size, generator=keyed(seed, row.name, "input"))


def restore(ev: Evaluation, genome: Genome, seed: int) -> Reconstruction:
    """Train the genome's network on the row's observation; the restored picture is its last output."""
    genomes, at = ev.space(), problem(ev)
    architecture = genomes.decode(genomes.check(genome))
    key = device.keyed_seed(seed, genomes.text(genomes.canonical(genome)))
    network, z = dip.DipNetwork(architecture, ev.options(), key), noise(at.row, at.size, seed).to(ev.device)
    steps = iterations(ev, architecture)
    return reconstruct(network.to(ev.device), z, at.loss, iterations=steps, lr=ev.lr, precision=ev.precision)


def iterations(ev: Evaluation, architecture: Architecture) -> int:
    """Adam steps: the evaluation's, unless the genome chooses them."""
    return ev.iterations if architecture.iterations is None else architecture.iterations


def evaluate(ev: Evaluation, genome: Genome, seed: int) -> Outcome:
    """The outcome of a genome: its score (lower is better) under the evaluation's reference, and every measure."""
    device.seed_everything(seed)  # nothing draws from the global generators; this asks for deterministic kernels
    result = restore(ev, genome, seed)
    metrics = measure(ev, result.output) | {"loss": result.loss, "iterations": result.iterations}
    metrics |= size(ev.space().decode(genome), ev.options(), problem(ev).size)
    return Outcome(metrics[score_name(ev.reference)], metrics)


def cost(ev: Evaluation, genome: Genome) -> float:
    """What training a genome costs: multiply-accumulates of all its forward passes."""
    architecture = ev.space().decode(genome)
    return float(dip.macs(architecture, ev.options(), *problem(ev).size) * iterations(ev, architecture))


def size(architecture: Architecture, options: dip.NetworkOptions, sides: tuple[int, int]) -> dict[str, float]:
    """Stages, parameters and multiply-accumulates (1e9, one forward pass) of a network on a height and width, px."""
    return {
        "stages": len(architecture.encoders),
        "params": dip.parameters(architecture, options),
        "gmacs": dip.macs(architecture, options, *sides) / 1e9,
    }


def score_name(reference: str) -> str:
    """The measure that is the score of a fitness reference."""
    return "heldout" if reference == "heldout" else f"lpips_{reference}"


@torch.no_grad()
def measure(ev: Evaluation, output: Tensor) -> dict[str, float]:
    """Every measure of a restoration (1, 3, H, W) that the problem allows.

    PSNR (dB), SSIM and LPIPS to the truth over the whole raw output, PSNR in the hole, LPIPS to the observation, and
    for the held-out reference the mean squared error on the pixels kept out of the loss.
    """
    at = problem(ev)
    if not torch.isfinite(output).all():
        raise FloatingPointError("the network's output is not finite")
    network = perceptual(ev.lpips, ev.device)
    measures = {"lpips_observed": _lpips(output * at.mask, at.baseline(), network)}
    if at.down is not None:
        measures["lpips_observed_lr"] = _lpips(at.down(output).clamp(0, 1), at.observed.clamp(0, 1), network)
    if at.truth is not None:
        measures |= {
            "psnr": float(psnr(output, at.truth)),
            "ssim": float(ssim(output, at.truth)),
            "lpips_truth": _lpips(output, at.truth, network),
        }
        if (at.mask == 0).any():
            hole = (1 - at.mask).expand_as(output).bool()
            measures["psnr_hole"] = float(-10 * (output - at.truth)[hole].double().square().mean().log10())
    if ev.reference == "heldout":
        measures["heldout"] = float(at.heldout(output))
    return measures


def _lpips(a: Tensor, b: Tensor, network: torch.nn.Module) -> float:
    """LPIPS of two pictures, both enlarged where they are small."""
    shortest = min(a.shape[-2:])
    if shortest < SMALLEST:
        wanted = (a.shape[-2] * SMALLEST // shortest, a.shape[-1] * SMALLEST // shortest)
        a, b = images.resize(a, wanted), images.resize(b, wanted)
    return float(lpips(a, b, network))
