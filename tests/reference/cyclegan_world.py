"""Tiny settings and pictures for the tests of CycleGANAS' training and search, and how one survives its death."""

import torch

from lib.models.cycleganas import Mixture
from lib.training.cyclegan import CycleGan, CycleSettings
from lib.training.image_pool import ImagePool
from tests.reference.cyclegan import Plain
from tests.reference.states import dying, killed, recorded, same

SETTINGS = CycleSettings(side=32, iterations=5, lr=2e-4, lr_every=1, gan="lsgan", lambda_cycle=10, lambda_identity=5,
                         pool=2, paired=True, precision="float32", device="cpu")  # fmt: skip
ALPHA_LR = 3e-3


def pictures(n, side=36, seed=0):
    return torch.randint(256, (n, 3, side, side), generator=torch.Generator().manual_seed(seed), dtype=torch.uint8)


A, B = pictures(3), pictures(5, seed=1)


def pools():
    """One for the pictures of each domain."""
    return [ImagePool(2, seed) for seed in (0, 1)]


def pairs(n):
    """Crops of A and B, (2, 1, 3, 32, 32) in [-1, 1]."""
    rng = torch.Generator().manual_seed(4)
    return torch.rand(n, 2, 1, 3, 32, 32, generator=rng, dtype=torch.float64).mul(2).sub(1).unbind(0)


def parameters(network):
    """Its parameters by group."""
    if isinstance(network, Mixture):
        return {"w": network.weights(), "alpha": network.architecture()}
    return {"w": list(network.parameters())}


def plain(settings, networks):
    """A plain program of these settings."""
    found = {name: network.double() for name, network in networks.items()}
    groups, rates = (
        {name: parameters(network) for name, network in found.items()},
        {"w": settings.lr, "alpha": ALPHA_LR},
    )
    return Plain(found, groups, rates, gan=settings.gan, cycle=settings.lambda_cycle, identity=settings.lambda_identity)


def ends_alike(make, folder, calls):
    """Whether a training whose process dies in that update ends, made again, as one never stopped."""

    def run_and_die():
        CycleGan.update = dying(calls, CycleGan.update)
        recorded(make(), folder, whole.steps)

    whole, again = make(), make()
    told = [(step.metrics, step.curves, step.config) for step in (whole.step() for _ in range(whole.steps))]
    assert killed(run_and_die)
    assert (folder / "checkpoint.pt").exists()
    rows = recorded(again, folder, whole.steps)
    found = [(row["metrics"], row["curves"], row["config"]) for row in rows]
    return found == told and same(again.state(), whole.state())
