"""The paper's tables beside ours, and the tables of our own experiments, as tidy frames made from records."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from lib.papers.nst.settings import EPSILON, GROUPS, TV
from lib.papers.study import Study, needs
from lib.paths import paper_numbers
from lib.report import statistics

FIXED_TV, SCALED_TV, NO_TV, TINY_EPSILON = "TV 30 fixed", "TV scaled", "TV 0", ", eps 1e-8"
WEIGHTED = {"falling loss": ("style_weight", "style_loss"), "flat loss": ("content_weight", "content_loss")}


def with_groups(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows of the paper's three weight groups, with their name in `group`."""
    names = {weights: name for name, weights in GROUPS.items()}
    pairs = pd.Series(list(zip(frame["style_weight"], frame["content_weight"], strict=True)), frame.index)
    frame = frame.assign(group=pairs.map(names))
    return frame.dropna(subset=["group"]).sort_values(["group", "lr", "repeat"])


def group_rows(study: Study, part: str) -> pd.DataFrame:
    """The runs of the three groups at the rate of figures 5 to 7, which is that of the run with content weight 50."""
    frame = study.frame(part)
    rate = frame.loc[frame["content_weight"] == 50, "lr"]
    return with_groups(frame[frame["lr"].isin(rate)] if len(rate) else frame)


def sweep(study: Study) -> pd.DataFrame:
    """Mean losses and score a learning rate, in order."""
    return study.frame("rates").groupby("lr")[["style_loss", "content_loss", "score"]].mean()


def printed(table: str) -> pd.DataFrame:
    """The values of `table1` or `table2` under both readings: group, lr, printed metric and value, value unweighted.

    The paper exchanged its two labels in all rows but one (reading A) or in that one (reading B). `loss` names the
    falling one, which is the style's under A, and the flat one.
    """
    frame = pd.read_csv(paper_numbers("nst_tables_reconstructed")).query("table == @table")
    return frame.assign(loss=np.where(frame["metric_reading_a"] == "style_loss", *WEIGHTED))


def printed_pairs(table: str) -> pd.DataFrame:
    """The falling and the flat loss as printed (weighted), by group and rate."""
    return printed(table).pivot(index=["group", "lr"], columns="loss", values="value_weighted")


def _compared(frame: pd.DataFrame, table: str) -> pd.DataFrame:
    """Printed and own losses side by side, weighted, with their ratios; cells that the paper leaves out included.

    Ours are means over repeats with Student's interval, unknown where there is one repeat.
    """
    rows, paper = with_groups(frame), printed_pairs(table)
    grouped = rows.groupby(["group", "lr"])
    means = grouped[["style_loss", "content_loss"]].mean()
    both = pd.DataFrame(index=means.index.set_names(["group", "learning rate"]))
    for name, (weight, loss) in WEIGHTED.items():
        ours = [statistics.over_seeds(each[weight] * each[loss])[:3] for _, each in grouped]
        both[f"paper: {name}"] = paper[name].reindex(both.index)
        both[[f"ours: {name}", f"ours: {name}, low", f"ours: {name}, high"]] = np.array(ours)
        both[f"ours / paper: {name}"] = both[f"ours: {name}"] / both[f"paper: {name}"]
    for term in ("style", "content"):
        both[f"unweighted {term} loss"] = means[f"{term}_loss"].to_numpy()
    return both.reset_index()


@needs("rates")
def table1(study: Study) -> pd.DataFrame:
    """Losses over the learning rate from 0.05 to 0.10 (group G2); weighted, as printed."""
    return study.table("table1", _compared(study.frame("rates").query("lr >= 0.05"), "table1"))


@needs("groups")
def table2(study: Study) -> pd.DataFrame:
    """Losses of the three weight groups at three learning rates; weighted, as printed."""
    return study.table("table2", _compared(study.frame("groups"), "table2"))


