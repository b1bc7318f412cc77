"""Figures of the comparison, drawn from the rows of all searches; random search stands in every one."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from lib.papers.searchers import tables
from lib.papers.searchers.computing import DIFFERENTIABLE
from lib.papers.searchers.settings import CONTROL
from lib.papers.study import Study, needs
from lib.report import clusters, plots
from lib.report import search as charts
from lib.search.loop import Search

POINTS = 1500  # at most, of an embedding


def best(study: Study, rows: pd.DataFrame) -> Figure:
    """Best score so far against the budget spent, a panel a problem: mean over seeds with their range or interval."""
    shown = rows[(rows["experiment"] == "search") & (rows["spent"] > 0)].dropna(subset=["best"])
    shown = shown.drop_duplicates(["problem", "searcher", "search", "spent"], keep="last")
    panel = shown["problem"] + " (" + shown["unit"] + ")"
    fig = charts.convergence(shown.assign(panel=panel), "spent", "best", "searcher", panel="panel", seed="search",
                             band="auto", columns=2, xlabel="budget spent", ylabel="best score so far")  # fmt: skip
    return study.figure("best", fig)


def optimum(study: Study, rows: pd.DataFrame) -> Figure | None:
    """The share of searches that found the optimum, against the budget spent, a panel a toy space."""
    toys = rows[(rows["experiment"] == "search") & (rows["kind"] == "toy")]
    if toys.empty:
        return None
    reached = toys.assign(found=toys["best"] <= toys["optimum"])
    shares = reached.groupby(["problem", "searcher", "spent"], sort=False)["found"].mean().reset_index()
    every = shares[["searcher"]].drop_duplicates()  # first, so that colours agree
    fig, axes = plots.panels(shares["problem"].nunique(), height=2.4, sharey=True)
    for ax, (problem, part) in zip(axes, shares.groupby("problem", sort=False), strict=True):
        plots.lines(pd.concat([every, part]), "spent", "found", "searcher", markers=False, xlabel="evaluations",
                    legend="below", ax=ax, title=f"{problem}, {toys['search'].nunique()} seeds",
                    ylabel="share that found the optimum" * (ax is axes[0]))  # fmt: skip
    plots.shared_legend(fig)
    return study.figure("optimum", fig)


def hamming(study: Study, rows: pd.DataFrame, name: str) -> Figure:
    """Mean distance among the latest candidates on one problem, a panel a searcher, grey the same under chance."""
    told, neutral = (_distances(rows[rows["name"] == one]) for one in (name, f"control-{name}"))
    fig = charts.convergence(told.assign(told="told its scores"), "candidates", "distance", "told", control=neutral,
                             panel="searcher", sharey=True, band="auto", xlabel="candidates asked",
                             ylabel="mean Hamming distance")  # fmt: skip
    return study.figure(f"hamming_{name}", fig)


def _distances(rows: pd.DataFrame) -> pd.DataFrame:
    """One row a search and half population: the mean pairwise distance among as many candidates as a population has."""
    found = []
    for (searcher, search), part in rows.groupby(["searcher", "search"], sort=False):
        genes, size = codes(part["genome"]), int(part["population"].iloc[0])
        for end in range(size, len(genes) + 1, size // 2):
            distance = clusters.mean_pairwise_hamming(genes[end - size : end])
            found.append({"searcher": searcher, "seed": search, "candidates": end, "distance": distance})
    return pd.DataFrame(found)


def visited(study: Study, rows: pd.DataFrame, name: str) -> Figure:
    """t-SNE of the candidates of all searchers with seed 0 on one problem: left by searcher, right by score."""
    part = rows[(rows["name"] == name) & (rows["search"] == 0)].dropna(subset=["score"])
    part = part.iloc[:: -(-len(part) // POINTS)]
    genes, measure = codes(part["genome"]), part["measure"].iloc[0]
    found = clusters.tsne(np.hstack([column[:, None] == np.unique(column)[1:] for column in genes.T]), seed=0)
    x, y = found.places[found.place_of].T
    points = part.assign(x=x, y=y, **{measure: part["score"]})
    fig, axes = plots.panels(2, height=3.3)
    texts: Any = {"xlabel": "", "ylabel": ""}
    plots.scatter(points, "x", "y", "searcher", ax=axes[0], title="by searcher", **texts)
    plots.scatter(points, "x", "y", colour=measure, ax=axes[1], title="by score", **texts)
    for ax in axes:
        ax.set(xticks=[], yticks=[])
    return study.figure(f"visited_{name}", fig)


def codes(genomes: Iterable[str]) -> np.ndarray:
    """Genomes as text, `0110-1001` or `a=1 b=2`, as whole numbers (n, genes) that are equal where the choices are."""
    split = [text.split(" ") if "=" in text else list(text.replace("-", "")) for text in genomes]
    return np.stack([np.unique(column, return_inverse=True)[1] for column in np.array(split).T], axis=1)


def against_random(study: Study, rows: pd.DataFrame) -> Figure:
    """How often each searcher beats random search with the same seed, with Wilson's interval; half is no difference."""
    table, shares = tables.wins(rows).query(f"against == '{CONTROL}'"), ["wins", "wins, low", "wins, high"]
    itself = table.drop_duplicates("problem").assign(searcher=CONTROL, **dict.fromkeys(shares, 0.5))
    fig = plots.intervals(pd.concat([itself, table]), "problem", *shares, by="searcher", reference=0.5,
                          width=plots.PAGE, height=max(2.9, 1.2 + 0.36 * len(itself)), legend="below",
                          xlabel="share of pairs won against random search")  # fmt: skip
    return study.figure("against_random", fig)


