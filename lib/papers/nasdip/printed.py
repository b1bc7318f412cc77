"""The numbers that the paper prints, and what they say of its own claims: arithmetic, without any run."""

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import partial
from itertools import product

import numpy as np
import pandas as pd

from lib.papers.nasdip import tasks
from lib.papers.nasdip.records import MEASURES, SIGNS
from lib.papers.study import Study
from lib.paths import paper_numbers
from lib.report.claims import Claim, Finding, exact, in_print

MAIN, RATE, NO_SR = "Asym NAS-DIP", "NAS-DIP pm=0.05", ("inpainting", "denoising")


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
    swept, columns = values("table3").query("method == @RATE"), [MAIN, f"{MAIN}-T"]
    both = swept.merge(values("table2"), on=["metric", "image", "value"])
    counted = Counter(zip(both["metric"], both["method_y"], strict=True))
    same = {cell: counted[cell] for cell in product(("PSNR", "LPIPS"), columns)}
    note = "equal: " + ", ".join(f"{' '.join(cell)} {count} of 7" for cell, count in same.items())
    return exact(claim, all(count == 7 for (_, column), count in same.items() if column == MAIN), n=14, note=note)


def hours(study: Study, claim: Claim) -> Finding:
    """Do 10 to 20 generations of 500 take 3 to 6 hours, with 2 to 3 minutes a proposal on 32 slots?"""
    found = [(500 + generations * 475) * minutes / 32 / 60 for generations in (10, 20) for minutes in (2, 3)]
    note = "10 generations take {:.1f} to {:.1f} h, 20 take {:.1f} to {:.1f} h; it fits if half are never trained"
    return exact(claim, min(found) >= 3 and max(found) <= 6, note=note.format(*found))


CLAIMS = [
    in_print("P-C1", "NAS-DIP beats the DIP network on every picture", "Table 2: 21 of 21",
             partial(beats, arms=[(MAIN, "DIP")])),
    in_print("P-C2", "NAS-DIP beats DIP on average over each data set and task", "Table 1: 15 of 15",
             partial(beats, arms=[("NAS-DIP", "DIP")], table="table1")),
    in_print("P-C6", "inpainting, denoising: asymmetric beats symmetric networks and DIP", "Table 2",
             partial(beats, arms=[(MAIN, "Sym NAS-DIP"), (MAIN, "DIP")], tasks=NO_SR)),
    in_print("P-C7", "super-resolution: the symmetric search is the better one", "Table 2",
             partial(beats, arms=[("Sym NAS-DIP", MAIN)], tasks=["super-resolution"])),
    in_print("P-C8", "searching the number of iterations never helps", "Table 2",
             partial(beats, arms=[(MAIN, "Asym NAS-DIP-T")], ties=True)),
    in_print("P-C9", "mutation rate 0.05 is the best of four (PSNR, LPIPS; ties allowed, doubtful digits left out)",
             "Table 3", partial(beats, table="table3", ties=True, measures=("psnr", "lpips_truth"),
                                arms=[(RATE, f"NAS-DIP pm={rate}") for rate in ("0.01", "0.02", "0.10")])),
    in_print("P-C16", "3 to 6 hours hold 10 to 20 generations if every proposal is trained", "Sec. 4", hours),
    in_print("P-A1", "table 1 holds the means of table 2", "Tables 1, 2", are_means),
    in_print("P-A2", "table 3 at 0.05 repeats table 2's Asym NAS-DIP", "Tables 2, 3", repeats),
]  # fmt: skip
