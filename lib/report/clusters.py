"""Do genomes form groups: their embedding in the plane, silhouettes, nearest neighbours, and mean distance."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike


class Embedding(NamedTuple):
    """Places (m, 2) of the distinct rows, how many rows each stands for, and for every row its place's index."""

    places: np.ndarray
    counts: np.ndarray
    place_of: np.ndarray


class Chance(NamedTuple):
    """A value, the 95th percentile of the same under permuted labels, and the share of those that reach the value."""

    value: float
    percentile: float
    p: float


def tsne(features: ArrayLike, seed: int) -> Embedding:
    """t-SNE of the rows (n, d), equal rows once: exact ties would collapse into knots of their own.

    Affinities come from squared Euclidean distances, which on bits count the differing ones; the start is the PCA and
    the perplexity min(30, (n - 1) / 3). Raises ValueError for fewer than five distinct rows.
    """
    from sklearn.manifold import TSNE

    rows, index, counts = np.unique(_table(features, "features"), axis=0, return_inverse=True, return_counts=True)
    if len(rows) < 5:
        raise ValueError(f"features have {len(rows)} distinct rows; an embedding needs at least 5")
    model = TSNE(perplexity=min(30.0, (len(rows) - 1) / 3), init="pca", random_state=seed)
    return Embedding(model.fit_transform(rows), counts, index.ravel())


def silhouette_best(features: ArrayLike, clusters: Sequence[int] = range(2, 9)) -> tuple[float, int]:
    """The best average silhouette (-1 to 1) of Ward clusterings of the rows (n, d), and its number of clusters.

    Numbers of clusters that the distinct rows do not fill are left out. Raises ValueError if none remains.
    """
    from sklearn.cluster import AgglomerativeClustering
    from sklearn.metrics import silhouette_score

    rows = _table(features, "features")
    possible = [k for k in clusters if 2 <= k <= min(len(np.unique(rows, axis=0)), len(rows) - 1)]
    if not possible:
        raise ValueError(f"features have {len(rows)} rows; too few distinct ones for {list(clusters)} clusters")
    labels = ((k, AgglomerativeClustering(k).fit_predict(rows)) for k in possible)
    return max((float(silhouette_score(rows, found)), k) for k, found in labels)


def nearest_neighbour_rate(distances: ArrayLike, labels: Sequence[object], k: int = 5, *, seed: int = 0,
                           n: int = 1000) -> Chance:  # fmt: skip
    """Mean share of a point's k nearest neighbours with its own label, against `n` permutations of the labels.

    `distances` is (n, n). Points tied for the last place share it, so the order of rows does not matter. Raises
    ValueError unless the matrix is square, fits the labels and has more than k rows.
    """
    matrix, codes = _table(distances, "distances"), np.unique(np.asarray(labels), return_inverse=True)[1]
    if matrix.shape != (len(codes), len(codes)) or not 1 <= k < len(codes):
        raise ValueError(f"distances have shape {matrix.shape} for {len(codes)} labels and k = {k}; need (n, n), n > k")
    weight = _neighbours(matrix, k)
    rng = np.random.default_rng(seed)
    drawn = np.array([_same(weight, rng.permutation(codes)) for _ in range(n)])
    value = _same(weight, codes)
    p = (np.count_nonzero(drawn >= value - 1e-12) + 1) / (n + 1)
    return Chance(value, float(np.percentile(drawn, 95)), float(p))


def hamming_matrix(genomes: ArrayLike) -> np.ndarray:
    """In how many genes each pair of genomes differs, (n, n); whole numbers."""
    rows = _table(genomes, "genomes")
    return np.stack([np.count_nonzero(rows != row, axis=1) for row in rows])


def mean_pairwise_hamming(genomes: ArrayLike) -> float:
    """In how many genes two of the genomes (n, genes) differ on average; from counts a gene, hence linear in n.

    Raises ValueError for fewer than two genomes.
    """
    rows = _table(genomes, "genomes")
    n = len(rows)
    if n < 2:
        raise ValueError(f"there are {n} genomes; a pair needs at least 2")
    equal = sum(
        float((np.count_nonzero(rows == choice, axis=0).astype(float) ** 2).sum()) for choice in np.unique(rows)
    )
    return (n * n * rows.shape[1] - equal) / (n * (n - 1))


def _table(values: ArrayLike, name: str) -> np.ndarray:
    """The values as a table of finite numbers."""
    array = np.asarray(values)
    if array.ndim != 2 or not array.size or not np.isfinite(array).all():
        raise ValueError(f"{name} have shape {array.shape}; expected a table of finite numbers, not empty")
    return array


def _neighbours(matrix: np.ndarray, k: int) -> np.ndarray:
    """How much each column counts among the k nearest of each row; rows sum to one."""
    apart = matrix.astype(float) + np.diag(np.full(len(matrix), np.inf))
    last = np.sort(apart, axis=1)[:, [k - 1]]
    closer, tied = apart < last, apart == last
    return (closer + tied * (k - closer.sum(1, keepdims=True)) / tied.sum(1, keepdims=True)) / k


def _same(weight: np.ndarray, codes: np.ndarray) -> float:
    """Mean weight of the neighbours with a point's own label."""
    return float((weight * (codes[:, None] == codes)).sum() / len(codes))
