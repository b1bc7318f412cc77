import pytest
import torch
import torchvision

from lib.weights import shapes


@pytest.mark.parametrize(
    ("network", "indices", "expected"),
    [
        ("vgg16", shapes.vgg_indices(shapes.VGG16_BLOCKS), shapes.vgg_shapes(shapes.VGG16_BLOCKS)),
        ("vgg19", shapes.vgg_indices(shapes.VGG19_BLOCKS), shapes.vgg_shapes(shapes.VGG19_BLOCKS)),
        ("alexnet", shapes.ALEXNET_INDICES, shapes.alexnet_shapes()),
    ],
)
def test_names_positions_and_shapes_are_those_of_torchvision(network, indices, expected):
    with torch.device("meta"):
        features = torchvision.models.get_model(network).features.state_dict()
    found = {
        f"{n}.{part}": tuple(features[f"{i}.{part}"].shape) for n, i in indices.items() for part in ("weight", "bias")
    }
    assert found == expected
    assert len(found) == len(features)


def test_vgg19_is_named_block_by_block():
    names = shapes.vgg_names(shapes.VGG19_BLOCKS)
    assert (names[0], names[4], names[8], names[-1], len(names)) == ("conv1_1", "conv3_1", "conv4_1", "conv5_4", 16)
