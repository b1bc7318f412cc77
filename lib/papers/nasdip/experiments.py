"""The study's searches as plain lists, grouped in parts (specification sections 1 and 6). Nothing here computes."""

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from lib.papers.nasdip.settings import Settings
from lib.papers.nasdip.tasks import artworks

PARTS = {
    "truth": "tables 1 and 2: every row, fitness against the truth (an oracle), a search a seed",
    "sym": "table 2, figures 4 and 5: the same with symmetric networks",
    "epochs": "table 2, figure 4: the number of iterations is searched too (NAS-DIP-T)",
    "random": "C15: random search with the trainings that the genetic algorithm used",
    "observed": "the blind reading: fitness against the observation",
    "heldout": "a blind fitness of our own: the error on pixels kept out of the loss",
    "mutation": "table 3, figure 6: mutation rates",
    "artworks": "figure 8: one search an artwork, several media",
    "baselines": "the classical networks and plain methods on every row",
    "rescored": "every winner again, with fresh seeds",
    "pictures": "the pictures of the figures, computed again from the records' genomes",
}
SEARCHED = ("truth", "sym", "epochs", "random", "observed", "heldout", "mutation", "artworks")
ELITE = 0.05  # share of the population that passes unchanged, and that is culled (5.4)


@dataclass(frozen=True)
class Search:
    """One search: of one row, by one searcher, with one seed. `name` is that of its record."""

    part: str
    name: str
    row: str
    variant: str  # of the space
    reference: str  # what the fitness compares with
    mutation_rate: float
    seed: int
    population: int
    generations: int
    random: bool = False


def elite(population: int) -> int:
    """How many of a population pass unchanged."""
    return max(1, round(ELITE * population))


def budget(population: int, generations: int) -> int:
    """Candidates that a genetic algorithm asks: elites are not asked again."""
    return population + generations * (population - elite(population))


def transform(reference: str) -> str:
    """How a score becomes a fitness: the paper's 1 - LPIPS; ranks for errors, which 1 - x would hardly tell apart."""
    return "rank" if reference == "heldout" else "one_minus"


def searches(settings: Settings, part: str) -> list[Search]:
    """Every search of a part, in order; none for the parts that search nothing."""
    if part not in PARTS:
        raise ValueError(f"part is {part!r}; allowed are {', '.join(PARTS)}")
    return list(_BUILDERS[part](settings, part)) if part in _BUILDERS else []


def every(settings: Settings) -> list[Search]:
    """Every search of the study."""
    return [search for part in SEARCHED for search in searches(settings, part)]


def record_name(part: str, row: str, end: str | int) -> str:
    """The name of a search's record. A row may be the path of a picture, of which only letters and digits stay."""
    return f"{part}-{re.sub('[^A-Za-z0-9_.-]+', '_', row)}-{end}"


def _search(s: Settings, part: str, row: str, seed: int, *, variant: str = "asym", reference: str = "truth",
            rate: float | None = None) -> Search:  # fmt: skip
    name = record_name(part, row, seed if rate is None else f"{rate:g}-{seed}")
    rate = s.mutation_rate if rate is None else rate
    return Search(part, name, row, variant, reference, rate, seed, s.population, s.generations, part == "random")


def _repeated(s: Settings, part: str) -> Iterator[Search]:
    """Searches with several seeds of each row that a setting names."""
    rows, seeds, options = _REPEATED[part]
    for row in getattr(s, rows):
        for seed in range(getattr(s, seeds)):
            yield _search(s, part, row, seed, **options)


def _truth(s: Settings, part: str) -> Iterator[Search]:
    yield from _repeated(s, part)
    for row in s.shown_rows:
        if row not in s.rows:
            yield _search(s, part, row, 0)


def _mutation(s: Settings, part: str) -> Iterator[Search]:
    for row in s.swept_rows:
        for rate in s.sweep_rates:
            for seed in range(s.variant_seeds) if not math.isclose(rate, s.mutation_rate) else ():
                yield _search(s, part, row, seed, rate=rate)  # the main rate was run in `truth`


def artwork(s: Settings, number: int, picture: str) -> Search:
    """The search of one artwork."""
    name = f"artworks-{number:02d}"
    return Search("artworks", name, picture, "asym", "truth", s.mutation_rate, 0, s.artwork_population,
                  s.artwork_generations)  # fmt: skip


def _artworks(s: Settings, part: str) -> Iterator[Search]:
    for number, (_, picture) in enumerate(artworks(s.artworks, s.artworks_per_medium)):
        yield artwork(s, number, picture)


_REPEATED: dict[str, tuple[str, str, dict[str, Any]]] = {  # the settings of rows and seeds, and what differs
    "truth": ("rows", "seeds", {}),
    "sym": ("rows", "variant_seeds", {"variant": "sym"}),
    "epochs": ("swept_rows", "variant_seeds", {"variant": "asym_t"}),
    "random": ("rows", "seeds", {}),
    "observed": ("blind_rows", "seeds", {"reference": "observed"}),
    "heldout": ("blind_rows", "variant_seeds", {"reference": "heldout"}),
}
_BUILDERS: dict[str, Callable[[Settings, str], Iterator[Search]]] = {
    **dict.fromkeys(_REPEATED, _repeated), "truth": _truth, "mutation": _mutation, "artworks": _artworks,
}  # fmt: skip
