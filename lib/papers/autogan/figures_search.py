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
TOKENS = {"c": "conv block", "n": "norm", "u": "up-sampling", "s": "shortcut", "k": "skips"}
WORDS = {"c": ("post", "pre"), "n": ("none", "batch", "inst."), "u": ("bilin.", "near.", "deconv"), "s": ("off", "on"),
         "k": ("none", "cell 0"), "k2": ("none", "cell 1", "cell 0", "both")}  # fmt: skip
LONG = 2 * 3600  # seconds from which a time axis has hours


def words(gene: str) -> tuple[str, ...]:
    """The values of a token such as `u1`, short enough for a small box."""
    return WORDS.get(gene) or WORDS[gene[0]]


def facts(found: Sequence[Stored]) -> str:
    """What figures of searches say of them: rewards, pictures, widths, how many of each kind."""
    about = found[0].about
    plan, scores, gan = about["plan"], about["scores"], about["gan"]
    counts = pd.Series([tables.PART_LABELS[one.part] for one in found]).value_counts(sort=False)
    seeds = ", ".join(f"{name} {count}" for name, count in counts.items())
    rewards = f"rewards on {scores['reward']}, {plan['reward_images']:,} pictures"
    return f"{rewards}; {scores['data']}, widths {gan['width']} and {gan['d_width']}; searches: {seeds}"


def _finished(study: Study, name: str, fig: Figure, title: str) -> Figure:
    plots.shared_legend(fig)
    return study.figure(name, plots.headed(fig, title))


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
    if x == "iteration":
        ax.xaxis.set_major_locator(MaxNLocator(4 if "title" in options else 10, integer=True))


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


def _starts(one: Stored, places: pd.Series) -> dict[str, float]:
    """Where later stages begin on an axis that has these places at the iterations' ends."""
    return {side: float(places.iloc[k - 1]) for side, k in one.starts.items()}


def _reset(ax: Axes, frame: pd.DataFrame, x: str, y: str) -> None:
    """Mark the iterations whose end reset the shared weights, and those that would have."""
    reset, would = frame["reset"].astype(bool), frame["would_reset"].astype(bool)
    for marked, marker, label in ((reset, "x", "reset"), (would & ~reset, "+", "would have been reset")):
        if marked.any():
            ax.plot(frame.loc[marked, x], frame.loc[marked, y], marker, color="#222222", markersize=5, label=label,
                    zorder=5)  # fmt: skip


def _compared(study: Study, number: str, parts: tuple[str, str], *, resets: bool = False) -> Figure:
    """IS of the likeliest child over iterations and over time, two kinds of search."""
    found = records.searches(study, *parts)
    frame, grown = rows_of(found).reset_index(drop=True), found[0]
    unit = "hours" if frame["gone"].max() >= LONG else "minutes"
    frame[unit] = frame["gone"] / (3600 if unit == "hours" else 60)
    gone = frame[frame["series"] == series(found, parts[0])].groupby("at")[unit].mean()
    fig, axes = plots.panels(2, height=3.0)
    for ax, x, places in zip(axes, ("iteration", unit), (grown.rows["k"] + 1.5, gone), strict=True):
        if resets:
            _reset(ax, frame, x, "greedy_is")
        curves(ax, frame, x, "greedy_is", "series", vlines=_starts(grown, places),
               xlabel="search iteration" if x == "iteration" else f"{x} since the start",
               ylabel=f"{records.name(study, grown.name, 'is')}, likeliest child")  # fmt: skip
    title = facts(found)
    if resets and not frame["reset"].any():
        title += "\nno search was reset: both are the same algorithm with other seeds"
    return _finished(study, number, fig, title)


@needs("correlation")
def fig7(study: Study) -> Figure:
    """Scores with shared weights against scores after training from scratch, with rank correlation and y = x."""
    frame = study.frame("correlation")
    fig, axes = plots.panels(2, height=3.1)
    for ax, measure in zip(axes, ("is", "kd"), strict=True):
        called, x, y = records.name(study, "correlation", measure), f"proxy_{measure}", f"real_{measure}"
        rank = comparisons.rank_correlation(frame, x, y)
        ends = np.array([frame[[x, y]].min(axis=None), frame[[x, y]].max(axis=None)])
        ax.plot(ends, ends, color="#888888", linestyle="--", linewidth=0.8, label="y = x", zorder=1)
        plots.scatter(frame, x, y, ax=ax, xlabel=f"{called}, shared weights", ylabel=f"{called}, trained from scratch",
                      title=f"Spearman {rank.value:.2f} [{rank.low:.2f}, {rank.high:.2f}], n {rank.n}")  # fmt: skip
    return _finished(study, "fig7", fig, f"{len(frame)} random genomes; paper: 0.779")