def table2_repaired(study: Study) -> pd.DataFrame:
    """Table 2 as printed and as read: each value's label under A and B, unweighted, and what is doubtful."""
    columns = {"group": "group", "lr": "learning rate", "metric_printed": "printed label",
               "value_weighted": "printed value", "metric_reading_a": "label, reading A",
               "value_unweighted_reading_a": "unweighted, reading A", "metric_reading_b": "label, reading B",
               "value_unweighted_reading_b": "unweighted, reading B", "doubt": "doubt"}  # fmt: skip
    labels = {"style_loss": "style loss", "content_loss": "content loss"}
    return study.table("table2_repaired", printed("table2")[list(columns)].replace(labels).rename(columns=columns))


def texture_rows(study: Study) -> pd.DataFrame:
    """Every run of the three groups at the texture rate, with `setting`: how TV and epsilon were set, in words.

    G2 stands under fixed and scaled TV alike, which are the same for it.
    """
    fixed, tv = group_rows(study, "groups"), with_groups(study.frame("tv"))
    tv = tv[(tv["tv_weight"] != TV) | (tv["eps"] != EPSILON)]  # G2's scaled TV is the fixed one
    rows = pd.concat([fixed, tv], ignore_index=True)
    words = pd.Series(np.select([rows["tv_weight"] == TV, rows["tv_weight"] == 0], [FIXED_TV, NO_TV], SCALED_TV))
    rows["setting"] = words.where(rows["eps"] == EPSILON, words + TINY_EPSILON)
    again = fixed[fixed["group"] == "G2"].assign(setting=SCALED_TV)
    return pd.concat([rows, again], ignore_index=True)


@needs("groups", "tv")
def texture_table(study: Study) -> pd.DataFrame:
    """HF ratio, spectral slope and half-resolution residual of each group under each setting: mean, range, n."""
    grouped = texture_rows(study).groupby(["setting", "group"])
    table = grouped.agg(**{
        "HF ratio": ("hf", "mean"), "HF ratio, smallest": ("hf", "min"), "HF ratio, largest": ("hf", "max"),
        "spectral slope": ("slope", "mean"), "R2": ("r2", "mean"), "mean TV": ("tv_mean", "mean"), "n": ("hf", "size"),
    })  # fmt: skip
    table["HF ratio / that of G2"] = table["HF ratio"].div(table["HF ratio"].xs("G2", level="group"), level="setting")
    return study.table("extra_tv", table.reset_index())


@needs("optimisers")
def optimiser_table(study: Study) -> pd.DataFrame:
    """Final loss divided by the scale, and distance from the run at scale 1, of each optimiser under each scale."""
    frame = study.frame("optimisers").query("tv_weight == 0").sort_values(["optimiser", "eps", "lr", "scale"])
    columns = {"optimiser": "optimiser", "lr": "learning rate", "eps": "epsilon", "scale": "scale",
               "final_loss": "final loss / scale", "moved": "moved", "difference": "distance from scale 1",
               "identical": "identical", "reason": "reason"}  # fmt: skip
    return study.table("extra_invariance", frame[list(columns)].rename(columns=columns))


def decision_cells(study: Study) -> pd.DataFrame:
    """E0: ours and the paper's unweighted loss in each shared cell under readings A and B, and log10(ours / paper)."""
    frame, paper = with_groups(study.frame("decision")), printed("table2")
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
        study.lack("extra_decision", "needs VGG-19 (encoder: vgg19); the default is reading A")
        return None
    cells = decision_cells(study)
    free = cells["decades"] - cells.groupby(["reading", "metric"])["decades"].transform("mean")
    squares = cells.assign(**{"RMS decades": cells["decades"] ** 2, "RMS decades, one factor a loss free": free**2})
    means = squares.groupby("reading")[list(squares.columns[-2:])].mean() ** 0.5
    means.insert(0, "cells", squares.groupby("reading").size())
    return study.table("extra_decision", means.reset_index())


PRODUCTS: tuple[Callable[[Study], pd.DataFrame | None], ...] = (
    table1, table2, table2_repaired, texture_table, optimiser_table, decision_table,
)  # fmt: skip
