"""Tests of claims on tables 1 and 2: methods by their pictures and by their seconds (sections 4.4 and 7).

Pictures are compared over halves of the pairs, the same for both sides, so that an interval speaks of other pairs, not
of other searches: what holds of a searched network holds of the one that was found.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from lib.papers.study import Study
from lib.papers.stylenas import records, tables
from lib.papers.stylenas.printed import PW, SK
from lib.papers.stylenas.records import SPACE
from lib.report.claims import Claim, Finding, above, below, not_run
from lib.report.statistics import Interval

Arms = Sequence[tuple[str, str, float]]  # (a, b, factor): a's score is above so many times b's
Compare = Callable[..., Finding]
QUALITY, TIMING = ("quality",), ("timing",)


def over(larger: str, *smaller: str, factor: float = 1.0) -> Arms:
    """Arms of one method against others."""
    return [(larger, one, factor) for one in smaller]


def by_inception(other: str, arms: Arms, study: Study, claim: Claim) -> Finding:
    """The claim with the features of 2015, by KID as long as there are fewer than 1000 pictures."""
    if not tables.measures(study)["kd_style"].startswith("KID"):
        return not_run(claim, f"needs the 2015 Inception weights; {claim.id}-s stands in")
    return gaps(f"kd_{other}", arms, study, claim)


def gaps(measure: str, arms: Arms, study: Study, claim: Claim) -> Finding:
    """Is every first method's measure above (so many times) the second's? The effect is the least difference."""
    frame = study.frame("quality")
    if why := _unfit(study, frame, [arm[:2] for arm in arms]):
        return not_run(claim, why)
    rows: dict[str, pd.Series] = dict(frame.set_index("name").iterrows())  # type: ignore[arg-type]
    value = min(float(rows[a][measure] - factor * rows[b][measure]) for a, b, factor in arms)
    draws = [records.drawn(rows[a], measure) - factor * records.drawn(rows[b], measure) for a, b, factor in arms]
    least = np.min(draws, axis=0)
    low, high = np.percentile(least - least.mean() + value, [2.5, 97.5])
    labels, used = tables.labels(study), dict.fromkeys(name for arm in arms for name in arm[:2])
    shown = [*used, *(name for name in ("content", "oracle") if name in rows and measure == "tv")]
    note = ", ".join(f"{labels[name]} {rows[name][measure]:.3g}" for name in shown)
    effect = Interval(value, float(low), float(high), int(frame["pairs"].iloc[0]))
    return above(claim, effect, 0.0, note=f"{tables.measures(study)[measure]}: {note}")


def _unfit(study: Study, frame: pd.DataFrame, pairs: Iterable[Sequence[str]]) -> str:
    """Why methods of a record cannot be compared in these pairs; empty if they can.

    One is absent, two are one network, inert bits apart, or evolution did not find S5, S7 or S9 with so many bits, so
    that what was found says nothing of its networks.
    """
    pairs = list(pairs)
    names = list(dict.fromkeys(name for pair in pairs for name in pair))
    if absent := [name for name in names if name not in set(frame["name"])]:
        return f"not measured: {', '.join(absent)}"
    texts = dict(zip(frame["name"], frame["text"], strict=True))
    active = {name: SPACE.active(SPACE.parse(texts[name])) for name in names if texts[name]}
    if same := [(a, b) for a, b in pairs if a != b and a in active and active[a] == active.get(b)]:
        return "; ".join(f"{a} and {b} are the same network: {texts[a]}, {texts[b]}" for a, b in same)
    strange = [f"{name} is of {row['part']} search with {row['bits']} bits"
               for name, row in records.substitutes(study).iterrows() if name in names]  # fmt: skip
    return f"evolution found no such network: {', '.join(strange)}" if strange else ""


def _quotients(frame: pd.DataFrame, first: str, second: str) -> pd.DataFrame:
    """Seconds of a method over those of another, a row a width at which both were timed: value, low, high.

    The limits join the ends of both medians' measured ranges.
    """
    wide = frame.pivot(index="width", columns="name", values=["seconds_median", "seconds_low", "seconds_high"])
    ends = {"value": ("median", "median"), "low": ("low", "high"), "high": ("high", "low")}
    return pd.DataFrame({of: wide[f"seconds_{one}", first] / wide[f"seconds_{other}", second]
                         for of, (one, other) in ends.items()}).dropna()  # fmt: skip


def quotient(pair: tuple[str, str], compare: Compare, threshold: float, study: Study, claim: Claim, *, width: int = 0,
             strict: bool = True) -> Finding:  # fmt: skip
    """Is the quotient of seconds on one side of a threshold at every size, or at one? The effect is the worst one."""
    frame = study.frame("timing")
    frame = frame[frame["width"] == width] if width else frame
    if why := _unfit(study, frame, [pair]):
        return not_run(claim, why)
    found = _quotients(frame, *pair)
    worst = found.min() if compare is above else found.max()
    effect = Interval(worst["value"], worst["low"], worst["high"], len(found))
    return compare(claim, effect, threshold, strict=strict, note=_each(study, pair, found))


def gains(first: str, second: str, study: Study, claim: Claim) -> Finding:
    """Does a quotient of seconds grow from size to size? The effect is the least step, as a quotient itself."""
    frame = study.frame("timing")
    if why := _unfit(study, frame, [(first, second)]):
        return not_run(claim, why)
    found = _quotients(frame, first, second)
    if len(found) < 2:
        return not_run(claim, f"{first} and {second} were not timed at two sizes")
    value, low, high = (float((found[one].to_numpy()[1:] / found[other].to_numpy()[:-1]).min())
                        for one, other in (("value", "value"), ("low", "high"), ("high", "low")))  # fmt: skip
    effect = Interval(value, low, high, len(found) - 1)
    return above(claim, effect, 1.0, note=_each(study, (first, second), found))


def slope(name: str, compare: Compare, study: Study, claim: Claim) -> Finding:
    """The log-log slope of seconds against pixels, by least squares with Student's interval, against 1."""
    frame = study.frame("timing").query("name == @name")
    if why := _unfit(study, frame, [(name, name)]):
        return not_run(claim, why)
    if len(frame) < 3:
        return not_run(claim, f"{name} was not timed at three sizes")
    fit = stats.linregress(2 * np.log(frame["width"]), np.log(frame["seconds_median"]))
    half = stats.t.ppf(0.975, len(frame) - 2) * fit.stderr
    effect = Interval(float(fit.slope), float(fit.slope - half), float(fit.slope + half), len(frame))
    return compare(claim, effect, 1.0, note=records.machine(study))


