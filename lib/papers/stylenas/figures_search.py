"""The paper's figure 5 and our own figures of searches, drawn from records."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lib.papers.study import Study, needs
from lib.papers.stylenas import log, neutral, records, surrogate, tables
from lib.papers.stylenas.records import SPACE, Stored
from lib.report import plots, style
from lib.report.search import convergence
from lib.spaces.stylenas import NAMED, OPERATORS

SERIES = {"evolution": "evolution", "random": "random search", "stratified": "stratified random search"}
BEST = {"paper: S7": 0.0472, "paper: random search": 0.0709}  # scalars of figure 5's caption
WINDOW = 20  # candidates of the moving median
FEWEST = 5  # of them, before it is drawn
RESAMPLES = 100  # of the candidates, for the intervals of the bits' effects
MEDIAN = f"moving median of {WINDOW}"
PARTS = {"E": "E, error to the oracle", "P": "P, perceptual", "O": "O, share of bits"}
CONTROL = "neutral control: median, 5 to 95 %"
CHANCE = len(SPACE.genes) / 2  # bits in which two random genomes differ


def facts(found: Sequence[Stored]) -> str:
    """What figures of searches say of them: how many candidates have a score, the encoder, the pairs."""
    own = found[0].about["settings"]
    pairs = f"{own['search_pairs']} pairs at {tables.size(own['width'])}"
    return f"{_counts(found)}, {tables.ENCODERS[own['encoder']]}, {pairs}"


def _counts(found: Sequence[Stored]) -> str:
    return f"{sum(len(one.scored) for one in found)} of {sum(len(one.rows) for one in found)} scored"


@style.styled
def _headed(fig: Figure, title: str, logs: Iterable[Axes] = ()) -> Figure:
    """The figure under a title, with logarithmic scales for the values of some panels."""
    fig.suptitle(title)
    for ax in logs:
        ax.set_yscale("log")
        style.log_axis(ax.yaxis)
    return fig


def curves(found: Sequence[Stored]) -> pd.DataFrame:
    """The best L so far of each search after every candidate asked."""
    parts = [pd.DataFrame({"series": SERIES[one.part], "seed": one.seed, "index": one.rows["k"] + 1,
                           "L": one.rows["score"].astype(float).cummin().ffill()}) for one in found]  # fmt: skip
    return pd.concat(parts)


@needs("evolution-0")
def fig5a(study: Study) -> Figure:
    """The best L so far of evolution and of both random searches, with the noise of a training; the authors' log."""
    found, authors, noise = records.alive(study), log.read(), dict[str, float]()
    frame = curves(found).assign(panel="this study")
    if study.has("noise"):
        noise["this study"] = float(records.noise(study)["sd"]["L"])
    if authors is not None:
        other = f"the authors' log of later work: {len(authors)} scored"
        best = authors.assign(index=authors["index"] + 1, L=authors["L"].cummin(), panel=other, seed=0)
        frame = pd.concat([frame, best.assign(series=SERIES["evolution"])[list(frame)]])
        noise[other] = log.noise(authors)
    chart = convergence(frame, "index", "L", "series", panel="panel", noise=noise, columns=2, xlabel="candidates asked",
                        baselines={"this study": BEST}, ylabel="best L so far")  # fmt: skip
    return study.figure("fig5a", _headed(chart, facts(found), chart.axes))


def _moving(values: pd.Series) -> pd.Series:
    return values.rolling(WINDOW, min_periods=FEWEST).median()


@needs("evolution-0")
def fig5b(study: Study) -> Figure:
    """L of every scored candidate of each search by evolution, with its running minimum and moving median."""
    found = records.alive(study, "evolution")
    fig, axes = plots.panels(len(found), height=2.9, letters=False)
    for one, ax in zip(found, axes, strict=True):
        rows = one.scored.assign(index=one.scored.index + 1, bits=one.scored["genome"].str.count("1"))
        lines = {"running minimum": rows["L"].cummin(), MEDIAN: _moving(rows["L"])}
        traced = pd.concat([rows.assign(series=name, L=values) for name, values in lines.items()])
        plots.scatter(rows, "index", "L", colour="bits", ax=ax)
        plots.lines(traced, "index", "L", "series", markers=False, ax=ax, legend="below", logy=True,
                    xlabel="scored candidate", title=f"search {one.seed}: {_counts([one])}")  # fmt: skip
    plots.shared_legend(fig)
    return study.figure("fig5b", _headed(fig, facts(found)))


@needs("evolution-0")
def fig5c(study: Study) -> Figure:
    """The three parts of L over the scored candidates of evolution; band: lowest to highest search."""
    found = records.alive(study, "evolution")
    parts = [
        pd.DataFrame({"seed": one.seed, "candidate": one.scored.index + 1, "panel": panel, "series": name,
                      "value": values})
        for one in found
        for part, panel in PARTS.items()
        for name, values in {"each candidate": one.scored[part], MEDIAN: _moving(one.scored[part])}.items()
    ]  # fmt: skip
    chart = convergence(pd.concat(parts), "candidate", "value", "series", panel="panel", columns=1, ylabel="",
                        xlabel="scored candidate")  # fmt: skip
    return study.figure("fig5c", _headed(chart, facts(found), chart.axes[:2]))


