"""Where numbers and figures come from: one manifest beside every run and every figure folder."""

import json
import math
import platform
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from lib import device, paths

PACKAGES = ("torch", "torchvision", "numpy", "scipy", "pandas", "matplotlib", "scikit-learn", "scikit-image", "pillow",
            "lpips", "pytorch-fid", "safetensors", "optuna")  # fmt: skip


def manifest(*, parameters: Mapping[str, Any], seeds: Iterable[int], data: Mapping[str, Any],
             weights: Mapping[str, Any], seconds: float,
             missing: Mapping[str, str] | None = None) -> dict[str, Any]:  # fmt: skip
    """All that is needed to repeat a result, as plain JSON values.

    `parameters` are the resolved settings, `data` and `weights` map names to sources and hashes, `seconds` is wall
    time, `missing` maps what could not be made to the reason. Commit, package versions, device and peak memory (MB of
    this process) are added. No absolute path is kept: each is shortened as it would be printed.
    """
    made = {
        "parameters": parameters, "seeds": list(seeds), **commit(),
        "versions": versions(), "device": device.describe(), "data": data, "weights": weights,
        "seconds": round(float(seconds), 3), "peak_memory_mb": peak_memory_mb(), "missing": dict(missing or {}),
    }  # fmt: skip
    return {name: plain(value) for name, value in made.items()}


def write(folder: Path, content: Mapping[str, Any]) -> Path:
    """Write the manifest of a figure folder in one step and return its path: `content` and the SHA-256 of every file.

    Files under `private/` (pictures that may not be shown) and the manifest itself are not listed.
    """
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != "manifest.json"]
    shown = [path for path in files if path.name[0] != "." and "private" not in path.relative_to(folder).parts]
    own = {path.relative_to(folder).as_posix(): paths.file_digest(path) for path in shown}
    whole = plain({**content, "files": own})
    text = json.dumps(whole, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return paths.write_text(folder / "manifest.json", text + "\n")


def commit() -> dict[str, Any]:
    """`commit` (hash, None outside a git checkout) and `dirty`: a tracked file but a figure changed (None: unknown)."""
    head = _git("rev-parse", "HEAD")
    changes = _git("status", "--porcelain", "--untracked-files=no", "--", ".", ":(exclude)figures") if head else None
    return {"commit": head or None, "dirty": None if changes is None else bool(changes)}


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that results depend on."""
    return {"python": platform.python_version(), **{package: version(package) for package in PACKAGES}}


def peak_memory_mb() -> float | None:
    """Largest resident memory of this process so far in MB (1e6 bytes); None where the system does not tell."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6, 1)


def plain(value: Any) -> Any:
    """The value as JSON can hold it: NumPy scalars unpacked, paths shortened, values that are not finite as text."""
    if isinstance(value, Mapping):
        return {_shortened(str(key)): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset | np.ndarray):
        return [plain(item) for item in (sorted(value, key=str) if isinstance(value, set | frozenset) else value)]
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if value is None or isinstance(value, bool | int):
        return value
    return _shortened(str(value))


def _shortened(text: str) -> str:
    """The text with every absolute path in it shortened to what may be shown."""
    return re.sub(r"(?<![\w:/.])(?:/[\w.+@-]+){2,}", lambda found: paths.shown(Path(found.group())), text)


def _git(*arguments: str) -> str | None:
    """Output of a git command in the project's folder, None where git or the repository is missing."""
    command = ["git", "-C", str(paths.ROOT), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
