"""Exploration of hyperparameter efficiency for image style transfer: sweeps of learning rate and loss weights."""

from lib.papers.nst.study import compute, finish, open_study, plan, redraw
from lib.papers.nst.transfer import stylize

SLUG = "nst"
TITLE = "Exploration of hyperparameter efficiency for image style transfer"

__all__ = ["SLUG", "TITLE", "compute", "finish", "open_study", "plan", "redraw", "stylize"]
