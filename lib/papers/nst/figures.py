"""The paper's figures 1 to 7, drawn from records. Each returns None where its rows were not run."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from lib.data import images
from lib.metrics.texture import half_resolution
from lib.papers.nst import poll, tables
from lib.papers.nst import votes as ballots
from lib.papers.nst.settings import VOTE_RATES
from lib.papers.study import Study, needs
from lib.report import plots
from lib.report.heatmaps import heatmap
from lib.report.pictures import crops, image_grid

RIGHTS = "not shown: rights"
VOTES = "votes.csv"  # among the records
LR = "learning rate"
PROXIES = {
    "proxy_lpips_content": "LPIPS to content", "proxy_tv_ratio": "TV / TV of content", "proxy_hf_excess": "HF excess",
    "proxy_artfid1": "ArtFID, one image", "proxy_nss": "distance to photos",
}  # fmt: skip
Picture = np.ndarray | None  # (H, W, 3) uint8; None where it may not be shown, or there is none
Product = Callable[[Study], Figure | None]


def image(study: Study, part: str, row: Any, *, private: bool = False) -> Picture:
    """The finished picture of a row."""
    return study.picture(part, row["artifacts"]["image"], private=private)


def pictures(study: Study, part: str, rows: pd.DataFrame) -> list[Picture]:
    """The finished pictures of rows."""
    return [image(study, part, row) for row in rows.to_dict("records")]


def captions(rows: pd.DataFrame, text: str) -> list[str]:
    """A caption a row: the text with its values."""
    return [text.format_map(row) for row in rows.to_dict("records")]


def first(frame: pd.DataFrame) -> pd.DataFrame:
    """Rows of the first repeat, whose pictures are kept."""
    return frame[frame["repeat"] == 0]


def curves(frame: pd.DataFrame, **names: str) -> pd.DataFrame:
    """One row a point of each row's curves; `names` gives the columns and the curves that they hold."""
    lists = {column: [each[name] for each in frame["curves"]] for column, name in names.items()}
    return frame.assign(**lists).explode(list(lists), ignore_index=True).astype(dict.fromkeys(lists, float))


def _references(study: Study) -> dict[tuple[str, str], dict[Any, Any]]:
    """Rows of the untouched pictures by (role, name); none where that part was not run."""
    rows = study.frame("references").to_dict("records") if study.has("references") else []
    return {(row["role"], row["picture"]): row for row in rows}


@needs("grid")
def fig1(study: Study) -> Figure:
    """Styles by contents at one setting, originals in the margins; what may not be shown goes to a private sheet."""
    if any(picture is None for picture in pictures(study, "grid", study.frame("grid"))):
        study.figure("fig1", _contact_sheet(study, private=True), private=True)
    return study.figure("fig1", _contact_sheet(study))


def _contact_sheet(study: Study, *, private: bool = False) -> Figure:
    """Rows are styles, columns contents; styles that may not be shown at all are left out of the public sheet."""
    grid, originals = study.frame("grid"), _references(study)
    cells = {(row["style"], row["content"]): image(study, "grid", row, private=private)
             for row in grid.to_dict("records")}  # fmt: skip
    contents = list(grid["content"].unique())
    styles = [style for style in grid["style"].unique() if any(cells[style, c] is not None for c in contents)]

    def original(role: str, name: str) -> np.ndarray | str | None:
        row = originals.get((role, name))
        return "not computed" if row is None else image(study, "references", row, private=private)

    sheet: list[list[Any]] = [["", *(original("content", content) for content in contents)]]
    sheet += [[original("style", style), *(cells[style, content] for content in contents)] for style in styles]
    return image_grid(sheet, rows=["", *styles], columns=["style", *contents], reason=RIGHTS)


@needs("grid")
def fig1_losses(study: Study) -> Figure:
    """The share of the style loss left in each cell of figure 1."""
    grid = study.frame("grid")
    values = grid.pivot(index="style", columns="content", values="style_ratio")
    values = values.loc[grid["style"].unique(), grid["content"].unique()]
    return study.figure("extra_fig1_losses", heatmap(values, label="Ls(T)/Ls(0)", log=True))


@needs("rates")
def fig2(study: Study) -> Figure:
    """Both losses against the learning rate, ours and the paper's as read under A."""
    ours = tables.sweep(study).reset_index()
    paper = pd.concat([tables.printed("table1"), tables.printed("table2").query("group == 'G2'")])
    fig, axes = plots.panels(2)
    for ax, column, label in zip(axes, ("style_loss", "content_loss"), ("style loss Ls", "content loss Lc"),
                                 strict=True):  # fmt: skip
        points = paper[paper["metric_reading_a"] == column].rename(columns={"value_unweighted_reading_a": column})
        points = points.assign(label="paper, reading A (512 px)")
        plots.lines(ours, "lr", column, points=points, logx=True, logy=True, xlabel=LR, ylabel=label, ax=ax)
    plots.shared_legend(fig)
    return study.figure("fig2", fig)


@needs("rates")
def steps(study: Study) -> Figure:
    """Style loss against the step, one line a learning rate."""
    tidy = curves(first(study.frame("rates")), step="step", value="style")
    return study.figure("extra_steps", plots.lines(tidy, "step", "value", by="lr", logy=True, ylabel="style loss Ls"))


def vote_rows(study: Study) -> pd.DataFrame:
    """The sweep's rows at the learning rates of figures 3 and 4."""
    frame = first(study.frame("rates"))
    return frame[frame["lr"].isin(VOTE_RATES)]


