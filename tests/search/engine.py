"""The engine as its tests use it: the climber on the grid, with a record at a path."""

from pathlib import Path
from typing import Any

from lib.search.loop import Search, identity, run_search
from lib.search.record import Record
from tests.search.standin import Climber, Grid, Settings, evaluate


def open_record(path: Path, settings: Settings, *, seed: int = 0, **shaping: Any) -> Record:
    """The record of a search with the climber on the grid."""
    header = {"identity": identity(Climber(Grid(), seed), settings, **shaping)}
    return Record.open(path, header)


def search(path: Path, settings: Settings | None = None, *, seed: int = 0, budget: int = 30, **options: Any) -> Search:
    """Search the grid with the climber, continuing the record at `path`; options are those of `run_search`."""
    settings = settings or Settings()
    shaping = {name: options[name] for name in ("window", "repeats", "seeding") if name in options}
    with open_record(path, settings, seed=seed, **shaping) as record:
        return run_search(Climber(Grid(), seed), evaluate, settings, record=record, budget=budget, **options)
