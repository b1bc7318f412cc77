"""What a profile would cost: operations and memory of each part, before anything runs."""

from itertools import pairwise
from typing import Any

from lib.models import autogan as models
from lib.models import sngan_discriminator
from lib.papers import networks
from lib.papers.autogan import computing, experiments
from lib.papers.autogan.computing import LATENT, N_CRITIC
from lib.papers.autogan.experiments import SPACE, Search
from lib.papers.autogan.scores import CLASSIFIER_EPOCHS
from lib.papers.autogan.settings import Settings
from lib.papers.paper import planned
from lib.spaces.autogan import LENGTHS

FEATURES = {**networks.MACS, "task": 0.02e9}
MEAN = SPACE.named("a")  # stands for a random genome: its cells cost about the mean
ALL = 50_000  # pictures, where all are used


def plan(settings: Settings) -> list[dict[str, Any]]:
    """What each part would compute: rows, operations, bytes, and the pictures and weights it needs."""
    data = sorted({settings.data, settings.transfer_data} - {"patches"})
    trained = len(settings.derived)
    transferred, fixtures, proxies = len(experiments.TRANSFERRED), len(experiments.FIXTURES), settings.proxy_genomes
    final, shown = settings.images * _seen(settings.features), settings.pictures or ALL
    own, larger = training(settings), training(settings, experiments.TRANSFER_SIDE)
    rungs = experiments.rungs(settings)
    table1, table2, proxy = settings.derived_steps
    found = {
        "classifier": (1, 6 * FEATURES["task"] * CLASSIFIER_EPOCHS * shown),
        "checks": (3, 3 * final),
        "fixtures": (fixtures, fixtures * 2 * own),
        **{part: _searches(settings, part) for part in experiments.SEARCHED},
        "rses": (sum(count for count, _ in rungs), own * sum(count * steps for count, steps in rungs)),
        "derived": (trained, trained * (table1 * own + final)),
        "transfer": (transferred, transferred * (table2 * larger + final)),
        "correlation": (proxies, proxies * (proxy * own + settings.images * _seen(settings.reward))),
    }
    image = 3 * settings.side**2
    memory = 4 * settings.batches[1] * image * settings.derived_widths[0] + shown * image
    return planned(found, memory=memory, data=data, weights=computing.used_weights(settings))


def _searches(settings: Settings, part: str) -> tuple[int, float]:
    found = experiments.searches(settings, part)
    return settings.iterations * len(found), sum(_search(settings, one) for one in found)


def _search(settings: Settings, one: Search) -> float:
    """Operations of a search: shared training, rewards, the candidates at the end of each stage."""
    plan, total, bottom = experiments.plan(settings, one), 0.0, settings.side // 8
    for stage, (first, last) in enumerate(pairwise((0, *plan.growth, plan.iterations))):
        cells = 3 if plan.single_level else stage + 1
        d_step, g_step = _steps(settings, cells, settings.widths, bottom)
        child = 2 * models.macs(MEAN[: LENGTHS[cells - 1]], settings.widths[0], bottom, LATENT) + _seen(settings.reward)
        images = plan.controller_steps[stage] * plan.reward_images + plan.evaluated_images
        total += (last - first) * (plan.d_steps * (d_step + g_step / N_CRITIC) + images * child)
        scored = plan.candidates * (plan.screen_images or plan.reward_images) + 2 * plan.control * plan.reward_images
        total += scored * child
    return total


def training(settings: Settings, side: int = 0, *, derived: bool = True) -> float:
    """Operations of one generator's step with its discriminator's steps: from scratch, or as in the search."""
    widths = settings.derived_widths if derived else settings.widths
    d_step, g_step = _steps(settings, 3, widths, (side or settings.side) // 8)
    return N_CRITIC * d_step + g_step


def _steps(settings: Settings, cells: int, widths: list[int], bottom: int) -> tuple[float, float]:
    """Operations of a discriminator's and of a generator's step; a backward pass counts twice its forward one."""
    fake = models.macs(MEAN[: LENGTHS[cells - 1]], widths[0], bottom, LATENT)
    judged = sngan_discriminator.discriminator_macs(widths[1], bottom * 2**cells, cells)
    d_batch, g_batch = settings.batches
    return 2 * d_batch * (fake + 6 * judged), 2 * g_batch * (3 * fake + 2 * judged)


def _seen(name: str) -> float:
    """Operations of looking at one picture; the costliest network where it is still to be chosen."""
    return 2 * FEATURES.get(name, FEATURES["inception-2015"])
