"""Intervals behind the claims: quotients of scores over trainings, or over searches where a scheme has several.

Scores enter as logarithms. What one training differs from another is pooled over all architectures of a set that were
trained twice, what one search differs from another over all schemes that searched twice. Without any repeat nothing is
decided.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any, NamedTuple, TypeVar

import numpy as np
import pandas as pd

from lib.metrics.distribution import INCEPTION
from lib.papers.cycleganas import records
from lib.papers.cycleganas.experiments import TRAININGS, pair
from lib.papers.cycleganas.records import DIRECTIONS, MEASURES, Stored
from lib.papers.study import Study
from lib.report.claims import Claim, Finding, Verdict
from lib.report.statistics import Interval, pooled, satterthwaite, student
from lib.spaces.cycleganas import parameters

T = TypeVar("T")
K = TypeVar("K")
Row = dict[str, Any]  # of a record
SEED = 0  # of what is drawn
BOTH = ""  # directions: the mean of their scores
WIDTH = 64  # H at which the sizes of genotypes are compared
WORST = (Verdict.CONTRADICTED, Verdict.UNDECIDED, Verdict.SUPPORTED)
Noise = tuple[float, int]  # standard deviation and its degrees of freedom
DISCRIMINATORS = "N and R train discriminators of their own architectures, C and C' PatchGANs"


class Lacks(Exception):
    """What keeps a test from being run, in words."""


class Arm(NamedTuple):
    """An architecture as claims name it: method, scheme, and the width whose size it has or that width's place.

    Places are `controlled` (of figures 3 and 6), `small` and `large` (of figure 5). `first` leaves out all searches but
    the first.
    """

    method: str
    target: int | str
    scheme: str = "OF"
    first: bool = False


@dataclass(frozen=True, eq=False)
class Side:
    """Logarithms of an arm's scores, an array a search or random architecture.

    `missed` is the mean absolute error of its size, `H` the width of its first generator's stem.
    """

    name: str
    each: list[np.ndarray]
    missed: float
    H: float

    @property
    def values(self) -> np.ndarray:
        """Of all trainings."""
        return np.concatenate(self.each)

    @property
    def means(self) -> np.ndarray:
        """Of each search."""
        return np.array([one.mean() for one in self.each])

    def __str__(self) -> str:
        """The geometric mean, of how many, its width, and by how much its size is missed, as widths are whole."""
        several = ("searches" if self.name[0] == "N" else "architectures", len(self.each))
        kind, count = several if len(self.each) > 1 else ("trainings", len(self.values))
        many = f"geometric mean of {count} {kind}" if count > 1 else "one training"
        width = f", H {self.H:.3g}" if self.name[0] == "N" else ""
        size = f", size missed by {self.missed:.1%}" if self.missed >= 5e-4 else ""
        return f"{self.name} {np.exp(self.means.mean()):.4g} ({many}{width}{size})"


@dataclass(frozen=True, eq=False)
class Known:
    """All that a study's records say, rows as they are told; `keys` of its sets, `names` of its scores."""

    trainings: list[Row]
    anchors: list[Row]
    ranks: list[Row]
    searches: list[Stored]
    keys: frozenset[str]
    profile: str
    features: str
    names: dict[str, str]

    @cached_property
    def sets(self) -> list[str]:
        """The short names of its sets, in the order of the settings."""
        told = [row["data"] for row in (*self.anchors, *self.trainings)]
        return list(dict.fromkeys([*told, *(one.data for one in self.searches)]))

    @cached_property
    def sizes(self) -> pd.DataFrame:
        """Logarithms of the sizes of each search's generators at an equal width, and `rho`, B's less A's."""
        each = [(one.data, one.scheme, *(math.log(parameters(net, WIDTH)) for net in pair(one.genotype)))
                for one in self.searches]  # fmt: skip
        frame = pd.DataFrame(each, columns=["data", "scheme", "G_A", "G_B"])
        return frame.assign(rho=frame["G_B"] - frame["G_A"])

    def size(self, data: str, scheme: str, column: str) -> tuple[np.ndarray, Noise]:
        """A column of `sizes` for a scheme's searches, and what searches of any one scheme and set differ in it."""
        groups = {key: rows.to_numpy() for key, rows in self.sizes.groupby(["data", "scheme"], sort=False)[column]}
        if (data, scheme) not in groups:
            raise Lacks(f"{data} was not searched with {scheme}")
        return groups[data, scheme], pooled(groups.values())

    def only(self, sets: Sequence[str]) -> "Known":
        """What is known of these sets."""
        trainings, anchors, ranks = ([row for row in rows if row["data"] in sets]
                                     for rows in (self.trainings, self.anchors, self.ranks))  # fmt: skip
        searches = [one for one in self.searches if one.data in sets]
        return replace(self, trainings=trainings, anchors=anchors, ranks=ranks, searches=searches)

    def lacks(self, archives: Sequence[str], *, scored: bool) -> str:
        """What keeps the study from the paper's own quantities on these archives; empty if nothing does."""
        if absent := [name for name in archives if name not in self.keys]:
            return f"needs {', '.join(absent)}; the study has {', '.join(sorted(self.keys)) or 'no records'}"
        if scored and self.features != INCEPTION:
            return f"needs the 2015 Inception; the scores are on {self.features}"
        return "" if self.profile == "paper" else "needs profile paper"

    def rows(self, data: str, *methods: str, parts: Sequence[str] = TRAININGS) -> list[Row]:
        """The trainings of methods on a set."""
        return [row for row in self.trainings
                if row["data"] == data and row["method"] in methods and row["part"] in parts]  # fmt: skip

    def targets(self, data: str, *parts: str) -> list[int]:
        """The widths whose sizes CycleGAN and searched pairs of a set were trained at in these parts, rising."""
        each = [{int(row["target"]) for row in self.rows(data, method, parts=parts)} for method in "CN"]
        return sorted(each[0] & each[1])

    def target(self, data: str, place: int | str) -> int:
        """The width of an arm's place; a number is its own."""
        if isinstance(place, int):
            return place
        found = self.targets(data, "matched")
        if len(found) < 1 + (place == "small"):
            raise Lacks(f"needs figure 5's trainings of C and N on {data}, of two sizes for the smaller one")
        other = self.rows(data, "N", "C'", "R", parts=("schemes", "controls"))
        return int(other[0]["target"]) if place == "controlled" and other else found[0 if place == "small" else -1]

    def side(self, data: str, measure: str, way: str, arm: Arm) -> Side:
        """The scores of an arm on a set; Lacks where there are none, or one is not positive and has no logarithm."""
        target = self.target(data, arm.target)
        name = f"{arm.method}{target}" + (f" {arm.scheme}" if arm.method == "N" and arm.scheme != "OF" else "")
        rows = [row for row in self.rows(data, arm.method)
                if row["target"] == target and (arm.method != "N" or row["scheme"] == arm.scheme)]  # fmt: skip
        if not rows:
            raise Lacks(f"{name} was not trained on {data}")
        searches = grouped(rows, lambda row: row["search"])
        kept = [searches[number] for number in sorted(searches)[: 1 if arm.first else None]]
        if not all(known := [logs(each, measure, way) for each in kept]):
            raise Lacks(f"{self.names[measure]} of {name} on {data} is not known to be positive")
        missed = float(np.mean([abs(row["mismatch"]) for each in kept for row in each]))
        return Side(name, list(map(np.array, known)), missed, float(np.mean([each[0]["H_A"] for each in kept])))

    def noise(self, sets: Iterable[str], measure: str, *ways: str) -> Noise:
        """What trainings of one architecture differ in the logarithm of a score, pooled within sets and directions.

        Both directions are of one training, so that a second one adds no degrees of freedom.
        """
        rows = [row for row in self.trainings if row["data"] in sets]
        alike = grouped(rows, lambda row: (row["data"], row["name"], row["scheme"], row["search"])).values()
        return _dependent([logs(each, measure, way) for each in alike for way in ways], ways)

    def between(self, sets: Iterable[str], measure: str, *ways: str) -> Noise:
        """What searches of one scheme differ in the mean logarithm of a score, pooled as `noise`.

        With few searches they can be alike by luck; they count as differing at least as much as trainings of one pair.
        """
        rows = [row for row in self.trainings if row["data"] in sets and row["method"] == "N"]
        groups = []
        for each in grouped(rows, lambda row: (row["data"], row["name"], row["scheme"])).values():
            searches = grouped(each, lambda row: row["search"]).values()
            groups += [[float(np.mean(known)) for one in searches if (known := logs(one, measure, way))]
                       for way in ways]  # fmt: skip
        found, noise = _dependent(groups, ways), self.noise(sets, measure, *ways)
        return noise if found[1] and noise[1] and found[0] < noise[0] else found


