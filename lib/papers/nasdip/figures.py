"""The paper's figures 1 to 8 and our own, drawn from records. Each returns None where its rows were not run."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import PurePath
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from lib.models.dip_classical import CLASSICAL
from lib.papers.nasdip import records
from lib.papers.nasdip.records import ORACLE, TASKS, Stored
from lib.papers.study import Study, needs
from lib.report import architecture, clusters, plots
from lib.report.pictures import image_grid
from lib.report.search import convergence, embedding
from lib.spaces.base import Genome
from lib.spaces.nasdip import NasDip

RIGHTS, ABSENT = "not shown: rights", "not computed in this profile"
SERIES = {"truth": "NAS-DIP", "random": "random search", "sym": "Sym NAS-DIP", "epochs": "NAS-DIP-T"}  # T: not all rows
PANELS = ("library", "plane", "zebra4")  # the rows of the paper's figure 4
COLUMNS = {"untouched": "input", "dip_matched": "DIP, matched", "winner": f"NAS-DIP{ORACLE}, fresh seed",
           "winner_own": "the same, seed of its search", "truth": "truth"}  # fmt: skip
LINES = {"dip_matched": "DIP, matched", "dip_scaled": "DIP 3x32"}  # dashed in figure 4; the second beside the best only
LIBRARY = {"telea": "Telea", "navier_stokes": "Navier-Stokes", "biharmonic": "biharmonic"}
PLACES = ("top", "middle", "bottom")
FEWEST = 5  # different networks that an embedding needs
FITNESS = "1 − LPIPS" + ORACLE
Shown = tuple[np.ndarray, str]  # a picture and its measures
Album = dict[tuple[str, str], Shown]


def album(study: Study) -> Album:
    """Every picture that may be shown, and its measures (none for the truth itself), by (row, what)."""
    found = {}
    for _, row in study.frame("pictures").iterrows():
        measured = f"{row['psnr']:.1f} dB, SSIM {row['ssim']:.2f}\nLPIPS {row['lpips_truth']:.3f}"
        picture = study.picture("pictures", row["artifacts"]["image"])
        if picture is not None:
            known = row["what"] != "truth" and np.isfinite(row["psnr"])
            found[row["row"], row["what"]] = picture, measured if known else ""
    return found


def _sheet(cells: list[list[Shown | None]], rows: list[str], columns: Iterable[str], **more: Any) -> Figure:
    """Pictures with their measures."""
    images = [[cell and cell[0] for cell in line] for line in cells]
    captions = [[cell[1] if cell else "" for cell in line] for line in cells]
    return image_grid(images, rows=rows, columns=list(columns), captions=captions, reason=ABSENT, **more)


def _restored(shown: Album, rows: Sequence[str], columns: Mapping[str, str], **more: Any) -> Figure:
    """Rows of the study in columns of what was done."""
    cells = [[shown.get((row, what)) for what in columns] for row in rows]
    names = [f"{records.title(row)}: {records.task(row)}" for row in rows]
    return _sheet(cells, names, columns.values(), **more)


def _rows(shown: Album, *wanted: str) -> list[str]:
    """The rows with a winner that may be shown, of the tasks wanted, in the order of these."""
    return [row for task in wanted for row, what in shown if what == "winner" and records.task(row) == task]


@needs("pictures")
def fig1(study: Study) -> Figure | None:
    """Denoising above inpainting: input, matched classical network, NAS-DIP, truth."""
    shown = album(study)
    rows = _rows(shown, "denoising", "inpainting")
    return study.figure("fig1", _restored(shown, rows, COLUMNS, cell=1.7)) if rows else None


def shown_winner(study: Study) -> Stored | None:
    """The search whose winner is drawn: the first of a row that may be shown, else the first of all."""
    found = records.stored(study, "truth")
    rows = _rows(album(study), *TASKS.values()) if study.has("pictures") else []
    return next((one for row in rows for one in found if one.search.row == row), found[0] if found else None)


def fig2(study: Study) -> Figure | None:
    """The genome of a winner, unit by unit, with its dead bits."""
    if (one := shown_winner(study)) is None:
        return None
    title = f"Best genome found for {records.title(one.search.row)}; bits in grey change nothing"
    return study.figure("fig2", architecture.genome(one.space.units_of(one.best), title))


def fig2_network(study: Study) -> Figure | None:
    """The same genome as a network."""
    if (one := shown_winner(study)) is None:
        return None
    return study.figure("fig2_network", architecture.draw(one.space.decode(one.best).diagram(), width=plots.PAGE * 0.7))


@needs("pictures")
def fig3(study: Study) -> Figure | None:
    """Top, middle and bottom individual of the first and the last generation, beside input and result."""
    shown = album(study)
    row = next((row for row, what in shown if what == "last_top"), None)
    if row is None:
        return None
    cells = [[shown.get((row, side)), *(shown.get((row, f"{when}_{place}")) for place in PLACES)]
             for when, side in (("first", "untouched"), ("last", "truth"))]  # fmt: skip
    grid = _sheet(cells, ["first generation", "last generation"], ["input, truth", *PLACES], cell=1.5,
                  title=f"NAS-DIP{ORACLE}, each with its search's own seed")  # fmt: skip
    return study.figure("fig3", grid)


def panel_rows(study: Study) -> list[str]:
    """One row a task: that of the paper's figure 4 where it was searched, else the first."""
    rows = records.rows_of(study, "truth")
    of_task = [[row for row in rows if records.task(row) == task] for task in TASKS.values()]
    return [next((row for row in found if row in PANELS), found[0]) for found in of_task if found]


