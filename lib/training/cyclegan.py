"""Training of CycleGAN, and of the pairs that CycleGANAS derives, on two unpaired sets of pictures.

`G_A` maps domain A to B and `D_B` judges its pictures.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lib.device import keyed_seed, pick
from lib.models.cyclegan import CycleGanGenerator, Discriminator, Generator, PatchGan, initialise
from lib.models.cycleganas import Mixture
from lib.spaces.cycleganas import NETWORKS, Genotype
from lib.training.image_pool import ImagePool
from lib.training.pairs import Domains, Feed, Pair
from lib.training.trainer import Step

BETAS = (0.5, 0.999)  # of Adam
GANS = ("lsgan", "bce")
PRECISIONS = ("float32", "bfloat16", "float64")
POINTS = 20  # of a loss curve, at most, that one step of a training stores
LOSSES = ("adv_AtoB", "adv_BtoA", "cycle_A", "cycle_B", "identity_A", "identity_B", "d_A", "d_B")
DIRECTIONS = {"AtoB": "G_A", "BtoA": "G_B"}
Networks = Mapping[str, nn.Module]  # by NETWORKS


@dataclass(frozen=True)
class CycleSettings:
    """How CycleGANs train: pictures of `side` pixels, one of each domain an iteration, `iterations` in all.

    `lr_every` iterations share a learning rate (the paper: an epoch's) where it falls. `gan` is the adversarial loss,
    `lambda_cycle` and `lambda_identity` weigh the others; `pool` is the number of earlier translations kept a domain.
    `paired` puts what a network sees twice in one batch: the same numbers with instance norm, but not the same noise of
    a Gumbel mixture nor as many power iterations of a spectral norm. `precision` is that of the convolutions; the
    weights, their updates and the losses stay float32, or all is float64.
    """

    side: int
    iterations: int
    lr: float
    lr_every: int
    gan: str
    lambda_cycle: float
    lambda_identity: float
    pool: int
    paired: bool
    precision: str
    device: str

    @property
    def weights(self) -> tuple[float, ...]:
        """Those of a generator's losses, the first six of LOSSES."""
        return (1.0, 1.0, *(self.lambda_cycle,) * 2, *(self.lambda_identity,) * 2)


def lr_factor(epoch: int, epochs: int) -> float:
    """Of the learning rate in an epoch, from 1, of so many: 1 in the first half, then falling linearly."""
    constant = epochs // 2
    return 1 - max(0, epoch - constant) / (epochs - constant + 1)


def adversarial(logits: Tensor, *, real: bool, gan: str) -> Tensor:
    """The mean loss of a discriminator's logits that should say `real` or not."""
    target = torch.full_like(logits, float(real))
    return F.mse_loss(logits, target) if gan == "lsgan" else F.binary_cross_entropy_with_logits(logits, target)


class CycleGan:
    """Two generators, two discriminators and an Adam a group of their parameters; an update moves some groups.

    Supernetworks have the groups `w` and `alpha`, others only `w`. What an update does not need is not computed: no
    gradients of what it does not move, no graph of the translations in the discriminators' step.
    """

    def __init__(self, networks: Networks, settings: CycleSettings, alpha_lr: float = math.nan) -> None:
        """`alpha_lr` is the learning rate of architecture logits, `settings.lr` that of all else."""
        self.settings, self.device = settings, pick(settings.device)
        self.dtype = torch.float64 if settings.precision == "float64" else torch.float32
        self.networks = {name: networks[name].to(self.device, self.dtype).train() for name in NETWORKS}
        self.groups = {player: _groups([self.networks[f"{player}_{domain}"] for domain in "AB"]) for player in "GD"}
        rates = {"w": settings.lr, "alpha": alpha_lr}
        self.adams = {f"{player}_{name}": torch.optim.Adam(parameters, lr=rates[name], betas=BETAS, fused=True)
                      for player, groups in self.groups.items() for name, parameters in groups.items()}  # fmt: skip
        self._weights = torch.tensor(settings.weights, device=self.device, dtype=self.dtype)

    def update(self, pair: Pair, pools: Sequence[ImagePool], groups: Sequence[str] = ("w",)) -> Tensor:
        """One step of both generators, then one of both discriminators, which see pictures of the pools.

        Moves these groups of parameters. Returns the losses before, (8,) as in LOSSES, not awaited.
        """
        a, b = (pictures.to(self.device, self.dtype) for pictures in pair)
        losses, fakes = self._g_step(a, b, groups)
        pooled = [pool(fake) for pool, fake in zip(pools, fakes, strict=True)]
        return torch.cat([losses, self._d_step((a, b), pooled, groups)])

    @torch.no_grad()
    def translate(self, pictures: Tensor, direction: str, batch: int = 16) -> Tensor:
        """The translations (N, 3, s, s) in [0, 1], on the CPU, of pictures (N, 3, s, s), uint8 or in [0, 1].

        `direction` is "AtoB" or "BtoA". A Gumbel mixture draws noise for it.
        """
        scale = 127.5 if pictures.dtype == torch.uint8 else 0.5
        parts = (part.to(self.device, self.dtype) / scale - 1 for part in pictures.split(batch))
        return torch.cat([self._run(DIRECTIONS[direction], part).add(1).div(2).float().cpu() for part in parts])

    def state(self) -> dict[str, Any]:
        """Weights and moments, not copied."""
        return {name: part.state_dict() for name, part in self._parts().items()}

    def load(self, state: dict[str, Any]) -> None:
        """Take over what `state` returned."""
        for name, part in self._parts().items():
            part.load_state_dict(state[name])

    def _parts(self) -> dict[str, Any]:
        return {**self.networks, **self.adams}

    def _g_step(self, a: Tensor, b: Tensor, groups: Sequence[str]) -> tuple[Tensor, Pair]:
        """Its losses and the translations, those that D_A will see first."""
        with _frozen([*self._still("G", groups), *self._still("D", ())]):
            (fake_b, same_b), (fake_a, same_a) = self._translated("G_A", a, b), self._translated("G_B", b, a)
            judged = [self._judge("D_B", fake_b), self._judge("D_A", fake_a)]
            pairs = [(self._run("G_B", fake_b), a), (self._run("G_A", fake_a), b), (same_a, a), (same_b, b)]
            losses = torch.stack([*judged, *(F.l1_loss(made, true) for made, true in pairs)])
            self._descend("G", (self._weights * losses).sum(), groups)
        return losses.detach(), (fake_a.detach(), fake_b.detach())

    def _d_step(self, reals: Pair, fakes: Sequence[Tensor], groups: Sequence[str]) -> Tensor:
        with _frozen(self._still("D", groups)):
            losses = torch.stack([self._discriminate(f"D_{domain}", real, fake)
                                  for domain, real, fake in zip("AB", reals, fakes, strict=True)])  # fmt: skip
            self._descend("D", losses.sum(), groups)
        return losses.detach()

    def _translated(self, name: str, x: Tensor, own: Tensor) -> Pair:
        """What a generator makes of x, and, where that counts, of a picture of its own target domain."""
        if not self.settings.lambda_identity:
            return self._run(name, x), own
        if not self.settings.paired:
            return self._run(name, x), self._run(name, own)
        made, same = self._run(name, torch.cat([x, own])).chunk(2)
        return made, same

    def _judge(self, name: str, fake: Tensor) -> Tensor:
        return adversarial(self._run(name, fake), real=True, gan=self.settings.gan)

    def _discriminate(self, name: str, real: Tensor, fake: Tensor) -> Tensor:
        if self.settings.paired:
            on_real, on_fake = self._run(name, torch.cat([real, fake])).chunk(2)
        else:
            on_real, on_fake = self._run(name, real), self._run(name, fake)
        gan = self.settings.gan
        return 0.5 * (adversarial(on_real, real=True, gan=gan) + adversarial(on_fake, real=False, gan=gan))

    def _run(self, name: str, x: Tensor) -> Tensor:
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.settings.precision == "bfloat16"):
            made: Tensor = self.networks[name](x)
        return made.to(self.dtype)

    def _still(self, player: str, moving: Sequence[str]) -> list[nn.Parameter]:
        return [parameter for name, group in self.groups[player].items() if name not in moving for parameter in group]

    def _descend(self, player: str, loss: Tensor, groups: Sequence[str]) -> None:
        loss.backward()
        for name in groups:
            self.adams[f"{player}_{name}"].step()
            self.adams[f"{player}_{name}"].zero_grad()


