import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from lib.report import statistics

SMALL = st.integers(0, 6).map(float)
CLOUD = arrays(float, st.tuples(st.integers(1, 12), st.integers(2, 3)), elements=SMALL)


def test_bootstrap_interval_of_a_mean_agrees_with_the_normal_one() -> None:
    values = np.random.default_rng(0).normal(3, 2, 400)
    found = statistics.bootstrap(values, seed=1)
    half = 1.96 * values.std(ddof=1) / 20
    assert found.value == pytest.approx(values.mean())
    assert found.low == pytest.approx(values.mean() - half, abs=0.05)
    assert found.high == pytest.approx(values.mean() + half, abs=0.05)
    assert found.n == 400


def test_bootstrap_repeats_with_its_seed_and_changes_with_another() -> None:
    values = np.random.default_rng(0).normal(size=20)
    first = statistics.bootstrap(values, np.std, seed=1)
    assert first == statistics.bootstrap(values, np.std, seed=1)
    assert first != statistics.bootstrap(values, np.std, seed=2)


@pytest.mark.parametrize("count", [2, 20, 131])
def test_a_bootstrapped_mean_is_that_of_single_draws(count: int) -> None:
    values = np.random.default_rng(0).normal(3.0, 2.0, size=count)
    assert statistics.bootstrap(values, seed=1) == statistics.bootstrap_groups([values], np.mean, seed=1)


def test_bootstrap_of_one_value_has_no_interval() -> None:
    found = statistics.bootstrap([4.0], seed=0)
    assert found.value == 4
    assert np.isnan([found.low, found.high]).all()


def test_bootstrap_of_groups_resamples_each_within_itself() -> None:
    a, b = np.full(5, 2.0), np.full(9, 1.0)
    found = statistics.bootstrap_groups([a, b], lambda x, y: x.mean() / y.mean(), seed=0, n=50)
    assert (found.value, found.low, found.high, found.n) == (2, 2, 2, 14)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(-5, 5), min_size=2, max_size=8))
def test_the_interval_over_seeds_is_students(values: list[float]) -> None:
    effect = statistics.over_seeds(values)
    assert effect.value == pytest.approx(np.mean(values))
    if np.ptp(values) > 1e-6:
        assert (effect.low, effect.high) == pytest.approx(stats.ttest_1samp(values, 0).confidence_interval())


def test_the_difference_of_two_samples_is_students_and_welchs() -> None:
    a, b = np.array([1.0, 2.0, 4.0]), np.array([0.5, 0.7])
    for effect, equal in ((statistics.student(a, b, statistics.pooled([a, b])), True), (statistics.welch(a, b), False)):
        assert (effect.low, effect.high) == pytest.approx(stats.ttest_ind(a, b, equal_var=equal).confidence_interval())


def test_without_a_repeat_there_is_no_interval() -> None:
    one, noise = np.array([1.0]), statistics.pooled([np.array([1.0]), np.array([2.0])])
    for effect in (statistics.student(one, one + 1, noise), statistics.welch(one, one + 1)):
        assert (effect.value, effect.n) == (-1.0, 2)
        assert np.isnan([effect.low, effect.high]).all()


def test_the_sum_of_two_variances_gives_welchs_interval_and_no_freedom_none() -> None:
    a, b = np.array([1.0, 2.0, 4.0, 3.5]), np.array([0.0, 0.5, 0.7])
    variances, frees = [a.var(ddof=1) / 4, b.var(ddof=1) / 3], [3, 2]
    effect = statistics.satterthwaite(float(a.mean() - b.mean()), variances, frees, 7)
    assert effect == pytest.approx(statistics.welch(a, b))
    assert np.isnan(statistics.satterthwaite(1.0, variances, [3, 0], 7).low)


def test_a_contrast_and_a_simulated_interval_of_a_difference_are_students() -> None:
    means, counts, noise = np.array([0.3, 0.1]), np.array([3, 2]), (0.05, 4)
    exact = statistics.student([0.3] * 3, [0.1] * 2, noise)
    assert statistics.contrast(np.array([1, -1]), means, counts, noise) == pytest.approx(exact)
    drawn = statistics.simulated(lambda x: x @ np.array([1, -1]), means, counts, noise, seed=0)
    assert (drawn.value, drawn.n) == (pytest.approx(exact.value), 5)
    assert (drawn.low, drawn.high) == pytest.approx((exact.low, exact.high), abs=0.01)


