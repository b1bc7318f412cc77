"""The minutes of a search and a training on pictures of one's own."""

import pytest

from lib.papers.minutes import finished, left_to_train, own_run
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


def ran(given=5.0, seed=0):
    """The iterations of a toy's rows in a run with these minutes."""
    with own_run("toy", {"seed": seed}, given, 1) as run:
        rows = finished(Toy(), run.record, run.folder / "c.pt", "search", steps=3, iterations=6, seed=0)
        return [row["metrics"]["iteration"] for row in rows]


def test_a_run_whose_minutes_are_over_says_how_it_goes_on_and_then_does(stop):
    stop(1)
    continued = "the same call, with the same minutes, continues it"
    with pytest.raises(OutOfTime, match=f"the minutes are over and the search has 2 of 6 iterations; {continued}"):
        ran()
    stop(2)
    assert ran() == [2, 4, 6]
    stop(0)
    assert ran() == [2, 4, 6]  # it is finished


def test_the_minutes_are_the_time_that_is_left_within_a_run_and_no_more_after_it():
    with own_run("toy", {"seed": 0}, 5, 1):
        assert 290 < runs.time_left() <= 300
    assert runs.time_left() == float("inf")


@pytest.mark.parametrize(("spent", "left", "expected"), [
    ([100, 50], 500.0, 450), ([100, 50], 300.0, 300), ([500], 90.0, 150), ([], 600.0, 600)])  # fmt: skip
def test_a_training_has_what_a_search_left_but_a_quarter_at_least(spent, left, expected, monkeypatch):
    monkeypatch.setattr(runs, "time_left", lambda: left)
    assert left_to_train(10, [{"seconds": one} for one in spent]) == expected
