"""A toy paper, invented: random search for the blur that undoes noise best."""

from lib.papers.blur import claims, experiments
from lib.papers.blur.experiments import plan
from lib.papers.blur.settings import Settings
from lib.papers.paper import Paper

PAPER = Paper(
    notebook="08_blur",
    settings=Settings,
    computers={"search": experiments.search},
    products=(experiments.table1, experiments.fig1, claims.judge_all),
    used_weights=lambda settings: (),
    used_pictures=lambda settings: (settings.picture,),
)
open_study, compute, draw, finish, redraw = PAPER.open_study, PAPER.compute, PAPER.draw, PAPER.finish, PAPER.redraw

__all__ = ["compute", "draw", "finish", "open_study", "plan", "redraw"]
