"""The same numbers on CUDA as on the CPU."""

import pytest
import torch

from lib.metrics import texture
from lib.metrics.colour import colour_contrast
from lib.metrics.frechet import frechet_distance
from lib.metrics.inception_score import inception_score
from lib.metrics.kernel import kernel_distance
from lib.metrics.naturalness import fit_nss, nss_distance
from lib.metrics.psnr import psnr
from lib.metrics.ssim import ssim

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="torch sees no CUDA device")

SINGLE = [
    texture.hf_ratio,
    texture.spectral_slope,
    texture.centroid,
    texture.radial_spectrum,
    texture.half_resolution_residual,
    colour_contrast,
]


@pytest.mark.parametrize("metric", SINGLE, ids=lambda metric: metric.__name__)
def test_a_metric_of_one_picture_is_the_same(metric):
    x = torch.rand(2, 3, 64, 80)
    torch.testing.assert_close(metric(x.cuda()).cpu(), metric(x), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("metric", [psnr, ssim], ids=lambda metric: metric.__name__)
def test_a_metric_of_a_pair_is_the_same(metric):
    a, b = torch.rand(2, 2, 3, 64, 80)
    torch.testing.assert_close(metric(a.cuda(), b.cuda()).cpu(), metric(a, b))


def test_the_metrics_of_sets_are_the_same():
    x, y = torch.rand(2, 40, 60)
    assert frechet_distance(x.cuda(), y.cuda()) == pytest.approx(frechet_distance(x, y), rel=1e-8)
    assert inception_score(x.cuda(), splits=4).value == pytest.approx(inception_score(x, splits=4).value)
    on_gpu, on_cpu = (
        kernel_distance(*pair, subsets=3, subset_size=20, seed=0).value for pair in ((x.cuda(), y.cuda()), (x, y))
    )
    assert on_gpu == pytest.approx(on_cpu, rel=1e-8)


def test_natural_scene_statistics_are_the_same():
    photos = torch.rand(40, 3, 64, 64)
    model = fit_nss(photos)
    torch.testing.assert_close(nss_distance(photos[:2].cuda(), model).cpu(), nss_distance(photos[:2], model))
