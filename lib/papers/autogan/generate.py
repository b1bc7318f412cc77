"""Pictures of one's own: of any generator of the space, of one searched for a folder of pictures, or from a file."""

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from torch import Tensor
from torchvision.utils import make_grid

from lib import device, weights
from lib.data import images
from lib.metrics import distribution
from lib.models.autogan import Generator
from lib.papers import one_cell
from lib.papers.autogan import computing, experiments, planning, scores, store
from lib.papers.autogan.computing import N_CRITIC, Task
from lib.papers.autogan.experiments import SPACE, Search
from lib.papers.autogan.scores import Scores
from lib.papers.autogan.settings import Settings
from lib.paths import cache_dir, shown
from lib.report import architecture, plots, provenance
from lib.report.pictures import image_grid
from lib.report.style import Plot, styled
from lib.search import runs
from lib.search.deadline import OutOfTime, deadline, time_left
from lib.search.progress import Told
from lib.search.runs import Run
from lib.search.workers import few_threads
from lib.spaces.base import Genome
from lib.training import trainer
from lib.training.autogan_search import AutoGanSearch
from lib.training.gan import noise, pictures_of

WAY_OUT = 'data="patches" or a folder of your own pictures'
COLUMNS = 8  # of a grid
MOST = 100_000  # pictures at once
SHARE = 0.5  # of the minutes for the search
ENOUGH, AT_MOST = 6, 90  # iterations: below, each is made smaller; at most as many as in the paper
PROBED = 16  # pictures of the children that are timed
SEARCH = Search("mlas", 0, "is")
SIZES = {"width": (1, 4096), "latent": (1, 4096), "bottom": (1, 64)}  # allowed in a file


@dataclass(frozen=True)
class Network:
    """A trained generator, with the averaged weights, and its genome's text."""

    genome: str
    generator: Generator

    def pictures(self, n: int, seed: int) -> Tensor:
        """n pictures (n, 3, S, S) in [0, 1] on the CPU; z follows from the seed."""
        _check_count("n", n, 1, MOST)
        _check_count("seed", seed, 0, 2**31 - 1)
        z = noise(n, self.generator.latent, torch.Generator().manual_seed(seed))
        return torch.cat([batch.cpu() for batch in pictures_of(self.generator, z)])

    def save(self, path: str | Path) -> Path:
        """Write the network as one safetensors file, which `generate` takes."""
        facts = {name: str(getattr(self.generator, name)) for name in (*SIZES, "skip_out")}
        return one_cell.save(path, self.generator.state_dict(), {"genome": self.genome, **facts})


@dataclass(frozen=True)
class Generated:
    """Unpicked pictures (n, 3, S, S) in [0, 1] of a generator, and its genome's text."""

    pictures: Tensor
    genome: str

    def __repr__(self) -> str:
        count, _, height, width = self.pictures.shape
        return f"Generated, {count} pictures of {width} x {height} pixels by {self.genome}; see grid() and save(path)"

    def _repr_png_(self) -> tuple[bytes, dict[str, int]]:
        return self.grid()._repr_png_()

    def grid(self) -> Plot:
        """All pictures, eight a row."""
        return image_grid([[images.to_uint8(_gridded(self.pictures))]], cell=4.0)

    def save(self, path: str | Path) -> Path:
        """Write the same as PNG, pixel for pixel, with gaps of 2 px."""
        return images.save(_gridded(self.pictures), path)


@dataclass(frozen=True)
class Found:
    """What a search on one's own pictures found: the best genome's text, its generator, the search row by row.

    In `curve` a row is an iteration: `reward_mean` of its children, `greedy_is` of the controller's favourite child,
    `stage`, `resolution` and more.
    """

    genome: str
    network: Network
    curve: pd.DataFrame
    folder: Path
    score: str  # what the rewards are, e.g. IS-lite0
    g_iters: int  # generator's steps of the training after the search

    def generate(self, n: int = 64, seed: int = 0) -> Generated:
        """Unpicked pictures of the best generator."""
        return Generated(self.network.pictures(n, seed), self.genome)

    def save(self, path: str | Path) -> Path:
        """Write the generator as a file of `save_network`."""
        return self.network.save(path)

    @styled
    def report(self) -> Figure:
        """Rewards by iteration, the architecture, and 16 unpicked pictures."""
        figure, (left, middle, right) = plots.panels(3, height=4.2)
        kinds = {"mean of the children": "reward_mean", "the controller's favourite": "greedy_is"}
        curves = [pd.DataFrame({"iteration": self.curve["k"] + 1, "score": self.curve[name], "what": what})
                  for what, name in kinds.items()]  # fmt: skip
        grown = self.curve.index[self.curve["grown"].astype(bool)] + 1.5
        plots.lines(pd.concat(curves), "iteration", "score", "what", ylabel=self.score, vlines=list(grown),
                    legend="below", title="search", ax=left)  # fmt: skip
        left.xaxis.set_major_locator(MaxNLocator(integer=True))
        architecture.on(middle, SPACE.decode(SPACE.parse(self.genome)).diagram(self.network.generator.bottom))
        right.imshow(images.to_uint8(_gridded(self.network.pictures(16, 0), 4)), interpolation="nearest")
        middle.set_title("best generator")
        right.set(title=f"its pictures after {self.g_iters:,} steps", xticks=[], yticks=[])
        right.spines[:].set_visible(False)
        return figure


