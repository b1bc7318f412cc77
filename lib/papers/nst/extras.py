"""Our own figures: the total-variation finding, forces, maps, searches, optimisers, and what is only shown."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from torch import Tensor

from lib.data import images
from lib.papers.nst import tables
from lib.papers.nst.ballot import Ballot
from lib.papers.nst.figures import LR, RIGHTS, captions, curves, first, image, pictures, vote_rows
from lib.papers.nst.pareto import POINT, knee
from lib.papers.nst.settings import GROUPS, TV, compensation
from lib.papers.study import Study, needs
from lib.report import plots, statistics
from lib.report.heatmaps import heatmap
from lib.report.pictures import image_grid

PAPER_CELLS = {"figure 1": ("0.02", "1e-07"), "table 1": ("0.05", "2e-04")}  # learning rate, weight ratio
SAMPLERS = {"tpe": "TPE", "random": "random search"}
HEATMAPS = {
    "style_ratio": "Ls(T)/Ls(0)", "thousands": "content loss Lc / 1000", "hf": "HF ratio",
    "proxy_lpips_content": "LPIPS to content",
}  # fmt: skip


@needs("groups", "tv")
def texture(study: Study) -> Figure:
    """The study's finding: the texture follows the magnitude only while TV keeps its fixed weight."""
    grouped = tables.texture_rows(study).groupby(["setting", "group"], as_index=False)["hf"].agg(["mean", "min", "max"])
    chart = plots.bars(grouped, "setting", "mean", by="group", error=("min", "max"), xlabel="",
                       ylabel="HF ratio (fine texture)", width=plots.PAGE)  # fmt: skip
    return study.figure("extra_tv", chart)


@needs("groups", "tv")
def texture_pictures(study: Study) -> Figure:
    """The pictures behind it: a row a setting of TV, a column a weight group."""
    rows = first(tables.texture_rows(study))
    settings, sheet = [tables.FIXED_TV, tables.SCALED_TV, tables.NO_TV], []
    for setting in settings:
        found = rows[rows["setting"] == setting].set_index("group").loc[list(GROUPS)].to_dict("records")
        sheet.append([image(study, "groups" if row["tv_weight"] == TV else "tv", row) for row in found])
    chart = image_grid(sheet, rows=settings, columns=list(GROUPS), reason=RIGHTS, cell=1.8)
    return study.figure("extra_tv_pictures", chart)


@needs("groups")
def forces(study: Study) -> Figure:
    """How strong TV and epsilon are beside the other terms: Pi_tv and Pi_eps over the steps, by group."""
    rows = first(tables.group_rows(study, "groups"))
    tidy = curves(rows, step="step", pull="gradient_style", hold="gradient_content", smooth="gradient_tv")
    rest = np.hypot(tidy["pull"], tidy["hold"])
    tidy = tidy.assign(TV=tidy["smooth"] / rest, epsilon=tidy["eps"] * compensation(tidy["side"]) / rest)
    fig, axes = plots.panels(2, sharey=True)
    for ax, name in zip(axes, ("TV", "epsilon"), strict=True):
        plots.lines(tidy, "step", name, by="group", logy=True, hlines=[1.0], ylabel=f"{name} / other gradients", ax=ax)
    return study.figure("extra_forces", fig)


@needs("heatmap")
def maps(study: Study) -> Figure:
    """Learning rate by weight ratio: style and content left, fine texture, and LPIPS to the content."""
    frame = study.frame("heatmap")
    frame["ratio"] = (frame["style_weight"] / frame["content_weight"]).map("{:.0e}".format)
    frame["lr"] = frame["lr"].map("{:g}".format)
    frame["thousands"] = frame["content_loss"] / 1000
    cells = list(zip(frame["lr"], frame["ratio"], strict=True))
    marks = {
        "least style loss": cells[int(frame["style_loss"].argmin())],
        "least ArtFID proxy": cells[int(frame["proxy_artfid1"].argmin())],
        **{name: cell for name, cell in PAPER_CELLS.items() if cell in cells},
    }
    orders = frame["lr"].unique(), frame["ratio"].unique()
    fig, axes = plots.panels((2, 2), height=6.0)
    for ax, (name, label) in zip(axes, HEATMAPS.items(), strict=True):
        values = frame.pivot(index="lr", columns="ratio", values=name).loc[*orders]
        heatmap(values, marks=marks, title=label, xlabel="style weight / content weight", ylabel=LR, ax=ax)
    plots.shared_legend(fig)
    return study.figure("extra_heatmap", fig)


