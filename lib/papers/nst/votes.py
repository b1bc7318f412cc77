"""Votes of people on pairs of pictures: the order of the pairs and the file that keeps the answers.

Nothing here invents a vote. Rows whose voter is `simulated` come from tests of the widget; `real` drops them.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, count
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from filelock import FileLock

from lib.paths import atomic, shown, votes_dir

SIMULATED = "simulated"
COLUMNS: dict[str, Any] = {
    "session_id": str, "voter": str,  # a random id, never a name
    "utc": str, "trial": int,  # from 1, within the session
    "content": str, "style": str, "left_id": str, "right_id": str, "lr_left": float, "lr_right": float,
    "choice": str, "rt_ms": int,  # from the pair's appearance to the click, milliseconds
    "is_repeat": bool, "question": str, "version": str,
}  # fmt: skip
BLOCK, GAP = 10, 3  # the last trial of each block repeats one before the last three of it


class Trial(NamedTuple):
    """The pair shown at a place of a session (`number` counts from 1)."""

    number: int
    left: str
    right: str
    is_repeat: bool


def default_path() -> Path:
    """The votes file of this paper, outside the runs, so that cleaning up never touches it."""
    return votes_dir() / "nst.csv"


def trials(options: Sequence[str], seed: int) -> Iterator[Trial]:
    """The endless sequence of pairs, a function of the options and the seed: all of them in random order, again and
    again, on random sides; each tenth trial repeats one of those before it with its sides exchanged.

    Raises ValueError for fewer than two options.
    """
    if len(options) < 2:
        raise ValueError(f"options are {list(options)}; a vote needs two or more")
    rng, numbers, block = np.random.default_rng(seed), count(1), list[tuple[str, str]]()
    while True:
        for left, right in rng.permuted(rng.permutation(list(combinations(options, 2))), axis=1).tolist():
            yield Trial(next(numbers), left, right, False)
            block.append((left, right))
            if len(block) == BLOCK - 1:
                again = block[rng.integers(len(block) - GAP)]
                block.clear()
                yield Trial(next(numbers), again[1], again[0], True)


def append(path: Path, vote: Mapping[str, Any]) -> None:
    """Add one vote; when this returns, it is on the disk. Several processes may append to one file.

    Raises ValueError if the file is no votes file, OSError if it cannot be written (nothing is added then), and
    filelock.Timeout if another writer holds it for ten seconds.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path.with_name(f".{path.name}.lock"), timeout=10):
        frame = pd.DataFrame([*read(path).to_dict("records"), vote], columns=list(COLUMNS))
        with atomic(path) as temporary:
            frame.to_csv(temporary, index=False)


def read(path: Path | None = None) -> pd.DataFrame:
    """All votes of a file (default: this paper's), one row a click, typed columns; empty if there is no file.

    Raises ValueError naming the file for one that is no votes file or holds a value of another type.
    """
    path = path or default_path()
    if not path.is_file():
        return pd.DataFrame(columns=list(COLUMNS)).astype(COLUMNS)
    try:
        frame = pd.read_csv(path, dtype=COLUMNS, keep_default_na=False)
    except ValueError as error:
        raise ValueError(f"{shown(path)}: {error}") from error
    if list(frame.columns) != list(COLUMNS):
        raise ValueError(f"{shown(path)} is no votes file: it has the columns {list(frame.columns)}")
    return frame


def real(votes: pd.DataFrame) -> pd.DataFrame:
    """The votes that people cast: without the rows whose voter is `simulated`."""
    return votes[votes["voter"] != SIMULATED].reset_index(drop=True)
