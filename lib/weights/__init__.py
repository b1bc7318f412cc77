"""Pretrained weights: registry, fetching and conversion to safetensors, verified loading.

Each set is converted once to `<weights_dir>/<name>.safetensors`, with its source and hashes in `<name>.json`.
"""

from lib.weights.errors import CorruptWeights, FetchFailed, MissingWeights
from lib.weights.fetching import fetch
from lib.weights.loading import digest, load, status
from lib.weights.readers import unpickled
from lib.weights.registry import packaged, requirements

__all__ = ["CorruptWeights", "FetchFailed", "MissingWeights", "digest", "fetch", "load", "packaged", "requirements",
           "status", "unpickled"]  # fmt: skip
