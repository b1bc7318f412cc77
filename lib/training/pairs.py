"""Pairs of pictures of two unpaired domains, cut on the way, and the pools of what is made of them."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from lib.device import keyed_seed
from lib.training.image_pool import ImagePool

Pair = tuple[Tensor, Tensor]  # of A and of B, (1, 3, s, s) each


class Domains:
    """Pairs of pictures without end: A in a new order each epoch, B at random, both cropped and flipped.

    An epoch has as many pairs as the larger domain has pictures. Each follows from the seed and its number alone.
    """

    def __init__(self, a: Tensor, b: Tensor, side: int, seed: int, members: Sequence[Sequence[int]] = ()) -> None:
        """Take from a and b, (N, 3, L, L) uint8 each with L from `side` on, where they lie; N may differ.

        `members` holds the indices of the pictures of a, then of b, that are used; without it all.
        """
        self.pictures, self.side, self.seed = (a, b), side, seed
        self.members = tuple(map(list, members)) or tuple(list(range(len(pictures))) for pictures in (a, b))
        self.epoch = max(map(len, self.members))  # pairs in one
        self.load({"epoch": 0, "place": 0})

    def __next__(self) -> Pair:
        """The next pair in [-1, 1]."""
        if self._place == self.epoch:
            self.load({"epoch": self._epoch + 1, "place": 0})
        a, b = (self._cut(domain, row) for domain, row in enumerate(self._plan[self._place]))
        self._place += 1
        return a, b

    def state(self) -> dict[str, int]:
        """Which epoch it is and how many of its pairs are gone."""
        return {"epoch": self._epoch, "place": self._place}

    def load(self, state: dict[str, int]) -> None:
        """Go to the place that `state` returned."""
        self._epoch, self._place = state["epoch"], state["place"]
        rng, n = torch.Generator().manual_seed(keyed_seed("domains", self.seed, self._epoch)), self.epoch
        chosen = [torch.randperm(n, generator=rng) % len(self.members[0]),
                  torch.randint(len(self.members[1]), (n,), generator=rng)]  # fmt: skip
        plans = []
        for order, members, pictures in zip(chosen, self.members, self.pictures, strict=True):
            places = [torch.randint(length - self.side + 1, (n,), generator=rng) for length in pictures.shape[2:]]
            flips = torch.randint(2, (n,), generator=rng)
            plans.append(torch.stack([torch.tensor(members)[order], *places, flips], 1).tolist())
        self._plan = list(zip(*plans, strict=True))  # of each pair: index, top, left and flip of A, and of B

    def _cut(self, domain: int, row: list[int]) -> Tensor:
        index, top, left, flip = row
        crop = self.pictures[domain][index : index + 1, :, top : top + self.side, left : left + self.side]
        return (crop.flip(3) if flip else crop).float() / 127.5 - 1


class Feed:
    """Pairs of pictures, and the pools of translations that are made of them."""

    def __init__(self, pairs: Domains, size: int, device: torch.device) -> None:
        """Pools of that size, one for each domain's translations; their draws follow from the seed of the pairs."""
        self.pairs, self._device = pairs, device
        self.pools = tuple(ImagePool(size, keyed_seed(domain, pairs.seed)) for domain in "AB")

    def state(self) -> dict[str, Any]:
        """Everything that `load` needs to go on as if never stopped."""
        return {"pairs": self.pairs.state(), "pools": [pool.state() for pool in self.pools]}

    def load(self, state: dict[str, Any]) -> None:
        """Take over what `state` returned."""
        self.pairs.load(state["pairs"])
        for pool, found in zip(self.pools, state["pools"], strict=True):
            pool.load(found, self._device)
