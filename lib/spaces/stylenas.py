"""The search space of StyleNAS (An et al., arXiv 1906.02470): 31 optional operators of one decoder.

A frozen encoder brings taps r1 (full size) to r5 (1/16); the decoder has six stages, d0 (1/16) to d5 (full size), of
which every one keeps at least one convolution whatever the genome says. Section numbers are those of the notes on it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from lib.spaces.base import Gene, Genome, Space

LENGTH = 32  # characters of the printed form
RESERVED = 8  # the one of them that decides nothing (section 2.4)
KINDS = {"agg": "aggregate", "reduce": "conv", "conv_up": "conv"}  # of the words of names that are no kinds
STAGES = (  # the operators of d0 to d5 (section 2.3)
    "wct agg_r4 agg_r3 agg_r2 agg_r1",
    "wct conv conv_up reserved",
    "wct norm_r4 skip_r4 conv reduce conv_up wcts_r4",
    "wct norm_r3 skip_r3 conv reduce conv_up wcts_r3",
    "wct norm_r2 skip_r2 conv_up wcts_r2",
    "wct norm_r1 skip_r1 wcts_r1",
)
NAMES = [f"d{stage}.{word}" for stage, words in enumerate(STAGES) for word in words.split()]  # by position
CHANNELS = {1: 64, 2: 128, 3: 256, 4: 512}  # of the taps that are joined
NAMED = {
    "S7": "01010000000100000000000000001111",  # printed in the paper
    "S5-ref": "01000000001100000000000001010000",  # the best of the authors' log, not confirmed to be the paper's S5
    "S9-ref": "00000000010100010000000101011011",  # made to fit the paper's times, from no source (section 2.5)
    "oracle": "11111111011111111111111111111111",
    "empty": "0" * LENGTH,
}
Diagram = dict[str, list[dict[str, Any]]]  # plain nodes and edges to draw
SIZES = ("", "1/2", "1/4", "1/8", "1/16")  # of the taps r1 to r5
LINES = {"conv": "conv", "reduce": "reduce 3×3", "conv_up": "up, conv"}  # in the box of a stage
WORDS = {"wct": "WCT", "wcts": "WCT", "agg": "pool", "norm": "IN", "conv_up": "conv"}  # in figure 3
CHAINS = (  # figure 3 from r5's row up, in the order of work
    "r5 d0.wct - concat d0.1x1 d1.wct d1.conv - d1.up d1.conv_up",
    "r4 d2.wcts_r4 - d2.norm_r4 d2.skip_r4 d2.3x3 d2.conv d2.reduce d2.up d2.conv_up",
    "r3 d3.wcts_r3 - d3.norm_r3 d3.skip_r3 d3.3x3 d3.conv d3.reduce d3.up d3.conv_up",
    "r2 d4.wcts_r2 - d4.norm_r2 d4.skip_r2 d4.3x3 - - d4.up d4.conv_up",
    "r1 d5.wcts_r1 - d5.norm_r1 d5.skip_r1 d5.3x3",
)
ALWAYS = {"d0.1x1": "1×1\n512", "d2.3x3": "3×3\n512", "d3.3x3": "3×3\n256", "d4.3x3": "3×3\n64", "d5.3x3": "3×3\n3",
          **{f"d{stage}.up": "up ×2" for stage in range(1, 5)}}  # fmt: skip


@dataclass(frozen=True)
class Operator:
    """What one bit adds to the decoder, e.g. `d2.skip_r4`: tap r4 joined to the input of stage d2."""

    position: int
    name: str

    @property
    def stage(self) -> int:
        return int(self.name[1])

    @property
    def tap(self) -> int:
        """The encoder tap that the operator uses, 1 to 4; 0 for none."""
        return int(self.name[-1]) if self.name[-2] == "r" else 0

    @property
    def word(self) -> str:
        """The name without stage and tap: wct, wcts, agg, norm, skip, conv, reduce or conv_up."""
        return self.name[3:-3] if self.tap else self.name[3:]

    @property
    def kind(self) -> str:
        """`wct` (transform of a stage's input), `wcts` (of an encoder tap, before both its uses), `aggregate` (a tap
        normed, pooled and joined at the bottleneck), `skip`, `norm` (of a skip) or `conv`."""
        return KINDS.get(self.word, self.word)


OPERATORS = {place: Operator(place, name) for place, name in enumerate(NAMES) if place != RESERVED}
POSITIONS = tuple(OPERATORS)
TAP_BITS: dict[int, dict[str, int]] = {  # the positions that use a tap, by kind
    tap: {found.kind: found.position for found in OPERATORS.values() if found.tap == tap} for tap in (1, 2, 3, 4)
}
TRANSFORMS = tuple(found.position for found in OPERATORS.values() if found.kind in ("wct", "wcts"))


def _effective(ones: frozenset[int]) -> frozenset[int]:
    """The positions without inert ones: a norm without its skip, a tap's transform without a use of the tap."""
    inert = {RESERVED}
    for bits in TAP_BITS.values():
        if bits["skip"] not in ones:
            inert |= {bits["norm"]} if bits["aggregate"] in ones else {bits["norm"], bits["wcts"]}
    return ones - inert


