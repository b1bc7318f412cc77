"""What can be searched: named genes, and the moves that every space shares.

A genome is a tuple of choice indices, one a gene. Randomness always comes in as a generator; no network, no torch.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np

Genome = tuple[int, ...]


def keyed(seed: int, *keys: int) -> np.random.Generator:
    """The generator of one purpose: the same seed and keys give the same draws, other keys independent ones.

    Seed and keys are whole numbers from 0. (The keys stand in the spawn key because NumPy takes the plain seeds
    `[1]` and `[1, 0]` for equal.)
    """
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=keys))


@dataclass(frozen=True)
class Gene:
    """One decision: `choices` are what its indices mean, (0, 1) for a bit; cross-over keeps a `unit` together."""

    name: str
    choices: tuple[Any, ...]
    unit: int = 0


class Space:
    """An ordered table of genes. A paper's space adds `decode`, and overrides `invalid` and `canonical`.

    `name` says all settings of the space and goes into record headers; `units` counts the units; `size` is the exact
    number of genomes; `binary` says that all genes are bits.
    """

    def __init__(self, name: str, genes: Sequence[Gene]) -> None:
        """Raise ValueError for genes without a decision, equal names or choices, or units out of order."""
        self.name, self.genes = name, tuple(genes)
        _check_genes(self.genes)
        self.units = self.genes[-1].unit + 1
        self.size = math.prod(len(gene.choices) for gene in self.genes)
        self.binary = all(gene.choices == (0, 1) for gene in self.genes)
        self._counts = np.array([len(gene.choices) for gene in self.genes])
        self._tokens = [{f"{gene.name}={choice}": i for i, choice in enumerate(gene.choices)} for gene in self.genes]
        self._lengths = [len(list(group)) for _, group in groupby(gene.unit for gene in self.genes)]  # genes a unit

    def sample(self, rng: np.random.Generator) -> Genome:
        """A genome drawn uniformly."""
        return tuple(rng.integers(0, self._counts).tolist())

    def mutate(
        self, genome: Genome, rng: np.random.Generator, *, rate: float | None = None, count: int | None = None
    ) -> Genome:
        """The genome with each gene changed with probability `rate`, or with exactly `count` genes changed.

        A changed gene takes one of its other choices, each with equal probability. Raises ValueError unless exactly
        one of `rate` (0 to 1) and `count` (0 to the number of genes) is given.
        """
        self.check_mutation(rate, count)
        if rate is not None:
            places = np.flatnonzero(rng.random(len(self.genes)) < rate)
        else:
            places = rng.choice(len(self.genes), count, replace=False)
        mutant = np.array(genome)
        counts = self._counts[places]
        mutant[places] = (mutant[places] + rng.integers(1, counts)) % counts
        return tuple(mutant.tolist())

    def check_mutation(self, rate: float | None, count: int | None) -> None:
        """Raise ValueError unless `mutate` takes these settings."""
        if (rate is None) == (count is None):
            raise ValueError(f"rate is {rate} and count is {count}; exactly one of them is given")
        if rate is not None and not 0 <= rate <= 1:
            raise ValueError(f"rate is {rate}; a probability from 0 to 1 is allowed")
        if count is not None and not 0 <= count <= len(self.genes):
            raise ValueError(f"count is {count}; allowed are 0 to {len(self.genes)}, the number of genes")

    def crossover(self, a: Genome, b: Genome, rng: np.random.Generator) -> Genome:
        """The child of two genomes, cut at a random unit; see `join`."""
        return self.join(a, b, self.cut(rng))

    def cut(self, rng: np.random.Generator) -> int:
        """Where to cut: S uniform in 1..units."""
        return int(rng.integers(1, self.units + 1))

    def join(self, a: Genome, b: Genome, cut: int) -> Genome:
        """The first S - 1 units of `a` and the others of `b`, for the cut S; S = 1 copies `b` whole."""
        genes = sum(self._lengths[: cut - 1])
        return a[:genes] + b[genes:]

    def check(self, genome: Sequence[int]) -> Genome:
        """The genome as a tuple of plain ints; ValueError naming gene, value and what is allowed if it is none."""
        if len(genome) != len(self.genes):
            raise ValueError(f"the genome has {len(genome)} genes; {self.name} has {len(self.genes)}")
        for gene, value in zip(self.genes, genome, strict=True):
            if value not in range(len(gene.choices)):
                allowed = f"0 to {len(gene.choices) - 1}, the index of one of {gene.choices}"
                raise ValueError(f"gene {gene.name} is {value!r}; allowed are {allowed}")
        return tuple(map(int, genome))

    def text(self, genome: Genome) -> str:
        """The written form: bits as `0110-1001`, one group a unit; other spaces as `name=choice name=choice`."""
        if not self.binary:
            return " ".join(f"{gene.name}={gene.choices[i]}" for gene, i in zip(self.genes, genome, strict=True))
        bits = iter(genome)
        return "-".join("".join(str(next(bits)) for _ in range(length)) for length in self._lengths)

    def parse(self, text: str) -> Genome:
        """The genome that `text` wrote, bits also without dashes; ValueError saying what was expected otherwise."""
        if self.binary:
            lengths, count = [len(group) for group in text.split("-")], len(self.genes)
            if lengths not in (self._lengths, [count]) or set(text) - set("01-"):
                expected = f"{count} bits, with or without dashes between groups of {self._lengths}"
                raise ValueError(
                    f"{text!r} is no genome of {self.name}: {sum(lengths)} characters; expected {expected}"
                )
            return tuple(int(bit) for bit in text if bit != "-")
        tokens = text.split(" ")
        if len(tokens) != len(self.genes):
            raise ValueError(f"{text!r} has {len(tokens)} genes; {self.name} has {len(self.genes)}")
        for token, known in zip(tokens, self._tokens, strict=True):
            if token not in known:
                raise ValueError(f"{token!r} is unknown to {self.name}; allowed are {', '.join(known)}")
        return tuple(known[token] for token, known in zip(tokens, self._tokens, strict=True))

    def distance(self, a: Genome, b: Genome) -> int:
        """In how many genes two genomes differ (Hamming)."""
        return sum(x != y for x, y in zip(a, b, strict=True))

    def invalid(self, genome: Genome) -> str | None:
        """Why the genome is no network, found without training; None if it is one."""
        return None

    def canonical(self, genome: Genome) -> Genome:
        """The one genome of the space that stands for all with the same network; itself its own canonical form."""
        return genome


def _check_genes(genes: tuple[Gene, ...]) -> None:
    if not genes or len({gene.name for gene in genes}) < len(genes):
        raise ValueError(f"the names of the genes are {[gene.name for gene in genes]}; at least one, none twice")
    steps = np.diff([-1, *(gene.unit for gene in genes)])
    if steps[0] != 1 or not set(steps[1:]) <= {0, 1}:
        raise ValueError(f"the units are {[gene.unit for gene in genes]}; they count 0, 1, 2, ... along the genes")
    for gene in genes:
        written = {str(choice) for choice in gene.choices}
        if len(written) < max(2, len(gene.choices)) or any(" " in text for text in {gene.name, *written}):
            raise ValueError(f"gene {gene.name} has the choices {gene.choices}; two or more, distinct, without spaces")