def generate(genome: str | Path = "a", n: int = 64, *, data: str | Path | None = None,
             settings: Settings | None = None, seed: int = 0) -> Generated:  # fmt: skip
    """Unpicked pictures of a generator.

    `genome` is a network's name (a, b, c, sngan) or its text, trained now unless it was before (minutes; see
    `save_network`), or a file of `save_network`. `data` is what it is trained on: `patches` (of bundled
    photos, which need no download), `cifar10` or another data set, or a folder of your own pictures; by default what
    `settings` say. These say how it is trained: the notebook's, or by default those of the desk profile. `seed` draws
    z. Raises ValueError for an unknown genome, a file that is no network and numbers out of range, MissingData or
    MissingWeights where training needs what is not there.
    """
    _check_count("n", n, 1, MOST)
    _check_count("seed", seed, 0, 2**31 - 1)
    network = _network(genome, data, settings)
    return Generated(network.pictures(n, seed), network.genome)


def save_network(path: str | Path, genome: str | Path = "a", *, data: str | Path | None = None,
                 settings: Settings | None = None) -> Path:  # fmt: skip
    """Write a generator as one safetensors file, which `generate` takes; the path must end in .safetensors.

    It is trained now unless it was before: with desk settings some 5 minutes, with those of larger profiles hours. That
    needs the pictures of `data`, as for `generate`, and where these have no classes the weights of Lite0 (`fetch
    weights`), which scores it on the way. What was trained is kept below `data/runs/cache` (`WORKBOOK_RUNS` moves it):
    a training that was stopped goes on, a finished one is not repeated. Raises as `generate`, and ValueError for a path
    that cannot be written, before any training.
    """
    path = one_cell.target(path)
    return _network(genome, data, settings).save(path)


def search(folder: str | Path, minutes: float, *, settings: Settings | None = None, side: int = 32) -> Found:
    """Search a generator for the pictures of a folder, then train the best one, within about so many minutes.

    Pictures are cut and shrunk to `side` px (16, 32, 48, 64). Where they lie in sub-folders, these are their classes,
    and a classifier trained on them gives the rewards if `settings` say `task`; else Lite0 does. The first minutes
    measure this machine; from that follows how many iterations, steps and pictures the search has, so that it takes
    half of the time, and how many steps the training, so that it takes the rest. Everything else is as in `settings`,
    by default those of the desk profile. What was stopped goes on if called again; what is finished is not computed
    again.

    Raises ValueError for a folder with fewer than two pictures, pictures smaller than `side` and numbers out of range,
    OutOfTime where the minutes were too few for the search: the same call continues it.
    """
    one_cell.check_minutes(minutes)
    chosen = _own(Path(folder), settings or _desk(), side)
    known = Scores.of(chosen)
    used = {name: weights.digest(name) for name in computing.used_weights(chosen)}
    identity = {"settings": chosen.identity() | {"data": known.shown().sha256}, "minutes": float(minutes),
                "weights": used}  # fmt: skip
    with few_threads(chosen.threads), runs.open_run("custom", "autogan", "own", identity) as run:
        with deadline(60 * minutes):
            network = known.network(known.reward)  # trained or loaded first, as it is no part of the pace
            sizes = one_cell.measured(run.folder / "sizes.json", lambda: _fitting(chosen, 60 * minutes, _pace(chosen)))
            sized = replace(chosen, **sizes)
            curve = _searched(sized, run)
        genome = str(curve["beams"].iloc[-1][0])
        made, steps = _trained(sized, "the best generator", SPACE.parse(genome)), sized.derived_steps[0]
        run.write_manifest(provenance.manifest(
            parameters=identity, seeds=[sized.seed], data={sized.data: known.shown().sha256},
            weights=used, seconds=curve["seconds"].sum(),
        ))  # fmt: skip
        return Found(genome, made, curve, run.folder, distribution.score_name("IS", network.name), steps)


def _own(folder: Path, settings: Settings, side: int) -> Settings:
    """The settings on a user's pictures, which are read here; rewards need labels or a pretrained network."""
    if not folder.is_dir():
        raise ValueError(f"{shown(folder)} is no folder; pictures are searched for in one")
    own = _on(folder, replace(settings, side=side))
    return replace(own, features=own.reward)


def _on(data: str | Path | None, settings: Settings) -> Settings:
    """The settings on other pictures, whose scores need labels or a pretrained network."""
    if data is None:
        return settings
    own = replace(settings, data=str(data), profile="custom")
    for kept in (scores.pictures, store.classifier):  # the folder may hold others than before
        kept.cache_clear()
    unlabelled = own.reward == "task" and Scores.of(own).shown().labels is None
    return replace(own, reward="lite0") if unlabelled else own


