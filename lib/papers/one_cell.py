"""What the papers' calls for pictures of one's own share: desk settings, minutes, sizes, padding, files of networks."""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor
from torch.nn import functional as F

from lib.data.registry import MissingData
from lib.papers.settings import Settings, profile_values
from lib.paths import atomic, notebooks_dir, write_text

S = TypeVar("S", bound=Settings)
Facts = dict[str, str]
SUFFIX = ".safetensors"


def desk(kind: type[S], notebook: str) -> S:
    """The settings of a notebook's desk profile."""
    return kind.pick(profile_values(notebooks_dir() / "profiles" / "desk" / f"{notebook}.yaml"))


def check_minutes(minutes: Any) -> None:
    """Raise ValueError for what is no number of minutes to work."""
    if not isinstance(minutes, int | float) or not 0 < minutes <= 1e6:
        raise ValueError(f"minutes is {minutes!r}; allowed are numbers above 0, to 1e+06")


def check_side(side: Any) -> None:
    """Raise ValueError for what is no side of a picture: a whole number of pixels, or None to keep its size."""
    if side is not None and not (isinstance(side, int) and side >= 1):
        raise ValueError(f"side is {side!r}; allowed are whole numbers of pixels from 1, or None to keep the size")


def network_file(name: Any, what: str = "genome") -> Path | None:
    """The file that is meant where a network is asked for; None for a name or a genome's text, which has no suffix.

    Raises ValueError for what is no text or path, and for other files than `save_network` writes.
    """
    if not isinstance(name, str | Path):
        raise ValueError(f"{what} is {name!r}; allowed are a name, a genome's text, or a file of save_network")
    if isinstance(name, str) and not Path(name).suffix:
        return None
    path = Path(name).expanduser()
    if path.suffix != SUFFIX:
        raise ValueError(f"{path} is no network file; save_network writes files that end in {SUFFIX}")
    return path


def target(path: str | Path) -> Path:
    """The path to write a network to, before it is trained: ValueError for another suffix or no folder to write in."""
    found = Path(path).expanduser()
    if found.suffix != SUFFIX:
        raise ValueError(f"path is {str(path)!r}; networks are saved in files that end in {SUFFIX}")
    if not (found.absolute().parent.is_dir() and os.access(found.absolute().parent, os.W_OK)):
        raise ValueError(f"path is {str(path)!r}; {found.absolute().parent} is no folder that can be written to")
    return found


@contextmanager
def training_data(given: Any, way_out: str) -> Iterator[None]:
    """Where the data of the settings are not on this machine and the caller gave none, the error says what to give."""
    try:
        yield
    except MissingData as error:
        if given is not None:
            raise
        raise MissingData(f"{error}; or give {way_out}") from error


def padded(photo: Tensor, multiple: int, smallest: int) -> Tensor:
    """(N, 3, H, W) with sides padded at the end to multiples, at least `smallest`, by reflection; too small ones by
    repetition."""
    for axis in (2, 3):
        side = photo.shape[axis]
        missing = max(smallest, -(-side // multiple) * multiple) - side
        ends = (0, 0, 0, missing) if axis == 2 else (0, missing, 0, 0)
        photo = F.pad(photo, ends, mode="reflect" if missing < side else "replicate") if missing else photo
    return photo


def save(path: str | Path, state: Mapping[str, Tensor], facts: Facts) -> Path:
    """Write a network's tensors and what else must be known of it as one safetensors file; its path, as `target`."""
    path, tensors = target(path), {name: value.detach().cpu().contiguous() for name, value in state.items()}
    with atomic(path) as temporary:
        save_file(tensors, temporary, facts)
    return path


@contextmanager
def opened(path: Path) -> Iterator[tuple[dict[str, Tensor], Facts]]:
    """The tensors, all finite, and facts of a file of `save`; what goes wrong in the block makes it no network.

    That is a ValueError which names the file and the reason. Raises FileNotFoundError for a file that is not there.
    """
    if not path.is_file():
        raise FileNotFoundError(f"there is no network file {path.absolute()}; save_network writes one")
    try:
        with safe_open(path, "pt") as stored:
            facts = stored.metadata() or {}
            state = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118 (no mapping)
        if not all(value.isfinite().all() for value in state.values()):
            raise ValueError("some of its weights are not finite")
        yield state, facts
    except KeyError as error:
        raise ValueError(f"{path} is no network file of save_network: it does not say {error}") from error
    except (SafetensorError, TypeError, ValueError, RuntimeError) as error:
        raise ValueError(f"{path} is no network file of save_network: {error}") from error


def number(facts: Facts, name: str, low: int, high: int) -> int:
    """A size among the facts; ValueError where it is not within its limits, before anything is made of it."""
    text = facts[name]
    if not text.isdecimal() or len(text) > 9 or not low <= int(text) <= high:
        raise ValueError(f"{name} is {text[:20]!r}; allowed are {low} to {high}")
    return int(text)


def measured(path: Path, measure: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What `measure` said of this machine the first time, kept in a file: what was begun goes on with equal sizes."""
    if not path.is_file():
        write_text(path, json.dumps(measure()))
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found