def noise(study: Study, rows: pd.DataFrame) -> Figure | None:
    """The incumbent of a noisy toy: the best score told with its noise band, and what that candidate is truly worth."""
    noisy = rows[rows["experiment"] == "noise"]
    if noisy.empty:
        return None
    fig, axes = plots.panels(2, height=2.4, sharey=True)
    for ax, (repeats, part) in zip(axes, noisy.groupby("repeats"), strict=True):
        table = incumbents(part).groupby("spent", as_index=False).mean()
        kinds = {"best score told": ("best", "low", "high"), "its true score": ("true", "true", "true")}
        lines = [table[["spent"]].assign(what=what, value=table[v], low=table[low], high=table[high])
                 for what, (v, low, high) in kinds.items()]  # fmt: skip
        title = f"{repeats} evaluations a candidate" if repeats != 1 else "one evaluation: noise unknown"
        texts: Any = {"title": title, "xlabel": "evaluations", "ylabel": "score, mean over seeds" * (repeats == 1)}
        plots.lines(pd.concat(lines), "spent", "value", "what", band=("low", "high"), markers=False, hlines=[0.0],
                    legend="below", ax=ax, **texts)  # fmt: skip
    plots.shared_legend(fig)
    return study.figure("noise", fig)


def incumbents(noisy: pd.DataFrame) -> pd.DataFrame:
    """One row a search and candidate: evaluations spent, the best score told, its band, and its true score."""
    found = []
    for _, part in noisy.groupby("search"):
        repeats = int(part["repeats"].iloc[0])
        stored: Any = part.assign(repeat=part["repeat"] % repeats).to_dict("records")
        table = Search(stored, repeats).incumbents()
        winner = [int(table["score"][: n + 1].argmin()) for n in range(len(table))]
        true = part.groupby("k")["true"].first().to_numpy()[winner]
        found.append(table.assign(true=true, spent=(table["k"] + 1) * repeats))
    return pd.concat(found, ignore_index=True)


@needs(DIFFERENTIABLE)
def schemes(study: Study) -> Figure:
    """The trajectories of the differentiable searches, a line a scheme: entropy, and distances in genes."""
    panels = {"entropy": "mean entropy of β, nats", "to_best": "genes unlike the best genotype",
              "to_final": "genes unlike the final genotype"}  # fmt: skip
    rows = study.frame(DIFFERENTIABLE)
    each = zip(rows["curves"], rows["scheme"], rows["repeat"], strict=True)
    curves = pd.concat([pd.DataFrame({**one, "scheme": scheme, "search": seed}) for one, scheme, seed in each])
    shown = curves.melt(["scheme", "search", "iteration"], list(panels), "panel").replace({"panel": panels})
    fig = charts.convergence(shown, "iteration", "value", "scheme", panel="panel", seed="search", band="auto",
                             dashes=True, ylabel="")  # fmt: skip
    return study.figure("differentiable", fig)


PRODUCTS: tuple[Callable[[Study, pd.DataFrame], Figure | None], ...] = (best, optimum, against_random, noise)
EACH: dict[Callable[[Study, pd.DataFrame, str], Figure], tuple[str, ...]] = {  # and the problems they are drawn of
    hamming: ("bits", "nasdip-hidden"), visited: ("nasdip-hidden",),
}  # fmt: skip
