"""Speed of CycleGANAS: a whole step of the search, its mixed operation, a whole step of CycleGAN's training, and Adam.

The plain program (`tests/reference/cyclegan.py`) computes every candidate and every picture alone, and gradients that
it throws away. Its losses, weights and logits are ours to 1e-8 in double precision: `tests/models/test_mixed_ops.py`
and `test_cycleganas.py` hold that for layers and networks, `tests/training/test_cyclegan.py` and
`test_cycleganas_search.py` for updates. Widths are those of the paper's search, H 16, nine blocks and ndf 16; a mixed
operation merges its kernels anew in each call, which the passes of an update share.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from lib.device import cores
from lib.models.mixed_ops import FORMS, MixedOp
from lib.spaces.cycleganas import RESIDUAL
from lib.training.cyclegan import BETAS, LOSSES, CycleGan, CycleSettings, baseline
from lib.training.cycleganas_search import CycleSearch, SearchPlan
from lib.training.image_pool import ImagePool
from tests.benchmarks.yardstick import gflop, memory_rise
from tests.reference.cyclegan import Plain
from tests.reference.cyclegan_world import parameters, pictures

SIDES, CHANNELS, MAPS = (64, 128, 256), 64, (16, 32, 64)
TOLERANCE = 1e-4  # of the first result, relative
SETTINGS = CycleSettings(side=64, iterations=100, lr=2e-4, lr_every=100, gan="lsgan", lambda_cycle=10,
                         lambda_identity=5, pool=50, paired=True, precision="float32", device="cpu")  # fmt: skip
PLAN = SearchPlan(scheme="OF", blocks=9, H=16, ndf=16, preset="paper", mix="softmax", form="auto", alpha_lr=2e-4,
                  same_pair=False)  # fmt: skip
ADAMS: dict[str, dict[str, bool]] = {"a tensor after the other": {"foreach": False, "fused": False},
                                     "foreach": {"foreach": True}, "fused": {"fused": True}}  # fmt: skip
Step = Callable[[], Tensor]


def search(side: int, form: str, paired: bool) -> CycleSearch:
    """A search on noise; equal seeds give all forms equal weights and pictures."""
    settings, plan = replace(SETTINGS, side=side, paired=paired), replace(PLAN, form=form)
    return CycleSearch(plan, settings, pictures(4, side), pictures(4, side, seed=1), 0, chunk=1)


def our_search(side: int) -> Step:
    """A step with a row of the log, the form of each layer chosen by time."""
    ours = search(side, "auto", True)

    def step() -> Tensor:
        found = ours.step().metrics
        return torch.tensor([found[name] for name in LOSSES])

    return step


def plain_search(side: int) -> Step:
    """The same update by the plain program."""
    ours = search(side, "plain", False)
    program, feed = plain(ours.gan.networks), ours.feeds[0]
    return lambda: torch.tensor(program.update(*next(feed.pairs), feed.pools, ("w", "alpha")))


def plain(networks: Any) -> Plain:
    """The plain program on these networks."""
    groups = {name: parameters(network) for name, network in networks.items()}
    weights = {"cycle": SETTINGS.lambda_cycle, "identity": SETTINGS.lambda_identity}
    return Plain(networks, groups, {"w": SETTINGS.lr, "alpha": PLAN.alpha_lr}, gan=SETTINGS.gan, **weights)


def training(program: str) -> Step:
    """A step of CycleGAN's training, H 16 with three blocks and the paper's discriminators."""
    networks, rng = baseline((16, 16), 3, 64, 0), torch.Generator().manual_seed(0)
    a, b = (torch.rand(1, 3, 64, 64, generator=rng) * 2 - 1 for _ in range(2))
    pools = [ImagePool(SETTINGS.pool, domain) for domain in range(2)]
    if program == "plain":
        single = plain(networks)
        return lambda: torch.tensor(single.update(a, b, pools, ("w",)))
    gan = CycleGan(networks, replace(SETTINGS, paired=program == "paired"))
    return lambda: gan.update((a, b), pools)


def mixture(side: int, form: str) -> Step:
    """A pass and its gradients of a residual mixed operation."""
    torch.manual_seed(0)
    layer, alpha = MixedOp(RESIDUAL, CHANNELS, CHANNELS, "residual"), torch.zeros(len(RESIDUAL), requires_grad=True)
    x = torch.randn(1, CHANNELS, side + 2, side + 2, requires_grad=True)  # with its mirrored ring

    def step() -> Tensor:
        y = layer(x, alpha.softmax(0), form)
        y.sum().backward()
        return y.detach()

    return step


def descent(options: dict[str, bool]) -> Step:
    """A step of Adam on the weights of the search's generators; the first weights after it."""
    networks = PLAN.networks(0)
    weights = [weight for name in ("G_A", "G_B") for weight in networks[name].weights()]
    for weight in weights:
        weight.grad = torch.sin(torch.arange(weight.numel())).view_as(weight)
    adam = torch.optim.Adam(weights, lr=SETTINGS.lr, betas=BETAS, **options)

    def step() -> Tensor:
        adam.step()
        return weights[0].detach().clone()

    return step


@pytest.fixture(scope="module")
def first() -> dict[str, Tensor]:
    """What the first step of each group's reference gave, filled by it."""
    return {}


@pytest.fixture
def apart(benchmark, timed, first) -> Callable[..., float]:
    """Times a step on all cores; how far its first result is from the reference's."""

    def run(
        group: str, role: str, make: Callable[..., Step], *arguments: Any, rounds: int, memory: bool = False
    ) -> float:
        torch.set_num_threads(cores())
        step, found = make(*arguments), list[Tensor]()
        work = gflop(lambda: found.append(step()))  # not timed: caches, moments of Adam
        rise = memory_rise(lambda: timed(role, step, rounds=rounds, group=group, gflop=work))
        expected = first.setdefault(group, found[0])
        difference = ((found[0] - expected).norm() / expected.norm()).item()
        same = f"first result within {difference:.0e}" if difference else "the same first result"
        said = [same] * (role != "reference")
        said += [f"{rise:.1f} GB beside weights and moments"] * memory
        benchmark.extra_info["accuracy"] = "; ".join(said)
        return difference

    return run


@pytest.mark.parametrize(
    ("make", "role"), [(plain_search, "reference"), (our_search, "fast")], ids=["plain", "merged, paired"]
)
@pytest.mark.parametrize("side", SIDES)
def test_search_step(apart, side, make, role):
    group = f"CycleGANAS, search step at {side} px (H 16, 9 blocks)"
    assert apart(group, role, make, side, rounds={64: 5, 128: 3, 256: 1}[side], memory=True) < TOLERANCE


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("side", MAPS)
def test_mixture(apart, side, form):
    role = {"plain": "reference", "merged9": "variant", "merged7": "fast"}[form]
    group = f"CycleGANAS, residual mixture of {CHANNELS} channels at {side} px"
    assert apart(group, role, mixture, side, form, rounds=20) < TOLERANCE


@pytest.mark.parametrize("program", ["plain", "unpaired", "paired"])
def test_training_step(apart, program):
    role = {"plain": "reference", "unpaired": "variant", "paired": "fast"}[program]
    assert apart("CycleGAN, training step at 64 px (H 16, 3 blocks)", role, training, program, rounds=10) < TOLERANCE


@pytest.mark.parametrize("kind", ADAMS)
def test_adam(apart, kind):
    role = {"foreach": "variant", "fused": "fast"}.get(kind, "reference")
    group = "CycleGANAS, Adam on the 18 M weights of both generators"
    assert apart(group, role, descent, ADAMS[kind], rounds=5) < TOLERANCE
