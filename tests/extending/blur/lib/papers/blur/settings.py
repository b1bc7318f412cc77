"""The settings: their names are those of the notebook's parameters, their values stand there and in the profiles."""

from dataclasses import dataclass
from typing import ClassVar

from lib.papers import settings


@dataclass(frozen=True)
class Settings(settings.Settings):
    """What all papers have, and the toy's own."""

    picture: str  # name of a bundled picture or path of a file
    side: int  # its longer side, px
    noise: float  # standard deviation (section 3: 0.1)
    budget: int  # candidates asked for
    repeats: int  # draws of the noise for each

    RANGES: ClassVar = {"side": (8, 512), "noise": (0.0, 1.0), "budget": (1, 1000), "repeats": (1, 100)}