@dataclass(frozen=True)
class Architecture:
    """What a genome means: the positions of the operators that have an effect."""

    active: frozenset[int]

    def has(self, position: int) -> bool:
        """Whether the operator at a position of the printed form is part of the network."""
        return position in self.active

    @property
    def transforms(self) -> tuple[int, ...]:
        """The positions of the active transforms of features, of stages and of taps, in order."""
        return tuple(position for position in TRANSFORMS if position in self.active)

    def diagram(self) -> Diagram:
        """Plain nodes and edges to draw: taps r1 to r5 in column 0, stages d5 to d0 beside them in column 1.

        A node has id, label, column, level, kind: `tap`, `stage`, or `transform` for either with a WCT; its label names
        the active operators. An edge has source, target, label, kind and, for a joined tap, its channels as weight:
        `join`, `join_norm` (after instance norm) or `pool` (aggregation).
        """
        nodes = [_node("in", "photo", (0, 0), "input"), _node("out", "image", (1, 0), "output")]
        for tap in range(1, 6):
            kind = "transform" if tap < 5 and self.has(TAP_BITS[tap]["wcts"]) else "tap"
            nodes.append(_node(f"r{tap}", f"r{tap} · WCT" if kind == "transform" else f"r{tap}", (0, tap), kind))
        nodes += [self._stage(stage) for stage in range(6)]
        path = ["in", *(f"r{tap}" for tap in range(1, 6)), *(f"d{stage}" for stage in range(6)), "out"]
        sizes = [*SIZES, SIZES[-1], *reversed(SIZES), ""]
        flow = [_edge(*ends, label=size) for ends, size in zip(pairwise(path), sizes, strict=True)]
        flow[5]["kind"] = "turn"
        return {"nodes": nodes, "edges": flow + list(self._joins())}

    def _stage(self, stage: int) -> dict[str, Any]:
        """The box of a stage with its transform and its optional convolutions."""
        own = [found for place, found in OPERATORS.items() if found.stage == stage and place in self.active]
        kind = "transform" if any(found.kind == "wct" for found in own) else "stage"
        title = f"d{stage} · WCT" if kind == "transform" else f"d{stage}"
        lines = [title, *(LINES[found.word] for found in own if found.kind == "conv")]
        return _node(f"d{stage}", "\n".join(lines), (1, 6 - stage), kind)

    def _joins(self) -> Iterator[dict[str, Any]]:
        for tap, bits in TAP_BITS.items():
            if self.has(bits["skip"]):
                kind = "join_norm" if self.has(bits["norm"]) else "join"
                yield _edge(f"r{tap}", f"d{6 - tap}", kind, weight=CHANNELS[tap])
            if self.has(bits["aggregate"]):
                yield _edge(f"r{tap}", "d0", "pool", weight=CHANNELS[tap])


