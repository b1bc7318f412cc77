"""Every searcher: the same proposals for the same scores, in order, without growing, and sooner there than chance."""

import hashlib
import inspect
import json
import math
import pickle
import zlib
from itertools import islice

import numpy as np
import pytest

from lib.searchers import SEARCHERS
from lib.searchers.base import check_init, drive
from lib.spaces.base import Gene, Space
from lib.spaces.toy import BitString, IntegerGrid

SMALL = {
    "random": {},
    "stratified": {},
    "aging_evolution": {"population": 8, "sample": 3},
    "genetic": {"population": 10},
    "reinforce": {"batch": 5, "hidden": 16, "lr": 1e-2},
}
every = pytest.mark.parametrize("name", SMALL)


def make(name, space=None, seed=1, **settings):
    return SEARCHERS[name](space or BitString(16), seed, **{**SMALL[name], **settings})


def fake(genome):
    """A score without sense, the same on every machine; every seventh fails."""
    value = zlib.crc32(bytes(genome))
    return math.inf if value % 7 == 0 else value % 1000 / 1000


def proposals(searcher, budget, window=1, score=fake):
    return [proposal for proposal, _ in drive(searcher, score, budget, window)]


def genomes(searcher, budget):
    return [proposal.genome for proposal in proposals(searcher, budget)]


def test_settings_find_every_searcher():
    assert set(SEARCHERS) == set(SMALL)
    assert all(searcher.name == name for name, searcher in SEARCHERS.items())


PERMANENT = {
    "random": "eb36a959c1883938",
    "stratified": "150c13e0d18028a2",
    "aging_evolution": "c929493bde04e7f2",
    "genetic": "68de877f63bee1ac",
    "reinforce": "c1ae16facf8dbc65",
}


@every
def test_the_first_thirty_proposals_never_change(name):
    """If a hash changes, every stored record of this searcher can no longer be resumed: that needs a good reason."""
    text = json.dumps([[proposal.genome, proposal.origin] for proposal in proposals(make(name), 30)])
    assert hashlib.sha256(text.encode()).hexdigest()[:16] == PERMANENT[name]


@every
@pytest.mark.parametrize("window", [1, 3, 8])
def test_asking_and_telling_again_restores_a_searcher(name, window):
    first, scores = [], []
    running = drive(make(name), fake, 60, window)
    for proposal, score in islice(running, 37):
        first.append(proposal)
        scores.append(score)
    stored, resumed = iter(scores), []
    for proposal, _ in drive(make(name), lambda genome: next(stored, fake(genome)), 60, window):
        resumed.append(proposal)
    assert resumed[:37] == first
    assert resumed[37:] == [proposal for proposal, _ in running]
    assert [proposal.k for proposal in resumed] == list(range(60))


@every
def test_another_seed_proposes_other_genomes(name):
    assert genomes(make(name), 20) != genomes(make(name, seed=2), 20)


@pytest.mark.parametrize("name", ["aging_evolution", "genetic"])
def test_the_first_population_is_that_of_random_search(name):
    assert genomes(make(name, population=12), 12) == genomes(make("random"), 12)


@pytest.mark.parametrize(("name", "size", "learnt"), [
    ("aging_evolution", "population", "parents"), ("genetic", "population", "generation"),
    ("reinforce", "batch", "update"),
])  # fmt: skip
def test_nothing_is_learnt_from_before_the_whole_population_or_batch_is_scored(name, size, learnt):
    searcher = make(name, **{size: 4})
    for proposal in [searcher.ask() for _ in range(4)]:
        assert searcher.ask() is None
        searcher.tell(proposal.k, 0.5)
        assert not proposal.origin.get(learnt)
    assert searcher.ask().origin[learnt]


@every
def test_scores_are_told_in_the_order_of_asking(name):
    searcher = make(name)
    searcher.ask(), searcher.ask()
    with pytest.raises(ValueError, match=r"k is 1;.*the next is 0"):
        searcher.tell(1, 0.5)
    searcher.tell(0, 0.5)
    searcher.tell(1, math.inf)
    with pytest.raises(ValueError, match=r"k is 1;.*all proposals have their score"):
        searcher.tell(1, 0.5)


@every
@pytest.mark.parametrize("score", [math.nan, -math.inf])
def test_a_score_without_order_is_refused(name, score):
    searcher = make(name)
    searcher.ask()
    with pytest.raises(ValueError, match="the score of k=0"):
        searcher.tell(0, score)
    searcher.tell(0, 1.0)  # the refusal took nothing


@every
@pytest.mark.parametrize("seed", [-1, 0.5, None, True])
def test_a_seed_is_a_whole_number(name, seed):
    with pytest.raises(ValueError, match="seed is"):
        make(name, seed=seed)


