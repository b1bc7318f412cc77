"""The study's parts, searches and trainings as plain lists (sections 3 and 4 of the paper). Nothing here computes."""

import re
from dataclasses import dataclass
from itertools import accumulate

from lib.papers.autogan.settings import Settings
from lib.papers.study import Seeded
from lib.spaces.autogan import AutoGan
from lib.training.autogan_search import SearchPlan

SPACE = AutoGan()
PARTS = {
    "classifier": "the task classifier behind cheap rewards",
    "checks": "self-checks of the scores on real pictures and on noise",
    "fixtures": "every block, norm, up-sampling and skip trained for a moment",
    "mlas": "AutoGAN: a controller a stage, beams, dynamic reset",
    "fid": "figure 8: the same with 1/FD as reward",
    "noreset": "figure 9: the same without dynamic reset",
    "slas": "figure 10: one controller for the whole generator, at full size from the start",
    "rsws": "random search with weight sharing",
    "rses": "random search without weight sharing, with early stopping",
    "derived": "table 1 and figure 4: generators trained from scratch",
    "transfer": "table 2 and figure 6: the same at the size of STL-10",
    "correlation": "figure 7: scores with shared weights against scores after training from scratch",
}
SEARCHED = ("mlas", "fid", "noreset", "slas", "rsws")
TRANSFERRED, TRANSFER_SIDE = ("a", "sngan"), 48  # px, those of STL-10
FIXTURES = (  # together they hold every value of every token
    "0 0 0 0 ; 1 1 1 1 1 ; 0 2 2 1 3",
    "1 2 2 1 ; 0 0 0 0 1 ; 1 0 1 0 2",
    "0 1 1 1 ; 0 2 2 1 0 ; 0 1 0 1 1",
    "1 0 0 0 ; 1 0 2 0 1 ; 1 2 0 1 0",
)
HIDDEN, BETA, DECAY = 100, 1e-4, 0.9  # numbers in the controller's state, weight of the entropy (paper), its baseline
EVALUATED = 5000  # pictures that score the likeliest child, at most
CONTROL = 2  # children of the policy, and as many of chance, compared for each candidate at the end of a stage
ETA, LAST = 4, 2  # of random search with early stopping: one in so many goes on; genomes in its last rung


@dataclass(frozen=True)
class Search(Seeded):
    """One search. `reward` is what its children earn: IS or 1/FD."""

    reward: str


def found_by(name: str) -> tuple[str, int, int] | None:
    """The part, seed and rank of the genome named `top<rank>`, `top<rank>-<search>` or `rsws`; None for other names."""
    if name == "rsws":
        return "rsws", 0, 0
    match = re.fullmatch(r"top([1-9])(?:-(\d+))?", name)
    return ("mlas", int(match[2] or 0), int(match[1]) - 1) if match else None


def check_names(settings: Settings) -> None:
    """Raise ValueError for a network to derive that has no genome under these settings."""
    for name in settings.derived:
        if place := found_by(name):
            if place[1] >= (there := len(searches(settings, place[0]))):
                raise ValueError(f"derived names {name!r}, but there are {there} searches of {place[0]}")
        elif name != "rses":
            SPACE.named(name)


def searches(settings: Settings, part: str) -> list[Search]:
    """Every search of a part of `SEARCHED`, in order."""
    count = settings.searches[SEARCHED.index(part)]
    return [Search(part, seed, "fd" if part == "fid" else "is") for seed in range(count)]


def plan(settings: Settings, search: Search) -> SearchPlan:
    """What a search does; random search has as many discriminator's steps, but uniform genomes and no controller."""
    single, uniform = search.part in ("slas", "rsws"), search.part == "rsws"
    candidates, kept = settings.beams
    genomes, screen = settings.rsws
    return SearchPlan(
        iterations=settings.iterations, growth=() if single else tuple(accumulate(settings.stages[:2])),
        single_level=single, policy="uniform" if uniform else "controller",
        order="paper" if "paper_order" in settings.variants and not single else "code", d_steps=settings.shared_steps,
        controller_steps=tuple(settings.controller_steps[-1:] if single else settings.controller_steps),
        reward_images=settings.reward_images, candidates=genomes if uniform else candidates, kept=kept,
        screen_images=screen if uniform else 0, control=CONTROL * candidates,
        evaluated_images=min(EVALUATED, settings.images), reset=search.part != "noreset", window=settings.reset_window,
        threshold=settings.reset_threshold, controller_lr=settings.controller_lr, beta=BETA, decay=DECAY, hidden=HIDDEN,
        memo="no_memo" not in settings.variants, official_entropy="official_entropy" in settings.variants,
        nan="stop" if "stop_at_nan" in settings.variants else "reset",
    )  # fmt: skip


def rungs(settings: Settings) -> list[tuple[int, int]]:
    """How many genomes each rung of the random search with early stopping trains, and its generator's steps."""
    count = len(settings.rses_steps)
    return [(LAST * ETA ** (count - 1 - rung), steps) for rung, steps in enumerate(settings.rses_steps)]
