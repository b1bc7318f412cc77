"""A generation: its members and their fitness (NAS-DIP, section 3.2), its parents, and when it stands still."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from lib.spaces.base import Genome

FLOOR = 1e-6  # of the fitness of a score; failed ones have 0
TRANSFORMS = {
    "one_minus": lambda scores: 1 - scores,
    "inverse": lambda scores: 1 / np.maximum(scores + 0.01, 0),
    "exp": lambda scores: np.exp(-scores / 0.1),
    "rank": lambda scores: len(scores) - np.searchsorted(np.sort(scores), scores),  # worst 1, best n, ties alike
}


class Member(NamedTuple):
    """One of a population; members sort best first, ties by the text of the canonical genome."""

    score: float
    text: str
    k: int
    genome: Genome


def fitness(scores: np.ndarray, transform: str) -> np.ndarray:
    """The fitness (n,) of scores (n,): at least 1e-6, and 0 for failed ones (inf).

    Raises ValueError where the transform does not suit the scores: more than half clip at 1e-6, or one has no value.
    """
    finite = scores[np.isfinite(scores)]
    with np.errstate(divide="ignore", over="ignore"):
        values = TRANSFORMS[transform](finite)
    clipped = int((values < FLOOR).sum())
    if 2 * clipped > len(finite) or not np.isfinite(values).all():
        raise ValueError(
            f"the fitness transform {transform!r} does not suit scores from {finite.min():.4g} to {finite.max():.4g}: "
            f"{clipped} of {len(finite)} clip at {FLOOR}; scale them or use another of {', '.join(TRANSFORMS)}"
        )
    weights = np.zeros(len(scores))
    weights[np.isfinite(scores)] = np.maximum(values, FLOOR)
    return weights


class Parents:
    """Members, best first, to draw from: the best of `tournament`, or (None) in proportion to `weights` (n,)."""

    def __init__(self, members: list[Member], weights: np.ndarray, tournament: int | None) -> None:
        """Where all weights are 0 each member is drawn alike."""
        self.members, self.tournament = members, tournament
        self._cumulated = np.cumsum(weights if weights.any() else np.ones(len(weights)))

    def draw(self, rng: np.random.Generator) -> Member:
        """One parent, with replacement."""
        if self.tournament is not None:
            return self.members[rng.integers(0, len(self.members), self.tournament).min()]
        place = np.searchsorted(self._cumulated, rng.random() * self._cumulated[-1], side="right")
        return self.members[place]


@dataclass(frozen=True)
class Stop:
    """Ends a search once best and mean fitness moved by at most `change`, relative, over `window` generations.

    Not before generation `earliest`, counted from 0, and at `latest` in any case.
    """

    window: int = 5
    change: float = 0.005
    earliest: int = 10
    latest: int = 20

    def reached(self, trace: list[tuple[float, float]]) -> bool:
        """Whether it ends after these generations, each with its best and mean fitness (nan: none was valid)."""
        generation = len(trace) - 1
        if generation >= self.latest:
            return True
        recent = np.array(trace[-self.window - 1 :])
        still = bool(trace) and bool((np.ptp(recent, axis=0) <= self.change * np.abs(recent[-1])).all())
        return still and generation >= max(self.earliest, self.window)
