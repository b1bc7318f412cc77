"""Neural style transfer: many configurations of one content and style pair as one batch of pixels.

Gatys et al. (2016); the loop, optimiser and total-variation term follow the TensorFlow tutorial (2023).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

import torch
from torch import Tensor

from lib.metrics.gram import content_loss, gram, style_loss
from lib.metrics.total_variation import total_variation
from lib.models.vgg import CONTENT_LAYER, STYLE_LAYERS, VGG

TERMS = ("style", "content", "tv")


@dataclass(frozen=True)
class Objective:
    """Which layers and which definitions make the three terms of the loss."""

    style_layers: Mapping[str, float] = field(default_factory=lambda: dict.fromkeys(STYLE_LAYERS, 1 / 5))
    content_layer: str = CONTENT_LAYER
    reduction: str = "mean"  # see metrics.gram.REDUCTIONS
    tv: str = "absolute_sum"  # see metrics.total_variation.DEFINITIONS
    first_padding: str = "zeros"  # of the encoder's first convolution

    @property
    def layers(self) -> tuple[str, ...]:
        """Every layer the objective reads."""
        return tuple(dict.fromkeys((*self.style_layers, self.content_layer)))


@dataclass(frozen=True)
class Targets:
    """What the style and the content ask for, computed once and shared by the whole batch."""

    objective: Objective
    grams: Mapping[str, Tensor]  # layer -> (1, C, C)
    content: Tensor  # (1, C, H, W)

    @classmethod
    @torch.no_grad()
    def of(cls, network: VGG, objective: Objective, content: Tensor, style: Tensor) -> Self:
        """Targets from a content (1, 3, H, W) and a style (1, 3, H', W') in [0, 1]; their sizes need not match."""
        styled = network(style)
        grams = {layer: gram(styled[layer]) for layer in objective.style_layers}
        return cls(objective, grams, network(content)[objective.content_layer])

    def losses(self, network: VGG, x: Tensor) -> dict[str, Tensor]:
        """The unweighted losses (B,) of images x (B, 3, H, W), by term."""
        maps, objective = network(x), self.objective
        return {
            "style": style_loss(maps, self.grams, objective.style_layers, objective.reduction),
            "content": content_loss(maps[objective.content_layer], self.content, objective.reduction),
            "tv": total_variation(x, objective.tv),
        }


@dataclass(frozen=True)
class Hyperparameters:
    """One value an image (B,): learning rate, the three terms' weights as the loss uses them, Adam's epsilon."""

    lr: Tensor
    style: Tensor
    content: Tensor
    tv: Tensor
    eps: Tensor

    def weighted(self, losses: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Each term (B,) times its weight."""
        return {term: getattr(self, term) * losses[term] for term in TERMS}


class KerasAdam:
    """Adam with Keras' epsilon ("epsilon hat") and one learning rate and epsilon an image.

    x <- x - lr * sqrt(1-b2^t)/(1-b1^t) * m / (sqrt(v)+eps), Kingma and Ba (2015), end of section 2. PyTorch's Adam
    gives the same step with eps/sqrt(1-b2^t) in place of eps.
    """

    def __init__(self, hyper: Hyperparameters, beta1: float = 0.99, beta2: float = 0.999) -> None:
        self.rates, self.epsilons = hyper.lr.view(-1, 1, 1, 1), hyper.eps.view(-1, 1, 1, 1)
        self.beta1, self.beta2, self.steps = beta1, beta2, 0
        self.m = self.v = torch.zeros(())

    @torch.no_grad()
    def step(self, x: Tensor, gradient: Tensor) -> None:
        """Move images x (B, 3, H, W) in place against their gradient."""
        if self.steps == 0:
            self.m, self.v = torch.zeros_like(gradient), torch.zeros_like(gradient)
        self.steps += 1
        self.m.lerp_(gradient, 1 - self.beta1)
        self.v.mul_(self.beta2).addcmul_(gradient, gradient, value=1 - self.beta2)
        correction = (1 - self.beta2**self.steps) ** 0.5 / (1 - self.beta1**self.steps)
        x.sub_(self.rates * correction * self.m / (self.v.sqrt() + self.epsilons))


