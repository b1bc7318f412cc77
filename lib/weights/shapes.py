"""Names and shapes of the tensors of each network, and where torchvision keeps them."""

from collections.abc import Iterable, Sequence

Shapes = dict[str, tuple[int, ...]]
VGG16_BLOCKS, VGG19_BLOCKS = (2, 2, 3, 3, 3), (2, 2, 4, 4, 4)  # convolutions in each block
VGG_WIDTHS = (64, 128, 256, 512, 512)
ALEXNET_SIZES = ((64, 3, 11), (192, 64, 5), (384, 192, 3), (256, 384, 3), (256, 256, 3))  # out, in, side
ALEXNET_WIDTHS = tuple(out for out, _, _ in ALEXNET_SIZES)
ALEXNET_INDICES = {"conv1": 0, "conv2": 3, "conv3": 6, "conv4": 8, "conv5": 10}


def vgg_names(blocks: Sequence[int]) -> tuple[str, ...]:
    """Convolution names `conv1_1`, `conv1_2`, ... of a VGG with this many convolutions in each block."""
    return tuple(f"conv{block}_{i}" for block, count in enumerate(blocks, 1) for i in range(1, count + 1))


def vgg_indices(blocks: Sequence[int]) -> dict[str, int]:
    """Each convolution's position in torchvision's `features`: convolution, ReLU, ..., and a pooling after a block."""
    starts = [sum(2 * count + 1 for count in blocks[:block]) for block in range(len(blocks))]
    positions = [start + 2 * i for start, count in zip(starts, blocks, strict=True) for i in range(count)]
    return dict(zip(vgg_names(blocks), positions, strict=True))


def vgg_shapes(blocks: Sequence[int]) -> Shapes:
    """Shapes of a VGG's convolutions."""
    widths = [width for width, count in zip(VGG_WIDTHS, blocks, strict=True) for _ in range(count)]
    return conv_shapes(vgg_names(blocks), [(o, i, 3) for o, i in zip(widths, [3, *widths[:-1]], strict=True)])


def alexnet_shapes() -> Shapes:
    """Shapes of AlexNet's convolutions."""
    return conv_shapes(ALEXNET_INDICES, ALEXNET_SIZES)


def head_shapes(widths: Sequence[int]) -> Shapes:
    """Shapes of the five LPIPS heads, one weight a channel."""
    return {f"lin{i}.weight": (1, width, 1, 1) for i, width in enumerate(widths)}


def conv_shapes(names: Iterable[str], sizes: Iterable[tuple[int, int, int]]) -> Shapes:
    """Weight (out, in, side, side) and bias (out,) of each convolution, by key."""
    shapes: Shapes = {}
    for name, (out, channels, side) in zip(names, sizes, strict=True):
        shapes |= {f"{name}.weight": (out, channels, side, side), f"{name}.bias": (out,)}
    return shapes


INDICES = {"vgg16": vgg_indices(VGG16_BLOCKS), "vgg19": vgg_indices(VGG19_BLOCKS), "alexnet": ALEXNET_INDICES}
CONVOLUTIONS = {"vgg16": vgg_shapes(VGG16_BLOCKS), "vgg19": vgg_shapes(VGG19_BLOCKS), "alexnet": alexnet_shapes()}
HEADS = {"vgg16": head_shapes(VGG_WIDTHS), "alexnet": head_shapes(ALEXNET_WIDTHS)}
