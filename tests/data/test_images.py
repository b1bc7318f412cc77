"""Decoding, resizing, cropping and saving, with every kind of bad or unusual file."""

import io
import struct
import zlib
from functools import partial

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from torch.nn.functional import avg_pool2d, interpolate

from lib.data import images

RNG = np.random.default_rng(0)
PIXELS = RNG.integers(0, 256, (20, 30, 3), dtype=np.uint8)
GREY, DEEP = PIXELS[..., :1], np.array([[0, 257, 32768, 65535]], np.uint16)


def png(path, width, height, *, depth=8, colour=2, rows=b""):
    """A PNG written byte by byte, for what Pillow does not write: 16-bit colour and false sizes."""

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + body)
    return path


def test_a_png_is_read_as_it_was_written(tmp_path):
    Image.fromarray(PIXELS).save(tmp_path / "a.png")
    image = images.load(tmp_path / "a.png")
    assert image.shape == (3, 20, 30)
    assert image.dtype == torch.float32
    assert np.array_equal(images.to_uint8(image), PIXELS)


@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA", "1", "P"])
def test_a_picture_in_memory_is_what_its_file_would_be(tmp_path, mode):
    rgba = np.dstack([PIXELS, RNG.integers(0, 256, PIXELS.shape[:2], np.uint8)])
    picture = Image.fromarray(rgba).convert(mode)
    picture.save(tmp_path / "a.png")
    expected = images.load(tmp_path / "a.png")
    assert torch.equal(images.of(picture), expected)
    if mode in ("RGB", "L", "RGBA"):
        pixels = np.asarray(picture)
        assert torch.equal(images.of(pixels), expected)
        assert torch.allclose(images.of(pixels / 255), expected, atol=0.6 / 255)  # alpha is rounded to 8 bits above


@pytest.mark.parametrize(("pixels", "message"), [
    (PIXELS[..., :2], r"\(20, 30, 2\); allowed are"), (PIXELS[None], r"\(1, 20, 30, 3\)"),
    (PIXELS[:0], r"\(0, 30, 3\)"), (PIXELS.astype(np.int64), "int64"),
    (PIXELS.astype(np.float32), r"values in \[0, 255\]; floats in \[0, 1\]"),
    (PIXELS / np.float64("nan"), "values in"),
])  # fmt: skip
def test_an_array_that_is_no_picture_is_refused(pixels, message):
    with pytest.raises(images.ImageError, match=message):
        images.of(pixels)


def test_saving_keeps_every_8_bit_value_and_gives_the_same_bytes_each_time(tmp_path):
    image = images.from_uint8(PIXELS)
    first, second = images.save(image, tmp_path / "new" / "a.png"), images.save(image, tmp_path / "b.png")
    assert torch.equal(images.load(first), image)
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize(("name", "shape"), [("a.jpg", (3, 4, 4)), ("a.png", (1, 4, 4)), ("a.png", (2, 3, 4, 4))])
def test_saving_refuses_other_formats_and_shapes(tmp_path, name, shape):
    with pytest.raises(ValueError, match=r"\.png|\(3, H, W\)"):
        images.save(torch.zeros(shape), tmp_path / name)
    assert not (tmp_path / name).exists()


def test_a_failed_save_keeps_the_earlier_picture(tmp_path):
    path = images.save(images.from_uint8(PIXELS), tmp_path / "a.png")
    with pytest.raises(ValueError, match="NaN"):
        images.save(torch.full((3, 4, 4), float("nan")), path)
    assert np.array_equal(images.to_uint8(images.load(path)), PIXELS)


@pytest.mark.parametrize(("pixels", "name", "expected"), [
    (GREY[..., 0], "grey.png", GREY / 255), (GREY[..., 0] > 127, "mask.png", GREY > 127),
    (DEEP, "deep.png", DEEP[..., None] / 65535), (DEEP, "deep.tif", DEEP[..., None] / 65535),
    (np.full((2, 3, 4), (0, 0, 0, 128), np.uint8), "half.png", 127 / 255),  # on white
    (np.full((2, 3, 4), (0, 0, 0, 0), np.uint8), "clear.png", 1),
    (np.full((2, 3, 4), (0, 0, 0, 255), np.uint8), "opaque.png", 0),
    (np.full((2, 3, 2), (0, 0), np.uint8), "clear grey.png", 1),
    (np.full((2, 3, 2), (0, 255), np.uint8), "opaque grey.png", 0),
])  # fmt: skip
def test_grey_masks_16_bits_and_transparency_become_three_channels_on_white(tmp_path, pixels, name, expected):
    Image.fromarray(pixels).save(tmp_path / name)
    image = images.load(tmp_path / name)
    assert image.shape == (3, *pixels.shape[:2])
    np.testing.assert_allclose(image.permute(1, 2, 0), np.broadcast_to(expected, (*pixels.shape[:2], 3)), atol=1e-6)


