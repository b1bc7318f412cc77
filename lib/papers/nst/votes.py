"""Votes of people on pairs of pictures (section 4.2): the order of the pairs and the file that keeps the answers.

Nothing here invents a vote. Rows whose voter is `simulated` come from tests of the widget; `real` drops them.
"""

import csv
import io
import math
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from itertools import combinations, count
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from filelock import FileLock

from lib.paths import atomic, shown, votes_dir
from lib.report.statistics import CHOICES

SIMULATED = "simulated"
REPEAT_EVERY = 10  # the last trial of each ten shows an earlier pair again
REPEAT_GAP = 3  # trials between a pair and its repeat, so that the answer is not just remembered


class VoteError(ValueError):
    """A vote or a line of the votes file that breaks the format."""


@dataclass(frozen=True)
class Vote:
    """One click: the columns of the votes file, in order. Raises VoteError if a value is not allowed."""

    session_id: str
    voter: str  # a random id, never a name
    utc: str  # ISO 8601 with offset zero
    trial: int  # from 1, within the session
    content: str
    style: str
    left_id: str
    right_id: str
    lr_left: float
    lr_right: float
    choice: str  # one of CHOICES
    rt_ms: int  # from the pair's appearance to the click, milliseconds
    is_repeat: bool
    question: str
    version: str

    def __post_init__(self) -> None:
        for column, value in asdict(self).items():
            if isinstance(value, str) and (not value.strip() or not value.isprintable()):
                raise VoteError(f"{column} is {value!r}; allowed is one line of printable text, not empty")
        if self.choice not in CHOICES:
            raise VoteError(f"choice is {self.choice!r}; allowed are {', '.join(CHOICES)}")
        if self.left_id == self.right_id:
            raise VoteError(f"left_id and right_id are both {self.left_id!r}; a pair has two options")
        for column, low in {"trial": 1, "rt_ms": 0}.items():
            if getattr(self, column) < low:
                raise VoteError(f"{column} is {getattr(self, column)}; allowed is {low} or more")
        for column in ("lr_left", "lr_right"):
            if not 0 < getattr(self, column) < math.inf:
                raise VoteError(f"{column} is {getattr(self, column)}; allowed is a positive finite number")
        if _utc_offset(self.utc) != timedelta(0):
            raise VoteError(f"utc is {self.utc!r}; allowed is an ISO 8601 time with offset zero")


COLUMNS = tuple(field.name for field in fields(Vote))
_TYPES: dict[str, Any] = {field.name: field.type for field in fields(Vote)}
_HEADER = ",".join(COLUMNS)


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
    """The endless sequence of pairs, a function of the options' order and the seed alone.

    Fresh trials run through all pairs in random order; every second round swaps the sides of the round before, so two
    rounds show each pair once on either side. Each tenth trial repeats a pair of the nine before, sides swapped.
    """
    if len(set(options)) != len(options) or len(options) < 2:
        raise ValueError(f"options are {list(options)}; allowed are two or more different ones")
    order, again = np.random.default_rng(seed).spawn(2)
    fresh = _fresh_pairs(list(combinations(options, 2)), order)
    block: list[tuple[str, str]] = []
    for number in count(1):
        if is_repeat := number % REPEAT_EVERY == 0:
            right, left = _earlier_pair(block, again)
            block = []
        else:
            left, right = next(fresh)
            block.append((left, right))
        yield Trial(number, left, right, is_repeat)


def _fresh_pairs(pairs: list[tuple[str, str]], rng: np.random.Generator) -> Iterator[tuple[str, str]]:
    """All pairs in random order, round after round; odd rounds mirror the sides drawn for the round before."""
    while True:
        mirrored = rng.random(len(pairs)) < 0.5
        for sides in (mirrored, ~mirrored):
            for k in rng.permutation(len(pairs)):
                yield pairs[k][::-1] if sides[k] else pairs[k]


