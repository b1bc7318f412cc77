"""The matting affinities of a guide, and the direct solution of the linear system that they make.

Levin et al., "A closed-form solution to natural image matting" (2008). With W summed over all 3 x 3 windows and D its
row sums, D - alpha W is symmetric and, for alpha below 1, positive definite: each window's share of D - W is a
projection but for its regularisation. Conjugate gradients need a thousand steps, so it is factored.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy.linalg.blas import dtrsm
from scipy.linalg.lapack import dpotrf
from threadpoolctl import threadpool_limits

Array = np.ndarray
Rectangle = tuple[int, int, bool, bool, bool, bool]  # windows down, across; more of them at top, bottom, left, right?
Step = tuple[Array, Array, Array, Array]  # pixels eliminated, pixels they touch, Cholesky factor, its rows below

LEAF = 10  # windows a side that are taken together at once


def window_counts(height: int, width: int) -> Array:
    """D (H, W): how many 3 x 3 windows contain each pixel, 1 at corners and 9 inside."""
    return np.outer(*(np.convolve(np.ones(side - 2), np.ones(3)) for side in (height, width)))


def affinities(guide: Array, eps: float) -> Array:
    """What each 3 x 3 window of the guide (H, W, 3) adds to W, over its pixels row by row: (H - 2, W - 2, 9, 9)."""
    x = sliding_window_view(guide, (3, 3), (0, 1)).reshape(guide.shape[0] - 2, guide.shape[1] - 2, 3, 9)
    x = x - x.mean(-1, keepdims=True)
    z = np.linalg.solve(np.linalg.cholesky(x @ x.mT / 9 + eps / 9 * np.eye(3)), x)
    return (1 + z.mT @ z) / 9


@dataclass(frozen=True)
class Plan:
    """How the pixels of a rectangle of windows are eliminated, wherever it lies; y and x count from its corner."""

    count: int  # of the pixels that are eliminated; they come first
    y: Array
    x: Array
    halves: list[tuple[int, int, Rectangle]]  # y, x and form of what it is cut into; none of a small one
    places: list[Array]  # of each half's remaining pixels among these; in a small one, of window entries in the front


@lru_cache(maxsize=4096)
def _plan(h: int, w: int, *open_sides: bool) -> Plan:
    top, bottom, left, right = open_sides
    halves: list[tuple[int, int, Rectangle]] = []
    if max(h, w) <= LEAF:
        pieces = [sliding_window_view(np.arange((h + 2) * (w + 2)).reshape(h + 2, w + 2), (3, 3)).reshape(-1, 9)]
    else:
        i, j = (0, w // 2) if w >= h else (h // 2, 0)
        halves = [(0, 0, (i or h, j or w, top, bottom or i > 0, left, right or j > 0)),
                  (i, j, (h - i, w - j, top or i > 0, bottom, left or j > 0, right))]  # fmt: skip
        parts = [(y, x, _plan(*form)) for y, x, form in halves]
        pieces = [(part.y[part.count :] + y) * (w + 2) + part.x[part.count :] + x for y, x, part in parts]
    pixels = np.unique(np.concatenate([piece.ravel() for piece in pieces]))
    y, x = np.divmod(pixels, w + 2)
    kept = (top & (y < 2)) | (bottom & (y >= h)) | (left & (x < 2)) | (right & (x >= w))  # in windows beyond
    order = np.argsort(kept, kind="stable")
    rank = np.argsort(order)
    places = [rank[np.searchsorted(pixels, piece)] for piece in pieces]
    if not halves:
        places = [(places[0][:, :, None] * len(pixels) + places[0][:, None]).ravel()]
    return Plan(int((~kept).sum()), y[order], x[order], halves, places)


def factor(guide: Array, alpha: float, eps: float) -> list[Step]:
    """The Cholesky factor of D - alpha W, symmetric and positive definite, for a guide (H, W, 3).

    Nested dissection: the windows are cut in halves until few are left, and a pixel is eliminated, by dense products,
    as soon as all its windows are together. The recursion is depth first, so that small fronts stay in the cache. One
    thread: in thousands of small products a second one of BLAS only waits, at ten times the time.
    """
    windows = np.eye(9) - alpha * affinities(guide, eps)
    steps: list[Step] = []

    def eliminate(top: int, left: int, form: Rectangle) -> Array:
        """What a rectangle's windows leave on the pixels that remain."""
        plan = _plan(*form)
        n, k = len(plan.y), plan.count
        if plan.halves:
            parts = [eliminate(top + y, left + x, half) for y, x, half in plan.halves]
            front: Array = np.zeros(n * n)
            for place, part in zip(plan.places, parts, strict=True):
                front[place[:, None] * n + place] += part
        else:
            own = windows[top : top + form[0], left : left + form[1]]
            front = np.bincount(plan.places[0], own.ravel(), n * n)
        front = front.reshape(n, n)
        root, failed = dpotrf(front[:k, :k].T, lower=1, clean=0)
        if failed:
            raise np.linalg.LinAlgError(f"D - alpha W is not positive definite: {alpha=}, {eps=}")
        below = dtrsm(1.0, root, front[k:, :k].T, lower=1)
        pixels = (plan.y + top) * guide.shape[1] + plan.x + left
        steps.append((pixels[:k], pixels[k:], root, below))
        front[k:, k:] -= below.T @ below
        return front[k:, k:]

    with threadpool_limits(1, user_api="blas"):
        eliminate(0, 0, (guide.shape[0] - 2, guide.shape[1] - 2, False, False, False, False))
    return steps


def solve(steps: list[Step], right: Array) -> Array:
    """The solution (H W, n) for right sides (H W, n), by a factor."""
    x = right.copy()
    with threadpool_limits(1, user_api="blas"):
        for own, others, root, below in steps:
            x[own] = known = dtrsm(1.0, root, x[own], lower=1)
            x[others] -= below.T @ known
        for own, others, root, below in reversed(steps):
            x[own] = dtrsm(1.0, root, x[own] - below @ x[others], lower=1, trans_a=1)
    return x
