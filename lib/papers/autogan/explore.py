"""The explorer of AutoGAN's generators, beside those that a study trained from scratch."""

import torch

from lib.models import autogan as models
from lib.papers import explorer
from lib.papers.autogan import records
from lib.papers.autogan.experiments import SPACE
from lib.papers.explorer import Explorer
from lib.papers.study import Study
from lib.spaces.base import Genome


def explore(study: Study | None = None) -> Explorer:
    """The generators of a study, by default of the checked-in desk study; KeyError where none was trained."""
    study = study or explorer.desk("autogan")
    gan = study.about("derived")["gan"]
    shape = gan["width"], gan["bottom"], gan["latent"]

    def count(genome: Genome) -> dict[str, int]:
        with torch.device("meta"):
            parameters = models.parameters(models.Generator(genome, *shape))
        side = gan["bottom"] << len(SPACE.decode(genome).cells)
        return {"parameters": parameters, f"multiply-accumulates at {side}×{side} px": models.macs(genome, *shape)}

    rows = study.frame("derived").rename(columns={"text": "genome"})
    return Explorer(SPACE, count, rows, score=records.name(study, "derived", "kd"))
