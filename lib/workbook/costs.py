"""What a paper's results took to compute, and what the next larger profile would take."""

from collections import Counter
from pathlib import Path
from typing import Any

from lib.data.registry import MissingData
from lib.paths import PROFILES
from lib.report.tables import number
from lib.search import record
from lib.search.progress import duration
from lib.workbook.dryrun import planned
from lib.workbook.notebooks import find_notebook, job

DAY_S = 86_400


def describe(slug: str, profile: str, folder: Path) -> str:
    """The cost of a paper's results in `folder`, and that of the next profile, as two paragraphs of Markdown."""
    rows, seconds = spent(folder)
    where = " and ".join(f"{count:,.0f} s on {device}" for device, count in seconds.most_common())
    took = f"{rows:,} rows took {where}, summed over workers." if rows else "No records here."
    return f"{took}\n\n{_next(slug, profile, seconds)}"


def spent(folder: Path) -> tuple[int, Counter[str]]:
    """How many rows the records of a figure folder hold, and their seconds on each device.

    The seconds are those of the workers, so that two at a time count twice.
    """
    rows, seconds = 0, Counter[str]()
    for path in sorted((folder / "records").glob("*.jsonl.gz")):
        for where, row in record.placed(path):
            rows += 1
            seconds[where.get("device", "an unknown device")] += row.get("seconds", 0.0)
    return rows, seconds


def _next(slug: str, profile: str, seconds: Counter[str]) -> str:
    """What the next profile would compute; in time, too, where one device computed all of this one's records."""
    larger = PROFILES[PROFILES.index(profile) + 1 :][:1]
    if not larger:
        return "There is no larger profile."
    try:
        now, then = (planned(job(find_notebook(slug), name, {}, {})) for name in (profile, *larger))
    except MissingData as error:
        return f"Profile `{larger[0]}` cannot be counted here: {error}."
    rows, before, flops = sum(part["rows"] for part in then), _flops(now), _flops(then)
    text = f"Next, profile `{larger[0]}`: {rows:,} rows and {flops:.1e} operations"
    text += f", {flops / before:,.0f} times those of `{profile}`" if before else ""
    if before and len(seconds) == 1 and (took := seconds.total()):
        text += f": {_long(took * flops / before)} on {next(iter(seconds))}, an extrapolation of this run's "
        text += f"{number(before / took / 1e9, 2)} GFLOP/s"
    command = f"python -m lib run {find_notebook(slug).stem} --profile {larger[0]} --dry-run"
    return f"{text}. Larger profiles are meant for a GPU; `{command}` estimates it for your machine."


def _flops(parts: list[dict[str, Any]]) -> float:
    return float(sum(part["flops"] for part in parts))


def _long(seconds: float) -> str:
    """A duration; from two days on in days."""
    return f"{seconds / DAY_S:,.0f} days" if seconds >= 2 * DAY_S else duration(seconds)
