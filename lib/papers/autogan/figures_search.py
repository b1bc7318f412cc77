"""The paper's figures 7 to 10 and our own of searches and trainings, drawn from records.

Every curve shows each seed faintly and the mean over them; legends say of how many.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from lib.papers.autogan import comparisons, records, tables
from lib.papers.autogan.computing import CHECKED
from lib.papers.autogan.records import Stored
from lib.papers.study import Study, needs
from lib.report import plots, style
from lib.spaces.autogan import CELLS

FAINT: dict[str, Any] = {"alpha": 0.4, "linewidth": 0.7, "zorder": 2}
WORDS = {"c": ("post", "pre"), "n": ("none", "batch", "inst."), "u": ("bilin.", "near.", "deconv"), "s": ("off", "on"),
         "k": ("none", "cell 0")}  # fmt: skip
LAST = ("none", "cell 1", "cell 0", "both")  # skips of the last cell
TOKENS = {"c": "conv block", "n": "norm", "u": "up-sampling", "s": "shortcut", "k": "skips"}
LONG = 2 * 3600  # seconds from which a time axis has hours


def words(gene: str) -> tuple[str, ...]:
    """The values of a token such as `u1`, short enough for a small box."""
    return LAST if gene == f"k{CELLS - 1}" else WORDS[gene[0]]


def facts(found: Sequence[Stored]) -> str:
    """What figures of searches say of them: rewards, pictures, widths, how many of each kind."""
    about = found[0].about
    plan, scores, gan = about["plan"], about["scores"], about["gan"]
    counts = pd.Series([tables.PART_LABELS[one.part] for one in found]).value_counts(sort=False)
    seeds = ", ".join(f"{name} {count}" for name, count in counts.items())
    widths = f"widths {gan['width']} and {gan['d_width']}"
    rewards = f"rewards on {scores['reward']}, {plan['reward_images']:,} pictures"
    return f"{rewards}; {scores['data']}, {widths}; searches: {seeds}"


@style.styled
def curves(ax: Axes, frame: pd.DataFrame, x: str, y: str, by: str, **options: Any) -> None:
    """A line of `y` over `x` for each seed, faint, and their mean at each `at`, a colour a value of `by`."""
    for index, (_, part) in enumerate(frame.groupby(by, sort=False)):
        finer = len(part) > part["at"].nunique()
        for _, seed in part.groupby("seed") if finer else ():
            ax.plot(seed[x], seed[y], color=style.look(index)["color"], **FAINT)
    mean = frame.groupby([by, "at"], sort=False)[[x, y]].mean().reset_index()
    few = mean["at"].nunique() < 3  # a stage of one iteration is a point
    plots.lines(mean, x, y, by, markers=few, ax=ax, **{"legend": "below", **options})


def series(found: Sequence[Stored], part: str, label: str = "") -> str:
    """How the searches of a part are called in a legend, with how many they are."""
    count = sum(one.part == part for one in found)
    return f"{label or tables.PART_LABELS[part]}, {'one search' if count == 1 else f'mean of {count}'}"


def rows_of(found: Sequence[Stored], **labels: str) -> pd.DataFrame:
    """The iterations of searches: their rows, series, seed, `at`, iteration (from 1) and the seconds gone by.

    `labels` call a part otherwise than tables do.
    """
    parts = [one.rows.assign(series=series(found, one.part, labels.get(one.part, "")), seed=one.seed,
                             gone=one.seconds.cumsum()) for one in found]  # fmt: skip
    return pd.concat([part.assign(at=part["k"], iteration=part["k"] + 1) for part in parts])


def _clock(frame: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """The rows with the time gone by in minutes, or in hours where it is long, and that unit."""
    long = frame["gone"].max() >= LONG
    unit = "hours" if long else "minutes"
    return frame.assign(**{unit: frame["gone"] / (3600 if long else 60)}), unit


def _starts(one: Stored, places: pd.Series) -> dict[str, float]:
    """Where later stages begin on an axis that has these places at the iterations' ends."""
    return {side: float(places.iloc[k - 1]) for side, k in one.starts.items()}


def _reset(ax: Axes, frame: pd.DataFrame, x: str, y: str) -> None:
    """Mark the iterations whose end reset the shared weights, and those that would have."""
    for column, marker, label in (("reset", "x", "reset"), ("would_reset", "+", "would have been reset")):
        marked = frame[frame[column].astype(bool) & ~(frame["reset"].astype(bool) & (column == "would_reset"))]
        if len(marked):
            ax.plot(marked[x], marked[y], marker, color="#222222", markersize=5, label=label, zorder=5)


