"""The order of the pairs and the votes file."""

import multiprocessing
import os
from collections import Counter
from dataclasses import replace
from itertools import combinations, islice

import pytest

from lib.papers.nst import votes
from lib.papers.nst.votes import Trial, Vote, VoteError

SPECIFIED = (
    "session_id, voter, utc, trial, content, style, left_id, right_id, lr_left, lr_right, choice, rt_ms, is_repeat, "
    "question, version"
)
VOTE = Vote(
    session_id="s1",
    voter="v1",
    utc="2024-05-06T07:08:09.123+00:00",
    trial=1,
    content="astronaut",
    style="swirl",
    left_id="a",
    right_id="b",
    lr_left=0.0017,
    lr_right=0.06,
    choice="left",
    rt_ms=850,
    is_repeat=False,
    question="Which picture looks more natural?",
    version="0.1.0",
)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "votes" / "nst.csv"


def first(count, options="abcd", seed=0):
    return list(islice(votes.trials(list(options), seed), count))


def test_order_is_a_function_of_the_seed():
    assert first(60, seed=3) == first(60, seed=3)
    assert first(60, seed=3) != first(60, seed=4)


def test_order_of_a_seed_stays_the_same_over_versions():
    pairs = "".join(left + right for _, left, right, _ in first(10, seed=0))
    assert pairs == "adcdcbabcadbacbdbcdc"


@pytest.mark.parametrize("seed", range(5))
def test_each_pair_is_shown_equally_often_on_either_side(seed):
    fresh = [(t.left, t.right) for t in first(200, seed=seed) if not t.is_repeat][
        :120
    ]  # ten times six pairs, two sides
    assert Counter(fresh) == {pair: 10 for a, b in combinations("abcd", 2) for pair in [(a, b), (b, a)]}


def test_sides_do_not_follow_the_order_of_the_options():
    assert {first(1, options="ab", seed=seed)[0].left for seed in range(20)} == {"a", "b"}


@pytest.mark.parametrize("options", ["ab", "abc", "abcd", "abcdefg"])
def test_one_trial_in_ten_mirrors_one_of_the_nine_before(options):
    trials = first(100, options)
    assert [t.number for t in trials if t.is_repeat] == list(range(10, 101, 10))
    for t in trials[9::10]:
        assert (t.right, t.left) in [(other.left, other.right) for other in trials[t.number - 10 : t.number - 1]]


def test_a_repeat_follows_its_pair_after_three_other_trials_at_least():
    trials = first(300)
    for t in trials[9::10]:
        assert {t.left, t.right} not in [{other.left, other.right} for other in trials[t.number - 4 : t.number - 1]]


def test_trials_are_numbered_from_one():
    assert first(1)[0] == Trial(1, first(1)[0].left, first(1)[0].right, False)
    assert [t.number for t in first(25)] == list(range(1, 26))


@pytest.mark.parametrize("options", [[], ["a"], ["a", "a"]])
def test_fewer_than_two_different_options_are_refused(options):
    with pytest.raises(ValueError, match="two or more"):
        next(votes.trials(options, 0))


def test_file_has_the_columns_of_the_specification(path):
    votes.append(path, VOTE)
    assert path.read_text().splitlines()[0].split(",") == SPECIFIED.split(", ")


def test_a_vote_is_read_as_it_was_written(path):
    odd = replace(
        VOTE, trial=2, question='Natural, or "painted"; éà?', is_repeat=True, choice="cannot decide", lr_left=1e-4
    )
    for vote in (VOTE, odd):
        votes.append(path, vote)
    assert [Vote(**row) for row in votes.read(path).to_dict("records")] == [VOTE, odd]


def test_no_file_reads_as_no_votes_with_all_columns(path):
    frame = votes.read(path)
    assert frame.empty
    assert list(frame.columns) == SPECIFIED.split(", ")
    assert frame["is_repeat"].dtype == bool


