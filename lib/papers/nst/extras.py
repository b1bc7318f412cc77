"""Our own figures: the total-variation finding, forces, maps, searches, optimisers, and what is only shown."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from torch import Tensor

from lib.data import images
from lib.papers.nst import tables
from lib.papers.nst.ballot import Ballot
from lib.papers.nst.figures import LR, RIGHTS, first, group_rows, image
from lib.papers.nst.pareto import knee
from lib.papers.nst.settings import GROUPS, VOTE_RATES
from lib.papers.study import Study, needs
from lib.report import plots, statistics
from lib.report.heatmaps import heatmap
from lib.report.pictures import image_grid

PAPER_CELLS = {"figure 1": ("0.02", "1e-07"), "table 1": ("0.05", "2e-04")}  # learning rate, weight ratio
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
    settings = [name for name in dict.fromkeys(rows["setting"]) if tables.TINY_EPSILON not in name]
    sheet = [[_texture_image(study, rows, setting, group) for group in GROUPS] for setting in settings]
    chart = image_grid(sheet, rows=settings, columns=list(GROUPS), reason=RIGHTS, cell=1.8)
    return study.figure("extra_tv_pictures", chart)


def _texture_image(study: Study, rows: pd.DataFrame, setting: str, group: str) -> np.ndarray | None:
    """The picture of one setting and group, from whichever part computed it."""
    row = rows[(rows["setting"] == setting) & (rows["group"] == group)].iloc[0]
    part = "groups" if row["tv_weight"] == 30 and row["eps"] == 0.1 else "tv"
    return image(study, part, row)


@needs("groups")
def forces(study: Study) -> Figure:
    """How strong TV and epsilon are beside the other terms: Pi_tv and Pi_eps over the steps, by group."""
    rows = group_rows(study, "groups")
    parts = []
    for _, row in rows.iterrows():
        curves = row["curves"]
        rest = np.hypot(curves["gradient_style"], curves["gradient_content"])
        eps = row["eps"] * (512 / row["side"]) ** 2
        for name, value in (("TV", curves["gradient_tv"] / rest), ("epsilon", eps / rest)):
            parts.append(pd.DataFrame({"group": row["group"], "step": curves["step"], "ratio": value, "force": name}))
    frame = pd.concat(parts)
    fig, axes = plots.panels(2, sharey=True)
    for ax, name in zip(axes, ("TV", "epsilon"), strict=True):
        plots.lines(frame[frame["force"] == name], "step", "ratio", by="group", logy=True, hlines=[1.0],
                    ylabel=f"{name} / other gradients", ax=ax)  # fmt: skip
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
    fig, axes = plots.panels((2, 2), height=6.0)
    for ax, (name, label) in zip(axes, HEATMAPS.items(), strict=True):
        rates, ratios = list(dict.fromkeys(frame["lr"])), list(dict.fromkeys(frame["ratio"]))
        values = frame.pivot(index="lr", columns="ratio", values=name).loc[rates, ratios]
        heatmap(
            values, marks=marks, title=label, xlabel="style weight / content weight", ylabel=LR, legend="none", ax=ax
        )
    plots.shared_legend(fig)
    return study.figure("extra_heatmap", fig)


def front(study: Study) -> Figure | None:
    """The Pareto search's points and front beside random search, and hypervolume against trials."""
    found = tables.searches(study)
    if not found:
        return None
    frame = pd.concat(rows.assign(sampler=kind) for kind, rows in found.items())
    frame["front"] = statistics.pareto_front(frame[tables.POINT].to_numpy())
    growth = [
        {"sampler": kind, "trials": n, "hypervolume": statistics.hypervolume(rows[tables.POINT].to_numpy()[:n])}
        for kind, rows in found.items()
        for n in range(1, len(rows) + 1)
    ]
    fig, axes = plots.panels(2)
    plots.scatter(frame, "style_ratio", "content_ratio", by="sampler", front="front", xlabel="style left, Ls(T)/Ls(0)",
                  ylabel="content lost, Lc / Lc(unrelated)", ax=axes[0])  # fmt: skip
    plots.lines(pd.DataFrame(growth), "trials", "hypervolume", by="sampler", markers=False, ax=axes[1])
    return study.figure("extra_pareto", fig)


