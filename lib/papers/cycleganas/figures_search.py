"""Our own figures of the searches: how decided they are, how genotypes move, and what is chosen.

A line is the mean over the seeds of a scheme, its band their range.
"""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from lib.papers.cycleganas import records
from lib.papers.cycleganas.figures_scores import Product
from lib.papers.cycleganas.records import Stored
from lib.papers.study import Study
from lib.report import clusters, plots
from lib.report.search import convergence, embedding
from lib.report.statistics import wilson
from lib.spaces.cycleganas import SETS, CycleGanas, choices, word

ROW, ROOM = 1.75, 0.08  # inches, of a row of panels; of a panel's height, above what is drawn
NETWORKS = {"G": "generators", "D": "discriminators"}
FEWEST = 5  # different genotypes that an embedding needs
Of = Callable[[Stored], Any]  # a value at each row of a search


def where_searched(product: Callable[[Study, list[Stored]], Figure | None]) -> Product:
    """Decorates a figure of all stored searches: it is None where there are none."""

    @wraps(product)
    def drawn(study: Study) -> Figure | None:
        found = records.searches(study)
        return product(study, found) if found else None

    return drawn


def facts(found: Sequence[Stored]) -> str:
    """What figures of searches say of them: how many of each scheme, widths, sides and learning rates."""
    plan, training = found[0].about["plan"], found[0].about["training"]
    counts = ", ".join(f"{scheme} {count}" for scheme, count in Counter(one.scheme for one in found).items())
    widths = f"H {plan['H']}, ndf {plan['ndf']}, {plan['blocks']} residual cells, {training['side']} px"
    return f"searches: {counts}; {widths}; learning rates {training['lr']:g}, of logits {plan['alpha_lr']:g}"


def over_iterations(found: Sequence[Stored], measures: Mapping[str, Of],
                    references: Mapping[str, Mapping[str, float]], note: str) -> Figure:  # fmt: skip
    """A row of panels a set, one a measure: what it is over the iterations, a line a scheme."""
    parts, lines = [], {}
    for data in dict.fromkeys(one.data for one in found):
        for title, of in measures.items():
            panel = f"{data}\n{title}"
            lines[panel] = references.get(title, {})
            parts += [pd.DataFrame({"iteration": one.rows["iterations"], "value": np.asarray(of(one), float),
                                    "scheme": one.scheme, "seed": one.seed, "panel": panel})
                      for one in found if one.data == data]  # fmt: skip
    fig = convergence(pd.concat(parts), "iteration", "value", "scheme", panel="panel", columns=len(measures),
                      baselines=lines, ylabel="", dashes=True)  # fmt: skip
    fig.set_figheight(ROW * len(lines) / len(measures) + 0.8)
    for ax in fig.axes:  # a reference has its name above it
        low, high = ax.get_ylim()
        ax.set_ylim(top=high + ROOM * (high - low))
    return plots.headed(fig, f"{note}; band: range of the seeds\n{facts(found)}")


def uniform_entropy(space: CycleGanas, kind: str) -> float:
    """Mean entropy in nats of undecided layers of the generators (`G`) or the discriminators (`D`)."""
    return float(np.mean([math.log(len(gene.choices)) for gene in space.genes if gene.name.startswith(kind)]))


def expected_distance(space: CycleGanas) -> float:
    """Genes in which two uniformly random genotypes differ on average, exactly."""
    return sum(1 - 1 / len(gene.choices) for gene in space.genes)


@where_searched
def extra_entropy(study: Study, found: list[Stored]) -> Figure:
    """How decided the layers are: mean entropy of beta beside a uniform one's, and the gap between the first two."""

    def mean(kind: str) -> Of:
        return lambda one: one.rows[[f"entropy_{kind}_A", f"entropy_{kind}_B"]].mean(axis=1)

    measures = {f"entropy, {name}": mean(kind) for kind, name in NETWORKS.items()}
    measures["β: largest less second"] = lambda one: one.rows["gap"]
    undecided = {f"entropy, {name}": {"uniform β": uniform_entropy(found[0].space, kind)}
                 for kind, name in NETWORKS.items()}  # fmt: skip
    note = "means over layers, entropies in nats"
    return study.figure("extra_entropy", over_iterations(found, measures, undecided, note))