class GradientDescent:
    """Plain gradient descent with one learning rate an image."""

    def __init__(self, hyper: Hyperparameters) -> None:
        self.rates = hyper.lr.view(-1, 1, 1, 1)

    @torch.no_grad()
    def step(self, x: Tensor, gradient: Tensor) -> None:
        """Move images x (B, 3, H, W) in place against their gradient."""
        x.sub_(self.rates * gradient)


@dataclass
class Trajectory:
    """What a batch did: its final images (B, 3, H, W) and, at the logged steps, losses and gradient RMS (T, B)."""

    images: Tensor
    steps: list[int]
    losses: dict[str, Tensor]
    gradients: dict[str, Tensor]  # of the weighted terms; none of L-BFGS

    @classmethod
    def of(cls, images: Tensor, logged: Sequence[tuple[int, Mapping[str, Tensor], Mapping[str, Tensor]]]) -> Self:
        """The trajectory that ends in the images, from the step, the losses (B,) and the gradient RMS of each log."""
        steps, *curves = zip(*logged, strict=True)
        losses, gradients = ({term: torch.stack([one[term] for one in each]) for term in each[0]} for each in curves)
        return cls(images.contiguous(), list(steps), losses, gradients)


def descend(network: VGG, targets: Targets, start: Tensor, hyper: Hyperparameters,
            optimiser: KerasAdam | GradientDescent, *, steps: int, log_every: int,
            average: float = 0.0) -> Trajectory:  # fmt: skip
    """Optimise a batch of images (B, 3, H, W), clamped to [0, 1] after every step.

    Images never interact: the sum of their losses gives each its own gradient, so a batch equals single runs up to
    float rounding. Losses and gradient RMS are logged at step 0, every `log_every` steps and at the end. `average`
    > 0 returns the exponential moving average of the iterates with that decay instead of the last one.
    """
    x = start.contiguous(memory_format=torch.channels_last).clone().requires_grad_()
    logged, mean, mass = [], torch.zeros_like(start), 0.0
    for step in range(steps + 1):
        losses = targets.losses(network, x)
        terms = hyper.weighted(losses)
        total = torch.stack(list(terms.values())).sum()
        if step % log_every == 0 or step == steps:
            logged.append((step, _detached(losses), {name: _gradient_rms(term, x) for name, term in terms.items()}))
        if step < steps:
            optimiser.step(x, torch.autograd.grad(total, x)[0])
            with torch.no_grad():
                x.clamp_(0, 1)
                mean.mul_(average).add_(x, alpha=1 - average)
                mass = mass * average + (1 - average)
    return Trajectory.of(mean / mass if average and steps else x.detach(), logged)


def lbfgs(network: VGG, targets: Targets, start: Tensor, hyper: Hyperparameters, *, evaluations: int,
          line_search: str | None = None) -> Trajectory:  # fmt: skip
    """Optimise one image (1, 3, H, W) with L-BFGS for a number of loss evaluations; unclamped until the end.

    L-BFGS couples all its variables, so images cannot share a run. Every evaluation is logged. `line_search` is None
    or `strong_wolfe`. Raises ValueError for more than one image.
    """
    if len(start) != 1:
        raise ValueError(f"start holds {len(start)} images; L-BFGS takes exactly 1 a run")
    x = start.contiguous().clone().requires_grad_()
    optimiser = torch.optim.LBFGS([x], lr=1, max_iter=evaluations, max_eval=evaluations, history_size=100,
                                  tolerance_grad=0, tolerance_change=0, line_search_fn=line_search)  # fmt: skip
    logged: list[tuple[int, dict[str, Tensor], dict[str, Tensor]]] = []

    def closure() -> Tensor:
        losses = targets.losses(network, x)
        logged.append((len(logged), _detached(losses), {}))
        total = torch.stack(list(hyper.weighted(losses).values())).sum()
        x.grad = torch.autograd.grad(total, x)[0].contiguous()  # L-BFGS flattens it and refuses other strides
        return total

    optimiser.step(closure)
    return Trajectory.of(x.detach().clamp(0, 1), logged)


def _detached(losses: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {term: value.detach() for term, value in losses.items()}


def _gradient_rms(term: Tensor, x: Tensor) -> Tensor:
    """Root mean square (B,) of the gradient of a term (B,) with respect to the images."""
    gradient = torch.autograd.grad(term.sum(), x, retain_graph=True)[0]
    return gradient.square().flatten(1).mean(1).sqrt()
