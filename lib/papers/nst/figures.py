"""The paper's figures 1 to 7 and our own, drawn from records. Each returns None where its rows were not run."""

from collections.abc import Callable, Sequence
from functools import partial
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


def image(study: Study, part: str, row: pd.Series, *, private: bool = False) -> np.ndarray | None:
    """The finished picture of a row, None if it may not be shown or there is none."""
    name = row["artifacts"].get("image")  # a failed row has none
    return study.picture(part, name, private=private) if name else None


def first(frame: pd.DataFrame) -> pd.DataFrame:
    """Rows of the first repeat, whose pictures are kept."""
    return frame[frame["repeat"] == 0]


def _references(study: Study) -> dict[tuple[str, str], pd.Series]:
    """Rows of the untouched pictures by (role, name); none where that part was not run."""
    if not study.has("references"):
        return {}
    return {(row["role"], row["picture"]): row for _, row in study.frame("references").iterrows()}


@needs("grid")
def fig1(study: Study) -> Figure:
    """Styles by contents at one setting, originals in the margins; what may not be shown goes to a private sheet."""
    grid = study.frame("grid")
    if _private(study, grid):
        study.figure("fig1", _contact_sheet(study, grid, private=True), private=True)
    return study.figure("fig1", _contact_sheet(study, grid))


@needs("grid")
def fig1_losses(study: Study) -> Figure:
    """The share of the style loss left in each cell of figure 1."""
    grid = study.frame("grid")
    rows, columns = list(dict.fromkeys(grid["style"])), list(dict.fromkeys(grid["content"]))
    values = grid.pivot(index="style", columns="content", values="style_ratio").loc[rows, columns]
    return study.figure("extra_fig1_losses", heatmap(values, label="Ls(T)/Ls(0)", log=True))


def _private(study: Study, grid: pd.DataFrame) -> bool:
    """Whether some of the pictures may not be shown."""
    return any(image(study, "grid", row) is None for _, row in grid.iterrows())


def _contact_sheet(study: Study, grid: pd.DataFrame, *, private: bool = False) -> Figure:
    """Rows are styles, columns contents; styles that may not be shown at all are left out of the public sheet."""
    originals, contents = _references(study), list(dict.fromkeys(grid["content"]))
    cells = {(row["style"], row["content"]): image(study, "grid", row, private=private) for _, row in grid.iterrows()}
    styles = [style for style in dict.fromkeys(grid["style"]) if any(cells[style, c] is not None for c in contents)]

    def original(role: str, name: str) -> np.ndarray | str | None:
        row = originals.get((role, name))
        return "not computed" if row is None else image(study, "references", row, private=private)

    sheet: list[list[Any]] = [["", *(original("content", content) for content in contents)]]
    sheet += [[original("style", style), *(cells[style, content] for content in contents)] for style in styles]
    return image_grid(sheet, rows=["", *styles], columns=["style", *contents], reason=RIGHTS)


@needs("rates")
def fig2(study: Study) -> Figure:
    """Both losses against the learning rate, ours and the paper's as read under A."""
    ours = tables.ours_pairs(study.frame("rates"))
    paper = tables.printed().query("group == 'G2'").drop_duplicates(["lr", "falling"])
    fig, axes = plots.panels(2)
    for ax, falling, column, label in ((axes[0], True, "style_loss", "style loss Ls"),
                                       (axes[1], False, "content_loss", "content loss Lc")):  # fmt: skip
        points = paper[paper["falling"] == falling].rename(columns={"value_unweighted_reading_a": column})
        points = points.assign(label="paper, reading A (512 px)")
        plots.lines(ours, "lr", column, points=points, logx=True, logy=True, xlabel=LR, ylabel=label, ax=ax)
    return study.figure("fig2", fig)


@needs("rates")
def steps(study: Study) -> Figure:
    """Style loss against the step, one line a learning rate."""
    curves = _curves(first(study.frame("rates")), "style")
    return study.figure("extra_steps", plots.lines(curves, "step", "value", by="lr", logy=True, ylabel="style loss Ls"))


