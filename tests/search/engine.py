"""The engine as its tests use it: the climber on the grid, with a record at a path."""

from pathlib import Path
from typing import Any

from lib.search.loop import Search, identity, run_search
from lib.search.record import Record
from tests.search.standin import Climber, Grid, Settings, evaluate


def counters(found: Search) -> dict[str, int]:
    """Candidates asked and valid, evaluations done, failed, and taken from this record or from the cache."""
    valid = [row for row in found.rows if not row["reason"].startswith("invalid")]
    done = [row for row in valid if not row["cached"]]
    return {
        "asked": len(found.scores), "valid": len({row["k"] for row in valid}), "trainings": len(done),
        "failed": sum(row["score"] is None for row in done),
        "from_record": sum(row["cached"] == "record" for row in valid),
        "from_cache": sum(row["cached"] == "disk" for row in valid),
    }  # fmt: skip


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
