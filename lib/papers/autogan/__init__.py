"""AutoGAN (Gong et al., arXiv 1908.03835): a controller learns by REINFORCE to design GAN generators, cell by cell."""

from lib.papers.autogan import claims, computing, experiments, figures, tables
from lib.papers.autogan.explore import explore
from lib.papers.autogan.generate import generate, save_network
from lib.papers.autogan.own import search
from lib.papers.autogan.planning import plan
from lib.papers.autogan.settings import Settings
from lib.papers.paper import Paper

PAPER = Paper(
    "04_autogan",
    Settings,
    {
        "classifier": computing.classifier,
        "checks": computing.checks,
        "fixtures": computing.fixtures,
        **dict.fromkeys(experiments.SEARCHED, computing.search),
        "rses": computing.rses,
        "derived": computing.derived,
        "transfer": computing.transfer,
        "correlation": computing.correlation,
    },
    (*tables.PRODUCTS, *figures.PRODUCTS, claims.judge_all),
    computing.used_weights,
    computing.used_pictures,
    checks=(experiments.check_names,),
)
open_study, compute, draw, finish, redraw = PAPER.open_study, PAPER.compute, PAPER.draw, PAPER.finish, PAPER.redraw

__all__ = ["compute", "draw", "explore", "finish", "generate", "open_study", "plan", "redraw", "save_network", "search"]
