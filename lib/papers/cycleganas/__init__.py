"""CycleGANAS (An and Joo, CVPR Workshops 2024): differentiable search of CycleGAN's four networks at once."""

from lib.papers.cycleganas.explore import explore, slide
from lib.papers.cycleganas.planning import plan
from lib.papers.cycleganas.study import compute, finish, open_study, redraw
from lib.papers.cycleganas.translate import save_network, train, translate

SLUG = "cycleganas"
TITLE = "CycleGANAS: differentiable neural architecture search for CycleGAN"

__all__ = [
    "SLUG",
    "TITLE",
    "compute",
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
