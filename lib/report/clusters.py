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

    rows, index, counts = np.unique(np.asarray(features), axis=0, return_inverse=True, return_counts=True)
    if len(rows) < 5:
        raise ValueError(f"features have {len(rows)} distinct rows; an embedding needs at least 5")
    model = TSNE(perplexity=min(30.0, (len(rows) - 1) / 3), init="pca", random_state=seed)
    return Embedding(model.fit_transform(rows), counts, index.ravel())


def silhouette_best(features: ArrayLike) -> tuple[float, int]:
    """The best average silhouette (-1 to 1) of Ward clusterings of the rows (n, d) in 2 to 8 clusters, and how many.

    Numbers of clusters that the distinct rows do not fill are left out. Raises ValueError if none remains.
    """
    from sklearn.cluster import AgglomerativeClustering
    from sklearn.metrics import silhouette_score

    rows = np.asarray(features)
    most = min(len(np.unique(rows, axis=0)), len(rows) - 1)
    labels = ((k, AgglomerativeClustering(k).fit_predict(rows)) for k in range(2, 9) if k <= most)
    return max((float(silhouette_score(rows, found)), k) for k, found in labels)


def nearest_neighbour_rate(distances: np.ndarray, labels: Sequence[object], k: int = 5, *, seed: int = 0,
                           n: int = 1000) -> Chance:  # fmt: skip
    """Mean share of a point's k nearest neighbours with its own label, against `n` permutations of the labels.

    `distances` is (n, n), of more than k points. Those tied for the last place share it, so the order of rows does not
    matter.
    """
    codes, rng = np.unique(np.asarray(labels), return_inverse=True)[1], np.random.default_rng(seed)
    apart = distances.astype(float) + np.diag(np.full(len(distances), np.inf))
    last = np.sort(apart, axis=1)[:, [k - 1]]
    closer, tied = apart < last, apart == last
    weight = (closer + tied * (k - closer.sum(1, keepdims=True)) / tied.sum(1, keepdims=True)) / k

    def same(codes: np.ndarray) -> float:
        return float((weight * (codes[:, None] == codes)).sum() / len(codes))

    value, drawn = same(codes), np.array([same(rng.permutation(codes)) for _ in range(n)])
    p = (np.count_nonzero(drawn >= value - 1e-12) + 1) / (n + 1)
    return Chance(value, float(np.percentile(drawn, 95)), float(p))


def hamming_matrix(genomes: ArrayLike) -> np.ndarray:
    """In how many genes each pair of genomes differs, (n, n); whole numbers."""
    rows = np.asarray(genomes)
    return np.stack([np.count_nonzero(rows != row, axis=1) for row in rows])


def mean_pairwise_hamming(genomes: ArrayLike) -> float:
    """In how many genes two of the genomes (n, genes), at least two, differ on average."""
    apart = hamming_matrix(genomes)
    return float(apart.sum() / (len(apart) * (len(apart) - 1)))
