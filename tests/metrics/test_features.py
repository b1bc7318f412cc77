"""The three resizes against direct loops and Pillow, and what a feature network records."""

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from lib.metrics.features import RESIZES, Features


class Halves(nn.Module):
    """Mean colour as features, mean of each half as logits; notes the sizes that it was called with."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(1), requires_grad=False)
        self.seen: list[tuple[int, ...]] = []

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        self.seen.append(tuple(x.shape))
        return x.mean(dim=(2, 3)), torch.stack([part.mean(dim=(1, 2, 3)) for part in x.chunk(2, dim=3)], dim=1)


def network(resize: str = "area", side: int = 8) -> Features:
    return Features("halves", Halves().eval(), side, resize, "no weights")


def tensorflow_1(image: np.ndarray, side: int) -> np.ndarray:
    """Bilinear resize of one channel (H, W) as TensorFlow 1 does it, pixel by pixel."""
    height, width = image.shape
    out = np.empty((side, side))
    for i in range(side):
        for j in range(side):
            y, x = i * height / side, j * width / side
            top, left = int(y), int(x)
            bottom, right = min(top + 1, height - 1), min(left + 1, width - 1)
            upper = image[top, left] * (1 - (x - left)) + image[top, right] * (x - left)
            lower = image[bottom, left] * (1 - (x - left)) + image[bottom, right] * (x - left)
            out[i, j] = upper * (1 - (y - top)) + lower * (y - top)
    return out


@pytest.mark.parametrize(("size", "side"), [((20, 31), 13), ((9, 7), 24)], ids=["smaller", "larger"])
def test_tf1_reads_without_half_pixel_centres(size, side):
    x = torch.rand(1, 3, *size, dtype=torch.float64)
    expected = [tensorflow_1(channel, side) for channel in x[0].numpy()]
    np.testing.assert_allclose(RESIZES["tf1"](x, side)[0], expected, rtol=1e-12)


@pytest.mark.parametrize(("size", "side"), [((40, 62), 13), ((9, 7), 24)], ids=["smaller", "larger"])
def test_clean_is_pillows_bicubic_on_floats(size, side):
    x = torch.rand(1, 3, *size)
    expected = [Image.fromarray(channel).resize((side, side), Image.Resampling.BICUBIC) for channel in x[0].numpy()]
    np.testing.assert_allclose(RESIZES["clean"](x, side)[0], np.clip(np.stack(expected), 0, 1), atol=2e-6)


def test_area_is_the_mean_of_blocks():
    x = torch.rand(1, 3, 12, 20)
    expected = x.reshape(1, 3, 4, 3, 4, 5).mean(dim=(3, 5))
    torch.testing.assert_close(RESIZES["area"](x, 4), expected)


def test_embedding_resizes_in_batches_and_keeps_the_order():
    seen_by = network()
    x = torch.rand(5, 3, 16, 24)
    features, logits = seen_by.embed(x, batch=2)
    torch.testing.assert_close(features, x.mean(dim=(2, 3)))
    assert logits.shape == (5, 2)
    assert seen_by.module.seen == [(2, 3, 8, 8), (2, 3, 8, 8), (1, 3, 8, 8)]


def test_batches_of_different_sizes_pass_one_after_another():
    groups = [torch.rand(2, 3, 16, 24), torch.rand(3, 3, 32, 8)]
    features, _ = network().embed(iter(groups))
    torch.testing.assert_close(features, torch.cat([group.mean(dim=(2, 3)) for group in groups]))


def test_the_protocol_names_features_weights_and_resize():
    expected = {"features": "halves", "weights_hash": "no weights", "side": 299, "resize": "tf1", "n": [5]}
    assert network("tf1", 299).protocol(n=[5]) == expected


def test_an_unknown_resize_and_a_training_network_are_refused():
    with pytest.raises(ValueError, match=r"resize is 'lanczos'; allowed are \['area', 'clean', 'tf1'\]"):
        network("lanczos")
    with pytest.raises(ValueError, match="module of features 'halves' is in training mode"):
        Features("halves", Halves(), 8, "area", "no weights")


def test_no_pictures_and_wrong_pictures_are_refused():
    with pytest.raises(ValueError, match="images holds no batch"):
        network().embed(iter([]))
    with pytest.raises(ValueError, match=r"images ranges over \[-1, -1\]"):
        network().embed(-torch.ones(1, 3, 8, 8))