def knees(study: Study) -> Figure | None:
    """The picture at each search's knee, the point nearest to no style and no content loss."""
    found = tables.searches(study).items()
    rows = {kind: frame.iloc[knee(frame[tables.POINT].to_numpy())] for kind, frame in found}
    if not rows:
        return None
    names = [
        f"{kind}: lr {row['lr']:.2g}, ratio {row['ratio']:.1g}, TV {row['tv_weight']:.2g}" for kind, row in rows.items()
    ]
    cells = [image(study, f"pareto_{kind}", row) for kind, row in rows.items()]
    return study.figure("extra_pareto_knees", image_grid([cells], columns=names, reason=RIGHTS, cell=2.6))


@needs("optimisers")
def optimisers(study: Study) -> Figure:
    """Loss against evaluations of each optimiser at equal cost, without and with TV."""
    frame = study.frame("optimisers").query(
        "scale == 1 and optimiser != 'adam-scaled-eps' and (eps == 0.1 or eps == 0)"
    )
    parts = []
    for _, row in frame.iterrows():
        curve = row["curves"]["loss"]
        name = row["optimiser"] + (f" {row['lr']:g}" if row["optimiser"] == "adam" else "")
        tv = "without TV" if row["tv_weight"] == 0 else "with TV 30"
        parts.append(pd.DataFrame({"optimiser": name, "tv": tv, "evaluation": range(1, len(curve) + 1), "loss": curve}))
    tidy = pd.concat(parts).sort_values(["optimiser", "evaluation"])  # one order, so one colour an optimiser
    fig, axes = plots.panels(2, sharey=True)
    for ax, tv in zip(axes, ("without TV", "with TV 30"), strict=True):
        plots.lines(tidy[tidy["tv"] == tv], "evaluation", "loss", by="optimiser", logy=True, markers=False, title=tv,
                    ax=ax)  # fmt: skip
    plots.shared_legend(fig)
    return study.figure("extra_optimisers", fig)


@needs("presets")
def programs(study: Study) -> Figure:
    """The four published programs on one pair."""
    frame = study.frame("presets")
    pictures = [image(study, "presets", row) for _, row in frame.iterrows()]
    captions = [f"LPIPS {row['proxy_lpips_content']:.2f}, HF {row['hf']:.2f}" for _, row in frame.iterrows()]
    return study.figure("extra_presets", image_grid([pictures], columns=list(frame["preset"]), captions=[captions],
                                                    reason=RIGHTS, cell=1.7))  # fmt: skip


def show(picture: Tensor) -> Figure:
    """One picture (3, H, W) in [0, 1], not saved."""
    return image_grid([[images.to_uint8(picture)]], cell=3.0)


def ballot(study: Study) -> Ballot:
    """The voting widget over figure 3's pictures; it writes to this machine's votes file, never to the study."""
    frame = first(study.frame("rates"))
    frame = frame[[any(np.isclose(lr, other) for other in VOTE_RATES) for lr in frame["lr"]]]
    options = {f"lr-{row['lr']:g}": row for _, row in frame.iterrows()}
    pictures = {name: image(study, "rates", row, private=True) for name, row in options.items()}
    shown = {name: picture for name, picture in pictures.items() if picture is not None}
    rates = {name: float(options[name]["lr"]) for name in shown}
    return Ballot(
        shown, rates, str(frame["content"].iloc[0]), str(frame["style"].iloc[0]), seed=int(frame["seed"].iloc[0])
    )


PRODUCTS: tuple[Callable[[Study], Figure | None], ...] = (
    texture, texture_pictures, forces, maps, front, knees, optimisers, programs,
)  # fmt: skip
