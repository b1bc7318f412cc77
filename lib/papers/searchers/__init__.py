"""Any searcher on any registered space at equal budget; a study of the project's own, no paper."""

from functools import partial

from lib.papers.paper import Paper
from lib.papers.searchers import computing, figures, planning, tables
from lib.papers.searchers.planning import plan
from lib.papers.searchers.settings import Settings
from lib.papers.study import Study


def draw_searches(study: Study) -> None:
    """The tables and figures of all searches together, then the figures of single problems."""
    rows = tables.load(study)
    for product in (tables.found, tables.matrix, *figures.PRODUCTS):
        product(study, rows)
    searched = set(rows.loc[rows["experiment"] == "search", "name"])
    for draw_one, names in figures.EACH.items():
        for name in names:
            if name in searched:
                draw_one(study, rows, name)


PAPER = Paper(
    "06_searchers",
    Settings,
    computing.computers,
    (tables.schemes, figures.schemes, draw_searches),
    partial(planning.used, "weights"),
    partial(planning.used, "data"),
)
open_study, compute, draw, finish, redraw = PAPER.open_study, PAPER.compute, PAPER.draw, PAPER.finish, PAPER.redraw

__all__ = ["compute", "draw", "finish", "open_study", "plan", "redraw"]