@needs("mlas-0", "fid-0")
def fig8(study: Study) -> Figure:
    """IS and 1/FID as rewards: both scores of the likeliest child over the search."""
    found = records.searches(study, "mlas", "fid")
    frame = rows_of(found, mlas="IS as reward")
    fig, axes = plots.panels((2, 1), width=0.75 * plots.PAGE, height=4.8)
    for ax, measure in zip(axes, ("is", "fd"), strict=True):
        curves(ax, frame, "iteration", f"greedy_{measure}", "series", logy=measure == "fd", xlabel="search iteration",
               vlines=_starts(found[0], found[0].rows["k"] + 1.5),
               ylabel=f"{records.column(study, 'mlas-0', measure)}, likeliest child")  # fmt: skip
    return _finished(study, "fig8", fig, facts(found))


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
    found, score = records.searches(study, "mlas"), records.name(study, "mlas-0", "is")
    fig, axes = plots.panels(3, height=2.7)
    panels = {"rewards": f"reward ({score})", "baselines": f"baseline ({score})", "entropies": "entropy (nats)"}
    for ax, (name, label) in zip(axes, panels.items(), strict=True):
        frame = records.curve(found, name).assign(series=series(found, "mlas"))
        first = frame[frame["seed"] == 0]
        starts = {side: float((first["place"] <= k).sum()) + 0.5 for side, k in found[0].starts.items()}
        curves(ax, frame.assign(at=frame["step"]), "step", "value", "series", xlabel="controller step", vlines=starts,
               ylabel=label)  # fmt: skip
    return _finished(study, "extra_controller", fig, facts(found))


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
               hlines=[1 / frame["word"].nunique()], legend="right" if kind == "k" else "below",
               title=f"cell {cell}: {TOKENS[kind]}")  # fmt: skip
        ax.set_ylim(0, 1)
        if cell < CELLS - 1 and kind != "k":
            ax.get_legend().remove()  # type: ignore[union-attr]
    return study.figure("extra_marginals", plots.headed(fig, f"dashed: chance; {facts(found)}"))


def _marginal(found: Sequence[Stored], gene: str) -> pd.DataFrame:
    """Probabilities of a token's values: seed, at, iteration, word, value."""
    frame = records.curve(found, f"marginal_{gene}")
    order = frame.groupby(["seed", "k"]).cumcount()
    return frame.assign(at=frame["k"], iteration=frame["k"] + 1, word=order.map(dict(enumerate(words(gene)))))


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
    return _finished(study, "extra_windows", fig, facts(found))


@needs("derived")
def derived(study: Study) -> Figure:
    """Distance to the real pictures while the generators of table 1 are trained."""
    frame = pd.concat([
        pd.DataFrame({"network": tables.label(str(row["name"])), "seed": row["repeat"], "at": row["curves"]["g_iters"],
                      "G-iterations": row["curves"]["g_iters"], "fd": row["curves"]["fd_task_curve"]})
        for _, row in study.frame("derived").iterrows()
    ])  # fmt: skip
    scores = study.about("derived")["scores"]
    fig, (ax,) = plots.panels(1, width=1.4 * plots.COLUMN, height=3.4)
    curves(ax, frame, "G-iterations", "fd", "network", logy=True,
           ylabel=f"{records.column(study, 'derived', 'fd_' + scores['reward'])}, averaged weights")  # fmt: skip
    about = f"means over trainings; checkpoints scored on {min(CHECKED, scores['images']):,} pictures"
    return study.figure("extra_derived", plots.headed(fig, f"{about}\n{records.training(study, 'derived')}"))


@needs("mlas-0")
def policy(study: Study) -> Figure | None:
    """Mean reward of the policy less that of uniform cells on the same beams and weights, at the end of each stage."""
    found = records.searches(study, "mlas")
    frame = pd.concat([comparisons.control(one).assign(seed=f"search {one.seed}") for one in found])
    if frame.empty:
        return None
    frame["stage"] = frame["side"].map("{:.0f} px".format)
    fig = plots.intervals(frame, "stage", by="seed", reference=0.0, height=2.4, legend="below",
                          xlabel=f"{records.name(study, found[0].name, 'is')}, policy - uniform cells")  # fmt: skip
    spread = pd.concat([one.rows.filter(["policy_std", "uniform_std"]) for one in found])
    title = (
        "uniform cells on the same beams and shared weights, which were trained mostly on the policy's own children\n"
        f"bars: Welch's interval over {found[0].about['plan']['control']} children a side"
    )
    title += "; equal children were scored once where std is 0" * bool((spread == 0).any(axis=None))
    return study.figure("extra_policy", plots.headed(fig, title))


PRODUCTS: tuple[Callable[[Study], Figure | None], ...] = (
    fig7, fig8, fig9, fig10, controller, marginals, windows, derived, policy,
)  # fmt: skip
