"""The study's parts, searches and trainings as plain lists (specification sections 5 and 6). Nothing here computes."""

import re
from dataclasses import dataclass

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
REPEATED = ("a", "sngan")  # trained with several seeds, as C1 compares them
TRANSFERRED = ("a", "sngan")
FIXTURES = (  # together they hold every value of every token
    "0 0 0 0 ; 1 1 1 1 1 ; 0 2 2 1 3",
    "1 2 2 1 ; 0 0 0 0 1 ; 1 0 1 0 2",
    "0 1 1 1 ; 0 2 2 1 0 ; 0 1 0 1 1",
    "1 0 0 0 ; 1 0 2 0 1 ; 1 2 0 1 0",
)


@dataclass(frozen=True)
class Search(Seeded):
    """One search. `reward` is what its children earn: IS or 1/FD."""

    reward: str


@dataclass(frozen=True)
class Place(Seeded):
    """The rank of a genome among the beams of a search."""

    rank: int


def found_by(name: str) -> Place | None:
    """Where the genome named `top<rank>`, `top<rank>-<search>` or `rsws` comes from; None for other names."""
    if name == "rsws":
        return Place("rsws", 0, 0)
    if match := re.fullmatch(r"top([1-9])(?:-(\d+))?", name):
        return Place("mlas", int(match[2] or 0), int(match[1]) - 1)
    return None


def check_names(settings: Settings) -> None:
    """Raise ValueError for a network to derive that has no genome under these settings."""
    for name in settings.derived:
        if place := found_by(name):
            if place.seed >= (there := len(searches(settings, place.part))):
                raise ValueError(f"derived names {name!r}, but there are {there} searches of {place.part}")
        elif name == "rses":
            if not settings.rses_genomes:
                raise ValueError("derived names 'rses', but rses_genomes is 0")
        else:
            SPACE.named(name)


def searches(settings: Settings, part: str) -> list[Search]:
    """Every search of a part, in order; ValueError for a part that searches nothing by shared weights."""
    counts = {"mlas": settings.searches, **{name: getattr(settings, f"{name}_searches") for name in SEARCHED[1:]}}
    if part not in counts:
        raise ValueError(f"part is {part!r}; allowed are {', '.join(SEARCHED)}")
    return [Search(part, seed, "fd" if part == "fid" else "is") for seed in range(counts[part])]


def plan(settings: Settings, search: Search) -> SearchPlan:
    """What a search does; random search has as many discriminator's steps, but uniform genomes and no controller."""
    single, uniform = search.part in ("slas", "rsws"), search.part == "rsws"
    steps = tuple(settings.controller_steps[-1:] if single else settings.controller_steps)
    return SearchPlan(
        iterations=settings.iterations, growth=() if single else tuple(settings.growth), single_level=single,
        policy="uniform" if uniform else "controller", order=settings.order, d_steps=settings.shared_steps,
        controller_steps=steps, reward_images=settings.reward_images,
        candidates=settings.rsws_genomes if uniform else settings.candidates, kept=settings.kept,
        screen_images=settings.rsws_screen if uniform else 0, control=settings.control,
        evaluated_images=settings.evaluated_images, reset=search.part != "noreset", window=settings.reset_window,
        interval=settings.reset_interval, threshold=settings.reset_threshold, controller_lr=settings.controller_lr,
        beta=settings.entropy_weight, decay=settings.baseline_decay, hidden=settings.hidden, memo=settings.memo,
        official_entropy=settings.official_entropy, nan=settings.nan, fixed_z=False,
    )  # fmt: skip


def rungs(settings: Settings) -> list[tuple[int, int]]:
    """How many genomes each rung of the random search with early stopping trains, and its generator's steps."""
    counts, found = settings.rses_genomes, []
    for steps in settings.rses_steps:
        if counts:
            found.append((counts, steps))
            counts = max(1, counts // settings.rses_eta)
    return found
