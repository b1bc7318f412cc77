"""The paper's figures 3 to 6 and the course of trainings, drawn from records; scores are distances: lower is better.

A cross is a training from scratch, a dash the mean of one network's, a panel one direction of one set.
"""

from collections.abc import Callable
from itertools import product as pairs

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lib.metrics.distribution import INCEPTION
from lib.papers.cycleganas import records
from lib.papers.cycleganas.printed import changes, number
from lib.papers.cycleganas.records import DIRECTIONS, controlled
from lib.papers.study import Study, needs
from lib.report import plots
from lib.report.search import convergence
from lib.searchers.differentiable import SCHEMES

PLACE = ["data", "direction"]
WAYS = {"AtoB": "A to B", "BtoA": "B to A"}
METHODS = {"C": "CycleGAN", "C'": "CycleGAN, sizes of N", "N": "CycleGANAS", "R": "random"}
LOOKS = {"CycleGAN": 1, "CycleGANAS": 2, "CycleGAN, sizes of N": 0, "random": 6}  # red, green as in figure 4
TALL = 9.0  # inches of a page
Product = Callable[[Study], Figure | None]


def measure(study: Study) -> str:
    """The score that is drawn: `fd` where it is the paper's FID, else `kd`, the less biased with few pictures."""
    return "fd" if records.features(study) == INCEPTION else "kd"


def sides(study: Study) -> pd.DataFrame:
    """Every training twice: its `direction`, the `size` (parameters) of that generator and its score, `value`."""
    frame = records.by_direction(records.trainings(study))
    size = frame["params_G_A"].where(frame["direction"] == "AtoB", frame["params_G_B"])
    return frame.assign(size=size, value=frame[measure(study)])


def relative(rows: pd.DataFrame, own: pd.DataFrame, means: pd.DataFrame | None = None) -> pd.DataFrame:
    """Sizes over the mean of `own` at the same place, scores over theirs or that of `means`.

    Rows are left out whose place has none of these, or a mean that is not positive.
    """
    units = {"size": own, "value": own if means is None else means}
    found = {
        name: rows.join(of.groupby(PLACE)[name].mean().rename("unit"), on=PLACE)["unit"] for name, of in units.items()
    }
    shares = {name: rows[name] / unit.where(unit > 0) for name, unit in found.items()}
    return rows.assign(**shares).dropna(subset=list(shares))


def facts(study: Study, rows: pd.DataFrame) -> str:
    """How the trainings drawn were made and scored, in words."""
    known = study.about(str(rows["part"].iloc[0]))
    pictures = known["scores"]["test_pictures"]
    tested = f"at most {pictures:,} test pictures" if pictures else "all test pictures"
    made = f"{known['training']['side']} px, {span(rows['updates'])} updates from scratch"
    return f"{records.score(study, measure(study))}{records.ARROW} of translations of {tested}; {made}"


def counted(rows: pd.DataFrame, by: str) -> str:
    """How many trainings each series has, in words."""
    counts = rows.groupby(by, sort=False).size()
    each = ", ".join(f"{name} {n}" for name, n in counts.items())
    return f"n {counts.iloc[0]} each" if counts.nunique() == 1 else f"n: {each}"


def span(counts: pd.Series) -> str:
    """Counts in words, by their ends."""
    return " to ".join(f"{count:,.0f}" for count in dict.fromkeys((counts.min(), counts.max())))


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
    target, score = controlled(frame), records.score(study, measure(study))
    frame = frame[(frame["target"] == target) & frame["data"].isin(frame.loc[frame["part"] == "schemes", "data"])]
    rows, own = frame[frame["method"] == "N"], frame[frame["method"] == "C"]
    rows = rows.sort_values("scheme", key=lambda names: names.map(list(SCHEMES).index), kind="stable")
    found = rows[rows["scheme"] == "OF"].groupby([*PLACE, "search"])[["value"]].mean().reset_index()
    several = rows.groupby("scheme")["search"].transform("nunique") > 1
    series = rows["scheme"] + ("-" + rows["search"].astype(str)).where(several, "")
    rows = relative(rows.assign(series=series), own, found)
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
    frame = frame[frame["part"].isin(("matched", "widths"))]
    frame = frame[frame["data"].isin(frame.loc[frame["part"] == "widths", "data"])]
    groups = frame.groupby([*PLACE, "method", "target"], sort=False)
    rows = groups.agg(H=("H_A", "first"), mean=("value", "mean"), low=("value", "min"), high=("value", "max"),
                      n=("value", "size")).reset_index().replace({"method": METHODS})  # fmt: skip
    low, high = number("optimal_H_lower"), number("optimal_H_upper")

    def draw(ax: Axes, part: pd.DataFrame) -> str:
        if part["H"].max() > low:
            ends = max(low, part["H"].min()), min(high, part["H"].max())
            ax.axvspan(*ends, color="#F0F0F0", linewidth=0, zorder=0, label=f"paper: best H {low:g} to {high:g}")
        plots.lines(part, "H", "mean", "method", band=("low", "high"), looks=LOOKS, logx=True, ax=ax, legend="below",
                    xlabel="H, channels of the stem", ylabel=records.score(study, measure(study)))  # fmt: skip
        return f"n {span(part['n'])} a point"

    title = "line: mean of the trainings, band: lowest to highest; searched pairs have H of their own, matched in size"
    return study.figure("fig4", plots.headed(panels(rows, draw), f"{title}\n{facts(study, frame)}"))


