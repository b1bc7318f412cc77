"""The study's settings: one flat, validated block whose names are the notebook's parameters."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from inspect import formatannotation
from typing import Any

from lib.models.vgg import ENCODERS

RUN_ONLY = frozenset(
    {"profile", "parts", "device", "threads", "fresh"}
)  # change no result, so no part of a run's identity

# The paper's three weight groups (Table 2) in rising magnitude: style weight, content weight. Ratio 2e-4 in each.
GROUPS = {"G1": (1e-5, 5e-2), "G2": (1e-3, 5.0), "G3": (1e-1, 5e2)}
TV, EPSILON = 30.0, 0.1  # the tutorial's total-variation weight and Adam epsilon, at 512 px
GRID_WEIGHTS = (1e-3, 1e4)  # figure 1: style weight, content weight
VOTE_RATES = (0.0017, 0.005, 0.02, 0.06)  # figures 3 and 4, plus 0.02


@dataclass(frozen=True)
class Settings:
    """Everything a run of the notebook depends on. There are no defaults: smoke values stand in the notebook."""

    profile: str  # smoke, desk, day, paper or custom
    parts: list[str]  # parts to compute; empty = all
    device: str  # auto, cpu, cuda, cuda:N
    threads: int  # CPU threads; 0 = one a core
    fresh: bool  # throw stored rows away and compute anew
    seed: int  # of replicate starts, searches and resampling
    encoder: str  # backbone, see lib.models.vgg.ENCODERS
    content: str  # main content picture (section 3.2)
    style: str  # main style picture
    second_style: str  # style of figure 7, one with little fine texture
    contents: list[str]  # columns of figure 1: person, animal, building, plant, book
    styles: list[str]  # rows of figure 1: two oils, ink, comic, pixel art
    shown_styles: list[str]  # further styles of the grid that is shown, where a style's rights forbid showing
    contrast_styles: list[str]  # further styles for claim C8
    photos: str  # data set of natural photos for proxy_nss; empty = that proxy is left out
    side: int  # long side, px (paper 512)
    steps: int  # optimisation steps (tutorial 1000)
    log_every: int  # steps between logged losses
    batch: int  # pictures that share one pass through the encoder
    replicates: int  # runs a configuration at texture_rate, started from the content + N(0, 1e-3)
    rates: list[float]  # learning rates of figure 2 and table 1
    group_rates: list[float]  # learning rates of table 2
    texture_rate: float  # learning rate of figures 5 to 7
    grid_rate: float  # learning rate of figure 1
    small_side: int  # long side of heatmap, Pareto search and optimiser experiments, px
    small_steps: int  # their steps
    heatmap_rates: list[float]  # heatmap rows
    heatmap_ratios: list[float]  # heatmap columns, style weight / content weight
    trials: int  # evaluations of the Pareto search, and again of random search
    evaluations: int  # loss evaluations of each optimiser run
    decide: bool  # run E0, which decides between readings A and B; needs vgg19 and a GPU

    def __post_init__(self) -> None:
        if self.encoder not in ENCODERS:
            raise ValueError(f"encoder is {self.encoder!r}; allowed are {', '.join(ENCODERS)}")
        if self.style == self.content:
            raise ValueError(f"style is {self.style!r}, the content itself: no style would be left to transfer")
        for name, low, high in _RANGES:
            values = getattr(self, name)
            for value in values if isinstance(values, list) else [values]:
                if not low <= value <= high:
                    raise ValueError(f"{name} is {value!r}; allowed are {low} to {high}")
        for name in ("contents", "styles", "rates", "group_rates", "heatmap_rates", "heatmap_ratios"):
            if not getattr(self, name):
                raise ValueError(f"{name} is empty; give at least one value")
            if len(set(getattr(self, name))) < len(getattr(self, name)):
                raise ValueError(f"{name} is {getattr(self, name)}; each value may stand there once")

    @classmethod
    def pick(cls, parameters: Mapping[str, Any]) -> "Settings":
        """Settings from a mapping that holds a value for every field, such as a notebook's globals().

        Raises ValueError naming the first missing parameter, or one whose type differs from the declared one.
        """
        values = {}
        for field in fields(cls):
            if field.name not in parameters:
                raise ValueError(f"parameter {field.name} is missing; run the notebook's parameters cell first")
            values[field.name] = _typed(field.name, formatannotation(field.type), parameters[field.name])
        return cls(**values)

    def identity(self) -> dict[str, Any]:
        """The settings that results depend on."""
        return {name: value for name, value in asdict(self).items() if name not in RUN_ONLY}


_RANGES = [
    ("side", 32, 4096), ("small_side", 32, 4096), ("steps", 1, 100_000), ("small_steps", 1, 100_000),
    ("log_every", 1, 100_000), ("batch", 1, 1024), ("replicates", 1, 100), ("trials", 2, 100_000),
    ("evaluations", 2, 100_000), ("seed", 0, 2**31 - 1), ("rates", 1e-8, 10.0), ("group_rates", 1e-8, 10.0),
    ("heatmap_rates", 1e-8, 10.0), ("heatmap_ratios", 1e-12, 1e6), ("texture_rate", 1e-8, 10.0),
    ("grid_rate", 1e-8, 10.0),
]  # fmt: skip

_TYPES: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "int": (int,),
    "float": (float, int),
    "bool": (bool,),
    "list": (list,),
}


def _typed(name: str, declared: str, value: Any) -> Any:
    """The value if it has the declared type (an int may stand for a float), else ValueError."""
    base, _, inner = declared.rstrip("]").partition("[")
    wrong = not isinstance(value, _TYPES[base]) or (isinstance(value, bool) and base != "bool")
    if wrong:
        raise ValueError(f"{name} is {value!r} of type {type(value).__name__}; {declared} is needed")
    if base == "list":
        return [_typed(f"{name}[{i}]", inner, item) for i, item in enumerate(value)]
    return float(value) if base == "float" else value
