"""Readers of foreign weight files. Each takes the file's bytes and gives tensors; nothing in the file is ever run.

Pickles are read by an unpickler that knows float arrays and plain containers only, torch files with
`torch.load(weights_only=True)`, and single members are read out of archives without extracting them to disk.
"""

import io
import pickle
import tarfile
import warnings
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lib.weights.errors import CorruptWeights

if TYPE_CHECKING:
    from torch import Tensor

FLOATS = ("f2", "f4", "f8")
FLAX_SCOPES = {"vgg16": "VGG16_0", "alexnet": "AlexNet_0"}  # where the checkpoints keep the convolutions


def _vgg(blocks: Sequence[int]) -> dict[str, int]:
    """Place of each convolution in a VGG with so many a block: convolution, ReLU, ..., and a pooling after a block."""
    found, place = {}, 0
    for block, count in enumerate(blocks, start=1):
        for i in range(1, count + 1):
            found[f"conv{block}_{i}"] = place
            place += 2
        place += 1
    return found


# The convolutions of each network by our names, with their place in torchvision's `features`.
INDICES = {"vgg16": _vgg((2, 2, 3, 3, 3)), "vgg19": _vgg((2, 2, 4, 4, 4)),
           "alexnet": {"conv1": 0, "conv2": 3, "conv3": 6, "conv4": 8, "conv5": 10}}  # fmt: skip


def flax_trunk(content: bytes, *, network: str) -> "dict[str, Tensor]":
    """Convolutions `Conv_0`, `Conv_1`, ... of a pickled Flax parameter tree, renamed; raises CorruptWeights."""
    with _plain_arrays():
        tree = unpickled(content, FLOATS)[FLAX_SCOPES[network]]
        parts = (("weight", "kernel"), ("bias", "bias"))
        return {f"{name}.{ours}": _tensor(tree[f"Conv_{i}"][theirs])
                for i, name in enumerate(INDICES[network]) for ours, theirs in parts}  # fmt: skip


def flax_heads(content: bytes) -> "dict[str, Tensor]":
    """The five LPIPS heads of a pickled Flax parameter tree, each (1, C, 1, 1); raises CorruptWeights."""
    with _plain_arrays():
        tree = unpickled(content, FLOATS)
        return {f"lin{i}.weight": _tensor(tree[f"NetLinLayer_{i}"]["Conv_0"]["kernel"]) for i in range(5)}


def unpickled(content: bytes, types: Sequence[str], **options: Any) -> Any:
    """What a pickle holds of plain containers and arrays of these types; options are those of `pickle.Unpickler`.

    Anything else in it is refused with an UnpicklingError; a damaged pickle can raise almost anything.
    """
    return _ArraysOnly(content, types, **options).load()


def torch_state(content: bytes) -> "dict[str, Tensor]":
    """The tensors of a torch state dict, plain or under the key `state_dict`; raises CorruptWeights."""
    import torch

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about pickle protocols; what cannot be read raises
            state = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises many kinds for damaged and forbidden content
        raise CorruptWeights(f"not a torch file of plain tensors: {_first_line(error)}") from error
    state = state.get("state_dict", state) if isinstance(state, Mapping) else state
    if not isinstance(state, Mapping) or not all(isinstance(value, torch.Tensor) for value in state.values()):
        raise CorruptWeights("it holds something other than a state dict of tensors")
    return {str(key): value.detach().contiguous() for key, value in state.items()}


def torchvision_trunk(content: bytes, *, network: str) -> "dict[str, Tensor]":
    """The convolutions of a torchvision classifier, `features.N` renamed; the classifier is left out."""
    state = torch_state(content)
    wanted = {f"{name}.{part}": f"features.{i}.{part}" for name, i in INDICES[network].items()
              for part in ("weight", "bias")}  # fmt: skip
    missing = [key for key in wanted.values() if key not in state]
    if missing:
        raise CorruptWeights(f"the state dict lacks {missing[0]} and {len(missing) - 1} more of {len(wanted)} tensors")
    return {ours: state[theirs].clone() for ours, theirs in wanted.items()}


def member(archive: Path, name: str) -> bytes:
    """The bytes of one member of a tar or zip archive, read in memory; raises CorruptWeights."""
    try:
        if zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as bundle:
                return bundle.read(name)
        with tarfile.open(archive) as bundle:
            handle = bundle.extractfile(name)
            return handle.read() if handle else b""
    except (KeyError, EOFError, tarfile.TarError, zipfile.BadZipFile, ValueError) as error:
        raise CorruptWeights(f"{archive.name} is damaged or lacks {name}: {_first_line(error)}") from error


class _ArraysOnly(pickle.Unpickler):
    """Knows arrays of some types and plain containers; any other global is refused before it is looked up."""

    def __init__(self, content: bytes, types: Sequence[str], **options: Any) -> None:
        super().__init__(io.BytesIO(content), **options)
        self.types = types

    def find_class(self, module: str, name: str) -> Any:
        import numpy as np

        if module in ("numpy.core.multiarray", "numpy._core.multiarray") and name == "_reconstruct":
            return np.empty(0).__reduce__()[0]  # wherever this NumPy version keeps it
        known = {("numpy", "ndarray"): np.ndarray, ("numpy", "dtype"): self._type}
        if (module, name) not in known:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}, which plain arrays do not need")
        return known[module, name]

    def _type(self, code: str | bytes, *flags: object) -> Any:
        import numpy as np

        if (plain := code.decode() if isinstance(code, bytes) else code) not in self.types:
            raise pickle.UnpicklingError(f"it holds arrays of type {plain!r}; allowed are {', '.join(self.types)}")
        return np.dtype(plain)


@contextmanager
def _plain_arrays() -> Iterator[None]:
    try:
        yield
    except Exception as error:  # a damaged pickle can raise almost anything
        raise CorruptWeights(f"not a pickle of the expected float arrays: {_first_line(error)}") from error


def _tensor(array: Any) -> "Tensor":
    """A bias as it is, a kernel (H, W, in, out) as (out, in, H, W), float32."""
    import numpy as np
    import torch

    array = array.transpose(3, 2, 0, 1) if array.ndim == 4 else array
    return torch.from_numpy(np.ascontiguousarray(array, dtype=np.float32))


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]
