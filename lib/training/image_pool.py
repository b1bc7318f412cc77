"""Earlier translations that discriminators see again (Shrivastava et al. 2017, as CycleGAN uses them)."""

from typing import Any

import torch
from torch import Tensor

from lib.device import keyed_seed


class ImagePool:
    """Up to `size` translations; gives back the new one, or, once full, an old one in half of the cases.

    The old one leaves its place to the new one. A pool of size 0 keeps none.
    """

    def __init__(self, size: int, seed: int) -> None:
        """All draws follow from the seed."""
        self.size, self.images = size, list[Tensor]()
        self._rng = torch.Generator().manual_seed(keyed_seed("pool", seed))

    def __call__(self, images: Tensor) -> Tensor:
        """For new images (n, 3, s, s), in order, as many of which some are earlier ones; without gradient."""
        return torch.cat([self._swap(image) for image in images.detach().split(1)])

    def state(self) -> dict[str, Any]:
        """The images, not copied, and the generator of draws."""
        return {"images": list(self.images), "rng": self._rng.get_state()}

    def load(self, state: dict[str, Any], device: torch.device) -> None:
        """Take over what `state` returned."""
        self.images = [image.to(device) for image in state["images"]]
        self._rng.set_state(state["rng"].cpu())

    def _swap(self, image: Tensor) -> Tensor:
        if len(self.images) < self.size:
            self.images.append(image.clone())  # a part of a batch would keep the whole batch
            return image
        if not self.size or torch.rand((), generator=self._rng) >= 0.5:
            return image
        place = int(torch.randint(self.size, (), generator=self._rng))
        old, self.images[place] = self.images[place], image.clone()
        return old
