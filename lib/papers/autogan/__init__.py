"""AutoGAN (Gong et al., arXiv 1908.03835): a controller learns by REINFORCE to design GAN generators, cell by cell."""

from lib.papers.autogan.explore import explore
from lib.papers.autogan.generate import generate, save_network, search
from lib.papers.autogan.planning import plan
from lib.papers.autogan.study import compute, finish, open_study, redraw

SLUG = "autogan"
TITLE = "AutoGAN: Neural Architecture Search for generative adversarial networks"

__all__ = [
    "SLUG",
    "TITLE",
    "compute",
    "explore",
    "finish",
    "generate",
    "open_study",
    "plan",
    "redraw",
    "save_network",
    "search",
]
