"""Scores of translations: distances to the target domain's test pictures, and errors where the truth is known.

The protocol is clean-fid's: antialiased bicubic resize of 8-bit pictures, every test picture once, neither cropped nor
flipped. KD decides where a set has few pictures; FD stands beside it.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

import torch
from torch import Tensor
from torch.nn import functional as F
from torchvision.utils import make_grid

from lib import device
from lib.data import domains
from lib.data.domains import Unpaired
from lib.metrics import distribution
from lib.metrics.distribution import Embedded
from lib.metrics.features import Features
from lib.metrics.ssim import ssim
from lib.papers import networks
from lib.papers.cycleganas.records import DIRECTIONS
from lib.papers.cycleganas.settings import Settings

SUBSETS = 100  # of a kernel distance of two sets of unequal size
RESAMPLES = 20  # of the bootstrap beside a Fréchet distance
SHOWN = 6  # unpicked test pictures on a sheet, the first of each domain
Translate = Callable[[Tensor, str], Tensor]  # pictures (N, 3, s, s), uint8 or in [0, 1], and direction; in [0, 1]


@dataclass(frozen=True)
class Scores:
    """What the scores of one set depend on; `test_pictures` of each domain are scored, 0 is all."""

    data: str
    side: int
    features: str
    test_pictures: int
    device: str

    @classmethod
    def of(cls, settings: Settings, data: str) -> "Scores":
        """Those of the study on one of its sets, a key or a folder."""
        return cls(data, settings.side, networks.chosen(settings.features), settings.test_pictures,
                   str(device.pick(settings.device)))  # fmt: skip

    @property
    def domains(self) -> Unpaired:
        """The set's pictures."""
        return loaded(self.data, self.side)

    @property
    def network(self) -> Features:
        """The features, as clean-fid resizes pictures for them."""
        return replace(networks.features(self.features, self.device), resize="clean")


@lru_cache(maxsize=8)
def loaded(data: str, side: int) -> Unpaired:
    """A set at a side, read once."""
    return domains.load(data, side)


def sources(scores: Scores) -> dict[str, Tensor]:
    """The pictures (N, 3, s, s) uint8 that are translated, by direction."""
    found, count = scores.domains, scores.test_pictures or None
    return {"AtoB": found.test_a[:count], "BtoA": found.test_b[:count]}


def truths(scores: Scores) -> dict[str, Tensor]:
    """Their true translations, where they are known."""
    found, count = scores.domains, scores.test_pictures or None
    known = {"AtoB": found.truth_b, "BtoA": found.truth_a}
    return {direction: truth[:count] for direction, truth in known.items() if truth is not None}


def translated(scores: Scores, translate: Translate) -> dict[str, Tensor]:
    """All translations in [0, 1] as 8-bit files would hold them, by direction."""
    return {direction: eight_bit(translate(pictures, direction)) for direction, pictures in sources(scores).items()}


def eight_bit(pictures: Tensor) -> Tensor:
    """Pictures in [0, 1] with 256 levels, rounded down as in the authors' evaluation."""
    return pictures.mul(255).floor().clamp(0, 255).div(255)


def distances(scores: Scores, made: dict[str, Tensor], *, intervals: bool = False) -> dict[str, float]:
    """`kd_AtoB`, `fd_AtoB` and the other direction's, of pictures in [0, 1]; intervals have `_low` and `_high`."""
    network, found = scores.network, dict[str, float]()
    for direction, pictures in made.items():
        seen, real = _seen(pictures, network), target(scores, direction)
        subsets = SUBSETS if intervals else 1
        both = {"kd": distribution.kernel(seen, real, network, subsets=subsets),
                "fd": distribution.frechet(seen, real, network, resamples=RESAMPLES if intervals else 0)}  # fmt: skip
        for name, score in both.items():
            ends = {"": score.value, "_low": score.low, "_high": score.high}
            found |= {f"{name}_{direction}{end}": value for end, value in ends.items() if intervals or not end}
    return found


def errors(scores: Scores, made: dict[str, Tensor]) -> dict[str, float]:
    """`l1_AtoB`, `ssim_AtoB` and the other direction's against the true translations; nothing where none are known."""
    found = {}
    for direction, truth in truths(scores).items():
        true, pictures = truth.float() / 255, made[direction]
        found[f"l1_{direction}"] = F.l1_loss(pictures, true).item()
        found[f"ssim_{direction}"] = ssim(pictures, true).mean().item()
    return found


def reconstruction(scores: Scores, made: dict[str, Tensor], translate: Translate) -> dict[str, float]:
    """`cycle_A` and `cycle_B`: mean absolute difference in [0, 1] of test pictures to their way there and back."""
    back = {"A": translate(made["AtoB"], "BtoA"), "B": translate(made["BtoA"], "AtoB")}
    pictures = dict(zip("AB", sources(scores).values(), strict=True))
    return {f"cycle_{domain}": F.l1_loss(back[domain], pictures[domain].float() / 255).item() for domain in "AB"}


@lru_cache(maxsize=16)
def target(scores: Scores, direction: str) -> Embedded:
    """The target domain's test pictures as the features see them."""
    other = DIRECTIONS[1 - DIRECTIONS.index(direction)]
    return _seen(sources(scores)[other].float() / 255, scores.network)


def _seen(pictures: Tensor, network: Features) -> Embedded:
    seen = distribution.embedded(pictures, network)
    return Embedded(seen.features.cpu(), seen.logits.cpu(), seen.resolution)


def sheet(scores: Scores, translate: Translate) -> Tensor:
    """A row for each of the first test pictures: a, G_A(a), G_B(G_A(a)), b, G_B(b), G_A(G_B(b)); with gaps of 2 px."""
    columns = []
    for direction, pictures in sources(scores).items():
        shown = pictures[:SHOWN].float() / 255
        made = translate(shown, direction)
        columns += [shown, made, translate(made, DIRECTIONS[1 - DIRECTIONS.index(direction)])]
    rows = min(map(len, columns))
    cells = torch.stack([column[:rows] for column in columns], 1).flatten(0, 1)
    return make_grid(cells, nrow=len(columns), padding=2, pad_value=1.0)
