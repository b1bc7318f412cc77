"""Speed of closed-form smoothing of a 256x128 picture, beside SciPy's sparse LU decomposition in its default ordering.

Both build the system, factor it and solve for three colours. The reference's loop over windows is not timed.
"""

import numpy as np
import pytest
import torch
from torch import Tensor

from lib.data import pictures
from lib.models.matting import ClosedForm
from tests.reference import matting_plain

HEIGHT, WIDTH = 128, 256
GROUP = f"closed-form smoothing, {WIDTH}x{HEIGHT}"


@pytest.fixture(scope="module")
def guide() -> Tensor:
    """A photo (1, 3, H, W)."""
    return pictures.picture("coffee", side=WIDTH, fit="short")[None, :, :HEIGHT, :WIDTH].contiguous()


@pytest.fixture(scope="module")
def picture(guide) -> Tensor:
    """The photo in other colours, with noise."""
    noise = torch.rand(guide.shape, generator=torch.Generator().manual_seed(0))
    return 0.8 * guide.flip(1) + 0.2 * noise


@pytest.fixture(scope="module")
def system(guide):
    """Id - alpha S of the guide."""
    return matting_plain.system(guide[0].movedim(0, -1).double().numpy())


def array(x: Tensor) -> np.ndarray:
    return x[0].movedim(0, -1).double().numpy()


@pytest.mark.benchmark(group=GROUP)
def test_sparse_lu(timed, system, picture):
    found = timed("reference", lambda: matting_plain.solved(system, array(picture)), rounds=2)
    assert system @ found.reshape(-1, 3) == pytest.approx(1e-4 * array(picture).reshape(-1, 3), abs=1e-9)


@pytest.mark.benchmark(group=GROUP)
def test_nested_dissection(benchmark, timed, system, guide, picture):
    def smooth() -> Tensor:
        return ClosedForm(guide, crop=0, normalisation="symmetric").smooth(picture)

    smoothed = timed("fast", smooth, rounds=5, warmup=1)
    error = np.abs(array(smoothed) - matting_plain.solved(system, array(picture))).max()
    benchmark.extra_info["accuracy"] = f"the same to {error:.0e}"
    assert error < 1e-5