def _compared(study: Study, number: str, parts: tuple[str, str], *, resets: bool = False) -> Figure:
    """IS of the likeliest child over iterations and over time, two kinds of search."""
    found = records.searches(study, *parts)
    frame, unit = _clock(rows_of(found))
    called = records.name(study, found[0].name, "is")
    fig, axes = plots.panels(2, height=3.0)
    grown = next(one for one in found if one.part == parts[0])
    gone = frame[frame["series"] == series(found, parts[0])].groupby("at")[unit].mean()
    for ax, x, places in zip(axes, ("iteration", unit), (grown.rows["k"] + 1.5, gone), strict=True):
        if resets:
            _reset(ax, frame, x, "greedy_is")
        curves(ax, frame, x, "greedy_is", "series", vlines=_starts(grown, places), ylabel=f"{called}, likeliest child",
               xlabel="search iteration" if x == "iteration" else f"{x} since the start")  # fmt: skip
    axes[0].xaxis.set_major_locator(MaxNLocator(integer=True))
    plots.shared_legend(fig)
    title = facts(found)
    if resets and not any(one.rows["reset"].any() for one in found):
        title += "\nno search was reset: both are the same algorithm with other seeds"
    return study.figure(number, plots.headed(fig, title))


@needs("correlation")
def fig7(study: Study) -> Figure:
    """Scores with shared weights against scores after training from scratch, with rank correlation and y = x."""
    frame = study.frame("correlation")
    fig, axes = plots.panels(2, height=3.1)
    for ax, measure in zip(axes, ("is", "kd"), strict=True):
        called = records.name(study, "correlation", measure)
        rank = comparisons.rank_correlation(frame, f"proxy_{measure}", f"real_{measure}")
        title = f"Spearman {rank.value:.2f} [{rank.low:.2f}, {rank.high:.2f}], n {rank.n}"
        both = frame[[f"proxy_{measure}", f"real_{measure}"]].to_numpy(float)
        ends = [both.min(), both.max()]
        ax.plot(ends, ends, color="#888888", linestyle="--", linewidth=0.8, label="y = x", zorder=1)
        plots.scatter(frame, f"proxy_{measure}", f"real_{measure}", ax=ax, title=title,
                      xlabel=f"{called}, shared weights", ylabel=f"{called}, trained from scratch")  # fmt: skip
    plots.shared_legend(fig)
    return study.figure("fig7", plots.headed(fig, f"{len(frame)} random genomes; paper: 0.779"))


@needs("mlas-0", "fid-0")
def fig8(study: Study) -> Figure:
    """IS and 1/FID as rewards: both scores of the likeliest child over the search."""
    found = records.searches(study, "mlas", "fid")
    frame = rows_of(found, mlas="IS as reward")
    fig, axes = plots.panels((2, 1), width=0.75 * plots.PAGE, height=4.8)
    for ax, measure in zip(axes, ("is", "fd"), strict=True):
        called = records.name(study, "mlas-0", measure) + records.ARROWS[measure]
        curves(ax, frame, "iteration", f"greedy_{measure}", "series", logy=measure == "fd", xlabel="search iteration",
               vlines=_starts(found[0], found[0].rows["k"] + 1.5), ylabel=f"{called}, likeliest child")  # fmt: skip
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    plots.shared_legend(fig)
    return study.figure("fig8", plots.headed(fig, facts(found)))


@needs("mlas-0", "noreset-0")
def fig9(study: Study) -> Figure:
    """With and without dynamic reset, over iterations and over time, resets marked."""
    return _compared(study, "fig9", ("mlas", "noreset"), resets=True)


@needs("mlas-0", "slas-0")
def fig10(study: Study) -> Figure:
    """Multi-level against single-level search, over iterations and over time, growth marked."""
    return _compared(study, "fig10", ("mlas", "slas"))


@needs("mlas-0")
def controller(study: Study) -> Figure:
    """Reward, baseline and entropy over the steps of the controllers."""
    found, panels = (
        records.searches(study, "mlas"),
        {"rewards": "reward", "baselines": "baseline", "entropies": "entropy"},
    )
    fig, axes = plots.panels(3, height=2.7)
    for ax, (name, title) in zip(axes, panels.items(), strict=True):
        frame = records.curve(found, name).assign(series=series(found, "mlas"))
        first = frame[frame["seed"] == frame["seed"].min()]
        starts = {
            side: float(first.loc[first["place"] <= k, "step"].max()) + 0.5 for side, k in found[0].starts.items()
        }
        unit = "nats" if name == "entropies" else records.name(study, found[0].name, "is")
        curves(ax, frame.assign(at=frame["step"]), "step", "value", "series", xlabel="controller step", vlines=starts,
               ylabel=f"{title} ({unit})")  # fmt: skip
    plots.shared_legend(fig)
    return study.figure("extra_controller", plots.headed(fig, facts(found)))


