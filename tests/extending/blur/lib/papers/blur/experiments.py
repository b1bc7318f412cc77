"""The one part of the study: its evaluation, its plan, and the table and the figure that its record gives."""

from typing import Any

import pandas as pd
import torch
from matplotlib.figure import Figure

from lib.data import pictures
from lib.metrics.psnr import psnr
from lib.models.blur import BoxBlur
from lib.papers.blur.settings import Settings
from lib.papers.study import Study, needs
from lib.paths import paper_numbers
from lib.report import plots
from lib.search import loop
from lib.search.workers import Outcome
from lib.searchers.random_search import RandomSearch
from lib.spaces.base import Genome
from lib.spaces.blur import SPACE


def evaluate(settings: Settings, genome: Genome, seed: int) -> Outcome:
    """One candidate: its score is the negative PSNR (dB) on the noisy picture; the seed draws the noise."""
    clean = pictures.picture(settings.picture, side=settings.side)[None]
    noise = settings.noise * torch.randn(clean.shape, generator=torch.Generator().manual_seed(seed))
    found = psnr(BoxBlur(SPACE.decode(genome))((clean + noise).clamp(0, 1)), clean).item()
    return Outcome(-found, {"psnr": found})


def search(study: Study, settings: Settings, part: str) -> None:
    """Random search, with the same draws of noise for every candidate."""
    one, repeats = RandomSearch(SPACE, settings.seed), settings.repeats
    depends = {"side": settings.side, "noise": settings.noise}
    used = {settings.picture: pictures.info(settings.picture).sha256}
    with study.open_run(part, loop.identity(one, depends, repeats=repeats, pictures=used)) as run:
        loop.run_search(one, evaluate, settings, record=run.record, budget=settings.budget, repeats=repeats)
        study.export(run, part, {})


def plan(settings: Settings) -> list[dict[str, Any]]:
    """What the part would compute, for `--dry-run`."""
    rows = settings.budget * settings.repeats
    return [{"part": "search", "rows": rows, "flops": rows * 6e2 * settings.side**2, "data": [settings.picture]}]


@needs("search")
def table1(study: Study) -> pd.DataFrame:
    """The paper's PSNR of each blur beside ours, mean over the draws of noise."""
    return study.table("table1", _compared(study))


@needs("search")
def fig1(study: Study) -> Figure:
    """PSNR against the width, the paper's points hollow."""
    table = _compared(study).replace({"passes": {1: "once", 2: "twice"}})
    printed = table.assign(**{"ours: PSNR": table["paper: PSNR"], "label": "paper: " + table["passes"]})
    chart = plots.lines(table.dropna(), "width", "ours: PSNR", "passes", points=printed, xlabel="width, px",
                        ylabel="PSNR, dB")  # fmt: skip
    return study.figure("fig1", chart)


def _compared(study: Study) -> pd.DataFrame:
    rows = study.frame("search")
    found = [SPACE.decode(SPACE.parse(text)) for text in rows["genome"]]
    rows = rows.assign(width=[blur.width for blur in found], passes=[blur.passes for blur in found])
    ours = rows.rename(columns={"psnr": "ours: PSNR"}).groupby(["width", "passes"], as_index=False)["ours: PSNR"].mean()
    return pd.read_csv(paper_numbers("blur_table1")).merge(ours, how="left")
