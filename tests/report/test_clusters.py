from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import silhouette_score

from lib.report import clusters

GENOMES = arrays(int, st.tuples(st.integers(2, 12), st.integers(1, 9)), elements=st.integers(0, 3))


def groups(apart: float, *, each: int = 15, count: int = 3, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Clouds of points in five dimensions, with their number as label."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(count, 5)) * apart
    return np.concatenate([centre + rng.normal(size=(each, 5)) for centre in centres]), np.repeat(range(count), each)


def distances(points: np.ndarray) -> np.ndarray:
    return np.linalg.norm(points[:, None] - points, axis=2)


@given(GENOMES)
def test_mean_pairwise_hamming_is_the_mean_over_all_pairs(genomes: np.ndarray) -> None:
    pairs = [np.count_nonzero(a != b) for a, b in combinations(genomes, 2)]
    assert clusters.mean_pairwise_hamming(genomes) == pytest.approx(np.mean(pairs))


def test_random_bits_differ_in_half_of_the_genes() -> None:
    genomes = np.random.default_rng(0).integers(0, 2, (500, 170), dtype=np.int8)
    assert clusters.mean_pairwise_hamming(genomes) == pytest.approx(85, abs=0.5)


@given(GENOMES)
def test_the_hamming_matrix_holds_every_pair(genomes: np.ndarray) -> None:
    found = clusters.hamming_matrix(genomes)
    assert found.tolist() == [[int((a != b).sum()) for b in genomes] for a in genomes]


def test_an_embedding_repeats_with_its_seed_and_keeps_apart_what_is_apart() -> None:
    points, labels = groups(12)
    first, again = clusters.tsne(points, 0), clusters.tsne(points, 0)
    assert np.array_equal(first.places, again.places)
    assert silhouette_score(first.places[first.place_of], labels) > 0.5


def test_equal_rows_are_embedded_once_and_counted() -> None:
    rows = np.random.default_rng(0).integers(0, 2, (40, 20))
    found = clusters.tsne(np.concatenate([rows, rows[:7], rows[:7]]), 1)
    assert found.places.shape == (40, 2)
    assert sorted(found.counts) == [1] * 33 + [3] * 7
    assert np.array_equal(found.place_of[:7], found.place_of[40:47])
    assert found.counts[found.place_of[0]] == 3


def test_an_embedding_needs_five_distinct_rows() -> None:
    with pytest.raises(ValueError, match="have 4 distinct rows"):
        clusters.tsne(np.repeat(np.eye(4), 5, axis=0), 0)


def test_the_best_silhouette_finds_the_number_of_groups() -> None:
    value, count = clusters.silhouette_best(groups(12, count=4)[0])
    noise, _ = clusters.silhouette_best(groups(0, count=4)[0])
    assert count == 4
    assert value > 0.6
    assert noise < 0.3


def test_a_silhouette_needs_more_rows_than_clusters() -> None:
    assert clusters.silhouette_best([[0, 0], [0, 0], [1, 1], [1, 0]])[1] in (2, 3)
    with pytest.raises(ValueError, match="empty"):
        clusters.silhouette_best([[0, 0], [0, 0], [0, 0]])


def test_the_neighbour_rate_is_that_of_brute_force() -> None:
    points, labels = groups(1)
    apart = distances(points)
    found = [np.mean(labels[np.argsort(row)[1:6]] == own) for row, own in zip(apart, labels, strict=True)]
    assert clusters.nearest_neighbour_rate(apart, labels).value == pytest.approx(np.mean(found))


@settings(max_examples=25)
@given(GENOMES.filter(lambda rows: len(rows) > 3), st.randoms(use_true_random=False))
def test_the_neighbour_rate_does_not_depend_on_the_order_of_tied_rows(genomes: np.ndarray, random: object) -> None:
    order = list(range(len(genomes)))
    random.shuffle(order)  # type: ignore[attr-defined]
    labels, apart = np.arange(len(genomes)) % 2, clusters.hamming_matrix(genomes)
    first = clusters.nearest_neighbour_rate(apart, labels, 2, n=1)
    other = clusters.nearest_neighbour_rate(apart[np.ix_(order, order)], labels[order], 2, n=1)
    assert first.value == pytest.approx(other.value)


def test_labels_that_follow_the_groups_beat_chance_and_random_labels_do_not() -> None:
    points, labels = groups(3)
    ours = clusters.nearest_neighbour_rate(distances(points), [f"style {label}" for label in labels])
    assert ours.value > ours.percentile
    assert ours.p == pytest.approx(1 / 1001)
    rng = np.random.default_rng(0)
    values = [clusters.nearest_neighbour_rate(distances(points), rng.permutation(labels), n=200).p for _ in range(100)]
    assert np.mean(np.array(values) <= 0.05) < 0.12
    assert np.mean(values) == pytest.approx(0.5, abs=0.12)
