"""Pictures of any generator of the space, trained now or read from a file, and the networks' files."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torchvision.utils import make_grid

from lib import device
from lib.data import images
from lib.models.autogan import Generator
from lib.papers import one_cell
from lib.papers.autogan import computing, scores, store
from lib.papers.autogan.computing import Task
from lib.papers.autogan.experiments import SPACE
from lib.papers.autogan.scores import Scores
from lib.papers.autogan.settings import Settings
from lib.paths import cache_dir, shown
from lib.report.pictures import image_grid
from lib.report.style import Plot
from lib.search.progress import Told
from lib.search.workers import few_threads
from lib.spaces.base import Genome
from lib.training.gan import noise, pictures_of

WAY_OUT = 'data="patches" or a folder of your own pictures'
COLUMNS = 8  # of a grid
LIMITS = {"n": (1, 100_000), "seed": (0, 2**31 - 1)}  # pictures at once, what draws z
SIZES = {"width": (1, 4096), "latent": (1, 4096), "bottom": (1, 64)}  # allowed in a file


@dataclass(frozen=True)
class Network:
    """A trained generator, with the averaged weights, and its genome's text."""

    genome: str
    generator: Generator

    def pictures(self, n: int, seed: int) -> Tensor:
        """n pictures (n, 3, S, S) in [0, 1] on the CPU; z follows from the seed."""
        _check(n=n, seed=seed)
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
        return image_grid([[images.to_uint8(gridded(self.pictures))]], cell=4.0)

    def save(self, path: str | Path) -> Path:
        """Write the same as PNG, pixel for pixel, with gaps of 2 px."""
        return images.save(gridded(self.pictures), path)


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
    _check(n=n, seed=seed)
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


def _network(genome: str | Path, data: str | Path | None, settings: Settings | None) -> Network:
    if file := one_cell.network_file(genome):
        return _saved(file)
    known, chosen = SPACE.named(str(genome)), settings or desk()
    chosen = chosen if data is None else on(data, chosen)
    with few_threads(chosen.threads), one_cell.training_data(data, WAY_OUT):  # as many as a study trains with
        return trained(chosen, str(genome), known)


def trained(settings: Settings, name: str, genome: Genome) -> Network:
    """A genome's generator, trained as for table 1 unless it was before; OutOfTime where the given time is spent."""
    with Told(name, f"steps, kept in {shown(cache_dir())}") as told:
        made = computing.trained(Task(settings, name, genome, settings.derived_steps[0]), told)
    return Network(SPACE.text(genome), made.training.averaged().eval())


def _saved(path: Path) -> Network:
    """The network of a file; ValueError if it is none."""
    with one_cell.opened(path) as (state, facts):
        sizes = {name: one_cell.number(facts, name, *limits) for name, limits in SIZES.items()}
        with torch.device("meta"):  # nothing is drawn, and wrong sizes take no memory
            generator = Generator(SPACE.named(facts["genome"]), **sizes, skip_out=facts["skip_out"])
        generator.load_state_dict(state, assign=True)
        return Network(facts["genome"], generator.float().to(device.pick()).eval())


def desk() -> Settings:
    """The settings of the desk profile."""
    return one_cell.desk(Settings, "04_autogan")


def on(data: str | Path, settings: Settings) -> Settings:
    """The settings on other pictures, whose scores need labels or a pretrained network."""
    own = replace(settings, data=str(data), profile="custom")
    for kept in (scores.pictures, store.classifier):  # the folder may hold others than before
        kept.cache_clear()
    unlabelled = own.reward == "task" and Scores.of(own).shown().labels is None
    return replace(own, reward="lite0") if unlabelled else own


def gridded(pictures: Tensor, columns: int = COLUMNS) -> Tensor:
    """Pictures (n, 3, S, S) as one (3, H, W), so many a row, with white gaps of 2 px."""
    return make_grid(pictures, nrow=columns, padding=2, pad_value=1.0)


def _check(**numbers: Any) -> None:
    for name, value in numbers.items():
        low, high = LIMITS[name]
        if type(value) is not int or not low <= value <= high:
            raise ValueError(f"{name} is {value!r}; allowed are whole numbers from {low} to {high}")
