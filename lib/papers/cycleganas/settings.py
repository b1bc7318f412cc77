"""The study's settings: sets of pictures, supernetworks and their search, and the trainings that figures compare."""

import math
from dataclasses import dataclass
from typing import ClassVar

from lib.models.cycleganas import MIXES
from lib.models.mixed_ops import FORMS
from lib.papers import networks, settings
from lib.searchers.differentiable import SCHEMES
from lib.spaces.cycleganas import PRESETS
from lib.training.cyclegan import GANS, PRECISIONS


@dataclass(frozen=True)
class Settings(settings.WorkerSettings):
    """Everything a run of the notebook depends on beside what all papers have. `seed` draws halves, initial weights and
    the order of pictures; searches and repeats count on from it."""

    precision: str  # float32, or bfloat16 for the convolutions
    data: list[str]  # sets of two domains, or folders of them; the first stands for the paper's facades
    scheme_data: list[str]  # those searched with every scheme (figure 3)
    width_data: list[str]  # those trained at every width (figure 4)
    control_data: list[str]  # those with C' and random architectures (figure 6)
    test_pictures: int  # of a domain that are scored, at most; 0 is all
    features: str  # networks behind the scores: auto (Inception of 2015, else Lite0), or one by name
    side: int  # px (paper 256)
    blocks: int  # residual cells of a generator (paper 9)
    preset: str  # paper, or repo for the authors' newest code
    gan: str  # lsgan, or bce as in equation 1
    lr: float  # Adam's rate (paper 2e-4)
    search_width: int  # H of the supernetworks' stems (paper 16)
    search_ndf: int  # channels of the searched discriminators (16)
    mix: str  # softmax, or gumbel
    form: str  # how mixed layers are computed; auto is the fastest, timed
    alpha_lr: float  # rate of the architecture logits (paper 2e-4)
    schemes: list[str]  # of OF, TF, TH and THS
    same_pair: bool  # True: TF takes both its steps on the same pictures, as in the authors' first code
    searches: int  # of OF, with other seeds
    scheme_searches: int  # of each other scheme
    search_steps: int  # iterations of a search, half of them for TH and THS; 0 is search_epochs
    search_epochs: int  # over the larger domain, where search_steps is 0 (paper 400)
    matched: list[int]  # widths of the CycleGANs that searched pairs match in size (figure 5: 32, 64)
    widths: list[int]  # the same, of figure 4
    controlled: int  # the same, of figures 3 and 6 (paper 64); one of matched
    ndf: int  # channels of the trained discriminators (paper 64)
    train_steps: int  # iterations of a training; 0 is train_epochs
    train_epochs: int  # where train_steps is 0 (paper 200)
    repeats: int  # trainings of C, N and C' at the controlled width (paper 3 and 5)
    other_repeats: int  # of the others (paper 3)
    randoms: int  # random architectures, each trained once
    chunks: int  # rows that a search or a training writes, each with a checkpoint
    evaluations: int  # scores during a training (paper: one an epoch)

    CHOICES: ClassVar = {
        "precision": PRECISIONS[:2],
        "features": ("auto", *networks.NAMES),
        "preset": PRESETS,
        "gan": GANS,
        "mix": MIXES,
        "form": ("auto", *FORMS),
        "schemes": tuple(SCHEMES),
    }
    RANGES: ClassVar = {
        "test_pictures": (0, 1_000_000),
        "side": (32, 1024),
        "blocks": (1, 64),
        **dict.fromkeys(("lr", "alpha_lr"), (1e-8, 1.0)),
        **dict.fromkeys(("search_width", "search_ndf", "matched", "widths", "controlled", "ndf"), (1, 1024)),
        **dict.fromkeys(("search_steps", "train_steps"), (0, 100_000_000)),
        **dict.fromkeys(("search_epochs", "train_epochs"), (1, 100_000)),
        **dict.fromkeys(("searches", "scheme_searches", "repeats", "other_repeats"), (1, 1000)),
        "randoms": (0, 1000),
        **dict.fromkeys(("chunks", "evaluations"), (1, 10_000)),
    }
    SWEPT: ClassVar = ("data", "schemes", "matched")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.side % 16:
            raise ValueError(f"side is {self.side}; allowed are multiples of 16")
        for name in ("scheme_data", "width_data", "control_data"):
            for key in getattr(self, name):
                if key not in self.data:
                    raise ValueError(f"{name} names {key!r}; allowed are those of data: {', '.join(self.data)}")
                if getattr(self, name).count(key) > 1:
                    raise ValueError(f"{name} names {key!r} twice")
        if "OF" not in self.schemes:
            raise ValueError(f"schemes is {self.schemes}; OF must be among them, as its outcomes are compared")
        if self.controlled not in self.matched:
            raise ValueError(f"controlled is {self.controlled}; allowed are those of matched: {self.matched}")
        if self.search_steps == 1:
            raise ValueError("search_steps is 1; allowed are 0 and 2 and more, as TH and THS take half of them")

    def steps(self, kind: str, pictures: int, share: float = 1.0) -> int:
        """Iterations of a `search` or `train`ing on a set whose larger domain has so many pictures."""
        each = getattr(self, f"{kind}_steps") or getattr(self, f"{kind}_epochs") * pictures
        return max(1, math.floor(share * each))