def test_16_bit_colour_is_scaled_to_one(tmp_path):
    row = b"\x00" + struct.pack(">6H", 65535, 0, 32768, 257, 65535, 12850)
    image = images.load(png(tmp_path / "deep.png", 2, 1, depth=16, rows=row))
    expected = torch.tensor([[1, 1 / 255], [0, 1], [32768 / 65535, 50 / 255]])
    assert torch.allclose(image[:, 0], expected, atol=1 / 255)


def test_float_pictures_outside_0_to_1_are_refused(tmp_path):
    Image.fromarray(np.array([[0.5, 7.0]], np.float32)).save(tmp_path / "float.tif")
    with pytest.raises(images.ImageError, match=r"float\.tif.*range"):
        images.load(tmp_path / "float.tif")


def test_a_palette_with_a_transparent_colour_is_laid_on_white(tmp_path):
    picture = Image.new("P", (2, 1))
    picture.putpalette([255, 0, 0, 0, 0, 255])
    picture.putdata([0, 1])
    picture.save(tmp_path / "palette.png", transparency=1)
    assert images.to_uint8(images.load(tmp_path / "palette.png")).tolist() == [[[255, 0, 0], [255, 255, 255]]]


def test_cmyk_is_converted_to_rgb(tmp_path):
    Image.new("CMYK", (16, 16), (0, 255, 255, 0)).save(tmp_path / "print.jpg", quality=95)
    red, green, blue = images.load(tmp_path / "print.jpg").mean((1, 2)).tolist()
    assert red > 0.9
    assert max(green, blue) < 0.1


def test_the_exif_orientation_is_applied(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: show rotated by 90 degrees clockwise
    Image.fromarray(PIXELS).save(tmp_path / "turned.png", exif=exif)
    assert np.array_equal(images.to_uint8(images.load(tmp_path / "turned.png")), np.rot90(PIXELS, -1))


def test_the_first_frame_of_an_animation_is_read(tmp_path):
    frames = [Image.new("RGB", (4, 4), colour) for colour in ("red", "blue")]
    frames[0].save(tmp_path / "two.gif", save_all=True, append_images=frames[1:])
    assert images.load(tmp_path / "two.gif")[:, 0, 0].tolist() == [1, 0, 0]


def test_a_single_pixel_grows_to_any_side(tmp_path):
    Image.new("RGB", (1, 1), (10, 20, 30)).save(tmp_path / "dot.png")
    assert images.load(tmp_path / "dot.png").shape == (3, 1, 1)
    grown = images.load(tmp_path / "dot.png", side=8, fit="square")
    assert np.array_equal(images.to_uint8(grown), np.broadcast_to([10, 20, 30], (8, 8, 3)))


def test_a_very_thin_picture_keeps_at_least_one_pixel(tmp_path):
    Image.new("RGB", (400, 2)).save(tmp_path / "thin.png")
    assert images.load(tmp_path / "thin.png", side=16).shape == (3, 1, 16)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"gone\.png"):
        images.load(tmp_path / "gone.png")


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "gif", "bmp", "tif"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_truncated_file_is_refused_by_name(tmp_path, suffix, share):
    path = tmp_path / f"cut.{suffix}"
    Image.fromarray(RNG.integers(0, 256, (64, 64, 3), dtype=np.uint8)).save(path)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    with pytest.raises(images.ImageError, match=rf"cut\.{suffix}"):
        images.load(path)


def damaged():
    """A PNG in whose middle twenty bytes are gone."""
    Image.fromarray(PIXELS).save(file := io.BytesIO(), "png")
    content = file.getvalue()
    return content[:60] + bytes(20) + content[80:]


@pytest.mark.parametrize("content", [b"", b"GIF89a", b"no picture", b"%!PS-Adobe-3.0 EPSF-3.0\n", damaged()])
def test_what_is_no_picture_is_refused_by_name(tmp_path, content):
    (tmp_path / "bad.png").write_bytes(content)
    with pytest.raises(images.ImageError, match=r"bad\.png"):
        images.load(tmp_path / "bad.png")
    with pytest.raises(images.ImageError, match=tmp_path.name):
        images.load(tmp_path)


