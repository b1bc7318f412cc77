"""How long work may go on: WORKBOOK_DEADLINE, in Unix seconds, which processes hand on to their workers."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

VARIABLE = "WORKBOOK_DEADLINE"
SPENT = "the time given by --minutes is spent; what is finished is stored, the same command continues"


class OutOfTime(Exception):
    """The time given by `--minutes` is spent; what is finished is stored, and the same command continues."""

    def __init__(self, text: str = SPENT) -> None:
        super().__init__(text)


def time_left() -> float:
    """Seconds until the deadline; infinite where there is none."""
    return float(os.environ.get(VARIABLE) or "inf") - time.time()


def check_time() -> None:
    """Raise OutOfTime where no time is left."""
    if time_left() <= 0:
        raise OutOfTime


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Within the block, the time that is left ends after so many seconds, or earlier where it ended earlier."""
    before = os.environ.get(VARIABLE, "")
    os.environ[VARIABLE] = str(time.time() + min(seconds, time_left()))
    try:
        yield
    finally:
        os.environ[VARIABLE] = before
