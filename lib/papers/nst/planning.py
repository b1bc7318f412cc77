"""What a profile would cost: operations and memory of each part, and the pictures and weights, before anything runs."""

from typing import Any

from lib.models import vgg
from lib.papers.nst import experiments, optimisers
from lib.papers.nst.settings import Settings


def plan(settings: Settings) -> list[dict[str, Any]]:
    """What each part would compute: rows, floating-point operations, bytes, and the pictures and weights it needs."""
    needs = {"data": sorted({*used_pictures(settings), settings.photos} - {""}), "weights": used_weights(settings)}
    work = {}  # rows, operations and the largest side of each part
    for part in experiments.PARTS:
        planned = [item.configuration for item in experiments.plan(settings, part)]
        flops = sum(_flops(settings, c.side) * c.steps for c in planned)
        work[part] = len(planned), flops, max((c.side for c in planned), default=0)
    small, runs = _flops(settings, settings.small_side), len(optimisers.plan(settings))
    search = settings.trials, settings.trials * settings.small_steps * small, settings.small_side
    work |= {"pareto_tpe": search, "pareto_random": search,
             "optimisers": (runs, 2 * runs * settings.evaluations * small, settings.small_side)}  # fmt: skip
    return [
        {"part": part, "rows": rows, "flops": flops, "memory": _memory(settings, side), **needs}
        for part, (rows, flops, side) in work.items()
    ]


def used_weights(settings: Settings) -> list[str]:
    """The pretrained weights that a run reads."""
    return [vgg.ENCODERS[settings.encoder].weights, "alexnet", "lpips-alex"]


def used_pictures(settings: Settings) -> list[str]:
    """The pictures that a run reads, each once."""
    return list(dict.fromkeys(name for _, name in experiments.pictures(settings)))


def _flops(settings: Settings, side: int) -> float:
    """Operations of one image and step on a square picture: forward, backward to the image, Gram matrices (+7%)."""
    family = vgg.ENCODERS[settings.encoder].family
    names = vgg.layer_names(family)[: vgg.depth(vgg.CONTENT_LAYER, family)]
    return 4 * 1.07 * vgg.macs(names, side, side)


def _memory(settings: Settings, side: int) -> float:
    """Bytes of activations and gradients of a batch; the first two blocks dominate (about 1.2 kB a pixel)."""
    return settings.batch * side * side * 2400.0
