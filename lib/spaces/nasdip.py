"""The search space of NAS-DIP (Ho et al., arXiv 2001.04776): an encoder-decoder written as a string of bits."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise, product
from typing import Any

from lib.spaces.base import Gene, Genome, Space

WIDTHS = {"paper": (1, 1, 2, 4, 8, 16, 32, 64), "pow2": (1, 2, 4, 8, 16, 32, 64, 128)}  # of the codes 0 to 7
ALLOWED = {
    "variant": ("asym", "asym_t", "sym", "sym_full"),
    "width_table": tuple(WIDTHS),
    "skip_code": ("linear", "gate3"),
    "bypass": ("identity", "resample", "shortcut"),
    "mismatch": ("invalid", "resize"),
    "pad": ("reflect", "zeros"),
    "stage": ("dip", "single"),
}
Role = tuple[Any, ...]  # ("E", 1, "s"): encoder 1's bypass; ("D", 2, "f"); ("R", 1, 3): skip 1 to 3; ("T",)


@dataclass(frozen=True)
class Stage:
    """One encoder or decoder stage: convolutions `filter` x `filter` to `width` channels.

    `kind` is `conv`, or for the two other readings of a bypass `resample` (only the change of resolution is left;
    filter 1 and width 0 stand for "none of its own") and `shortcut` (a 1x1 branch is added to the convolutions).
    """

    filter: int
    width: int
    kind: str = "conv"

    def __str__(self) -> str:
        end = "+" if self.kind == "shortcut" else ""
        return "r" if self.kind == "resample" else f"{self.filter}x{self.width}{end}"


RESAMPLE = Stage(1, 0, "resample")


@dataclass(frozen=True)
class Architecture:
    """What a genome means: its stages, outermost (full resolution) first, and the channels of every skip.

    `skips[i][j]` are the channels from encoder i to decoder j, 0 without a path. `iterations` is set only where the
    genome chooses them; `one_by_one` is false only for the classical network without 1x1 convolutions.
    """

    encoders: tuple[Stage, ...]
    decoders: tuple[Stage, ...]
    skips: tuple[tuple[int, ...], ...]
    iterations: int | None = None
    one_by_one: bool = True

    def text(self) -> str:
        """One line that is equal for equal networks only, e.g. `k1|E5x16|D3x64|S4|T2000`."""
        a, b = len(self.encoders), len(self.decoders)
        stages = [side + ",".join(map(str, part)) for side, part in (("E", self.encoders), ("D", self.decoders))]
        skips = "S" + "/".join(".".join(map(str, row)) for row in self.skips)
        ends = [] if self.iterations is None else [f"T{self.iterations}"]
        ends += [] if self.one_by_one else ["no1x1"]
        return "|".join([f"k{a}" if a == b else f"k{a}to{b}", *stages, skips, *ends])

    def diagram(self) -> dict[str, list[dict[str, Any]]]:
        """Plain nodes and edges to draw: encoders in column 0, decoders in column 1, level 1 the full resolution.

        A node has id, label, column, level, kind; an edge has source, target, label, kind and, for a skip, its weight
        in channels. Skips are `skip` within a level, `skip_down` to a coarser and `skip_up` to a finer one.
        """
        sides = (("E", "encoder", self.encoders), ("D", "decoder", self.decoders))
        nodes = [
            {"id": "in", "label": "noise", "column": 0, "level": 0, "kind": "input"},
            *({"id": f"{side}{i}", "label": _label(stage), "column": column, "level": i,
               "kind": kind if stage.kind == "conv" else stage.kind}
              for column, (side, kind, part) in enumerate(sides) for i, stage in enumerate(part, 1)),
            {"id": "out", "label": "image", "column": 1, "level": 0, "kind": "output"},
        ]  # fmt: skip
        a, b = len(self.encoders), len(self.decoders)
        path = ["in", *(f"E{i}" for i in range(1, a + 1)), *(f"D{j}" for j in range(b, 0, -1)), "out"]
        levels = [*range(a + 1), *range(b - 1, -1, -1)]  # of the map that each edge of the path carries
        edges: list[dict[str, Any]] = [
            {"source": source, "target": target, "label": f"1/{2**level}" if level else "",
             "kind": "turn" if place == a else "flow"}
            for place, ((source, target), level) in enumerate(zip(pairwise(path), levels, strict=True))
        ]  # fmt: skip
        edges += [
            {"source": f"E{i}", "target": f"D{j}", "label": str(channels), "weight": channels,
             "kind": "skip" if i == j else "skip_down" if i < j else "skip_up"}
            for i, row in enumerate(self.skips, 1) for j, channels in enumerate(row, 1) if channels
        ]  # fmt: skip
        return {"nodes": nodes, "edges": edges}


def _label(stage: Stage) -> str:
    if stage.kind == "resample":
        return "resample"
    return f"{stage.filter}×{stage.filter}, {stage.width}" + ("\n+ 1×1" if stage.kind == "shortcut" else "")


@dataclass(frozen=True)
class Field:
    """Some bits of a genome read as one code, most significant bit first; `values` say what each code means."""

    name: str  # E1.f, D3.s, R2.4 (from encoder 2 to decoder 4), U1.h (both stages of a symmetric unit), T
    roles: tuple[Role, ...]  # what the field decides
    unit: int
    start: int
    values: tuple[int, ...]

    @property
    def bits(self) -> int:
        """How many bits the field has."""
        return len(self.values).bit_length() - 1

    def code(self, genome: Genome) -> int:
        """The field's code in a genome."""
        return int("".join(map(str, genome[self.start : self.start + self.bits])), 2)

    def write(self, code: int) -> Genome:
        """The bits of a code."""
        return tuple(code >> bit & 1 for bit in reversed(range(self.bits)))

    def lowest(self, value: int | None) -> int:
        """The lowest code with a value; ValueError if none has it."""
        if value not in self.values:
            raise ValueError(f"{self.name} is {value}; its codes allow {', '.join(map(str, self.values))}")
        return self.values.index(value)

    def shown(self, genome: Genome) -> str:
        """The field's value in a genome for a reader: 5×5, 64, on or off."""
        value = self.values[self.code(genome)]
        return {"s": ("on", "off")[value % 2], "f": f"{value}×{value}"}.get(self.name[-1], str(value))

    def live(self, genome: Genome) -> tuple[bool, ...]:
        """Which of its bits change the value in a genome when flipped."""
        code = self.code(genome)
        return tuple(self.values[code] != self.values[code ^ 1 << bit] for bit in reversed(range(self.bits)))


