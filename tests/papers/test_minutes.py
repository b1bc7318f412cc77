"""The minutes of a search and a training on pictures of one's own."""

import json

import pytest

from lib.papers.minutes import finished, left_to_train, own_run
from lib.papers.settings import Settings
from lib.search import runs
from lib.search.runs import OutOfTime
from lib.training.trainer import Step


class Toy:
    """A training of two iterations a step."""

    iteration = 0

    def step(self):
        self.iteration += 2
        return Step({"iteration": self.iteration})

    def state(self):
        return {"iteration": self.iteration}

    def load(self, state):
        self.iteration = state["iteration"]


@pytest.fixture
def stop(monkeypatch):
    """A function that lets the minutes be over when time was asked for so many times."""

    def after(times):
        left = iter([1.0] * times)
        monkeypatch.setattr(runs, "time_left", lambda: next(left, 0.0))

    return after


SETTINGS = Settings("custom", [], "cpu", 1, fresh=False, seed=0)


def ran():
    """The iterations of a toy's rows in a run of five minutes, and the run's folder."""
    with own_run("toy", SETTINGS, 5, {"own": "1a2b"}, rows=3) as run:
        rows = finished(Toy(), run.record, run.folder / "c.pt", "search", steps=3, iterations=6, seed=0)
    return [row["metrics"]["iteration"] for row in rows], run.folder


def test_a_run_whose_minutes_are_over_says_how_it_goes_on_and_then_does(stop):
    stop(1)
    continued = "the same call, with the same minutes, continues it"
    with pytest.raises(OutOfTime, match=f"the minutes are over and the search has 2 of 6 iterations; {continued}"):
        ran()
    stop(2)
    found = ran()
    assert found[0] == [2, 4, 6]
    stop(0)
    assert ran() == found  # it is finished


def test_a_run_ends_with_a_manifest_of_what_it_depends_on():
    manifest = json.loads((ran()[1] / "manifest.json").read_text())
    assert manifest["parameters"] == {"settings": {"seed": 0, "data": "1a2b"}, "minutes": 5.0, "rows": 3}
    assert (manifest["data"], manifest["weights"], manifest["seeds"]) == ({"own": "1a2b"}, {}, [0])
    assert manifest["seconds"] >= 0


def test_the_minutes_are_the_time_that_is_left_within_a_run_and_no_more_after_it():
    with own_run("toy", SETTINGS, 5, {"own": "1a2b"}):
        assert 290 < runs.time_left() <= 300
    assert runs.time_left() == float("inf")


@pytest.mark.parametrize(("spent", "left", "expected"), [
    ([100, 50], 500.0, 450), ([100, 50], 300.0, 300), ([500], 90.0, 150), ([], 600.0, 600)])  # fmt: skip
def test_a_training_has_what_a_search_left_but_a_quarter_at_least(spent, left, expected, monkeypatch):
    monkeypatch.setattr(runs, "time_left", lambda: left)
    assert left_to_train(10, [{"seconds": one} for one in spent]) == expected
