"""The paper's figures 3 to 6 and the course of trainings, drawn from records; scores are distances: lower is better.

A cross is a training from scratch, a dash the mean of one network's, a panel one direction of one set.
"""

from collections.abc import Callable, Sequence
from itertools import product as pairs
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lib.metrics.distribution import INCEPTION
from lib.papers.cycleganas import records
from lib.papers.cycleganas.printed import changes, number
from lib.papers.cycleganas.records import DIRECTIONS
from lib.papers.study import Study, needs
from lib.report import plots, style
from lib.searchers.differentiable import SCHEMES

PLACE = ["data", "direction"]
SIZES = {"AtoB": "params_G_A", "BtoA": "params_G_B"}
WAYS = {"AtoB": "A to B", "BtoA": "B to A"}
METHODS = {"C": "CycleGAN", "C'": "CycleGAN, sizes of N", "N": "CycleGANAS", "R": "random"}
LOOKS = {
    "CycleGAN": 1,
    "CycleGANAS": 2,
    "CycleGAN, sizes of N": 0,
    "random": 6,
}  # red, green as in the paper's figure 4
FAINT: dict[str, Any] = {"alpha": 0.4, "linewidth": 0.7, "zorder": 2}
TALL = 9.0  # inches of a page
SETS = 4  # of the courses of trainings, at most
Product = Callable[[Study], Figure | None]


def measure(study: Study) -> str:
    """The score that is drawn: `fd` where it is the paper's FID, else `kd`, the less biased with few pictures."""
    return "fd" if records.features(study) == INCEPTION else "kd"


def controlled(frame: pd.DataFrame) -> int:
    """The target of figures 3 and 6; where neither was run the largest of figure 5, as in the paper."""
    rows = frame[frame["part"].isin(("schemes", "controls"))]
    return int((rows if len(rows) else frame[frame["part"] == "matched"])["target"].max())


def sides(study: Study) -> pd.DataFrame:
    """Every training twice: its `direction`, the `size` (parameters) of that generator and its score, `value`."""
    frame, of = records.trainings(study), measure(study)
    each = [frame.assign(direction=way, size=frame[SIZES[way]], value=frame[f"{of}_{way}"]) for way in DIRECTIONS]
    return pd.concat(each, ignore_index=True).dropna(subset="value")


def shares(rows: pd.DataFrame, column: str, of: pd.DataFrame, by: Sequence[str] = PLACE) -> pd.Series:
    """A column over the mean of others' at the same place; NaN where they have none, or one that is not positive."""
    unit = rows.join(of.groupby(list(by))[column].mean().rename("unit"), on=list(by))["unit"]
    return rows[column] / unit.where(unit > 0)


def facts(study: Study, rows: pd.DataFrame) -> str:
    """How the trainings drawn were made and scored, in words."""
    known = study.about(str(rows["part"].iloc[0]))
    pictures = known["scores"]["test_pictures"]
    tested = f"at most {pictures:,} test pictures" if pictures else "all test pictures"
    made = f"{known['training']['side']} px, {span(rows['updates'])[2:]} updates from scratch"
    return f"{records.score(study, measure(study))}{records.ARROW} of translations of {tested}; {made}"


def counted(rows: pd.DataFrame, by: str) -> str:
    """How many trainings each series has, in words."""
    counts = rows.groupby(by, sort=False).size()
    each = ", ".join(f"{name} {n}" for name, n in counts.items())
    return f"n {counts.iloc[0]} each" if counts.nunique() == 1 else f"n: {each}"


def span(counts: pd.Series) -> str:
    """Counts in words, by their ends."""
    return "n " + " to ".join(f"{count:,.0f}" for count in dict.fromkeys((counts.min(), counts.max())))


def panels(rows: pd.DataFrame, draw: Callable[[Axes, pd.DataFrame], str], height: float = 2.1) -> Figure:
    """A row of panels a set and a column a direction, under a title and what `draw` returns."""
    sets = list(pd.unique(rows["data"]))
    fig, axes = plots.panels((len(sets), 2), height=0.8 + len(sets) * min(height, (TALL - 0.8) / len(sets)))
    for place, (data, way) in enumerate(pairs(sets, DIRECTIONS)):
        ax, part = axes[place], rows[(rows["data"] == data) & (rows["direction"] == way)]
        if part.empty:
            ax.remove()
            continue
        ax.set_title(f"{data}, {WAYS[way]}\n{draw(ax, part)}", fontsize=7)
        ax.set_xlabel(ax.get_xlabel() if place >= len(axes) - 2 else "")
        ax.set_ylabel("" if place % 2 else ax.get_ylabel())
    plots.shared_legend(fig)
    return fig


