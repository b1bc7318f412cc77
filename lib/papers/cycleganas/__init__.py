"""CycleGANAS (An and Joo, CVPR Workshops 2024): differentiable search of CycleGAN's four networks at once."""

from lib.papers.cycleganas import claims, computing, experiments, figures, figures_scores, figures_search, tables
from lib.papers.cycleganas.explore import explore, slide
from lib.papers.cycleganas.planning import plan
from lib.papers.cycleganas.settings import Settings
from lib.papers.cycleganas.translate import save_network, train, translate
from lib.papers.paper import Paper

PAPER = Paper(
    "05_cycleganas",
    Settings,
    {
        "domains": computing.domains,
        "search": computing.search,
        **dict.fromkeys(experiments.TRAININGS, computing.train_all),
        "ranks": computing.ranks,
    },
    (
        *(one for module in (tables, figures, figures_scores, figures_search) for one in module.PRODUCTS),
        claims.judge_all,
    ),
    computing.used_weights,
    computing.used_pictures,
    checks=(experiments.check_names,),
    data_checks=(computing.check_domains,),
)
open_study, compute, draw, finish, redraw = PAPER.open_study, PAPER.compute, PAPER.draw, PAPER.finish, PAPER.redraw

__all__ = [
    "compute",
    "draw",
    "explore",
    "finish",
    "open_study",
    "plan",
    "redraw",
    "save_network",
    "slide",
    "train",
    "translate",
]
