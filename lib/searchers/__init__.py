"""Searchers by the name that settings and records give them."""

from lib.searchers.aging_evolution import AgingEvolution
from lib.searchers.base import Searcher
from lib.searchers.genetic import Genetic
from lib.searchers.random_search import RandomSearch, StratifiedSearch
from lib.searchers.reinforce import Reinforce

SEARCHERS: dict[str, type[Searcher]] = {
    searcher.name: searcher for searcher in (RandomSearch, StratifiedSearch, AgingEvolution, Genetic, Reinforce)
}