def test_spearman_agrees_with_scipy_with_ties() -> None:
    rng = np.random.default_rng(0)
    x = rng.integers(0, 8, 40)
    y = x + rng.integers(0, 8, 40)
    found = statistics.spearman(x, y)
    assert found.value == pytest.approx(stats.spearmanr(x, y).statistic)
    assert -1 <= found.low < found.value < found.high <= 1


def test_spearman_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(5)
    truth = 6 / np.pi * np.arcsin(0.6 / 2)  # of a bivariate normal with correlation 0.6
    draws = rng.multivariate_normal([0, 0], [[1, 0.6], [0.6, 1]], (400, 25))
    found = [statistics.spearman(draw[:, 0], draw[:, 1]) for draw in draws]
    assert np.mean([f.low <= truth <= f.high for f in found]) == pytest.approx(0.95, abs=0.03)


def test_spearman_of_few_points_in_perfect_order_is_not_certain() -> None:
    three, four, nine = (statistics.spearman(range(n), range(n)) for n in (3, 4, 9))
    assert (three.value, three.low, three.high) == (1, -1, 1)
    assert four.value == pytest.approx(1)
    assert four.low < 0
    assert 0.9 < nine.low < 1
    assert nine.high >= nine.value


def test_spearman_of_a_constant_is_unknown() -> None:
    assert np.isnan(statistics.spearman([1, 1, 1, 1], [1, 2, 3, 4]).value)


def test_mean_rank_difference_of_separated_groups_is_half_the_sample() -> None:
    found = statistics.mean_rank_difference([5, 6, 7], [1, 2, 3, 4], seed=0, n=200)
    assert found.value == pytest.approx(6 - 2.5)
    assert found.low == pytest.approx(3.5)
    assert found.high == pytest.approx(3.5)


@pytest.mark.parametrize(
    ("wins", "n", "low", "high"),
    [(0, 10, 0.0, 0.2775), (5, 10, 0.2366, 0.7634), (10, 10, 0.7225, 1.0), (81, 263, 0.2553, 0.3662)],
)  # Newcombe 1998, table I (81 of 263 and 0 or n of n as computed there)
def test_wilson_interval_has_its_published_values(wins: int, n: int, low: float, high: float) -> None:
    found = statistics.wilson(wins, n)
    assert (found.low, found.high) == (pytest.approx(low, abs=1e-4), pytest.approx(high, abs=1e-4))
    theirs = stats.binomtest(wins, n).proportion_ci(method="wilson")
    assert (found.low, found.high) == (pytest.approx(theirs.low), pytest.approx(theirs.high))


def test_wilson_takes_half_wins_and_no_trials() -> None:
    assert statistics.wilson(2.5, 5).value == 0.5
    assert (statistics.wilson(0, 0).low, statistics.wilson(0, 0).high) == (0, 1)


def simulated_votes(strengths: dict[str, float], voters: int, trials: int, seed: int = 0) -> pd.DataFrame:
    """Votes drawn from the model itself."""
    rng, names, rows = np.random.default_rng(seed), list(strengths), []
    for voter in range(voters):
        for _ in range(trials):
            left, right = rng.choice(names, 2, replace=False)
            chance = 1 / (1 + np.exp(strengths[right] - strengths[left]))
            rows.append((f"simulated-{voter}", left, right, "left" if rng.random() < chance else "right"))
    return pd.DataFrame(rows, columns=["voter", "left_id", "right_id", "choice"])


def test_bradley_terry_recovers_the_strengths_of_a_simulation() -> None:
    truth = {"a": 0.9, "b": 0.3, "c": -0.2, "d": -1.0}
    found = statistics.bradley_terry(statistics.win_matrix(simulated_votes(truth, 100, 120)))
    assert found.mean() == pytest.approx(0, abs=1e-9)
    assert found.to_dict() == pytest.approx(truth, abs=0.08)


def test_bradley_terry_of_two_options_is_the_log_odds_with_the_virtual_wins() -> None:
    wins = pd.DataFrame([[0, 7], [2, 0]], index=["a", "b"], columns=["a", "b"], dtype=float)
    found = statistics.bradley_terry(wins)
    assert found["a"] - found["b"] == pytest.approx(np.log(7.5 / 2.5))


