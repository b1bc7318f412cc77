"""The study's parts, searches and trainings as plain lists. Nothing here computes."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from lib.papers.cycleganas.settings import Settings
from lib.spaces.base import Genome, keyed
from lib.spaces.cycleganas import CycleGanas, GeneratorGenotype, Genotype, cyclegan, match, match_one, parameters

PARTS = {
    "domains": "what the scores say of untranslated pictures, and of other real ones",
    "search": "four supernetworks searched by gradient, a record a search",
    "matched": "figure 5: CycleGAN and searched pairs of equal size, trained from scratch",
    "widths": "figure 4: the same at other widths",
    "schemes": "figure 3: what the other schemes and seeds found",
    "controls": "figure 6: CycleGANs of unequal widths, and random architectures",
    "ranks": "genotypes scored with the supernetwork's weights",
}
TRAININGS = ("matched", "widths", "schemes", "controls")


@dataclass(frozen=True)
class Search:
    """One search; `data` is the short name of its set, `name` that of its record."""

    data: str
    scheme: str
    seed: int

    @property
    def name(self) -> str:
        return f"search-{self.data}-{self.scheme}-{self.seed}"


@dataclass(frozen=True)
class Training:
    """One network quadruple to train: CycleGAN (C), searched (N), CycleGAN of two widths (C') or random (R).

    `target` is the width of the CycleGAN whose size it has. `search` is the one that found N, or whose N gives C' its
    sizes; `number` counts random genotypes.
    """

    data: str
    method: str
    target: int
    repeat: int
    search: Search | None = None
    number: int = -1

    @property
    def name(self) -> str:
        """As the paper writes it, e.g. C'64."""
        return f"{self.method}{self.target}"


def called(key: str) -> str:
    """The short name of a set: the last part of its key or path."""
    return Path(key).expanduser().resolve().name


def check_names(settings: Settings) -> None:
    """Raise ValueError for two sets of one short name."""
    names = [called(key) for key in settings.data]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"data names {name!r} twice: {', '.join(settings.data)}; records need different names")


def space(settings: Settings) -> CycleGanas:
    """The space searched."""
    return CycleGanas(settings.blocks, settings.preset)


def searches(settings: Settings) -> list[Search]:
    """Every search: OF on all sets; on those of figure 3 the other schemes too, and all with more seeds."""
    found = [Search(called(key), "OF", 0) for key in settings.data]
    for key in settings.scheme_data:
        found += [Search(called(key), "OF", seed) for seed in range(1, settings.searches)]
        for scheme in settings.schemes:
            if scheme != "OF":
                found += [Search(called(key), scheme, seed) for seed in range(settings.scheme_searches)]
    return found


def trainings(settings: Settings, part: str) -> list[Training]:
    """The trainings of a part, those of one architecture together; ValueError for a part that trains none."""
    if part not in TRAININGS:
        raise ValueError(f"part is {part!r}; allowed are {', '.join(TRAININGS)}")
    return list({"matched": _matched, "widths": _widths, "schemes": _schemes, "controls": _controls}[part](settings))


def _matched(settings: Settings) -> Iterable[Training]:
    for key in settings.data:
        for target in settings.matched:
            yield from _both(settings, called(key), target)


def _widths(settings: Settings) -> Iterable[Training]:
    for key in settings.width_data:
        for target in settings.widths:
            if target not in settings.matched:
                yield from _both(settings, called(key), target)


def _both(settings: Settings, data: str, target: int) -> Iterable[Training]:
    count = settings.repeats if target == settings.controlled else settings.other_repeats
    for repeat in range(count):
        yield Training(data, "C", target, repeat)
    for repeat in range(count):
        yield Training(data, "N", target, repeat, Search(data, "OF", 0))


def _schemes(settings: Settings) -> Iterable[Training]:
    first = [Search(called(key), "OF", 0) for key in settings.data]
    for search in searches(settings):
        if search not in first:
            for repeat in range(settings.other_repeats):
                yield Training(search.data, "N", settings.controlled, repeat, search)


def _controls(settings: Settings) -> Iterable[Training]:
    for data in map(called, settings.control_data):
        for repeat in range(settings.repeats):
            yield Training(data, "C'", settings.controlled, repeat, Search(data, "OF", 0))
        for number in range(settings.randoms):
            yield Training(data, "R", settings.controlled, 0, number=number)


def random_genome(settings: Settings, number: int) -> Genome:
    """A random architecture of all four networks, the same for all sets."""
    return space(settings).sample(keyed(settings.seed, 13, number))


def pair(genotype: Genotype) -> tuple[GeneratorGenotype, GeneratorGenotype]:
    """Its two generators."""
    return genotype.G_A, genotype.G_B


def widths(settings: Settings, training: Training, genotype: Genotype) -> tuple[int, int]:
    """H_A and H_B of a training; for C' `genotype` is that of the pair whose sizes it takes."""
    if training.method == "C":
        return training.target, training.target
    H = match(pair(genotype), size(settings, training.target))
    if training.method != "C'":
        return H, H
    H_A, H_B = (match_one(parameters(generator, H), settings.blocks) for generator in pair(genotype))
    return H_A, H_B


def size(settings: Settings, target: int) -> int:
    """Parameters of the CycleGAN generator of a width."""
    return parameters(cyclegan(settings.blocks), target)