class NasDip(Space):
    """Bits of N units, outermost first; each decodes to an encoder stage, a decoder stage and skips (paper section 3).

    `side` is the image's side in pixels, or (height, width): it must be divisible by 2^N, and decides which genomes are
    valid. `max_width` and `max_filter` cap the stages of small profiles: a code that asks for more gets the cap.
    `pad` and `stage` are the network's. `t_table` are iterations, for the variant `asym_t`.
    """

    def __init__(self, *, units: int = 5, variant: str = "asym", width_table: str = "paper", skip_code: str = "linear",
                 bypass: str = "identity", mismatch: str = "invalid", t_table: Sequence[int] = (0, 500, 1500, 3500),
                 max_width: int = 128, max_filter: int = 15, side: int | tuple[int, int] = 512, pad: str = "reflect",
                 stage: str = "dip") -> None:  # fmt: skip
        """Raise ValueError naming the setting, its value and what is allowed."""
        self.settings: dict[str, Any] = {
            "units": units, "variant": variant, "width_table": width_table, "skip_code": skip_code, "bypass": bypass,
            "mismatch": mismatch, "max_width": max_width, "max_filter": max_filter,
            "side": (side, side) if isinstance(side, int) else tuple(side), "pad": pad, "stage": stage,
            "t_table": tuple(t_table),
        }  # fmt: skip
        _refuse(self.settings)
        self.fields = tuple(_fields(self.settings))
        self._at = {role: field for field in self.fields for role in field.roles}
        genes = [gene for field in self.fields for gene in _genes(field)]
        super().__init__(_name(self.settings), genes)

    def decode(self, genome: Genome) -> Architecture:
        """The network of a genome, valid or not."""
        value = self._values(genome)
        stages = self._stages(value)
        encoders, decoders = ({n: stage for (of, n), stage in stages.items() if of == side} for side in "ED")
        skips = tuple(
            tuple(0 if RESAMPLE in (first, last) else value.get(("R", i, j), 0) for j, last in decoders.items())
            for i, first in encoders.items()
        )
        return Architecture(tuple(encoders.values()), tuple(decoders.values()), skips, value.get(("T",)))

    def encode(self, architecture: Architecture) -> Genome:
        """The canonical genome of a network; ValueError if the space does not hold it."""
        genome = self._encode(architecture)
        if self.decode(genome) != architecture:
            raise ValueError(
                f"{architecture.text()} is not in {self.name}; the nearest is {self.decode(genome).text()}"
            )
        return genome

    def canonical(self, genome: Genome) -> Genome:
        """Active stages in the first units, the lowest code of each value, dead bits 0."""
        return self._encode(self.decode(genome))

    def invalid(self, genome: Genome) -> str | None:
        """`empty`, `size_mismatch`, `zero_epochs`, `too_small` or `pad_too_large`; None if valid."""
        network = self.decode(genome)
        a, b = len(network.encoders), len(network.decoders)
        if a == b == 0 or (self.settings["mismatch"] == "resize" and a * b == 0):
            return "empty"
        if a != b and self.settings["mismatch"] == "invalid":
            return "size_mismatch"
        if network.iterations == 0:
            return "zero_epochs"
        short = min(self.settings["side"])
        if short >> max(a, b - 1) < 2:
            return "too_small"
        if self.settings["pad"] == "reflect" and any(f // 2 >= short >> level for f, level in self._inputs(network)):
            return "pad_too_large"
        return None

    def _inputs(self, network: Architecture) -> Iterator[tuple[int, int]]:
        """Filter of each stage and the coarsest level it convolves; an encoder's second convolution is a level down."""
        for i, stage in enumerate(network.encoders):
            yield stage.filter, i + (self.settings["stage"] == "dip" and stage.kind != "resample")
        for j, stage in enumerate(network.decoders):
            yield stage.filter, j

    def live_bits(self, genome: Genome) -> tuple[bool, ...]:
        """For each bit, whether flipping it gives another network."""
        stages = self._stages(self._values(genome))
        masks = (
            field.live(genome)
            if all(stages.get(at, RESAMPLE) != RESAMPLE for at in _described(field.roles[0])) else (False,) * field.bits
            for field in self.fields
        )  # fmt: skip
        return tuple(bit for mask in masks for bit in mask)

    def dead_genes(self, genome: Genome) -> tuple[str, ...]:
        """The names of the bits that change nothing."""
        return tuple(gene.name for gene, live in zip(self.genes, self.live_bits(genome), strict=True) if not live)

    def units_of(self, genome: Genome) -> list[list[dict[str, Any]]]:
        """The genome unit by unit, for drawing: each field's name, bits, value as text, and which bits are dead."""
        live = self.live_bits(genome)
        rows: list[list[dict[str, Any]]] = [[] for _ in range(self.units)]
        for field in self.fields:
            part = slice(field.start, field.start + field.bits)
            rows[field.unit].append({"name": field.name, "bits": genome[part], "dead": [not bit for bit in live[part]],
                                     "value": field.shown(genome)})  # fmt: skip
        return rows

    @cached_property
    def expanded(self) -> "NasDip":
        """The asymmetric space of the same settings, which holds every network of this one."""
        return NasDip(**{**self.settings, "variant": "asym"})

    def expand(self, genome: Genome) -> Genome:
        """The genome written in the asymmetric space: E = D, skips that the variant lacks are 0, T is left out."""
        fields = ((field, self._at.get(field.roles[0])) for field in self.expanded.fields)
        return tuple(bit for field, own in fields for bit in field.write(own.code(genome) if own else 0))

    def _values(self, genome: Genome) -> dict[Role, int]:
        """What each part of the genome says."""
        if len(genome) != len(self.genes):
            raise ValueError(f"the genome has {len(genome)} bits; {self.name} has {len(self.genes)}")
        return {role: field.values[field.code(genome)] for role, field in self._at.items()}

    def _stages(self, value: Mapping[Role, int]) -> dict[Role, Stage]:
        """The stages that are part of the network, by side and unit; `RESAMPLE` where only the resolution changes."""
        found, bypass = {}, self.settings["bypass"]
        for side, n in product("ED", range(1, self.units + 1)):
            gone = value[side, n, "s"] and bypass != "shortcut"
            if not gone:
                kind = "shortcut" if value[side, n, "s"] else "conv"
                found[side, n] = Stage(value[side, n, "f"], value[side, n, "h"], kind)
            elif bypass == "resample":
                found[side, n] = RESAMPLE
        return found

    def _encode(self, network: Architecture) -> Genome:
        """The canonical genome of what the space can say of a network; ValueError for a value without a code."""
        value: dict[Role, int | None] = {("T",): network.iterations}
        sides = {"E": network.encoders, "D": network.decoders}
        for side, n in product(sides, range(1, self.units + 1)):
            stage = sides[side][n - 1] if n <= len(sides[side]) else RESAMPLE
            value[side, n, "s"] = int(stage.kind != "conv")
            value |= {(side, n, "f"): stage.filter, (side, n, "h"): stage.width} if stage != RESAMPLE else {}
        for (i, first), (j, last) in product(enumerate(network.encoders, 1), enumerate(network.decoders, 1)):
            value |= {("R", i, j): network.skips[i - 1][j - 1]} if RESAMPLE not in (first, last) else {}
        codes = (field.lowest(value[role]) if (role := field.roles[0]) in value else 0 for field in self.fields)
        return tuple(bit for field, code in zip(self.fields, codes, strict=True) for bit in field.write(code))


def _described(role: Role) -> tuple[Role, ...]:
    """The stages that a field describes, without which it says nothing: of a filter or width one, of a skip two."""
    if role[0] == "R":
        return ("E", role[1]), ("D", role[2])
    return (role[:2],) if role[-1] in ("f", "h") else ()


def _fields(settings: Mapping[str, Any]) -> Iterator[Field]:
    """The fields of the genome in order."""
    start = 0
    for name, roles, unit, values in _layout(settings):
        yield Field(name, roles, unit, start, values)
        start += len(values).bit_length() - 1


def _layout(settings: Mapping[str, Any]) -> Iterator[tuple[str, tuple[Role, ...], int, tuple[int, ...]]]:
    """Name, roles, unit and values of each field."""
    units, variant = range(1, settings["units"] + 1), settings["variant"]
    widths = tuple(min(width, settings["max_width"]) for width in WIDTHS[settings["width_table"]])
    filters = tuple(min(2 * code + 1, settings["max_filter"]) for code in range(8))
    channels = (*widths, *[0] * 8) if settings["skip_code"] == "gate3" else tuple(range(16))
    for n in units:
        for name, sides in (("U", "ED"),) if variant.startswith("sym") else (("E", "E"), ("D", "D")):
            for what, values in (("s", (0, 1)), ("f", filters), ("h", widths)):
                yield f"{name}{n}.{what}", tuple((side, n, what) for side in sides), n - 1, values
        for i in units if variant != "sym" else [n]:
            yield f"R{n}.{i}", (("R", n, i),), n - 1, channels if variant != "sym" else tuple(range(8))
    if variant == "asym_t":  # in the last unit, so that cross-over takes it from the second parent
        yield "T", (("T",),), settings["units"] - 1, settings["t_table"]


def _genes(field: Field) -> list[Gene]:
    """One gene a bit, named by field and power of two, e.g. E1.f.4, E1.f.2, E1.f.1."""
    if field.bits == 1:
        return [Gene(field.name, (0, 1), field.unit)]
    return [Gene(f"{field.name}:{1 << bit}", (0, 1), field.unit) for bit in reversed(range(field.bits))]


def _name(settings: Mapping[str, Any]) -> str:
    """All settings in one word; the table of iterations only where it matters."""
    height, width = settings["side"]
    words = [settings[key] for key in ("variant", "units", "width_table", "skip_code", "bypass", "mismatch")]
    words += [f"h{settings['max_width']}", f"f{settings['max_filter']}", f"{height}x{width}"]
    words += [settings["pad"], settings["stage"]]
    words += ["t" + ".".join(map(str, settings["t_table"]))] if settings["variant"] == "asym_t" else []
    return "-".join(map(str, ["nasdip", *words]))


def _refuse(settings: Mapping[str, Any]) -> None:
    """Raise ValueError naming the first setting that is not allowed."""
    for key, allowed in ALLOWED.items():
        if settings[key] not in allowed:
            raise ValueError(f"{key} is {settings[key]!r}; allowed are {', '.join(allowed)}")
    units, side, table = settings["units"], settings["side"], settings["t_table"]
    rules = {
        "units": (units >= 1, "at least 1"),
        "max_width": (settings["max_width"] >= 1, "at least 1"),
        "max_filter": (settings["max_filter"] % 2 == 1, "odd numbers from 1"),
        "side": (len(side) == 2 and all(s > 0 and s % 2**units == 0 for s in side), f"multiples of 2^{units}"),
        "t_table": (len(table) == 4 and min(table) >= 0, "four numbers of iterations, 0 or more"),
        "skip_code": (settings["skip_code"] == "linear" or settings["variant"] != "sym",
                      "linear, as the variant sym has skips of three bits"),
    }  # fmt: skip
    for key, (good, wanted) in rules.items():
        if not good:
            raise ValueError(f"{key} is {settings[key]!r}; allowed: {wanted}")
