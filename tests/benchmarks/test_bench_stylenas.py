"""Speed of training one candidate of StyleNAS on one thread, as a search's workers do: ours beside a plain loop.

The plain loop encodes every batch, joins maps by concatenation and runs PyTorch's layers; ours starts from taps that
were computed once, which a search shares among its candidates and which are not in its time.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import pytest
import torch
from torch import Tensor

from lib.models import normalised_vgg
from lib.models.photoreal import PhotorealDecoder
from lib.spaces.stylenas import StyleNas
from lib.training.autoencoder import Fit, Schedule, encode_photos, photo_order, train_decoder
from tests.benchmarks.yardstick import gflop
from tests.reference.photoreal_plain import PlainDecoder, PlainEncoder, fit

SPACE, SIDE, SCHEDULE, SEED = StyleNas(), 48, Schedule(4, 8, 1e-4, 1e-4), 0
NETWORKS = {
    "S7": SPACE.named("S7"),
    "a random network": SPACE.sample(np.random.default_rng(1)),
    "all operators": SPACE.named("oracle"),
}


@dataclass
class Case:
    """One network's training by each program, from equal weights on equal batches."""

    genome: tuple[int, ...]
    encoder: normalised_vgg.NormalisedVGG
    photos: Tensor
    taps: list[Tensor]

    def ours(self, precision: str) -> list[float]:
        """The loss of every step."""
        return self.train(PhotorealDecoder(SPACE.decode(self.genome)), precision).losses

    def train(self, network: PhotorealDecoder, precision: str) -> Fit:
        return train_decoder(network, self.encoder, self.photos, SCHEDULE, SEED, taps=self.taps, precision=precision)

    def plain(self) -> list[float]:
        """The same by the plain loop."""
        decoder, ours = PlainDecoder(SPACE.text(self.genome)), PhotorealDecoder(SPACE.decode(self.genome))
        for convolution in ours.convolutions():
            theirs = getattr(decoder, convolution.layer.name)
            kernels = [kernel.detach().permute(0, 3, 1, 2) for kernel in convolution.kernels]
            theirs.weight.data, theirs.bias.data = torch.cat(kernels, 1).contiguous(), convolution.bias.detach()
        weights = {name: (getattr(self.encoder, f"{name}_weight"), getattr(self.encoder, f"{name}_bias"))
                   for name in self.encoder.names}  # fmt: skip
        batches = [self.photos[chosen] for chosen in photo_order(len(self.photos), SCHEDULE, SEED)]
        return fit(decoder, PlainEncoder(weights), batches, SCHEDULE.lr)


@pytest.fixture(scope="module", params=NETWORKS)
def case(request: pytest.FixtureRequest, weights: object) -> Case:
    """Crops of the bundled photos and their taps."""
    encoder = normalised_vgg.load("vgg16")
    photos = normalised_vgg.crops()[:32, :, :SIDE, :SIDE].contiguous()
    return Case(NETWORKS[request.param], encoder, photos, encode_photos(encoder, photos))


@pytest.fixture
def losses_of(timed, case, request) -> Callable[..., list[float]]:
    """Times a training on one thread; the loss of every step."""

    def run(role: str, train: Callable[[], list[float]]) -> list[float]:
        name = request.node.callspec.params["case"]
        group = f"StyleNAS, {SCHEDULE.steps} steps of {name}, batch {SCHEDULE.batch} at {SIDE} px"
        return timed(role, train, rounds=3, threads=1, group=group, gflop=gflop(train))

    return run


def test_plain_loop(losses_of, case):
    losses = losses_of("reference", case.plain)
    assert losses[-1] < losses[0]


@pytest.mark.parametrize(("precision", "tolerance"), [("float32", 1e-3), ("bfloat16", 2e-2)])
def test_ours(benchmark, losses_of, case, precision, tolerance):
    losses = losses_of("fast" if precision == "float32" else "variant", partial(case.ours, precision))
    difference = float(np.abs(np.array(losses) / case.plain() - 1).max())
    benchmark.extra_info["accuracy"] = f"losses within {difference:.0e}"
    assert difference < tolerance
