"""What a profile would cost: operations and memory of each part, before anything runs (specification section 9.1)."""

from itertools import pairwise
from typing import Any

from lib.models import autogan as models
from lib.models import sngan_discriminator
from lib.papers import networks
from lib.papers.autogan import computing, experiments
from lib.papers.autogan.experiments import SPACE, Search
from lib.papers.autogan.settings import Settings
from lib.papers.paper import planned
from lib.spaces.autogan import LENGTHS

FEATURES = {**networks.MACS, "task": 0.02e9}
MEAN = SPACE.named("a")  # stands for a random genome: its cells cost about the mean (2.2, 9.1)


def plan(settings: Settings) -> list[dict[str, Any]]:
    """What each part would compute: rows, operations, bytes, and the pictures and weights it needs."""
    needs = {"data": used_data(settings), "weights": computing.used_weights(settings)}
    trained = sum(settings.derived_repeats if name in experiments.REPEATED else 1 for name in settings.derived)
    final, image = settings.images * _seen(settings.features), 3 * settings.side**2
    own = _training(settings, settings.side)
    rungs = sum(count * steps for count, steps in experiments.rungs(settings))
    proxies = settings.proxy_genomes
    found = {
        "classifier": (1, 6 * FEATURES["task"] * settings.classifier_epochs * (settings.pictures or 50_000)),
        "checks": (3, 3 * final),
        "fixtures": (len(experiments.FIXTURES), len(experiments.FIXTURES) * 2 * own),
        **{part: _searches(settings, part) for part in experiments.SEARCHED},
        "rses": (sum(count for count, _ in experiments.rungs(settings)), rungs * own),
        "derived": (trained, trained * (settings.derived_steps * own + final)),
        "transfer": (
            len(experiments.TRANSFERRED),
            len(experiments.TRANSFERRED)
            * (settings.transfer_steps * _training(settings, settings.transfer_side) + final),
        ),
        "correlation": (proxies, proxies * (settings.proxy_steps * own + settings.images * _seen(settings.reward))),
    }
    memory = 4 * settings.g_batch * image * settings.derived_width + (settings.pictures or 50_000) * image
    return planned(found, memory=memory, **needs)


def used_data(settings: Settings) -> list[str]:
    """The data sets that the study reads; the bundled photos are always there."""
    return sorted({settings.data, settings.transfer_data} - {"patches"})


def _searches(settings: Settings, part: str) -> tuple[int, float]:
    found = experiments.searches(settings, part)
    return settings.iterations * len(found), sum(_search(settings, one) for one in found)


def _search(settings: Settings, one: Search) -> float:
    """Operations of a search: shared training, rewards, the candidates at the end of each stage."""
    plan, total = experiments.plan(settings, one), 0.0
    starts = (0, *plan.growth, plan.iterations)
    for stage, (first, last) in enumerate(pairwise(starts)):
        cells = 3 if plan.single_level else stage + 1
        d_step, g_step = _steps(settings, cells, settings.width, settings.d_width, settings.side // 8)
        steps = plan.d_steps * (d_step + g_step / settings.n_critic)
        child = 2 * models.macs(MEAN[: LENGTHS[cells - 1]], settings.width, settings.side // 8, settings.latent)
        seen = plan.reward_images * (child + _seen(settings.reward))
        total += (last - first) * (steps + plan.controller_steps[min(stage, len(plan.controller_steps) - 1)] * seen)
        scored = plan.candidates * (plan.screen_images or plan.reward_images) / plan.reward_images + 2 * plan.control
        total += seen * (scored + (last - first) * plan.evaluated_images / plan.reward_images)
    return total


def _training(settings: Settings, side: int) -> float:
    """Operations of one generator's step from scratch with its discriminator's steps."""
    d_step, g_step = _steps(settings, 3, settings.derived_width, settings.derived_d_width, side // 8)
    return settings.n_critic * d_step + g_step


def _steps(settings: Settings, cells: int, width: int, d_width: int, bottom: int) -> tuple[float, float]:
    """Operations of a discriminator's and of a generator's step; a backward pass counts twice its forward one."""
    fake = models.macs(MEAN[: LENGTHS[cells - 1]], width, bottom, settings.latent)
    judged = sngan_discriminator.discriminator_macs(d_width, bottom * 2**cells, cells)
    d_step = settings.d_batch * (fake + 6 * judged)
    return 2 * d_step, 2 * settings.g_batch * (3 * fake + 2 * judged)


def _seen(name: str) -> float:
    """Operations of looking at one picture; the costliest network where it is still to be chosen."""
    return 2 * FEATURES.get(name, FEATURES["inception-2015"])