@needs("matched")
def fig5(study: Study) -> Figure | None:
    """Pairs of equal size: the size of a generator and its score, both over the smallest CycleGAN's."""
    frame = sides(study)
    rows = frame[frame["part"] == "matched"].sort_values(["target", "method"], kind="stable")
    smallest, score = rows["target"].min(), records.score(study, measure(study))
    own = rows[(rows["method"] == "C") & (rows["target"] == smallest)]
    rows = relative(rows, own)
    if rows.empty:
        study.lack("fig5", f"no set has trainings of C{smallest}")
        return None

    def draw(ax: Axes, part: pd.DataFrame) -> str:
        plots.crosses(part, "size", "value", "name", ax=ax, legend="below", logx=True, hlines=[1.0],
                      xlabel=f"parameters of the generator / C{smallest}'s",
                      ylabel=f"{score} / C{smallest}'s mean")  # fmt: skip
        return counted(part, "name")

    gains = ", ".join(f"{number('max_improvement_percent', way):g} % {words}" for way, words in WAYS.items())
    title = f"N: searched pairs of the size of C; the paper's N has up to {gains} less FID than its larger C"
    return study.figure("fig5", plots.headed(panels(rows, draw), f"{title}\n{facts(study, rows)}"))


@needs("matched", "controls")
def fig6(study: Study) -> Figure | None:
    """At the controlled size: CycleGAN, CycleGAN with the searched sizes, searched pairs and, apart, random ones."""
    frame = sides(study)
    target, score = controlled(frame), records.score(study, measure(study))
    rows = frame[(frame["target"] == target) & frame["part"].isin(("matched", "controls"))]
    rows = rows[rows["data"].isin(rows.loc[rows["part"] == "controls", "data"])]
    own = rows[rows["method"] == "C"]
    rows = relative(rows, own).sort_values("method", kind="stable")
    if rows.empty:
        study.lack("fig6", f"no set has trainings of C{target} beside its controls")
        return None

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


def _ratios(part: pd.DataFrame, models: dict[str, str]) -> pd.DataFrame:
    """The printed mean FIDs of a panel's methods over C64's, of its own set where that is printed, else of both."""
    data, way = part.iloc[0][PLACE]
    known = changes().loc[way]
    known = known.loc[[data]] if data in known.index else known
    return pd.DataFrame([(models[method], 1 + change, "paper: FID" + f", {name}" * (name != data))
                         for method in ("C'", "N") if method in models for name, change in known[method].items()],
                        columns=["model", "value", "label"])  # fmt: skip


@needs("matched")
def extra_training(study: Study) -> Figure | None:
    """Scores of C and N at the controlled size during their training: mean and range of the trainings, a row a set."""
    frame, of = records.trainings(study), measure(study)
    frame = frame[(frame["part"] == "matched") & (frame["target"] == controlled(frame))]
    rows = pd.concat(pd.DataFrame({"updates": row["curves"]["step"], "score": row["curves"][f"{of}_{way}"],
                                   "method": METHODS[row["method"]], "seed": row["repeat"],
                                   "panel": f"{row['data']}, {WAYS[way]}"})
                     for _, row in frame.iterrows() for way in DIRECTIONS)  # fmt: skip
    fig = convergence(rows, "updates", "score", "method", panel="panel", columns=2, ylabel=records.score(study, of))
    few = span(frame.groupby(["data", "name"]).size())
    title = f"at the size of C{controlled(frame)}: mean and range of the trainings, n {few} a network"
    return study.figure("extra_training", plots.headed(fig, f"{title}\n{facts(study, frame)}"))


PRODUCTS: tuple[Product, ...] = (fig3, fig4, fig5, fig6, extra_training)