def _curves(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """A curve of each row as tidy rows: lr, step, value."""
    parts = [
        pd.DataFrame({"lr": row["lr"], "step": row["curves"]["step"], "value": row["curves"][name]})
        for _, row in frame.iterrows()
    ]
    return pd.concat(parts, ignore_index=True)


@needs("rates")
def fig3(study: Study) -> Figure | None:
    """The same content and style at the learning rates of the paper's figure 3, and at 0.02."""
    frame = first(study.frame("rates"))
    rows = [frame[np.isclose(frame["lr"], lr)].iloc[0] for lr in VOTE_RATES if np.isclose(frame["lr"], lr).any()]
    if not rows:
        study.lack("fig3", f"rates holds none of {', '.join(map(str, VOTE_RATES))}")
        return None
    pictures = [image(study, "rates", row) for row in rows]
    captions = [f"Ls/Ls(0) = {row['style_ratio']:.3f}\nLPIPS {row['proxy_lpips_content']:.2f}" for row in rows]
    return study.figure("fig3", image_grid([pictures], columns=[f"lr {row['lr']:g}" for row in rows],
                                           captions=[captions], reason=RIGHTS, cell=1.7))  # fmt: skip


@needs("rates")
def fig4(study: Study) -> Figure:
    """Model-based proxies against how much style is left to transfer, in place of the paper's vote."""
    frame = proxies(study)
    shown = {name: title for name, title in PROXIES.items() if name in frame}
    named = [any(np.isclose(lr, other) for other in VOTE_RATES) for lr in frame["lr"]]
    frame["name"] = [f"{lr:g}" if show else "" for lr, show in zip(frame["lr"], named, strict=True)]
    fig, axes = plots.panels(((len(shown) + 2) // 3, 3))
    for ax, (name, title) in zip(axes, shown.items(), strict=False):
        plots.scatter(frame, "style_ratio", name, label="name", logx=True, xlabel="style left, Ls(T)/Ls(0)",
                      ylabel=f"{title} (proxy)", ax=ax)  # fmt: skip
    for ax in axes[len(shown) :]:
        ax.set_visible(False)
    return study.figure("fig4", fig)


def proxies(study: Study) -> pd.DataFrame:
    """The sweep's first repeats with every proxy that was computed."""
    frame = first(study.frame("rates"))
    if study.has("naturalness"):
        frame = frame.merge(study.frame("naturalness")[["k", "proxy_nss"]], on="k", how="left")
    return frame


def votes(study: Study) -> Figure | None:
    """Win shares and Bradley-Terry strengths of the real votes that were kept with the study."""
    figure = poll.figure(poll.summary(ballots.read(study.records / VOTES)))
    if figure is None:
        study.lack("extra_votes", "no votes yet; cast some in the notebook's last section")
        return None
    return study.figure("extra_votes", figure)


def group_rows(study: Study, part: str) -> pd.DataFrame:
    """The three groups at the texture rate, first repeat."""
    frame = tables.with_groups(study.frame(part))
    rate = study.frame("tv")["lr"].iloc[0] if part == "groups" and study.has("tv") else frame["lr"].max()
    return first(frame[frame["lr"] == rate])


def _spectra(frame: pd.DataFrame, references: dict[str, pd.Series], label: str) -> pd.DataFrame:
    """Radial spectra as tidy rows: picture, frequency (cycles a pixel), power."""
    named = {**{str(row[label]): row for _, row in frame.iterrows()}, **references}
    parts = []
    for name, row in named.items():
        power = row["curves"]["spectrum"]
        frequency = np.arange(1, len(power) + 1) / (2 * len(power))
        parts.append(pd.DataFrame({"picture": name, "frequency": frequency, "power": power}))
    return pd.concat(parts, ignore_index=True)


def _originals(study: Study, rows: pd.DataFrame) -> dict[str, pd.Series]:
    """The content's and the style's own rows, for reference lines."""
    known, keys = _references(study), {role: (role, rows[role].iloc[0]) for role in ("content", "style")}
    return {role: known[key] for role, key in keys.items() if key in known}


@needs("groups")
def fig5(study: Study) -> Figure | None:
    """One picture a weight group with an enlarged part."""
    rows = group_rows(study, "groups")
    return _group_crops(study, "fig5", rows, [image(study, "groups", row) for _, row in rows.iterrows()])


@needs("groups")
def fig5_spectra(study: Study) -> Figure:
    """Radial spectra of the groups' pictures, with the content's and the style's own."""
    rows = group_rows(study, "groups")
    originals = _originals(study, rows)
    spectra = _spectra(rows, originals, "group")
    return study.figure("fig5_spectra", plots.spectra(spectra, references=list(originals)))


def _group_crops(study: Study, name: str, rows: pd.DataFrame, pictures: Sequence[np.ndarray | None]) -> Figure | None:
    """Pictures of the groups above enlarged parts; noted as missing where one may not be shown."""
    if any(picture is None for picture in pictures):
        study.lack(name, "the pictures may not be shown")
        return None
    titles = [
        f"{row['group']}: weights {row['style_weight']:g}, {row['content_weight']:g}" for _, row in rows.iterrows()
    ]
    captions = [f"HF {row['hf']:.3f}, R2 {row['r2']:.2f}" for _, row in rows.iterrows()]
    shown = [picture for picture in pictures if picture is not None]
    return study.figure(name, crops(shown, columns=titles, captions=captions, zoom=4, centre=(0.4, 0.4), cell=2.2))


def _halved(picture: np.ndarray) -> np.ndarray:
    """The picture at half its resolution, enlarged again."""
    return images.to_uint8(half_resolution(images.from_uint8(picture)[None], 2)[0])


@needs("groups")
def fig6(study: Study) -> Figure:
    """Each group before and after halving its resolution."""
    return _before_after(study, "fig6", "groups")


@needs("second")
def fig7(study: Study) -> Figure:
    """Figure 6 with a second style."""
    return _before_after(study, "fig7", "second")


def _before_after(study: Study, name: str, part: str) -> Figure:
    """Two rows of pictures: as finished, and after half resolution."""
    rows = group_rows(study, part)
    pictures = [image(study, part, row) for _, row in rows.iterrows()]
    halved = [None if picture is None else _halved(picture) for picture in pictures]
    captions = [
        [f"HF {row['hf']:.3f}" for _, row in rows.iterrows()],
        [f"R2 {row['r2']:.3f}" for _, row in rows.iterrows()],
    ]
    columns = list(rows["group"])
    sheet = image_grid([pictures, halved], rows=["finished", "half resolution"], columns=columns, captions=captions,
                       reason=RIGHTS, cell=2.0)  # fmt: skip
    return study.figure(name, sheet)


def residuals(study: Study, part: str = "groups") -> Figure | None:
    """R2 and R4 of each group, mean and range over the repeats; `part` is groups (figure 6) or second (figure 7)."""
    if not study.has(part):
        return None
    frame = tables.with_groups(study.frame(part))
    frame = frame[frame["lr"] == group_rows(study, part)["lr"].iloc[0]]
    tidy = frame.melt(["group", "repeat"], ["r2", "r4"], "factor", "residual")
    tidy["factor"] = tidy["factor"].map({"r2": "factor 2", "r4": "factor 4"})
    grouped = tidy.groupby(["factor", "group"], as_index=False)["residual"].agg(["mean", "min", "max"])
    chart = plots.bars(grouped, "group", "mean", by="factor", error=("min", "max"), xlabel="weight group",
                       ylabel="energy lost")  # fmt: skip
    return study.figure({"groups": "fig6_residuals", "second": "fig7_residuals"}[part], chart)


PRODUCTS: tuple[Callable[[Study], Figure | None], ...] = (
    fig1, fig1_losses, fig2, steps, fig3, fig4, votes, fig5, fig5_spectra, fig6, residuals, fig7,
    partial(residuals, part="second"),
)  # fmt: skip