def test_default_file_stands_in_the_votes_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBOOK_VOTES", str(tmp_path))
    votes.append(votes.default_path(), VOTE)
    assert (tmp_path / "nst.csv").exists()
    assert len(votes.read()) == 1


def test_simulated_votes_are_no_real_votes(path):
    votes.append(path, VOTE)
    votes.append(path, replace(VOTE, trial=2, voter="simulated"))
    assert votes.real(votes.read(path))["voter"].tolist() == ["v1"]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("choice", "both"),
        ("right_id", "a"),
        ("lr_left", float("nan")),
        ("lr_right", 0.0),
        ("trial", 0),
        ("rt_ms", -1),
        ("utc", "2024-05-06T07:08:09"),
        ("utc", "yesterday"),
        ("content", ""),
        ("question", "two\nlines"),
    ],
)
def test_a_vote_with_a_value_that_is_not_allowed_is_refused_by_name(column, value):
    with pytest.raises(VoteError, match=column):
        replace(VOTE, **{column: value})


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (",850,", ",fast,", "rt_ms is 'fast'"),
        (",850,0,", ",850,maybe,", "is_repeat is 'maybe'"),
        (",left,", ",", "14 cells"),
        ("left,850", "up,850", "choice is 'up'"),
        ("s1,v1", '"s1,v1', "line 3"),
        ("v1", "v\xff", "line 3"),
    ],
)
def test_a_bad_line_is_an_error_that_names_it(path, old, new, reason):
    for trial in (1, 2, 3):
        votes.append(path, replace(VOTE, trial=trial))
    lines = path.read_text().splitlines(keepends=True)
    lines[2] = lines[2].replace(old, new)
    path.write_bytes("".join(lines).encode("latin-1"))
    with pytest.raises(VoteError, match=reason) as error:
        votes.read(path)
    assert "votes/nst.csv, line 3:" in str(error.value)


def test_the_same_trial_twice_is_an_error_that_names_both_lines(path):
    for _ in range(2):
        votes.append(path, VOTE)
    with pytest.raises(VoteError, match="line 3: the same session and trial as line 2"):
        votes.read(path)


def test_a_file_of_something_else_is_neither_read_nor_changed(path):
    for content in ("a,b\n1,2\n", "just text"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(content)
        with pytest.raises(VoteError, match="header"):
            votes.append(path, VOTE)
        assert path.read_text() == content
    path.write_text("a,b\n1,2\n")
    with pytest.raises(VoteError, match="line 1"):
        votes.read(path)


@pytest.mark.parametrize("kept_bytes", [-1, -30, 40])
def test_a_line_torn_by_a_crash_costs_only_itself(path, kept_bytes):
    votes.append(path, VOTE)
    votes.append(path, replace(VOTE, trial=2))
    path.write_bytes(path.read_bytes()[:kept_bytes])  # 40 bytes: within the header
    with pytest.warns(UserWarning, match="torn"):
        before = len(votes.read(path))
    with pytest.warns(UserWarning, match="torn"):
        votes.append(path, replace(VOTE, trial=3))
    assert votes.read(path)["trial"].tolist() == [1, 3][-before - 1 :]


def test_a_full_disk_leaves_the_votes_before_it(path, monkeypatch):
    votes.append(path, VOTE)

    def full(_descriptor):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            votes.append(path, replace(VOTE, trial=2))
    assert votes.read(path)["trial"].tolist() == [1]


def write_twenty(path, session):
    for trial in range(1, 21):
        votes.append(path, replace(VOTE, session_id=session, trial=trial))


def test_two_writers_lose_no_vote(path):
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=write_twenty, args=(path, session)) for session in ("one", "two")]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(30)
    frame = votes.read(path)
    assert {session: rows["trial"].tolist() for session, rows in frame.groupby("session_id")} == {
        "one": list(range(1, 21)),
        "two": list(range(1, 21)),
    }
