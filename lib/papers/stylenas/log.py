"""The authors' log of one search: 200 evaluations of aging evolution with P = 50, S = 10 (section 5.6).

It is of later work in the same space, with 32 bits and another oracle. It is not part of the project, and whatever uses
it does without where it is absent.
"""

import numpy as np
import pandas as pd

from lib.data import registry

KEY = "stylenas-log"


def read() -> pd.DataFrame | None:
    """The log in the order of completion: index, genome (32 characters), L, E, P, O and `repeat`; None if absent.

    `repeat` counts the earlier rows with the same genome. O is the share of 32 bits. Raises registry.CorruptData for a
    file that is not the authors'.
    """
    try:
        path = registry.find(KEY)
    except registry.MissingData:
        return None
    columns = ["genome", "L", "E", "P", "O"]
    table = pd.read_csv(path, header=None, names=columns, skipinitialspace=True, dtype={"genome": str})
    return table.assign(repeat=table.groupby("genome").cumcount()).rename_axis("index").reset_index()


def noise(log: pd.DataFrame) -> float:
    """The standard deviation of L between trainings of one genome, whose variances count alike; NaN without repeats."""
    return float(np.sqrt(log.groupby("genome")["L"].var().mean()))
