"""Published style-transfer programs as presets: their objective, optimiser and weights."""

from dataclasses import dataclass, field

from lib.models.vgg import STYLE_LAYERS
from lib.training.style import Objective

_CHANNELS = dict(zip(STYLE_LAYERS, (64, 128, 256, 512, 512), strict=True))
_MULTI_SCALE = dict(zip(STYLE_LAYERS, (256, 64, 16, 4, 1), strict=True))


@dataclass(frozen=True)
class Preset:
    """One program: weights at 512 px, on the [0, 1] image scale; `stages` are coarse to fine."""

    objective: Objective = field(default_factory=Objective)
    raw_features: bool = False  # torchvision's own activation scale, without the gains
    optimiser: str = "adam"  # adam or lbfgs
    lr: float = 0.02
    style_weight: float = 1e-3
    content_weight: float = 1e4
    tv_weight: float = 30.0
    eps: float = 0.1
    betas: tuple[float, float] = (0.99, 0.999)
    start: str = "content"  # content or style
    compensate: bool = True  # scale tv and eps by (512/side)^2, as means shrink with the size and sums do not
    average: float = 0.0  # decay of the averaged iterate
    stages: tuple[float, ...] = (1.0,)  # sides of the stages relative to the final one
    later_steps: float = 1.0  # steps of the second and later stages relative to the first


PRESETS = {
    # Reading A of the paper's tables: TensorFlow tutorial "Neural style transfer", 2023, with figure 1's weights.
    "paper": Preset(),
    # Reading B: sums instead of means, raw features, conv4_2, started from the style image.
    "reading_b": Preset(
        Objective(content_layer="conv4_2", reduction="sum"), raw_features=True, start="style", compensate=False,
    ),
    # leongatys/PytorchNeuralStyleTransfer
    "gatys": Preset(
        Objective({layer: 1e3 / n**2 for layer, n in _CHANNELS.items()}, "conv4_2"), optimiser="lbfgs",
        style_weight=1.0, content_weight=1.0, tv_weight=0.0, stages=(0.64, 1.0), later_steps=0.4,
    ),
    # crowsonkb/style-transfer-pytorch
    "multi-scale": Preset(
        Objective({layer: weight / 341 for layer, weight in _MULTI_SCALE.items()}, "conv4_2", "scaled", "squared_mean",
                  "replicate"),
        raw_features=True, style_weight=1.0, content_weight=0.015, tv_weight=2.0, eps=1e-8,
        betas=(0.9, 0.999), compensate=False, average=0.99, stages=(0.25, 0.354, 0.5, 0.707, 1.0), later_steps=0.5,
    ),
    # gordicaleksa/pytorch-neural-style-transfer, L-BFGS from the content photo. Its Gram is divided by C as well and
    # its squares are summed: together the mean of ours.
    "gordic": Preset(
        Objective(content_layer="conv4_2"), optimiser="lbfgs",
        style_weight=3e4, content_weight=1e5, tv_weight=255.0, compensate=False,
    ),
}  # fmt: skip


def preset(name: str) -> Preset:
    """The named preset; ValueError lists the allowed ones."""
    if name not in PRESETS:
        raise ValueError(f"preset is {name!r}; allowed are {', '.join(PRESETS)}")
    return PRESETS[name]
