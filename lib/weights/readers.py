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
from lib.weights.shapes import Shapes

if TYPE_CHECKING:
    from torch import Tensor

PARTS = ("weight", "bias")


def flax_trunk(content: bytes, *, scope: str, names: Sequence[str]) -> "dict[str, Tensor]":
    """Convolutions `Conv_0`, `Conv_1`, ... of a pickled Flax parameter tree, renamed; raises CorruptWeights."""
    with _plain_arrays():
        tree = _ArraysOnly(io.BytesIO(content)).load()[scope]
        convolutions = [(name, tree[f"Conv_{i}"]) for i, name in enumerate(names)]
        return {
            f"{name}.{ours}": _tensor(conv[theirs])
            for name, conv in convolutions
            for ours, theirs in (("weight", "kernel"), ("bias", "bias"))
        }


def flax_heads(content: bytes) -> "dict[str, Tensor]":
    """The five LPIPS heads of a pickled Flax parameter tree, each (1, C, 1, 1); raises CorruptWeights."""
    with _plain_arrays():
        tree = _ArraysOnly(io.BytesIO(content)).load()
        return {f"lin{i}.weight": _tensor(tree[f"NetLinLayer_{i}"]["Conv_0"]["kernel"]) for i in range(5)}


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


def torchvision_trunk(content: bytes, *, indices: Mapping[str, int]) -> "dict[str, Tensor]":
    """The convolutions of a torchvision classifier, `features.N` renamed; the classifier is left out."""
    state = torch_state(content)
    wanted = {f"{name}.{part}": f"features.{i}.{part}" for name, i in indices.items() for part in PARTS}
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


def check(tensors: "Mapping[str, Tensor]", shapes: Shapes, name: str) -> None:
    """Raise CorruptWeights unless every expected tensor is there, with its shape, in float and finite."""
    missing = [key for key in shapes if key not in tensors]
    if missing:
        raise CorruptWeights(f"{name} lacks {len(missing)} of {len(shapes)} expected tensors, first {missing[0]}")
    for key, shape in shapes.items():
        if tuple(tensors[key].shape) != shape:
            raise CorruptWeights(f"{name}: {key} has shape {tuple(tensors[key].shape)}; expected {shape}")
        if not tensors[key].is_floating_point() or not bool(tensors[key].isfinite().all()):
            raise CorruptWeights(f"{name}: {key} holds values that are not finite floats")


class _ArraysOnly(pickle.Unpickler):
    """Knows float arrays and plain containers; any other global is refused before it is looked up."""

    def find_class(self, module: str, name: str) -> Any:
        import numpy as np

        if (module, name) == ("numpy", "ndarray"):
            return np.ndarray
        if (module, name) == ("numpy", "dtype"):
            return _float_type
        if module in ("numpy.core.multiarray", "numpy._core.multiarray") and name == "_reconstruct":
            return np.empty(0).__reduce__()[0]  # wherever this NumPy version keeps it
        raise pickle.UnpicklingError(f"it asks for {module}.{name}, which weights do not need")


def _float_type(code: str, *flags: object) -> Any:
    import numpy as np

    if code not in ("f2", "f4", "f8"):
        raise pickle.UnpicklingError(f"it holds arrays of type {code!r}; allowed are floats")
    return np.dtype(code)


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