def real_time(study: Study, claim: Claim) -> Finding:
    """Frames a second of S5 at the smallest size, which say nothing of the paper's GPU."""
    seconds = study.frame("timing").query("name == 'S5' and width == 256")["seconds_median"]
    found = not_run(claim, f"needs a GTX 1080 Ti; ours: frames a second on {records.machine(study)}")
    return replace(found, n=1, effect=float(1 / seconds.iloc[0])) if len(seconds) else found


def _each(study: Study, pair: tuple[str, str], found: pd.DataFrame) -> str:
    labels = tables.labels(study)
    quotients = zip(map(tables.size, found.index), found["value"], strict=True)
    each = ", ".join(f"{size} {value:.3g}" for size, value in quotients)
    return f"{labels[pair[0]]}/{labels[pair[1]]}: {each}; {records.machine(study)}"


def tested(needs: tuple[str, ...], name: str, text: str, place: str, test: Callable[..., Finding], *given: Any,
           **more: Any) -> Claim:  # fmt: skip
    """A claim with its test, which takes what is given before study and claim."""
    return Claim(name, text, place, partial(test, *given, **more), needs=needs)


BY_FEATURES: dict[str, tuple[str, str, Arms]] = {  # id: sentence, distance to, arms
    "C5": ("S7 and S9 are nearer to the styles than PhotoWCT, all three than RS, RS than AE1", "style",
           [*over(PW, "S7", "S9"), *over("RS", *SK), *over("AE1", "RS")]),
    "C6": ("Searched networks imitate the oracle 2 to 3 times better than RS, larger ones better", "oracle",
           [*over("RS", *SK, factor=2.0), *over("S5", "S7"), *over("S7", "S9")]),
    "C12a": ("AE1 is the farthest from the styles", "style", over("AE1", PW, "RS", *SK)),
    "C13a": ("S7 is nearer to the styles than RS", "style", over("RS", "S7")),
    "C13b": ("S7 is nearer to the oracle than RS", "oracle", over("RS", "S7")),
    "C14a": ("S9 is nearer to the styles than RS", "style", over("RS", "S9")),
    "C14b": ("S9 is nearer to the oracle than RS", "oracle", over("RS", "S9")),
}  # fmt: skip
SPLIT = ("C5", "C6")  # their stand-ins have an arm a part