@needs("mlas-0")
def marginals(study: Study) -> Figure:
    """How likely the policy makes each value of every token, over iterations, beside chance."""
    found = records.searches(study, "mlas")
    fig, axes = plots.panels((CELLS, len(TOKENS)), height=5.6, letters=False, sharey=True)
    for index, ax in enumerate(axes):
        cell, kind = index // len(TOKENS), list(TOKENS)[index % len(TOKENS)]
        frame = _marginal(found, f"{kind}{cell}")
        if frame.empty:
            ax.remove()
            continue
        curves(ax, frame, "iteration", "value", "word", xlabel="iteration", ylabel="probability" if kind == "c" else "",
               hlines=[1 / len(words(f"{kind}{cell}"))], legend="right" if kind == "k" else "below",
               title=f"cell {cell}: {TOKENS[kind]}")  # fmt: skip
        ax.set_ylim(0, 1)
        ax.xaxis.set_major_locator(MaxNLocator(4, integer=True))
        if cell < CELLS - 1 and kind != "k":
            ax.get_legend().remove()  # type: ignore[union-attr]
    return study.figure("extra_marginals", plots.headed(fig, f"dashed: chance; {facts(found)}"))


def _marginal(found: Sequence[Stored], gene: str) -> pd.DataFrame:
    """Probabilities of a token's values: seed, at, iteration, word, value."""
    lines = []
    for one in found:
        for k, held in zip(one.rows["k"], one.rows["curves"], strict=True):
            lines += [{"seed": one.seed, "at": k, "iteration": k + 1, "word": word, "value": value}
                      for word, value in zip(words(gene), held.get(f"marginal_{gene}", ()), strict=False)]  # fmt: skip
    return pd.DataFrame(lines)


@needs("mlas-0")
def windows(study: Study) -> Figure | None:
    """Variance of the losses in their windows, whose fall below the threshold resets the shared weights."""
    found = records.searches(study, "mlas", "noreset")
    held = []
    for part in dict.fromkeys(one.part for one in found):
        frame = records.curve([one for one in found if one.part == part], "variances_d")
        held.append(frame.assign(series=series(found, part), iteration=frame["place"], at=np.ceil(frame["place"])))
    frames = {"D": pd.concat(held), "G": rows_of(found).rename(columns={"variance_g": "value"})}
    full = {of: rows for of, frame in frames.items() if len(rows := frame[frame["value"] > 0])}
    if not full:
        study.lack("extra_windows", "no window was ever full")
        return None
    fig, axes = plots.panels(len(full), height=2.9)
    plan = found[0].about["plan"]
    for ax, (of, rows) in zip(axes, full.items(), strict=True):
        curves(ax, rows, "iteration", "value", "series", logy=True, hlines={"threshold": plan["threshold"]},
               xlabel="search iteration", ylabel=f"variance of {of}'s last {plan['window']} losses")  # fmt: skip
    plots.shared_legend(fig)
    return study.figure("extra_windows", plots.headed(fig, facts(found)))


@needs("derived")
def derived(study: Study) -> Figure | None:
    """Distance to the real pictures while the generators of table 1 are trained."""
    lines = []
    for _, row in study.frame("derived").iterrows():
        held = row["curves"]
        lines.append(pd.DataFrame({"network": tables.label(str(row["name"])), "seed": row["repeat"],
                                   "at": held["g_iters"], "G-iterations": held["g_iters"],
                                   "fd": np.array(held["fd_task_curve"], float)}))  # fmt: skip
    frame = pd.concat(lines).dropna()
    if frame.empty:
        return None
    called = records.score("fd", study.about("derived")["scores"]["reward"])
    fig, (ax,) = plots.panels(1, width=1.4 * plots.COLUMN, height=3.4)
    curves(ax, frame, "G-iterations", "fd", "network", logy=True, ylabel=f"{called} ↓, averaged weights")
    count = min(CHECKED, study.about("derived")["scores"]["images"])
    about = f"means over trainings; checkpoints scored on {count:,} pictures"
    return study.figure("extra_derived", plots.headed(fig, f"{about}\n{records.training(study, 'derived')}"))


@needs("mlas-0")
def policy(study: Study) -> Figure | None:
    """Mean reward of the policy less that of uniform cells on the same beams and weights, at the end of each stage."""
    found = records.searches(study, "mlas")
    parts = [comparisons.control(one).assign(seed=f"search {one.seed}") for one in found]
    frame = pd.concat([part for part in parts if len(part)] or parts[:1])
    if frame.empty:
        return None
    frame["stage"] = frame["side"].map("{:.0f} px".format)
    called = records.name(study, found[0].name, "is")
    fig = plots.intervals(frame, "stage", by="seed", reference=0.0, height=2.4, legend="below",
                          xlabel=f"{called}, policy - uniform cells")  # fmt: skip
    return study.figure("extra_policy", plots.headed(fig, _compared_with_chance(found)))


def _compared_with_chance(found: Sequence[Stored]) -> str:
    """What the intervals of `policy` are."""
    spread = pd.concat([one.rows.filter(["policy_std", "uniform_std"]) for one in found])
    once = "; equal children were scored once where std is 0" if (spread == 0).any(axis=None) else ""
    return (
        "uniform cells on the same beams and shared weights, which were trained mostly on the policy's own children\n"
        f"bars: Welch's interval over {found[0].about['plan']['control']} children a side{once}"
    )


PRODUCTS: tuple[Callable[[Study], Figure | None], ...] = (
    fig7, fig8, fig9, fig10, controller, marginals, windows, derived, policy,
)  # fmt: skip
