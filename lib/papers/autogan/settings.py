"""The study's settings: the pictures, the networks, the searches, and the trainings that the tables compare."""

from dataclasses import dataclass
from typing import ClassVar

from lib.papers import networks, settings

SIDES = (16, 32, 48, 64)  # px of the whole generator's pictures; eight times its first feature map
FEATURES = ("auto", "task", *networks.NAMES)
VARIANTS = (
    "no_memo",  # every child is scored, as in the paper; else a genome once a phase, as the weights stay
    "post_sum",  # cells hand on what the released code does, else what figure 3 draws
    "paper_order",  # skips are named first, else as in the released code
    "official_entropy",  # the released update of the controller, which lowers the entropy
    "stop_at_nan",  # a loss that is not finite ends the search, else it draws the shared GAN anew
    "bfloat16",  # the precision of the GAN's convolutions, else float32
)
COUNTS = {"widths": 2, "derived_widths": 2, "batches": 2, "stages": 3, "controller_steps": 3, "beams": 2, "searches": 5,
          "rsws": 2, "derived_steps": 3}  # fmt: skip


@dataclass(frozen=True)
class Settings(settings.WorkerSettings):
    """Everything a run of the notebook depends on beside what all papers have. `seed` draws initial weights, noise and
    the order of pictures; searches and repeats count on from it."""

    data: str  # training pictures: patches, a data set, or a folder of own pictures
    pictures: int  # of them used, at most; 0 is all
    side: int  # px of the whole generator's pictures (CIFAR-10: 32)
    features: str  # networks behind the final scores: auto (Inception of 2015, else Lite0), task, or one by name
    reward: str  # network behind rewards: task (classifier trained on the pictures' labels), or one by name
    widths: list[int]  # channels of the searched generator and of its discriminator (O: 128, 64)
    derived_widths: list[int]  # of those trained from scratch (O: 256, 128)
    batches: list[int]  # pictures of a discriminator's and of a generator's step (paper 64, 128)
    stages: list[int]  # iterations of a search in each stage (paper 90 in all; 25, 30, 35)
    shared_steps: int  # discriminator's steps a search iteration, at most (paper 11,730)
    controller_steps: list[int]  # a search iteration, by stage (paper 30)
    controller_lr: float  # Adam's rate (paper 3.5e-4)
    reward_images: int  # pictures that score a child (O: 5,000)
    beams: list[int]  # M candidates sampled at the end of a stage, K of them kept (O: 10, 5)
    reset_window: int  # losses of the dynamic reset (O: 500)
    reset_threshold: float  # variance (paper 1e-3)
    variants: list[str]  # what is done otherwise, see `VARIANTS`
    searches: list[int]  # of each kind of `experiments.SEARCHED`, with other seeds
    rsws: list[int]  # genomes that random search with weight sharing scores at its end, pictures that screen each
    rses_steps: list[int]  # generator's steps of the rungs of random search without weight sharing
    derived: list[str]  # for table 1, a seed each time it is named: a, b, c, sngan, top1 to top3, rsws, rses, genomes
    derived_steps: list[int]  # generator's steps: table 1, table 2, figure 7 (paper 50,000, 50,000, 4,692)
    images: int  # pictures of a final score (paper 50,000)
    transfer_data: str  # pictures of table 2
    proxy_genomes: int  # of figure 7

    CHOICES: ClassVar = {
        "side": SIDES, "features": FEATURES, "reward": FEATURES, "variants": VARIANTS,
    }  # fmt: skip
    RANGES: ClassVar = {
        "pictures": (0, 10_000_000),
        **dict.fromkeys(("widths", "derived_widths"), (1, 4096)),
        "batches": (2, 65_536),
        **dict.fromkeys(("stages", "shared_steps", "controller_steps", "rses_steps", "derived_steps"), (1, 10_000_000)),
        **dict.fromkeys(("beams", "searches", "proxy_genomes"), (1, 1000)),
        **dict.fromkeys(("reward_images", "images", "rsws", "reset_window"), (2, 1_000_000)),
        "controller_lr": (1e-8, 1.0),
        "reset_threshold": (0, 1e12),
    }  # fmt: skip
    SWEPT: ClassVar = ("rses_steps",)

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, count in COUNTS.items():
            if len(value := getattr(self, name)) != count:
                raise ValueError(f"{name} is {value}; {count} numbers are needed")
        if not self.derived:
            raise ValueError("derived is empty; give at least one network")
        if self.beams[1] > self.beams[0]:
            raise ValueError(f"beams is {self.beams}; at most all candidates can be kept")
        if self.rses_steps != sorted(self.rses_steps) or any(steps % self.rses_steps[0] for steps in self.rses_steps):
            raise ValueError(f"rses_steps is {self.rses_steps}; rising multiples of the first are allowed")

    @property
    def iterations(self) -> int:
        """Of a whole search."""
        return sum(self.stages)

    @property
    def ema(self) -> float:
        """Decay of the averaged weights (O: 0.999), smaller in short trainings, so that the first weights are gone."""
        return min(0.999, max(0.0, 1 - 12 / self.derived_steps[0]))
