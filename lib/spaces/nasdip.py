"""The search space of NAS-DIP (Ho et al., arXiv 2001.04776): an encoder-decoder written as a string of bits."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Stage:
    """One encoder or decoder stage: convolutions `filter` x `filter` to `width` channels.

    `kind` is `conv`, or for the two other readings of a bypass `resample` (the stage keeps only its change of
    resolution) and `shortcut` (a 1x1 branch is added to the convolutions).
    """

    filter: int
    width: int
    kind: str = "conv"


@dataclass(frozen=True)
class Architecture:
    """What a genome means: active stages, outermost (full resolution) first, and the channels of every skip.

    `skips[i][j]` are the channels from encoder i to decoder j, 0 without a path. `iterations` is set only where the
    genome chooses them; `one_by_one` is false only for the classical network without 1x1 convolutions.
    """

    encoders: tuple[Stage, ...]
    decoders: tuple[Stage, ...]
    skips: tuple[tuple[int, ...], ...]
    iterations: int | None = None
    one_by_one: bool = True
