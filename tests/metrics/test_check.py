"""What the range checks refuse, and that each metric uses them."""

import pytest
import torch

from lib.metrics import check
from lib.metrics.colour import colour_contrast
from lib.metrics.psnr import psnr
from lib.metrics.ssim import ssim
from lib.metrics.texture import (
    centroid,
    half_resolution,
    half_resolution_residual,
    hf_ratio,
    radial_spectrum,
    spectral_slope,
)

GOOD = torch.full((2, 3, 64, 64), 0.5)
NOT_A_NUMBER = GOOD.index_fill(0, torch.tensor([1]), float("nan"))
BAD = {
    "NaN": (NOT_A_NUMBER, "12288 NaN and 0 infinite of 24576"),
    "infinity": (GOOD.index_fill(0, torch.tensor([0]), float("inf")), "0 NaN and 12288 infinite"),
    "above 1": (GOOD * 3, r"ranges over \[1.5, 1.5\]; allowed is \[0, 1\]"),
    "below 0": (GOOD - 0.6, r"ranges over \[-0.1, -0.1\]"),
    "one picture without batch": (GOOD[0], r"shape \(3, 64, 64\); allowed is \(N, 3, H, W\)"),
    "four channels": (torch.zeros(1, 4, 64, 64), r"shape \(1, 4, 64, 64\)"),
    "no picture": (GOOD[:0], r"shape \(0, 3, 64, 64\)"),
    "bytes": (GOOD.to(torch.uint8), r"dtype torch.uint8; allowed are torch.float32 and torch.float64"),
    "half precision": (GOOD.half(), "dtype torch.float16"),
    "a NumPy array": (GOOD.numpy(), "is a ndarray; allowed is a torch tensor"),
}
SINGLE = [
    hf_ratio,
    spectral_slope,
    centroid,
    radial_spectrum,
    half_resolution,
    half_resolution_residual,
    colour_contrast,
]


@pytest.mark.parametrize("picture", BAD)
def test_a_wrong_picture_is_refused_with_what_was_found_and_what_is_allowed(picture):
    x, message = BAD[picture]
    with pytest.raises(ValueError, match=message):
        check.images(x, "x")


@pytest.mark.parametrize("metric", SINGLE, ids=lambda metric: metric.__name__)
def test_every_metric_of_one_picture_names_its_bad_argument(metric):
    with pytest.raises(ValueError, match=r"^x holds 12288 NaN"):
        metric(NOT_A_NUMBER)


@pytest.mark.parametrize("metric", [psnr, ssim], ids=lambda metric: metric.__name__)
def test_every_metric_of_a_pair_names_its_bad_argument(metric):
    with pytest.raises(ValueError, match=r"^b ranges over \[1.5, 1.5\]"):
        metric(GOOD, GOOD * 3)


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (GOOD[:1], r"a and b differ in shape: \(2, 3, 64, 64\) and \(1, 3, 64, 64\)"),
        (GOOD.double(), "a and b differ in dtype: torch.float32 and torch.float64"),
    ],
    ids=["shape", "dtype"],
)
def test_a_mismatched_pair_is_refused(other, message):
    with pytest.raises(ValueError, match=message):
        check.pair(GOOD, other)


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (torch.zeros(5), r"features has shape \(5,\); allowed is \(n, D\) with n of at least 2"),
        (torch.zeros(1, 5), r"shape \(1, 5\)"),
        (torch.full((2, 2), float("nan")), "features holds 4 NaN"),
        (torch.zeros(3, 3, dtype=torch.int64), "dtype torch.int64"),
    ],
    ids=["vector", "one row", "NaN", "integers"],
)
def test_a_wrong_feature_matrix_is_refused(x, message):
    with pytest.raises(ValueError, match=message):
        check.rows(x, "features")


def test_feature_matrices_of_unequal_width_are_refused():
    with pytest.raises(ValueError, match="x has 3 columns and y 4"):
        check.row_pair(torch.zeros(5, 3), torch.zeros(5, 4))