def _dependent(groups: Iterable[Sequence[float]], ways: Sequence[str]) -> Noise:
    sd, free = pooled(map(np.array, groups))
    return sd, free // len(ways)


@dataclass(frozen=True, eq=False)
class Asked:
    """A claim, what is known, the set that is asked about (empty: all) and the measure that decides."""

    known: Known
    data: str
    measure: str
    claim: Claim

    @property
    def score(self) -> str:
        """The measure's name."""
        return self.known.names[self.measure]

    def side(self, way: str, arm: Arm) -> Side:
        """The scores of an arm."""
        return self.known.side(self.data, self.measure, way, arm)

    def words(self, way: str, sides: Iterable[Side]) -> str:
        """The scores of sides in words."""
        return f"{self.score} {way or 'of both directions'}, {self.data}: {', '.join(map(str, sides))}"


@lru_cache(maxsize=1)
def known(study: Study) -> Known:
    """What the study's records say, read once."""
    parts = [part for part in ("domains", *TRAININGS, "ranks") if study.has(part)]
    searches = records.searches(study)
    headers = [*map(study.about, parts), *(one.about for one in searches)]
    names = {measure: records.score(study, measure) for measure in MEASURES} if parts else {}
    return Known(
        trainings=_told(records.trainings(study)),
        anchors=_told(study.frame("domains")) if study.has("domains") else [],
        ranks=_told(study.frame("ranks")) if study.has("ranks") else [],
        searches=searches,
        keys=frozenset(key for about in headers for key in about["pictures"]),
        profile=study.profile,
        features=records.features(study) if parts else "",
        names={**names, "l1": "L1"},
    )


