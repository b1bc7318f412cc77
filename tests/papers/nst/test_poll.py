"""What the votes say. The rows here are made for the tests and never leave the temporary folder."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from lib.papers.nst import poll, votes
from lib.papers.nst.votes import VoteError

RATES = {"a": 0.0017, "b": 0.005, "c": 0.02, "d": 0.06}


def answers(prefer, voters, rounds=1, first_voter=0):
    """Every voter compares all pairs on both sides; `prefer(one, other)` is the probability that `one` wins."""
    rng = np.random.default_rng(1)
    rows = []
    for voter in range(first_voter, first_voter + voters):
        for one, other in [*combinations(RATES, 2), *combinations(reversed(RATES), 2)] * rounds:
            rows.append((f"v{voter}", one, other, "left" if rng.random() < prefer(one, other) else "right"))
    return frame(rows)


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


def test_a_file_without_a_real_vote_says_no_votes_yet(tmp_path):
    assert str(poll.summary(votes.read(tmp_path / "nst.csv"))) == "no votes yet"
    simulated = frame([("simulated", "a", "b", "left")])
    assert str(poll.summary(simulated)) == "no votes yet"
    assert poll.figure(poll.summary(simulated)) is None


def test_shares_and_strengths_follow_the_answers():
    options = poll.summary(answers(earlier_wins, voters=30)).options
    assert options["option"].tolist() == list("abcd")
    assert options["lr"].tolist() == list(RATES.values())
    assert options["n"].tolist() == [30 * 6] * 4
    assert options["strength"].is_monotonic_decreasing
    assert options["strength"].sum() == pytest.approx(0, abs=1e-9)
    assert (options["share_low"] < options["share"]).all()
    assert (options["share"] < options["share_high"]).all()
    assert (options["strength_low"] < options["strength"]).all()
    assert (options["strength"] < options["strength_high"]).all()


def test_share_of_a_single_pair_is_wilson_s_textbook_interval():
    options = poll.summary(frame([("v1", "a", "b", "left")] * 6 + [("v2", "b", "a", "left")] * 4)).options
    assert options.loc[0, ["n", "share"]].tolist() == [10, 0.6]
    assert options.loc[0, ["share_low", "share_high"]].tolist() == pytest.approx([0.3127, 0.8318], abs=1e-4)


def test_ties_are_half_a_win_and_skipped_pairs_and_repeats_count_for_nothing():
    rows = [("v1", "a", "b", "cannot decide"), ("v1", "a", "b", "skip"), ("v1", "b", "a", "left", True)]
    summary = poll.summary(frame(rows))
    assert (summary.votes, summary.ties, summary.skipped) == (1, 1, 1)
    assert summary.options["share"].tolist() == [0.5, 0.5]
    assert summary.options["strength"].tolist() == pytest.approx([0, 0])


def test_one_voter_gives_strengths_without_an_interval():
    options = poll.summary(frame([("v1", "a", "b", "left")] * 5)).options
    assert options["strength"].notna().all()
    assert options[["strength_low", "strength_high"]].isna().all(axis=None)


def test_an_option_with_two_learning_rates_is_an_error():
    mixed = frame([("v1", "a", "b", "left"), ("v1", "a", "b", "left")])
    mixed.loc[1, "lr_left"] = 0.5
    with pytest.raises(VoteError, match=r"'a'.*0\.0017.*0\.5"):
        poll.summary(mixed)


def test_consistency_compares_a_repeat_with_the_same_pair_before_it_whatever_the_side():
    rows = [
        ("v1", "a", "b", "left"),
        ("v1", "c", "d", "left"),
        ("v1", "a", "c", "cannot decide"),
        ("v1", "b", "a", "right", True),  # a again
        ("v1", "d", "c", "left", True),  # now d
        ("v1", "c", "a", "cannot decide", True),
        ("v1", "a", "b", "skip", True),
        ("v2", "b", "a", "left", True),  # never shown to this voter before
    ]
    consistency = poll.consistency(frame(rows))
    assert (consistency.n, consistency.value) == (3, pytest.approx(2 / 3))
    assert "67% of 3 repeated pairs" in str(poll.summary(frame(rows)))


def test_no_repeats_give_no_consistency():
    assert poll.consistency(frame([("v1", "a", "b", "left")])) is None


def test_figure_of_simulated_votes_says_so():
    simulated = answers(earlier_wins, voters=3).assign(voter="simulated")
    summary = poll.summary(simulated, with_simulated=True)
    assert "simulated" in {text.get_text() for text in poll.figure(summary).texts}
    assert str(summary).startswith("simulated: ")


def test_figure_of_real_votes_has_both_panels_and_no_watermark():
    fig = poll.figure(poll.summary(answers(earlier_wins, voters=3)))
    assert len(fig.axes) == 2
    assert [label.get_text() for label in fig.axes[0].get_yticklabels()] == [
        "lr 0.0017",
        "lr 0.005",
        "lr 0.02",
        "lr 0.06",
    ]
    assert "simulated" not in {text.get_text() for text in fig.texts}


def test_claim_is_supported_when_voters_prefer_the_smaller_rates():
    found = poll.preferences(answers(earlier_wins, voters=60))
    assert list(found) == ["b(0.0017)-b(0.06)", "b(0.005)-b(0.06)"]
    assert all(interval.low > 0 for interval in found.values())


def test_claim_is_open_when_voters_answer_at_random():
    found = poll.preferences(answers(lambda one, other: 0.5, voters=60))
    assert all(interval.low < 0 < interval.high for interval in found.values())


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
    assert poll.preferences(rows) is None
    assert reason in poll.shortfall(rows)
    assert "100 votes of a pair tell 60:40 from 50:50" in poll.shortfall(rows)


def test_enough_votes_lack_nothing():
    assert poll.shortfall(answers(earlier_wins, voters=50)) == ""


def test_interval_over_voters_is_wider_than_over_votes_when_each_voter_has_one_mind():
    stubborn = [(f"v{v}", "a", "b", "left" if v % 2 else "right") for v in range(10) for _ in range(20)]
    by_voter = poll.summary(frame(stubborn)).options
    as_votes = poll.summary(frame([(f"v{k}", *row[1:]) for k, row in enumerate(stubborn)])).options
    width = [table["strength_high"] - table["strength_low"] for table in (by_voter, as_votes)]
    assert (width[0] > 3 * width[1]).all()
