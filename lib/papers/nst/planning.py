"""What a profile would cost: operations and memory of each part, and the pictures and weights, before anything runs."""

from typing import Any

from lib.models import vgg
from lib.papers.nst import experiments, optimisers
from lib.papers.nst.settings import Settings


def plan(settings: Settings) -> list[dict[str, Any]]:
    """What each part would compute: rows, floating-point operations, bytes, and the pictures and weights it needs."""
    s, names = settings, vgg.layer_names(vgg.ENCODERS[settings.encoder].family)
    names = names[: names.index(vgg.CONTENT_LAYER) + 1]
    configurations = {part: [item.configuration for item in experiments.plan(s, part)] for part in experiments.PARTS}
    work = {part: [(c.side, c.steps) for c in listed] for part, listed in configurations.items()}  # a row: side, steps
    work |= dict.fromkeys(("pareto_tpe", "pareto_random"), [(s.small_side, s.small_steps)] * s.trials)
    work["optimisers"] = [(s.small_side, 2 * s.evaluations)] * len(optimisers.plan(s))  # 2: the runs at scale 1 beside
    # Forward, backward to the image, Gram matrices (+7%); the first two blocks hold about 1.2 kB a pixel, twice.
    return [
        {
            "part": part, "rows": len(rows),
            "flops": sum(4 * 1.07 * vgg.macs(names, side, side) * steps for side, steps in rows),
            "memory": s.batch * max((side for side, _ in rows), default=0) ** 2 * 2400.0,
            "data": sorted({*used_pictures(s), s.photos} - {""}), "weights": used_weights(s),
        }
        for part, rows in work.items()
    ]  # fmt: skip


def used_weights(settings: Settings) -> list[str]:
    """The pretrained weights that a run reads."""
    return [vgg.ENCODERS[settings.encoder].weights, "alexnet", "lpips-alex"]


def used_pictures(settings: Settings) -> list[str]:
    """The pictures that a run reads, each once."""
    return list(dict.fromkeys(name for _, name in experiments.pictures(settings)))