@every
def test_settings_are_plain_and_name_every_argument(name):
    settings = make(name).settings()
    assert json.loads(json.dumps(settings)) == settings
    assert settings.pop("searcher") == name
    fields = inspect.signature(SEARCHERS[name].__init__).parameters
    named = {field for field, what in fields.items() if what.kind is what.KEYWORD_ONLY}
    assert named <= set(settings)
    assert make(name, **settings).settings() == make(name).settings()


WRONG = {
    "random": [{"init": "best"}],
    "aging_evolution": [{"population": 0}, {"sample": 0}, {"rate": 0.1}, {"count": 17}, {"init": "best"}],
    "genetic": [{"parents": "all"}, {"fitness": "log"}, {"selection": "best"}, {"init": "best"}, {"rate": 2},
                {"tournament": 0}, {"population": 2, "parents": "middle"}, {"elite": 0.5, "parents": "middle"},
                {"population": 1}],
    "reinforce": [{"batch": 0}],
}  # fmt: skip


@pytest.mark.parametrize(("name", "wrong"), [(name, wrong) for name, cases in WRONG.items() for wrong in cases])
def test_settings_out_of_range_are_refused(name, wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        SEARCHERS[name](BitString(16), 0, **wrong)


@every
def test_all_failures_are_survived(name):
    assert len(proposals(make(name), 40, score=lambda genome: math.inf)) == 40


@every
def test_any_space_is_searched(name):
    space = Space("cell", [Gene(f"g{i}", ("a", "b", "c")[: 2 + i % 2], i // 2) for i in range(6)])
    if name == "stratified":
        with pytest.raises(ValueError, match="cell; stratified search"):
            make(name, space)
        return
    for proposal in proposals(make(name, space), 30):
        assert space.check(proposal.genome) == proposal.genome


@every
def test_a_searcher_keeps_no_more_than_it_needs(name):
    searcher = make(name)
    sizes = []
    for budget in (100, 300):
        proposals(searcher, budget)
        sizes.append(len(pickle.dumps(searcher)))
    grown = sizes[1] - sizes[0]
    assert grown < 50 * 300 / SMALL["genetic"]["population"]  # a generation leaves its two numbers, no candidate


@pytest.mark.parametrize("name", ["random", "stratified", "aging_evolution", "genetic"])
def test_random_genomes_can_be_held_to_valid_ones(name):
    space = BitString(8)
    space.invalid = lambda genome: None if genome[0] else "first bit off"
    population = 10  # of evolution: only its random genomes are held to it
    assert {p.genome[0] for p in proposals(make(name, space, init="uniform"), population)} == {0, 1}
    assert {p.genome[0] for p in proposals(make(name, space, init="valid"), population // 2)} == {1}


def test_a_space_without_valid_genomes_is_an_error_and_no_endless_search():
    space = BitString(8)
    space.invalid = lambda genome: "too small"
    with pytest.raises(ValueError, match="of bits-8-4 is valid: too small"):
        make("random", space, init="valid").ask()
    with pytest.raises(ValueError, match="init is 'all'"):
        check_init("all")


def test_driving_asks_ahead_by_the_window():
    searcher, ahead = make("random"), []
    for proposal, _ in drive(searcher, lambda genome: 0.0, 12, window=4):
        ahead.append(searcher._asked - proposal.k)
    assert ahead == [4, 4, 4, 4, 4, 4, 4, 4, 4, 3, 2, 1]


def race(name, space, budget, **settings):
    """Over 20 seeds, (20,) each: evaluations until the optimum, at most `budget`, and mean best score so far."""
    until, level = [], []
    for seed in range(20):
        steps = drive(make(name, space, seed, **settings), space.score, budget)
        best = np.minimum.accumulate([score for _, score in steps])
        until.append(int(np.argmax(best == 0)) if best[-1] == 0 else budget)
        level.append(best.mean())
    return np.array(until), np.array(level)


@pytest.mark.parametrize(
    ("name", "space", "budget"),
    [
        ("stratified", BitString(12, block=6), 800),
        ("aging_evolution", BitString(12, block=6), 150),
        ("aging_evolution", IntegerGrid(5, 6), 150),
        ("genetic", BitString(12, block=6), 300),
        ("genetic", IntegerGrid(5, 6), 300),
        ("reinforce", BitString(12, block=6), 120),
    ],
)
def test_the_optimum_is_found_sooner_than_by_chance(name, space, budget):
    until, level = race(name, space, budget, **({"batch": 10, "lr": 2e-2} if name == "reinforce" else {}))
    by_chance, level_by_chance = race("random", space, budget)
    assert np.median(until) < np.median(by_chance)
    assert (level < level_by_chance).sum() >= 15  # of 20 pairs; by luck alone once in fifty
