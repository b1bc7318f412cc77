"""The study's settings: which searchers, on which problems, with which budgets."""

from dataclasses import dataclass
from typing import ClassVar

from lib.papers import settings
from lib.searchers import SEARCHERS

CONTROL = "random"  # the searcher that stands in every figure


@dataclass(frozen=True)
class Settings(settings.Settings):
    """Everything a run of the notebook depends on beside what all papers have. `seed` decides nothing: the
    searches have the seeds 0, 1, 2, ..."""

    workers: str  # serial, processes:N, ray, ray:ADDRESS
    searched: list[str]  # names of registered problems; empty = all
    compared: list[str]  # names from lib.searchers, random search among them
    toy_seeds: int  # searches a searcher, of other seeds, on each toy space
    toy_budget: int  # candidates asked in each
    standin_seeds: int  # the same on the papers' spaces with a formula as score
    standin_budget: int
    real_seeds: int  # the same on real trainings
    real_budget: int  # trainings, distinct valid networks
    control_seeds: int  # searches with random scores a searcher, on each problem without training
    generations: int  # a population is so small that it renews itself this often within the budget
    window: int  # candidates asked before the oldest is told; also how many recent ones a distance is taken over
    noise: float  # standard deviation of a score in the noise experiment
    repeats: int  # evaluations of a candidate there, against one
    side: int  # of pictures in real trainings, px
    iterations: int  # their training steps

    RANGES: ClassVar = {
        **dict.fromkeys(("toy_seeds", "standin_seeds", "real_seeds", "control_seeds"), (1, 10_000)),
        **dict.fromkeys(("toy_budget", "standin_budget", "real_budget"), (4, 10_000_000)),
        **dict.fromkeys(("generations", "window", "iterations"), (1, 1_000_000)),
        "noise": (1e-9, 1.0),
        "repeats": (2, 1000),
        "side": (16, 4096),
    }
    CHOICES: ClassVar = {"compared": SEARCHERS}
    SWEPT: ClassVar = ("compared",)

    def __post_init__(self) -> None:
        super().__post_init__()
        if CONTROL not in self.compared:
            raise ValueError(f"compared is {self.compared}; {CONTROL!r} must be among them, as the control")

    def budget(self, kind: str) -> int:
        """The budget of each search on a kind of problem."""
        return int(getattr(self, f"{kind}_budget"))

    def seeds(self, kind: str) -> int:
        """The searches of each searcher on a kind of problem."""
        return int(getattr(self, f"{kind}_seeds"))