def _opened(settings: Settings) -> AutoGanSearch:
    """A search at its beginning; the favourite child has an inception score alone, as in a reward."""
    known, gan = Scores.of(settings), computing.gan_settings(settings, derived=False)
    reward = scores.reward(known, "is")
    return AutoGanSearch(
        replace(experiments.plan(settings, SEARCH), control=0), gan,
        lambda side: known.shown(side).pixels.to(gan.device), reward,
        lambda made, side: {"is": reward(made, side)}, settings.seed,
    )  # fmt: skip


def _searched(settings: Settings, run: Run) -> pd.DataFrame:
    """The rows of the search, run or continued to its end."""
    with Told("the search", f"iterations, kept in {shown(run.folder)}") as told:
        done = trainer.run_training(
            _opened(settings), settings.iterations, run.record, run.folder / "checkpoint.pt", seed=settings.seed,
            time_left=time_left, told=lambda: told(len(run.record.rows), settings.iterations),
        )  # fmt: skip
    if not done:
        there = f"{len(run.record.rows)} of {settings.iterations} iterations"
        raise OutOfTime(f"the minutes are over and the search has {there}; "
                        "the same call, with the same minutes, continues it")  # fmt: skip
    return run.record.frame()


def _pace(settings: Settings) -> list[tuple[float, float]]:
    """Seconds of a discriminator's step, with its share of a generator's, and of a scored picture, in each stage."""
    steps, found, before = 2 * N_CRITIC, [], 0.0
    probe = _shrunk(settings, 0.0) | {"stages": [1, 1, 1], "shared_steps": steps, "reward_images": PROBED}
    searching = _opened(replace(settings, **probe))
    for _ in range(3):
        metrics = searching.step().metrics
        scored, before = metrics["reward_images"] - before, metrics["reward_images"]
        found.append((metrics["seconds_gan"] / steps, metrics["seconds_reward"] / scored))
    return found


def _fitting(settings: Settings, seconds: float, pace: list[tuple[float, float]]) -> dict[str, Any]:
    """The sizes of a search and a training of about so many seconds: as many iterations of the settings' size as fit,
    or enough smaller ones, as many in each stage."""
    for halvings in range(8):
        sizes = _shrunk(settings, 0.5**halvings)
        ends = sizes["reward_images"] * sum(scored for _, scored in pace) * sizes["beams"][0]
        mean = sum(
            sizes["shared_steps"] * step + (children * sizes["reward_images"] + sizes["images"]) * scored
            for (step, scored), children in zip(pace, sizes["controller_steps"], strict=True)
        ) / len(pace)
        if (count := min(AT_MOST, int((SHARE * seconds - ends) / mean))) >= ENOUGH:
            break
    one = N_CRITIC * pace[-1][0] * planning.training(settings) / planning.training(settings, derived=False)
    steps = computing.SCORED * max(1, int((1 - SHARE) * seconds / one / computing.SCORED))
    return {**sizes, "stages": [max(1, (count + rest) // 3) for rest in range(3)], "derived_steps": [steps] * 3}


def _shrunk(settings: Settings, share: float) -> dict[str, Any]:
    """The sizes that make an iteration cost about this share."""
    root = math.sqrt(share)
    scored, candidates = max(2, int(root * settings.reward_images)), max(2, int(root * settings.beams[0]))
    return {
        "shared_steps": max(N_CRITIC, int(share * settings.shared_steps)),
        "controller_steps": [max(1, int(root * steps)) for steps in settings.controller_steps],
        "reward_images": scored, "images": scored, "beams": [candidates, min(settings.beams[1], candidates)],
    }  # fmt: skip


def _network(genome: str | Path, data: str | Path | None, settings: Settings | None) -> Network:
    if file := one_cell.network_file(genome):
        return _saved(file)
    known, chosen = SPACE.named(str(genome)), _on(data, settings or _desk())
    with few_threads(chosen.threads), one_cell.training_data(data, WAY_OUT):  # as many as a study trains with
        return _trained(chosen, str(genome), known)


def _trained(settings: Settings, name: str, genome: Genome) -> Network:
    with Told(name, f"steps, kept in {shown(cache_dir())}") as told:
        made = computing.trained(Task(settings, name, genome, settings.derived_steps[0]), told)
    return Network(SPACE.text(genome), made.training.averaged().eval())


def _desk() -> Settings:
    return one_cell.desk(Settings, "04_autogan")


def _saved(path: Path) -> Network:
    """The network of a file; ValueError if it is none."""
    with one_cell.opened(path) as (state, facts):
        sizes = {name: one_cell.number(facts, name, *limits) for name, limits in SIZES.items()}
        with torch.device("meta"):  # nothing is drawn, and wrong sizes take no memory
            generator = Generator(SPACE.named(facts["genome"]), **sizes, skip_out=facts["skip_out"])
        generator.load_state_dict(state, assign=True)
        return Network(facts["genome"], generator.float().to(device.pick()).eval())


def _check_count(name: str, value: Any, low: int, high: int) -> None:
    if type(value) is not int or not low <= value <= high:
        raise ValueError(f"{name} is {value!r}; allowed are whole numbers from {low} to {high}")


def _gridded(pictures: Tensor, columns: int = COLUMNS) -> Tensor:
    return make_grid(pictures, nrow=columns, padding=2, pad_value=1.0)
