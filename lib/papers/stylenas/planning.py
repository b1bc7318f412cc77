"""What a profile would cost: trainings, floating-point operations and memory of each part, before anything runs."""

from typing import Any

from lib.data import registry
from lib.models import photoreal
from lib.models.normalised_vgg import tap_values
from lib.models.photowct import DEPTHS
from lib.papers.paper import planned
from lib.papers.stylenas import computing, experiments, photos
from lib.papers.stylenas.evaluate import SPACE
from lib.papers.stylenas.settings import Settings

ENCODER = {"vgg19": 23.67, "vgg16": 18.84}  # GMAC of a picture of 256 x 256 (3.1)
MEAN = 18.3  # GMAC of a mean random decoder at the same size (2.3)
SHARED = 0.6  # trainings a candidate: several genomes share a training key (10: 115 for 200)
PAIRS = 38  # of the authors' set
SMOOTHING = 1.5e6  # operations a pixel of the closed form, roughly
OPERATIONS = 2e9  # of a GMAC


def plan(settings: Settings) -> list[dict[str, Any]]:
    """What each part would compute: rows, operations, bytes, and the photos and weights it needs."""
    scoring = _pictures(2 * MEAN + ENCODER[settings.encoder], settings.width, settings.search_pairs)
    candidate = SHARED * _training(settings, MEAN, settings.side, settings.steps) + scoring
    oracle = photoreal.macs(SPACE.decode(SPACE.named("oracle")), 256, 256) / 1e9
    final = len(experiments.NETWORKS) * _training(settings, MEAN / 2, settings.final_side, settings.final_steps)
    final += _training(settings, ENCODER["vgg16"], settings.final_side, 2 * settings.photowct_steps)
    rows = {part: sum(one.budget for one in experiments.searches(settings, part)) for part in experiments.SEARCHED}
    rows |= {"noise": len(settings.noise_genomes) * settings.noise_repeats,
             "rescored": settings.noise_repeats * len(experiments.searches(settings)), "ablation": 7}  # fmt: skip
    timed = settings.timed_runs * sum(_transfers(settings, width) for width in settings.timed_widths)
    table = _transfers(settings, settings.table_width)
    work = {
        "oracle": (1, _training(settings, oracle, settings.oracle_side, settings.oracle_steps)),
        **{part: (count, count * candidate) for part, count in rows.items()},
        "anchors": (4, 4 * scoring),
        "final": (len(experiments.NETWORKS) + len(DEPTHS), final),
        "quality": (len(experiments.METHODS), _pairs(settings) * table),
        "timing": (len(settings.timed_widths) * len(experiments.TIMED), timed),
        "pictures": (settings.shown_pairs * len(experiments.SHOWN), settings.shown_pairs * table),
    }
    named = {settings.pairs, *settings.training}
    data = sorted({photos.set_of(name) or name for name in named} - {photos.BUNDLED})
    memory = 16 * tap_values(settings.table_width**2 // 2)
    return planned({part: work[part] for part in experiments.PARTS}, memory=memory, data=data,
                   weights=computing.used_weights(settings))  # fmt: skip


def _pairs(settings: Settings) -> int:
    """How many pairs there are; where they are absent, as many as the authors' set has."""
    try:
        return len(photos.pairs(settings.pairs))
    except registry.MissingData:
        return PAIRS


def _training(settings: Settings, gmac: float, side: int, steps: int) -> float:
    """Operations: the encoder forward and, towards its input, backward; the decoder forward and twice backward (9)."""
    one = 2 * ENCODER[settings.encoder] + 3 * gmac
    return OPERATIONS * one * (side / 256) ** 2 * steps * settings.batch


def _pictures(gmac: float, width: int, count: int) -> float:
    """Operations of so many pairs at this width."""
    return OPERATIONS * gmac * width**2 / 2 / 256**2 * count


def _transfers(settings: Settings, width: int) -> float:
    """Operations of all methods on one pair; PhotoWCT's smoothing counted by the pixel."""
    networks = _pictures(2 * ENCODER[settings.encoder] + MEAN, width, len(experiments.METHODS))
    return networks + SMOOTHING * width**2 / 2
