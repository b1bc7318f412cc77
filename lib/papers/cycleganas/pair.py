"""Two trained generators that translate pictures of any kind and size, and their file."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from lib import device
from lib.data import images, pictures, registry
from lib.metrics import check
from lib.models.cyclegan import Generator
from lib.papers import one_cell
from lib.report.interactive import Comparison
from lib.report.pictures import image_grid
from lib.report.style import Plot
from lib.spaces.cycleganas import PRESETS, CycleGanas, GeneratorGenotype
from lib.training.cyclegan import DIRECTIONS, CycleGan

MULTIPLE, SMALLEST = 4, 16  # px that sides are padded to
SHOWN = 12  # rows of a figure
LIMITS = {"blocks": (1, 64), "H_A": (1, 1024), "H_B": (1, 1024), "side": (32, 4096)}  # allowed in a file
Named = list[tuple[str, Tensor]]  # pictures (3, H, W) in [0, 1] under their names


def read(given: Any, side: int | None = None) -> Named:
    """Pictures of whatever `translate` takes, their shorter side at `side` px where that is given.

    Raises ValueError for what is no picture and for none; as `images.load` for files.
    """
    one_cell.check_side(side)
    found = [(name, images.fitted(picture, side, "short")) for name, picture in _read(given)]
    if not found:
        raise ValueError("pictures is empty; give one or more")
    return found


def _read(given: Any) -> Named:
    if isinstance(given, Tensor):
        batch = check.images(given[None] if given.ndim == 3 else given, "pictures")
        return [("picture", picture) for picture in batch.float().cpu()]
    if isinstance(given, list | tuple):
        return [one for part in given for one in _read(part)]
    if isinstance(given, Image.Image | np.ndarray):
        return [("picture", images.of(given))]
    if not isinstance(given, str | Path):
        raise ValueError(f"pictures is a {type(given).__name__}; allowed are paths, PIL images, arrays and tensors")
    if Path(given).expanduser().is_dir():
        return [(file.stem, images.load(file)) for file in registry.folder(given)]
    return [(Path(given).stem, pictures.picture(given))]


@dataclass(frozen=True, eq=False)
class Translated:
    """Pictures, their translations, and what the other generator makes of these: each (3, H, W) in [0, 1]."""

    names: list[str]
    pictures: list[Tensor]
    translations: list[Tensor]
    reconstructions: list[Tensor]
    direction: str

    def __repr__(self) -> str:
        return f"Translated {self.direction}, pictures: {len(self.names)}; see grid(), slide() and save(path)"

    def _repr_png_(self) -> tuple[bytes, dict[str, int]]:
        return self.grid()._repr_png_()

    def grid(self) -> Plot:
        """A row a picture, at most twelve: as given, translated, and back."""
        columns = self.pictures[:SHOWN], self.translations[:SHOWN], self.reconstructions[:SHOWN]
        rows = [[images.to_uint8(picture) for picture in row] for row in zip(*columns, strict=True)]
        here, there = self.direction.split("to")
        cut = f"the first {SHOWN} of {len(self.names)}" if len(self.names) > SHOWN else ""
        return image_grid(rows, columns=[f"{here}, given", f"{there}, translated", f"{here} again"], title=cut)

    def slide(self, number: int = 0) -> Comparison:
        """One of the pictures, the first by default, under a slider that uncovers its translation."""
        given, made = (images.to_uint8(found[number]) for found in (self.pictures, self.translations))
        return Comparison(given, made, ("given", "translated"))

    def save(self, folder: str | Path) -> Path:
        """Write the translations as PNG into a folder, and return it."""
        for place, (name, picture) in enumerate(zip(self.names, self.translations, strict=True)):
            images.save(picture, Path(folder) / f"{place:03}-{name}.png")
        return Path(folder)


@dataclass(frozen=True, eq=False)
class Pair:
    """G_A, which translates pictures of domain A to B, and G_B; `genotype` is the text of all four networks."""

    genotype: str
    G_A: Generator
    G_B: Generator
    side: int  # px of the pictures that it was trained on

    @classmethod
    def of(cls, genotype: str, gan: CycleGan) -> "Pair":
        """The trained generators."""
        G_A, G_B = (gan.networks[name].float().eval() for name in DIRECTIONS.values())
        assert isinstance(G_A, Generator)
        assert isinstance(G_B, Generator)
        return cls(genotype, G_A, G_B, gan.settings.side)

    @property
    def space(self) -> CycleGanas:
        """The space of its genotype."""
        return CycleGanas(self.G_A.blocks, "repo" if "stem" in self.G_A.slots else "paper")

    @torch.no_grad()
    def __call__(self, batch: Tensor, direction: str) -> Tensor:
        """The translations (N, 3, H, W) in [0, 1], on the CPU, of pictures (N, 3, H, W) in [0, 1] of any size."""
        generator = getattr(self, DIRECTIONS[direction])
        height, width = batch.shape[2:]
        whole = one_cell.padded(batch.to(next(generator.parameters()).device), MULTIPLE, SMALLEST)
        made: Tensor = generator(2 * whole - 1)[..., :height, :width]
        return made.add(1).div(2).cpu()

    def translate(self, found: Named, direction: str) -> Translated:
        """What it makes of the pictures of `read`, and the other way back."""
        back = next(other for other in DIRECTIONS if other != direction)
        names, given = zip(*found, strict=True)
        made = [self(picture[None], direction) for picture in given]
        again = [self(picture, back)[0] for picture in made]
        return Translated(list(names), list(given), [one[0] for one in made], again, direction)

    def save(self, path: str | Path) -> Path:
        """Write the pair as one safetensors file, which `translate` takes."""
        state = {f"{name}.{key}": value for name in DIRECTIONS.values()
                 for key, value in getattr(self, name).state_dict().items()}  # fmt: skip
        sizes = {"blocks": self.G_A.blocks, "H_A": self.G_A.H, "H_B": self.G_B.H, "side": self.side}
        facts = {"genotype": self.genotype, "preset": self.space.preset}
        return one_cell.save(path, state, {**facts, **{name: str(value) for name, value in sizes.items()}})


def load(path: Path) -> Pair:
    """The pair of a file; ValueError if it is none, FileNotFoundError if there is none."""
    with one_cell.opened(path) as (state, facts):
        sizes = {name: one_cell.number(facts, name, *limits) for name, limits in LIMITS.items()}
        if (preset := facts["preset"]) not in PRESETS:
            raise ValueError(f"preset is {preset!r}; allowed are {', '.join(PRESETS)}")
        space = CycleGanas(sizes["blocks"], preset)
        genotype = space.decode(space.parse(facts["genotype"]))
        G_A, G_B = (_generator(one, sizes[f"H_{name[-1]}"], name, state)
                    for name, one in (("G_A", genotype.G_A), ("G_B", genotype.G_B)))  # fmt: skip
        return Pair(facts["genotype"], G_A, G_B, sizes["side"])


def _generator(genotype: GeneratorGenotype, H: int, name: str, state: dict[str, Tensor]) -> Generator:
    """A generator with its weights of the file."""
    with torch.device("meta"):  # nothing is drawn, and wrong sizes take no memory
        generator = Generator(genotype, H)
    own = {key.removeprefix(f"{name}."): value for key, value in state.items() if key.startswith(f"{name}.")}
    generator.load_state_dict(own, assign=True)
    return generator.float().to(device.pick()).eval()
