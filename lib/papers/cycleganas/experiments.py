"""The study's parts, searches and trainings as plain lists. Nothing here computes."""

from dataclasses import dataclass
from pathlib import Path

from lib.papers.cycleganas.settings import Settings
from lib.searchers.differentiable import Scheme
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
    for data in map(called, settings.scheme_data):
        found += [Search(data, "OF", seed) for seed in range(1, settings.searches)]
        found += [Search(data, scheme, seed) for scheme in settings.schemes if scheme != "OF"
                  for seed in range(settings.scheme_searches)]  # fmt: skip
    return found


def iterations(settings: Settings, one: Search, pictures: int) -> int:
    """Those of a search on so many pictures of the larger domain: half of them where an epoch has half the pictures."""
    return settings.steps("search", pictures, 0.5 if Scheme(one.scheme).halved else 1.0)


def trainings(settings: Settings, part: str) -> list[Training]:
    """The trainings of a part, those of one architecture together."""
    at, many, few = settings.controlled, range(settings.repeats), range(settings.other_repeats)
    if part == "schemes":
        return [Training(one.data, "N", at, repeat, one) for one in searches(settings)
                if (one.scheme, one.seed) != ("OF", 0) for repeat in few]  # fmt: skip
    if part == "controls":
        found = []
        for data in map(called, settings.control_data):
            found += [Training(data, "C'", at, repeat, Search(data, "OF", 0)) for repeat in many]
            found += [Training(data, "R", at, 0, number=number) for number in range(settings.randoms)]
        return found
    others = [target for target in settings.widths if target not in settings.matched]
    keys, targets = (settings.data, settings.matched) if part == "matched" else (settings.width_data, others)
    return [Training(data, method, target, repeat, Search(data, "OF", 0) if method == "N" else None)
            for data in map(called, keys) for target in targets for method in "CN"
            for repeat in (many if target == at else few)]  # fmt: skip


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
