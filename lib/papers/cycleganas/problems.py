"""The space of CycleGANAS as a problem for comparing searchers that know no gradients: a formula on its operations."""

from typing import Any

from lib.papers import formula
from lib.papers.problem import Problem
from lib.spaces.cycleganas import CycleGanas

BLOCKS = 3  # residual cells; 28 operations in all


def problems(settings: Any) -> list[Problem]:
    """The operations of all four networks under a formula."""
    return [formula.problem("cycleganas-table", "CycleGANAS space, toy objective", CycleGanas(BLOCKS))]