class CycleTrainer(ABC):
    """What a training and a search share: steps of `chunk` iterations, their row, counters and state.

    An iteration is as many updates as `_iterate` returns losses of; each update sees one picture of A and one of B.
    """

    def __init__(self, gan: CycleGan, feeds: list[Feed], chunk: int) -> None:
        self.gan, self.feeds, self.chunk = gan, feeds, chunk
        self.iteration = self.updates = 0

    @property
    def steps(self) -> int:
        """How many there are; the last one may be shorter."""
        return math.ceil(self.gan.settings.iterations / self.chunk)

    def step(self) -> Step:
        """Train on; raises FloatingPointError naming the iteration, counted from 0, of a loss that is not finite."""
        first, total = self.iteration, self.gan.settings.iterations
        losses = torch.stack([self._iterate(place) for place in range(first, min(first + self.chunk, total))]).cpu()
        self._check(losses)
        self.iteration += len(losses)
        self.updates += losses[..., 0].numel()
        row = Step({"iterations": self.iteration, "updates": self.updates, "images": 2 * self.updates})
        for prefix, of_update in zip(("", "alpha_"), losses.unbind(1), strict=False):
            self._tell(row, prefix, of_update)
        return row

    def translate(self, pictures: Tensor, direction: str, batch: int = 16) -> Tensor:
        """As `CycleGan.translate`, with the networks as they are now."""
        return self.gan.translate(pictures, direction, batch)

    def state(self) -> dict[str, Any]:
        """Everything that the steps to come depend on."""
        return {"gan": self.gan.state(), "feeds": [feed.state() for feed in self.feeds], "iteration": self.iteration,
                "updates": self.updates}  # fmt: skip

    def load(self, state: dict[str, Any]) -> None:
        """Take over what `state` returned, in a trainer of the same arguments."""
        self.gan.load(state["gan"])
        for feed, found in zip(self.feeds, state["feeds"], strict=True):
            feed.load(found)
        self.iteration, self.updates = state["iteration"], state["updates"]

    @abstractmethod
    def _iterate(self, place: int) -> Tensor:
        """Iteration `place`, from 0; the losses of its updates, (updates, 8), not awaited."""

    def _check(self, losses: Tensor) -> None:
        for place, of_iteration in enumerate(losses, self.iteration):
            for found in of_iteration:
                if not found.isfinite().all():
                    named = ", ".join(f"{name} {loss}" for name, loss in zip(LOSSES, found.tolist(), strict=True))
                    raise FloatingPointError(f"the losses of iteration {place} are: {named}")

    def _tell(self, row: Step, prefix: str, losses: Tensor) -> None:
        """Mean losses (n, 8) of one of an iteration's updates, the sums that the two players lower, their curves."""
        losses = losses.double()
        both = {
            "g_loss": losses[:, :6] @ torch.tensor(self.gan.settings.weights).double(),
            "d_loss": losses[:, 6:].sum(1),
        }
        row.metrics |= {prefix + name: loss.mean().item() for name, loss in both.items()}
        row.metrics |= {prefix + name: loss for name, loss in zip(LOSSES, losses.mean(0).tolist(), strict=True)}
        row.curves |= {prefix + name: loss[:: math.ceil(len(loss) / POINTS)].tolist() for name, loss in both.items()}


