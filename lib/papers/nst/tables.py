"""The paper's tables beside ours, and the tables of our own experiments, as tidy frames made from records."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from lib.papers.nst.pareto import knee
from lib.papers.nst.settings import EPSILON, GROUPS, TV
from lib.papers.study import Study, needs
from lib.paths import paper_numbers
from lib.report import statistics
from lib.report.statistics import over_seeds

POINT = ["style_ratio", "content_ratio"]  # what the Pareto search minimises
FIXED_TV, SCALED_TV, NO_TV, TINY_EPSILON = "TV 30 fixed", "TV scaled", "TV 0", ", eps 1e-8"


def with_groups(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows of the paper's three weight groups, with their name in `group`."""
    names = {weights: name for name, weights in GROUPS.items()}
    pairs = zip(frame["style_weight"], frame["content_weight"], strict=True)
    group = pd.Series([names.get(pair) for pair in pairs], index=frame.index)
    return frame.assign(group=group).dropna(subset=["group"]).sort_values(["group", "lr", "repeat"])


def printed() -> pd.DataFrame:
    """The paper's losses under both readings: table, group, lr, printed metric and value, and the value unweighted.

    The paper exchanged its two labels in all rows but one (reading A) or in that one (reading B).
    """
    frame = pd.read_csv(paper_numbers("nst_tables_reconstructed"))
    frame["falling"] = frame["metric_reading_a"] == "style_loss"
    return frame


def printed_pairs(table: str) -> pd.DataFrame:
    """One row a group and rate of `table1` or `table2`: the falling and the flat loss, as printed (weighted)."""
    frame = printed().query("table == @table")
    wide = frame.pivot_table(index=["group", "lr"], columns="falling", values="value_weighted").reset_index()
    return wide.rename(columns={True: "falling_paper", False: "flat_paper"})


def ours_pairs(frame: pd.DataFrame) -> pd.DataFrame:
    """Our means over repeats of the same two losses: weighted as the paper prints them, and unweighted.

    The weighted ones have Student's interval over the repeats, unknown where there is one.
    """
    rows = with_groups(frame)
    rows = rows.assign(falling=rows["style_weight"] * rows["style_loss"],
                       flat=rows["content_weight"] * rows["content_loss"])  # fmt: skip
    grouped = rows.groupby(["group", "lr"])
    ends: Any = [(end, lambda each, end=end: getattr(over_seeds(each), end)) for end in ("value", "low", "high")]
    found = grouped[["falling", "flat"]].agg(ends).rename(columns={"value": "ours"}, level=1)
    found.columns = ["_".join(pair) for pair in found.columns]
    return found.join(grouped[["style_loss", "content_loss"]].mean()).reset_index()


def _compared(ours: pd.DataFrame, table: str) -> pd.DataFrame:
    """Printed and own losses side by side with their ratios, cells that the paper leaves out included."""
    both = ours.merge(printed_pairs(table), on=["group", "lr"], how="left")
    order = ["group", "lr"]
    for name in ("falling", "flat"):
        both[f"{name}_ratio"] = both[f"{name}_ours"] / both[f"{name}_paper"]
        order += [f"{name}_{part}" for part in ("paper", "ours", "low", "high", "ratio")]
    return both[[*order, "style_loss", "content_loss"]]


@needs("rates")
def table1(study: Study) -> pd.DataFrame:
    """Losses over the learning rate from 0.05 to 0.10 (group G2); weighted, as printed."""
    both = _compared(ours_pairs(study.frame("rates")), "table1")
    return study.table("table1", both[both["lr"] >= 0.05])


@needs("groups")
def table2(study: Study) -> pd.DataFrame:
    """Losses of the three weight groups at three learning rates; weighted, as printed."""
    return study.table("table2", _compared(ours_pairs(study.frame("groups")), "table2"))


def table2_repaired(study: Study) -> pd.DataFrame:
    """Table 2 as printed and as read: each value's label under A and B, unweighted, and what is doubtful."""
    frame = printed().query("table == 'table2'")
    columns = ["group", "lr", "metric_printed", "value_weighted", "metric_reading_a", "value_unweighted_reading_a",
               "metric_reading_b", "value_unweighted_reading_b", "doubt"]  # fmt: skip
    return study.table("table2_repaired", frame[columns])


def settings_of_texture(frame: pd.DataFrame) -> pd.Series:
    """How total variation and epsilon were set in each row, in words."""
    words = pd.Series(SCALED_TV, index=frame.index)
    words[frame["tv_weight"] == TV] = FIXED_TV
    words[frame["tv_weight"] == 0] = NO_TV
    tiny = frame["eps"] != EPSILON
    words[tiny] = words[tiny] + TINY_EPSILON
    return words


