"""What is searched: two toy spaces, then whatever the papers register."""

from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec

from lib import papers
from lib.papers.problem import Problem
from lib.papers.searchers.settings import Settings
from lib.search.workers import Outcome
from lib.spaces.base import Genome, keyed
from lib.spaces.toy import BitString, IntegerGrid

DIGITS = 6  # of a score by chance or with noise: more would fill the records


@dataclass(frozen=True)
class Toy:
    """A toy space, with the standard deviation of the noise that every evaluation adds."""

    space: BitString | IntegerGrid
    noise: float = 0.0


def score(toy: Toy, genome: Genome, seed: int) -> Outcome:
    """The toy score; with noise, the `true` one stands beside it."""
    true = toy.space.score(genome)
    if not toy.noise:
        return Outcome(true)
    return Outcome(round(true + toy.noise * float(keyed(seed, *genome).standard_normal()), DIGITS), {"true": true})


def chance(settings: None, genome: Genome, seed: int) -> Outcome:
    """A score that says nothing of the genome, for the neutral control; every candidate has a seed of its own."""
    return Outcome(round(float(keyed(seed).random()), DIGITS))


def toy(space: BitString | IntegerGrid, name: str, title: str, noise: float = 0.0) -> Problem:
    """A toy space as a problem."""
    identity = {"noise": noise}
    return Problem(name, title, "toy", space, score, Toy(space, noise), identity, "score", None if noise else 0.0)


def registered(settings: Settings) -> list[Problem]:
    """The toys, then the problems of every paper that has some, in the order of the papers."""
    found = [
        toy(BitString(12, block=6), "bits", "toy: 12 bits"),
        toy(IntegerGrid(5, 6), "grid", "toy: 5 genes of 6 values"),
    ]
    for slug in papers.PAPERS:
        if find_spec(f"lib.papers.{slug}.problems"):
            found += import_module(f"lib.papers.{slug}.problems").problems(settings)
    return found


def chosen(settings: Settings) -> list[Problem]:
    """The problems that the settings name, all if none; ValueError for a name that is not registered."""
    known = {problem.name: problem for problem in registered(settings)}
    for name in settings.searched:
        if name not in known:
            raise ValueError(f"searched names {name!r}; allowed are {', '.join(known)}")
    return [problem for name, problem in known.items() if not settings.searched or name in settings.searched]
