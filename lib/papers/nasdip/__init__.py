"""NAS-DIP (Ho et al., arXiv 2001.04776): a genetic algorithm searches deep-image-prior networks for one image."""

from lib.papers.nasdip.explore import explore
from lib.papers.nasdip.planning import plan
from lib.papers.nasdip.restore import restore
from lib.papers.nasdip.study import compute, finish, open_study, redraw

SLUG = "nasdip"
TITLE = "NAS-DIP: Neural Architecture Search for Deep Image Prior"

__all__ = ["SLUG", "TITLE", "compute", "explore", "finish", "open_study", "plan", "redraw", "restore"]
