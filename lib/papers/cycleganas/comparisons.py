"""Intervals behind the claims: quotients of scores over trainings, or over searches where a scheme has several.

Scores enter as logarithms. What one training differs from another is pooled over all architectures of a set that were
trained twice, what one search differs from another over all schemes that searched twice. Without any repeat nothing is
decided.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import NamedTuple, TypeVar

import numpy as np
import pandas as pd

from lib.metrics.distribution import INCEPTION
from lib.papers.cycleganas import records
from lib.papers.cycleganas.experiments import TRAININGS, pair
from lib.papers.cycleganas.records import DIRECTIONS, MEASURES, Stored, controlled
from lib.papers.study import Study
from lib.report.statistics import Interval, pooled, satterthwaite, student
from lib.spaces.cycleganas import parameters

T = TypeVar("T")
SEED = 0  # of what is drawn
BOTH = ""  # directions: the mean of their scores
WIDTH = 64  # H at which the sizes of genotypes are compared
SCHEME = ["data", "method", "target", "scheme"]  # what searches of one scheme, trained at one size, have in common
NETWORK = [*SCHEME, "search"]  # what trainings of one architecture have in common
Noise = tuple[float, int]  # standard deviation and its degrees of freedom
DISCRIMINATORS = "N and R train discriminators of their own architectures, C and C' PatchGANs"


class Lacks(Exception):
    """What keeps a test from being run, in words."""


class Evidence(NamedTuple):
    """What a test finds: effects, for all of which a rule must hold, and what was seen, in words."""

    effects: Sequence[Interval]
    notes: Sequence[str]


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
    """The trainings of an arm, in the order of searches (or random architectures); `log` is that of their score."""

    name: str
    rows: pd.DataFrame

    @property
    def values(self) -> np.ndarray:
        """Of all trainings."""
        return self.rows["log"].to_numpy()

    @cached_property
    def means(self) -> np.ndarray:
        """Of each search."""
        return self.rows.groupby("search")["log"].mean().to_numpy()

    @property
    def H(self) -> float:
        """The width of the first generator's stem, the mean of searches."""
        return float(self.rows.groupby("search")["H_A"].first().mean())

    @property
    def missed(self) -> float:
        """By what share its size is missed, as widths are whole: the mean absolute error."""
        return float(self.rows["mismatch"].abs().mean())

    def __str__(self) -> str:
        """The geometric mean, of how many, its width, and by how much its size is missed."""
        means, several = self.means, "searches" if self.name[0] == "N" else "architectures"
        kind, count = (several, len(means)) if len(means) > 1 else ("trainings", len(self.rows))
        many = f"geometric mean of {count} {kind}" if count > 1 else "one training"
        width = f", H {self.H:.3g}" if self.name[0] == "N" else ""
        size = f", size missed by {self.missed:.1%}" if self.missed >= 5e-4 else ""
        return f"{self.name} {np.exp(means.mean()):.4g} ({many}{width}{size})"


@dataclass(frozen=True, eq=False)
class Known:
    """All that a study's records say; `keys` of its sets, `names` of its scores."""

    trainings: pd.DataFrame
    anchors: pd.DataFrame
    ranks: pd.DataFrame
    searches: list[Stored]
    keys: frozenset[str]
    profile: str
    features: str
    names: dict[str, str]

    @cached_property
    def sets(self) -> list[str]:
        """The short names of its sets, in the order of the settings."""
        return list(
            dict.fromkeys([*self.anchors["data"], *self.trainings["data"], *(one.data for one in self.searches)])
        )

    @cached_property
    def sizes(self) -> pd.DataFrame:
        """Logarithms of the sizes of each search's generators at an equal width, and `rho`, B's less A's."""
        each = [(one.data, one.scheme, *(math.log(parameters(net, WIDTH)) for net in pair(one.genotype)))
                for one in self.searches]  # fmt: skip
        frame = pd.DataFrame(each, columns=["data", "scheme", "G_A", "G_B"])
        return frame.assign(rho=frame["G_B"] - frame["G_A"])

    @cached_property
    def logs(self) -> pd.DataFrame:
        """Logarithms of the trainings' scores, a column a measure and direction (or `BOTH`).

        An architecture has none where one of its scores is absent or not positive.
        """
        found = pd.DataFrame({(name, way): score(self.trainings, name, way)
                              for name in self.names for way in (BOTH, *DIRECTIONS)})  # fmt: skip
        found = found.where(found > 0).map(math.log, na_action="ignore")
        alike = found.notna().groupby([self.trainings[name] for name in NETWORK])
        return found.where(alike.transform("all"))

    def only(self, sets: Sequence[str]) -> "Known":
        """What is known of these sets."""
        trainings, anchors, ranks = (frame[frame["data"].isin(sets)]
                                     for frame in (self.trainings, self.anchors, self.ranks))  # fmt: skip
        searches = [one for one in self.searches if one.data in sets]
        return replace(self, trainings=trainings, anchors=anchors, ranks=ranks, searches=searches)

    def lacks(self, archives: Sequence[str], *, scored: bool) -> str:
        """What keeps the study from the paper's own quantities on these archives; empty if nothing does."""
        if absent := [name for name in archives if name not in self.keys]:
            return f"needs {', '.join(absent)}; the study has {', '.join(sorted(self.keys)) or 'no records'}"
        if scored and self.features != INCEPTION:
            return f"needs the 2015 Inception; the scores are on {self.features}"
        return "" if self.profile == "paper" else "needs profile paper"