def _earlier_pair(block: list[tuple[str, str]], rng: np.random.Generator) -> tuple[str, str]:
    """A pair of the block as last shown there, with REPEAT_GAP trials since then where the block has such a pair."""
    last = {frozenset(pair): place for place, pair in enumerate(block)}
    places = sorted(last.values())
    distant = [place for place in places if len(block) - place > REPEAT_GAP]
    return block[rng.choice(distant or places)]


def append(path: Path, vote: Vote) -> None:
    """Add one vote; when this returns, it is on the disk. Several processes may append to one file.

    Raises VoteError if the file is no votes file, OSError if it cannot be written (nothing is added then), and
    filelock.Timeout if another writer holds it for ten seconds.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path.with_name(f".{path.name}.lock"), timeout=10):
        lines = _lines(path) or [_HEADER.encode()]
        with atomic(path) as temporary:
            temporary.write_bytes(b"\n".join([*lines, _line(vote), b""]))


def _lines(path: Path) -> list[bytes]:
    """The lines of a votes file, its header first; one torn by a crash is left out with a warning."""
    *lines, torn = path.read_bytes().split(b"\n") if path.exists() else [b""]
    first = (lines or [torn])[0].decode(errors="replace").rstrip("\r")
    if first != _HEADER and (lines or not _HEADER.startswith(first)):  # only a header may be torn
        raise VoteError(f"{shown(path)}, line 1: not the header of a votes file; expected {_HEADER}")
    if torn:
        warnings.warn(f"{shown(path)}: the last line is torn and is left out", stacklevel=3)
    return lines


def _line(vote: Vote) -> bytes:
    """The vote as one CSV line without its end."""
    text = io.StringIO()
    cells = [int(value) if isinstance(value, bool) else value for value in asdict(vote).values()]
    csv.writer(text, lineterminator="").writerow(cells)
    return text.getvalue().encode()


def read(path: Path | None = None) -> pd.DataFrame:
    """All votes of a file (default: this paper's), one row a click, typed columns; empty if there is no file.

    A torn last line is dropped with a warning. Raises VoteError, naming the line, for anything else that breaks the
    format.
    """
    path = Path(path) if path is not None else default_path()
    votes: list[Vote] = []
    seen: dict[tuple[str, int], int] = {}
    for number, line in enumerate(_lines(path)[1:], 2):
        try:
            votes.append(vote := _parse(line.decode().rstrip("\r")))
            if (first := seen.setdefault((vote.session_id, vote.trial), number)) != number:
                raise VoteError(f"the same session and trial as line {first}")
        except (ValueError, csv.Error) as error:
            raise VoteError(f"{shown(path)}, line {number}: {error}") from error
    types = {name: kind for name, kind in _TYPES.items() if kind is not str}
    return pd.DataFrame([asdict(vote) for vote in votes], columns=list(COLUMNS)).astype(types)


def _parse(text: str) -> Vote:
    """The vote in a line; raises ValueError saying what is wrong."""
    cells = next(csv.reader([text], strict=True), [])
    if len(cells) != len(COLUMNS):
        raise VoteError(f"{len(cells)} cells; expected {len(COLUMNS)}")
    return Vote(**{name: _value(name, cell) for name, cell in zip(COLUMNS, cells, strict=True)})


def _value(column: str, cell: str) -> Any:
    """A cell in its column's type; raises VoteError naming the column and the cell."""
    kind = _TYPES[column]
    try:
        return {"0": False, "1": True}[cell] if kind is bool else kind(cell)
    except (ValueError, KeyError) as error:
        allowed = "0 or 1" if kind is bool else f"a number ({kind.__name__})"
        raise VoteError(f"{column} is {cell!r}; allowed is {allowed}") from error


def _utc_offset(text: str) -> timedelta | None:
    """The offset written in an ISO 8601 time; None if there is none or the text is no time."""
    try:
        return datetime.fromisoformat(text).utcoffset()
    except ValueError:
        return None


def real(votes: pd.DataFrame) -> pd.DataFrame:
    """The votes that people cast: without the rows whose voter is `simulated`."""
    return votes[votes["voter"] != SIMULATED].reset_index(drop=True)
