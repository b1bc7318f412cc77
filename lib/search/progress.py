"""Progress of long work: a widget bar in JupyterLab, a line every ten seconds in batch logs, nothing under tests."""

import math
import os
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from tqdm.auto import tqdm

DAY_S = 24 * 3600
INTERVAL_S = 10.0  # between lines of a log
Tell = Callable[[int, int], None]  # called by a training with the steps done and all of them


def silent(done: int, total: int) -> None:
    """Tell nothing."""


class Bar(AbstractContextManager["Bar"]):
    """Counts finished items up to `total` and shows the best score so far (lower is better) and the time left.

    `done` items are there before the work starts, such as the stored rows of a resumed run; they do not enter the
    estimate of the time left. It is drawn in place in JupyterLab and a terminal; elsewhere it prints a line at most
    every ten seconds, and one at the end of work that took longer. Use it as a context manager.
    """

    def __init__(self, total: int, label: str, *, done: int = 0) -> None:
        self.total, self.label, self.done, self.best = total, label, done, math.inf
        self._begun, self._start = done, time.monotonic()
        self._last = self._start
        live = not _quiet() and "WORKBOOK_BATCH" not in os.environ and (_in_jupyter() or sys.stderr.isatty())
        self._live: Any = tqdm(total=total, desc=label, initial=done) if live else None

    def update(self, count: int = 1, *, best: float | None = None) -> None:
        """Report `count` more items and, where there is one, the best score so far."""
        self.done += count
        self.best = self.best if best is None else min(self.best, best)
        if self._live is not None:
            self._live.set_postfix_str(f"best {self.best:.4g}" * (self.best < math.inf), refresh=False)
            self._live.update(self.done - self._live.n)
        elif not _quiet() and time.monotonic() - self._last >= INTERVAL_S:
            self._last = time.monotonic()
            print(self, flush=True)

    @property
    def seconds_left(self) -> float | None:
        """Estimated seconds to the end; None before the first item is finished."""
        finished = self.done - self._begun
        return (time.monotonic() - self._start) / finished * (self.total - self.done) if finished else None

    def __str__(self) -> str:
        left = self.seconds_left
        best = f", best {self.best:.4g}" if self.best < math.inf else ""
        return f"{self.label}: {self.done}/{self.total}{best}{'' if left is None else f', {duration(left)} left'}"

    def __exit__(self, *error: object) -> None:
        if self._live is not None:
            self._live.close()
        elif self._last > self._start:
            spent = duration(time.monotonic() - self._start)
            print(f"{self.label}: {self.done}/{self.total} after {spent}", flush=True)


class Told(AbstractContextManager["Told"]):
    """Shows how a training goes on that calls it with the steps done and all of them: a line as it begins, then a bar.

    `facts` follow the number of steps in that line, such as "steps, kept in data/runs/cache". Of a training that is
    finished when it is first told, nothing is shown. Use it as a context manager.
    """

    def __init__(self, what: str, facts: str) -> None:
        self.what, self.facts = what, facts
        self._bar: Bar | None = None

    def __call__(self, done: int, total: int) -> None:
        """Show that so many steps of all are done."""
        if self._bar is not None:
            self._bar.update(done - self._bar.done)
        elif done < total:
            if not _quiet():
                print(f"training {self.what}: {total:,} {self.facts}{f'; {done:,} are done' * bool(done)}", flush=True)
            self._bar = Bar(total, self.what, done=done)

    def __exit__(self, *error: object) -> None:
        if self._bar is not None:
            self._bar.__exit__()


def duration(seconds: float) -> str:
    """Seconds as people read them: `8 s`, `3 min 20 s`, `1 h 40 min`, `12 days`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole >= 3 * DAY_S:
        return f"{whole // DAY_S:,} days"
    return f"{whole // 60} min {whole % 60} s" if whole < 3600 else f"{whole // 3600} h {whole % 3600 // 60} min"


def _quiet() -> bool:
    return "WORKBOOK_QUIET" in os.environ or "PYTEST_VERSION" in os.environ


def _in_jupyter() -> bool:
    """Whether a Jupyter kernel runs this code."""
    ipython = sys.modules.get("IPython")
    return ipython is not None and type(ipython.get_ipython()).__name__ == "ZMQInteractiveShell"
