"""The search space of AutoGAN (Gong et al., arXiv 1908.03835): three up-sampling cells of a generator.

A genome has five tokens a cell, four for the first: conv block, normalisation, up-sampling, shortcut and, as one
number, which earlier cells bring a skip.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from lib.spaces.base import Gene, Genome, Space

CELLS = 3
CONV = ("post", "pre")
NORM = ("none", "batch", "instance")
UP = ("bilinear", "nearest", "deconv")
LENGTHS = (4, 9, 14)  # of a genome after each cell
NAMED = {
    "a": "1 0 1 1 ; 1 0 0 1 1 ; 1 0 1 0 3",  # top1 of the paper
    "b": "1 0 1 1 ; 1 0 1 1 1 ; 1 0 1 1 3",  # top2, as the order of the authors' files says
    "c": "1 1 1 1 ; 1 0 0 1 1 ; 1 0 1 0 3",  # top3, likewise
    "sngan": "1 1 1 1 ; 1 1 1 1 0 ; 1 1 1 1 0",  # made by hand before, and contained in the space
}
SKIPS = (("none",), ("none", "0"), ("none", "1", "0", "0+1"))  # what the skip token of each cell means
WORDS = {"batch": ", BN", "instance": ", IN", "none": ""}  # in the box of a block
Diagram = dict[str, list[dict[str, Any]]]  # plain nodes and edges to draw


@dataclass(frozen=True)
class Cell:
    """One cell: pre- or post-activation blocks, their norm and up-sampling, and what is added to their outputs."""

    pre: bool
    norm: str
    up: str
    shortcut: bool
    skips: tuple[int, ...]  # the earlier cells whose skip-out comes in

    @property
    def block(self) -> str:
        """A block in two or three words, e.g. `pre, BN`."""
        return CONV[self.pre] + WORDS[self.norm]


@dataclass(frozen=True)
class Architecture:
    """What a genome means: one to three cells, the first at the lowest resolution."""

    cells: tuple[Cell, ...]

    def diagram(self, bottom: int = 4) -> Diagram:
        """Plain nodes and edges to draw, as figure 3: one path down, two blocks a cell, of which one up-samples.

        A node has id, label, column, level and kind: `input`, `up`, `conv` or `output`. An edge has source, target,
        label and kind: `flow` with the side of the map, of a stem of side `bottom`; `skip_up` from an earlier cell's
        first block to the input of the second; `shortcut` from a cell's input to its output.
        """
        boxes = [("stem", f"z, linear {bottom}×{bottom}", "input")]
        for i, cell in enumerate(self.cells):
            boxes += [(f"{i}.1", f"{cell.up} ×2\n{cell.block}", "up"), (f"{i}.2", cell.block, "conv")]
        boxes.append(("out", "to RGB, image", "output"))
        nodes = [{"id": name, "label": label, "column": 0, "level": level, "kind": kind}
                 for level, (name, label, kind) in enumerate(boxes)]  # fmt: skip
        sides = [f"{bottom << (level + 1) // 2}" for level in range(len(boxes) - 1)]
        ends = pairwise(name for name, _, _ in boxes)
        flow = [_edge(*pair, "flow", label) for pair, label in zip(ends, sides, strict=True)]
        return {"nodes": nodes, "edges": flow + list(self._sums())}

    def _sums(self) -> Iterator[dict[str, Any]]:
        for i, cell in enumerate(self.cells):
            yield from (_edge(f"{source}.1", f"{i}.2", "skip_up") for source in cell.skips)
            if cell.shortcut:
                yield _edge(f"{i - 1}.2" if i else "stem", f"{i}.2", "shortcut")


class AutoGan(Space):
    """14 tokens in the order of the authors' code, a unit a cell: 36, 72 and 144 cells, 373,248 generators.

    A genome of one or two cells (4 or 9 tokens), as a stage of the search knows it, can be written, read and decoded
    too. Every token has an effect, so a genome is its own canonical form.
    """

    def __init__(self) -> None:
        super().__init__("autogan", [gene for cell in range(CELLS) for gene in _genes(cell, cell)])

    def check_prefix(self, genome: Sequence[int]) -> Genome:
        """The genome of one, two or three cells as a tuple of plain ints; ValueError naming what is wrong with it."""
        if len(genome) not in LENGTHS:
            raise ValueError(f"the genome has {len(genome)} tokens; {self.name} has 4, 9 or 14, after each cell")
        rest = (0,) * (LENGTHS[-1] - len(genome))
        return self.check((*genome, *rest))[: len(genome)]

    def text(self, genome: Genome) -> str:
        """The written form, e.g. `1 0 1 1 ; 1 0 0 1 1 ; 1 0 1 0 3`."""
        bounds = [(start, end) for start, end in pairwise((0, *LENGTHS)) if end <= len(genome)]
        return " ; ".join(" ".join(map(str, genome[start:end])) for start, end in bounds)

    def parse(self, text: str) -> Genome:
        """The genome of one to three cells that `text` wrote; ValueError naming length, token, value and what may be.

        Spaces count as one and are not needed around the semicolons between cells.
        """
        cells = [part.split() for part in text.split(";")]
        counts = [len(tokens) for tokens in cells]
        if counts not in ([4], [4, 5], [4, 5, 5]):
            raise ValueError(f"{text!r} has {counts} tokens in its cells; {self.name} has 4, then 5, then 5, with ';' "
                             "between cells and spaces between tokens")  # fmt: skip
        tokens = [token for cell in cells for token in cell]
        for gene, token in zip(self.genes, tokens, strict=False):
            if token not in map(str, range(len(gene.choices))):
                raise ValueError(f"token {gene.name} of {text!r} is {token!r}; allowed are 0 to "
                                 f"{len(gene.choices) - 1}, the index of one of {gene.choices}")  # fmt: skip
        return tuple(map(int, tokens))

    def named(self, text: str) -> Genome:
        """The genome of a name of `NAMED` or of a written form with three cells; ValueError saying what is allowed."""
        try:
            return self.check(self.parse(NAMED.get(text, text)))
        except ValueError as error:
            if len(text.split()) == 1:
                allowed = f"{', '.join(NAMED)}, or the tokens of a genome such as {next(iter(NAMED.values()))!r}"
                raise ValueError(f"unknown name {text!r}; allowed are {allowed}") from None
            raise ValueError(f"{error} (or a name: {', '.join(NAMED)})") from None

    def decode(self, genome: Sequence[int]) -> Architecture:
        """The network of a genome of one, two or three cells."""
        tokens = self.check_prefix(genome)
        parts = [tokens[start:end] for start, end in pairwise((0, *LENGTHS)) if end <= len(tokens)]
        return Architecture(tuple(_cell(i, part) for i, part in enumerate(parts)))


class Stage(Space):
    """The tokens of one cell alone, as a stage's controller names them: 36, 72 or 144 genomes.

    `order` is `code` (C, N, U, shortcut, skips as one token) or `paper` (a bit a skip, cell 0 first, then C, N, U,
    shortcut).
    """

    def __init__(self, cell: int, order: str = "code") -> None:
        genes = _genes(cell)
        if order == "paper":
            genes = [Gene(f"k{cell}.{source}", (0, 1)) for source in range(cell)] + genes[:4]
        super().__init__(f"autogan-stage{cell}" + ("-paper" if order == "paper" else ""), genes)
        self.cell, self.order = cell, order

    def tokens(self, genome: Sequence[int]) -> tuple[int, ...]:
        """The cell's tokens in the order of the code, as they follow the genome of the cells before."""
        found = self.check(genome)
        if self.order == "code" or self.cell == 0:
            return found
        bits, rest = found[: self.cell], found[self.cell :]
        return (*rest, int("".join(map(str, bits)), 2))


def _genes(cell: int, unit: int = 0) -> list[Gene]:
    """The genes of one cell in the order of the code; the first has no skips."""
    choices = {"c": CONV, "n": NORM, "u": UP, "s": (0, 1), "k": SKIPS[cell]}
    return [Gene(f"{name}{cell}", found, unit) for name, found in choices.items() if len(found) > 1]


def _cell(index: int, tokens: Sequence[int]) -> Cell:
    """The cell of four or five tokens; the skips are bits, the most significant for cell 0."""
    conv, norm, up, shortcut, *skips = tokens
    sources = (i for i in range(index) if skips[0] >> (index - 1 - i) & 1)
    return Cell(bool(conv), NORM[norm], UP[up], bool(shortcut), tuple(sources))


def _edge(source: str, target: str, kind: str, label: str = "") -> dict[str, Any]:
    return {"source": source, "target": target, "label": label, "kind": kind}