def test_bradley_terry_satisfies_its_likelihood_equations() -> None:
    wins = pd.DataFrame([[0, 6, 1], [2, 0, 5], [4, 1, 0]], index=list("abc"), columns=list("abc"), dtype=float)
    b = np.exp(statistics.bradley_terry(wins).to_numpy())
    padded = wins.to_numpy() + 0.5 * (1 - np.eye(3))
    expected = (padded + padded.T) * b[:, None] / (b[:, None] + b[None])
    assert expected.sum(1) == pytest.approx(padded.sum(1))


def test_bradley_terry_is_finite_for_unbeaten_and_for_never_compared_options() -> None:
    wins = pd.DataFrame(0.0, index=list("abc"), columns=list("abc"))
    wins.loc["a", "b"] = 50
    found = statistics.bradley_terry(wins)
    assert np.isfinite(found).all()
    assert found["a"] > found["c"] > found["b"]


def test_ties_are_half_a_win_each_and_skips_do_not_count() -> None:
    votes = pd.DataFrame(
        [("v", "a", "b", "left"), ("v", "b", "a", "cannot decide"), ("v", "a", "b", "skip")],
        columns=["voter", "left_id", "right_id", "choice"],
    )
    wins = statistics.win_matrix(votes)
    assert (wins.loc["a", "b"], wins.loc["b", "a"]) == (1.5, 0.5)
    shares = statistics.win_shares(votes).set_index("option")
    assert shares.loc["a", "value"] == 0.75
    assert shares.loc["a", "n"] == 2


def test_interval_over_voters_holds_the_truth_and_is_wider_for_fewer_voters() -> None:
    truth = {"a": 0.6, "b": 0.0, "c": -0.6}
    many, few = simulated_votes(truth, 60, 20), simulated_votes(truth, 8, 20)
    wide, narrow = (statistics.bradley_terry_intervals(v, seed=0, n=300) for v in (few, many))
    held = narrow.set_index("option")
    assert all(held.loc[name, "low"] <= value <= held.loc[name, "high"] for name, value in truth.items())
    assert (wide["high"] - wide["low"]).mean() > (narrow["high"] - narrow["low"]).mean()
    assert list(narrow["option"]) == ["a", "b", "c"]


def test_interval_over_one_voter_is_unknown() -> None:
    votes = simulated_votes({"a": 1.0, "b": 0.0}, 1, 30)
    assert statistics.bradley_terry_intervals(votes, seed=0)[["low", "high"]].isna().all().all()
    assert np.isnan(statistics.bradley_terry_difference(votes, "a", "b", seed=0).low)


def test_difference_of_strengths_excludes_zero_where_one_is_clearly_preferred() -> None:
    votes = simulated_votes({"0.0017": 0.8, "0.06": -0.8}, 30, 10)
    found = statistics.bradley_terry_difference(votes, "0.0017", "0.06", seed=0, n=300)
    assert found.low > 0
    assert found.n == 300


@given(CLOUD)
def test_pareto_front_is_what_the_definition_says(points: np.ndarray) -> None:
    def dominated(p: np.ndarray) -> bool:
        return any(all(q <= p) and any(q < p) for q in points)

    assert list(statistics.pareto_front(points)) == [not dominated(p) for p in points]


def test_pareto_front_leaves_out_points_that_are_not_finite() -> None:
    assert list(statistics.pareto_front([[1, np.nan], [2, 2], [-np.inf, 0]])) == [False, True, False]


def test_hypervolume_of_known_fronts_has_its_area() -> None:
    assert statistics.hypervolume([[0.25, 0.5]]) == pytest.approx(0.75 * 0.5)
    assert statistics.hypervolume([[0.2, 0.6], [0.6, 0.2]]) == pytest.approx(0.8 * 0.4 + 0.4 * 0.4)
    assert statistics.hypervolume([[0.2, 0.6], [0.2, 0.6], [0.9, 0.9]]) == pytest.approx(0.8 * 0.4)
    assert statistics.hypervolume([[2, 0], [0, 2], [np.nan, 0]]) == 0
    assert statistics.hypervolume(np.empty((0, 2))) == 0


@settings(max_examples=30)
@given(arrays(float, st.tuples(st.integers(1, 8), st.just(2)), elements=SMALL))
def test_hypervolume_counts_the_dominated_unit_cells(points: np.ndarray) -> None:
    cells = sum(any(px <= x and py <= y for px, py in points) for x in range(5) for y in range(5))
    assert statistics.hypervolume(points, (5, 5)) == pytest.approx(cells)
