"""Two spaces with known optimum, scored in microseconds: for tests, and for comparing searchers.

In both a gene's worth depends on its neighbours, yet no step towards the optimum misleads: structure pays.
"""

from itertools import pairwise

from lib.spaces.base import Gene, Genome, Space


class BitString(Space):
    """Bits in blocks of `block`; the best genome has one active bit in each, at a place that moves on by one."""

    def __init__(self, length: int, block: int = 4) -> None:
        super().__init__(f"bits-{length}-{block}", [Gene(f"b{i}", (0, 1), i // block) for i in range(length)])
        self.optimum: Genome = tuple(int(i % (block + 1) == 0) for i in range(length))
        self._cuts = [(start, min(start + block, length)) for start in range(0, length, block)]

    def score(self, genome: Genome) -> float:
        """From 0, the optimum, to 1: half for the share of wrong bits of each block, half for each block not whole."""
        wrong = [self.distance(genome[a:b], self.optimum[a:b]) / (b - a) for a, b in self._cuts]
        return sum(((share > 0) + share) / 2 for share in wrong) / len(wrong)


class IntegerGrid(Space):
    """So many genes with so many choices 0, 1, 2, ... each, every gene a unit of its own."""

    def __init__(self, genes: int, choices: int) -> None:
        super().__init__(f"grid-{genes}x{choices}", [Gene(f"g{i}", tuple(range(choices)), i) for i in range(genes)])
        self.optimum: Genome = tuple((3 * i + 1) % choices for i in range(genes))
        self._farthest = sum(max(best, choices - 1 - best) for best in self.optimum)

    def score(self, genome: Genome) -> float:
        """From 0, the optimum, to 1: half for the distance of all genes, half for neighbours not both right."""
        gaps = [abs(value - best) for value, best in zip(genome, self.optimum, strict=True)]
        broken = sum(a > 0 or b > 0 for a, b in pairwise(gaps))
        return (sum(gaps) / self._farthest + broken / (len(gaps) - 1)) / 2
