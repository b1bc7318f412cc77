"""Random search, the control of every comparison, and its variant for spaces where few active bits are better."""

from typing import Any

import numpy as np

from lib.searchers.base import Searcher, check_init, draw
from lib.spaces.base import Genome, Space, keyed


class RandomSearch(Searcher):
    """Every genome alike; proposal k depends on seed and k alone. `init` "valid" redraws invalid genomes."""

    name = "random"

    def __init__(self, space: Space, seed: int, *, init: str = "uniform") -> None:
        """Raise ValueError for an unknown `init`."""
        super().__init__(space, seed)
        self.init = check_init(init)

    def settings(self) -> dict[str, Any]:
        return {"searcher": self.name, "init": self.init}

    def _propose(self, k: int) -> tuple[Genome, dict[str, Any]]:
        rng = keyed(self.seed, k)
        return draw(self.space, self.init, lambda: self._sample(rng)), {}

    def _sample(self, rng: np.random.Generator) -> Genome:
        return self.space.sample(rng)


class StratifiedSearch(RandomSearch):
    """First the number of active bits, uniform in 1..length, then their places (bit spaces only).

    Uniform genomes have about half of their bits active, so that random search never meets small networks.
    """

    name = "stratified"

    def __init__(self, space: Space, seed: int, *, init: str = "uniform") -> None:
        """Raise ValueError for a space with other genes than bits, or an unknown `init`."""
        super().__init__(space, seed, init=init)
        if not space.binary:
            raise ValueError(f"the space is {space.name}; stratified search counts active bits, so all genes are bits")

    def _sample(self, rng: np.random.Generator) -> Genome:
        length = len(self.space.genes)
        bits = np.zeros(length, dtype=int)
        bits[rng.choice(length, rng.integers(1, length + 1), replace=False)] = 1
        return tuple(bits.tolist())
