"""The value of a set metric together with what it was measured on."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class SetScore:
    """A number about a whole set of pictures; without its protocol it compares with nothing.

    `n` is the smaller number of pictures a side; `low` and `high` bound a 95 % interval (NaN where none was asked for)
    and `protocol` says which features, weights, sizes, resizing and interval.
    """

    name: str
    value: float
    n: int
    low: float
    high: float
    protocol: dict[str, Any] = field(default_factory=dict)
