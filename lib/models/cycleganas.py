"""The supernetworks of CycleGANAS: every searched layer is a weighted sum of all its candidates.

The weights are a softmax of architecture logits. They and the merged kernels are made once an update and shared by its
passes. Nothing is shared between networks.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from time import perf_counter
from typing import Any

import torch
from torch import Tensor, nn

from lib.models.cyclegan import Network, ResnetGenerator, SearchedDiscriminator
from lib.models.mixed_ops import FORMS, Merged, MixedOp
from lib.spaces.cycleganas import GeneratorGenotype, choices, generator_genotype

MIXES = ("softmax", "gumbel", "gumbel_double")  # the last as the authors' code: its logits are a softmax already
WARM, COLD = 5.0, 0.1  # temperatures of a Gumbel mixture, first and last
CERTAIN = 1e4  # a logit beside which a zero has no weight
ROUNDS, SECONDS = 10, 0.5  # of a timing, of which the fastest round counts, and when it ends at the latest


class Mixture(Network):
    """What the two supernetworks share: `alphas`, one vector a layer in the order of `slots`, and how they mix.

    `mix` is `softmax`, or `gumbel` with fresh noise a pass and the temperature `tau`; `forms` says how each layer is
    computed (all the same function, see `mixed_ops.FORMS`) and stays in the state, as the noise does.
    """

    slots: dict[str, str]
    preset: str
    mix: str = "softmax"
    tau: float = WARM
    _made: Mapping[str, tuple[Tensor, str, Merged | None]] = {}
    _all: tuple[nn.Parameter, ...] = ()
    _key: Any = None  # of the state that `_made` stands for, where more passes may use it

    def _set(self, make: Callable[[], Mapping[str, nn.Module]]) -> None:
        self.forms, self.noise = dict.fromkeys(self.slots, "merged9"), torch.Generator()
        self.alphas = nn.ParameterList(torch.zeros(len(choices(kind, self.preset))) for kind in self.slots.values())
        super()._set(make)

    def mixed(self, slot: str, kind: str, c_in: int, c_out: int) -> MixedOp:
        """The layer of a slot with all its candidates."""
        return MixedOp(choices(kind, self.preset), c_in, c_out, kind)

    def weights(self) -> list[nn.Parameter]:
        """The ordinary weights, w."""
        return [parameter for name, parameter in self.named_parameters() if not name.startswith("alphas")]

    def architecture(self) -> list[nn.Parameter]:
        """The architecture logits, alpha."""
        return list(self.alphas)

    def betas(self) -> list[Tensor]:
        """The weights of the candidates, a vector a layer; a Gumbel mixture draws its noise."""
        if self.mix == "softmax":
            return [alpha.softmax(0) for alpha in self.alphas]
        noise = [-torch.empty(len(alpha)).exponential_(generator=self.noise).log().to(alpha) for alpha in self.alphas]
        logits = [alpha.softmax(0) if self.mix == "gumbel_double" else alpha for alpha in self.alphas]
        return [((logit + draw) / self.tau).softmax(0) for logit, draw in zip(logits, noise, strict=True)]

    @torch.no_grad()
    def entropy(self) -> float:
        """The mean entropy of the layers' softmax, in nats: from 0 where decided to the mean log of their sizes."""
        return sum(-(alpha.softmax(0) * alpha.log_softmax(0)).sum().item() for alpha in self.alphas) / len(self.alphas)

    @torch.no_grad()
    def gap(self) -> float:
        """The mean difference between the layers' two largest softmax weights, 0 to 1."""
        top = torch.stack([alpha.softmax(0).topk(2).values for alpha in self.alphas])
        return (top[:, 0] - top[:, 1]).mean().item()

    def operations(self) -> tuple[str, ...]:
        """The candidate with the largest logit of each layer, in order."""
        pairs = zip(self.slots.values(), self.alphas, strict=True)
        return tuple(choices(kind, self.preset)[int(alpha.argmax())] for kind, alpha in pairs)

    @torch.no_grad()
    def choose(self, operations: Sequence[str]) -> None:
        """Put all weight on one candidate of each layer, in order; from then on it is the network of that genotype."""
        for kind, alpha, name in zip(self.slots.values(), self.alphas, operations, strict=True):
            alpha.copy_(torch.tensor([CERTAIN * (one == name) for one in choices(kind, self.preset)]))
        self.mix = "softmax"  # no noise any more
        self.refresh()

    def forward(self, x: Tensor) -> Tensor:
        """As the network of one genotype; passes that one backward pass will follow share the merged kernels.

        They are dropped when gradients come back to them, and wherever parameters or what is frozen have changed: a
        fused optimiser changes parameters without a trace, but never before the gradients.
        """
        self._all = self._all or tuple(self.parameters())  # finding them takes longer than a small layer
        state = ((parameter._version, parameter.requires_grad) for parameter in self._all)
        key = (torch.is_grad_enabled(), *self.forms.values(), *state)
        if key != self._key:
            betas = zip(self.slots, self.betas(), strict=True)
            self._made = {slot: self._make(slot, beta) for slot, beta in betas}
            merged = [made.kernel for *_, made in self._made.values() if made and made.kernel.requires_grad]
            for kernel in merged:
                kernel.register_hook(lambda gradient: self.refresh())
            self._key = key if merged and self.mix == "softmax" else None
        return super().forward(x)

    def _make(self, slot: str, beta: Tensor) -> tuple[Tensor, str, Merged | None]:
        layer, form = self.layers[slot], self.forms[slot]
        assert isinstance(layer, MixedOp)
        return beta, form, None if form == "plain" else layer.merge(beta, form)

    def run(self, name: str, x: Tensor) -> Tensor:
        """The output of a layer, mixed or fixed."""
        return self.layers[name](x, *self._made.get(name, ()))

    def refresh(self) -> None:
        """Forget what the passes share."""
        self._made, self._key = {}, None

    def _apply(self, fn: Any, recurse: bool = True) -> Any:
        self._all = ()  # a move to another device or type
        self.refresh()
        return super()._apply(fn, recurse)

    def get_extra_state(self) -> dict[str, Any]:
        """What the state holds beside parameters: forms and noise."""
        return {"forms": dict(self.forms), "noise": self.noise.get_state()}

    def set_extra_state(self, state: dict[str, Any]) -> None:
        """Take over what `get_extra_state` returned."""
        self.forms = dict(state["forms"])
        self.noise.set_state(state["noise"].cpu())

    def choose_forms(self, side: int, batch: int = 2) -> list[dict[str, Any]]:
        """Time every form of each layer for pictures of a side and take the fastest; a row a layer with its times.

        Equal layers are timed once a process, device, number of threads and autocast. Forms differ in rounding: `forms`
        of the state keep a resumed search as it was.
        """
        device = self.alphas[0].device
        machine = str(device), torch.get_num_threads(), torch.is_autocast_enabled(device.type)
        rows = []
        for slot, shape in self._shapes(side).items():
            layer = self.layers[slot]
            assert isinstance(layer, MixedOp)
            times = timed(layer.names, layer.channels, layer.kind, (batch, *shape), machine)
            self.forms[slot] = min(times, key=lambda form: times[form])
            found = {"layer": slot, "kind": layer.kind, "c_in": layer.channels[0], "c_out": layer.channels[1]}
            rows.append({**found, "side": shape[-1], **{f"{form}_ms": ms for form, ms in times.items()},
                         "form": self.forms[slot]})  # fmt: skip
        return rows

    @torch.no_grad()
    def _shapes(self, side: int) -> dict[str, tuple[int, ...]]:
        """The shape (c, h, w) that each mixed layer sees."""
        shapes: dict[str, tuple[int, ...]] = {}

        def keep(slot: str) -> Callable[..., None]:
            return lambda layer, inputs: shapes.update({slot: tuple(inputs[0].shape[1:])})

        hooks = [self.layers[slot].register_forward_pre_hook(keep(slot)) for slot in self.slots]
        self(torch.zeros(1, 3, side, side, device=self.alphas[0].device, dtype=self.alphas[0].dtype))
        for hook in hooks:
            hook.remove()
        return shapes


