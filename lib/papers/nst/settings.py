"""The study's settings and the paper's fixed numbers."""

from dataclasses import dataclass
from typing import Any, ClassVar

from lib.models.vgg import ENCODERS
from lib.papers import settings

# The paper's three weight groups (Table 2) in rising magnitude: style weight, content weight. Ratio 2e-4 in each.
GROUPS = {"G1": (1e-5, 5e-2), "G2": (1e-3, 5.0), "G3": (1e-1, 5e2)}
TV, EPSILON = 30.0, 0.1  # the tutorial's total-variation weight and Adam epsilon, at 512 px
GRID: dict[str, Any] = {"lr": 0.02, "style_weight": 1e-3, "content_weight": 1e4}  # figure 1
VOTE_RATES = (0.0017, 0.005, 0.02, 0.06)  # figures 3 and 4, plus 0.02
GROUP_RATES = (1e-4, 1e-3, 0.01)  # learning rates of table 2
TEXTURE_RATE = 0.01  # of figures 5 to 7 and what is compared with them


def compensation(side: Any) -> Any:
    """The factor on tv and eps at a side, px: gradients of mean losses shrink with the pixels, TV's do not."""
    return (512 / side) ** 2


@dataclass(frozen=True)
class Settings(settings.Settings):
    """Everything a run of the notebook depends on beside what all papers have. `seed` is that of replicate starts,
    searches and resampling."""

    encoder: str  # backbone, see lib.models.vgg.ENCODERS
    content: str  # main content picture (section 3.2)
    contents: list[str]  # columns of figure 1: person, animal, building, plant, book
    styles: list[str]  # rows of figure 1: two oils (the main style, then that of figure 7), ink, comic, pixel art
    shown_styles: list[str]  # further styles of the grid that is shown, where a style's rights forbid showing
    contrast_styles: list[str]  # further styles for claim C8
    photos: str  # data set of natural photos for proxy_nss; empty = that proxy is left out
    side: int  # long side, px (paper 512)
    steps: int  # optimisation steps (tutorial 1000)
    log_every: int  # steps between logged losses
    batch: int  # pictures that share one pass through the encoder
    replicates: int  # runs a configuration at `TEXTURE_RATE`, started from the content + N(0, 1e-3)
    rates: list[float]  # learning rates of figure 2 and table 1
    small_side: int  # long side of heatmap, Pareto search and optimiser experiments, px
    small_steps: int  # their steps
    heatmap_rates: list[float]  # heatmap rows
    heatmap_ratios: list[float]  # heatmap columns, style weight / content weight
    trials: int  # evaluations of the Pareto search, and again of random search
    evaluations: int  # loss evaluations of each optimiser run

    CHOICES: ClassVar = {"encoder": ENCODERS}
    RANGES: ClassVar = {
        **dict.fromkeys(("side", "small_side"), (32, 4096)),
        **dict.fromkeys(("steps", "small_steps", "log_every"), (1, 100_000)),
        **dict.fromkeys(("trials", "evaluations"), (2, 100_000)),
        **dict.fromkeys(("rates", "heatmap_rates"), (1e-8, 10.0)),
        "heatmap_ratios": (1e-12, 1e6),
        "batch": (1, 1024),
        "replicates": (1, 100),
    }
    SWEPT: ClassVar = ("contents", "styles", "rates", "heatmap_rates", "heatmap_ratios")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.style == self.content:
            raise ValueError(
                f"styles begins with {self.style!r}, the content itself: no style would be left to transfer"
            )

    @property
    def style(self) -> str:
        """The main style picture."""
        return self.styles[0]
