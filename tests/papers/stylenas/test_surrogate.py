"""The surrogate objective, and evolution against random search on it (specification 5.6 and 11.6)."""

import math
import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr

from lib.papers.stylenas import log, surrogate
from lib.papers.stylenas.surrogate import EFFECTS, NOISE, START, Surrogate
from lib.searchers.aging_evolution import AgingEvolution
from lib.searchers.base import Searcher, drive
from lib.searchers.random_search import RandomSearch
from lib.spaces.base import Genome, keyed
from lib.spaces.stylenas import POSITIONS, StyleNas

PRINTED = Surrogate()
SPACE, OFFICIAL = PRINTED.space, StyleNas(official=True)
GENOMES = st.tuples(*[st.integers(0, 1)] * 31)


def score(genome: Genome, seed: int = 0) -> float:
    return surrogate.evaluate(PRINTED, genome, seed).score


def best(searcher: Searcher, budget: int) -> float:
    return min(value for _, value in drive(searcher, lambda genome: score(genome, searcher.seed), budget))


def fit(log: pd.DataFrame, space: StyleNas | None = None) -> Surrogate:
    """The surrogate of a search's rows, of which it reads `genome` (printed form), E and P, both above 0.

    Ridge regression of log E and log P on the active bits, the start not penalised.
    """
    space = space or StyleNas(official=True)
    active = [space.decode(space.parse(text)).active for text in log["genome"]]
    bits = np.array([[place in one for place in POSITIONS] for one in active], dtype=float)
    targets = np.log(log[["E", "P"]].to_numpy(float))
    mean, centred = bits.mean(0), bits - bits.mean(0)
    slopes = np.linalg.solve(centred.T @ centred + surrogate.PENALTY * np.eye(len(POSITIONS)), centred.T @ targets)
    start = targets.mean(0) - mean @ slopes
    effects = {place: (float(e), float(p)) for place, (e, p) in zip(POSITIONS, slopes, strict=True)}
    return Surrogate(space, (float(start[0]), float(start[1])), effects)


def test_every_operator_has_its_effect() -> None:
    assert tuple(EFFECTS) == POSITIONS


def test_s7_scores_what_the_printed_numbers_give_by_hand() -> None:
    found = surrogate.evaluate(PRINTED, SPACE.named("S7"), 0).metrics
    e, p = math.exp(-4.04 - 0.84), math.exp(0.21 - 0.16)  # sums over positions 1, 3, 11, 28, 29, 30, 31
    assert found == pytest.approx({"E": e, "P": p, "O": 7 / 31, "true": 0.8 * e + 0.1 * p + 0.1 * 7 / 31})


def test_the_empty_genome_gives_the_start_and_the_official_space_counts_32_bits() -> None:
    assert PRINTED.parts(SPACE.named("empty")) == pytest.approx({"E": math.exp(-4.04), "P": math.exp(0.21), "O": 0})
    dead = OFFICIAL.parse("0" * 8 + "1" + "0" * 23)
    assert Surrogate(OFFICIAL).parts(dead) == pytest.approx({"E": math.exp(-4.04), "P": math.exp(0.21), "O": 1 / 32})


@given(GENOMES)
def test_bits_without_effect_cost_their_share_and_change_nothing_else(genome: Genome) -> None:
    raw, active = PRINTED.parts(genome), PRINTED.parts(SPACE.active(genome))
    assert (raw["E"], raw["P"]) == (active["E"], active["P"])
    assert raw["O"] - active["O"] == pytest.approx((sum(genome) - sum(SPACE.active(genome))) / 31)


@given(GENOMES, st.integers(0, 5))
def test_the_score_is_a_function_of_genome_and_seed(genome: Genome, seed: int) -> None:
    again = pickle.loads(pickle.dumps(PRINTED))  # as a worker process gets it
    assert surrogate.evaluate(again, genome, seed) == surrogate.evaluate(PRINTED, genome, seed)
    assert score(genome, seed) != score(genome, seed + 1)


def test_trainings_of_one_genome_scatter_as_in_the_log() -> None:
    genome = SPACE.named("S7")
    errors = [score(genome, seed) - surrogate.evaluate(PRINTED, genome, 0).metrics["true"] for seed in range(800)]
    assert abs(np.mean(errors)) < 3 * NOISE / math.sqrt(800)
    assert np.std(errors) == pytest.approx(NOISE, rel=0.08)


def test_genomes_of_one_search_scatter_apart() -> None:
    found = [surrogate.evaluate(PRINTED, SPACE.sample(keyed(0, k)), 0) for k in range(400)]
    assert np.std([one.score - one.metrics["true"] for one in found]) == pytest.approx(NOISE, rel=0.12)


def test_the_fit_finds_the_effects_behind_a_log_of_its_own() -> None:
    genomes = [SPACE.sample(keyed(0, k)) for k in range(800)]
    table = pd.DataFrame([PRINTED.parts(genome) for genome in genomes]).assign(genome=[*map(SPACE.text, genomes)])
    found = fit(table, SPACE)
    assert found.space is SPACE
    assert found.start == pytest.approx(START, abs=0.03)
    for place, pair in EFFECTS.items():
        assert found.effects[place] == pytest.approx(pair, abs=0.03)


def test_the_authors_log_gives_the_printed_coefficients() -> None:
    if (authors := log.read()) is None:
        pytest.skip(log.ABSENT)
    found = fit(authors)
    assert found.start == pytest.approx(START, abs=0.00501)
    for place, pair in EFFECTS.items():
        assert found.effects[place] == pytest.approx(pair, abs=0.00501)
    rows = [surrogate.evaluate(found, OFFICIAL.parse(text), 0).metrics for text in authors["genome"]]
    told = pd.DataFrame(rows)
    for name, share in (("E", 0.64), ("P", 0.82)):
        errors = np.log(authors[name]) - np.log(told[name])
        assert 1 - errors.var(ddof=0) / np.log(authors[name]).var(ddof=0) == pytest.approx(share, abs=0.005)
    assert spearmanr(told["true"], authors["L"])[0] > 0.84


def test_140_candidates_of_evolution_beat_200_of_random_search() -> None:
    evolved = [best(AgingEvolution(SPACE, seed), 140) for seed in range(20)]
    random = [best(RandomSearch(SPACE, seed), 200) for seed in range(20)]
    assert np.median(evolved) < np.median(random)
    assert np.mean(evolved) == pytest.approx(0.0467, abs=0.004)  # the specification's predictions
    assert np.mean(random) == pytest.approx(0.0721, abs=0.005)


def test_the_population_never_exceeds_p_drops_only_its_oldest_and_no_failure_enters() -> None:
    searcher, before, failed = AgingEvolution(SPACE, 0), [], 0
    for proposal, value in drive(searcher, lambda g: math.inf if sum(g) % 5 == 0 else score(g), 140):
        after = [member.k for member in searcher.population]
        failed += value == math.inf
        assert after == (before if value == math.inf else [*before, proposal.k][-20:])
        before = after
    assert failed > 5
