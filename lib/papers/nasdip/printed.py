"""The numbers that the paper prints, and what they say of its own claims: arithmetic, without any run."""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from lib.papers.nasdip import tasks
from lib.papers.nasdip.records import MEASURES, SIGNS
from lib.papers.study import Study
from lib.paths import paper_numbers
from lib.report.claims import Claim, Finding, exact


def values(table: str) -> pd.DataFrame:
    """The values of `table1`, `table2` or `table3`, one a row: dataset, task, image, method, metric, value, certain."""
    return pd.read_csv(paper_numbers(f"nasdip_{table}"))


def rows() -> list[str]:
    """Our names of the rows of table 2."""
    images = set(values("table2")["image"])
    return [name for name, row in tasks.ROWS.items() if row.title in images]


def beats(study: Study, claim: Claim, *, arms: Sequence[tuple[str, str]], table: str = "table2", ties: bool = False,
          measures: Iterable[str] = MEASURES, tasks: Sequence[str] = ()) -> Finding:  # fmt: skip
    """Is the first column better than the other, for all pairs of `arms` in every row and measure?

    Values that cannot be read with certainty are left out; with `ties`, equal ones will do.
    """
    frame = values(table).query("certain == 'yes'")
    frame = frame[frame["task"].isin(tasks or frame["task"])]
    wide = frame.pivot_table("value", ["metric", "dataset", "task", "image"], "method")
    found: dict[str, np.ndarray] = {}
    for name in measures:
        part = SIGNS[name] * wide.loc[MEASURES[name]]
        gaps = np.array([part[one] - part[other] for one, other in arms])
        found[name] = np.logical_and.reduce(~(gaps < 0) if ties else gaps > 0)
    note = ", ".join(f"{MEASURES[name]} {good.sum()} of {len(good)}" for name, good in found.items())
    return exact(claim, all(good.all() for good in found.values()), n=sum(map(len, found.values())), note=note)


def are_means(study: Study, claim: Claim) -> Finding:
    """Does table 1 hold table 2's means, within 0.1 dB or 0.01?"""
    names, key = {"Asym NAS-DIP": "NAS-DIP"}, ["task", "metric", "method"]
    means = values("table2").replace({"method": names}).groupby(key)["value"].mean()
    paper = values("table1").query("dataset == 'DIP'").set_index(key)["value"]
    apart = (paper - means.reindex(paper.index)).abs()
    off = apart[apart > np.where(apart.index.get_level_values("metric") == "PSNR", 0.1, 0.01) + 1e-9].index
    note = "; ".join(f"{' '.join(key)}: {paper[key]:g}, mean {means[key]:.3g}" for key in off)
    return exact(claim, off.empty, n=len(paper), note=note)


def repeats(study: Study, claim: Claim) -> Finding:
    """Does table 3 at the main mutation rate repeat table 2's asymmetric column, or that of NAS-DIP-T?"""
    swept, main, same = values("table3"), values("table2"), {}
    both = swept[swept["method"] == "NAS-DIP pm=0.05"].merge(main, on=["metric", "image", "value"])
    for metric in ("PSNR", "LPIPS"):
        for column in ("Asym NAS-DIP", "Asym NAS-DIP-T"):
            same[f"{metric} {column}"] = len(both[(both["metric"] == metric) & (both["method_y"] == column)])
    note = "equal: " + ", ".join(f"{name} {count} of 7" for name, count in same.items())
    return exact(claim, all(same[f"{metric} Asym NAS-DIP"] == 7 for metric in ("PSNR", "LPIPS")), n=14, note=note)


def hours(study: Study, claim: Claim) -> Finding:
    """Do 10 to 20 generations of 500 take 3 to 6 hours, with 2 to 3 minutes a proposal on 32 slots?"""
    found = [(500 + generations * 475) * minutes / 32 / 60 for generations in (10, 20) for minutes in (2, 3)]
    note = "10 generations take {:.1f} to {:.1f} h, 20 take {:.1f} to {:.1f} h; it fits if half are never trained"
    return exact(claim, min(found) >= 3 and max(found) <= 6, note=note.format(*found))
