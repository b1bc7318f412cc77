"""What a reader plays with: the explorer of CycleGANAS' networks, and a stored photo over its translation."""

from functools import lru_cache

import torch

from lib.models import cyclegan as models
from lib.papers import explorer
from lib.papers.cycleganas import figures, records
from lib.papers.explorer import Explorer
from lib.papers.study import Study
from lib.report.interactive import Comparison
from lib.report.style import PAGE
from lib.spaces.base import Genome
from lib.spaces.cycleganas import NETWORKS, CycleGanas, GeneratorGenotype

Operations = GeneratorGenotype | tuple[str, ...]


def explore(study: Study | None = None) -> Explorer:
    """The networks of a study, by default of the checked-in desk study: those trained on its first set at most widths.

    Sizes are those at the width of the CycleGAN that trained pairs match. ValueError where none was trained.
    """
    study = study or explorer.desk("cycleganas")
    if (rows := records.trainings(study)).empty:
        raise ValueError("the study trained no network to explore")
    data, target = str(rows["data"].iloc[0]), int(rows["target"].mode().iloc[0])
    training = study.about(str(rows["part"].iloc[0]))["training"]
    space = CycleGanas(training["blocks"], _preset(str(rows["text"].iloc[0])))
    widths = {"G": target, "D": int(training["ndf"])}

    def count(genome: Genome) -> dict[str, int]:
        genotype, found = space.decode(genome), dict[str, int]()
        for name in NETWORKS:
            parameters, macs = _size(getattr(genotype, name), widths[name[0]], training["side"])
            found |= {f"{name}: parameters": parameters, f"{name}: multiply-accumulates": macs}
        return found

    fitting = rows[(rows["data"] == data) & (rows["target"] == target)].rename(columns={"text": "genome"})
    return Explorer(space, count, fitting, score=f"{records.score(study, 'kd')} on {data}", width=PAGE)


def slide(number: int = 0, *, pair: str = "N16", data: str = "showable", study: Study | None = None) -> Comparison:
    """A test photo of a set that may be shown over what a trained pair (its name in figure 5) made of it.

    Of the checked-in desk study by default. ValueError for a set, pair or number that has no stored picture.
    """
    shown = figures.albums(study or explorer.desk("cycleganas"))
    rows = shown.get(data, {}).get(pair, [])
    if not 0 <= number < len(rows):
        there = ", ".join(f"{name} {called} 0 to {len(rows) - 1}" for name, pairs in shown.items()
                          for called, rows in pairs.items())  # fmt: skip
        raise ValueError(f"{data} {pair} has no picture {number}; allowed are {there or 'none'}")
    return Comparison(rows[number][0], rows[number][1], ("photo", f"translated by {pair}"))


@lru_cache(maxsize=1024)
def _size(operations: Operations, width: int, side: int) -> tuple[int, int]:
    """Parameters, and multiply-accumulates of a picture, of a generator or discriminator; nothing is computed."""
    kind = models.Generator if isinstance(operations, GeneratorGenotype) else models.Discriminator
    with torch.device("meta"):
        network = kind(operations, width)  # type: ignore[arg-type]
    return models.parameters(network), models.macs(network, side)


def _preset(text: str) -> str:
    """Whose space a written genome is of: the authors' code has five operations in a discriminator."""
    return "repo" if len(text.rpartition(";")[2].split()) == 5 else "paper"
