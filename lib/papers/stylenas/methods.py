"""The methods that the tables compare, each as a function of a content and a style photo (sections 3.6 to 3.8)."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from lib.models import matting
from lib.models.photowct import DEPTHS, InverseVGG, PhotoWCT
from lib.papers.stylenas import evaluate, photos, store
from lib.papers.stylenas.evaluate import SPACE, Evaluation

Transfer = Callable[[Tensor, Tensor], Tensor]  # content and style (1, 3, H, W) in [0, 1] to an unclamped picture
SMOOTHINGS: dict[str, Transfer | None] = {  # of a picture, with the content as guide
    "PhotoWCT": lambda picture, content: matting.ClosedForm(content).smooth(picture),
    "PhotoWCT-guided": matting.guided_filter,
    "PhotoWCT-raw": None,
}
PLAIN: dict[str, Transfer] = {
    "content": lambda content, style: content,
    "style": lambda content, style: style,
    "colour": evaluate.colour_transfer,
}


@dataclass(frozen=True)
class Method:
    """What is run and timed: networks first, then the smoothing where a method has one."""

    networks: Transfer
    smoothing: Transfer | None = None

    @torch.no_grad()
    def __call__(self, content: Tensor, style: Tensor) -> Tensor:
        """The picture (1, 3, H, W), clamped to [0, 1]."""
        picture = self.networks(content, style)
        if self.smoothing is not None:
            picture = self.smoothing(picture.clamp(0, 1), content)
        return picture.clamp(0, 1)


@dataclass(frozen=True)
class Task:
    """Something to compute: a method or network, its printed genome, and on what."""

    evaluation: Evaluation
    name: str
    genome: str = ""
    width: int = 0
    runs: int = 0
    pairs: int = 0
    resamples: int = 0
    pair: str = ""


def made(task: Task, pairs: Sequence[photos.Pair]) -> Iterator[Tensor]:
    """The pictures (1, 3, W/2, W) of a method for these pairs, in [0, 1]; `reference` are the authors' own."""
    ev = task.evaluation
    if task.name == "reference":
        yield from (evaluate.loaded(ev, pair.reference, task.width) for pair in pairs)
        return
    run = method(ev, task.name, task.genome)
    for pair in pairs:
        yield run(*evaluate.content_and_style(ev, pair, task.width))


def method(ev: Evaluation, name: str, genome: str) -> Method:
    """The named method with its trained networks; `genome` (printed) is needed for a searched one.

    `oracle-off` is the oracle with its transforms off.
    """
    if name in PLAIN:
        return Method(PLAIN[name])
    if name == "AE1":
        return Method(_photowct(ev, DEPTHS[:1]))
    if name in SMOOTHINGS:
        return Method(_photowct(ev, DEPTHS), SMOOTHINGS[name])
    transforms, name = name != "oracle-off", name.removesuffix("-off")
    network, _ = store.decoder(ev.recipe(name), SPACE.named(genome or name))
    encoder = store.encoder(ev.encoder, ev.device)

    def painted(content: Tensor, style: Tensor) -> Tensor:
        return network(encoder(content), network.code(encoder(style), ev.numerics) if transforms else None)

    return Method(painted)


@lru_cache(maxsize=2)
def _cascade(recipe: store.Recipe) -> dict[int, InverseVGG]:
    return {depth: store.inverse(recipe, depth)[0] for depth in DEPTHS}


def _photowct(ev: Evaluation, depths: tuple[int, ...]) -> Transfer:
    cascade = PhotoWCT(store.encoder(ev.encoder, ev.device), _cascade(ev.recipe("photowct")))
    return lambda content, style: cascade.stylise(content, style, depths)
