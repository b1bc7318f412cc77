"""What results took, from the records beside them, and what the next profile would."""

import gzip
import json
from pathlib import Path

import pytest

from lib.data.registry import MissingData
from lib.workbook import costs

HEADER = {"schema": 1, "environment": {"device": "x86_64"}}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Records of two parts; another torch computed the last row, on the same device."""
    write(tmp_path, "a", [{"seconds": 60.0}, {"seconds": 40.0}])
    write(tmp_path, "b", [{"seconds": 7.0, "environment": 1}], later={"device": "x86_64", "torch": "2.0"})
    return tmp_path


def write(folder: Path, part: str, rows: list[dict], later: dict | None = None) -> None:
    """A record, whose environment 1 is the later one."""
    lines = [HEADER, {"environment": {"environment": later or {}}}]
    lines += [{"k": k, "repeat": 0, "seed": 0, **row} for k, row in enumerate(rows)]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (folder / "records").mkdir(exist_ok=True)
    (folder / "records" / f"{part}.jsonl.gz").write_bytes(gzip.compress(text.encode()))


@pytest.fixture
def plans(monkeypatch: pytest.MonkeyPatch) -> None:
    """Desk has 1e9 operations, day 10,000 times as many."""
    flops = {"desk": 1e9, "day": 1e13}
    monkeypatch.setattr(costs, "planned", lambda job: [{"rows": 8, "flops": flops[job.profile]}])


def test_the_seconds_of_the_rows_are_summed_by_device(folder: Path) -> None:
    assert costs.spent(folder) == (3, {"x86_64": 107.0})
    write(folder, "c", [{"seconds": 3.0, "environment": 1}], later={"device": "GPU"})
    assert costs.spent(folder) == (4, {"x86_64": 107.0, "GPU": 3.0})


@pytest.mark.usefixtures("plans")
def test_the_next_profile_is_estimated_at_the_speed_of_this_one(folder: Path) -> None:
    took, then = costs.describe("nst", "desk", folder).split("\n\n")
    assert took == "3 rows took 107 s on x86_64, summed over workers."
    assert then.startswith(
        "Next, profile `day`: 8 rows and 1.0e+13 operations, 10,000 times those of `desk`: "
        "12 days on x86_64, an extrapolation of this run's 0.0093 GFLOP/s."
    )
    assert "`python -m lib run 01_nst --profile day --dry-run`" in then


@pytest.mark.usefixtures("plans")
def test_seconds_of_several_devices_are_no_ground_for_a_time(folder: Path) -> None:
    write(folder, "c", [{"seconds": 3.0, "environment": 1}], later={"device": "GPU"})
    took, then = costs.describe("nst", "desk", folder).split("\n\n")
    assert took == "4 rows took 107 s on x86_64 and 3 s on GPU, summed over workers."
    assert then.startswith("Next, profile `day`: 8 rows and 1.0e+13 operations, 10,000 times those of `desk`. Larger")


@pytest.mark.usefixtures("plans")
def test_without_records_operations_are_counted_and_no_time_is_guessed(tmp_path: Path) -> None:
    took, then = costs.describe("nst", "desk", tmp_path).split("\n\n")
    assert took == "No records here."
    assert then.startswith("Next, profile `day`: 8 rows and 1.0e+13 operations, 10,000 times those of `desk`. ")


def test_a_plan_that_needs_its_data_says_so(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(job):
        raise MissingData("fetch coco")

    monkeypatch.setattr(costs, "planned", missing)
    assert costs.describe("nst", "desk", folder).endswith("Profile `day` cannot be counted here: fetch coco.")


def test_nothing_is_larger_than_the_papers_own_profile(folder: Path) -> None:
    assert costs.describe("nst", "paper", folder).endswith("There is no larger profile.")
