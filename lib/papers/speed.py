"""What searching costs beside the evaluations, measured here and now; `07_speed` shows it."""

from pathlib import Path
from time import perf_counter

import pandas as pd

from lib.search.loop import identity, run_search
from lib.search.record import Record
from lib.search.workers import Outcome
from lib.searchers import SEARCHERS
from lib.searchers.base import drive
from lib.spaces.base import Genome, Space
from lib.spaces.toy import BitString

WINDOW = 8


def count(settings: None, genome: Genome, seed: int) -> Outcome:
    """An evaluation that takes no time: the share of active bits."""
    return Outcome(sum(genome) / len(genome))


def overhead(candidates: int, folder: Path, *, bits: int = 64) -> pd.DataFrame:
    """Milliseconds a candidate, two lines a searcher: its own `ask and tell`, and what loop, record and flush add.

    `stored` rows lie in a new record in the folder.
    """
    lines = []
    for name in SEARCHERS:
        start = perf_counter()
        for _ in drive(
            SEARCHERS[name](BitString(bits), 0), lambda genome: count(None, genome, 0).score, candidates, WINDOW
        ):
            pass
        alone = 1e3 * (perf_counter() - start) / candidates
        whole, stored = _recorded(name, BitString(bits), candidates, folder)
        for part, value in (("ask and tell", alone), ("loop, record, flush", whole - alone)):
            lines.append({"searcher": name.replace("_", " "), "part": part, "ms": value, "stored": stored})
    return pd.DataFrame(lines)


def _recorded(name: str, space: Space, candidates: int, folder: Path) -> tuple[float, int]:
    """Milliseconds a candidate of a whole search, and how many rows it stored."""
    one = SEARCHERS[name](space, 0)
    with Record.open(folder / f"{name}.jsonl", {"identity": identity(one, None, window=WINDOW)}, fresh=True) as record:
        start = perf_counter()
        run_search(one, count, None, record=record, budget=candidates, window=WINDOW)
        return 1e3 * (perf_counter() - start) / candidates, len(record.rows)
