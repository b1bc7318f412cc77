"""What is asked, dispatched and told next. The loop and the simulation of it share these rules; nothing here computes.

At most `window` candidates are asked and not yet told. Their tasks (one a repeat) are dispatched in any order, the
largest predicted cost first; tells follow the order of asking, so that no searcher sees which worker was faster.
"""

import heapq
from typing import Any


class Schedule:
    """The candidates asked and not yet told, and those of their tasks that wait for a slot."""

    def __init__(self, window: int) -> None:
        self.window = window
        self._missing: dict[int, int] = {}  # k of each candidate in the order of asking -> unfinished tasks
        self._ready: list[tuple[float, int, int, Any]] = []

    def __len__(self) -> int:
        return len(self._missing)

    @property
    def full(self) -> bool:
        """Whether something must be told before the next ask."""
        return len(self._missing) >= self.window

    def asked(self, k: int, tasks: int = 1) -> None:
        """Note a new candidate that is complete after so many tasks."""
        self._missing[k] = tasks

    def push(self, k: int, task: Any = None, *, repeat: int = 0, cost: float = 0.0) -> None:
        """Let a task wait for a free slot: larger cost first, then in the order of asking."""
        heapq.heappush(self._ready, (-cost, k, repeat, task))

    def pop(self) -> tuple[int, Any] | None:
        """The k and the task to dispatch next; None if none waits."""
        if not self._ready:
            return None
        _, k, _, task = heapq.heappop(self._ready)
        return k, task

    def finished(self, k: int) -> None:
        """Note that one task of a candidate is done."""
        self._missing[k] -= 1

    def tell(self) -> int | None:
        """The candidate to tell now, which leaves the window; None while the oldest is not complete."""
        k = next(iter(self._missing), None)
        if k is None or self._missing[k]:
            return None
        del self._missing[k]
        return k
