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
from lib.papers.cycleganas.scores import Scores
from lib.papers.cycleganas.settings import Settings
from lib.papers.long_runs import CHECKPOINT, LongRun
from lib.paths import cache_dir, shown
from lib.report import architecture, plots, provenance, style
from lib.report.style import PAGE, styled
from lib.search import runs
from lib.search.progress import Told
from lib.search.record import Record, frame
from lib.search.runs import OutOfTime, Run
from lib.search.workers import few_threads
from lib.spaces.cycleganas import CycleGanas
from lib.training import trainer
from lib.training.cyclegan import CycleTrainer, CycleTraining

SHARE = 0.5  # of the minutes for the search
SAFE = 0.85  # of the time that is planned for: what a slower hour may take
LEAST = 0.25  # of the minutes for the training, however long the search took
EPOCHS = {"search": 400, "train": 200}  # at most, as in the paper
PROBED, PROBE_SECONDS = 20, 3.0  # iterations that are timed, and for how long at most
ROWS, SAVED_SECONDS = 20, 20.0  # of a record at least; between two checkpoints at most


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
        """Losses, translations of test pictures, and both generators."""
        figure = style.figure(PAGE, 8.6)
        axes = figure.subplot_mosaic([["losses", "sheet"], ["G_A", "G_A"], ["G_B", "G_B"]], height_ratios=[1.3, 1, 1])
        who = {"generators": "g_loss", "discriminators": "d_loss"}
        curves = [pd.DataFrame({"iterations": rows["iterations"], "loss": rows[name], "of": f"{part}: {what}"})
                  for part, rows in self.curve.groupby("part", sort=False) for what, name in who.items()]  # fmt: skip
        plots.lines(pd.concat(curves), "iterations", "loss", "of", logy=True, legend="below", title="losses",
                    markers=False, ax=axes["losses"])  # fmt: skip
        held = ", held out" if self.held_out else ""
        axes["sheet"].imshow(images.to_uint8(self.sheet), interpolation="nearest")
        axes["sheet"].set(title=f"test pictures{held}: A, to B, back; B, to A, back", xticks=[], yticks=[])
        axes["sheet"].spines[:].set_visible(False)
        space = self.pair.space
        for name, there in (("G_A", "A to B"), ("G_B", "B to A")):
            genotype = getattr(space.decode(space.parse(self.genotype)), name)
            architecture.on(axes[name], genotype.diagram(there[0], there[-1]))
            axes[name].set_title(f"{name}, {there}, H = {getattr(self.pair, name).H}")
        return figure


def translate(pictures: Any, direction: str = "AtoB", *, model: Pair | str | Path | None = None,
              settings: Settings | None = None, side: int | None = None) -> Translated:  # fmt: skip
    """Pictures of one domain as pictures of the other, and what the other generator makes of these.

    `pictures` is the path of a picture or of a folder, a picture's name, a PIL image, an array (H, W, 3) of uint8 or
    floats in [0, 1], a tensor (N, 3, H, W) in [0, 1], or a list of such; grey and transparent ones are handled as in
    `images.load`. `model` is a pair, a file of `save_network`, or by default the pair that the study searched and
    trained on its showable set (photos are A, pen drawings B), made now unless it was before: `settings` are those of
    the notebook, or of the desk profile.

    A picture of any size is translated as a whole, its sides padded by reflection to multiples of 4, from 16 on, and
    cut again. Results are best near the side of the training pictures (`Pair.side`, 64 px in the desk profile): `side`
    (px) is what the shorter side is resized to before. Raises ValueError for an unknown direction, for what is no
    picture, too large a one, and a file that is no network; MissingData or MissingWeights where training needs what is
    not there.
    """
    pairs.check_direction(direction)
    found = pairs.read(pictures, side)
    return _pair(model, settings).translate(found, direction)


