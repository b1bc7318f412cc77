"""The order of the pairs and the votes file."""

import multiprocessing
import os
from itertools import combinations, islice

import pandas as pd
import pytest

from lib.papers.nst import votes

SPECIFIED = (
    "session_id,voter,utc,trial,content,style,left_id,right_id,lr_left,lr_right,choice,rt_ms,is_repeat,question,version"
)
VOTE = {
    "session_id": "s1", "voter": "v1", "utc": "2024-05-06T07:08:09.123+00:00", "trial": 1, "content": "astronaut",
    "style": "swirl", "left_id": "a", "right_id": "b", "lr_left": 0.0017, "lr_right": 0.06, "choice": "left",
    "rt_ms": 850, "is_repeat": False, "question": "Which picture looks more natural?", "version": "0.1.0",
}  # fmt: skip


@pytest.fixture
def path(tmp_path):
    return tmp_path / "votes" / "nst.csv"


def first(count, options="abcd", seed=0):
    return list(islice(votes.trials(list(options), seed), count))


def test_order_is_a_function_of_the_seed_and_stays_the_same_over_versions():
    assert first(60, seed=3) == first(60, seed=3) != first(60, seed=4)
    assert "".join(left + right for _, left, right, _ in first(10)) == "cbaddcdbabaccbadabca"


@pytest.mark.parametrize("options", ["ab", "abc", "abcd", "abcdefg"])
def test_fresh_trials_run_through_all_pairs_and_every_tenth_mirrors_one_before(options):
    trials = first(100, options)
    assert [t.number for t in trials] == list(range(1, 101))
    assert [t.number for t in trials if t.is_repeat] == list(range(10, 101, 10))
    for t in trials[9::10]:
        assert (t.right, t.left) in [(other.left, other.right) for other in trials[t.number - 10 : t.number - 4]]
    fresh, pairs = [{t.left, t.right} for t in trials if not t.is_repeat], [*map(set, combinations(options, 2))]
    assert all(pair in fresh[: len(pairs)] for pair in pairs)


def test_sides_do_not_follow_the_order_of_the_options():
    assert {first(1, options="ab", seed=seed)[0].left for seed in range(20)} == {"a", "b"}


def test_a_single_option_is_refused():
    with pytest.raises(ValueError, match="two or more"):
        next(votes.trials(["a"], 0))


def test_votes_are_read_as_they_were_written_under_the_specified_columns(path):
    odd = {**VOTE, "trial": 2, "question": 'Natural, or\n"painted"; éà?', "is_repeat": True, "lr_left": 1 / 3}
    for vote in (VOTE, odd):
        votes.append(path, vote)
    assert path.read_text().splitlines()[0] == SPECIFIED
    assert votes.read(path).to_dict("records") == [VOTE, odd]


def test_no_file_reads_as_no_votes_with_typed_columns(path):
    frame = votes.read(path)
    assert frame.empty
    assert ",".join(frame.columns) == SPECIFIED
    assert frame["is_repeat"].dtype == bool


def test_default_file_stands_in_the_votes_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBOOK_VOTES", str(tmp_path))
    votes.append(votes.default_path(), VOTE)
    assert (tmp_path / "nst.csv").exists()
    assert len(votes.read()) == 1


def test_simulated_votes_are_no_real_votes():
    frame = pd.DataFrame([VOTE, {**VOTE, "voter": "simulated"}])
    assert votes.real(frame)["voter"].tolist() == ["v1"]


@pytest.mark.parametrize("content", ["a,b\n1,2\n", "just text", f"{SPECIFIED}\n{'x,' * 14}x\n"])
def test_a_file_of_something_else_is_neither_read_nor_changed(path, content):
    path.parent.mkdir()
    path.write_text(content)
    with pytest.raises(ValueError, match=r"votes/nst\.csv"):
        votes.append(path, VOTE)
    assert path.read_text() == content


def test_a_full_disk_leaves_the_votes_before_it(path, monkeypatch):
    votes.append(path, VOTE)

    def full(_descriptor):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            votes.append(path, {**VOTE, "trial": 2})
    assert votes.read(path)["trial"].tolist() == [1]


def write_ten(path, session):
    for trial in range(1, 11):
        votes.append(path, {**VOTE, "session_id": session, "trial": trial})


def test_two_writers_lose_no_vote(path):
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=write_ten, args=(path, session)) for session in ("one", "two")]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    trials = votes.read(path).groupby("session_id")["trial"].apply(list).to_dict()
    assert trials == {session: list(range(1, 11)) for session in ("one", "two")}
