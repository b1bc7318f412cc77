"""What a reader plays with: the explorer of CycleGANAS' networks, and a stored photo over its translation."""

import torch

from lib.models.cyclegan import macs, parameters
from lib.papers import explorer
from lib.papers.cycleganas import figures, records
from lib.papers.explorer import Explorer
from lib.papers.study import Study
from lib.report.interactive import Comparison
from lib.report.style import PAGE
from lib.spaces.base import Genome
from lib.spaces.cycleganas import CycleGanas, discriminator_preset
from lib.training.cyclegan import derived


def explore(study: Study | None = None) -> Explorer:
    """The networks of a study, by default of the checked-in desk study: those trained on its first set at most widths.

    Sizes are those at the width of the CycleGAN that trained pairs match. ValueError where none was trained.
    """
    study = study or explorer.desk("cycleganas")
    if (rows := records.trainings(study)).empty:
        raise ValueError("the study trained no network to explore")
    data, H = str(rows["data"].iloc[0]), int(rows["target"].mode().iloc[0])
    training = study.about(str(rows["part"].iloc[0]))["training"]
    preset = discriminator_preset(str(rows["text"].iloc[0]).rpartition(";")[2].split())
    space, ndf = CycleGanas(training["blocks"], preset), training["ndf"]

    def count(genome: Genome) -> dict[str, int]:
        of = dict[str, int]()
        with torch.device("meta"):
            networks = derived(space.decode(genome), (H, H), ndf, seed=0)
        for name, network in networks.items():
            of |= {f"{name}: parameters": parameters(network),
                   f"{name}: multiply-accumulates": macs(network, training["side"])}  # fmt: skip
        return of

    fitting = rows[(rows["data"] == data) & (rows["target"] == H)].rename(columns={"text": "genome"})
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
