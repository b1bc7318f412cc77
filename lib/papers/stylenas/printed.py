"""What the paper's own two tables say of its sentences: arithmetic, without any run (section 8)."""

from collections.abc import Sequence
from functools import cache, partial

import numpy as np
import pandas as pd
from scipy import stats

from lib.papers.study import Study
from lib.papers.stylenas import tables
from lib.papers.stylenas.experiments import KEPT
from lib.report.claims import Claim, Finding, exact, in_print
from lib.spaces.stylenas import LENGTH, NAMED, RESERVED

Wanted = tuple[str, str, str, float, float]  # a row of table 1 or 2, or TIMES; of the first over the second: low, high
STYLE, ORACLE, TV, TIMES = "FID-Style", "FID-Oracle", "TV score", "every size"
SK, PW, INF = [f"S{k}" for k in KEPT], "PhotoWCT", np.inf
OWN: dict[str, tuple[str, str, Sequence[Wanted]]] = {  # id: sentence, place, what it says of quotients
    "P-C5": ("FID-Style: S7, S9 below PhotoWCT, all three below RS, RS below AE1", "Table 1",
             [(STYLE, a, b, 1, INF) for a, b in ((PW, "S7"), (PW, "S9"), *(("RS", k) for k in SK), ("AE1", "RS"))]),
    "P-A18": ("The text has S5, S7 and S9 beat PhotoWCT in FID-Style", "text", [(STYLE, PW, k, 1, INF) for k in SK]),
    "P-C6": ("FID-Oracle: 2 to 3 times below RS, the more operators the lower", "Table 1",
             [*((ORACLE, "RS", k, 2, INF) for k in SK), (ORACLE, "S5", "S7", 1, INF), (ORACLE, "S7", "S9", 1, INF)]),
    "P-C7": ("TV: S5, S7, S9 above PhotoWCT, that above RS, that above AE1", "Table 1",
             [*((TV, k, PW, 1, INF) for k in SK), (TV, PW, "RS", 1, INF), (TV, "RS", "AE1", 1, INF)]),
    "P-C8": ("S5 is at least 80 times as fast as PhotoWCT at every size", "Table 2", [(TIMES, PW, "S5", 80, INF)]),
    "P-A20": ("S9 is 80 times as fast as PhotoWCT, and even as AE1, at 768x384", "text",
              [("768x384", slow, "S9", 80, INF) for slow in (PW, "AE1")]),
    "P-A21": ("S5 and S7 are almost 300 times (270 to 300) as fast as PhotoWCT at 768x384", "text",
              [("768x384", PW, k, 270, 300) for k in SK[:2]]),
    "P-C9": ("S5 takes 0.15% to 1% of PhotoWCT's time, as rounded in the text", "text",
             [(TIMES, "S5", PW, 0.00145, 0.015)]),
    "P-A22": ("S5 takes 16% to 40% of RS's time", "text", [(TIMES, "S5", "RS", 0.155, 0.405)]),
    "P-C12": ("AE1: farthest from the styles, least TV, under a fifth of PhotoWCT's time", "Tables 1, 2",
              [(STYLE, "AE1", PW, 1, INF), (STYLE, "AE1", "RS", 1, INF), (TV, "RS", "AE1", 1, INF),
               (TIMES, PW, "AE1", 5, INF)]),
    "P-C13": ("S7 is better than RS in all scores and at every size", "Tables 1, 2",
              [(row, "RS", "S7", 1, INF) for row in (STYLE, ORACLE, TIMES)] + [(TV, "S7", "RS", 1, INF)]),
    "P-C14": ("S9 is slower than RS at every size, yet better in both FIDs", "Tables 1, 2",
              [(TIMES, "S9", "RS", 1, INF), (STYLE, "RS", "S9", 1, INF), (ORACLE, "RS", "S9", 1, INF)]),
}  # fmt: skip


@cache
def tables12() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Both tables, a row a score or a size in rising order and a column a method; NaN for a dash."""
    scores, seconds = tables.printed("table1"), tables.printed("table2")
    return scores, seconds.loc[sorted(seconds.index, key=lambda size: int(size.partition("x")[0]))]


def quotients(wanted: Sequence[Wanted], study: Study, claim: Claim) -> Finding:
    """Do the printed quotients lie where the sentence has them? A dash is left out."""
    both, holds, notes = pd.concat(tables12()), list[bool](), []
    for row, over, under, low, high in wanted:
        found = (both[over] / both[under]).loc[list(tables12()[1].index) if row == TIMES else [row]].dropna()
        holds += list(found.between(low, high))
        notes.append(f"{over}/{under} {row} " + ", ".join(f"{value:.3g}" for value in found))
    return exact(claim, all(holds), n=len(holds), note=f"{sum(holds)} of {len(holds)}: {'; '.join(notes)}")


def slopes(study: Study, claim: Claim) -> Finding:
    """Does only PhotoWCT's time grow faster than the pixels?"""
    _, seconds = tables12()
    pixels = np.log([np.prod([float(side) for side in size.split("x")]) for size in seconds.index])
    found = {name: float(stats.linregress(pixels, np.log(seconds[name])).slope) for name in (PW, "S5", "S7")}
    note = ", ".join(f"{name} {slope:.2f}" for name, slope in found.items())
    return exact(claim, found[PW] > 1 > max(found["S5"], found["S7"]), n=len(seconds), note=note)


def string(study: Study, claim: Claim) -> Finding:
    """Has the printed genome of S7 as many characters as the paper's space has bits?"""
    text = NAMED["S7"]
    note = f"{len(text)} characters; position {RESERVED} is never read, and {text.count('1')} others are 1"
    return exact(claim, len(text) == LENGTH - 1, n=len(text), note=note)


CLAIMS = [
    *(in_print(name, text, place, partial(quotients, wanted)) for name, (text, place, wanted) in OWN.items()),
    in_print("P-C17", "PhotoWCT's time grows faster than the pixels, that of S5 and S7 slower", "Table 2", slopes),
    in_print("P-A1", "The printed genome of S7 has the 31 bits of the space", "text", string),
]