def curves(study: Study, row: str) -> pd.DataFrame:
    """The generations of every search of a row in figure 4's series, with its seed.

    Random search has a generation's best and mean when it had trained as many networks as its twin had by then.
    """
    runs = records.stored(study, *SERIES, row=row)
    twins = {one.search.seed: one.generations for one in runs if one.search.part == "truth"}
    found = []
    for one in sorted(runs, key=lambda one: list(SERIES).index(one.search.part)):
        frame = twins[one.search.seed] if one.search.random else one.generations
        if one.search.random:
            fitness = one.rows.loc[one.trained, "fitness"]
            seen = [fitness.head(count) for count in frame["trainings"]]
            frame = frame.assign(fmax=[part.max() for part in seen], fmean=[part.mean() for part in seen])
        found.append(frame.assign(series=SERIES[one.search.part], seed=one.search.seed))
    return pd.concat(found)


def noise(study: Study, row: str) -> str:
    """Standard deviation of the LPIPS of one network under fresh seeds, pooled over a row's winners, as ` ±0.012`.

    Empty where no network had two fresh seeds.
    """
    frame = study.frame("rescored").query("row == @row") if study.has("rescored") else pd.DataFrame()
    spread = float(np.sqrt(frame.groupby("search")["lpips_truth"].var().mean())) if len(frame) else np.nan
    return f" ±{spread:.3f}" if np.isfinite(spread) else ""


def _note(band: bool, noisy: bool) -> str:
    """What lines, band and ± of a figure mean."""
    line = "line: mean of the seeds; band: lowest to highest" if band else "a line is one search"
    return line + "; ±: spread of one network's LPIPS under fresh seeds (1 s.d.)" * noisy


@needs("rescored", "baselines")
def fig4(study: Study) -> Figure | None:
    """Best fitness, and below it the mean of the valid, against the generation; band: lowest to highest seed.

    Series are equal in candidates, of which a symmetric search trains nearly all and an asymmetric one fewer. ± in a
    title is the standard deviation of one network's LPIPS under fresh seeds.
    """
    lines = records.arms(study).groupby(["row", "arm"])["lpips_truth"].mean()
    rows, parts = panel_rows(study), []
    spread, matched = {row: noise(study, row) for row in rows}, {}
    for column, title in (("fmax", "best"), ("fmean", "mean")):
        for row in rows:
            panel = f"{records.title(row)}: {title}{spread[row] if column == 'fmax' else ''}"
            matched[panel] = {label: 1 - lines[row, arm] for arm, label in LINES.items()
                              if (row, arm) in lines and (column, arm) != ("fmean", "dip_scaled")}  # fmt: skip
            parts.append(curves(study, row).rename(columns={column: "fitness"}).assign(panel=panel))
    if not parts:
        return None
    frame = pd.concat(parts)
    chart = convergence(frame, "generation", "fitness", "series", panel="panel", baselines=matched, columns=len(rows),
                        dashes=True, note=_note(frame["seed"].nunique() > 1, any(spread.values())), ylabel=FITNESS,
                        xlabel="generation (equal candidates)")  # fmt: skip
    return study.figure("fig4", chart)


def fig5a(study: Study) -> Figure | None:
    """t-SNE of the last population of a symmetric search on super-resolution, as bits and as canonical bits."""
    runs = [one for one in records.stored(study, "sym") if records.task(one.search.row) == "super-resolution"]
    members = runs[0].populations[-1].query("valid") if runs else pd.DataFrame()
    genomes = runs[0].genomes(members) if runs else []
    if len({runs[0].space.canonical(genome) for genome in genomes}) < FEWEST:
        study.lack("fig5a", f"needs the part sym on a row of super-resolution, with {FEWEST} networks in the end")
        return None
    frame = _embedded(runs[0].space, genomes, fitness=members["fitness"].to_numpy())
    return study.figure("fig5a", embedding(frame, colour="fitness", panel="t-SNE of"))


def _embedded(space: NasDip, genomes: Sequence[Genome], **columns: Any) -> pd.DataFrame:
    """Places of the genomes by their bits and by their canonical bits; columns: one value a genome.

    `count` says how many genomes are equal in place and columns.
    One seed: t-SNE starts from the principal components, so that another one changes nothing.
    """
    wide, parts = space.expanded, []
    bits = [space.expand(genome) for genome in genomes]
    for kind, chosen in (("bits", bits), ("canonical bits", [wide.canonical(genome) for genome in bits])):
        found = clusters.tsne(np.array(chosen, np.float32), seed=0)
        x, y = found.places[found.place_of].T
        frame = pd.DataFrame({"x": x, "y": y, **columns})
        counted = frame.groupby([*frame], sort=False).size().rename("count").reset_index()
        parts.append(counted.assign(**{"t-SNE of": kind}))
    return pd.concat(parts)


