"""The search space of CycleGANAS (An and Joo, CVPR Workshops 2024): two generators and two discriminators at once.

A generator is an encode cell, `blocks` residual cells and a decode cell, each of two operations in series. G_A maps
domain A to B, D_B judges its pictures.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count, islice, pairwise
from typing import Any

from lib.spaces.base import Gene, Genome, Space

ENCODE = ("max_pool", "avg_pool", "conv_3x3", "conv_4x4", "conv_5x5", "conv_7x7", "dil_conv_3x3", "dil_conv_5x5")
RESIDUAL = ("conv_3x3", "conv_5x5", "conv_7x7", "dil_conv_3x3", "dil_conv_5x5")
DECODE = ("nearest", "bilinear", "conv_t_3x3")
SETS = {"encode": ENCODE, "residual": RESIDUAL, "decode": DECODE}
PRESETS = ("paper", "repo")  # repo: the authors' newest code
NETWORKS = ("G_A", "G_B", "D_A", "D_B")
DISCRIMINATORS = {"paper": ("encode",) * 4, "repo": ("encode",) * 3 + ("residual",) * 2}
TAPS = {"max_pool": 1, "avg_pool": 1, "conv_3x3": 9, "conv_4x4": 16, "conv_5x5": 25, "conv_7x7": 49,
        "dil_conv_3x3": 9, "dil_conv_5x5": 25, "nearest": 1, "bilinear": 1, "conv_t_3x3": 9}  # fmt: skip
CODES = {"max_pool": "mp", "avg_pool": "ap", "conv_3x3": "c3", "conv_4x4": "c4", "conv_5x5": "c5", "conv_7x7": "c7",
         "dil_conv_3x3": "d3", "dil_conv_5x5": "d5", "nearest": "ne", "bilinear": "bi", "conv_t_3x3": "t3"}  # fmt: skip
NAMES = {code: name for name, code in CODES.items()}
FIXED_TAPS = 49  # of a stem or head that is not searched
Diagram = dict[str, list[dict[str, Any]]]  # plain nodes and edges to draw


@dataclass(frozen=True)
class GeneratorGenotype:
    """The operations of one generator; stem and head are None where they are the fixed 7x7 convolutions."""

    encode: tuple[str, ...]  # two
    residual: tuple[str, ...]  # two a cell
    decode: tuple[str, ...]  # two
    stem: str | None = None
    head: str | None = None

    @property
    def blocks(self) -> int:
        """The number of residual cells."""
        return len(self.residual) // 2

    @property
    def operations(self) -> tuple[str, ...]:
        """All searched operations from input to output."""
        ends = [(end,) if end else () for end in (self.stem, self.head)]
        return (*ends[0], *self.encode, *self.residual, *self.decode, *ends[1])

    def diagram(self) -> Diagram:
        """Plain nodes and edges to draw, from the given picture (`in`) to the one that is made (`out`).

        The encode cell leads down, residual cells lie along the bottom, the decode cell leads up.
        A node has id, label, column, level and kind: `input`, `E`, `R` (two operations), `D` or `output`. An edge of
        kind `flow` has source, target and, as label, the side of the map. The sums of residual cells are not drawn.
        """
        last = self.blocks + 1
        cells = [f"{word(a)}\n{word(b)}" for a, b in zip(self.residual[::2], self.residual[1::2], strict=True)]
        rows = [("in", "photo", 0, 0, "input"), ("stem", word(self.stem), 0, 1, "R" if self.stem else "input")]
        rows += [(f"e{i}", word(name), 0, i + 2, "E") for i, name in enumerate(self.encode)]
        rows += [(f"r{i}", label, i + 1, 3, "R") for i, label in enumerate(cells)]
        rows += [(f"d{i}", word(name), last, 3 - i, "D") for i, name in enumerate(self.decode)]
        rows += [
            ("head", word(self.head), last, 1, "R" if self.head else "output"),
            ("out", "image", last, 0, "output"),
        ]
        nodes = [dict(zip(("id", "label", "column", "level", "kind"), row, strict=True)) for row in rows]
        sides = ["", "1", "1/2", "1/4", *[""] * (self.blocks - 1), "1/4", "1/2", "1", ""]
        ends = pairwise(row[0] for row in rows)
        edges = [{"source": a, "target": b, "label": side, "kind": "flow"}
                 for (a, b), side in zip(ends, sides, strict=True)]  # fmt: skip
        return {"nodes": nodes, "edges": edges}


@dataclass(frozen=True)
class Genotype:
    """What a genome means: two generators and the operations of two discriminators."""

    G_A: GeneratorGenotype
    G_B: GeneratorGenotype
    D_A: tuple[str, ...]
    D_B: tuple[str, ...]

    def diagram(self) -> Diagram:
        """Plain nodes and edges to draw: G_A and below it G_B, each followed by the discriminator of its pictures.

        As `GeneratorGenotype.diagram`, with the ids of nodes behind the network's name and nodes of kind `judge`, an
        operation each, for the discriminators.
        """
        nodes: list[dict[str, Any]] = []
        edges: list[dict[str, Any]] = []
        for row, (name, judge) in enumerate((("G_A", "D_B"), ("G_B", "D_A"))):
            drawn, operations = getattr(self, name).diagram(), getattr(self, judge)
            top, column = row * (max(3, len(self.D_A) - 1) + 1), getattr(self, name).blocks + 2
            titles = {"in": f"{name[-1]}\n{name}", "out": f"{judge[-1]}\nto {judge}"}
            nodes += [{**node, "id": f"{name}.{node['id']}", "level": node["level"] + top,
                       "label": titles.get(node["id"], node["label"])} for node in drawn["nodes"]]  # fmt: skip
            nodes += [{"id": f"{judge}.{i}", "label": word(operation), "column": column, "level": top + i,
                       "kind": "judge"} for i, operation in enumerate(operations)]  # fmt: skip
            edges += [{**edge, "source": f"{name}.{edge['source']}", "target": f"{name}.{edge['target']}"}
                      for edge in drawn["edges"]]  # fmt: skip
            path = [f"{name}.out", *(f"{judge}.{i}" for i in range(len(operations)))]
            edges += [{"source": a, "target": b, "label": "", "kind": "flow"} for a, b in pairwise(path)]
        return {"nodes": nodes, "edges": edges}


class CycleGanas(Space):
    """One gene an operation, a unit a network: 2 (2 blocks + 4) + 8 genes, 81 * 10^36 genomes with nine blocks.

    `repo` searches stems and heads too, has no 7x7 encoder and another discriminator. Every operation
    has an effect, so a genome is its own canonical form. `cyclegan` is the genome whose generators are CycleGAN's, with
    4x4 convolutions in its discriminators. ValueError for fewer blocks than one or another preset.
    """

    def __init__(self, blocks: int = 9, preset: str = "paper") -> None:
        self.blocks, self.preset = blocks, preset
        genes = [
            Gene(f"{network}.{name}", choices(kind, preset), unit)
            for unit, network in enumerate(NETWORKS)
            for name, kind in self._slots(network).items()
        ]
        suffix = "" if preset == "paper" else f"-{preset}"
        super().__init__(f"cycleganas-nb{blocks}{suffix}", genes)
        usual = {"encode": "conv_4x4", "residual": "conv_3x3"}
        generator, discriminator = cyclegan(blocks, preset), tuple(usual[kind] for kind in DISCRIMINATORS[preset])
        self.cyclegan = self.genome(Genotype(generator, generator, discriminator, discriminator))

    def _slots(self, network: str) -> dict[str, str]:
        """The searched operations of a network in order: name and kind."""
        generator = network.startswith("G")
        return generator_slots(self.blocks, self.preset) if generator else discriminator_slots(self.preset)

    def decode(self, genome: Sequence[int]) -> Genotype:
        """The four networks of a genome."""
        found = self.check(genome)
        names = (gene.choices[i] for gene, i in zip(self.genes, found, strict=True))
        G_A, G_B, D_A, D_B = (tuple(islice(names, length)) for length in self._lengths)
        return Genotype(generator_genotype(G_A, self.preset), generator_genotype(G_B, self.preset), D_A, D_B)

    def genome(self, genotype: Genotype) -> Genome:
        """The genome of a genotype, `decode`'s inverse; ValueError for one of another space."""
        return self._read([genotype.G_A.operations, genotype.G_B.operations, genotype.D_A, genotype.D_B], str(genotype))

    def text(self, genome: Genome) -> str:
        """The written form: a code an operation, e.g. `c3 c3 c3 d5 ne t3 ; ... ; c4 mp c4 c4 ; ...`."""
        codes = iter(CODES[gene.choices[i]] for gene, i in zip(self.genes, genome, strict=True))
        return " ; ".join(" ".join(islice(codes, length)) for length in self._lengths)

    def parse(self, text: str) -> Genome:
        """The genome that `text` wrote, in codes or whole names; ValueError naming length, operation and what may be.

        Spaces count as one and are not needed around the semicolons between G_A, G_B, D_A and D_B.
        """
        groups = [[NAMES.get(token, token) for token in part.split()] for part in text.split(";")]
        return self._read(groups, text)

    def _read(self, groups: Sequence[Sequence[str]], text: str) -> Genome:
        lengths = [len(group) for group in groups]
        if lengths != self._lengths:
            raise ValueError(f"{text!r} has {lengths} operations; {self.name} has {self._lengths} in {NETWORKS}")
        names = [name for group in groups for name in group]
        for gene, name in zip(self.genes, names, strict=True):
            if name not in gene.choices:
                allowed = ", ".join(f"{choice} ({CODES[choice]})" for choice in gene.choices)
                raise ValueError(f"operation {gene.name} of {text!r} is {name!r}; allowed are {allowed}")
        return tuple(gene.choices.index(name) for gene, name in zip(self.genes, names, strict=True))


