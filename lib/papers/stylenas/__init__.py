"""StyleNAS (An et al., arXiv 1906.02470): aging evolution searches photorealistic style-transfer networks."""

from lib.papers.paper import Paper
from lib.papers.stylenas import claims, computing, experiments, figures, tables
from lib.papers.stylenas.explore import explore
from lib.papers.stylenas.planning import plan
from lib.papers.stylenas.settings import Settings
from lib.papers.stylenas.transfer import save_network, transfer

PAPER = Paper(
    "03_stylenas",
    Settings,
    {
        "oracle": computing.oracle,
        **dict.fromkeys(experiments.SEARCHED, computing.search),
        "noise": computing.noise,
        "rescored": computing.rescored,
        "anchors": computing.anchors,
        "ablation": computing.ablation,
        "final": computing.final,
        "quality": computing.quality,
        "timing": computing.timing,
        "pictures": computing.paintings,
    },
    (*tables.PRODUCTS, *figures.PRODUCTS, claims.judge_all),
    computing.used_weights,
    computing.used_pictures,
    data_checks=(computing.check_photos,),
)
open_study, compute, draw, finish, redraw = PAPER.open_study, PAPER.compute, PAPER.draw, PAPER.finish, PAPER.redraw

__all__ = ["compute", "draw", "explore", "finish", "open_study", "plan", "redraw", "save_network", "transfer"]
