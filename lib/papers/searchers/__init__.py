"""Any searcher on any registered space at equal budget; a study of the project's own, no paper."""

from lib.papers.searchers.study import compute, finish, open_study, plan, redraw

SLUG = "searchers"
TITLE = "Searchers compared: any of them on any space"

__all__ = ["SLUG", "TITLE", "compute", "finish", "open_study", "plan", "redraw"]
