"""How busy a search keeps its slots, by simulated time: what ordered tells cost, and which window pays for them."""

import heapq
from collections.abc import Sequence

import numpy as np
import pandas as pd

from lib.search.schedule import Schedule

TELLS = {"ordered": False, "ordered, dearest first": True}  # is the dearest candidate that waits started first


def utilisation(slots: Sequence[int], windows: Sequence[float], *, sigma: float = 0.5, seed: int = 0,
                rounds: int = 20) -> pd.DataFrame:  # fmt: skip
    """The share of its time that a slot is busy, one row a setting: slots, window (in slots), tells, utilisation.

    Durations are log-normal with median 1 and log-deviation `sigma` (0.5: one candidate in twenty takes more than 2.3
    times the median), `rounds` candidates a slot. Overhead is taken to be zero; the last candidates, when nothing is
    left to ask, are not counted. Unordered tells keep every slot busy at any window from 1 on, which needs no
    simulation, but what the searcher sees then depends on timing. Ordered tells cost most at the window 1, where slots
    idle behind the oldest candidate; the cost grows with the number of slots and with sigma, and a wider window buys it
    back.
    """
    table = []
    for count in slots:
        durations = np.random.default_rng([seed, count]).lognormal(0.0, sigma, rounds * max(count, 50)).tolist()
        for window in windows:
            for tells, dearest_first in TELLS.items():
                share = simulate(durations, count, round(window * count), dearest_first=dearest_first)
                table.append((count, window, tells, share))
            table.append((count, window, "unordered", 1.0))
    return pd.DataFrame(table, columns=["slots", "window", "tells", "utilisation"])


def simulate(durations: Sequence[float], slots: int, window: int, *, dearest_first: bool = False) -> float:
    """The busy share of `slots` up to the moment when the last of the candidates is asked."""
    schedule = Schedule(window)
    running: list[tuple[float, int]] = []  # when it ends, k
    asked, now, busy = 0, 0.0, 0.0
    while True:
        while not schedule.full and asked < len(durations):
            schedule.asked(asked)
            schedule.push(asked, cost=durations[asked] if dearest_first else 0.0)
            asked += 1
        while len(running) < slots and (entry := schedule.pop()):
            heapq.heappush(running, (now + durations[entry[0]], entry[0]))
        if asked == len(durations):
            return busy / (slots * now) if now else 1.0
        end, k = running[0]
        busy += len(running) * (end - now)
        now = heapq.heappop(running)[0]
        schedule.finished(k)
        while schedule.tell() is not None:
            pass
