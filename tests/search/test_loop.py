"""The loop: one history for any workers, every candidate recorded once, any search resumed from its record."""

import json

import pytest

from lib.search.loop import identity, run_search
from lib.search.record import Record, RecordMismatch, differences, read
from tests.search.standin import Climber, Grid, Settings, evaluate


@pytest.fixture
def search(tmp_path):
    """Runs a search on the record `name`; the keywords are those of `run_search`."""

    def run(name="a", *, searcher=None, settings=None, workers="serial", budget=30, **options):
        searcher, settings = searcher or Climber(Grid()), settings or Settings()
        shaping = {key: options[key] for key in ("window", "repeats", "seeding") if key in options}
        header = {"identity": identity(searcher, settings, **shaping)}
        with Record.open(tmp_path / name / "record.jsonl", header) as record:
            return run_search(searcher, evaluate, settings, record=record, budget=budget, workers=workers, **options)

    return run


@pytest.fixture
def log(tmp_path):
    """A file that gets a line an evaluation."""
    path = tmp_path / "log"
    path.touch()
    return path


def lines(path):
    return path.read_text().splitlines()


def test_the_history_is_the_same_for_any_number_of_workers(search):
    settings = Settings(seconds=0.03, noise=0.1)
    alone = search("serial", settings=settings, repeats=2)
    for workers in ("processes:2", "processes:5"):
        many = search(workers, settings=settings, repeats=2, workers=workers)
        assert differences(alone.rows, many.rows) == []


def test_the_window_shapes_the_history_and_is_part_of_the_identity(search):
    narrow, wide = search("narrow", window=1), search("wide", window=12)
    assert differences(narrow.rows, wide.rows)
    with pytest.raises(RecordMismatch, match=r"window: 1 \| 12"):
        search("narrow", window=12)


def test_an_equal_network_at_an_equal_seed_is_computed_once(search, log):
    found = search(settings=Settings(log=str(log)), budget=60)
    trained = {row["genome"][:14] for row in found.rows if not row["reason"]}
    assert len(lines(log)) == found.counters["trainings"] == len(trained)
    shared = [row for row in found.rows if row["cached"] == "record"]
    assert len(shared) == found.counters["from_record"] > 0
    assert all(row["seconds"] == 0 for row in shared)


def test_an_invalid_genome_costs_no_training_and_says_why(search, log):
    found = search(settings=Settings(log=str(log)), budget=60)
    invalid = [row for row in found.rows if row["genome"].startswith("g0=3 g1=3")]
    assert invalid
    assert {row["reason"] for row in invalid} == {"invalid: begins 3-3"}
    assert {found.scores[row["k"]] for row in invalid} == {float("inf")}
    assert not [line for line in lines(log) if " 3-3-" in line]


def test_a_larger_budget_continues_as_if_it_had_been_given_at_once(search, log):
    settings = Settings(log=str(log))
    search("a", settings=settings, budget=12)
    extended = search("a", settings=settings, budget=40)
    once = search("b", settings=settings, budget=40)
    assert differences(extended.rows, once.rows) == []
    assert len(lines(log)) == 2 * once.counters["trainings"]
    assert len(search("a", settings=settings, budget=12).rows) == 12


def test_a_gap_is_computed_and_later_rows_are_used(search, log, tmp_path):
    settings = Settings(log=str(log))
    whole = search("a", settings=settings)
    header, rows = read(tmp_path / "a" / "record.jsonl")
    gap = next(row for row in rows if row["k"] > 3 and not row["cached"] and not row["reason"])
    left = [row for row in rows if row is not gap]
    (tmp_path / "a" / "record.jsonl").write_text("".join(json.dumps(line) + "\n" for line in [header, *left]))
    before = len(lines(log))
    assert differences(search("a", settings=settings).rows, whole.rows) == []
    assert len(lines(log)) <= before + 1