@dataclass(frozen=True, eq=False)
class Asked:
    """What is known, the set that is asked about (empty: all) and the measure that decides."""

    known: Known
    data: str
    measure: str

    @property
    def score(self) -> str:
        """The measure's name."""
        return self.known.names[self.measure]

    def size(self, scheme: str, column: str) -> tuple[np.ndarray, Noise]:
        """A column of `sizes` for a scheme's searches, and what searches of any one scheme and set differ in it."""
        sizes = self.known.sizes.groupby(["data", "scheme"], sort=False)[column]
        groups = {key: rows.to_numpy() for key, rows in sizes}
        if (self.data, scheme) not in groups:
            raise Lacks(f"{self.data} was not searched with {scheme}")
        return groups[self.data, scheme], pooled(groups.values())

    def rows(self, method: str, *parts: str) -> pd.DataFrame:
        """The trainings of a method on the set, of all parts or of these."""
        rows = self.known.trainings
        rows = rows[(rows["data"] == self.data) & (rows["method"] == method)]
        return rows[rows["part"].isin(parts)] if parts else rows

    def targets(self, *parts: str) -> list[int]:
        """The widths whose sizes CycleGAN and searched pairs of the set were trained at in these parts, rising."""
        each = [set(self.rows(method, *parts)["target"].astype(int)) for method in "CN"]
        return sorted(each[0] & each[1])

    def target(self, place: int | str) -> int:
        """The width of an arm's place; a number is its own."""
        if isinstance(place, int):
            return place
        if place == "controlled" and self.known.trainings["part"].isin(("matched", "schemes", "controls")).any():
            return controlled(self.known.trainings)
        found = self.targets("matched")
        if len(found) < 1 + (place == "small"):
            raise Lacks(f"needs figure 5's trainings of C and N on {self.data}, of two sizes for the smaller one")
        return found[0 if place == "small" else -1]

    def side(self, way: str, arm: Arm) -> Side:
        """The scores of an arm on the set; Lacks where there are none, or one is not positive and has no logarithm."""
        target, rows = self.target(arm.target), self.rows(arm.method)
        name, chosen = f"{arm.method}{target}", rows["target"] == target
        if arm.method == "N":
            name, chosen = f"{name} {arm.scheme}".removesuffix(" OF"), chosen & (rows["scheme"] == arm.scheme)
        rows = rows[chosen].sort_values("search", kind="stable")
        if rows.empty:
            raise Lacks(f"{name} was not trained on {self.data}")
        rows = rows[rows["search"] == rows["search"].iloc[0]] if arm.first else rows
        rows = rows.assign(log=self.known.logs[self.measure, way])
        if rows["log"].isna().any():
            raise Lacks(f"{self.score} of {name} on {self.data} is not known to be positive")
        return Side(name, rows)

    def noise(self, *ways: str, sets: Iterable[str] = ()) -> tuple[Noise, Noise]:
        """What trainings of one architecture differ in the logarithm of a score, and what searches of one scheme do.

        They are pooled within sets (this one, or those given) and directions. Few searches can be alike by luck; they
        count as differing at least as much as trainings of one pair.
        """
        rows = self.known.trainings[self.known.trainings["data"].isin([*sets] or [self.data])]
        logs = self.known.logs[self.measure].loc[rows.index, list(ways)]
        logs = logs.set_index(pd.MultiIndex.from_frame(rows[NETWORK]))
        searched = logs[logs.index.get_level_values("method") == "N"].groupby(NETWORK, sort=False).mean()
        noise, between = _pooled(logs, NETWORK), _pooled(searched, SCHEME)
        return noise, noise if between[1] and noise[1] and between[0] < noise[0] else between

    def words(self, way: str, sides: Iterable[Side]) -> str:
        """The scores of sides in words."""
        return f"{self.score} {way or 'of both directions'}, {self.data}: {', '.join(map(str, sides))}"