def front(study: Study) -> Figure | None:
    """The Pareto search's points and front beside random search, and hypervolume against trials."""
    found = _searches(study)
    if not found:
        return None
    frame = pd.concat(rows.assign(sampler=SAMPLERS[kind]) for kind, rows in found.items())
    growth = [
        {"sampler": SAMPLERS[kind], "trials": n, "hypervolume": statistics.hypervolume(rows[POINT].to_numpy()[:n])}
        for kind, rows in found.items()
        for n in range(1, len(rows) + 1)
    ]
    fig, axes = plots.panels(2)
    plots.scatter(frame, POINT[0], POINT[1], by="sampler", front=True, xlabel="style left, Ls(T)/Ls(0)",
                  ylabel="content lost, Lc / Lc(unrelated)", ax=axes[0])  # fmt: skip
    plots.lines(pd.DataFrame(growth), "trials", "hypervolume", by="sampler", markers=False, ax=axes[1])
    return study.figure("extra_pareto", fig)


def knees(study: Study) -> Figure | None:
    """The picture at each search's knee, the point nearest to no style and no content loss."""
    rows = {kind: frame.iloc[knee(frame[POINT].to_numpy())] for kind, frame in _searches(study).items()}
    if not rows:
        return None
    names = [
        f"{SAMPLERS[kind]}: lr {row['lr']:.2g}, ratio {row['ratio']:.1g}, TV {row['tv_weight']:.2g}"
        for kind, row in rows.items()
    ]
    cells = [image(study, f"pareto_{kind}", row) for kind, row in rows.items()]
    return study.figure("extra_pareto_knees", image_grid([cells], columns=names, reason=RIGHTS, cell=2.6))


def _searches(study: Study) -> dict[str, pd.DataFrame]:
    """The rows of the Pareto search and of random search, by sampler, as far as they were run."""
    return {kind: study.frame(f"pareto_{kind}") for kind in SAMPLERS if study.has(f"pareto_{kind}")}


@needs("optimisers")
def optimisers(study: Study) -> Figure:
    """Loss against evaluations of each optimiser at equal cost, without and with TV."""
    frame = study.frame("optimisers").query("scale == 1 and optimiser != 'adam-scaled-eps' and eps != 1e-8")
    rates = frame["lr"].map(" {:g}".format).where(frame["optimiser"] == "adam", "")
    tidy = curves(frame.assign(optimiser=frame["optimiser"] + rates), loss="loss")
    tidy["evaluation"] = tidy.groupby(["optimiser", "tv_weight"]).cumcount() + 1
    tidy = tidy.sort_values(["optimiser", "evaluation"])  # one order, so one colour an optimiser
    fig, axes = plots.panels(2, sharey=True)
    for ax, (tv, title) in zip(axes, {0.0: "without TV", TV: "with TV 30"}.items(), strict=True):
        plots.lines(tidy[tidy["tv_weight"] == tv], "evaluation", "loss", by="optimiser", logy=True, markers=False,
                    title=title, ax=ax)  # fmt: skip
    plots.shared_legend(fig)
    return study.figure("extra_optimisers", fig)


@needs("presets")
def programs(study: Study) -> Figure:
    """The four published programs on one pair."""
    frame = study.frame("presets")
    texts = captions(frame, "LPIPS {proxy_lpips_content:.2f}, HF {hf:.2f}")
    return study.figure("extra_presets", image_grid([pictures(study, "presets", frame)], columns=list(frame["preset"]),
                                                    captions=[texts], reason=RIGHTS, cell=1.7))  # fmt: skip


def show(picture: Tensor) -> Figure:
    """One picture (3, H, W) in [0, 1], not saved."""
    return image_grid([[images.to_uint8(picture)]], cell=3.0)


def ballot(study: Study) -> Ballot:
    """The voting widget over figure 3's pictures; it writes to this machine's votes file, never to the study."""
    rows = {f"lr-{row['lr']:g}": row for row in vote_rows(study).to_dict("records")}
    shown = {name: image(study, "rates", row, private=True) for name, row in rows.items()}
    options = {name: picture for name, picture in shown.items() if picture is not None}
    one = study.frame("rates").iloc[0]
    return Ballot(options, {name: row["lr"] for name, row in rows.items()}, one["content"], one["style"],
                  seed=int(one["seed"]))  # fmt: skip


PRODUCTS: tuple[Callable[[Study], Figure | None], ...] = (
    texture, texture_pictures, forces, maps, front, knees, optimisers, programs,
)  # fmt: skip
