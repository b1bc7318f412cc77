"""The rows of all searches as one frame, and the tables made of it: what was found, and who wins against whom."""

from itertools import permutations
from typing import Any

import numpy as np
import pandas as pd

from lib.papers.problem import KINDS
from lib.papers.searchers.computing import DIFFERENTIABLE
from lib.papers.study import Study, needs
from lib.report import statistics
from lib.searchers import SEARCHERS
from lib.searchers.differentiable import SCHEMES

SEED = 0  # of the bootstrap
BESIDE = ("control", "noise")  # first words of records that are no search of the comparison


def load(study: Study) -> pd.DataFrame:
    """Every row of the asking searchers, failed ones included, problems and searchers in a fixed order.

    `experiment` is search, control or noise; `problem` the title, `search` the seed, `spent` the budget used up to the
    row, `best` the lowest score so far (NaN before the first). Raises ValueError where nothing was run.
    """
    parts = [path.name.removesuffix(".jsonl.gz") for path in study.records.glob("*.jsonl.gz")]
    frames = [_arm(study, part) for part in parts if study.has(part) and part != DIFFERENTIABLE]
    if not frames:
        raise ValueError("nothing was run yet; compute a part first")
    order = {name: place for place, name in enumerate([*KINDS, *SEARCHERS])}
    frames.sort(key=lambda one: (order[one["kind"][0]], one["name"][0], order.get(one["arm"][0], 99)))
    return pd.concat(frames, ignore_index=True)


def _arm(study: Study, part: str) -> pd.DataFrame:
    """The rows of one searcher on one problem."""
    known = study.about(part)
    about, rows = known["problem"], study.frame(part, failed=True).astype({"score": float})
    first = about["name"].partition("-")[0]
    rows = rows.assign(
        search=rows["repeat"] // known["repeats"], name=about["name"], problem=about["title"], kind=about["kind"],
        unit=about["unit"], measure=about["score"], optimum=np.nan if about["optimum"] is None else about["optimum"],
        experiment=first if first in BESIDE else "search", arm=known["searcher"], repeats=known["repeats"],
        searcher=known["searcher"].replace("_", " "), population=known["population"],
    ).sort_values(["search", "k", "repeat"], ignore_index=True)  # fmt: skip
    counted = pd.Series(True, rows.index)
    if about["unit"] == "trainings":
        counted = (rows["cached"] != "record") & ~rows["reason"].str.startswith("invalid")
    rows["spent"] = counted.astype(int).groupby(rows["search"]).cumsum()
    rows["best"] = rows.groupby("search")["score"].transform(lambda scores: scores.cummin().ffill())
    return rows


def ends(rows: pd.DataFrame) -> pd.DataFrame:
    """One line a search: its best score, and what it had spent when it reached the optimum (inf: it did not)."""
    rows, keys = rows[rows["experiment"] == "search"], ["problem", "searcher", "search"]
    hit = rows[rows["best"] <= rows["optimum"]].groupby(keys)["spent"].min()
    last = rows.groupby(keys, sort=False)[["kind", "unit", "optimum", "best", "spent"]].last()
    return last.assign(reached=hit.reindex(last.index).fillna(np.inf)).reset_index()


def found(study: Study, rows: pd.DataFrame) -> pd.DataFrame:
    """What each searcher found at equal budget: mean best score with its interval, and how often the optimum."""
    lines = []
    for (problem, searcher), part in ends(rows).groupby(["problem", "searcher"], sort=False):
        known, median = part["optimum"].notna().all(), part["reached"].median()
        lines.append({
            "problem": problem, "searcher": searcher, "searches": len(part), "budget": part["spent"].max(),
            "unit": part["unit"].iloc[0], **_interval("mean best", statistics.bootstrap(part["best"], seed=SEED)),
            "optimum found": np.isfinite(part["reached"]).mean() if known else np.nan,
            "median until found": median if np.isfinite(median) else np.nan,
        })  # fmt: skip
    return study.table("found", pd.DataFrame(lines))


def wins(rows: pd.DataFrame) -> pd.DataFrame:
    """Every pair of searchers on every problem: how often the first beats the second with the same seed (Wilson).

    A search wins with the lower best score, or with the earlier optimum where both reached it; ties are half a win.
    `advantage` is the mean of the second's best scores minus the first's with a bootstrap interval, positive if better.
    """
    lines = []
    for problem, part in ends(rows).groupby("problem", sort=False):
        best, reached = (part.pivot(index="search", columns="searcher", values=name) for name in ("best", "reached"))
        order = best.rank(axis=1, method="dense") + reached.rank(axis=1) / 1e3  # the optimum's time decides ties
        for a, b in permutations(part["searcher"].unique(), 2):
            sign = np.sign(order[b] - order[a])
            share = statistics.wilson(float((sign > 0).sum() + (sign == 0).sum() / 2), len(sign))
            gain = statistics.bootstrap(best[b] - best[a], seed=SEED)
            lines.append({"problem": problem, "searcher": a, "against": b, "searches": len(sign),
                          **_interval("wins", share), **_interval("advantage", gain)})  # fmt: skip
    return pd.DataFrame(lines)


def matrix(study: Study, rows: pd.DataFrame) -> pd.DataFrame:
    """The table of `wins`."""
    return study.table("wins", wins(rows))


@needs(DIFFERENTIABLE)
def schemes(study: Study) -> pd.DataFrame:
    """How each scheme of the differentiable searches ends: its updates, genes unlike the best and tables among them.

    `settled` is the median of the iterations from which on the genotype was always seen to be the final one.
    """
    lines = []
    for name, part in study.frame(DIFFERENTIABLE).groupby("scheme", sort=False):
        curves: list[dict[str, Any]] = part["curves"].tolist()
        settled = [one["iteration"][np.max(np.nonzero(one["to_final"])[0], initial=-1) + 1] for one in curves]
        lines.append({
            "scheme": name, "moves": SCHEMES[str(name)], "searches": len(part), "updates": part["updates"].iloc[0],
            **_interval("wrong", statistics.bootstrap(part["to_best"], seed=SEED)), "tables": part["tables"].mean(),
            "best found": (part["to_best"] == 0).mean(), "entropy": part["entropy"].mean(),
            "settled": np.median(settled),
        })  # fmt: skip
    return study.table("differentiable", pd.DataFrame(lines))


def _interval(name: str, found: statistics.Interval) -> dict[str, float]:
    return {name: found.value, f"{name}, low": found.low, f"{name}, high": found.high}