@pytest.mark.parametrize("side", [9_000, 60_000])
def test_a_huge_picture_is_refused_before_it_is_decoded(tmp_path, side):
    with pytest.raises(images.ImageError, match=r"huge\.png.*pixels"):
        images.load(png(tmp_path / "huge.png", side, side, depth=1, colour=0))


@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 40), st.sampled_from(["long", "short"]))
@settings(max_examples=40, deadline=None)
def test_the_aspect_is_kept_to_the_nearest_pixel(height, width, side, fit):
    new_height, new_width = images.fitted(torch.zeros(3, height, width), side, fit).shape[1:]
    exact = side / (max if fit == "long" else min)(height, width)
    assert (max if fit == "long" else min)(new_height, new_width) == side
    assert abs(new_height - max(1, height * exact)) <= 0.5
    assert abs(new_width - max(1, width * exact)) <= 0.5


def test_square_takes_the_centre():
    image = torch.arange(5.0).expand(3, 3, 5) / 4
    assert torch.equal(images.crop_square(image)[0, 0], torch.tensor([0.25, 0.5, 0.75]))
    assert images.fitted(image, 6, "square").shape == (3, 6, 6)


@pytest.mark.parametrize(("change", "arguments", "told"), [
    (images.fitted, (8, "wide"), "'wide'.*'long'"), (images.fitted, (0, "long"), "side is 0"),
    (partial(images.resize, kind="cubic"), ((8, 8),), "'cubic'.*'bicubic'"), (images.resize, ((0, 8),), "size"),
])  # fmt: skip
def test_unknown_fits_and_kinds_and_empty_sizes_are_refused(change, arguments, told):
    with pytest.raises(ValueError, match=told):
        change(torch.zeros(3, 4, 4), *arguments)


@given(st.integers(1, 24), st.integers(1, 24), st.sampled_from(list(images.FILTERS)), st.integers(0, 255))
@settings(max_examples=40, deadline=None)
def test_a_uniform_picture_stays_uniform(height, width, kind, value):
    resized = images.resize(torch.full((2, 3, 9, 7), value / 255), (height, width), kind=kind)
    assert resized.shape == (2, 3, height, width)
    assert torch.allclose(resized, torch.tensor(value / 255), atol=1e-6)


@given(st.integers(0, 1000), st.sampled_from(list(images.FILTERS)))
@settings(max_examples=20, deadline=None)
def test_resized_values_stay_between_0_and_1(seed, kind):
    noise = torch.rand(1, 3, 11, 13, generator=torch.Generator().manual_seed(seed)).round()
    resized = images.resize(noise, (30, 5), kind=kind)
    assert 0 <= resized.min() <= resized.max() <= 1


def test_area_is_the_mean_of_whole_cells():
    picture = images.from_uint8(RNG.integers(0, 256, (2, 24, 36, 3), dtype=np.uint8))
    assert torch.allclose(images.resize(picture, (8, 12), kind="area"), avg_pool2d(picture, 3), atol=1e-6)


@pytest.mark.parametrize("kind", ["bilinear", "bicubic"])
@pytest.mark.parametrize("size", [(17, 40), (90, 31), (299, 299)])
def test_filters_agree_with_torchs_antialiased_ones(kind, size):
    picture = images.from_uint8(RNG.integers(0, 256, (1, 64, 64, 3), dtype=np.uint8))
    reference = interpolate(picture, size=size, mode=kind, antialias=True).clamp(0, 1)
    assert torch.allclose(images.resize(picture, size, kind=kind), reference, atol=1e-5)


def test_resizing_to_the_same_size_changes_nothing_and_to_another_keeps_the_dtype():
    picture = images.from_uint8(PIXELS)
    assert torch.equal(images.resize(picture, (20, 30)), picture)
    assert images.resize(torch.zeros(3, 4, 4, dtype=torch.float64), (2, 2)).dtype == torch.float64


def test_to_uint8_rounds_and_clamps():
    values = torch.tensor([-0.2, 0.4999 / 255, 0.5001 / 255, 1.7]).reshape(1, 1, 4).expand(3, 1, 4)
    assert images.to_uint8(values)[0, :, 0].tolist() == [0, 0, 1, 255]


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_to_uint8_refuses_values_that_are_not_finite(value):
    with pytest.raises(ValueError, match="3 values that are NaN or infinite"):
        images.to_uint8(torch.full((3, 1, 1), value))