class StyleNas(Space):
    """31 bits, a unit a stage of the decoder, printed as 32 characters with a reserved 0 (sections 2.3 and 2.4).

    `official` makes the reserved position a bit that mutates and counts though it decides nothing, as in the authors'
    code: only to replay their log. The score counts raw bits, so a genome is its own canonical form in both.
    """

    def __init__(self, official: bool = False) -> None:
        self.positions = tuple(range(LENGTH)) if official else POSITIONS
        genes = [Gene(NAMES[place], (0, 1), int(NAMES[place][1])) for place in self.positions]
        super().__init__("stylenas-official" if official else "stylenas", genes)

    def text(self, genome: Genome) -> str:
        """The printed form: 32 characters 0 or 1."""
        bits = dict(zip(self.positions, genome, strict=True))
        return "".join(str(bits.get(place, 0)) for place in range(LENGTH))

    def parse(self, text: str) -> Genome:
        """The genome of a printed form; ValueError for other lengths or characters, or a reserved position of 1."""
        if len(text) != LENGTH:
            raise ValueError(f"{text!r} has {len(text)} characters; a genome of {self.name} has {LENGTH}")
        for place, character in enumerate(text):
            if character not in "01":
                raise ValueError(f"position {place} of {text!r} is {character!r}; allowed are 0 and 1")
        if RESERVED not in self.positions and text[RESERVED] == "1":
            raise ValueError(f"position {RESERVED} of {text!r} is 1; it is reserved and must be 0")
        return tuple(int(text[place]) for place in self.positions)

    def named(self, text: str) -> Genome:
        """The genome of a name of `NAMED` or of a printed form; ValueError saying what is allowed."""
        if text not in NAMED and len(text) != LENGTH and set(text) - {"0", "1"}:
            allowed = f"{', '.join(NAMED)}, or the {LENGTH} characters of a genome"
            raise ValueError(f"unknown name {text!r}; allowed are {allowed}")
        return self.parse(NAMED.get(text, text))

    def decode(self, genome: Genome) -> Architecture:
        """The network of a genome."""
        bits = zip(self.positions, self.check(genome), strict=True)
        return Architecture(_effective(frozenset(position for position, bit in bits if bit)))

    def active(self, genome: Genome) -> Genome:
        """The genome with the bits cleared that have no effect; equal for genomes with the same network."""
        return self._write(self.decode(genome).active)

    def training_key(self, genome: Genome) -> Genome:
        """What training sees of a genome: bits without effect and all transforms cleared (section 2.3, item 5)."""
        return self._write(self.decode(genome).active.difference(TRANSFORMS))

    def ones(self, genome: Genome) -> int:
        """How many bits are set, with or without effect, as the score counts them."""
        return sum(genome)

    def full_diagram(self) -> Diagram:
        """The whole decoder to draw, as figure 3: every operator with its position, and in grey what is always there.

        Rows are stages with d5 on top, columns the order of work. Nodes and edges are as in `Architecture.diagram`, but
        for the kinds of nodes, those of the operators or `always`, and edges of kind `bend`: across, then up or down.
        """
        nodes = [_node("in", "photo", (0, 0), "input"), _node("out", "image", (5, 0), "output")]
        taps = pairwise(["in", *(f"r{tap}" for tap in range(1, 6))])
        edges = [_edge(*ends, label=size) for ends, size in zip(taps, SIZES, strict=True)] + [_edge("d5.3x3", "out")]
        for level, chain in zip((9, 7, 5, 3, 1), CHAINS, strict=True):
            places = {name: (column, level) for column, name in enumerate(chain.split()) if name != "-"}
            nodes += [_box(name, place) for name, place in places.items()]
            edges += [_edge(*ends) for ends in pairwise(places)]
        for tap, bits in TAP_BITS.items():
            wcts, skip, pool = (OPERATORS[bits[kind]].name for kind in ("wcts", "skip", "aggregate"))
            wct = f"d{6 - tap}.wct"
            nodes += [_box(pool, (2, 2 * tap)), _box(wct, (9, 2 * tap))]
            edges += [_edge(wcts, pool, "bend"), _edge(f"d{5 - tap}.conv_up", wct), _edge(wct, skip, "bend"),
                      _edge(pool, "concat", "pool", weight=CHANNELS[tap])]  # fmt: skip
        return {"nodes": nodes, "edges": edges}

    def _write(self, positions: frozenset[int]) -> Genome:
        return tuple(int(place in positions) for place in self.positions)


def _node(name: str, label: str, place: tuple[int, int], kind: str) -> dict[str, Any]:
    return {"id": name, "label": label, "column": place[0], "level": place[1], "kind": kind}


def _edge(source: str, target: str, kind: str = "flow", *, label: str = "", **more: int) -> dict[str, Any]:
    return {"source": source, "target": target, "label": label, "kind": kind, **more}


def _box(name: str, place: tuple[int, int]) -> dict[str, Any]:
    """The box in figure 3 of an operator with its position, or of what is always there."""
    if name not in NAMES:
        return _node(name, ALWAYS.get(name, name), place, "always")
    operator = OPERATORS[NAMES.index(name)]
    return _node(name, f"{WORDS.get(operator.word, operator.word)}\n{operator.position}", place, operator.kind)
