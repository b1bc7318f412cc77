"""What this machine has and lacks: device, versions, weights, data, and what each profile still needs."""

import os
import platform
import shutil
from pathlib import Path
from typing import Any

from lib import __version__, weights
from lib.data import registry
from lib.device import cores
from lib.paths import PROFILES, extra_data_folders, figures_dir, runs_dir, usable, votes_dir, weights_dir
from lib.report.provenance import versions
from lib.workbook.dryrun import memory_total, needs
from lib.workbook.notebooks import all_notebooks, job

Section = tuple[str, list[str]]  # a title and its lines


def report() -> tuple[str, bool]:
    """The text of `python -m lib doctor`, and whether the smoke profile can run."""
    missing = {profile: _missing(profile) for profile in PROFILES}
    sections = [machine(), _packages(), _folders(), _weights(), _data(), _profiles(missing)]
    return "\n\n".join("\n  ".join([title, *lines]) for title, lines in sections), not missing["smoke"]


def machine() -> Section:
    """Device, processor, memory, disk and versions, as a title and lines."""
    import torch

    from lib.device import describe

    found = describe()
    device = f"{'cuda' if torch.cuda.is_available() else 'cpu'}: {found['device']}"
    memory = f"{memory_total() / 2**30:.0f} GB memory, " if memory_total() else ""
    return "Machine", [
        f"{device} ({found['cpu_capability']}), {cores()} cores, torch uses {found['threads']} threads",
        f"{memory}{shutil.disk_usage(_nearest(runs_dir())).free / 2**30:.0f} GB free for runs",
        f"{platform.system()} {platform.machine()}, Python {platform.python_version()}, lib {__version__}",
    ]


def _packages() -> Section:
    """Versions, and whether the kernel that the notebooks name is installed."""
    from jupyter_client.kernelspec import KernelSpecManager

    here = "python3" in KernelSpecManager().find_kernel_specs()
    kernel = "found" if here else "absent; run: python -m ipykernel install --sys-prefix"
    return "Packages", [", ".join(f"{name} {text}" for name, text in versions().items()), f"kernel python3: {kernel}"]


def _folders() -> Section:
    places = {"runs": runs_dir(), "figures": figures_dir(), "weights": weights_dir(), "votes": votes_dir()}
    locked = {name: ", NOT WRITABLE" * (not os.access(_nearest(path), os.W_OK)) for name, path in places.items()}
    lines = [f"{name}: {usable(path)}{locked[name]}" for name, path in places.items()]
    extra = ", ".join(usable(path) + ("" if path.is_dir() else " (absent)") for path in extra_data_folders())
    return "Folders", [*lines, f"WORKBOOK_DATA: {extra or 'not set'}"]


def _nearest(path: Path) -> Path:
    """The folder, or the first above it that exists."""
    return next(place for place in (path, *path.parents) if place.is_dir())


def _weights() -> Section:
    return "Weights", [_weight(row) for row in sorted(weights.status(), key=lambda row: not row["present"])]


def _weight(row: dict[str, Any]) -> str:
    if not row["present"]:
        return f"{row['name']} for {row['purpose']}: absent, from {row['source']}"
    damage = "" if row["intact"] else f", DAMAGED; run: python -m lib fetch weights {row['name']}"
    return f"{row['name']} ({row['bytes'] / 1e6:.2f} MB) for {row['purpose']}{damage}"


def _data() -> Section:
    rows = registry.status()
    here = [f"{row['key']}: {row['title']}, from {row['source']}" for row in rows if row["present"]]
    absent = [row["key"] for row in rows if not row["present"]]
    return "Data sets and pictures", [*here, f"absent: {', '.join(absent) or 'none'}"]


def _profiles(missing: dict[str, dict[str, str]]) -> Section:
    """One line a profile, then one for each thing it lacks."""
    lines = []
    for profile, lacks in missing.items():
        lines.append(f"{profile}: {'lacks' if lacks else 'has all it needs'}")
        lines += [f"  {name}: {how}" for name, how in lacks.items()]
    return "Profiles", lines


def _missing(profile: str) -> dict[str, str]:
    """What the notebooks of all papers lack in a profile, a profile of their own included."""
    found: dict[str, str] = {}
    for notebook in all_notebooks():
        try:
            found |= needs(job(notebook, profile, {}, {})).missing
        except ValueError as error:
            found[notebook.stem] = str(error)
    return found
