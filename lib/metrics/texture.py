"""Fineness of texture on luma: spectrum and half-resolution residual.

All take pictures (N, 3, H, W) in [0, 1] and work in float64 on Y = 0.299 R + 0.587 G + 0.114 B. Frequencies are in
cycles per pixel. A picture of one colour has no texture: every ratio is then 0/0 and the value is NaN.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from lib.metrics import check

LUMA = (0.299, 0.587, 0.114)
CUTOFF = 0.25  # cycles per pixel, above which energy counts as high-frequency
BAND = (0.04, 0.45)  # cycles per pixel, band of the slope and the centroid
FLAT = 1e-9  # standard deviation of luma below which a picture has no texture beyond rounding


def hf_ratio(x: Tensor) -> Tensor:
    """Share of spectral energy above 0.25 cycles per pixel, (N,) in [0, 1]; 0.8 is white noise.

    Sum of P over |f| > 0.25 divided by the sum over |f| > 0, P from `_power`. Sides of at least 8.
    """
    power, f = _power(x)
    return power[:, f > CUTOFF].sum(dim=1) / power[:, f > 0].sum(dim=1)


def spectral_slope(x: Tensor) -> Tensor:
    """Least-squares slope of log radial-mean power against log frequency on 0.04 to 0.45 cycles per pixel, (N,).

    Photographs lie at about -3 to -2, white noise at 0; flatter is finer. Rings are 1/min(H, W) wide.
    Sides of at least 16.
    """
    f, power = _band(x)
    log_f = f.log() - f.log().mean()
    return (power.log() @ log_f) / log_f.square().sum()


def centroid(x: Tensor) -> Tensor:
    """Mean frequency weighted by ring energy f P(f) on 0.04 to 0.45 cycles per pixel, (N,), cycles per pixel.

    P is the radial-mean power in rings 1/min(H, W) wide. Sides of at least 16.
    """
    f, power = _band(x)
    energy = f * power
    return energy @ f / energy.sum(dim=1)


def radial_frequencies(bins: int = 32) -> Tensor:
    """Centres (bins,) of the rings of `radial_spectrum`: k / (2 bins) for k = 1 .. bins, cycles per pixel."""
    return torch.arange(1, bins + 1, dtype=torch.float64) / (2 * bins)


def radial_spectrum(x: Tensor, bins: int = 32) -> Tensor:
    """Radial-mean power (N, bins) in rings of width 1/(2 bins) centred on `radial_frequencies(bins)`.

    Power is squared luma amplitude per frequency sample, so that white noise of variance v gives v everywhere.
    Needs min(H, W) of at least 2 bins: narrower rings would hold no sample.
    """
    check.images(x, "x", min_side=max(8, 2 * bins))
    power, f = _power(x)
    ring = torch.floor(f * 2 * bins + 0.5).long()
    used = (ring >= 1) & (ring <= bins)
    index = ring[used] - 1
    total = power.new_zeros(len(power), bins).index_add_(1, index, power[:, used])
    return total / torch.bincount(index, minlength=bins)


def half_resolution(x: Tensor, factor: int = 2) -> Tensor:
    """The pictures reduced by `factor` (area mean) and enlarged to their size again (bicubic, a = -0.75), in [0, 1].

    Same shape and dtype as `x`. Odd sides are reduced to the floor of side / factor. Sides of at least 2 factor.
    """
    check.images(x, "x", min_side=2 * factor)
    height, width = x.shape[2:]
    small = F.interpolate(x, size=(height // factor, width // factor), mode="area")
    return F.interpolate(small, size=(height, width), mode="bicubic", align_corners=False).clamp(0, 1)


def half_resolution_residual(x: Tensor, factor: int = 2) -> Tensor:
    """R2: share of luma energy lost at lower resolution, (N,): |Y - Y'|^2 / |Y - mean Y|^2, Y' of `half_resolution`.

    0 for a band-limited picture, 1 where nothing but the mean survives.
    """
    y, reduced = luma(x), luma(half_resolution(x.double(), factor))
    centred = _centred(y)
    return (y - reduced).square().sum(dim=(1, 2)) / centred.square().sum(dim=(1, 2))


def luma(x: Tensor) -> Tensor:
    """Luma Y (N, H, W) of (N, 3, H, W) in float64, unchecked."""
    return torch.einsum("c,nchw->nhw", x.new_tensor(LUMA, dtype=torch.float64), x.double())


def _centred(y: Tensor) -> Tensor:
    """`y` (N, H, W) without its mean; exactly 0 where only rounding is left."""
    centred = y - y.mean(dim=(1, 2), keepdim=True)
    return centred * (centred.std(dim=(1, 2), correction=0, keepdim=True) > FLAT)


def _power(x: Tensor) -> tuple[Tensor, Tensor]:
    """Power (N, H, W) of mean-free luma under a periodic Hann window, and |f| (H, W) in cycles per pixel.

    Divided by the window's energy: white noise of variance v has mean power v.
    """
    check.images(x, "x", min_side=8)
    y = _centred(luma(x))
    height, width = y.shape[1:]
    window = torch.outer(*(torch.hann_window(side, dtype=y.dtype, device=y.device) for side in (height, width)))
    power = torch.fft.fft2(y * window).abs().square() / window.square().sum()
    rows, columns = (torch.fft.fftfreq(side, dtype=y.dtype, device=y.device) for side in (height, width))
    return power, torch.hypot(rows[:, None], columns[None, :])


def _band(x: Tensor) -> tuple[Tensor, Tensor]:
    """Ring centres (K,) inside `BAND` and radial-mean power (N, K)."""
    check.images(x, "x", min_side=16)
    bins = min(x.shape[2:]) // 2
    f = radial_frequencies(bins).to(x.device)
    inside = (f >= BAND[0]) & (f <= BAND[1])
    return f[inside], radial_spectrum(x, bins)[:, inside]
