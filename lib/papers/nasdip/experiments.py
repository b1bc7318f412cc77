"""The study's searches as plain lists, grouped in parts. Nothing here computes."""

import math
import re
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
REPEATED: dict[str, tuple[str, str, dict[str, Any]]] = {  # the settings of rows and of seeds, and what differs
    "truth": ("rows", "seeds", {}),
    "sym": ("rows", "variant_seeds", {"variant": "sym"}),
    "epochs": ("swept_rows", "variant_seeds", {"variant": "asym_t"}),
    "random": ("rows", "seeds", {"random": True}),
    "observed": ("blind_rows", "seeds", {"reference": "observed"}),
    "heldout": ("blind_rows", "variant_seeds", {"reference": "heldout"}),
    "mutation": ("swept_rows", "variant_seeds", {}),
}
SEARCHED = (*REPEATED, "artworks")
ELITE = 0.05  # share of the population that passes unchanged, and that is culled (paper section 3.2)


@dataclass(frozen=True)
class Search:
    """One search: of one row, by one searcher, with one seed. `name` is that of its record."""

    part: str
    name: str
    row: str
    mutation_rate: float
    seed: int
    population: int
    generations: int
    variant: str = "asym"  # of the space
    reference: str = "truth"  # what the fitness compares with
    random: bool = False

    @property
    def shown(self) -> str:
        """What its winner is called among the pictures."""
        return {"mutation": f"rate_{self.mutation_rate:g}", "artworks": "artwork"}.get(self.part, "winner")


def elite(population: int) -> int:
    """How many of a population pass unchanged."""
    return max(1, round(ELITE * population))


def budget(population: int, generations: int) -> int:
    """Candidates that a genetic algorithm asks: elites are not asked again."""
    return population + generations * (population - elite(population))


def searches(settings: Settings, part: str) -> list[Search]:
    """Every search of a part, in order; none for the parts that search nothing."""
    if part == "artworks":
        listed = artworks(settings.artworks, settings.artworks_per_medium)
        return [artwork(settings, number, picture) for number, (_, picture) in enumerate(listed)]
    if part not in REPEATED:
        return []
    rows, seeds, own = REPEATED[part]
    main, size = settings.mutation_rate, (settings.population, settings.generations)
    swept = part == "mutation"
    rates = [rate for rate in settings.sweep_rates if not math.isclose(rate, main)] if swept else [main]
    asked = [(row, rate, seed) for row in getattr(settings, rows) for rate in rates
             for seed in range(getattr(settings, seeds))]  # fmt: skip
    if part == "truth":
        asked += [(row, main, 0) for row in settings.shown_rows if row not in settings.rows]
    ends = [f"{rate:g}-{seed}" if swept else seed for _, rate, seed in asked]
    return [Search(part, record_name(part, row, end), row, rate, seed, *size, **own)
            for (row, rate, seed), end in zip(asked, ends, strict=True)]  # fmt: skip


def every(settings: Settings) -> list[Search]:
    """Every search of the study."""
    return [search for part in SEARCHED for search in searches(settings, part)]


def record_name(part: str, row: str, end: str | int) -> str:
    """The name of a search's record. A row may be the path of a picture, of which only letters and digits stay."""
    return f"{part}-{re.sub('[^A-Za-z0-9_.-]+', '_', row)}-{end}"


def artwork(settings: Settings, number: int, picture: str) -> Search:
    """The search of one artwork."""
    size = settings.artwork_population, settings.artwork_generations
    return Search("artworks", f"artworks-{number:02d}", picture, settings.mutation_rate, 0, *size)
