"""The surrogate objective, and evolution against random search on it (sections 5.6 and 11.6)."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr

from lib.papers.stylenas import surrogate
from lib.papers.stylenas.experiments import SPACE
from lib.papers.stylenas.surrogate import EFFECTS, NOISE, START
from lib.searchers.aging_evolution import AgingEvolution
from lib.searchers.base import Searcher, drive
from lib.searchers.random_search import RandomSearch
from lib.spaces.base import Genome
from lib.spaces.stylenas import POSITIONS, StyleNas

OFFICIAL = StyleNas(official=True)
GENOMES = st.tuples(*[st.integers(0, 1)] * 31)


def score(genome: Genome, seed: int = 0) -> float:
    return surrogate.evaluate(None, genome, seed).score


def best(searcher: Searcher, budget: int) -> float:
    return min(value for _, value in drive(searcher, lambda genome: score(genome, searcher.seed), budget))


def test_s7_scores_what_the_printed_numbers_give_by_hand() -> None:
    found = surrogate.evaluate(None, SPACE.named("S7"), 0).metrics
    e, p = math.exp(-4.04 - 0.84), math.exp(0.21 - 0.16)  # sums over positions 1, 3, 11, 28, 29, 30, 31
    assert found == pytest.approx({"E": e, "P": p, "O": 7 / 31, "true": 0.8 * e + 0.1 * p + 0.1 * 7 / 31})


def test_the_empty_genome_gives_the_start() -> None:
    assert surrogate.parts(SPACE.named("empty")) == pytest.approx({"E": math.exp(-4.04), "P": math.exp(0.21), "O": 0})


@given(GENOMES, st.integers(0, 5))
def test_the_score_is_a_function_of_genome_and_seed(genome: Genome, seed: int) -> None:
    assert score(genome, seed) == score(genome, seed)
    assert score(genome, seed) != score(genome, seed + 1)


def test_trainings_of_one_genome_scatter_as_in_the_log() -> None:
    genome = SPACE.named("S7")
    errors = [score(genome, seed) - surrogate.evaluate(None, genome, 0).metrics["true"] for seed in range(800)]
    assert abs(np.mean(errors)) < 3 * NOISE / math.sqrt(800)
    assert np.std(errors) == pytest.approx(NOISE, rel=0.08)


def test_the_authors_log_gives_the_printed_coefficients(authors) -> None:
    active = [OFFICIAL.decode(OFFICIAL.parse(text)).active for text in authors["genome"]]
    bits = np.array([[place in one for place in POSITIONS] for one in active], dtype=float)
    targets = np.log(authors[["E", "P"]].to_numpy(float))
    centred = bits - bits.mean(0)
    slopes = np.linalg.solve(centred.T @ centred + surrogate.PENALTY * np.eye(len(POSITIONS)), centred.T @ targets)
    start = targets.mean(0) - bits.mean(0) @ slopes
    assert start == pytest.approx(np.array(START), abs=0.00501)
    assert slopes == pytest.approx(np.array(list(EFFECTS.values())), abs=0.00501)
    told = start + bits @ slopes
    explained = 1 - (targets - told).var(0) / targets.var(0)
    assert explained == pytest.approx(np.array([0.64, 0.82]), abs=0.005)
    true = np.exp(told) @ surrogate.WEIGHTS[:2] + surrogate.WEIGHTS[2] * authors["O"]
    assert spearmanr(true, authors["L"])[0] > 0.84


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
