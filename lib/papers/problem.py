"""A problem to search. A paper with a space lists its own in `problems(settings)` of its module `problems`."""

from dataclasses import dataclass
from typing import Any

from lib.search.workers import Evaluate
from lib.spaces.base import Space

KINDS = {"toy": "evaluations", "standin": "evaluations", "real": "trainings"}  # and the unit of their budget


@dataclass(frozen=True)
class Problem:
    """A space with an evaluation whose score is to be low.

    A `toy` is a toy space, a `standin` a formula on a paper's space, `real` a paper's own training. Budgets count
    candidates asked (evaluations) for the first two, distinct valid networks (trainings) for the last.
    """

    name: str  # of its records: letters, digits and dashes
    title: str  # in figures
    kind: str
    space: Space
    evaluate: Evaluate
    settings: Any  # what `evaluate` takes first
    identity: dict[str, Any]  # the same as plain values, with the hashes of data
    score: str  # what is measured, for axes
    optimum: float | None = None  # the lowest score, where it is known
    flops: float = 0.0  # of one evaluation, roughly
    data: tuple[str, ...] = ()  # pictures and sets it reads
    weights: tuple[str, ...] = ()

    @property
    def unit(self) -> str:
        """What its budget counts."""
        return KINDS[self.kind]
