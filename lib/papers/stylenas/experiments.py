"""The study's parts and searches as plain lists (sections 5 and 6). Nothing here computes."""

from dataclasses import dataclass

from lib.papers.study import Seeded
from lib.papers.stylenas.settings import Settings
from lib.searchers.aging_evolution import AgingEvolution
from lib.searchers.base import Searcher
from lib.searchers.random_search import RandomSearch, StratifiedSearch
from lib.spaces.stylenas import StyleNas

SPACE = StyleNas()
WEIGHTS = (0.8, 0.1, 0.1)  # of E, P and O in the objective
PARTS = {
    "oracle": "the supervisory oracle, trained once; its pictures are what candidates imitate",
    "evolution": "figure 5, C1 to C4: aging evolution",
    "random": "C1: random search",
    "stratified": "a fairness control: random search with the number of operators drawn first",
    "noise": "a few genomes trained again with other seeds",
    "rescored": "every winner again, with fresh seeds",
    "anchors": "E and P of the content itself, of a colour transfer, and of the oracle without transforms",
    "ablation": "the best network without each of its operators",
    "final": "the compared networks trained longer, and PhotoWCT's decoders",
    "quality": "table 1: every method on all pairs",
    "timing": "table 2: seconds at every size; runs alone",
    "pictures": "figures 2, 4 and 6",
}
SEARCHED = ("evolution", "random", "stratified")
KEPT = (5, 7, 9)  # active bits of the networks that the paper reports
FIXED = {"S7-ref": "S7", "S9-ref": "S9-ref"}  # compared whatever a search finds: name, genome (2.5)
NETWORKS = ("RS", *(f"S{k}" for k in KEPT), "best", *FIXED)  # `best` of evolution, whatever its bits
TABLE1 = ("PhotoWCT", "AE1", *NETWORKS)
ANCHORS = ("content", "colour", "reference")  # the untouched content, a colour transfer, the authors' own pictures
METHODS = (*TABLE1, "PhotoWCT-raw", "PhotoWCT-guided", "oracle", "style", *ANCHORS)
TIMED = (*TABLE1, "PhotoWCT-guided")
SHOWN = ("content", "style", *TABLE1, "oracle", "reference")


@dataclass(frozen=True)
class Search(Seeded):
    """One search of so many candidates."""

    budget: int


def searches(settings: Settings, *parts: str) -> list[Search]:
    """Every search of these parts (default: of all), in order; none of the parts that search nothing."""
    budgets = {"evolution": settings.evaluations, "random": settings.random, "stratified": settings.stratified}
    searching = [part for part in parts or SEARCHED if budgets.get(part)]
    return [Search(part, seed, budgets[part]) for part in searching for seed in range(settings.searches)]


def searcher(settings: Settings, search: Search) -> Searcher:
    """The searcher of a search; each kind has seeds of its own, so that no two searches draw the same genomes."""
    seed = 3 * search.seed + SEARCHED.index(search.part)
    if search.part == "evolution":
        return AgingEvolution(SPACE, seed, population=settings.population, sample=settings.sample)
    return (RandomSearch if search.part == "random" else StratifiedSearch)(SPACE, seed)
