"""What searching costs beside the evaluations, measured here and now; `07_speed` shows it."""

from collections.abc import Callable, Mapping
from pathlib import Path
from time import perf_counter
from typing import Any

import pandas as pd

from lib.search.loop import identity, run_search
from lib.search.record import Record
from lib.search.workers import Outcome
from lib.searchers import SEARCHERS
from lib.spaces.base import Genome
from lib.spaces.toy import BitString

WINDOW = 8
MOST_SPREAD = 5  # log-deviation of durations


def check(values: Mapping[str, Any]) -> None:
    """Raise ValueError, naming the parameter, for values of the notebook that nothing can be measured with."""
    rules = {
        "candidates": (values["candidates"] >= 1, "whole numbers from 1"),
        "slots": (values["slots"] and min(values["slots"]) >= 1, "one or more whole numbers from 1"),
        "windows": (values["windows"] and min(values["windows"]) >= 1, "one or more numbers from 1"),
        "spread": (0 <= values["spread"] <= MOST_SPREAD, f"numbers from 0 to {MOST_SPREAD}"),
        "seed": (values["seed"] >= 0, "whole numbers from 0"),
    }
    for name, (good, allowed) in rules.items():
        if not good:
            raise ValueError(f"{name} is {values[name]}; allowed are {allowed}")


def count(settings: None, genome: Genome, seed: int) -> Outcome:
    """An evaluation that takes no time: the share of active bits."""
    return Outcome(sum(genome) / len(genome))


def overhead(candidates: int, folder: Path, *, bits: int = 64) -> pd.DataFrame:
    """Milliseconds a candidate, two lines a searcher: its own `ask and tell`, and the rest: loop, record and flush.

    `stored` rows lie in a new record in the folder.
    """
    lines = []
    for name in SEARCHERS:
        one, own = SEARCHERS[name](BitString(bits), 0), [0.0]
        for method in ("ask", "tell"):
            setattr(one, method, _timed(getattr(one, method), own))
        header = {"identity": identity(one, None, window=WINDOW)}
        with Record.open(folder / f"{name}.jsonl", header, fresh=True) as record:
            start = perf_counter()
            run_search(one, count, None, record=record, budget=candidates, window=WINDOW)
            rest = perf_counter() - start - own[0]
            stored = len(record.rows)
        for part, seconds in (("ask and tell", own[0]), ("loop, record, flush", rest)):
            ms = 1e3 * seconds / candidates
            lines.append({"searcher": name.replace("_", " "), "part": part, "ms": ms, "stored": stored})
    return pd.DataFrame(lines)


def _timed(method: Callable[..., Any], total: list[float]) -> Callable[..., Any]:
    """The method, adding its seconds to the total."""

    def timed(*arguments: Any) -> Any:
        start = perf_counter()
        try:
            return method(*arguments)
        finally:
            total[0] += perf_counter() - start

    return timed
