"""The papers of the workbook, by slug. Each is a package with `TITLE`, `SLUG`, `plan` and `redraw`."""

from importlib.util import find_spec

PAPERS = {
    "nst": "Exploration of hyperparameter efficiency for image style transfer",
    "nasdip": "NAS-DIP: Neural Architecture Search for Deep Image Prior",
    "stylenas": "StyleNAS: photorealistic universal style transfer",
    "autogan": "AutoGAN: Neural Architecture Search for generative adversarial networks",
    "cycleganas": "CycleGANAS: differentiable neural architecture search for CycleGAN",
}


def built(slug: str) -> bool:
    """Whether the paper's package exists; raises ValueError for a slug that names no paper."""
    if slug not in PAPERS:
        raise ValueError(f"paper is {slug!r}; allowed are {', '.join(PAPERS)}")
    return find_spec(f"lib.papers.{slug}") is not None
