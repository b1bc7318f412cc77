"""The study's settings: the pictures, the networks, the searches, and the trainings that the tables compare."""

from dataclasses import dataclass
from typing import ClassVar

from lib.papers import networks, settings

SIDES = (16, 32, 48, 64)  # px of the whole generator's pictures; eight times its first feature map
FEATURES = ("auto", "task", *networks.NAMES)


@dataclass(frozen=True)
class Settings(settings.WorkerSettings):
    """Everything a run of the notebook depends on beside what all papers have. `seed` draws initial weights, noise and
    the order of pictures; searches and repeats count on from it."""

    precision: str  # float32, or bfloat16 for the convolutions of the GAN
    data: str  # training pictures: patches, a data set, or a folder of own pictures
    pictures: int  # of them used, at most; 0 is all
    side: int  # px of the whole generator's pictures (CIFAR-10: 32)
    features: str  # networks behind the final scores: auto (Inception of 2015, else Lite0), task, or one by name
    reward: str  # network behind rewards: task (classifier trained on the pictures' labels), or one by name
    classifier_epochs: int  # of the task classifier
    width: int  # channels of the searched generator (O: 128)
    d_width: int  # channels of its discriminator (O: 64)
    derived_width: int  # channels of a derived generator (O: 256)
    derived_d_width: int  # channels of its discriminator (O: 128)
    latent: int  # numbers in z (O: 128)
    d_batch: int  # pictures of a discriminator's step (paper 64)
    g_batch: int  # pictures of a generator's step (paper 128)
    n_critic: int  # discriminator's steps a generator's step (O: 5)
    lr: float  # Adam's rate of both (paper 2e-4)
    skip_out: str  # what a cell hands on: pre_sum (figure 3) or post_sum (released weights)
    iterations: int  # of a search (paper 90)
    growth: list[int]  # iterations that begin the second and the third stage (25, 55)
    shared_steps: int  # discriminator's steps a search iteration, at most (paper 11,730)
    controller_steps: list[int]  # a search iteration, by stage (paper 30)
    reward_images: int  # pictures that score a child (O: 5,000)
    reward_splits: int  # of their inception score (O: 10)
    candidates: int  # M, sampled at the end of a stage (O: 10)
    kept: int  # K of them kept as beams (O: 5)
    control: int  # genomes of the policy, and as many uniform ones, compared at the end of a stage; 0 is none
    evaluated_images: int  # pictures that score the likeliest child of an iteration
    controller_lr: float  # Adam's rate (paper 3.5e-4)
    entropy_weight: float  # beta (paper 1e-4)
    baseline_decay: float  # of the moving baseline (O: 0.9)
    hidden: int  # numbers in the controller's state (O: 100)
    order: str  # tokens as in the released code, or as in the paper (skips first)
    official_entropy: bool  # the released update, which lowers the entropy (specification 5.5)
    memo: bool  # score a genome once a phase, as the weights stay
    reset_window: int  # losses of the dynamic reset (O: 500)
    reset_interval: int  # discriminator's steps between two tests of their variance
    reset_threshold: float  # variance (paper 1e-3)
    nan: str  # what follows on a loss that is not finite: reset of the shared GAN, or stop
    searches: int  # AutoGAN's search, with other seeds
    fid_searches: int  # with 1/FD as reward (figure 8)
    noreset_searches: int  # without dynamic reset (figure 9)
    slas_searches: int  # single-level (figure 10)
    rsws_searches: int  # random search with weight sharing
    rsws_genomes: int  # scored with the shared weights at its end
    rsws_screen: int  # pictures that score each of them first
    rses_genomes: int  # of random search without weight sharing, in its first rung; 0 is none
    rses_eta: int  # one in so many goes on
    rses_steps: list[int]  # generator's steps of its rungs
    derived: list[str]  # networks trained for table 1: a, b, c, sngan, top1 to top3, rsws, rses, or genomes
    derived_steps: int  # generator's steps of them (paper 50,000)
    derived_repeats: int  # seeds of a and sngan; the others have one
    derived_scored: int  # generator's steps between two scores
    ema: float  # decay of the averaged weights (O: 0.999)
    images: int  # pictures of a final score (paper 50,000)
    splits: int  # of its inception score (paper 10)
    transfer_data: str  # pictures of table 2
    transfer_side: int  # px (STL-10: 48)
    transfer_steps: int  # generator's steps (paper 50,000)
    proxy_genomes: int  # of figure 7
    proxy_steps: int  # generator's steps of each (paper 4,692)

    CHOICES: ClassVar = {
        "precision": ("float32", "bfloat16"),
        **dict.fromkeys(("side", "transfer_side"), SIDES),
        "features": FEATURES,
        "reward": FEATURES,
        "skip_out": ("pre_sum", "post_sum"),
        "order": ("code", "paper"),
        "nan": ("reset", "stop"),
    }
    RANGES: ClassVar = {
        "pictures": (0, 10_000_000),
        **dict.fromkeys(("width", "d_width", "derived_width", "derived_d_width", "latent", "hidden"), (1, 4096)),
        **dict.fromkeys(("d_batch", "g_batch"), (2, 65_536)),
        **dict.fromkeys(("n_critic", "reward_splits", "splits", "kept", "rses_eta"), (1, 1000)),
        **dict.fromkeys(("lr", "controller_lr"), (1e-8, 1.0)),
        **dict.fromkeys(("iterations", "growth", "shared_steps", "controller_steps"), (1, 10_000_000)),
        **dict.fromkeys(("candidates", "reset_interval", "searches"), (1, 100_000)),
        **dict.fromkeys(("reward_images", "evaluated_images", "images", "rsws_genomes"), (2, 1_000_000)),
        "reset_window": (2, 1_000_000),
        **dict.fromkeys(("control", "rsws_screen", "rses_genomes", "proxy_genomes"), (0, 1_000_000)),
        **dict.fromkeys(("fid_searches", "noreset_searches", "slas_searches", "rsws_searches"), (0, 1000)),
        "entropy_weight": (0, 100),
        **dict.fromkeys(("baseline_decay", "ema"), (0, 1)),
        "reset_threshold": (0, 1e12),
        **dict.fromkeys(("rses_steps", "derived_steps", "derived_scored", "transfer_steps", "proxy_steps",
                         "classifier_epochs"), (1, 100_000_000)),
        "derived_repeats": (1, 100),
    }  # fmt: skip
    SWEPT: ClassVar = ("rses_steps", "derived")

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.growth) != 2 or not 0 < self.growth[0] < self.growth[1] < self.iterations:
            raise ValueError(f"growth is {self.growth}; two rising iterations below {self.iterations} are allowed")
        if len(self.controller_steps) != 3:
            raise ValueError(f"controller_steps is {self.controller_steps}; three numbers are needed, one a stage")
        if self.kept > self.candidates:
            raise ValueError(f"kept is {self.kept}; at most the {self.candidates} candidates are allowed")
        if self.rses_steps != sorted(self.rses_steps) or any(steps % self.rses_steps[0] for steps in self.rses_steps):
            raise ValueError(f"rses_steps is {self.rses_steps}; rising multiples of the first are allowed")
        for name, splits in (("reward_images", "reward_splits"), ("images", "splits")):
            if getattr(self, name) < 2 * getattr(self, splits):
                raise ValueError(f"{name} is {getattr(self, name)}; two a split are needed, and {splits} is "
                                 f"{getattr(self, splits)}")  # fmt: skip
