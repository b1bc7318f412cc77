"""Tiny settings, pictures and processes for the tests of CycleGANAS' training and search."""

import os
import signal

import torch

from lib.models.cycleganas import Mixture
from lib.training.cyclegan import CycleSettings
from lib.training.image_pool import ImagePool
from tests.reference.cyclegan import Plain

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


def leaves(state, name=""):
    """Every number, text and tensor in a state, by its place."""
    if isinstance(state, dict):
        return {leaf: value for key, part in state.items() for leaf, value in leaves(part, f"{name}.{key}").items()}
    if isinstance(state, list | tuple):
        return leaves(dict(enumerate(state)), name)
    return {name: state}


def same(state, other):
    """Whether two states are equal to the bit."""
    a, b = leaves(state), leaves(other)
    return a.keys() == b.keys() and all(
        torch.equal(a[name], b[name]) if isinstance(a[name], torch.Tensor) else a[name] == b[name] for name in a
    )


def killed(run):
    """Whether a process of its own that runs it is killed on the way."""
    if (child := os.fork()) == 0:
        try:
            run()
        finally:
            os._exit(1)
    return os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL


def dying(calls, function):
    """The function, but the process dies in that call of it."""
    count = iter(range(calls, -1, -1))
    return lambda *arguments, **more: function(*arguments, **more) if next(count) else os.kill(os.getpid(), 9)