@needs("evolution-0")
def fig5d(study: Study) -> Figure:
    """Hamming distance of each candidate to the paper's S7 and to the search's own best, over the neutral control."""
    found = records.alive(study, "evolution")
    fig, axes = plots.panels((len(found), 2), height=2.5 * len(found), sharey=True)
    for one, left, right in zip(found, axes[::2], axes[1::2], strict=True):
        chance = one.by_chance()
        band = chance.band().rename(columns={"median": "distance"}).assign(series=CONTROL)
        rows, trend = distances(one, NAMED["S7"])
        looks: Any = {"markers": False, "legend": "below", "xlabel": "scored candidate"}
        plots.lines(rows, "index", "distance", "series", ax=left, ylabel="bits that differ",
                    hlines={"two random genomes": CHANCE}, title=f"search {one.seed}, to the paper's S7: ρ {trend:.2f}",
                    **looks)  # fmt: skip
        rows, trend = distances(one, str(one.winner["genome"]))
        rank = neutral.percentile(neutral.trend(chance.distances), trend)
        rows = pd.concat([rows, band.assign(index=band["index"] + 1)])
        plots.lines(rows, "index", "distance", "series", band=("low", "high"), ax=right, ylabel="",
                    title=f"to its own best: ρ {trend:.2f}, percentile {rank:.0f}", **looks)  # fmt: skip
    plots.shared_legend(fig)
    return study.figure("fig5d", _headed(fig, facts(found)))


def distances(one: Stored, text: str) -> tuple[pd.DataFrame, float]:
    """The distance of each scored candidate to a genome, and its rank correlation with the index."""
    apart = one.distances(text)
    rows = pd.DataFrame({"index": one.scored.index + 1, "distance": apart, "series": "candidates"})
    return rows, float(neutral.trend(apart))


def effects(rows: pd.DataFrame) -> pd.DataFrame:
    """What each active bit adds to log E, by ridge regression as in 5.6, with the 95 % interval over resampled rows.

    One row a bit, the most helpful first: operator, value, low, high. A bit that is never active adds 0.
    """
    genomes = [SPACE.active(SPACE.parse(text)) for text in rows["genome"]]
    bits, logs, rng = np.array(genomes, float), np.log(rows["E"].to_numpy(float)), np.random.default_rng(0)
    draws = np.array([_slopes(bits[i], logs[i]) for i in rng.integers(0, len(rows), (RESAMPLES, len(rows)))])
    value = _slopes(bits, logs)
    low, high = np.percentile(draws - draws.mean(0) + value, [2.5, 97.5], axis=0)
    names = [f"{OPERATORS[position].name} ({position})" for position in SPACE.positions]
    return pd.DataFrame({"operator": names, "value": value, "low": low, "high": high}).sort_values("value")


def _slopes(bits: np.ndarray, values: np.ndarray) -> np.ndarray:
    centred = bits - bits.mean(0)
    return np.linalg.solve(centred.T @ centred + surrogate.PENALTY * np.eye(bits.shape[1]), centred.T @ values)


@needs("evolution-0")
def bits(study: Study) -> Figure:
    """The effect of each operator on the error to the oracle, over all scored candidates: left is better."""
    found = records.alive(study)
    frame = effects(pd.concat([one.scored for one in found]))
    chart = plots.intervals(frame, "operator", reference=0.0, xlabel="change of log E where it is active", height=6.2,
                            title=facts(found).replace(", ", "\n", 1))  # fmt: skip
    return study.figure("extra_bits", chart)


@needs("evolution-0")
def pareto(study: Study) -> Figure:
    """Error against the share of bits, a staircase of the best of each kind of search; rings: compared networks."""
    found, called = records.alive(study), tables.labels(study)
    rows = pd.concat([one.scored.assign(series=SERIES[one.part]) for one in found])
    known = records.measured(study).set_index("genome")
    marks = {called[name]: (float(known["O"][text]), float(known["E"][text]))
             for name, text in records.genomes(study).items() if text in known.index}  # fmt: skip
    chart = plots.scatter(rows, "O", "E", "series", front=True, marks=marks, logy=True, height=3.6,
                          xlabel=PARTS["O"], ylabel=PARTS["E"], title=facts(found), width=plots.PAGE)  # fmt: skip
    return study.figure("extra_pareto", chart)


@needs("ablation", "evolution-0")
def ablation(study: Study) -> Figure:
    """What L gains where one operator of the best network is left out, by its parts; dashed: noise of a training."""
    frame, found = study.frame("ablation").set_index("name"), records.alive(study, "evolution")
    whole, weights = frame.loc["-1"], found[0].about["settings"]["weights"]
    less = frame.drop("-1")
    rows = pd.concat(
        pd.DataFrame({"without": [_short(int(name)) for name in less.index], "part": f"{weight:g} {part}",
                      "L": weight * (less[part] - whole[part])})
        for part, weight in zip("EPO", weights, strict=True)
    )  # fmt: skip
    spread = [float(records.noise(study)["sd"]["L"])] if study.has("noise") else []
    chart = plots.bars(rows, "without", "L", "part", hlines=[*spread, *(-sd for sd in spread)], width=plots.PAGE,
                       xlabel="without the operator" + "; dashed: 1 s.d. of L trained anew" * bool(spread),
                       ylabel="change of L (above 0: it helps)", title=f"the best of {facts(found)}: "
                       f"L {whole['L']:.4f}, {str(whole['text']).count('1')} bits")  # fmt: skip
    return study.figure("extra_ablation", chart)


def _short(position: int) -> str:
    """An operator in words short enough to stand below a bar."""
    operator = OPERATORS[position]
    return f"d{operator.stage} {operator.word.replace('_', ' ')} {position}"


PRODUCTS: tuple[Callable[[Study], Figure | None], ...] = (fig5a, fig5b, fig5c, fig5d, bits, pareto, ablation)