def _pooled(values: pd.DataFrame, by: list[str]) -> Noise:
    """Deviation within the groups of equal index, each column for itself.

    Both directions are of one training, so that a second one adds no degrees of freedom.
    """
    numbers, of = values.to_numpy(), values.groupby(by, sort=False).ngroup().to_numpy()
    groups = [column[np.isfinite(column)] for group in range(len(set(of))) for column in numbers[of == group].T]
    sd, free = pooled(groups)
    return sd, free // values.shape[1]


@lru_cache(maxsize=1)
def known(study: Study) -> Known:
    """What the study's records say, read once."""
    parts = [part for part in ("domains", *TRAININGS, "ranks") if study.has(part)]
    searches = records.searches(study)
    headers = [*map(study.about, parts), *(one.about for one in searches)]
    names = {measure: records.score(study, measure) for measure in MEASURES} if parts else {}
    return Known(
        trainings=records.trainings(study),
        anchors=records.rows(study, "domains"),
        ranks=records.rows(study, "ranks"),
        searches=searches,
        keys=frozenset(key for about in headers for key in about["pictures"]),
        profile=study.profile,
        features=records.features(study) if parts else "",
        names={**names, "l1": "L1"},
    )


def score(rows: pd.DataFrame, measure: str, way: str) -> pd.Series:
    """A score of each row, the mean of both directions where none is named; NaN where there is none."""
    columns = [f"{measure}_{one}" for one in ([way] if way else DIRECTIONS)]
    return rows.reindex(columns=columns).mean(axis=1, skipna=False)


def ratio(ask: Asked, way: str, a: Arm, b: Arm) -> Evidence:
    """A score of one arm over another's, and both in words.

    Two searched arms are compared over searches where any scheme has several, other arms by Welch's interval, in which
    the variance of an arm is that between its searches (or random architectures), else the pooled one of trainings.
    What searches differ in at another size stands for an arm of one search, unless it asks for the first alone.
    """
    arms, sides = (a, b), [ask.side(way, arm) for arm in (a, b)]
    noise, between = ask.noise(way)
    units = ["searches" if between[1] else "trainings"] * 2
    if a.method != b.method:
        units = [_unit(arm, side, between) for arm, side in zip(arms, sides, strict=True)]
    levels = [{"trainings": noise, "searches": between}.get(unit) or pooled([side.means])
              for unit, side in zip(units, sides, strict=True)]  # fmt: skip
    each = [side.values if unit == "trainings" else side.means for unit, side in zip(units, sides, strict=True)]
    if units[0] == units[1] != "own":
        effect = student(each[0], each[1], levels[0])
    else:
        variances = [sd**2 / len(logs) for (sd, _), logs in zip(levels, each, strict=True)]
        gap = float(each[0].mean() - each[1].mean())
        effect = satterthwaite(gap, variances, [free for _, free in levels], sum(map(len, each)))
    said = [differ("trainings", noise)] if set(units) != {"searches"} else []
    said += [differ("searches", between)] if "searches" in units else []
    single = any(arm.method == "N" and unit == "trainings" for arm, unit in zip(arms, units, strict=True))
    return Evidence([quotient(effect)], [f"{ask.words(way, sides)}; {', '.join(said)}{caveats(sides, single)}"])


def _unit(arm: Arm, side: Side, between: Noise) -> str:
    """What a side is compared by: its `own` searches or architectures, searches at another size, or trainings."""
    if len(side.means) > 1:
        return "own"
    return "searches" if arm.method == "N" and not arm.first and between[1] else "trainings"


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


def together(found: Iterable[Evidence]) -> Evidence:
    """All effects and notes of several tests."""
    effects, notes = zip(*found, strict=True)
    return Evidence([one for each in effects for one in each], [one for each in notes for one in each])


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