def save_network(path: str | Path, *, model: Pair | str | Path | None = None,
                 settings: Settings | None = None) -> Path:  # fmt: skip
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
    own = _own(str(folder), settings or _desk())
    space = experiments.space(own)
    if genotype not in ("search", "cyclegan"):
        if not isinstance(genotype, str) or len(genotype.split()) < 2:
            raise ValueError(f"unknown name {genotype!r}; allowed are search, cyclegan, or a genotype's text")
        genotype = space.text(space.parse(genotype))
    found = Scores.of(own, own.data[0]).domains
    identity = {"settings": own.identity() | {"data": found.sha256}, "genotype": genotype,
                "minutes": float(minutes)}  # fmt: skip
    with (
        runs.deadline(60 * minutes),
        few_threads(own.threads),
        runs.open_run("custom", "cycleganas", "own", identity) as run,
    ):
        return _Work(own, run, 60 * minutes).trained(genotype)


@dataclass(frozen=True)
class _Work:
    """Searching and training on the one set of the settings, in a run folder, for so many seconds."""

    settings: Settings
    run: Run
    seconds: float

    @property
    def scores(self) -> Scores:
        return Scores.of(self.settings, self.settings.data[0])

    def trained(self, genotype: str) -> Trained:
        """The pair at its end; its training has the run's record, the search one beside it."""
        searched = self._searched() if genotype == "search" else []
        if searched:
            genotype = str(searched[-1]["config"]["genotype"])
        seconds = min(runs.time_left(), self.seconds - sum(row["seconds"] for row in searched))
        sized = self._sized("train", max(LEAST * self.seconds, seconds), lambda own: self._training(own, genotype))
        training = self._training(sized, genotype)
        stored = _finished(training, self.run.record, self.run.folder / CHECKPOINT, "training", self.settings.seed)
        self._write_manifest([*searched, *stored])
        if genotype == "cyclegan":
            genotype = _cyclegan(self.settings)
        made = Pair.of(genotype, training.gan)
        curves = {name: frame(rows).assign(part=name) for name, rows in {"search": searched, "training": stored}.items()
                  if rows}  # fmt: skip
        found = self.scores.domains
        held = {part[-1]: found.names[part] for part in found.held_out}
        sheet = scores.sheet(self.scores, made)
        return Trained(made, pd.concat(curves.values(), ignore_index=True), self.run.folder, held, sheet)

    def _searched(self) -> list[dict[str, Any]]:
        """The rows of the finished search."""
        sized = self._sized("search", SHARE * self.seconds, lambda own: computing.begin_search(_search(own).task))
        with Record.open(self.run.folder / "search.jsonl", {"part": "search"}) as log:
            return _rows_of_search(_search(sized), log, self.run.folder / "search.pt")

    def _training(self, settings: Settings, genotype: str) -> CycleTraining:
        """The training of a genotype's text, or of `cyclegan`, at its beginning."""
        known, text = self.scores, "" if genotype == "cyclegan" else genotype
        space = experiments.space(settings)
        asked = Training(called(known.data), "N" if text else "C", settings.controlled, 0)
        widths = experiments.widths(settings, asked, space.decode(space.parse(text) if text else space.cyclegan))
        recipe = computing.recipe_of(settings, known, text, widths, 0)
        a, b = known.domains.train_a, known.domains.train_b
        return CycleTraining(recipe.networks(), recipe.settings, a, b, recipe.seed, chunk=recipe.chunk)

    def _sized(self, kind: str, seconds: float, begin: Callable[[Settings], CycleTrainer]) -> Settings:
        """The settings with as many iterations as take so many seconds here: measured once, then kept in a file."""
        found = self.scores.domains
        most = EPOCHS[kind] * max(len(found.train_a), len(found.train_b))

        def measure() -> dict[str, int]:
            probe: dict[str, Any] = {f"{kind}_steps": PROBED + 1, "chunks": PROBED + 1}
            each = _pace(begin(replace(self.settings, **probe)))
            steps = min(most, max(2, int(SAFE * seconds / each)))
            together = max(1, min(steps // ROWS, int(SAVED_SECONDS / each)))
            return {f"{kind}_steps": steps, "chunks": min(10_000, math.ceil(steps / together))}

        return replace(self.settings, **one_cell.measured(self.run.folder / f"{kind}-size.json", measure))

    def _write_manifest(self, rows: list[dict[str, Any]]) -> None:
        self.run.write_manifest(provenance.manifest(
            parameters=self.run.record.header["identity"], seeds=[self.settings.seed],
            data={called(self.settings.data[0]): self.scores.domains.sha256}, weights={},
            seconds=sum(row["seconds"] for row in rows),
        ))  # fmt: skip


def _own(key: str, settings: Settings) -> Settings:
    """The settings on a user's pictures, which are read anew: the folder may hold others than before."""
    scores.loaded.cache_clear()
    return replace(settings, profile="custom", data=[key], scheme_data=[], width_data=[], control_data=[])


def _search(settings: Settings, key: str = "") -> LongRun:
    """The search with one step on all data of a set, by default the first."""
    return computing.long_run(settings, Search(called(key or settings.data[0]), "OF", 0))


def _pace(training: CycleTrainer) -> float:
    """Seconds of an iteration, the mean of some after a first one; each step of the training is one."""
    training.step()
    begin, count = perf_counter(), 0
    while count < PROBED and (not count or perf_counter() - begin < PROBE_SECONDS):
        training.step()
        count += 1
    return (perf_counter() - begin) / count


def _rows_of_search(one: LongRun, log: Record, checkpoint: Path) -> list[dict[str, Any]]:
    """The rows of a search, run or continued to its end; of a finished one no network is made."""
    if len(log.rows) >= one.steps:
        return sorted(log.rows, key=lambda row: row["k"])
    return _finished(computing.begin_search(one.task), log, checkpoint, "search", one.seed)


def _finished(training: CycleTrainer, log: Record, checkpoint: Path, what: str, seed: int) -> list[dict[str, Any]]:
    """The rows of a training, run or continued to its end; OutOfTime where there was no time for that."""
    iterations = training.gan.settings.iterations
    with Told(f"the {what}", f"iterations, kept in {shown(checkpoint.parent)}") as told:
        trainer.run_training(training, training.steps, log, checkpoint, seed=seed, time_left=runs.time_left,
                             told=lambda: told(training.iteration, iterations))  # fmt: skip
    _check_finished(training, what)
    return sorted(log.rows, key=lambda row: row["k"])


def _check_finished(training: CycleTrainer, what: str) -> None:
    if (there := training.iteration) < (total := training.gan.settings.iterations):
        raise OutOfTime(f"the minutes are over and the {what} has {there} of {total} iterations; the same call, "
                        "with the same minutes, continues it")  # fmt: skip


def _pair(model: Pair | str | Path | None, settings: Settings | None) -> Pair:
    """The pair meant by `model`."""
    if isinstance(model, Pair):
        return model
    if model is None:
        return _studied(settings or _desk())
    if not isinstance(model, str | Path):
        raise ValueError(f"model is a {type(model).__name__}; allowed are a Pair, the path of its file, or None")
    return pairs.load(one_cell.network_file(Path(model)) or Path(model))


def _studied(settings: Settings) -> Pair:
    """The pair that the study searched and trained at the controlled width, on its showable set where it has that."""
    key = "showable" if "showable" in settings.data else settings.data[0]
    one, space = _search(settings, key), experiments.space(settings)
    for name in computing.used_weights(settings):  # missing ones are named before any work
        weights.digest(name)
    with few_threads(settings.threads):  # as a study trains
        with runs.open_run(settings.profile, "cycleganas", one.name, one.identity) as run:
            rows = _rows_of_search(one, run.record, run.folder / CHECKPOINT)
        text = str(rows[-1]["config"]["genotype"])
        asked = Training(called(key), "N", settings.controlled, 0, one.task.search)
        widths = experiments.widths(settings, asked, space.decode(space.parse(text)))
        with Told("the pair", f"iterations, kept in {shown(cache_dir())}") as told:
            made = computing.trained(Task(settings, key, asked.name, text, widths, training=asked), told)
    _check_finished(made.training, "training")
    return Pair.of(text, made.training.gan)


def _cyclegan(settings: Settings) -> str:
    """The text of CycleGAN's own pair."""
    space = CycleGanas(settings.blocks)
    return space.text(space.cyclegan)


def _desk() -> Settings:
    return one_cell.desk(Settings, "05_cycleganas")