@needs("matched", "schemes")
def fig3(study: Study) -> Figure | None:
    """What the search schemes found: size of a generator over CycleGAN's, score over the mean of OF's searches."""
    frame = sides(study)
    target = controlled(frame)
    rows = frame[(frame["method"] == "N") & (frame["target"] == target)]
    rows = rows[rows["data"].isin(rows.loc[rows["part"] == "schemes", "data"])]
    rows = rows.sort_values("scheme", key=lambda names: names.map(list(SCHEMES).index), kind="stable")
    own = frame[(frame["method"] == "C") & (frame["target"] == target)]
    found = rows[rows["scheme"] == "OF"].groupby([*PLACE, "search"])[["value"]].mean().reset_index()
    several = rows.groupby("scheme")["search"].transform("nunique") > 1
    series = rows["scheme"] + ("-" + rows["search"].astype(str)).where(several, "")
    rows = rows.assign(series=series, size=shares(rows, "size", own), value=shares(rows, "value", found))
    rows, score = rows.dropna(subset=["size", "value"]), records.score(study, measure(study))
    if rows.empty:
        study.lack("fig3", "no set has trainings of CycleGAN and of what OF found at the controlled size")
        return None
    looks = {name: list(SCHEMES).index(scheme) + 8 * int(search)
             for name, scheme, search in rows[["series", "scheme", "search"]].drop_duplicates().to_numpy()}  # fmt: skip

    def draw(ax: Axes, part: pd.DataFrame) -> str:
        plots.crosses(part, "size", "value", "series", looks=looks, ax=ax, legend="below", hlines=[1.0],
                      xlabel=f"parameters of the generator / C{target}'s", ylabel=f"{score} / mean of OF")  # fmt: skip
        return counted(part, "series")

    title = f"searched pairs of the size of C{target}; dashed: mean of OF's searches; the paper prints no numbers"
    return study.figure("fig3", plots.headed(panels(rows, draw), f"{title}\n{facts(study, rows)}"))


@needs("matched", "widths")
def fig4(study: Study) -> Figure | None:
    """The score over the width H of the networks as they are: CycleGAN's, and what its searched equal in size has."""
    frame = sides(study)
    frame = frame[(frame["method"] == "C") | ((frame["method"] == "N") & frame["part"].isin(("matched", "widths")))]
    frame = frame[frame["data"].isin(frame.loc[frame["part"] == "widths", "data"])]
    by = [*PLACE, "method", "target"]
    rows = frame.groupby(by, sort=False).agg(
        H=("H_A", "first"), mean=("value", "mean"), low=("value", "min"), high=("value", "max"), n=("value", "size")
    )
    rows, score = rows.reset_index().replace({"method": METHODS}), records.score(study, measure(study))
    low, high = number("optimal_H_lower"), number("optimal_H_upper")

    def draw(ax: Axes, part: pd.DataFrame) -> str:
        if part["H"].max() > low:
            ends = max(low, part["H"].min()), min(high, part["H"].max())
            ax.axvspan(*ends, color="#F0F0F0", linewidth=0, zorder=0, label=f"paper: best H {low:g} to {high:g}")
        plots.lines(part, "H", "mean", "method", band=("low", "high"), looks=LOOKS, logx=True, ax=ax, legend="below",
                    xlabel="H, channels of the stem", ylabel=score)  # fmt: skip
        return span(part["n"]) + " a point"

    title = "line: mean of the trainings, band: lowest to highest; searched pairs have H of their own, matched in size"
    return study.figure("fig4", plots.headed(panels(rows, draw), f"{title}\n{facts(study, frame)}"))


