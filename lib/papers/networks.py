"""The networks behind metrics, by name, with the resizing and the hash that their protocol states."""

from functools import lru_cache
from typing import Literal

from torch import nn

from lib import device, weights
from lib.metrics.features import Features
from lib.models import backbones

WEIGHTS = {"inception-2015": "inception-2015", "lite0": "efficientnet-lite0"}  # of each feature network
NAMES = tuple(WEIGHTS)
MACS = {"inception-2015": 5.7e9, "lite0": 0.4e9}  # multiply-accumulates a picture, roughly


def preferred() -> str:
    """The 2015 Inception where its weights are present, else EfficientNet-Lite0."""
    present = any(row["name"] == "inception-2015" and row["present"] for row in weights.status())
    return "inception-2015" if present else "lite0"


def chosen(name: str) -> str:
    """The network that a setting names; `auto` is the preferred one."""
    return preferred() if name == "auto" else name


@lru_cache(maxsize=2)
def features(name: str = "auto", where: str = "cpu") -> Features:
    """Features for FD, KD and IS: the 2015 Inception where its weights are present, else EfficientNet-Lite0.

    A `name` asks for one of `NAMES`. Scores are called FID and IS only with the Inception, `FD-lite0` and so on
    otherwise. Raises ValueError for another name, `MissingWeights` where the weights are not there.
    """
    if (name := chosen(name)) not in NAMES:
        raise ValueError(f"feature network is {name!r}; allowed are {', '.join(NAMES)}")
    if name == "inception-2015":
        module = backbones.inception_2015().to(device.pick(where))
        return Features("inception-2015", module, 299, "tf1", weights.digest("inception-2015"))
    module = backbones.lite0().to(device.pick(where))
    return Features("lite0", module, backbones.LITE0_SIDE, "clean", weights.digest("efficientnet-lite0"))


@lru_cache(maxsize=2)
def perceptual(name: Literal["alex", "vgg"] = "alex", where: str = "cpu") -> nn.Module:
    """The network of LPIPS on a device, built once a process."""
    return backbones.lpips_network(name).to(device.pick(where))
