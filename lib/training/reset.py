"""When the training of a shared GAN has collapsed: the dynamic reset of AutoGAN (arXiv 1908.03835, section 3.2)."""

import math
from typing import Any

import torch
from torch import Tensor


class LossWindow:
    """The last `length` losses, in a ring on the device: taking one in waits for nothing."""

    def __init__(self, length: int, device: torch.device | str = "cpu") -> None:
        self.values, self.seen = torch.zeros(length, device=device), 0

    @property
    def full(self) -> bool:
        """Whether as many losses as the window holds came in since it was made or cleared."""
        return self.seen >= len(self.values)

    def push(self, loss: Tensor) -> None:
        """Take a loss () in, in place of the oldest of a full window."""
        self.values[self.seen % len(self.values)] = loss.detach()
        self.seen += 1

    def variance(self) -> Tensor:
        """The population variance () of the losses held, in float64: NaN if one is not finite, infinite for none."""
        held = self.values[: self.seen].double()
        return held.var(correction=0) if len(held) else held.new_tensor(math.inf)


class Collapse:
    """Two windows, of the losses of D and of G, and the test whether either varies less than `threshold`.

    The test counts once the window of G is full; then that of D, which has more losses, is full too.
    """

    def __init__(self, window: int, threshold: float, device: torch.device | str = "cpu") -> None:
        self.threshold, self.d, self.g = threshold, LossWindow(window, device), LossWindow(window, device)

    def variances(self) -> tuple[float, float]:
        """The variance of either window, D first, as far as it is filled."""
        d, g = torch.stack([self.d.variance(), self.g.variance()]).tolist()
        return d, g

    def shows(self, variances: tuple[float, float]) -> bool:
        """Whether variances of full windows mean a collapse."""
        return self.g.full and min(variances) < self.threshold

    def clear(self) -> None:
        """Forget all losses."""
        self.d.seen = self.g.seen = 0

    def state(self) -> dict[str, Any]:
        """Everything that `load` needs to go on as if never stopped."""
        return {name: (one.values, one.seen) for name, one in (("d", self.d), ("g", self.g))}

    def load(self, state: dict[str, Any]) -> None:
        """Take over what `state` returned."""
        for name, one in (("d", self.d), ("g", self.g)):
            values, one.seen = state[name]
            one.values.copy_(values)
