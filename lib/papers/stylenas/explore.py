"""The explorer of StyleNAS' networks, beside those that a study scored as candidates."""

from lib.models import photoreal
from lib.papers import explorer
from lib.papers.explorer import Explorer
from lib.papers.study import Study
from lib.papers.stylenas import records
from lib.papers.stylenas.records import SPACE
from lib.spaces.base import Genome


def explore(study: Study | None = None) -> Explorer:
    """The networks of a study, by default of the checked-in desk study; ValueError where none was searched."""
    study = study or explorer.desk("stylenas")
    if not (searches := records.stored(study)):
        raise ValueError("the study has no search to explore")
    width = int(searches[0].about["settings"]["width"])

    def count(genome: Genome) -> dict[str, int]:
        network = SPACE.decode(genome)
        size = photoreal.macs(network, width // 2, width)
        return {"operators": SPACE.ones(genome), "parameters": photoreal.parameters(network),
                f"multiply-accumulates at {width}×{width // 2} px": size}  # fmt: skip

    return Explorer(SPACE, count, records.measured(study), score="L")
