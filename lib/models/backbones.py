"""Pretrained networks behind the metrics: LPIPS, EfficientNet-Lite0 and the Inception of 2015, loaded from lib.weights.

All are in evaluation mode, frozen, on the CPU, and take images in [0, 1].
"""

import warnings
from typing import Any, Literal
from unittest.mock import patch

import torch
from torch import Tensor, nn

from lib import weights
from lib.weights.readers import INDICES

LITE0_SIDE = 224
TRUNKS = {
    "alex": ("alexnet", "lpips-alex", INDICES["alexnet"]),
    "vgg": ("vgg16", "lpips-vgg", INDICES["vgg16"]),
}


def lpips_network(net: Literal["alex", "vgg"] = "alex") -> nn.Module:
    """LPIPS v0.1 (Zhang et al., 2018) as the `lpips` package defines it, trunk and heads from lib.weights.

    Called with two batches (N, 3, H, W) it returns (N, 1, 1, 1); pass `normalize=True` for images in [0, 1].
    Raises ValueError for an unknown trunk, MissingWeights or CorruptWeights from loading.
    """
    from lpips.lpips import LPIPS, ScalingLayer

    if net not in TRUNKS:
        raise ValueError(f"LPIPS trunk is {net!r}; allowed are {', '.join(TRUNKS)}")
    trunk, heads, indices = TRUNKS[net]
    with warnings.catch_warnings(), torch.device("meta"):  # meta: no memory and no random start for what is replaced
        warnings.filterwarnings("ignore", category=UserWarning, module="torchvision")
        network = LPIPS(net=net, pretrained=False, pnet_rand=True, verbose=False)
    network.scaling_layer = ScalingLayer()
    names = {str(index): name for name, index in indices.items()}
    tensors = weights.load(trunk) | weights.load(heads)
    state = {key: tensors[_lpips_key(key, names)] for key in network.state_dict() if not key.startswith("scaling")}
    network.load_state_dict(state | network.scaling_layer.state_dict(prefix="scaling_layer."), assign=True)
    return _frozen(network)


def lite0() -> nn.Module:
    """EfficientNet-Lite0 trained on ImageNet: (N, 3, 224, 224) in [0, 1] to features (N, 1280), logits (N, 1000).

    Raises MissingWeights or CorruptWeights from loading; the network raises ValueError for another image size.
    """
    from efficientnet_lite_pytorch import EfficientNet

    with torch.device("meta"):
        network = EfficientNet.from_name("efficientnet-lite0")
    _fill(network, "efficientnet-lite0")
    return _frozen(_Lite0(network)).to(memory_format=torch.channels_last)  # half the time on a CPU


def inception_2015() -> nn.Module:
    """The Inception behind FID and IS, by pytorch-fid: (N, 3, H, W) in [0, 1] to features (N, 2048), logits (N, 1008).

    Images of any side are resized to 299 inside, as pytorch-fid does (bilinear, no antialiasing). The logits leave
    the bias out, as the published Inception score does. Raises MissingWeights or CorruptWeights from loading.
    """
    from pytorch_fid import inception

    state = weights.load("inception-2015")
    try:
        with patch.object(inception, "load_state_dict_from_url", lambda *args, **kwargs: state):  # no download
            network = inception.InceptionV3()
    except RuntimeError as error:
        raise weights.CorruptWeights(f"inception-2015 does not fit pytorch-fid's network: {error}") from error
    return _frozen(_Inception(network, state["fc.weight"]))


class _Lite0(nn.Module):
    """Input in [0, 1], scaled as the network was trained: (255 x - 127) / 128."""

    def __init__(self, network: Any) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        if images.ndim != 4 or images.shape[1:] != (3, LITE0_SIDE, LITE0_SIDE):
            raise ValueError(f"images have shape {tuple(images.shape)}; expected (N, 3, {LITE0_SIDE}, {LITE0_SIDE})")
        scaled = images.mul(255 / 128).sub(127 / 128).contiguous(memory_format=torch.channels_last)
        features = self.network.extract_features(scaled).mean((2, 3))
        return features, self.network._fc(features)


class _Inception(nn.Module):
    """pytorch-fid's pooled features, and the class weights that it leaves aside."""

    def __init__(self, network: nn.Module, classes: Tensor) -> None:
        super().__init__()
        self.network = network
        self.classes = nn.Parameter(classes)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        if images.ndim != 4 or images.shape[1] != 3:
            raise ValueError(f"images have shape {tuple(images.shape)}; expected (N, 3, H, W)")
        features = self.network(images)[0].flatten(1)
        return features, features @ self.classes.T


def _lpips_key(key: str, names: dict[str, str]) -> str:
    """Our key for a key of the package: `net.slice2.5.weight` is a convolution, `lin0...` and `lins.0...` a head."""
    parts = key.split(".")
    if parts[0] == "net":
        return f"{names[parts[2]]}.{parts[3]}"
    return f"lin{parts[1] if parts[0] == 'lins' else parts[0].removeprefix('lin')}.weight"


def _fill(network: nn.Module, name: str) -> None:
    try:
        network.load_state_dict(weights.load(name), assign=True)
    except RuntimeError as error:
        raise weights.CorruptWeights(f"{name} does not fit its network: {error}") from error


def _frozen(network: nn.Module) -> nn.Module:
    return network.eval().requires_grad_(False)
