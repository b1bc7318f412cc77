"""The search of CycleGANAS (An and Joo, CVPR Workshops 2024): four supernetworks, their weights and logits."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from lib.device import keyed_seed
from lib.models.cycleganas import Mixture, SuperDiscriminator, Supernet, temperature
from lib.searchers.differentiable import Move, Scheme
from lib.spaces.base import Genome
from lib.spaces.cycleganas import CycleGanas, GeneratorGenotype, Genotype
from lib.training.cyclegan import CycleGan, CycleSettings, CycleTrainer, draw
from lib.training.pairs import Domains, Feed, Pair
from lib.training.trainer import Step


@dataclass(frozen=True)
class SearchPlan:
    """What is searched and how: `blocks`, stem width H and `ndf` are those of the supernetworks.

    `scheme` is OF, TF, TH or THS; with `same_pair` TF takes both steps on the same pictures. `form` is how mixed layers
    are computed, "auto" the fastest of each layer, timed: then runs differ in rounding. `alpha_lr` is the learning rate
    of architecture logits.
    """

    scheme: str
    blocks: int
    H: int
    ndf: int
    preset: str
    mix: str
    form: str
    alpha_lr: float
    same_pair: bool

    def networks(self, seed: int) -> dict[str, nn.Module]:
        """The supernetworks, their weights and logits drawn from the seed; each has a stream of its own."""
        generator = {name: Supernet(self.blocks, self.H, self.preset, self.mix) for name in ("G_A", "G_B")}
        discriminator = {name: SuperDiscriminator(self.ndf, self.preset, self.mix) for name in ("D_A", "D_B")}
        return draw({**generator, **discriminator}, seed)


class CycleSearch(CycleTrainer):
    """A search of `settings.iterations`, at a constant learning rate; a step is `chunk` of them.

    Each source of data has image pools of its own, which stay with it at THS' swap, as do the moments of all Adams with
    their parameters. `forms` has the times of all layers where they were measured.
    """

    def __init__(self, plan: SearchPlan, settings: CycleSettings, a: Tensor, b: Tensor, seed: int, *,
                 chunk: int) -> None:  # fmt: skip
        """Pictures a and b are as in `Domains`; weights, halves, order and pools follow from the seed."""
        self.plan, self.scheme, self.space = plan, Scheme(plan.scheme), CycleGanas(plan.blocks, plan.preset)
        gan = CycleGan(plan.networks(seed), settings, plan.alpha_lr)
        self.nets = {name: net for name, net in gan.networks.items() if isinstance(net, Mixture)}
        self.sources = self.scheme.sources((len(a), len(b)), seed)
        a, b = a.to(gan.device), b.to(gan.device)
        pairs = [Domains(a, b, settings.side, keyed_seed("source", seed, i), members)
                 for i, members in enumerate(self.sources)]  # fmt: skip
        super().__init__(gan, [Feed(one, settings.pool, gan.device) for one in pairs], chunk)
        self.forms = self._choose()
        self._last = self._genome()

    def genotype(self) -> Genotype:
        """The networks of the largest logits now."""
        return self.space.decode(self._genome())

    def choose(self, genotype: Genotype) -> None:
        """Make the supernetworks the networks of one genotype, with the weights they have."""
        for name, net in self.nets.items():
            chosen = getattr(genotype, name)
            net.choose(chosen.operations if isinstance(chosen, GeneratorGenotype) else chosen)

    def step(self) -> Step:
        """As every trainer's, with the genotype and how decided it is; the first row has the halves and times of forms.

        `hamming` counts genes that differ from the step before, `entropy` (nats) and `gap` are means over all mixed
        layers; `source_w` says which source the last iteration moved w on.
        """
        first = self.iteration == 0
        row = super().step()
        now = self._genome()
        layers = sum(len(net.slots) for net in self.nets.values())
        for name in ("entropy", "gap"):
            each = {key: getattr(net, name)() for key, net in self.nets.items()}
            row.metrics[name] = sum(each[key] * len(net.slots) for key, net in self.nets.items()) / layers
            row.metrics |= {f"{name}_{key}": value for key, value in each.items()}
        row.metrics["hamming"] = self.space.distance(now, self._last)
        moves = self.scheme.moves(self.iteration - 1, self.gan.settings.iterations)
        row.config |= {"genotype": self.space.text(now), "source_w": moves[0].source}
        if first:
            row.config |= {"halves": [list(source) for source in self.sources]} if self.scheme.halved else {}
            row.config |= {"forms": self.forms} if self.forms else {}
        self._last = now
        return row

    def state(self) -> dict[str, Any]:
        """Everything that the steps to come depend on, the forms included."""
        return {**super().state(), "last": list(self._last), "forms": self.forms}

    def load(self, state: dict[str, Any]) -> None:
        """Take over what `state` returned, in a search of the same arguments."""
        super().load(state)
        self._last, self.forms = tuple(state["last"]), state["forms"]

    def _iterate(self, place: int) -> Tensor:
        total = self.gan.settings.iterations
        for net in self.nets.values():
            net.tau = temperature(place, total)
        told = self.scheme.iterate(place, total, lambda source: next(self.feeds[source].pairs), self._move,
                                   same_data=self.plan.same_pair)  # fmt: skip
        return torch.stack(told)

    def _move(self, move: Move, pair: Pair) -> Tensor:
        return self.gan.update(pair, self.feeds[move.source].pools, move.groups)

    def _genome(self) -> Genome:
        G_A, G_B, D_A, D_B = (self.nets[name] for name in ("G_A", "G_B", "D_A", "D_B"))
        assert isinstance(G_A, Supernet)
        assert isinstance(G_B, Supernet)
        return self.space.genome(Genotype(G_A.genotype(), G_B.genotype(), D_A.operations(), D_B.operations()))

    def _choose(self) -> list[dict[str, Any]]:
        """Set the form of all mixed layers; a row a layer where it was timed."""
        if self.plan.form != "auto":
            for net in self.nets.values():
                net.forms = dict.fromkeys(net.slots, self.plan.form)
            return []
        s = self.gan.settings
        with torch.autocast(self.gan.device.type, torch.bfloat16, enabled=s.precision == "bfloat16"):
            return [{"network": name, **row} for name, net in self.nets.items()
                    for row in net.choose_forms(s.side, 1 + s.paired)]  # fmt: skip
