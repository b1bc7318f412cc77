"""The study's settings: the photos, how decoders are trained, scored and searched, and what the tables compare."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from lib.papers import settings
from lib.spaces.stylenas import StyleNas

ENCODERS = ("vgg16", "vgg19")


@dataclass(frozen=True)
class Scoring:
    """The settings that the score of a genome depends on, and all that is trained for the tables."""

    encoder: str  # frozen encoder: vgg16 or vgg19 (paper)
    training: Sequence[str]  # training photos: `bundled`, data sets, or folders of own photos
    photos: int  # crops taken of them (O: 8000)
    pairs: str  # content and style photos: `bundled`, `style/photoreal`, or a folder with `content` and `style`
    search_pairs: int  # pairs that score a candidate (paper 40); the others are held out
    width: int  # px of the pairs while searching, twice their height (O: 768)
    side: int  # px of a candidate's training photos (O: 256)
    steps: int  # training steps of a candidate (O: 1000)
    batch: int  # photos a step (O: 16)
    lr: float  # Adam's rate at the start of every training (O: 1e-4); it falls to 1e-4 on a cosine
    oracle_side: int  # px
    oracle_steps: int  # of the supervisory oracle, at least 5 times a candidate's (3.8)
    final_side: int  # px
    final_steps: int  # of the networks compared in the tables
    photowct_steps: int  # of each of PhotoWCT's four decoders
    content_shift: float  # of the identity added to the content's covariance (3.2; O: 1)
    seed: int  # of initial weights and the order of photos
    device: str


@dataclass(frozen=True)
class Settings(settings.WorkerSettings, Scoring):
    """Everything a run of the notebook depends on beside what all papers have. `seed` draws initial weights and the
    order of photos; what a search draws follows from its number alone (0 to `searches` - 1)."""

    training: list[str]
    population: int  # P (paper 20)
    sample: int  # S, drawn with replacement (O: 10)
    evaluations: int  # C of a search by evolution (paper 140)
    random: int  # genomes of a random search (paper 200)
    stratified: int  # genomes of the stratified control (5.5)
    searches: int  # searches of each kind, with other seeds
    window: int  # candidates asked before the oldest is told
    noise_genomes: list[str]  # names or genomes trained again with other seeds
    noise_repeats: int  # trainings of each of them; a search's winner gets one less, all of them fresh
    ablated: int  # operators of the best network left out, one at a time, at most
    table_pairs: int  # pairs in table 1, at most (paper 40)
    table_width: int  # px of the pairs in table 1 (O: 768)
    resamples: int  # random halves of the pairs for intervals (7.1: at least 200)
    shown_pairs: int  # bundled pairs in the grids
    timed_widths: list[int]  # px of table 2 (paper 256, 512, 768, 1024)
    timed_runs: int  # of the median in table 2; a third as many for the closed form (4.4)

    CHOICES: ClassVar = {"encoder": ENCODERS}
    RANGES: ClassVar = {
        "photos": (1, 1_000_000),
        "search_pairs": (2, 10_000),
        **dict.fromkeys(("width", "table_width", "timed_widths"), (64, 8192)),
        **dict.fromkeys(("side", "oracle_side", "final_side"), (32, 2048)),
        **dict.fromkeys(("steps", "oracle_steps", "final_steps", "photowct_steps"), (1, 10_000_000)),
        "batch": (1, 4096),
        "lr": (1e-8, 1.0),
        "content_shift": (0, 1000),
        **dict.fromkeys(("population", "sample", "evaluations", "random", "window"), (1, 100_000)),
        **dict.fromkeys(("stratified", "ablated"), (0, 100_000)),
        "table_pairs": (4, 10_000),
        **dict.fromkeys(("searches", "timed_runs"), (1, 1000)),
        "noise_repeats": (2, 1000),
        "resamples": (2, 100_000),
        "shown_pairs": (1, 12),
    }
    SWEPT: ClassVar = ("training", "timed_widths", "noise_genomes")

    def __post_init__(self) -> None:
        super().__post_init__()
        sizes = {32: ("width", "table_width", "timed_widths"), 16: ("side", "oracle_side", "final_side")}
        for multiple, names in sizes.items():  # a pair's height is half its width
            for name in names:
                if odd := [value for value in self._values(name) if value % multiple]:
                    raise ValueError(f"{name} is {odd[0]}; multiples of {multiple} are allowed")
        for name in self.noise_genomes:
            try:
                StyleNas().named(name)
            except ValueError as error:
                raise ValueError(f"noise_genomes: {error}") from None
        if self.photos < self.batch:
            raise ValueError(f"photos is {self.photos}; at least a batch of {self.batch} is needed")
        if self.evaluations < self.population:
            raise ValueError(f"evaluations is {self.evaluations}; at least the population of {self.population}")
        if self.oracle_steps < 5 * self.steps:
            raise ValueError(f"oracle_steps is {self.oracle_steps}; at least 5 times steps, which is {self.steps}")
