"""The study's settings: what is restored, which networks may be found, how they are trained and searched."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from lib.papers import settings
from lib.spaces.nasdip import NasDip

# What the paper leaves open, and how the networks are computed; the first of each is taken.
READINGS = {
    "width_table": ("paper", "pow2"),  # 1, 1, 2 .. 64 or 1, 2 .. 128
    "skip_code": ("linear", "gate3"),  # 0 = none, else channels; or a gate bit and a width code
    "bypass": ("identity", "resample", "shortcut"),
    "stage": ("dip", "single"),  # the blocks of Deep Image Prior, or one convolution a stage
    "skip_tap": ("pre", "post"),  # skips start at a stage's input or its output
    "pad": ("reflect", "zeros"),
    "loss": ("mse", "l1"),
    "down": ("bilinear", "lanczos2"),  # down-sampling of super-resolution
    "precision": ("float32", "bfloat16"),
}
SPACE = ("units", "variant", "width_table", "skip_code", "bypass", "max_width", "max_filter", "t_table", "pad", "stage")


def space(values: Mapping[str, Any], side: int | tuple[int, int]) -> NasDip:
    """The space that settings, with a variant and the readings chosen, describe for pictures of this side, px."""
    return NasDip(**{name: values[name] for name in SPACE}, side=side)


@dataclass(frozen=True)
class Settings(settings.WorkerSettings):
    """Everything a run of the notebook depends on beside what all papers have. `seed` draws the degradations and the
    fresh seeds of winners and baselines; what a search draws follows from its number alone (0 to `seeds` - 1)."""

    rows: list[str]  # rows of table 2, see lib.papers.nasdip.tasks.ROWS
    shown_rows: list[str]  # further rows, whose pictures may be shown
    blind_rows: list[str]  # rows that are searched without the truth too
    swept_rows: list[str]  # rows of the mutation-rate sweep and of the searched iterations
    artworks: str  # data set with a folder a medium, `procedural`, or empty for no figure 8
    artworks_per_medium: int
    side: int  # px; 0 = native size
    framing: str  # window: the row's own cut, shrunk to side; whole: the whole picture
    sigma: float  # noise of denoising, of 255 (not in the paper)
    units: int  # N, pairs of stages in the genome (paper 5)
    readings: list[str]  # other readings of the paper than the first of each, such as bypass=resample; see READINGS
    max_width: int  # cap on the channels of a stage
    max_filter: int  # cap on the filter size
    t_table: list[int]  # iterations that NAS-DIP-T's two bits choose from
    iterations: int  # Adam steps (paper 2000)
    lr: float  # Adam's rate (paper 1e-3)
    lpips: str  # network of LPIPS: alex or vgg
    population: int  # K (paper 500)
    generations: int  # generations after the first, at most (paper 20)
    early_stop: bool  # stop where best and mean fitness have settled
    init: str  # uniform (paper, invalid genomes included) or valid
    parents: str  # middle (paper) or survivors, for populations below 50
    mutation_rate: float  # of each bit (paper 0.05)
    sweep_rates: list[float]  # mutation rates of table 3
    artwork_population: int  # K of figure 8's searches
    artwork_generations: int
    window: int  # candidates asked before the oldest is told
    seeds: int  # searches of each row, with other seeds
    variant_seeds: int  # the same for symmetric, T and mutation-rate searches
    rescored: int  # fresh seeds with which winners and baselines are scored
    classical: list[str]  # classical networks to compare with, see lib.papers.nasdip.baselines.NETWORKS
    published: float  # share of its own published iterations that the published network gets

    CHOICES: ClassVar = {
        "framing": ("window", "whole"),
        "lpips": ("alex", "vgg"),
        "init": ("uniform", "valid"),
        "parents": ("middle", "survivors"),
        "classical": ("dip_matched", "dip_scaled", "dip_published"),
    }
    RANGES: ClassVar = {
        "side": (0, 4096),
        "sigma": (0, 255),
        "units": (1, 8),
        "max_width": (1, 128),
        "max_filter": (1, 15),
        "t_table": (0, 100_000),
        **dict.fromkeys(("iterations", "window"), (1, 1_000_000)),
        "lr": (1e-8, 10.0),
        **dict.fromkeys(("population", "artwork_population"), (4, 100_000)),
        **dict.fromkeys(("generations", "artwork_generations", "artworks_per_medium"), (0, 10_000)),
        **dict.fromkeys(("mutation_rate", "sweep_rates"), (0.0, 1.0)),
        **dict.fromkeys(("seeds", "variant_seeds", "rescored"), (1, 1000)),
        "published": (1e-6, 1),
    }
    SWEPT: ClassVar = ("rows", "sweep_rates")

    def __post_init__(self) -> None:
        super().__post_init__()
        known = self.searched
        for name in ("blind_rows", "swept_rows"):
            if strange := [row for row in getattr(self, name) if row not in known]:
                raise ValueError(f"{name} names {strange[0]!r}; allowed are the rows searched: {', '.join(known)}")
        if self.framing == "window" and not self.side:
            raise ValueError("side is 0 with framing 'window'; a window needs a side, the native size framing 'whole'")
        self.reading()
        for name in ("shown_rows", "blind_rows", "swept_rows", "classical"):
            if len(set(values := getattr(self, name))) < len(values):
                raise ValueError(f"{name} is {values}; each value may stand there once")
        if len(self.t_table) != 4:
            raise ValueError(f"t_table is {self.t_table}; two bits choose from 4 values")

    @property
    def searched(self) -> list[str]:
        """Every row that is searched, each once."""
        return list(dict.fromkeys([*self.rows, *self.shown_rows]))

    def reading(self) -> dict[str, str]:
        """Each of `READINGS` with the value chosen. Raises ValueError for a name or value that is not there."""
        chosen = {name: values[0] for name, values in READINGS.items()}
        for text in self.readings:
            name, _, value = text.partition("=")
            if value not in READINGS.get(name, ()):
                allowed = ", ".join(f"{name}={'|'.join(values)}" for name, values in READINGS.items())
                raise ValueError(f"readings names {text!r}; allowed are {allowed}")
            chosen[name] = value
        return chosen