def _by_features(name: str) -> list[Claim]:
    """A claim by FID, and its stand-in by KD with an arm a part where there are several."""
    text, other, arms = BY_FEATURES[name]
    parts = [
        _pictured(f"{name}{x}-s", f"... {a} above {f'{factor:g} times ' if factor > 1 else ''}{b} in KD to {other}",
                  gaps, f"kd_{other}", [(a, b, factor)])
        for x, (a, b, factor) in zip("abcdef", arms if name in SPLIT else (), strict=False)
    ]  # fmt: skip
    stand_in = _pictured(f"{name}-s", f"{text} (stand-in: KD)", gaps, f"kd_{other}", arms)
    if parts:
        stand_in = replace(stand_in, test=None, parts=tuple(one.id for one in parts))
    return [_pictured(name, f"{text} (FID)", by_inception, other, arms), stand_in, *parts]


def _pictured(name: str, text: str, test: Callable[..., Finding], *given: Any) -> Claim:
    return tested(QUALITY, name, text, "Table 1", test, *given)


def _timed(*given: Any, **more: Any) -> Claim:
    return tested(TIMING, *given, **more)


CLAIMS = [
    *(claim for name in BY_FEATURES for claim in _by_features(name)),
    *(_pictured(name, f"... than {other}", gaps, "tv", [(one, other, 1.0) for one in SK])
      for name, other in (("C7a", PW), ("C7b", "RS"), ("C7c", "AE1"))),
    _pictured("C12b", "AE1 has the least TV", gaps, "tv", [(one, "AE1", 1.0) for one in (PW, "RS", *SK)]),
    _pictured("C13d", "S7 has more TV than RS", gaps, "tv", over("S7", "RS")),
    _timed("C8a", "S5 is 80 times as fast at every size", "88 to 666", quotient, (PW, "S5"), above, 80.0, strict=False),
    _timed("C8b", "... and gains with size", "Table 2", gains, PW, "S5"),
    _timed("C8c", "S9 is 80 times as fast at 768x384", "85", quotient, (PW, "S9"), above, 80.0, strict=False,
           width=768),
    _timed("C9a", "... at most 1.14% at every size", "Table 2", quotient, ("S5", PW), below, 0.0114, strict=False),
    _timed("C9b", "... at least 0.15% at every size", "Table 2", quotient, ("S5", PW), above, 0.0015, strict=False),
    _timed("C10", "S5 takes less than half of RS's time", "16.7 to 44.2%", quotient, ("S5", "RS"), below, 0.5),
    _timed("C11", "S5 is near real time at 256x128 on a GTX 1080 Ti", "0.05 s", real_time),
    _timed("C12c", "AE1 takes less than a fifth of PhotoWCT's time", "Table 2", quotient, (PW, "AE1"), above, 5.0),
    _timed("C13c", "S7 is faster than RS at every size", "Table 2", quotient, ("S7", "RS"), below, 1.0),
    _timed("C14c", "S9 is slower than RS (no part of C14: it hangs on the transforms that RS drew)", "Table 2",
           quotient, ("S9", "RS"), above, 1.0),
    _timed("C17a", "PhotoWCT's time grows faster than the pixels", "35 for 16", slope, PW, above),
    _timed("C17b", "That of S5 grows slower", "Table 2", slope, "S5", below),
    _timed("C17c", "That of S7 grows slower", "Table 2", slope, "S7", below),
]  # fmt: skip
