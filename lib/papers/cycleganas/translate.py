"""Pictures of one's own: translated by the study's pair, by one searched and trained on a folder, or by a file's."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import Any

import pandas as pd
from matplotlib.figure import Figure
from torch import Tensor

from lib import weights
from lib.data import images
from lib.papers import one_cell
from lib.papers.cycleganas import computing, experiments, scores
from lib.papers.cycleganas import pair as pairs
from lib.papers.cycleganas.computing import Task
from lib.papers.cycleganas.experiments import Search, Training, called
from lib.papers.cycleganas.pair import Pair, Translated
from lib.papers.cycleganas.recipes import Recipe
from lib.papers.cycleganas.scores import Scores
from lib.papers.cycleganas.settings import Settings
from lib.papers.long_runs import CHECKPOINT, LongRun
from lib.papers.minutes import SAFE, SHARE, Rows, finished, left_to_train, own_run
from lib.paths import cache_dir, shown
from lib.report import architecture, plots, style
from lib.report.style import PAGE, styled
from lib.search import runs
from lib.search.progress import Told
from lib.search.record import Record, frame
from lib.search.runs import Run
from lib.search.workers import few_threads
from lib.spaces.cycleganas import CycleGanas
from lib.training.cyclegan import DIRECTIONS, CycleTrainer, CycleTraining

EPOCHS = {"search": 400, "train": 200}  # at most, as in the paper
PROBED, PROBE_SECONDS = 20, 3.0  # iterations that are timed, and for how long at most
ROWS, SAVED_SECONDS = 20, 20.0  # of a record at least; between two checkpoints at most
Model = Pair | str | Path | None


@dataclass(frozen=True, eq=False)
class Trained:
    """A pair trained on pictures of one's own, and how.

    In `curve` a row is a step of the search or the training (`part`): `iterations`, `g_loss`, `d_loss` and all others.
    `held_out` names, by domain, the training pictures that were kept for testing as the folder had none for that.
    `sheet` is a grid of test pictures a, G_A(a), G_B(G_A(a)), b, G_B(b), G_A(G_B(b)).
    """

    pair: Pair
    curve: pd.DataFrame
    folder: Path
    held_out: dict[str, tuple[str, ...]]
    sheet: Tensor

    @property
    def genotype(self) -> str:
        """The text of all four networks."""
        return self.pair.genotype

    def translate(self, pictures: Any, direction: str = "AtoB", *, side: int | None = None) -> Translated:
        """As the function `translate`, with this pair."""
        return translate(pictures, direction, model=self.pair, side=side)

    def save(self, path: str | Path) -> Path:
        """Write the pair as a file of `save_network`."""
        return self.pair.save(path)

    @styled
    def report(self) -> Figure:
        """Losses, translations of test pictures, and the networks."""
        figure = style.figure(PAGE, 8.6)
        axes = figure.subplot_mosaic([["losses", "sheet"], ["networks", "networks"]], height_ratios=[1, 1.6])
        losses = self.curve.melt(["iterations", "part"], ["g_loss", "d_loss"], "of", "loss")
        losses["of"] = losses["part"] + ": " + losses["of"].map({"g_loss": "generators", "d_loss": "discriminators"})
        plots.lines(losses, "iterations", "loss", "of", logy=True, legend="below", title="losses", markers=False,
                    ax=axes["losses"])  # fmt: skip
        held = ", held out" if self.held_out else ""
        axes["sheet"].imshow(images.to_uint8(self.sheet), interpolation="nearest")
        axes["sheet"].set(title=f"test pictures{held}: A, to B, back; B, to A, back", xticks=[], yticks=[])
        axes["sheet"].spines[:].set_visible(False)
        space = self.pair.space
        architecture.on(axes["networks"], space.decode(space.parse(self.genotype)).diagram())
        axes["networks"].set_title(f"H = {self.pair.G_A.H} and {self.pair.G_B.H}")
        return figure


def translate(pictures: Any, direction: str = "AtoB", *, model: Model = None, settings: Settings | None = None,
              side: int | None = None) -> Translated:  # fmt: skip
    """Pictures of one domain as pictures of the other, and what the other generator makes of these.

    `pictures` is the path of a picture or of a folder, a picture's name, a PIL image, an array (H, W, 3) of uint8 or
    floats in [0, 1], a tensor (N, 3, H, W) in [0, 1], or a list of such; grey and transparent ones are handled as in
    `images.load`. `model` is a pair, a file of `save_network`, or by default the pair that the study searched and
    trained on its showable set (photos are A, pen drawings B), made now unless it was before: `settings` are those of
    the notebook, or of the desk profile.

    A picture of any size is translated as a whole, its sides padded by reflection to multiples of 4, from 16 on, and
    cut again. Results are best near the side of the training pictures (`Pair.side`, 64 px in the desk profile): `side`
    (px) is what the shorter side is resized to before. Raises ValueError for an unknown direction, for what is no
    picture, and a file that is no network; MissingData or MissingWeights where training needs what is not there.
    """
    if direction not in DIRECTIONS:
        raise ValueError(f"direction is {direction!r}; allowed are {', '.join(DIRECTIONS)}")
    found = pairs.read(pictures, side)
    return _pair(model, settings).translate(found, direction)


def save_network(path: str | Path, *, model: Model = None, settings: Settings | None = None) -> Path:
    """Write both generators as one safetensors file, which `translate` takes; the path must end in .safetensors.

    Without a `model` they are searched and trained now unless they were before: with desk settings some 15 minutes,
    with those of larger profiles hours. The desk profile's pair learns from pictures that the packages bring; its
    scores need the weights of Lite0 (`fetch weights`). The search is kept in its run below `data/runs`, the training
    below `data/runs/cache` (`WORKBOOK_RUNS` moves both): what was stopped goes on, what is finished is not repeated.
    Raises as `translate`, and ValueError for a path that cannot be written, before any training.
    """
    path = one_cell.target(path)
    return _pair(model, settings).save(path)


def train(folder: str | Path, genotype: str = "search", minutes: float = 60.0, *,
          settings: Settings | None = None) -> Trained:  # fmt: skip
    """Search a pair for two unpaired sets of pictures and train it, within about so many minutes.

    `folder` has sub-folders trainA and trainB, and testA and testB; where a domain has none to test, the last tenth of
    its training pictures by name is held out (`held_out` names them). A set's key is allowed too. `genotype` is
    "search" (one step on all data, in half of the minutes), "cyclegan", or the text of a genotype, whose generators
    get a common width that gives them the size of the CycleGAN of width `controlled`. Everything else is as in
    `settings`, by default those of the desk profile; pictures are stretched to its side.

    First some iterations are timed: from that follows how many there will be, and with them how the learning rate
    falls. What was stopped goes on if called again, and what is finished is not computed again. Raises ValueError for
    minutes, a folder or a genotype that cannot be used, before any work; OutOfTime where the minutes were over too
    early (the same call continues), FloatingPointError where the training diverged.
    """
    one_cell.check_minutes(minutes)
    scores.loaded.cache_clear()  # the folder may hold others than before
    own = replace(settings or _desk(), profile="custom", data=[str(folder)], scheme_data=[], width_data=[],
                  control_data=[])  # fmt: skip
    space, known = experiments.space(own), Scores.of(own, str(folder))
    if genotype not in ("search", "cyclegan"):
        genotype = _parsed(space, genotype)
    found, rows = known.domains, dict[str, Rows]()
    with own_run("cycleganas", own, minutes, {called(str(folder)): found.sha256}, genotype=genotype) as run:
        if genotype == "search":
            rows["search"] = _searched(own, run, SHARE * 60 * minutes)
            genotype = str(rows["search"][-1]["config"]["genotype"])
        left = left_to_train(minutes, rows.get("search", []))
        sized = _sized(own, run, "train", left, lambda some: _training(some, genotype))
        training = _training(sized, genotype)
        rows["training"] = _finished(training, run.record, run.folder / CHECKPOINT, "training", own.seed)
    text = space.text(space.cyclegan) if genotype == "cyclegan" else genotype
    pair, held_out = Pair.of(text, training.gan), {part[-1]: found.names[part] for part in found.held_out}
    curve = pd.concat([frame(part).assign(part=name) for name, part in rows.items()], ignore_index=True)
    return Trained(pair, curve, run.folder, held_out, scores.sheet(known, pair))


def _parsed(space: CycleGanas, genotype: str) -> str:
    """A genotype's text as the space writes it; ValueError for what is none."""
    try:
        return space.text(space.parse(genotype))
    except ValueError as error:
        raise ValueError(
            f"genotype is {genotype!r}; allowed are search, cyclegan and a genotype's text ({error})"
        ) from error


