"""What a profile would cost: operations and memory of each part, before anything runs."""

from functools import cache
from pathlib import Path
from typing import Any

import torch

from lib.models.cyclegan import CycleGanGenerator, PatchGan, macs, parameters
from lib.models.cycleganas import SuperDiscriminator, Supernet
from lib.papers import networks
from lib.papers.cycleganas import computing, experiments
from lib.papers.cycleganas.experiments import TRAININGS, called
from lib.papers.cycleganas.settings import Settings
from lib.papers.paper import planned
from lib.searchers.differentiable import Scheme

SIZES = {  # of known sets: pictures of the larger domain to train on, test pictures of both
    "facades": (400, 212), "maps": (1096, 2196), "apple2orange": (1019, 514), "horse2zebra": (1334, 260),
    "summer2winter_yosemite": (1231, 547), "iphone2dslr_flower": (3325, 1049), "unpaired/facades": (300, 120),
    "unpaired/photo2art": (300, 120), "unpaired/horse2giraffe": (159, 80), "synthetic": (48, 48),
    "synthetic-imbalanced": (64, 48), "showable": (200, 64),
}  # fmt: skip
G_PASSES, D_PASSES = 18, 16  # of a network in an update, forward and backward: 6 calls of G; 2 and 4 of D
SMALLEST = 16  # px of the pictures that a generator takes
USUAL = "merged9"  # form of mixed layers that stands for the fastest, which only a timing finds
COPIES = 4  # of a parameter: itself, its gradient, two moments
ACTIVATIONS = 3  # a layer keeps: of the convolution, the norm and the ReLU
GENERATED = 6  # generator calls that an update keeps for its backward pass


def plan(settings: Settings) -> list[dict[str, Any]]:
    """What each part would compute: rows, operations, bytes, and the pictures and weights it needs.

    Sets that are not here are named and counted as `SIZES` has them, not opened.
    """
    needs = {"data": computing.used_pictures(settings), "weights": computing.used_weights(settings)}
    searches = experiments.searches(settings)
    asked = {key: 1 + settings.randoms + sum(one.data == called(key) for one in searches)
             for key in settings.control_data}  # fmt: skip
    ranking = sum(count * _scoring(settings, key, _supernets(settings)[0]) for key, count in asked.items())
    found = {
        "domains": (2 * len(settings.data), sum(2 * _scoring(settings, key, 0.0) for key in settings.data)),
        "search": (settings.chunks * len(searches), sum(_search(settings, one) for one in searches)),
        **{part: _trainings(settings, part) for part in TRAININGS},
        "ranks": (sum(asked.values()), ranking),
    }
    return planned(found, memory=_memory(settings), **needs)


def step(generator: float, discriminator: float) -> float:
    """Multiply-accumulates of an update, of those of a pass through each network."""
    return G_PASSES * generator + D_PASSES * discriminator


@cache
def searched(blocks: int, H: int, ndf: int, *, preset: str, form: str, side: int) -> tuple[int, int]:
    """Multiply-accumulates of a pass through a supernetwork's generator and its discriminator.

    A generator's grow with the picture's area, so that a small one tells.
    """
    networks = Supernet(blocks, H, preset), SuperDiscriminator(ndf, preset)
    for network in networks:
        network.forms = dict.fromkeys(network.slots, form)
    return macs(networks[0], SMALLEST) * (side // SMALLEST) ** 2, macs(networks[1], side)


@cache
def trained(blocks: int, H: int, ndf: int, side: int) -> tuple[int, int]:
    """The same of CycleGAN's networks."""
    with torch.device("meta"):
        return macs(CycleGanGenerator(H, blocks), side), macs(PatchGan(ndf), side)


def _supernets(settings: Settings) -> tuple[int, int]:
    form = USUAL if settings.form == "auto" else settings.form
    return searched(settings.blocks, settings.search_width, settings.search_ndf, preset=settings.preset, form=form,
                    side=settings.side)  # fmt: skip


def _search(settings: Settings, one: experiments.Search) -> float:
    """Operations of a search; a two-step iteration has two updates."""
    iterations = experiments.iterations(settings, one, _sizes(computing.keys(settings)[one.data])[0])
    return 2 * iterations * len(Scheme(one.scheme).moves(0, iterations)) * step(*_supernets(settings))


def _trainings(settings: Settings, part: str) -> tuple[int, float]:
    """How many trainings a part has and their operations; any pair costs about as much as the CycleGAN of its size."""
    total, found = 0.0, experiments.trainings(settings, part)
    for one in found:
        key = computing.keys(settings)[one.data]
        cost = trained(settings.blocks, one.target, settings.ndf, settings.side)
        scored = (settings.evaluations + 2) * _scoring(settings, key, cost[0])  # at the end also there and back
        total += 2 * settings.steps("train", _sizes(key)[0]) * step(*cost) + scored
    return len(found), total


def _scoring(settings: Settings, key: str, generator: float) -> float:
    """Operations of translating and scoring the test pictures of both domains."""
    pictures = min(2 * settings.test_pictures or _sizes(key)[1], _sizes(key)[1])
    return 2 * pictures * (generator + networks.MACS.get(settings.features, networks.MACS["inception-2015"]))


def _sizes(key: str) -> tuple[int, int]:
    """As `SIZES`; of an own folder its files are counted."""
    if key in SIZES:
        return SIZES[key]
    parts = ("trainA", "trainB", "testA", "testB")
    train_a, train_b, test_a, test_b = (len(list(Path(key).expanduser().glob(f"{part}/*"))) for part in parts)
    return max(train_a, train_b), test_a + test_b


def _memory(settings: Settings) -> float:
    """Bytes of the widest training or of the search, whichever is larger: parameters, maps and pictures."""
    with torch.device("meta"):
        wide = CycleGanGenerator(max([*settings.matched, *settings.widths]), settings.blocks), PatchGan(settings.ndf)
        wider = Supernet(settings.blocks, settings.search_width), SuperDiscriminator(settings.search_ndf)
    pictures, held = 6 * (1.12 * settings.side) ** 2 * max(_sizes(key)[0] for key in settings.data), []
    for generator, discriminator in (wide, wider):
        maps = settings.side**2 * generator.H * (3.25 + settings.blocks / 2)  # numbers that a generator's layers give
        counts = parameters(generator) + parameters(discriminator)
        held.append(8 * COPIES * counts + 4 * ACTIVATIONS * GENERATED * maps)
    return pictures + max(held)