def _told(frame: pd.DataFrame) -> list[Row]:
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def grouped(rows: Iterable[T], by: Callable[[T], K]) -> dict[K, list[T]]:
    """The rows by what `by` says of them, in order."""
    found: dict[K, list[T]] = {}
    for row in rows:
        found.setdefault(by(row), []).append(row)
    return found


def score(row: Row, measure: str, way: str) -> float:
    """A score of a row, the mean of both directions where none is named; NaN where there is none."""
    return float(np.mean([row.get(f"{measure}_{one}", math.nan) for one in ([way] if way else DIRECTIONS)]))


def logs(rows: Iterable[Row], measure: str, way: str) -> list[float]:
    """The logarithms of rows' scores; none of any where one is absent or not positive."""
    found = [score(row, measure, way) for row in rows]
    return [math.log(value) for value in found] if all(value > 0 for value in found) else []


def ratio(ask: Asked, way: str, a: Arm, b: Arm) -> tuple[Interval, str]:
    """A score of one arm over another's, and both in words.

    Two searched arms are compared over searches where any scheme has several, other arms by Welch's interval, in which
    the variance of an arm is that between its searches (or random architectures), else the pooled one of trainings.
    What searches differ in at another size stands for an arm of one search, unless it asks for the first alone.
    """
    arms, sides = (a, b), [ask.side(way, arm) for arm in (a, b)]
    noise, between = (of([ask.data], ask.measure, way) for of in (ask.known.noise, ask.known.between))
    levels = [between if between[1] else noise] * 2
    if a.method != b.method:
        levels = [_level(arm, side, noise, between) for arm, side in zip(arms, sides, strict=True)]
    units = [side.values if level is noise else side.means for side, level in zip(sides, levels, strict=True)]
    if levels[0] is levels[1]:
        effect = student(units[0], units[1], levels[0])
    else:
        variances = [sd**2 / len(unit) for (sd, _), unit in zip(levels, units, strict=True)]
        gap = float(units[0].mean() - units[1].mean())
        effect = satterthwaite(gap, variances, [free for _, free in levels], sum(map(len, units)))
    said = [differ("trainings", noise)] if any(level is not between for level in levels) else []
    said += [differ("searches", between)] if any(level is between for level in levels) else []
    single = any(arm.method == "N" and level is noise for arm, level in zip(arms, levels, strict=True))
    return quotient(effect), f"{ask.words(way, sides)}; {', '.join(said)}{caveats(sides, single)}"


def _level(arm: Arm, side: Side, noise: Noise, between: Noise) -> Noise:
    """What the units of a side differ by: its searches or architectures, searches at another size, or trainings."""
    if len(side.each) > 1:
        return pooled([side.means])
    return between if arm.method == "N" and not arm.first and between[1] else noise


def caveats(sides: Iterable[Side], single: bool) -> str:
    """What limits a comparison: one searched pair, and other discriminators."""
    methods = {side.name[0] for side in sides}
    said = ["of this searched pair only"] if single and "N" in methods else []
    return "".join(f"; {one}" for one in [*said, *([DISCRIMINATORS] if "C" in methods and methods - {"C"} else [])])


def differ(what: str, noise: Noise) -> str:
    """A noise in words."""
    sd, free = noise
    known = f"{what} differ by {sd:.1%} ({free} degrees of freedom)"
    return known if free else "a training with another seed is needed"


def quotient(effect: Interval) -> Interval:
    """An interval of logarithms as one of quotients."""
    value, low, high = (float(np.exp(limit)) for limit in effect[:3])
    return Interval(value, low, high, effect.n)


def all_of(ask: Asked, findings: Sequence[Finding]) -> Finding:
    """One finding of several: contradicted if any is, supported if all are, else undecided; it shows a decisive one."""
    first = min(findings, key=lambda one: WORST.index(one.verdict))
    return replace(first, claim_id=ask.claim.id, note="; ".join(dict.fromkeys(one.note for one in findings)))


def usable(ask: Asked, make: Callable[[Asked], T], sets: Iterable[str] | None = None) -> dict[str, T]:
    """What `make` gives of each set (all, or those) that lacks nothing; Lacks with the first's reason where all do."""
    made, reasons = dict[str, T](), list[str]()
    for data in ask.known.sets if sets is None else sets:
        try:
            made[data] = make(replace(ask, data=data))
        except Lacks as lacking:
            reasons.append(str(lacking))
    if not made:
        raise Lacks(reasons[0] if reasons else "the study has no such set")
    return made