class CycleTraining(CycleTrainer):
    """Four networks trained from scratch: CycleGAN's own, or those of a genotype."""

    def __init__(self, networks: Networks, settings: CycleSettings, a: Tensor, b: Tensor, seed: int, *, chunk: int,
                 evaluate: Callable[[Callable[..., Tensor]], dict[str, float]] | None = None,
                 evaluate_every: int = 1) -> None:  # fmt: skip
        """Pictures a and b are as in `Domains`; their order follows from the seed, the weights are the networks'.

        After every so many steps `evaluate(translate)` adds its scores to the row.
        """
        gan = CycleGan(networks, settings)
        pairs = Domains(a.to(gan.device), b.to(gan.device), settings.side, seed)
        super().__init__(gan, [Feed(pairs, settings.pool, gan.device)], chunk)
        self.evaluate, self.evaluate_every = evaluate, evaluate_every

    def step(self) -> Step:
        """As every trainer's, with the learning rate and, where they are due, scores."""
        row = super().step()
        row.metrics["lr"] = self.gan.adams["G_w"].param_groups[0]["lr"]
        if self.evaluate and (-(-self.iteration // self.chunk) % self.evaluate_every == 0 or self._done):
            row.metrics |= self.evaluate(self.translate)
        return row

    @property
    def _done(self) -> bool:
        return self.iteration >= self.gan.settings.iterations

    def _iterate(self, place: int) -> Tensor:
        s, feed = self.gan.settings, self.feeds[0]
        factor = lr_factor(place // s.lr_every + 1, math.ceil(s.iterations / s.lr_every))
        for adam in self.gan.adams.values():
            adam.param_groups[0]["lr"] = s.lr * factor
        return self.gan.update(next(feed.pairs), feed.pools)[None]


def baseline(widths: tuple[int, int], blocks: int, ndf: int, seed: int) -> dict[str, nn.Module]:
    """CycleGAN's networks with stem widths (H_A, H_B), their weights drawn from the seed."""
    H_A, H_B = widths
    return draw({"G_A": CycleGanGenerator(H_A, blocks), "G_B": CycleGanGenerator(H_B, blocks),
                 "D_A": PatchGan(ndf), "D_B": PatchGan(ndf)}, seed)  # fmt: skip


def derived(genotype: Genotype, widths: tuple[int, int], ndf: int, seed: int) -> dict[str, nn.Module]:
    """The networks of a genotype with stem widths (H_A, H_B), their weights drawn from the seed."""
    H_A, H_B = widths
    return draw({"G_A": Generator(genotype.G_A, H_A), "G_B": Generator(genotype.G_B, H_B),
                 "D_A": Discriminator(genotype.D_A, ndf), "D_B": Discriminator(genotype.D_B, ndf)}, seed)  # fmt: skip


def draw(networks: dict[str, nn.Module], seed: int) -> dict[str, nn.Module]:
    """The networks, all weights drawn anew; each has a stream of its own."""
    for name, network in networks.items():
        initialise(network, keyed_seed(seed, name))
    return networks


def _groups(networks: list[nn.Module]) -> dict[str, list[nn.Parameter]]:
    """The parameters of both, by who moves them."""
    mixtures = [network for network in networks if isinstance(network, Mixture)]
    if not mixtures:
        return {"w": [parameter for network in networks for parameter in network.parameters()]}
    return {"w": [parameter for network in mixtures for parameter in network.weights()],
            "alpha": [parameter for network in mixtures for parameter in network.architecture()]}  # fmt: skip


@contextmanager
def _frozen(parameters: list[nn.Parameter]) -> Iterator[None]:
    """Within it, what is computed asks for no gradients of these."""
    for parameter in parameters:
        parameter.requires_grad_(False)
    try:
        yield
    finally:
        for parameter in parameters:
            parameter.requires_grad_(True)
