"""Whitening and colouring: the identities of the specification's 3.2, degenerate styles, streaming, refusals."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.models import wct
from lib.models.wct import Numerics, TransformError
from tests.reference.wct_svd import transfer

EXACT = Numerics(content_shift=0)


def features(channels, height, width, seed=0):
    """Correlated float64 features (1, C, H, W) whose means differ from zero."""
    generator = torch.Generator().manual_seed(seed)
    mixing = torch.randn(channels, channels, generator=generator, dtype=torch.float64)
    x = torch.randn(channels, height * width, generator=generator, dtype=torch.float64)
    return (mixing @ x + 3 * torch.arange(channels)[:, None]).reshape(1, channels, height, width)


def moved(content, style, numerics):
    return wct.apply(content, wct.fit(content, wct.colouring(style, numerics), numerics))


def mean(x):
    return x.mean((0, 2, 3))


def covariance(x):
    return torch.cov(x[0].flatten(1))


def distance(x, y):
    return float((x - y).norm() / y.norm())


@given(st.sampled_from([1e-1, 1, 0]), st.floats(0.1, 1), st.integers(0, 99))
@settings(max_examples=20, deadline=None)
def test_output_takes_the_mean_of_the_style(shift, scale, seed):
    content, style = features(6, 5, 7, seed), scale * features(6, 4, 9, seed + 100)
    torch.testing.assert_close(mean(moved(content, style, Numerics(content_shift=shift))), mean(style))


@pytest.mark.parametrize("size", [(8, 12), (5, 31)], ids=["of one size", "of other sizes"])
def test_without_the_shift_output_takes_the_covariance_of_the_style(size):
    content, style = features(16, 8, 12), features(16, *size, seed=1)
    assert distance(covariance(moved(content, style, EXACT)), covariance(style)) < 1e-6


def test_the_shift_weakens_a_direction_of_variance_v_by_v_over_one_plus_v():
    content = features(1, 8, 12)
    v = covariance(content)
    ratio = covariance(moved(content, 5 * content, Numerics())) / (25 * v)
    torch.testing.assert_close(ratio, v / (v + 1))


def test_transferring_features_onto_themselves_without_the_shift_changes_nothing():
    x = features(16, 8, 12)
    torch.testing.assert_close(moved(x, x, EXACT), x, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("shift", [0.0, 1.0])
@pytest.mark.parametrize("style_size", [(9, 10), (3, 4)], ids=["full rank", "fewer positions than channels"])
def test_eigendecomposition_agrees_with_an_svd_of_the_features(shift, style_size):
    content, style = features(24, 8, 12), features(24, *style_size, seed=1)
    ours = moved(content, style, Numerics(content_shift=shift))
    assert distance(ours[0].flatten(1), transfer(content[0].flatten(1), style[0].flatten(1), shift)) < 1e-10


def test_a_single_coloured_style_gives_its_colour_everywhere():
    style = torch.full((1, 8, 4, 4), 0.3)
    out = moved(features(8, 6, 6).float(), style, Numerics())
    torch.testing.assert_close(out, torch.full((1, 8, 6, 6), 0.3))


@pytest.mark.parametrize("size", [(1, 1), (1, 2), (3, 3)])
@pytest.mark.parametrize("numerics", [Numerics(), EXACT, Numerics(photonas=True)], ids=["shift", "none", "pn"])
def test_fewer_positions_than_channels_give_finite_features(size, numerics):
    small, large = features(16, *size).float(), features(16, 8, 8, seed=1).float()
    assert moved(large, small, numerics).isfinite().all()
    assert moved(small, large, numerics).isfinite().all()


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("precision", [torch.float32, torch.float64])
def test_features_that_are_not_finite_are_refused(value, precision):
    numerics, good, bad = Numerics(covariance=precision), features(4, 8, 8), features(4, 8, 8)
    bad[0, 1, 7, 6] = value
    with pytest.raises(TransformError, match="not finite"):
        wct.colouring(bad, numerics)
    with pytest.raises(TransformError, match="not finite"):
        wct.fit(bad, wct.colouring(good, numerics), numerics)


def fails(_):
    raise torch.linalg.LinAlgError("failed to converge")


def test_where_the_eigendecomposition_fails_the_svd_gives_the_same(monkeypatch):
    silent = features(8, 8, 8)
    silent[:, 2:] = 0  # channels that never answer
    expected = wct.colouring(silent, Numerics())
    monkeypatch.setattr(torch.linalg, "eigh", fails)
    found = wct.colouring(silent, Numerics())
    assert torch.allclose(found.matrix, expected.matrix, atol=1e-12)


def test_a_decomposition_that_does_not_converge_is_a_transform_error(monkeypatch):
    for name in ("eigh", "svd"):
        monkeypatch.setattr(torch.linalg, name, fails)
    with pytest.raises(TransformError, match="did not converge"):
        wct.colouring(features(4, 8, 8), Numerics())


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@given(st.integers(1, 400), st.integers(1, 9), st.integers(1, 9))
@settings(max_examples=25, deadline=None)
def test_streamed_statistics_equal_plain_ones(layout, chunk, height, width):
    x = features(5, height + 1, width).contiguous(memory_format=layout)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wct, "CHUNK", chunk)
        patch.setattr(wct, "SAMPLE", 1 + chunk % 7)
        streamed = wct.statistics(x)
    torch.testing.assert_close(streamed[0], mean(x), rtol=1e-11, atol=1e-11)
    torch.testing.assert_close(streamed[1], covariance(x), rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("offset", [0, 100])
def test_a_single_precision_covariance_agrees_to_one_part_in_a_hundred_thousand(offset):
    content, style = features(32, 40, 50) + offset, features(32, 30, 40, seed=1) + offset
    single, double = (moved(content, style, Numerics(covariance=kind)) for kind in (torch.float32, torch.float64))
    assert 0 < distance(single - offset, double - offset) < 1e-5


def test_photonas_whitens_with_one_and_a_half_covariances_and_their_diagonal():
    content, style = features(1, 8, 8), features(1, 8, 8, seed=1)
    out = moved(content, style, Numerics(photonas=True))
    torch.testing.assert_close(covariance(out), covariance(style) / 2.5)


def test_maps_are_double_and_features_keep_their_precision_and_layout():
    content = features(8, 6, 6).float().contiguous(memory_format=torch.channels_last)
    map_ = wct.fit(content, wct.colouring(content, Numerics()), Numerics())
    assert (map_.matrix.dtype, map_.offset.dtype) == (torch.float64, torch.float64)
    out = wct.apply(content, map_)
    assert out.dtype == torch.float32
    assert out.is_contiguous(memory_format=torch.channels_last)


def test_a_batch_is_refused_as_a_style():
    with pytest.raises(ValueError, match=r"shape \(2, 4, 8, 8\); allowed are \(1, C, H, W\)"):
        wct.colouring(torch.zeros(2, 4, 8, 8), Numerics())


def test_a_style_of_other_channels_is_refused():
    with pytest.raises(ValueError, match="content has 4 channels; the style has 5"):
        moved(features(4, 8, 8), features(5, 8, 8), Numerics())
