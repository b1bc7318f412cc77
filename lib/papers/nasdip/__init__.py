"""NAS-DIP (Ho et al., arXiv 2001.04776): a genetic algorithm searches deep-image-prior networks for one image."""

from lib.papers.nasdip import claims, computing, experiments, figures, planning, tables
from lib.papers.nasdip.explore import explore
from lib.papers.nasdip.planning import plan
from lib.papers.nasdip.restore import restore
from lib.papers.nasdip.settings import Settings
from lib.papers.paper import Paper

PAPER = Paper(
    "02_nasdip",
    Settings,
    {
        **dict.fromkeys(experiments.SEARCHED, computing.search),
        "baselines": computing.compare,
        "rescored": computing.rescored,
        "pictures": computing.draw_pictures,
    },
    (*tables.PRODUCTS, *figures.PRODUCTS, claims.judge_all),
    planning.used_weights,
    planning.used_pictures,
    data_checks=(computing.check_rows,),
)
open_study, compute, draw, finish, redraw = PAPER.open_study, PAPER.compute, PAPER.draw, PAPER.finish, PAPER.redraw

__all__ = ["compute", "draw", "explore", "finish", "open_study", "plan", "redraw", "restore"]
