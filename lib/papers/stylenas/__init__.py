"""StyleNAS (An et al., arXiv 1906.02470): aging evolution searches photorealistic style-transfer networks."""

from lib.papers.stylenas.explore import explore
from lib.papers.stylenas.planning import plan
from lib.papers.stylenas.study import compute, finish, open_study, redraw
from lib.papers.stylenas.transfer import save_network, transfer

SLUG = "stylenas"
TITLE = "StyleNAS: an empirical study of architecture search for universal style transfer"

__all__ = ["SLUG", "TITLE", "compute", "explore", "finish", "open_study", "plan", "redraw", "save_network", "transfer"]
