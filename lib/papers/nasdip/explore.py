"""The explorer of NAS-DIP's networks, beside those that searches trained for one picture."""

from dataclasses import fields

import pandas as pd

from lib.models import dip
from lib.papers import explorer
from lib.papers.explorer import Explorer
from lib.papers.nasdip.evaluate import Evaluation
from lib.papers.nasdip.records import stored
from lib.papers.study import Study
from lib.spaces.base import Genome


def explore(study: Study | None = None, row: str = "") -> Explorer:
    """The networks of one row (the first by default) of a study, by default of the checked-in desk study.

    ValueError for a row that was not searched.
    """
    searches = stored(study or explorer.desk("nasdip"), "truth", "random")
    rows = list(dict.fromkeys(one.search.row for one in searches))
    if (row and row not in rows) or not rows:
        raise ValueError(f"row is {row!r}; searched were {', '.join(rows) or 'none'}")
    found = [one for one in searches if one.search.row == (row or rows[0])]
    space, settings = found[0].space, found[0].settings
    options = Evaluation(**{f.name: settings[f.name] for f in fields(Evaluation)}).options()
    height, width = space.settings["side"]

    def count(genome: Genome) -> dict[str, int]:
        network = space.decode(genome)
        return {"parameters": dip.parameters(network, options),
                f"multiply-accumulates at {width}×{height} px": dip.macs(network, options, height, width)}  # fmt: skip

    scored = pd.concat([one.rows[one.rows["valid"]] for one in found])
    return Explorer(space, count, scored, score=f"LPIPS of {found[0].search.row}")