@needs("matched")
def fig5(study: Study) -> Figure | None:
    """Pairs of equal size: sizes and scores over the smallest CycleGAN's; scores over CycleGAN's of that size."""
    frame = sides(study)
    frame = frame[frame["part"] == "matched"].assign(
        model=lambda rows: rows["data"] + ", " + rows["method"].replace("C", "C dashed")
    )
    targets, own = sorted(pd.unique(frame["target"])), frame[frame["method"] == "C"]
    small, score = own[own["target"] == targets[0]], records.score(study, measure(study))
    above = frame.assign(size=shares(frame, "size", small), value=shares(frame, "value", small))
    above = above.groupby([*PLACE, "method", "model", "target"], sort=False)[["size", "value"]].mean().reset_index()
    equal = frame.assign(value=shares(frame, "value", own, [*PLACE, "target"]))
    series = equal["name"].where(equal["method"] == "N", "C, each size")
    above, equal = above.dropna(), equal.assign(series=series).dropna(subset="value")
    if above.empty:
        study.lack("fig5", f"no set has trainings of C{targets[0]}")
        return None
    sets = list(pd.unique(frame["data"]))
    looks = {f"{data}, {model}": place + shift for place, data in enumerate(sets)
             for model, shift in (("N", 0), ("C dashed", 8))}  # fmt: skip
    names = {"C, each size": LOOKS["CycleGAN"]}
    names |= dict(zip([f"N{target}" for target in targets[::-1]], (2, 5, 4, 3), strict=False))
    few = span(equal.groupby([*PLACE, "name"]).size()) + " a pair"
    fig, axes = plots.panels((2, 2), height=5.6)
    for way, upper, lower in zip(DIRECTIONS, axes[:2], axes[2:], strict=True):
        part, rows = (each[each["direction"] == way] for each in (above, equal))
        plots.lines(part, "size", "value", "model", looks=looks, ax=upper, logx=True, legend="below", hlines=[1.0],
                    xlabel=f"parameters of the generator / C{targets[0]}'s", ylabel=f"{score} / C{targets[0]}'s mean",
                    title=f"{WAYS[way]}\n{few}")  # fmt: skip
        gain = number("max_improvement_percent", way)
        best = {f"paper: FID up to {gain:g} % better": 1 - gain / 100}
        plots.crosses(rows, "data", "value", "series", looks=names, ax=lower, legend="below", xlabel="",
                      hlines=best | {"": 1.0}, ylabel=f"{score} / mean of C of that size",
                      title=f"{WAYS[way]}\n{few}")  # fmt: skip
    plots.shared_legend(fig)
    title = (
        "pairs of equal size; above: means, C dashed; below: trainings, dashed: the paper's largest gain of six sets"
    )
    return study.figure("fig5", plots.headed(fig, f"{title}\n{facts(study, frame)}"))


@needs("matched", "controls")
def fig6(study: Study) -> Figure | None:
    """At the controlled size: CycleGAN, CycleGAN with the searched sizes, searched pairs and, apart, random ones."""
    frame = sides(study)
    target = controlled(frame)
    rows = frame[(frame["target"] == target) & frame["part"].isin(("matched", "controls"))]
    rows = rows[rows["data"].isin(rows.loc[rows["part"] == "controls", "data"])]
    own = rows[rows["method"] == "C"]
    rows = rows.assign(size=shares(rows, "size", own), value=shares(rows, "value", own))
    rows = rows.dropna(subset="value").sort_values("method", key=_order, kind="stable")
    if rows.empty:
        study.lack("fig6", f"no set has trainings of C{target} beside its controls")
        return None
    score = records.score(study, measure(study))

    def draw(ax: Axes, part: pd.DataFrame) -> str:
        sizes = part.groupby("method", sort=False)["size"].mean()
        models = {str(method): f"{method}{target}\n×{size:.2f}" for method, size in sizes.items()}
        part = part.assign(model=part["method"].map(models), series=part["method"].map(METHODS))
        apart = [len(models) - 1.5] if "R" in models else []
        plots.crosses(part, "model", "value", "series", looks=LOOKS, ax=ax, legend="below", hlines=[1.0], vlines=apart,
                      points=_ratios(part, models), ylabel=f"{score} / C{target}'s mean",
                      xlabel=f"×: parameters of the generator / C{target}'s")  # fmt: skip
        return counted(part, "name")

    title = f"at the size of C{target}; random architectures are our control; hollow: the paper's FIDs over its C64's"
    return study.figure("fig6", plots.headed(panels(rows, draw), f"{title}\n{facts(study, rows)}"))


