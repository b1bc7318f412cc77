"""Photos of one's own: transfer with any network of the space, photos of any size, and networks saved to a file."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from lib import device
from lib.data import images, pictures
from lib.data.catalogue import SETS
from lib.models.normalised_vgg import NormalisedVGG
from lib.models.photoreal import PhotorealDecoder
from lib.models.wct import Numerics
from lib.papers import one_cell
from lib.papers.stylenas import photos, store
from lib.papers.stylenas.evaluate import SPACE, Evaluation
from lib.papers.stylenas.settings import Settings
from lib.paths import shown
from lib.report.interactive import Comparison
from lib.report.pictures import image_grid
from lib.report.style import PAGE, Plot
from lib.search.progress import Told
from lib.search.workers import few_threads

WAY_OUT = 'training="bundled" or a folder of your own photos'
MULTIPLE, SMALLEST = 16, 32  # px that sides are padded to
WHOLE = 1_048_576  # pixels up to which a picture is painted at once
TILE, MARGIN = 768, 128  # px; tiles overlap by a margin at each side, in which they are blended


@dataclass(frozen=True)
class Network:
    """A trained decoder with the encoder that it belongs to."""

    genome: str
    encoder: NormalisedVGG
    decoder: PhotorealDecoder
    numerics: Numerics


@dataclass(frozen=True)
class Transferred:
    """The content photo painted in the style's colours (3, H, W) in [0, 1], at the content's size."""

    picture: Tensor
    content: Tensor
    style: Tensor

    def save(self, path: str | Path) -> Path:
        """Write the picture as PNG."""
        return images.save(self.picture, path)

    def compare(self, width: float = PAGE) -> Plot:
        """Content, style and result side by side, so many inches wide."""
        row = [images.to_uint8(picture) for picture in (self.content, self.style, self.picture)]
        return image_grid([row], columns=["content", "style", "transferred"], width=width)

    def __repr__(self) -> str:
        height, width = self.picture.shape[1:]
        return f"Transferred, {width} x {height} pixels; see compare(), slide() and save(path)"

    def _repr_png_(self) -> tuple[bytes, dict[str, int]]:
        return self.compare()._repr_png_()

    def slide(self) -> Comparison:
        """The content under a slider that uncovers the result."""
        return Comparison(images.to_uint8(self.content), images.to_uint8(self.picture), ("content", "transferred"))


def transfer(content: str | Path, style: str | Path, genome: str | Path = "S7", *, training: str | Path | None = None,
             settings: Settings | None = None, side: int | None = None) -> Transferred:  # fmt: skip
    """Paint one photo in the colours of another; both are paths or picture names, of any sizes.

    `genome` is a network's name or its 32 characters, trained now unless it was before (minutes; see `save_network`),
    or a file of `save_network`. `training` is what it is trained on: `bundled` (photos that need no download), a data
    set, or a folder of your own photos; by default what `settings` say. These say how it is trained: the notebook's, or
    by default those of the desk profile. `side` is the long side (px) that larger photos are shrunk to; None keeps
    their size. Sides are padded to multiples of 16 by reflection and cut again; above a megapixel the photo is painted
    in tiles with the statistics of a smaller copy. Raises ValueError for an unknown genome and a side below 1, as
    `images.load` for a photo that cannot be read, MissingData or MissingWeights where training needs what is not there.
    """
    one_cell.check_side(side)
    found = [_photo(what, name, side) for what, name in (("content", content), ("style", style))]
    network = _network(genome, training, settings)
    return Transferred(paint(network, found[0][None], found[1][None])[0], *found)


def _photo(what: str, name: Any, side: int | None) -> Tensor:
    """A photo (3, H, W), shrunk where its long side is above `side`; ValueError where it is neither path nor name."""
    if not isinstance(name, str | Path):
        raise ValueError(f"{what} is {name!r}; allowed are a picture's name or the path of its file")
    photo = pictures.picture(name)
    return images.fitted(photo, side) if side and max(photo.shape[1:]) > side else photo


@torch.no_grad()
def paint(network: Network, content: Tensor, style: Tensor) -> Tensor:
    """The picture (1, 3, H, W) in [0, 1] of two photos (1, 3, H, W) in [0, 1] of any sizes, at the content's."""
    where = next(network.decoder.parameters()).device
    code = network.decoder.code(network.encoder(_padded(_within(style.to(where), WHOLE))), network.numerics)
    height, width = content.shape[2:]
    whole = _padded(_within(content.to(where), WHOLE))
    if height * width <= WHOLE:
        return network.decoder(network.encoder(whole), code)[..., :height, :width].clamp(0, 1)
    maps: dict[Any, Any] = {}
    network.decoder(network.encoder(whole), code, maps)  # the statistics of the whole, from a smaller copy
    painted = _tiled(_padded(content.to(where)), lambda tile: network.decoder(network.encoder(tile), code, maps))
    return painted[..., :height, :width].clamp(0, 1)


