"""What the papers' calls for pictures of one's own share: desk settings, minutes, sizes, padding, files of networks."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from numbers import Real
from pathlib import Path
from typing import Any, TypeVar

import yaml
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor
from torch.nn import functional as F

from lib.papers.settings import Settings
from lib.paths import atomic, notebooks_dir, shown, write_text

S = TypeVar("S", bound=Settings)
Facts = dict[str, str]


def desk(kind: type[S], notebook: str) -> S:
    """The settings of a notebook's desk profile."""
    path = notebooks_dir() / "profiles" / "desk" / f"{notebook}.yaml"
    return kind.pick(yaml.safe_load(path.read_text(encoding="utf-8")))


def check_minutes(minutes: Any) -> None:
    """Raise ValueError for what is no number of minutes to work."""
    if isinstance(minutes, bool) or not isinstance(minutes, Real) or not 0 < minutes <= 1e6:  # type: ignore[operator]
        raise ValueError(f"minutes is {minutes!r}; allowed are numbers above 0, to 1e+06")


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
    """Write a network's tensors and what else must be known of it as one safetensors file; its path."""
    tensors = {name: value.detach().cpu().contiguous() for name, value in state.items()}
    with atomic(Path(path)) as temporary:
        save_file(tensors, temporary, facts)
    return Path(path)


@contextmanager
def opened(path: Path) -> Iterator[tuple[dict[str, Tensor], Facts]]:
    """The tensors, all finite, and facts of a file of `save`; what goes wrong in the block makes it no network.

    That is a ValueError which names the file and the reason. Raises FileNotFoundError for a file that is not there.
    """
    try:
        with safe_open(path, "pt") as stored:
            facts = stored.metadata() or {}
            state = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118 (no mapping)
        if not all(value.isfinite().all() for value in state.values()):
            raise ValueError("some of its weights are not finite")
        yield state, facts
    except KeyError as error:
        raise ValueError(f"{shown(path)} is no network of save_network: it does not say {error}") from error
    except (SafetensorError, TypeError, ValueError, RuntimeError) as error:
        raise ValueError(f"{shown(path)} is no network of save_network: {error}") from error


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
