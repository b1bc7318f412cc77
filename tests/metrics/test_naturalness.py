"""Natural-scene statistics on photos that scikit-image bundles."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy import ndimage, stats
from skimage import data

from lib.metrics.naturalness import NaturalScenes, _normalised, fit_nss, generalised_gaussian, nss_distance


def crops(image: np.ndarray, side: int = 96) -> torch.Tensor:
    """Whole tiles (N, 3, side, side) in [0, 1] of a photo."""
    x = torch.from_numpy(image).permute(2, 0, 1).float() / 255
    tiles = x.unfold(1, side, side).unfold(2, side, side)
    return tiles.permute(1, 2, 0, 3, 4).reshape(-1, 3, side, side)


@pytest.fixture(scope="module")
def model() -> NaturalScenes:
    return fit_nss(torch.cat([crops(data.astronaut()), crops(data.coffee())]))


@pytest.fixture(scope="module")
def held_out() -> torch.Tensor:
    return crops(data.chelsea())


@pytest.mark.parametrize(
    ("shape", "draw"),
    [(2.0, stats.norm(scale=1.5)), (1.0, stats.laplace(scale=0.7)), (0.5, stats.gennorm(0.5, scale=0.1))],
    ids=["Gaussian", "Laplacian", "heavy-tailed"],
)
def test_the_fit_recovers_shape_and_scale(shape, draw):
    values = torch.from_numpy(draw.rvs(200_000, random_state=0))
    fitted_shape, mean, left, right = generalised_gaussian(values).tolist()
    scale = {2.0: 1.5 * math.sqrt(2), 1.0: 0.7, 0.5: 0.1}[shape]
    assert fitted_shape == pytest.approx(shape, rel=0.03)
    assert (left, right) == pytest.approx((scale, scale), rel=0.1)
    assert mean == pytest.approx(0, abs=0.03)


def test_the_fit_sees_asymmetry():
    values = torch.from_numpy(stats.norm.rvs(size=100_000, random_state=0))
    _, mean, left, right = generalised_gaussian(torch.where(values > 0, 3 * values, values)).tolist()
    assert right / left == pytest.approx(3, rel=0.02)
    assert mean > 0


def test_coefficients_are_luma_over_local_mean_and_deviation():
    y = np.random.default_rng(0).random((20, 30))
    mean = ndimage.gaussian_filter(y, 7 / 6, radius=3, mode="nearest")
    deviation = np.sqrt(ndimage.gaussian_filter(y**2, 7 / 6, radius=3, mode="nearest") - mean**2)
    found, spread = _normalised(torch.from_numpy(y)[None])
    np.testing.assert_allclose(spread[0], deviation, rtol=1e-9)
    np.testing.assert_allclose(found[0], (y - mean) / (deviation + 1 / 255), rtol=1e-8, atol=1e-10)


def test_blur_noise_and_emptiness_are_farther_from_nature_than_a_photo(model, held_out):
    blurred = F.avg_pool2d(F.pad(held_out, [3] * 4, mode="replicate"), 7, stride=1)
    noise = 0.15 * torch.randn(held_out.shape, generator=torch.Generator().manual_seed(0))
    noisy = (held_out + noise).clamp(0, 1)
    photo, *others = (
        nss_distance(x, model).median() for x in (held_out, blurred, noisy, torch.full_like(held_out, 0.5))
    )
    assert all(other > 1.3 * photo for other in others)


def test_fewer_than_30_photos_are_refused(held_out):
    with pytest.raises(ValueError, match="photos holds 12 pictures; at least 30 natural photos are needed"):
        fit_nss(held_out)


def test_pictures_of_fewer_than_two_patches_are_refused(model):
    with pytest.raises(ValueError, match="x is 48x48 pixels; one side must reach 64"):
        nss_distance(torch.rand(1, 3, 48, 48), model)


def test_a_photo_out_of_range_is_named_by_its_number(held_out):
    with pytest.raises(ValueError, match=r"photos\[1\] ranges over"):
        fit_nss([held_out[0], held_out[1] * 300])
