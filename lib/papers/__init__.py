"""The papers of the workbook, by slug. Each is a package with `TITLE`, `SLUG`, `plan` and `redraw`."""

from importlib.util import find_spec

PAPERS = {
    "nst": "Exploration of hyperparameter efficiency for image style transfer",
    "nasdip": "NAS-DIP: Neural Architecture Search for Deep Image Prior",
    "stylenas": "StyleNAS: photorealistic universal style transfer",
    "autogan": "AutoGAN: Neural Architecture Search for generative adversarial networks",
    "cycleganas": "CycleGANAS: differentiable neural architecture search for CycleGAN",
}
STUDIES = {"searchers": "Any searcher on any space"}  # our own, built alike
PAGES = ("speed",)  # notebooks without settings of that kind; the module checks its parameters


def built(slug: str) -> bool:
    """Whether the paper's or study's package exists; raises ValueError for a slug that names none."""
    if slug not in (known := PAPERS | STUDIES):
        raise ValueError(f"paper is {slug!r}; allowed are {', '.join(known)}")
    return find_spec(f"lib.papers.{slug}") is not None