@where_searched
def extra_hamming(study: Study, found: list[Stored]) -> Figure:
    """In how many genes a genotype differs from the final one and from the one of a chunk before."""
    space = found[0].space
    measures = {"genes that differ from the final genotype": to_final,
                "genes that differ from the chunk before": lambda one: one.rows["hamming"]}  # fmt: skip
    chance = {title: {"two random genotypes": expected_distance(space)} for title in measures}
    note = f"{len(space.genes)} genes of four networks"
    return study.figure("extra_hamming", over_iterations(found, measures, chance, note))


def to_final(one: Stored) -> list[int]:
    """The distance of each chunk's genotype to the last one's."""
    genomes = one.genomes()
    return [one.space.distance(genome, genomes[-1]) for genome in genomes]


def chosen(found: Sequence[Stored]) -> pd.DataFrame:
    """How often the searches chose each operation of a kind of layer, with Wilson's interval: share, low, high, n."""
    preset = found[0].space.preset
    kinds = {choices(kind, preset): kind for kind in SETS}
    counts = Counter((kinds[gene.choices], gene.name[0], gene.choices[index]) for one in found
                     for gene, index in zip(one.space.genes, one.genomes()[-1], strict=True))  # fmt: skip
    rows = []
    for kind in SETS:
        for network, layers in NETWORKS.items():
            every = choices(kind, preset)
            n = sum(counts[kind, network, name] for name in every)
            for name in every if n else ():
                share = wilson(counts[kind, network, name], n)
                rows.append({"kind": kind, "layers": layers, "operation": word(name), "share": share.value,
                             "low": share.low, "high": share.high, "n": n, "chance": 1 / len(every)})  # fmt: skip
    return pd.DataFrame(rows)


@where_searched
def extra_kernels(study: Study, found: list[Stored]) -> Figure:
    """Which operations the searches chose, a panel a kind of layer, beside the share of a random choice."""
    groups = list(chosen(found).groupby("kind", sort=False))
    fig, axes = plots.panels(len(groups), height=3.6)
    for (kind, part), ax in zip(groups, axes, strict=True):
        plots.intervals(part, "operation", "share", by="layers", reference=part["chance"].iloc[0], legend="below",
                        xlabel="share of layers", title=f"{kind} layers", ax=ax)  # fmt: skip
        ax.set_xlim(left=-0.02)
    plots.shared_legend(fig)
    layers = ", ".join(f"{n} {kind} of {layers}" for kind, part in groups
                       for layers, n in part.groupby("layers", sort=False)["n"].first().items())  # fmt: skip
    note = "dashed: random choice; bars: Wilson's interval, as if the layers of a search were independent"
    return study.figure("extra_kernels", plots.headed(fig, f"{note}\nlayers: {layers}\n{facts(found)}"))


def visited(found: Sequence[Stored]) -> tuple[pd.DataFrame, np.ndarray]:
    """Every stored genotype, a row each (set, scheme, progress in (0, 1]), and all as one-hot rows."""
    rows = [pd.DataFrame({"set": one.data, "scheme": one.scheme,
                          "progress": one.rows["iterations"] / one.rows["iterations"].iloc[-1]})
            for one in found]  # fmt: skip
    genomes = np.array([genome for one in found for genome in one.genomes()])
    counts = [len(gene.choices) for gene in found[0].space.genes]
    features = [np.eye(count)[column] for column, count in zip(genomes.T, counts, strict=True)]
    return pd.concat(rows, ignore_index=True), np.hstack(features)


@where_searched
def extra_tsne(study: Study, found: list[Stored]) -> Figure | None:
    """t-SNE of the genotypes of all searches from their first chunk (dark) to their last (bright), a panel a set."""
    frame, features = visited(found)
    if len(np.unique(features, axis=0)) < FEWEST:
        study.lack("extra_tsne", f"the searches passed fewer than {FEWEST} different genotypes")
        return None
    places = clusters.tsne(features, seed=0)
    frame[["x", "y"]] = places.places[places.place_of]
    once = frame.groupby(["set", "scheme", "x", "y"], sort=False)["progress"].agg(progress="min", count="size")
    figure = embedding(once.reset_index(), colour="progress", by="scheme", panel="set")
    return study.figure("extra_tsne", plots.headed(figure, f"t-SNE of one-hot genotypes\n{facts(found)}"))


PRODUCTS: tuple[Product, ...] = (extra_entropy, extra_hamming, extra_kernels, extra_tsne)
