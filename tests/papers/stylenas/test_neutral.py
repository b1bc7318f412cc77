"""The neutral control: what aging evolution's curves of distance look like when scores say nothing."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from lib.papers.stylenas import neutral
from lib.searchers.aging_evolution import AgingEvolution
from lib.searchers.base import drive
from lib.spaces.stylenas import StyleNas
from tests.reference.retold_search import POPULATION, SAMPLE
from tests.reference.retold_search import SPACE as OFFICIAL

SPACE = StyleNas()


def final(distances: np.ndarray) -> np.ndarray:
    """The mean of the last 20 distances (..., C)."""
    return np.asarray(distances)[..., -20:].mean(-1)


def searched(seed: int, population: int, sample: int, evaluations: int, window: int) -> tuple[int, np.ndarray]:
    """The index of the best and the distances to it, of the project's own searcher told scores by chance."""
    rng = np.random.default_rng(seed)
    searcher = AgingEvolution(SPACE, seed, population=population, sample=sample)
    rows = list(drive(searcher, lambda genome: rng.random(), evaluations, window))
    best = min(range(len(rows)), key=lambda k: rows[k][1])
    return best, np.array([SPACE.distance(proposal.genome, rows[best][0].genome) for proposal, _ in rows])


@pytest.mark.parametrize(
    ("shape", "after", "level", "expected"),
    [((140, 20, 10), 0, 5, (-0.37, -0.86, 6.7)), ((140, 20, 10), 110, 5, (-0.75, -0.89, 3.3)),
     ((200, 50, 10), 150, 1, (-0.46, -0.76, 7.0))],
)  # fmt: skip
def test_it_gives_the_numbers_of_the_specification(shape, after, level, expected) -> None:
    control = neutral.replicas(1500, *shape, bits=32 if shape[0] == 200 else 31)
    late = control.distances[control.best >= after]
    trends = neutral.trend(late)
    found = (trends.mean(), np.percentile(trends, level), final(late).mean() / 10)
    assert found == pytest.approx((*expected[:2], expected[2] / 10), abs=0.04)


@pytest.mark.parametrize("window", [1, 6])
def test_it_does_what_the_searcher_does(window: int) -> None:
    runs = [searched(seed, 10, 4, 60, window)[1] for seed in range(60)]
    control = neutral.replicas(2000, 60, 10, 4, window=window).distances
    for statistic in (neutral.trend, final):
        own = statistic(np.array(runs))
        assert abs(own.mean() - statistic(control).mean()) < 4 * own.std() / np.sqrt(len(runs))


def test_the_best_can_be_asked_to_stand_at_an_index() -> None:
    given = neutral.replicas(400, 140, 20, 10, best=120)
    assert (given.best == 120).all()
    assert (given.distances[:, 120] == 0).all()
    free = neutral.replicas(4000, 140, 20, 10, seed=1)
    similar = free.distances[np.abs(free.best - 120) <= 5]
    assert neutral.trend(given.distances).mean() == pytest.approx(neutral.trend(similar).mean(), abs=0.03)
    assert final(given.distances).mean() == pytest.approx(final(similar).mean(), abs=0.3)


def test_the_trend_is_spearman_s_correlation_with_ties() -> None:
    distances = np.random.default_rng(0).integers(0, 9, (6, 50))
    assert neutral.trend(distances) == pytest.approx([spearmanr(range(50), row)[0] for row in distances])
    assert neutral.trend(distances[0]) == pytest.approx(neutral.trend(distances)[0])
    assert np.isnan(neutral.trend(np.ones(50)))


def test_the_band_holds_nine_tenths_of_the_curves() -> None:
    control = neutral.replicas(300, 60, 10, 4)
    band = control.band()
    assert band["index"].tolist() == list(range(60))
    inside = (control.distances >= band["low"].to_numpy()) & (control.distances <= band["high"].to_numpy())
    assert inside.mean() >= 0.9
    assert ((band["low"] <= band["median"]) & (band["median"] <= band["high"])).all()


def test_the_authors_search_converged_beyond_chance(authors) -> None:
    genomes = [OFFICIAL.parse(text) for text in authors["genome"]]
    best = int(authors["L"].idxmin())
    distances = [OFFICIAL.distance(genome, genomes[best]) for genome in genomes]
    control = neutral.replicas(500, 200, POPULATION, SAMPLE, best=best, bits=32).distances
    assert neutral.percentile(neutral.trend(control), neutral.trend(distances)) <= 1
    assert neutral.percentile(final(control), final(distances)) <= 1.2