def choices(kind: str, preset: str) -> tuple[str, ...]:
    """The operations of a set, `encode`, `residual` or `decode`; the authors' code has no 7x7 encoder."""
    return tuple(name for name in SETS[kind] if (kind, preset, name) != ("encode", "repo", "conv_7x7"))


def generator_slots(blocks: int, preset: str) -> dict[str, str]:
    """Name and kind of each searched operation of a generator, from input to output; ValueError for what cannot be."""
    if blocks < 1:
        raise ValueError(f"blocks is {blocks}; allowed are 1 and more")
    _check_preset(preset)
    residual = {f"r{i:02}": "residual" for i in range(2 * blocks)}
    inner = {"e0": "encode", "e1": "encode", **residual, "d0": "decode", "d1": "decode"}
    return inner if preset == "paper" else {"stem": "residual", **inner, "head": "residual"}


def discriminator_slots(preset: str) -> dict[str, str]:
    """Name and kind of each searched operation of a discriminator; ValueError for another preset."""
    _check_preset(preset)
    return {str(i): kind for i, kind in enumerate(DISCRIMINATORS[preset])}


def generator_genotype(operations: Sequence[str], preset: str = "paper") -> GeneratorGenotype:
    """The generator of its searched operations, from input to output."""
    stem, head = (operations[0], operations[-1]) if preset == "repo" else (None, None)
    inner = tuple(operations[1:-1] if preset == "repo" else operations)
    return GeneratorGenotype(inner[:2], inner[2:-2], inner[-2:], stem, head)


