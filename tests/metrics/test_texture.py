"""Texture measures on signals whose answer is known."""

import math

import numpy as np
import pytest
import torch

from lib.metrics import texture

MEASURES = (texture.hf_ratio, texture.spectral_slope, texture.centroid, texture.half_resolution_residual)


def grating(frequency: float, side: int = 64, axis: int = 3) -> torch.Tensor:
    """A grey sinusoid (1, 3, side, side) of so many cycles per pixel along one axis."""
    wave = 0.5 + 0.4 * torch.sin(2 * math.pi * frequency * torch.arange(side, dtype=torch.float64) + 0.3)
    shape = [1, 1, 1, 1]
    shape[axis] = side
    return wave.view(shape).expand(1, 3, side, side)


def power_law_noise(exponent: float, side: int = 128, count: int = 8) -> torch.Tensor:
    """Grey noise (count, 3, side, side) whose power falls as frequency to the power `exponent`."""
    draw = torch.Generator().manual_seed(0)
    f = torch.hypot(torch.fft.fftfreq(side)[:, None], torch.fft.fftfreq(side)[None, :]).double()
    f[0, 0] = 1
    spectrum = torch.fft.fft2(torch.randn(count, side, side, generator=draw, dtype=torch.float64)) * f ** (exponent / 2)
    y = torch.fft.ifft2(spectrum).real
    y = y - y.mean(dim=(1, 2), keepdim=True)
    return (0.5 + 0.45 * y / y.abs().amax(dim=(1, 2), keepdim=True))[:, None].expand(-1, 3, -1, -1)


@pytest.mark.parametrize("axis", [2, 3], ids=["vertical", "horizontal"])
def test_a_sinusoid_below_a_quarter_cycle_has_no_high_frequencies_and_above_only_those(axis):
    assert texture.hf_ratio(grating(12 / 64, axis=axis)).item() < 1e-6
    assert texture.hf_ratio(grating(20 / 64, axis=axis)).item() > 1 - 1e-6


def test_white_noise_has_the_share_of_the_plane_beyond_the_cutoff():
    noise = power_law_noise(0)
    assert texture.hf_ratio(noise).mean().item() == pytest.approx(1 - math.pi / 16, abs=0.01)


@pytest.mark.parametrize("exponent", [0.0, -1.0, -2.0, -3.0])
def test_the_slope_of_power_law_noise_is_its_exponent(exponent):
    assert texture.spectral_slope(power_law_noise(exponent)).mean().item() == pytest.approx(exponent, abs=0.1)


def test_the_centroid_of_a_sinusoid_is_its_frequency():
    assert texture.centroid(grating(20 / 64)).item() == pytest.approx(20 / 64, abs=1e-3)


def test_the_centroid_of_white_noise_is_that_of_rings_of_equal_power():
    low, high = texture.BAND
    expected = (high**3 - low**3) / (high**2 - low**2) * 2 / 3
    assert texture.centroid(power_law_noise(0)).mean().item() == pytest.approx(expected, rel=0.02)


def test_the_radial_spectrum_of_white_noise_is_its_variance():
    noise = power_law_noise(0)
    variance = noise[:, 0].var(dim=(1, 2), correction=0).mean().item()
    np.testing.assert_allclose(texture.radial_spectrum(noise, bins=8).mean(dim=0), variance, rtol=0.1)


def test_the_radial_spectrum_of_a_sinusoid_peaks_in_its_ring():
    spectrum = texture.radial_spectrum(grating(20 / 64), bins=32)
    assert texture.radial_frequencies(32)[spectrum.argmax()].item() == 20 / 64


def test_the_measures_agree_for_an_image_alone_and_in_a_batch():
    x = torch.cat([power_law_noise(-2, 64, 2), grating(0.3)])
    for measure in MEASURES:
        torch.testing.assert_close(measure(x)[1:2], measure(x[1:2]))


def test_oblong_pictures_are_measured_in_cycles_per_pixel_too():
    wide = grating(20 / 64, side=128)[:, :, :64]
    assert texture.hf_ratio(wide).item() > 1 - 1e-6
    assert texture.centroid(wide).item() == pytest.approx(20 / 64, abs=0.5 / 64)  # half a ring


def test_half_resolution_loses_nothing_of_a_slow_wave_all_of_a_checkerboard_and_less_than_a_quarter():
    residual, noise = texture.half_resolution_residual, power_law_noise(-2)
    board = (torch.arange(32)[:, None] + torch.arange(32)[None, :]) % 2
    assert residual(grating(1 / 64)).item() < 1e-3
    assert residual(board.double().expand(1, 3, 32, 32)).item() == pytest.approx(1, abs=1e-9)
    assert (residual(noise, 4) > residual(noise, 2)).all()


@pytest.mark.parametrize("size", [(64, 64), (33, 50)])
def test_half_resolution_keeps_shape_type_and_range(size):
    x = (torch.rand(2, 3, *size) > 0.5).float()
    y = texture.half_resolution(x)
    assert (y.shape, y.dtype) == (x.shape, x.dtype)
    assert 0 <= y.min() <= y.max() <= 1


def test_a_flat_picture_has_no_texture_to_measure():
    flat = torch.full((1, 3, 64, 64), 0.3)
    assert all(measure(flat).isnan().all() for measure in MEASURES)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: texture.spectral_slope(x[..., :15]), "x is 64x15 pixels; both sides must be at least 16"),
        (lambda x: texture.radial_spectrum(x, bins=33), "both sides must be at least 66"),
        (lambda x: texture.half_resolution(x, factor=40), "both sides must be at least 80"),
    ],
)
def test_too_small_pictures_and_bad_settings_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call(grating(0.1))
