"""What a profile would cost: trainings, floating-point operations and memory of each part, before anything runs."""

from typing import Any

from lib.data import registry
from lib.models import photoreal
from lib.models.normalised_vgg import CHANNELS
from lib.papers.paper import planned
from lib.papers.stylenas import computing, experiments, photos
from lib.papers.stylenas.evaluate import SPACE
from lib.papers.stylenas.settings import Settings

ENCODER = {"vgg19": 23.67, "vgg16": 18.84, "random": 23.67}  # GMAC of a picture of 256 x 256 (3.1)
MEAN = 18.3  # GMAC of a mean random decoder at the same size (2.3)
SHARED = 0.6  # trainings a candidate: several genomes share a training key (10: 115 for 200)
PAIRS = 38  # of the authors' set
SMOOTHING = 1.5e6  # operations a pixel of the closed form, roughly


def plan(settings: Settings) -> list[dict[str, Any]]:
    """What each part would compute: rows, operations, bytes, and the photos and weights it needs."""
    needs = {"data": used_data(settings), "weights": computing.used_weights(settings)}
    compared = len(experiments.NETWORKS)
    memory = 16 * _features(settings.table_width, settings.table_width // 2)
    candidate = SHARED * _training(settings, MEAN, settings.side, settings.steps) + _scoring(settings)
    again = len(settings.noise_genomes) * settings.noise_repeats
    found = {
        "oracle": (1, _training(settings, _gmac("oracle"), settings.oracle_side, settings.oracle_steps)),
        **{part: (rows, rows * candidate) for part, rows in _asked(settings).items()},
        "noise": (again, again * candidate),
        "rescored": (winners := settings.noise_repeats * len(experiments.every(settings)), winners * candidate),
        "anchors": (4, 4 * _scoring(settings)),
        "ablation": (7, 7 * candidate),
        "final": (
            compared + len(experiments.PHOTOWCT),
            compared * _training(settings, MEAN / 2, settings.final_side, settings.final_steps)
            + _training(settings, ENCODER["vgg16"], settings.final_side, 2 * settings.photowct_steps),
        ),
        "quality": (len(experiments.METHODS), _pairs(settings) * _transfers(settings, settings.table_width)),
        "timing": (
            len(settings.timed_widths) * len(experiments.TIMED),
            settings.timed_runs * sum(_transfers(settings, width) for width in settings.timed_widths),
        ),
        "pictures": (
            settings.shown_pairs * len(experiments.SHOWN),
            settings.shown_pairs * _transfers(settings, settings.table_width),
        ),
    }
    return planned(found, memory=memory, **needs)


def used_data(settings: Settings) -> list[str]:
    """The data sets that the study reads."""
    named = {settings.pairs, *settings.training}
    return sorted({photos.set_of(name) or name for name in named} - {photos.BUNDLED})


def _pairs(settings: Settings) -> int:
    """How many pairs there are; where they are absent, as many as the authors' set has."""
    try:
        return len(photos.pairs(settings.pairs))
    except registry.MissingData:
        return PAIRS


def _asked(settings: Settings) -> dict[str, int]:
    return {part: sum(one.budget for one in experiments.searches(settings, part)) for part in experiments.SEARCHED}


def _gmac(genome: str) -> float:
    return photoreal.macs(SPACE.decode(SPACE.named(genome)), 256, 256) / 1e9


def _training(settings: Settings, gmac: float, side: int, steps: int) -> float:
    """Operations: the encoder forward and, towards its input, backward; the decoder forward and twice backward (9)."""
    return 2e9 * (2 * ENCODER[settings.encoder] + 3 * gmac) * (side / 256) ** 2 * steps * settings.batch


def _scoring(settings: Settings) -> float:
    """Operations of scoring a candidate: two decodings and one encoding a pair (9)."""
    share = settings.width**2 / 2 / 256**2
    return 2e9 * (2 * MEAN + ENCODER[settings.encoder]) * share * settings.search_pairs


def _transfers(settings: Settings, width: int) -> float:
    """Operations of all methods on one pair; PhotoWCT's smoothing counted by the pixel."""
    pixels = width**2 / 2
    one = 2e9 * (2 * ENCODER[settings.encoder] + MEAN) * pixels / 256**2
    return len(experiments.METHODS) * one + SMOOTHING * pixels * (settings.smoothing == "closed")


def _features(height: int, width: int) -> float:
    """Numbers in the five taps of a picture."""
    return sum(channels / 4**level for level, channels in enumerate(CHANNELS)) * height * width
