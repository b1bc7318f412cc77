"""Exploration of hyperparameter efficiency for image style transfer: sweeps of learning rate and loss weights."""

from lib.papers.nst import claims, evaluate, experiments, extras, figures, optimisers, pareto, references, tables
from lib.papers.nst.planning import plan, used_pictures, used_weights
from lib.papers.nst.settings import Settings
from lib.papers.nst.transfer import stylize
from lib.papers.paper import Paper

PAPER = Paper(
    "01_nst",
    Settings,
    {
        "references": references.compute,
        **dict.fromkeys(experiments.PARTS, evaluate.compute),
        "naturalness": references.compute_naturalness,
        "votes": references.keep_votes,
        "optimisers": optimisers.compute,
        "pareto_tpe": pareto.compute,
        "pareto_random": pareto.compute,
    },
    (*tables.PRODUCTS, *figures.PRODUCTS, *extras.PRODUCTS, claims.judge_all),
    used_weights,
    used_pictures,
)
open_study, compute, draw, finish, redraw = PAPER.open_study, PAPER.compute, PAPER.draw, PAPER.finish, PAPER.redraw

__all__ = ["compute", "draw", "finish", "open_study", "plan", "redraw", "stylize"]