def discriminator_preset(operations: Sequence[str]) -> str:
    """Whose discriminator these operations make, by their number."""
    return "repo" if len(operations) == len(DISCRIMINATORS["repo"]) else "paper"


def cyclegan(blocks: int = 9, preset: str = "paper") -> GeneratorGenotype:
    """CycleGAN's ResNet generator as a genotype, in `repo` with 3x3 convolutions at its ends."""
    usual = {"encode": "conv_3x3", "residual": "conv_3x3", "decode": "conv_t_3x3"}
    names = [usual[kind] for kind in generator_slots(blocks, "paper").values()]
    ends = ("conv_3x3",) * 2 if preset == "repo" else (None, None)
    return GeneratorGenotype((names[0], names[1]), tuple(names[2:-2]), (names[-2], names[-1]), *ends)


def parameters(genotype: GeneratorGenotype, H: int) -> int:
    """The numbers that a generator of stem width H trains."""
    e, d = ([TAPS[name] for name in pair] for pair in (genotype.encode, genotype.decode))
    residual = sum(TAPS[name] for name in genotype.residual)
    ends = sum(TAPS[end] if end else FIXED_TAPS for end in (genotype.stem, genotype.head))
    square = 2 * e[0] + 8 * e[1] + 16 * residual + 8 * d[0] + 2 * d[1]
    return H * H * square + H * (3 * ends + 10 + 8 * genotype.blocks) + 3


def match(genotypes: Sequence[GeneratorGenotype], target: int) -> int:
    """The one width H with which the generators' mean size comes closest to `target` parameters (N of figure 5).

    The smaller of two equally close; ValueError where that would be below 1.
    """
    return _width(lambda H: sum(parameters(genotype, H) for genotype in genotypes), target * len(genotypes))


def match_one(target: int, blocks: int = 9) -> int:
    """The width of the CycleGAN generator closest to `target` parameters (C' of figure 6); errors as `match`."""
    return match([cyclegan(blocks)], target)


def _width(size: Callable[[int], int], target: int) -> int:
    above = next(H for H in count(1) if size(H) >= target)
    best = min((above - 1, above), key=lambda H: abs(size(H) - target))
    if best < 1:
        raise ValueError(f"target is {target} parameters; already a width of 1 has {size(1)}")
    return best


def _check_preset(preset: str) -> None:
    if preset not in PRESETS:
        raise ValueError(f"preset is {preset!r}; allowed are {', '.join(PRESETS)}")


def word(name: str | None) -> str:
    """An operation as figures write it, e.g. `dil 3×3`; the fixed 7x7 for None."""
    if name is None:
        return "7×7"
    words = name.replace("conv_t_3x3", "convT").replace("conv_", "").split("_")
    return " ".join(word.replace("x", "×") if word[0].isdigit() else word for word in words)
