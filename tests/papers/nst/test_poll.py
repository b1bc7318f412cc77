"""What the votes say. The rows here are made for the tests and never leave the temporary folder."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from lib.papers.nst import poll

RATES = {"a": 0.0017, "b": 0.005, "c": 0.02, "d": 0.06}


def answers(prefer, voters, rounds=1):
    """Every voter compares all pairs on both sides; `prefer(one, other)` is the probability that `one` wins."""
    rng = np.random.default_rng(1)
    pairs = [*combinations(RATES, 2), *combinations(reversed(RATES), 2)] * rounds
    return frame([
        (f"v{voter}", one, other, "left" if rng.random() < prefer(one, other) else "right")
        for voter in range(voters) for one, other in pairs
    ])  # fmt: skip


def frame(rows):
    """Votes from (voter, left, right, choice) or (voter, left, right, choice, is_repeat)."""
    table = pd.DataFrame(
        [(*row, False)[:5] for row in rows], columns=["voter", "left_id", "right_id", "choice", "is_repeat"]
    )
    table["session_id"] = table["voter"]
    table["trial"] = table.groupby("voter").cumcount() + 1
    return table.assign(lr_left=table["left_id"].map(RATES), lr_right=table["right_id"].map(RATES))


def earlier_wins(one, other):
    return 0.75 if one < other else 0.25


def evenly(one, other):
    return 0.5


def test_without_a_real_vote_there_is_nothing_to_say():
    simulated = frame([("simulated", "a", "b", "left")])
    assert poll.summary(simulated) == poll.summary(simulated[:0]) == "no votes yet"
    assert poll.figure(simulated[:0]) is None


def test_the_summary_counts_votes_voters_ties_skips_and_repeats_answered_as_before():
    rows = [
        ("v1", "a", "b", "left"),
        ("v1", "c", "d", "left"),
        ("v1", "a", "c", "cannot decide"),
        ("v1", "b", "a", "right", True),  # a again
        ("v1", "d", "c", "left", True),  # now d
        ("v1", "c", "a", "cannot decide", True),
        ("v1", "b", "c", "skip"),
        ("v2", "b", "a", "left", True),  # never shown to this voter before
    ]
    expected = "3 votes of 1 voters; 2 undecided, 1 skipped; 67% of 3 repeated pairs answered as before"
    assert poll.summary(frame(rows)) == expected
    assert poll.summary(frame(rows[:2])) == "2 votes of 1 voters; 0 undecided, 0 skipped"


def test_repeats_and_skipped_pairs_do_not_count():
    rows = [("v1", "a", "b", "cannot decide"), ("v1", "a", "b", "skip"), ("v1", "b", "a", "left", True)]
    counted = poll.counted(frame(rows))
    assert counted[["left_id", "right_id"]].to_numpy().tolist() == [["0.0017", "0.005"]]


def test_figure_has_both_panels_in_rising_rate_and_a_watermark_only_where_votes_were_simulated():
    real = answers(earlier_wins, voters=3)
    figure = poll.figure(real)
    for ax in figure.axes:
        labels = [label.get_text() for label in ax.get_yticklabels()]
        assert labels == ["lr 0.0017", "lr 0.005", "lr 0.02", "lr 0.06"]
    assert "simulated" not in {text.get_text() for text in figure.texts}
    figure = poll.figure(real.assign(voter="simulated"))
    assert "simulated" in {text.get_text() for text in figure.texts}


def test_claim_is_supported_when_voters_prefer_the_smaller_rates_and_open_when_they_do_not():
    assert all(interval.low > 0 for interval in poll.preferences(answers(earlier_wins, voters=60), seed=0))
    assert all(one.low < 0 < one.high for one in poll.preferences(answers(evenly, voters=60), seed=0))


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        (frame([("simulated", "a", "d", "left")] * 1000), "no votes yet"),
        (answers(earlier_wins, voters=49), "lr 0.0017 against 0.06 has 98 of 100 votes"),
        (answers(earlier_wins, voters=9, rounds=6), "9 of 10 voters"),
    ],
    ids=["simulated", "votes", "voters"],
)
def test_too_few_real_votes_decide_nothing_and_the_size_guide_is_given(rows, reason):
    assert reason in poll.shortfall(rows)
    assert "100 votes of a pair tell 60:40 from 50:50" in poll.shortfall(rows)
    assert poll.shortfall(answers(earlier_wins, voters=50)) == ""
