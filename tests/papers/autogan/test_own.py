"""A search for a folder of one's own pictures, stopped and continued, and how it is sized."""

import math
from dataclasses import replace

import pytest
import torch

from lib.papers.autogan import generate, own, search
from lib.papers.autogan.generate import desk
from lib.search import runs
from lib.search.runs import OutOfTime
from lib.training.autogan_search import AutoGanSearch
from lib.training.gan import DerivedTraining

PACE = [(0.01, 0.001), (0.02, 0.002), (0.05, 0.003)]


@pytest.fixture
def stop(monkeypatch):
    """A function that lets the minutes be over after so many more steps, of the search and the training together."""
    made, last = [], [math.inf]

    def after(steps):
        last[0] = len(made) + steps

    def counted(step):
        return lambda training: made.append(training) or step(training)

    for kind in (AutoGanSearch, DerivedTraining):
        monkeypatch.setattr(kind, "step", counted(kind.step))
    monkeypatch.setattr(runs, "time_left", lambda: 1000.0 if len(made) < last[0] else 0.0)
    return after


def test_a_stopped_search_and_training_go_on_as_if_never_stopped(tiny, folder, stop, monkeypatch, tmp_path):
    monkeypatch.setattr(own, "_pace", lambda _: PACE)
    monkeypatch.setattr(own, "_search_sizes", lambda *_: {"stages": [1, 1, 1]})
    monkeypatch.setattr(own, "_training_size", lambda *_: {"derived_steps": [2, 2, 2]})
    pictures = folder()
    for steps, there in ((1, "the search has 1 of 3 iterations"), (3, "after 1 of 2 steps of a training")):
        stop(steps)
        with pytest.raises(OutOfTime, match=f"{there}; the same call, with the same minutes, continues it"):
            search(pictures, 1000, settings=tiny, side=16)
    stop(100)
    found = search(pictures, 1000, settings=tiny, side=16)
    stop(0)  # finished: nothing is left to compute
    again = search(pictures, 1000.0, settings=tiny, side=16)
    assert again.folder == found.folder
    stop(100)
    monkeypatch.setenv("WORKBOOK_RUNS", str(tmp_path / "other runs"))
    whole = search(pictures, 1000, settings=tiny, side=16)
    assert whole.folder != found.folder
    for other in (again, whole):
        assert other.genome == found.genome == found.curve["beams"].iloc[-1][0]
        assert torch.equal(other.generate(3).pictures, found.generate(3).pictures)
    assert found.curve["resolution"].tolist() == [4, 8, 16]
    assert (found.score, found.g_iters) == ("IS-task", 2)
    assert found.generate(3).pictures.shape == (3, 3, 16, 16)
    assert len(found.report().axes) == 3
    assert generate(found.save(tmp_path / "found.safetensors"), 1).genome == found.genome


@pytest.mark.parametrize("minutes", [0.01, 0.5, 10, 20_000])
def test_the_sizes_of_a_search_follow_its_time_and_stay_allowed(minutes):
    sizes = own._search_sizes(desk(), 30 * minutes, PACE)
    replace(desk(), **sizes)  # validates
    each = [sizes["shared_steps"] * step + (children * sizes["reward_images"] + sizes["images"]) * picture
            for (step, picture), children in zip(PACE, sizes["controller_steps"], strict=True)]  # fmt: skip
    assert sizes["stages"] == [1, 1, 1] or sum(each) / 3 * sum(sizes["stages"]) <= 30 * minutes
    assert (sizes["shared_steps"] == desk().shared_steps) == (minutes >= 10)
    assert (sizes["stages"] == [30, 30, 30]) == (minutes == 20_000)


@pytest.mark.parametrize(("seconds", "steps"), [(1, 6), (10, 36), (1000, 3996)])
def test_the_steps_of_a_training_follow_its_time_without_that_of_its_scores(tiny, seconds, steps):
    """42 real pictures and 6 times 8 of checkpoints take 0.27 s, a G-step with its five D-steps 0.25 s."""
    sizes = own._training_size(tiny, seconds, PACE)
    assert replace(tiny, **sizes).derived_steps == [steps] * 3


def test_the_pace_is_measured_in_each_stage(tiny, folder):
    pace = own._pace(own._own(folder(), tiny, 16))
    assert len(pace) == 3
    assert all(step > 0 and picture > 0 for step, picture in pace)


def test_pictures_without_classes_are_judged_by_a_pretrained_network(tiny, folder):
    found = own._own(folder(classes=1), tiny, 16)
    assert (found.reward, found.features, found.side) == ("lite0", "lite0", 16)


@pytest.mark.parametrize(("shape", "changes", "message"), [
    ({"count": 1, "classes": 1}, {}, "holds 1 picture; at least 2 are needed"),
    ({"side": 24}, {"side": 32}, "has 28 x 24 pixels; at least 32 x 32 are needed"),
    ({}, {"side": 20}, "side is 20; allowed are 16, 32, 48, 64"),
    ({}, {"minutes": 0}, "minutes is 0; allowed are numbers above 0"),
    ({}, {"minutes": float("nan")}, "minutes is nan; allowed are numbers above 0"),
    ({}, {"minutes": "5"}, "minutes is '5'; allowed are numbers above 0"),
])  # fmt: skip
def test_a_folder_or_number_that_cannot_be_used_is_refused_before_any_work(tiny, folder, shape, changes, message):
    pictures = folder(**shape)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(own.Scores, "network", lambda *_: pytest.fail("it works"))
        with pytest.raises(ValueError, match=message):
            search(pictures, **{"minutes": 1.0, "side": 16, "settings": tiny, **changes})


def test_a_folder_that_is_not_there_is_named(tiny, tmp_path):
    with pytest.raises(ValueError, match="nowhere is no folder"):
        search(tmp_path / "nowhere", 1.0, settings=tiny)
