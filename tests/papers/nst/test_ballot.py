"""The voting widget, clicked through its own interface."""

import io
import multiprocessing
import os
import signal
from itertools import islice

import numpy as np
import pytest
from PIL import Image

from lib.papers.nst import votes
from lib.papers.nst.ballot import Ballot

LRS = {"first-option": 0.0017, "second-option": 0.005, "third-option": 0.02, "fourth-option": 0.06}
IMAGES = {option: np.full((6, 8, 3), 40 * k, np.uint8) for k, option in enumerate(LRS)}


@pytest.fixture
def path(tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBOOK_VOTES", str(tmp_path))
    monkeypatch.setenv("WORKBOOK_VOTER", "simulated")
    return tmp_path / "nst.csv"


@pytest.fixture
def ballot(path):
    return Ballot(IMAGES, LRS, "astronaut", "swirl", seed=5)


def shown_option(picture):
    value = np.asarray(Image.open(io.BytesIO(picture.value)))
    return next(option for option, image in IMAGES.items() if image[0, 0, 0] == value[0, 0, 0])


def states(widget):
    """All that a widget and its children send to the browser."""
    return [widget.get_state(), *(state for child in getattr(widget, "children", ()) for state in states(child))]


@pytest.mark.parametrize("choice", ["left", "right", "cannot decide", "skip"])
def test_a_click_appends_the_pair_on_the_screen_with_the_choice(ballot, path, choice):
    left, right = map(shown_option, ballot.pictures)
    ballot.buttons[choice].click()
    row = votes.read(path).iloc[0]
    assert (row["left_id"], row["right_id"], row["choice"]) == (left, right, choice)
    assert (row["lr_left"], row["lr_right"]) == (LRS[left], LRS[right])
    assert (row["content"], row["style"], row["voter"]) == ("astronaut", "swirl", "simulated")
    assert row["question"] == "Which picture looks more natural?"


def test_clicks_follow_the_planned_order_with_a_repeat_in_ten(ballot, path):
    for _ in range(20):
        ballot.buttons["left"].click()
    rows = votes.read(path)[["trial", "left_id", "right_id", "is_repeat"]]
    assert [tuple(row) for row in rows.itertuples(index=False)] == list(islice(votes.trials(list(LRS), 5), 20))
    assert rows["is_repeat"].sum() == 2


def test_nothing_in_the_browser_tells_which_option_is_shown(ballot):
    for _ in range(5):
        text = repr([{k: v for k, v in state.items() if k != "value"} for state in states(ballot.widget)])
        assert not any(option in text or str(lr) in text for option, lr in LRS.items())
        assert not any(option in ballot.status.value for option in LRS)
        assert all(not Image.open(io.BytesIO(picture.value)).info for picture in ballot.pictures)
        ballot.buttons["left"].click()


def test_both_pictures_have_the_same_size_on_the_screen(ballot):
    left, right = ballot.pictures
    assert (left.layout.width, left.layout.height) == (right.layout.width, right.layout.height) == ("400px", "300px")


def test_response_time_counts_from_the_appearance_of_the_pair(ballot, path, monkeypatch):
    now = ballot._shown_at
    monkeypatch.setattr("lib.papers.nst.ballot.time.monotonic", lambda: now + 1.25)
    ballot.buttons["left"].click()
    ballot.buttons["left"].click()
    assert votes.read(path)["rt_ms"].tolist() == [1250, 0]


def test_a_vote_that_cannot_be_saved_stays_on_the_screen(ballot, path):
    path.write_text("something else\n")
    trial = ballot.trial
    ballot.buttons["left"].click()
    assert ballot.trial == trial
    assert ballot.status.value.startswith("Not saved:")


def test_a_voter_has_one_random_id_and_each_ballot_a_session(ballot, path, monkeypatch):
    monkeypatch.delenv("WORKBOOK_VOTER")
    for _ in range(2):
        Ballot(IMAGES, LRS, "c", "s", seed=0).buttons["left"].click()
    rows = votes.read(path)
    assert rows["voter"].nunique() == 1
    assert len(rows["voter"][0]) == 32
    assert rows["session_id"].nunique() == 2


def test_votes_on_other_pictures_have_another_version(path):
    for value in (1, 2):
        images = {**IMAGES, "first-option": np.full((6, 8, 3), value, np.uint8)}
        Ballot(images, LRS, "c", "s", seed=0).buttons["skip"].click()
    assert votes.read(path)["version"].nunique() == 2


@pytest.mark.parametrize(
    ("images", "reason"),
    [
        ({"first-option": IMAGES["first-option"]}, "two or more"),
        ({**IMAGES, "third-option": np.zeros((6, 9, 3), np.uint8)}, "one shape"),
    ],
)
def test_options_that_cannot_be_compared_are_refused(images, reason):
    with pytest.raises(ValueError, match=reason):
        Ballot(images, LRS, "c", "s", seed=0)


def test_making_and_showing_a_ballot_writes_nothing_and_reads_as_one_line(ballot, path):
    bundle, _ = ballot._repr_mimebundle_()
    assert bundle["text/plain"] == repr(ballot)
    assert repr(ballot).startswith("Ballot of 4 pictures; vote in JupyterLab")
    assert not path.exists()


def click_and_die(ballot):
    for _ in range(7):
        ballot.buttons["left"].click()
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a system that forks")
def test_a_killed_session_loses_no_click_made_before(ballot, path):
    session = multiprocessing.get_context("fork").Process(target=click_and_die, args=(ballot,))
    session.start()
    session.join(30)
    assert session.exitcode == -signal.SIGKILL
    assert votes.read(path)["trial"].tolist() == list(range(1, 8))