class Supernet(Mixture, ResnetGenerator):
    """A generator of all genotypes with `blocks` residual cells and stem width H (16 in the paper's search)."""

    def __init__(self, blocks: int = 9, H: int = 16, preset: str = "paper", mix: str = "softmax") -> None:
        self.preset, self.mix = preset, mix
        super().__init__(blocks, H, preset, self.mixed)

    def genotype(self) -> GeneratorGenotype:
        """The generator of the largest logits."""
        return generator_genotype(self.operations(), self.preset)


class SuperDiscriminator(Mixture, SearchedDiscriminator):
    """A discriminator of all genotypes with ndf channels (16 in the paper's search)."""

    def __init__(self, ndf: int = 16, preset: str = "paper", mix: str = "softmax") -> None:
        self.preset, self.mix = preset, mix
        super().__init__(ndf, preset, self.mixed)

    def genotype(self) -> tuple[str, ...]:
        """The operations of the largest logits."""
        return self.operations()


def temperature(epoch: int, epochs: int) -> float:
    """Of a Gumbel mixture in an epoch from 0: falling exponentially from 5 to 0.1."""
    return max(COLD, WARM * math.exp(-epoch * math.log(WARM / COLD) / epochs))


@cache
def timed(names: tuple[str, ...], channels: tuple[int, int], kind: str, shape: tuple[int, ...],
          machine: tuple[str, int, bool]) -> dict[str, float]:  # fmt: skip
    """Milliseconds of one pass and its gradients for each form, the least of some rounds after a first one."""
    device = torch.device(machine[0])
    layer = MixedOp(names, *channels, kind).to(device)
    alpha = torch.zeros(len(names), device=device, requires_grad=True)
    x = torch.zeros(shape, device=device, requires_grad=True)
    forms = FORMS[:2] if kind == "decode" else FORMS  # both merge the same there
    best, begin = dict.fromkeys(forms, math.inf), perf_counter()
    for i in range(1 + ROUNDS):
        for form in forms:
            seconds = _pass(layer, x, alpha, form)
            best[form] = min(best[form], seconds) if i else math.inf
        if i and perf_counter() - begin > SECONDS:
            break
    return {form: 1e3 * seconds for form, seconds in best.items()}


def _pass(layer: MixedOp, x: Tensor, alpha: Tensor, form: str) -> float:
    """Seconds of one pass and its gradients."""
    wait = torch.cuda.synchronize if x.device.type == "cuda" else lambda: None
    wait()
    begin = perf_counter()
    layer(x, alpha.softmax(0), form).sum().backward()
    wait()
    return perf_counter() - begin