def _searched(settings: Settings, run: Run, seconds: float) -> Rows:
    """The rows of the search of one step on all data, which has a record beside the run's own."""
    key = settings.data[0]
    sized = _sized(settings, run, "search", seconds, lambda some: computing.begin_search(_search(some, key).task))
    with Record.open(run.folder / "search.jsonl", {"part": "search"}) as log:
        return _rows_of_search(_search(sized, key), log, run.folder / "search.pt")


def _training(settings: Settings, genotype: str) -> CycleTraining:
    """The training of a genotype's text, or of `cyclegan`, at its beginning."""
    known, text, space = Scores.of(settings, settings.data[0]), genotype, experiments.space(settings)
    asked = Training(called(known.data), "N", settings.controlled, 0)
    if genotype == "cyclegan":
        text, asked = "", replace(asked, method="C")
    widths = experiments.widths(settings, asked, space.decode(space.parse(text) if text else space.cyclegan))
    return Recipe.of(settings, known.domains.larger, text, widths, 0).begin(known.domains)


def _sized(settings: Settings, run: Run, kind: str, seconds: float,
           begin: Callable[[Settings], CycleTrainer]) -> Settings:  # fmt: skip
    """The settings with as many iterations as take so many seconds here: measured once, then kept in a file."""
    most = EPOCHS[kind] * Scores.of(settings, settings.data[0]).domains.larger

    def measure() -> dict[str, int]:
        probe: dict[str, Any] = {f"{kind}_steps": PROBED + 1, "chunks": PROBED + 1}
        each = _pace(begin(replace(settings, **probe)))
        steps = min(most, max(2, int(SAFE * seconds / each)))
        together = max(1, min(steps // ROWS, int(SAVED_SECONDS / each)))
        return {f"{kind}_steps": steps, "chunks": min(10_000, math.ceil(steps / together))}

    return replace(settings, **one_cell.measured(run.folder / f"{kind}-size.json", measure))


def _pace(training: CycleTrainer) -> float:
    """Seconds of an iteration, the mean of some after a first one; each step of the training is one."""
    training.step()
    begin, count = perf_counter(), 0
    while count < PROBED and (not count or perf_counter() - begin < PROBE_SECONDS):
        training.step()
        count += 1
    return (perf_counter() - begin) / count


def _search(settings: Settings, key: str) -> LongRun:
    """The search with one step on all data of a set."""
    return computing.long_run(settings, Search(called(key), "OF", 0))


def _rows_of_search(one: LongRun, log: Record, checkpoint: Path) -> Rows:
    """The rows of a search, run or continued to its end; of a finished one no network is made."""
    if len(log.rows) >= one.steps:
        return sorted(log.rows, key=lambda row: row["k"])
    return _finished(computing.begin_search(one.task), log, checkpoint, "search", one.seed)


def _finished(training: CycleTrainer, log: Record, checkpoint: Path, what: str, seed: int) -> Rows:
    """The rows of a training, run or continued to its end."""
    iterations = training.gan.settings.iterations
    return finished(training, log, checkpoint, what, steps=training.steps, iterations=iterations, seed=seed)


def _pair(model: Model, settings: Settings | None) -> Pair:
    """The pair meant by `model`."""
    if isinstance(model, Pair):
        return model
    if model is None:
        return _studied(settings or _desk())
    return pairs.load(one_cell.network_file(model, "model") or Path(model))


def _studied(settings: Settings) -> Pair:
    """The pair that the study searched and trained at the controlled width, on its showable set where it has that."""
    key = "showable" if "showable" in settings.data else settings.data[0]
    one, space = _search(settings, key), experiments.space(settings)
    for name in computing.used_weights(settings):  # missing ones are named before any work
        weights.digest(name)
    with few_threads(settings.threads):  # as a study trains
        with runs.open_run(settings.profile, "cycleganas", one.name, one.identity) as run:
            text = str(_rows_of_search(one, run.record, run.folder / CHECKPOINT)[-1]["config"]["genotype"])
        asked = Training(called(key), "N", settings.controlled, 0, one.task.search)
        widths = experiments.widths(settings, asked, space.decode(space.parse(text)))
        with Told("the pair", f"iterations, kept in {shown(cache_dir())}") as told:
            made = computing.trained(Task(settings, key, asked.name, text, widths, training=asked), told)
    return Pair.of(text, made.training.gan)


def _desk() -> Settings:
    return one_cell.desk(Settings, "05_cycleganas")