def _order(methods: pd.Series) -> pd.Series:
    return methods.map(list(METHODS).index)


def _ratios(part: pd.DataFrame, models: dict[str, str]) -> pd.DataFrame:
    """The printed mean FIDs of a panel's methods over C64's, of its own set where that is printed, else of both."""
    data, way = part.iloc[0][PLACE]
    known = [(label, changes(f"{method}64")[way]) for method, label in models.items() if method in ("C'", "N")]
    return pd.DataFrame([{"model": label, "value": 1 + change, "label": "paper: FID" + f", {name}" * (name != data)}
                         for label, each in known
                         for name, change in each.items() if name == data or data not in each])  # fmt: skip


@needs("matched")
def extra_training(study: Study) -> Figure | None:
    """Scores and losses of C and N at the controlled size over the updates of their training, a row a set."""
    frame = records.trainings(study)
    frame = frame[(frame["part"] == "matched") & (frame["target"] == controlled(frame))]
    frame = frame[frame["data"].isin(pd.unique(frame["data"])[:SETS])].replace({"method": METHODS})
    of, sets = measure(study), list(pd.unique(frame["data"]))
    fig, axes = plots.panels((len(sets), 3), height=len(sets) * min(2.2, TALL / SETS) + 0.6)
    for place, ax in enumerate(axes):
        data, column = sets[place // 3], place % 3
        part = frame[frame["data"] == data]
        losses = column == len(DIRECTIONS)
        names = {"g_loss": "", "d_loss": ", loss of D"} if losses else {f"{of}_{DIRECTIONS[column]}": ""}
        _courses(ax, part, names, marked=not losses)
        what = "losses of G and D" if losses else WAYS[DIRECTIONS[column]]
        ax.set_title(f"{data}, {what}\n{counted(part, 'name')}", fontsize=7)
        ax.set_ylabel("" if column else records.score(study, of))
        ax.set_xlabel("updates" if place >= len(axes) - 3 else "")
    plots.shared_legend(fig)
    title = (
        f"at the size of C{controlled(records.trainings(study))}: each training faint, their mean; each score's best"
    )
    return study.figure(
        "extra_training", plots.headed(fig, f"{title} is picked on test pictures\n{facts(study, frame)}")
    )


def _courses(ax: Axes, part: pd.DataFrame, names: dict[str, str], *, marked: bool) -> None:
    """Curves over updates, every training's and their mean; `marked` shows where each is best, and where it ends."""
    rows = []
    for training, (_, row) in enumerate(part.iterrows()):
        for place, (name, word) in enumerate(names.items()):
            values = np.array(row["curves"][name], float)
            chunks = row["updates"] * np.arange(1, len(values) + 1) / len(values)
            rows.append(pd.DataFrame({"series": row["method"] + word, "place": LOOKS[row["method"]] + 8 * place,
                                      "at": row["curves"]["step"] if marked else chunks, "value": values,
                                      "training": training}))  # fmt: skip
    course = pd.concat(rows).dropna()
    for _, one in course.groupby(["training", "place"]):
        look = style.look(int(one["place"].iloc[0]))
        ax.plot(one["at"], one["value"], color=look["color"], linestyle=look["linestyle"], **FAINT)
        if marked:
            best = one.iloc[[int(one["value"].argmin())]]
            ax.plot(best["at"], best["value"], "v", color=look["color"], markerfacecolor="none", zorder=4)
            ax.plot(one["at"].iloc[-1:], one["value"].iloc[-1:], "o", color=look["color"], markersize=3, zorder=4)
    for mark, label in (("v", "best evaluated"), ("o", "last")) if marked else ():
        ax.plot([], [], mark, color="#555555", markerfacecolor="none" if mark == "v" else None, label=label)
    mean = course.groupby(["series", "place", "at"], sort=False)["value"].mean().reset_index()
    plots.lines(mean, "at", "value", "series", looks=dict(zip(mean["series"], mean["place"], strict=True)), ax=ax,
                markers=False, logy=not marked, legend="below")  # fmt: skip


PRODUCTS: tuple[Product, ...] = (fig3, fig4, fig5, fig6, extra_training)
