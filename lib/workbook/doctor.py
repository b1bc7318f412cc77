"""What this machine has and lacks: device, versions, weights, data, and what each profile still needs."""

import os
import platform
import shutil
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from lib import __version__
from lib.device import cores
from lib.papers import PAPERS, built
from lib.paths import PROFILES, extra_data_folders, figures_dir, runs_dir, usable, votes_dir, weights_dir
from lib.workbook.dryrun import memory_total, needs
from lib.workbook.notebooks import all_notebooks, job

PACKAGES = (
    "torch",
    "torchvision",
    "numpy",
    "scipy",
    "pandas",
    "matplotlib",
    "lpips",
    "papermill",
    "nbval",
    "ipykernel",
)


def report() -> tuple[str, bool]:
    """The text of `python -m lib doctor`, and whether the smoke profile can run."""
    missing = {profile: _missing(profile) for profile in PROFILES}
    sections = [machine(), _packages(), _folders(), _weights(), _data(), _profiles(missing)]
    return "\n\n".join(f"{title}\n{_indented(lines)}" for title, lines in sections), not missing["smoke"]


def machine() -> tuple[str, list[str]]:
    """Device, processor, memory, disk and versions, as a title and lines."""
    import torch

    from lib.device import describe

    found = describe()
    device = f"cuda: {found['device']}" if torch.cuda.is_available() else f"cpu: {found['device']}"
    memory = f"{memory_total() / 2**30:.0f} GB memory, " if memory_total() else ""
    place = next(path for path in (runs_dir(), *runs_dir().parents) if path.exists())
    return "Machine", [
        f"{device} ({found['cpu_capability']}), {cores()} cores, torch uses {found['threads']} threads",
        f"{memory}{shutil.disk_usage(place).free / 2**30:.0f} GB free for runs",
        f"{platform.system()} {platform.machine()}, Python {platform.python_version()}, lib {__version__}",
    ]


def _packages() -> tuple[str, list[str]]:
    return "Packages", [", ".join(f"{name} {_version(name)}" for name in PACKAGES), f"kernel python3: {_kernel()}"]


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "absent"


def _kernel() -> str:
    """Whether the kernel that the notebooks name is installed."""
    from jupyter_client.kernelspec import KernelSpecManager

    found = "python3" in KernelSpecManager().find_kernel_specs()
    return "found" if found else "absent; run: python -m ipykernel install --sys-prefix"


def _folders() -> tuple[str, list[str]]:
    places = {"runs": runs_dir(), "figures": figures_dir(), "weights": weights_dir(), "votes": votes_dir()}
    lines = [f"{name}: {usable(path)}{'' if _writable(path) else ', NOT WRITABLE'}" for name, path in places.items()]
    extra = ", ".join(usable(path) + ("" if path.is_dir() else " (absent)") for path in extra_data_folders())
    return "Folders", [*lines, f"WORKBOOK_DATA: {extra or 'not set'}"]


def _writable(path: Any) -> bool:
    nearest = next(place for place in (path, *path.parents) if place.exists())
    return nearest.is_dir() and os.access(nearest, os.W_OK)


def _weights() -> tuple[str, list[str]]:
    from lib import weights

    rows = weights.status()
    here = [
        f"{row['name']} ({_size(row['bytes'])}) for {row['purpose']}{_damage(row)}" for row in rows if row["present"]
    ]
    absent = [f"{row['name']} for {row['purpose']}: absent, from {row['source']}" for row in rows if not row["present"]]
    return "Weights", here + absent


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{count / 1e3:.0f} kB"


def _damage(row: dict[str, Any]) -> str:
    return "" if row.get("intact", True) else f", DAMAGED; run: python -m lib fetch weights {row['name']}"


def _data() -> tuple[str, list[str]]:
    from lib.data import registry

    rows = registry.status()
    here = [f"{row['key']}: {row['title']}, from {row['source']}" for row in rows if row["present"]]
    absent = [row["key"] for row in rows if not row["present"]]
    return "Data sets and pictures", [*here, f"absent: {', '.join(absent) or 'none'}"]


def _profiles(missing: dict[str, dict[str, str]]) -> tuple[str, list[str]]:
    """One line a profile, then one for each thing it lacks."""
    lines = []
    for profile, lacks in missing.items():
        lines.append(f"{profile}: {'has all it needs' if not lacks else 'lacks'}")
        lines += [f"  {name}: {how}" for name, how in lacks.items()]
    unbuilt = [slug for slug in PAPERS if not built(slug)]
    return "Profiles", [*lines, f"papers not yet built: {', '.join(unbuilt) or 'none'}"]


def _missing(profile: str) -> dict[str, str]:
    """What the notebooks of all papers lack in a profile; those without values for it lack nothing."""
    found: dict[str, str] = {}
    for notebook in all_notebooks():
        try:
            found |= needs(job(notebook, profile, {}, {})).missing
        except ValueError as error:
            found[notebook.stem] = str(error)
    return found


def _indented(lines: list[str]) -> str:
    return "\n".join(f"  {line}" for line in lines)