def texture_rows(study: Study) -> pd.DataFrame:
    """Every run of the three groups at the texture rate, with `setting`; G2 stands under fixed and scaled TV alike."""
    groups, tv = study.frame("groups"), study.frame("tv")
    groups = groups[groups["lr"].isin(tv["lr"])]
    shared = with_groups(groups).query("group == 'G2'")
    tv = tv[~((tv["tv_weight"] == TV) & (tv["eps"] == EPSILON))]  # G2 with scaled TV is G2 with fixed TV
    rows = with_groups(pd.concat([groups, tv], ignore_index=True))
    rows = rows.assign(setting=settings_of_texture(rows))
    again = shared.assign(setting=SCALED_TV)
    return pd.concat([rows, again], ignore_index=True)


@needs("groups", "tv")
def texture_table(study: Study) -> pd.DataFrame:
    """HF ratio, spectral slope and half-resolution residual of each group under each setting: mean, range, n."""
    grouped = texture_rows(study).groupby(["setting", "group"], sort=False)
    table = grouped.agg(
        hf=("hf", "mean"), hf_low=("hf", "min"), hf_high=("hf", "max"), slope=("slope", "mean"), r2=("r2", "mean"),
        tv_mean=("tv_mean", "mean"), n=("hf", "size"),
    ).reset_index()  # fmt: skip
    middle = table[table["group"] == "G2"].set_index("setting")["hf"]
    table["hf_relative_to_g2"] = table["hf"] / table["setting"].map(middle)
    return study.table("extra_tv", table.sort_values(["setting", "group"]))


@needs("optimisers")
def optimiser_table(study: Study) -> pd.DataFrame:
    """Final loss divided by the scale, and distance from the run at scale 1, of each optimiser under each scale."""
    frame = study.frame("optimisers").query("tv_weight == 0")
    columns = ["optimiser", "lr", "eps", "scale", "final_loss", "moved", "difference", "identical", "reason"]
    return study.table("extra_invariance", frame[columns].sort_values(["optimiser", "eps", "lr", "scale"]))


def searches(study: Study) -> dict[str, pd.DataFrame]:
    """The rows of the Pareto search and of random search, by sampler, as far as they were run."""
    return {kind: study.frame(f"pareto_{kind}") for kind in ("tpe", "random") if study.has(f"pareto_{kind}")}


def pareto_table(study: Study) -> pd.DataFrame | None:
    """Hypervolume after every fourth of the trials, and the knee, of both samplers."""
    rows = []
    for kind, frame in searches(study).items():
        points = frame[POINT].to_numpy()
        for share in (0.25, 0.5, 0.75, 1.0):
            n = max(1, round(share * len(points)))
            rows.append({"sampler": kind, "trials": n, "hypervolume": statistics.hypervolume(points[:n])})
        best = frame.iloc[knee(points)]
        rows[-1] |= {f"knee_{name}": best[name] for name in ("lr", "ratio", "tv_weight", *POINT)}
    return study.table("extra_pareto", pd.DataFrame(rows)) if rows else None


def decision_cells(study: Study) -> pd.DataFrame:
    """E0: ours and the paper's unweighted loss in each shared cell under readings A and B, and log10(ours / paper)."""
    frame, paper = with_groups(study.frame("decision")), printed().query("table == 'table2'")
    parts = []
    for preset, letter in (("paper", "a"), ("reading_b", "b")):
        names = {f"metric_reading_{letter}": "metric", f"value_unweighted_reading_{letter}": "paper"}
        ours = frame[frame["preset"] == preset].melt(["group", "lr"], ["style_loss", "content_loss"], "metric", "ours")
        both = ours.merge(paper.rename(columns=names)[["group", "lr", "metric", "paper"]], on=["group", "lr", "metric"])
        parts.append(both.assign(reading=letter.upper(), decades=np.log10(both["ours"] / both["paper"])))
    return pd.concat(parts, ignore_index=True)


def decision_table(study: Study) -> pd.DataFrame | None:
    """E0: root mean square of log10(ours / paper) over the twelve shared cells, a reading a row.

    None, with the reason noted, where the profile did not run it.
    """
    if not study.has("decision"):
        study.lack("extra_decision", "needs VGG-19 and a GPU (decide: true); the default is reading A")
        return None
    rows = []
    for reading, cells in decision_cells(study).groupby("reading"):
        decades = cells["decades"]
        free = decades - decades.groupby(cells["metric"]).transform("mean")
        rows.append({"reading": reading, "cells": len(cells), "rms_decades": (decades**2).mean() ** 0.5,
                     "rms_decades_with_a_factor_a_loss": (free**2).mean() ** 0.5})  # fmt: skip
    return study.table("extra_decision", pd.DataFrame(rows))


PRODUCTS: tuple[Callable[[Study], pd.DataFrame | None], ...] = (
    table1, table2, table2_repaired, texture_table, optimiser_table, pareto_table, decision_table,
)  # fmt: skip