@needs("rates")
def fig3(study: Study) -> Figure | None:
    """The same content and style at the learning rates of the paper's figure 3, and at 0.02."""
    rows = vote_rows(study)
    if rows.empty:
        study.lack("fig3", f"rates holds none of {', '.join(map(str, VOTE_RATES))}")
        return None
    texts = captions(rows, "Ls/Ls(0) = {style_ratio:.3f}\nLPIPS {proxy_lpips_content:.2f}")
    return study.figure("fig3", image_grid([pictures(study, "rates", rows)], columns=captions(rows, "lr {lr:g}"),
                                           captions=[texts], reason=RIGHTS, cell=1.7))  # fmt: skip


@needs("rates")
def fig4(study: Study) -> Figure:
    """Model-based proxies against how much style is left to transfer, in place of the paper's vote."""
    frame = proxies(study)
    shown = {name: title for name, title in PROXIES.items() if name in frame}
    rate = frame["lr"].map("lr {:g}".format).where(frame["lr"].isin(VOTE_RATES), "other learning rates")
    frame = frame.assign(rate=rate).sort_values("rate", key=lambda rates: rates.str.startswith("other"), kind="stable")
    fig, axes = plots.panels(((len(shown) + 2) // 3, 3))
    for ax, (name, title) in zip(axes, shown.items(), strict=False):
        plots.scatter(frame, "style_ratio", name, by="rate", logx=True, xlabel="style left, Ls(T)/Ls(0)",
                      ylabel=f"{title} (proxy)", ax=ax)  # fmt: skip
    for ax in axes[len(shown) :]:
        ax.set_visible(False)
    plots.shared_legend(fig)
    return study.figure("fig4", fig)


def proxies(study: Study) -> pd.DataFrame:
    """The sweep's first repeats with every proxy that was computed."""
    frame = first(study.frame("rates"))
    if study.has("naturalness"):
        frame = frame.merge(study.frame("naturalness")[["k", "proxy_nss"]], on="k", how="left")
    return frame


def votes(study: Study) -> Figure | None:
    """Win shares and Bradley-Terry strengths of the real votes that were kept with the study."""
    figure = poll.figure(ballots.real(ballots.read(study.records / VOTES)))
    if figure is None:
        study.lack("extra_votes", "no votes yet; cast some in the notebook's last section")
        return None
    return study.figure("extra_votes", figure)


@needs("groups")
def fig5(study: Study) -> Figure | None:
    """One picture a weight group with an enlarged part."""
    rows = first(tables.group_rows(study, "groups"))
    shown = [picture for picture in pictures(study, "groups", rows) if picture is not None]
    if len(shown) < len(rows):
        study.lack("fig5", "the pictures may not be shown")
        return None
    titles = captions(rows, "{group}: weights {style_weight:g}, {content_weight:g}")
    chart = crops(shown, columns=titles, captions=captions(rows, "HF {hf:.3f}, R2 {r2:.2f}"), zoom=4,
                  centre=(0.4, 0.4), cell=2.2)  # fmt: skip
    return study.figure("fig5", chart)


@needs("groups")
def fig5_spectra(study: Study) -> Figure:
    """Radial spectra of the groups' pictures, with the content's and the style's own."""
    rows, known = first(tables.group_rows(study, "groups")), _references(study)
    keys = [(role, rows[role].iloc[0]) for role in ("content", "style")]
    originals = {key[0]: known[key]["curves"] for key in keys if key in known}
    named = [*zip(rows["group"], rows["curves"], strict=True), *originals.items()]
    tidy = curves(pd.DataFrame(named, columns=["picture", "curves"]), power="spectrum")
    rings = tidy.groupby("picture")["power"]
    tidy["frequency"] = (rings.cumcount() + 1) / (2 * rings.transform("size"))  # cycles a pixel
    return study.figure("fig5_spectra", plots.spectra(tidy, references=list(originals)))


def _before_after(name: str, part: str) -> Product:
    """The figure of each group before and after halving its resolution."""

    @needs(part, name=name)
    def draw(study: Study) -> Figure:
        rows = first(tables.group_rows(study, part))
        finished = pictures(study, part, rows)
        tensors = [None if picture is None else images.from_uint8(picture)[None] for picture in finished]
        halved = [None if x is None else images.to_uint8(half_resolution(x, 2)[0]) for x in tensors]
        texts = [captions(rows, "HF {hf:.3f}"), captions(rows, "R2 {r2:.3f}")]
        return study.figure(name, image_grid([finished, halved], rows=["finished", "half resolution"], cell=2.0,
                                             columns=list(rows["group"]), captions=texts, reason=RIGHTS))  # fmt: skip

    return draw


def _residuals(name: str, part: str) -> Product:
    """The figure of what halving and quartering the resolution takes: R2 and R4, mean and range over the repeats."""

    @needs(part, name=name)
    def draw(study: Study) -> Figure:
        rows = tables.group_rows(study, part).rename(columns={"r2": "factor 2", "r4": "factor 4"})
        tidy = rows.melt(["group"], ["factor 2", "factor 4"], "factor", "residual")
        grouped = tidy.groupby(["factor", "group"], as_index=False)["residual"].agg(["mean", "min", "max"])
        return study.figure(name, plots.bars(grouped, "group", "mean", by="factor", error=("min", "max"),
                                             xlabel="weight group", ylabel="energy lost"))  # fmt: skip

    return draw


fig6, fig6_residuals = _before_after("fig6", "groups"), _residuals("fig6_residuals", "groups")
fig7, fig7_residuals = _before_after("fig7", "second"), _residuals("fig7_residuals", "second")  # of a second style
PRODUCTS: tuple[Product, ...] = (
    fig1, fig1_losses, fig2, steps, fig3, fig4, votes, fig5, fig5_spectra, fig6, fig6_residuals, fig7, fig7_residuals,
)  # fmt: skip