def save_network(path: str | Path, genome: str | Path = "S7", *, training: str | Path | None = None,
                 settings: Settings | None = None) -> Path:  # fmt: skip
    """Write a trained network as one safetensors file, which `transfer` takes; the path must end in .safetensors.

    It is trained now unless it was before: with desk settings about 4 minutes (the oracle 10), with those of larger
    profiles hours. That needs the encoder's weights (`fetch weights`) and the photos of
    `training`, as for `transfer`. What was trained is kept below `data/runs/cache` (`WORKBOOK_RUNS` moves it) and not
    trained again. Raises as `transfer`, and ValueError for a path that cannot be written, before any training.
    """
    path, network = one_cell.target(path), _network(genome, training, settings)
    facts = {"genome": network.genome, "encoder": network.encoder.name, "digest": network.encoder.digest,
             "content_shift": json.dumps(network.numerics.content_shift)}  # fmt: skip
    return one_cell.save(path, network.decoder.state_dict(), facts)


def _network(genome: str | Path, training: str | Path | None, settings: Settings | None) -> Network:
    if file := one_cell.network_file(genome):
        return _saved(file)
    known, chosen = SPACE.named(str(genome)), _on(training, settings or one_cell.desk(Settings, "03_stylenas"))
    ev = Evaluation.of(chosen)
    recipe = ev.recipe(str(genome))
    with few_threads(chosen.threads), one_cell.training_data(training, WAY_OUT):  # as many as a study trains with
        facts = f"steps of {ev.batch} photos, kept in {shown(store.folder(recipe))}"
        with Told(str(genome), facts) as told:
            decoder, _ = store.decoder(recipe, known, told)
    return Network(SPACE.text(known), store.encoder(ev.encoder, ev.device), decoder, ev.numerics)


def _on(training: Any, settings: Settings) -> Settings:
    """The settings on other training photos; ValueError for what names none."""
    if training is None:
        return settings
    name = str(training)
    if not (name == photos.BUNDLED or photos.set_of(name) or Path(name).expanduser().is_dir()):
        allowed = f"{photos.BUNDLED}, {', '.join(SETS)}, or the path of a folder of photos"
        raise ValueError(f"training is {training!r}; allowed are {allowed}")
    return replace(settings, profile="custom", training=[name])


def _saved(path: Path) -> Network:
    """The network of a file; ValueError if it is none, or belongs to an encoder with other weights."""
    where = str(device.pick())
    with one_cell.opened(path) as (state, facts):
        name, digest, genome, shift = (facts[key] for key in ("encoder", "digest", "genome", "content_shift"))
        decoder = PhotorealDecoder(SPACE.decode(SPACE.parse(genome))).to(where)
        decoder.load_state_dict(state)
    encoder = store.encoder(name, where)
    if encoder.digest != digest:
        raise ValueError(f"{path} was trained on another {name}; its weights or filter means differ")
    return Network(genome, encoder, decoder, Numerics(content_shift=json.loads(shift)))


def _within(photo: Tensor, pixels: int) -> Tensor:
    """A photo shrunk to at most so many pixels."""
    height, width = photo.shape[2:]
    scale = (pixels / (height * width)) ** 0.5
    return photo if scale >= 1 else images.resize(photo, (max(1, int(height * scale)), max(1, int(width * scale))))


def _padded(photo: Tensor) -> Tensor:
    return one_cell.padded(photo, MULTIPLE, SMALLEST)


def _tiled(photo: Tensor, painted: Callable[[Tensor], Tensor]) -> Tensor:
    """A large photo (1, 3, H, W) painted tile by tile; in an overlap the weight falls off linearly to each border."""
    total, weight = torch.zeros_like(photo), torch.zeros_like(photo[:, :1])
    for rows in _spans(photo.shape[2]):
        for columns in _spans(photo.shape[3]):
            tile = painted(photo[..., rows, columns])
            share = (_ramp(tile.shape[2])[:, None] * _ramp(tile.shape[3])).to(tile)
            total[..., rows, columns] += share * tile
            weight[..., rows, columns] += share
    return total / weight


def _spans(side: int) -> Iterator[slice]:
    """Tiles of TILE px that overlap by two margins; the last one ends with the side."""
    for start in range(0, max(side - 2 * MARGIN, 1), TILE - 2 * MARGIN):
        begin = max(0, min(start, side - TILE))
        yield slice(begin, min(begin + TILE, side))


def _ramp(side: int) -> Tensor:
    """Weights of a tile's rows or columns: 1 inside, falling over a margin to both ends; where no tile lies beside,
    they cancel."""
    places = torch.arange(1, side + 1)
    return ((torch.minimum(places, places.flip(0)) - MARGIN / 2) / MARGIN).clamp(1e-3, 1)
