"""The smoothings of PhotoWCT: what they keep, what they follow, and that they equal their formulas."""

import numpy as np
import pytest
import torch

from lib.data import pictures
from lib.models import matting
from lib.models.matting import ClosedForm, guided_filter
from tests.reference import matting_plain

SMOOTHINGS = {
    "closed": lambda picture, guide: ClosedForm(guide).smooth(picture),
    "guided": lambda picture, guide: guided_filter(picture, guide, radius=4),
}


def noise(height=17, width=24, seed=0):
    return torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(seed))


def array(picture):
    return picture[0].movedim(0, -1).double().numpy()


@pytest.fixture(scope="module")
def photo():
    return pictures.picture("astronaut", side=48)[None]


@pytest.fixture(params=SMOOTHINGS.values(), ids=SMOOTHINGS)
def smoothing(request):
    return request.param


def test_a_constant_picture_stays_constant(smoothing, photo):
    picture = torch.tensor([0.2, 0.5, 0.9]).view(1, 3, 1, 1).expand_as(photo)
    torch.testing.assert_close(smoothing(picture, photo), picture.contiguous(), atol=2e-6, rtol=0)


def test_results_are_finite_float32_of_the_pictures_shape(smoothing):
    for guide in (noise(), torch.full((1, 3, 17, 24), 0.5), torch.zeros(1, 3, 17, 24)):
        smoothed = smoothing(noise(seed=1).double(), guide)
        assert (smoothed.shape, smoothed.dtype) == (guide.shape, torch.float32)
        assert smoothed.isfinite().all()


def test_noise_is_removed_within_regions_and_edges_of_the_guide_stay(smoothing):
    guide, truth = torch.full((1, 3, 24, 32), 0.3), torch.full((1, 3, 24, 32), 0.4)
    guide[..., 16:], truth[..., 16:] = 0.8, 0.6
    picture = (truth + 0.2 * (noise(24, 32) - 0.5)).clamp(0, 1)
    smoothed = smoothing(picture, guide)
    assert (smoothed - truth).abs().mean() < 0.5 * (picture - truth).abs().mean()
    assert (smoothed[..., 16] - smoothed[..., 15]).mean() > 0.15


@pytest.mark.parametrize(("normalisation", "power"), [("rows", 1), ("symmetric", 0.5)])
@pytest.mark.parametrize("size", [(8, 8), (13, 21)])
def test_the_closed_form_equals_a_dense_solve(size, normalisation, power):
    guide, picture = noise(*size), noise(*size, seed=1)
    expected = matting_plain.closed_form(array(guide), array(picture), power)
    smoothed = ClosedForm(guide, crop=0, normalisation=normalisation).smooth(picture)
    np.testing.assert_allclose(array(smoothed), expected, atol=2e-7)


def test_one_factor_smooths_any_picture(monkeypatch, photo):
    smoothing, calls = ClosedForm(photo), []
    monkeypatch.setattr(matting, "factor", lambda *arguments: calls.append(arguments))
    first, second = noise(*photo.shape[2:]), noise(*photo.shape[2:], seed=1)
    both = smoothing.smooth(first) + smoothing.smooth(second)
    torch.testing.assert_close(both, 2 * smoothing.smooth((first + second) / 2), atol=1e-5, rtol=0)
    assert not calls


def test_the_border_is_replaced_by_its_neighbours_and_the_guide_scaled_to_what_remains():
    guide, picture = noise(), noise(seed=1)
    small = torch.nn.functional.interpolate(guide.double(), (13, 20), mode="bilinear", antialias=True)
    inside = np.pad(array(picture)[2:-2, 2:-2], ((2, 2), (2, 2), (0, 0)), "edge")
    expected = matting_plain.closed_form(np.pad(array(small), ((2, 2), (2, 2), (0, 0)), "edge"), inside, 1)[2:-2, 2:-2]
    smoothed = array(ClosedForm(guide).smooth(picture))
    np.testing.assert_allclose(smoothed[2:-2, 2:-2], expected, atol=1e-6)
    assert np.array_equal(smoothed, np.pad(smoothed[2:-2, 2:-2], ((2, 2), (2, 2), (0, 0)), "edge"))


@pytest.mark.parametrize(("radius", "eps"), [(2, 1e-3), (5, 1e-2), (40, 1e-4)])
def test_the_guided_filter_equals_loops_over_windows(radius, eps):
    guide, picture = noise(9, 12), noise(9, 12, seed=1)
    expected = matting_plain.guided_filter(array(picture), array(guide), radius, eps)
    np.testing.assert_allclose(array(guided_filter(picture, guide, radius, eps)), expected, atol=1e-6)


@pytest.mark.parametrize(("picture", "message"), [
    (noise(16, 24), r"picture has the shape \(1, 3, 16, 24\); its guide has \(1, 3, 17, 24\)"),
    (noise()[0], r"picture has the shape \(3, 17, 24\); allowed is \(1, 3, H, W\)"),
    (1.5 * noise(), r"picture ranges over \[0.*, 1\.4.*\]; allowed is \[0, 1\]"),
    (noise() / 0, "picture ranges over"),
    (noise().log().sqrt(), "picture ranges over .*nan"),
])  # fmt: skip
def test_a_wrong_picture_is_refused_by_name(smoothing, picture, message):
    with pytest.raises(ValueError, match=message):
        smoothing(picture, noise())


@pytest.mark.parametrize(("guide", "message"), [
    (noise(2, 24), r"guide has the shape \(1, 3, 2, 24\); allowed is .* sides from 3"),
    (noise()[:, :1], r"guide has the shape \(1, 1, 17, 24\)"),
    (-noise(), "guide ranges over"),
])  # fmt: skip
def test_a_wrong_guide_is_refused_by_name(guide, message):
    for smoothing in (lambda: ClosedForm(guide), lambda: guided_filter(noise(*guide.shape[2:]), guide)):
        with pytest.raises(ValueError, match=message if smoothing.__code__.co_names[0] == "ClosedForm" else "."):
            smoothing()
