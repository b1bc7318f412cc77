"""The smoothings of PhotoWCT, each straight from its formula: loops over windows, dense or SciPy's sparse solves."""

from collections.abc import Iterator

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import splu

Array = np.ndarray


def shares(guide: Array, eps: float) -> Iterator[tuple[list[int], Array]]:
    """Each 3 x 3 window of the guide (H, W, 3): its pixels and what it adds to W between them (9, 9)."""
    height, width, _ = guide.shape
    for top in range(height - 2):
        for left in range(width - 2):
            pixels = [(top + y) * width + left + x for y in range(3) for x in range(3)]
            colours = guide.reshape(-1, 3)[pixels]
            deviation = colours - colours.mean(0)
            inverse = np.linalg.inv(deviation.T @ deviation / 9 + eps / 9 * np.eye(3))
            yield pixels, (1 + deviation @ inverse @ deviation.T) / 9


def affinity(guide: Array, eps: float = 1e-7) -> Array:
    """W (H W, H W), dense."""
    total = np.zeros((guide[..., 0].size,) * 2)
    for pixels, share in shares(guide, eps):
        total[np.ix_(pixels, pixels)] += share
    return total


def closed_form(guide: Array, picture: Array, power: float, alpha: float = 0.9999, eps: float = 1e-7) -> Array:
    """(1 - alpha) (Id - alpha S)^-1 Y by a dense solve; S = D^-power W D^(power - 1)."""
    w = affinity(guide, eps)
    d = w.sum(1)
    s = d[:, None] ** -power * w * d ** (power - 1)
    return (1 - alpha) * np.linalg.solve(np.eye(len(w)) - alpha * s, picture.reshape(-1, 3)).reshape(picture.shape)


def system(guide: Array, alpha: float = 0.9999, eps: float = 1e-7) -> sparse.csc_array:
    """Id - alpha S, sparse; S = D^-1/2 W D^-1/2."""
    rows, columns, values = [], [], []
    for pixels, share in shares(guide, eps):
        rows += np.repeat(pixels, 9).tolist()
        columns += pixels * 9
        values += share.ravel().tolist()
    w = sparse.csc_array((values, (rows, columns)))
    root = sparse.diags_array(w.sum(1) ** -0.5)
    return (sparse.eye_array(w.shape[0]) - alpha * root @ w @ root).tocsc()


def solved(system: sparse.csc_array, picture: Array, alpha: float = 0.9999) -> Array:
    """(1 - alpha) (Id - alpha S)^-1 Y by SciPy's sparse LU decomposition in its default ordering."""
    return (1 - alpha) * splu(system).solve(picture.reshape(-1, 3)).reshape(picture.shape)


def window(x: Array, row: int, column: int, radius: int) -> Array:
    """The numbers of x (H, W, C) within `radius` of a pixel, (n, C)."""
    part = x[max(row - radius, 0) : row + radius + 1, max(column - radius, 0) : column + radius + 1]
    return part.reshape(-1, x.shape[2])


def colour_maps(guide: Array, picture: Array, radius: int, eps: float) -> Array:
    """The maps (H, W, 4, 3), matrix over offset: least squares in each window, `eps` a pixel against the matrix."""
    maps = np.zeros((*guide.shape[:2], 4, 3))
    for place in np.ndindex(*guide.shape[:2]):
        colours, targets = window(guide, *place, radius), window(picture, *place, radius)
        x = np.hstack([colours, np.ones((len(colours), 1))])
        ridge = len(x) * eps * np.diag([1, 1, 1, 0])
        maps[place] = np.linalg.solve(x.T @ x + ridge, x.T @ targets)
    return maps


def applied(guide: Array, maps: Array) -> Array:
    return np.einsum("hwc,hwcd->hwd", np.concatenate([guide, np.ones_like(guide[..., :1])], -1), maps)


def guided_filter(picture: Array, guide: Array, radius: int, eps: float) -> Array:
    maps = colour_maps(guide, picture, radius, eps).reshape(*guide.shape[:2], 12)
    means = [window(maps, *place, radius).mean(0) for place in np.ndindex(*guide.shape[:2])]
    return applied(guide, np.reshape(means, (*guide.shape[:2], 4, 3)))