def fig5b(study: Study) -> Figure | None:
    """The published network beside the best one found for the same picture."""
    found = [one for one in records.stored(study, "truth") if records.title(one.search.row) in CLASSICAL]
    if not found:
        study.lack("fig5b", "needs a search on a row whose classical network is published")
        return None
    one = min(found, key=lambda one: (one.search.row != "zebra4", one.winner["score"]))
    name = records.title(one.search.row)
    drawn = {f"{name}: classical": CLASSICAL[name].architecture, "best found": one.space.decode(one.best)}
    return study.figure("fig5b", architecture.beside({title: network.diagram() for title, network in drawn.items()}))


def fig6(study: Study) -> Figure | None:
    """Best fitness against the generation at each mutation rate, of the seeds that all rates have."""
    swept = records.stored(study, "mutation")
    rows, seeds = records.rows_of(study, "mutation"), {one.search.seed for one in swept}
    runs = [one for one in (*swept, *records.stored(study, "truth"))
            if one.search.row in rows and one.search.seed in seeds]  # fmt: skip
    if not runs:
        return None
    runs.sort(key=lambda one: (rows.index(one.search.row), one.search.mutation_rate))
    spread = {row: noise(study, row) for row in rows}
    frame = pd.concat([
        one.generations.assign(row=f"{records.title(one.search.row)}{spread[one.search.row]}",
                               rate=f"rate {one.search.mutation_rate:g}", seed=one.search.seed) for one in runs
    ])  # fmt: skip
    note = _note(frame["seed"].nunique() > 1, any(spread.values()))
    chart = convergence(frame, "generation", "fmax", "rate", panel="row", dashes=True, note=note,
                        ylabel=f"best {FITNESS}")  # fmt: skip
    return study.figure("fig6", chart)


@needs("pictures")
def fig6_results(study: Study) -> Figure | None:
    """The winner at each mutation rate, where the pictures may be shown."""
    shown = album(study)
    rows = list(dict.fromkeys(row for row, what in shown if what.startswith("rate_")))
    if not rows:
        study.lack("fig6_results", "the swept rows' pictures may not be shown")
        return None
    searches = {one.search.mutation_rate: one.search.shown for one in records.stored(study, "truth", "mutation")}
    columns = {searches[rate]: f"rate {rate:g}{ORACLE}" for rate in sorted(searches)}
    columns = {"untouched": "input", **columns, "truth": "truth"}
    return study.figure("fig6_results", _restored(shown, rows, columns, cell=1.3))


@needs("pictures")
def fig7(study: Study) -> Figure | None:
    """Inpainting beside methods of two libraries, which stand in for the five that the paper shows."""
    shown = album(study)
    rows = _rows(shown, "inpainting")
    columns = {"untouched": COLUMNS["untouched"], **LIBRARY, **COLUMNS}
    return study.figure("fig7", _restored(shown, rows, columns, cell=1.3)) if rows else None


def artworks(study: Study) -> tuple[list[Stored], list[str]]:
    """The searches of figure 8, and the medium of each: the folder of its picture, or the drawn style itself."""
    found = records.stored(study, "artworks")
    return found, [(PurePath(one.search.row).parent.name or one.search.row).replace("_", " ") for one in found]


def fig8(study: Study) -> Figure | None:
    """t-SNE of the artworks' best networks by medium; figure 8's question is answered by claim C11, not by eye."""
    found, media = artworks(study)
    genomes = [one.best for one in found]
    if len({found[0].space.canonical(genome) for genome in genomes}) < FEWEST:
        study.lack("fig8", f"needs the part artworks, with {FEWEST} different networks")
        return None
    frame = _embedded(found[0].space, genomes, medium=media)
    return study.figure("fig8", embedding(frame, by="medium", panel="t-SNE of"))


@needs("pictures")
def fig8_samples(study: Study) -> Figure | None:
    """Restored artworks, a row a medium, where they may be shown."""
    shown, (found, media) = album(study), artworks(study)
    lines: dict[str, list[np.ndarray | str | None]] = {medium: [] for medium in media}
    for one, medium in zip(found, media, strict=True):
        lines[medium].append(shown.get((one.search.row, "artwork"), (None, ""))[0])
    if not any(what == "artwork" for _, what in shown):
        study.lack("fig8_samples", "no artwork was restored, or none may be shown")
        return None
    width = max(map(len, lines.values()))
    grid = [[*line, *[""] * (width - len(line))] for line in lines.values()]
    return study.figure("fig8_samples", image_grid(grid, rows=list(lines), reason=RIGHTS))


PRODUCTS: tuple[Callable[[Study], Figure | None], ...] = (
    fig1, fig2, fig2_network, fig3, fig4, fig5a, fig5b, fig6, fig6_results, fig7, fig8, fig8_samples,
)  # fmt: skip
