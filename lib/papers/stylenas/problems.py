"""The space of StyleNAS as a problem for comparing searchers: the surrogate objective on its 31 bits."""

from typing import Any

from lib.papers.problem import Problem
from lib.papers.stylenas import surrogate
from lib.papers.stylenas.surrogate import Surrogate


def problems(settings: Any) -> list[Problem]:
    """The whole space under the surrogate, whose noise follows from a search's seed and the genome."""
    formula = Surrogate()
    return [
        Problem("stylenas-toy", "StyleNAS space, surrogate", "standin", formula.space,
                surrogate.evaluate, formula, formula.identity(), "surrogate of L"),
    ]  # fmt: skip
