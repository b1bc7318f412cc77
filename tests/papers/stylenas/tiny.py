"""Settings of the smallest study that computes: bundled photos, two steps of training, two pairs of 64x32."""

from typing import Any

import yaml

from lib.papers.stylenas.evaluate import Evaluation
from lib.papers.stylenas.settings import Settings
from lib.paths import notebooks_dir

TINY: dict[str, Any] = {
    "profile": "custom", "device": "cpu", "training": ["bundled"], "photos": 4, "pairs": "bundled", "search_pairs": 2,
    "width": 64, "side": 32, "steps": 1, "batch": 2, "oracle_side": 32, "oracle_steps": 5, "final_side": 32,
    "final_steps": 2, "photowct_steps": 1, "population": 2, "sample": 1, "evaluations": 3, "random": 2, "stratified": 1,
    "window": 1, "noise_genomes": ["empty"], "noise_repeats": 2,
    "ablated": 5, "table_pairs": 4, "table_width": 64, "resamples": 3, "shown_pairs": 1,
    "timed_widths": [64], "timed_runs": 1,
}  # fmt: skip


def tiny(**changes: Any) -> Settings:
    """The smallest settings with the changes given."""
    desk = yaml.safe_load((notebooks_dir() / "profiles" / "desk" / "03_stylenas.yaml").read_text())
    return Settings.pick({**desk, **TINY, **changes})


def evaluation(**changes: Any) -> Evaluation:
    """The evaluation under them."""
    return Evaluation.of(tiny(**changes))
