"""Which parameters a differentiable search moves on which data, and what it derives (An and Joo, section 3.3).

Two groups move: `w`, the ordinary weights, and `alpha`, the architecture logits. Nothing here computes; the caller
draws data and moves parameters.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from lib.spaces.base import keyed

W, ALPHA = "w", "alpha"
SCHEMES = {"OF": "one step, all data", "TF": "two steps, all data", "TH": "two steps, a half each",
           "THS": "two steps, a half each, swapped once"}  # fmt: skip
Data = TypeVar("Data")
Told = TypeVar("Told")


class Move(NamedTuple):
    """One update: the groups of parameters that move, and the number of the source that gives their data."""

    groups: tuple[str, ...]
    source: int


@dataclass(frozen=True)
class Scheme:
    """One of `SCHEMES`; ValueError for another.

    OF moves both groups at once on source 0. The others move `w`, then `alpha`, each on a source of its own: all data
    twice (TF), or two halves, which THS swaps when half of the search is over.
    """

    name: str

    def __post_init__(self) -> None:
        if self.name not in SCHEMES:
            raise ValueError(f"scheme is {self.name!r}; allowed are {', '.join(SCHEMES)}")

    @property
    def halved(self) -> bool:
        """Whether each source is a half of the data."""
        return self.name in ("TH", "THS")

    def moves(self, place: int, total: int) -> tuple[Move, ...]:
        """The updates of iteration `place`, from 0, of `total`; epochs count as well as iterations."""
        if self.name == "OF":
            return (Move((W, ALPHA), 0),)
        swapped = self.name == "THS" and 2 * place >= total
        return Move((W,), int(swapped)), Move((ALPHA,), int(not swapped))

    def iterate(self, place: int, total: int, draw: Callable[[int], Data],
                move: Callable[[Move, Data], Told], *, same_data: bool = False) -> list[Told]:  # fmt: skip
        """Make the moves of one iteration on `draw(source)`; what each `move` returned.

        With `same_data` the second move sees what the first one saw (the authors' first code, of TF).
        """
        moves = self.moves(place, total)
        first = draw(moves[0].source)
        told = [move(moves[0], first)]
        return told + [move(one, first if same_data else draw(one.source)) for one in moves[1:]]

    def sources(self, sizes: Sequence[int], seed: int) -> list[tuple[list[int], ...]]:
        """The indices that each source may use, of every set of data: of sets of these sizes.

        Halves are those of a random permutation, split at floor(size / 2); they follow from the seed. ValueError for a
        set too small to be split.
        """
        if not self.halved:
            return [tuple(list(range(n)) for n in sizes)] * len(self.moves(0, 1))
        if min(sizes) < 2:
            raise ValueError(f"sets have {tuple(sizes)} members; {self.name} needs two and more to make halves")
        orders = [keyed(seed, place).permutation(n).tolist() for place, n in enumerate(sizes)]
        return [
            tuple(order[: len(order) // 2] for order in orders),
            tuple(order[len(order) // 2 :] for order in orders),
        ]

    def iterations(self, sizes: Sequence[int]) -> int:
        """Those of one epoch over sets of these sizes: the larger set once, or half of it where data are halved."""
        return max(sizes) // 2 if self.halved else max(sizes)


def derive(logits: Sequence[Sequence[float]]) -> tuple[int, ...]:
    """The place of the largest logit of each choice, the first of equal ones: the architecture that a search found."""
    return tuple(max(range(len(one)), key=one.__getitem__) for one in logits)
