"""Tests of claims on tables 1 and 2: methods by their pictures and by their seconds (specification sections 4.4 and 7).

Pictures are compared over halves of the pairs, the same for both sides, so that an interval speaks of other pairs, not
of other searches: what holds of a searched network holds of the one that was found.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
from scipy import stats

from lib.papers.study import Study
from lib.papers.stylenas import experiments, records, tables
from lib.papers.stylenas.printed import PW, SK
from lib.papers.stylenas.records import SPACE
from lib.report.claims import Claim, Finding, above, not_run
from lib.report.statistics import Interval, welch

Arms = Sequence[tuple[str, str, float]]  # (a, b, factor): a's score is above so many times b's
ENDS = {"value": "value", "low": "high", "high": "low"}  # of a quotient's two sides
Compare = Callable[..., Finding]


def over(larger: str, *smaller: str, factor: float = 1.0) -> Arms:
    """Arms of one method against others."""
    return [(larger, one, factor) for one in smaller]


BY_FEATURES: dict[str, tuple[str, str, str, Arms]] = {  # id: sentence, evidence, distance to, arms
    "C5": ("S7 and S9 are nearer to the styles than PhotoWCT, all three than RS, RS than AE1", "Table 1", "style",
           [*over(PW, "S7", "S9"), *over("RS", *SK), *over("AE1", "RS")]),
    "C6": ("Searched networks imitate the oracle 2 to 3 times better than RS, larger ones better", "Table 1", "oracle",
           [*over("RS", *SK, factor=2.0), *over("S5", "S7"), *over("S7", "S9")]),
    "C12a": ("AE1 is the farthest from the styles", "Table 1", "style", over("AE1", PW, "RS", *SK)),
    "C13a": ("S7 is nearer to the styles than RS", "Table 1", "style", over("RS", "S7")),
    "C13b": ("S7 is nearer to the oracle than RS", "Table 1", "oracle", over("RS", "S7")),
    "C14a": ("S9 is nearer to the styles than RS", "Table 1", "style", over("RS", "S9")),
    "C14b": ("S9 is nearer to the oracle than RS", "Table 1", "oracle", over("RS", "S9")),
}  # fmt: skip
SPLIT = ("C5", "C6")  # their stand-ins have an arm a part
QUALITY = ("quality",)


def by_features(name: str) -> list[Claim]:
    """A claim by FID, its stand-in by KD with an arm a part where there are several, and FD beside it."""
    text, evidence, other, arms = BY_FEATURES[name]
    parts = [Claim(f"{name}{x}-s", f"... {a} above {f'{factor:g} times ' if factor > 1 else ''}{b} in KD to {other}",
                   evidence, partial(gaps, f"kd_{other}", [(a, b, factor)]), needs=QUALITY)
             for x, (a, b, factor) in zip("abcdef", arms if name in SPLIT else (), strict=False)]  # fmt: skip
    test = None if parts else partial(gaps, f"kd_{other}", arms)
    return [
        Claim(name, f"{text} (FID)", evidence, partial(by_inception, other, arms), needs=QUALITY),
        Claim(f"{name}-s", f"{text} (stand-in: KD)", evidence, test, needs=QUALITY,
              parts=tuple(one.id for one in parts)),
        *parts,
        Claim(f"{name}-fd", f"{text} (FD, beside the stand-in)", evidence, partial(gaps, f"fd_{other}", arms),
              needs=QUALITY),
    ]  # fmt: skip


def gaps(measure: str, arms: Arms, study: Study, claim: Claim) -> Finding:
    """Is every first method's measure above (so many times) the second's? The effect is the least difference."""
    rows: dict[str, pd.Series] = dict(study.frame("quality").set_index("name").iterrows())  # type: ignore[arg-type]
    used = list(dict.fromkeys(name for arm in arms for name in arm[:2]))
    if absent := [name for name in used if name not in rows]:
        return not_run(claim, f"table 1 has no {', '.join(absent)}")
    if same := _same(study.frame("quality"), [(a, b) for a, b, _ in arms]):
        return not_run(claim, same)
    if strangers := _strangers(study, used):
        return not_run(claim, strangers)
    value = min(float(rows[a][measure] - factor * rows[b][measure]) for a, b, factor in arms)
    draws = [records.drawn(rows[a], measure) - factor * records.drawn(rows[b], measure) for a, b, factor in arms]
    least = np.min(draws, axis=0)
    low, high = np.percentile(least - least.mean() + value, [2.5, 97.5]) if len(least) > 1 else (np.nan, np.nan)
    shown = used + [name for name in ("content", "oracle") if name in rows and measure == "tv"]
    labels, scale = tables.labels(study), tables.measures(study)[measure]
    note = f"{scale}: " + ", ".join(f"{labels[name]} {rows[name][measure]:.3g}" for name in shown)
    pairs = int(rows[used[0]].get("pairs", 0))
    found = above(claim, Interval(value, float(low), float(high), pairs), 0.0, note=note)
    return replace(found, n=pairs or None)  # older records do not say how many


def _same(frame: pd.DataFrame, pairs: Iterable[tuple[str, str]]) -> str:
    """Which methods a part cannot compare, as they are one network, inert bits apart; empty if it can."""
    texts = {name: text for name, text in zip(frame["name"], frame["text"], strict=True) if text}
    active = {name: SPACE.active(SPACE.parse(text)) for name, text in texts.items()}
    return "; ".join(f"{a} and {b} are the same network: {texts[a]}, {texts[b]}"
                     for a, b in pairs if a in active and active[a] == active.get(b))  # fmt: skip


def _strangers(study: Study, names: Iterable[str]) -> str:
    """Which of S5, S7 and S9 evolution did not find with so many bits, so that they say nothing of its networks."""
    known, found = records.sources(study), records.compared(study)
    other = [name for name in names if name in SK and name in found
             and (known[name] != "evolution" or found[name].count("1") != int(name[1:]))]  # fmt: skip
    each = ", ".join(f"{name} is of {known[name]} search with {found[name].count('1')} bits" for name in other)
    return f"evolution found no such network: {each}" if other else ""


def by_inception(other: str, arms: Arms, study: Study, claim: Claim) -> Finding:
    """The claim with the features of 2015, by KID as long as there are fewer than 1000 pictures."""
    if not tables.measures(study)["kd_style"].startswith("KID"):
        return not_run(claim, f"needs the 2015 Inception weights; {claim.id}-s stands in")
    return gaps(f"kd_{other}", arms, study, claim)


def flattered(study: Study, claim: Claim) -> Finding:
    """Does the distance to the oracle rise more on held-out pairs for networks that the search pairs chose?"""
    frame = study.frame("quality").set_index("name")
    if "kd_oracle_heldout" not in frame:
        return not_run(claim, "needs pairs that scored no candidate")
    rise = frame["kd_oracle_heldout"] - frame["kd_oracle_search"]
    rise = rise[~frame["text"].duplicated()]  # evolution's best may be S5, S7 or S9
    chosen, fixed = (rise.reindex(list(names)).dropna() for names in (experiments.SEARCHED_NETWORKS, experiments.FIXED))
    if min(len(chosen), len(fixed)) < 2:
        return not_run(claim, "needs two chosen networks and two fixed ones")
    note = ", ".join(f"{name} {value:+.3g}" for name, value in pd.concat([chosen, fixed]).items())
    return above(
        claim, welch(chosen.to_numpy(), fixed.to_numpy()), 0.0, note=f"{tables.measures(study)['kd_oracle']}: {note}"
    )


def _quotients(study: Study, first: str, second: str) -> pd.DataFrame:
    """Seconds of a method over those of another, a row a width at which both were timed: value, low, high.

    The limits join the ends of both medians' measured ranges; NaN where a record has no ranges.
    """
    frame = study.frame("timing")
    if not {first, second} <= set(frame["name"]):
        return pd.DataFrame({"value": [], "low": [], "high": []})
    low, high = (frame.get(f"seconds_{end}", np.nan) for end in ("low", "high"))  # older records have no range
    wide = frame.assign(value=frame["seconds_median"], low=low, high=high).pivot(index="width", columns="name")
    found = pd.DataFrame({one: wide[one, first] / wide[other, second] for one, other in ENDS.items()})
    return found.dropna(subset="value")


def quotient(pair: tuple[str, str], compare: Compare, threshold: float, study: Study, claim: Claim, *, width: int = 0,
             strict: bool = True) -> Finding:  # fmt: skip
    """Is the quotient of seconds on one side of a threshold at every size, or at one? The effect is the worst one."""
    found = _quotients(study, *pair)
    found = found[found.index == width] if width else found
    if found.empty:
        return not_run(claim, f"{' and '.join(pair)} were not timed at {tables.size(width) if width else 'any size'}")
    if why := _same(study.frame("timing"), [pair]) or _strangers(study, pair):
        return not_run(claim, why)
    worst = found.min(skipna=False) if compare is above else found.max(skipna=False)
    effect = Interval(worst["value"], worst["low"], worst["high"], len(found))
    return compare(claim, effect, threshold, strict=strict, note=_each(study, pair, found))


def gains(first: str, second: str, study: Study, claim: Claim) -> Finding:
    """Does a quotient of seconds grow from size to size? The effect is the least step, as a quotient itself."""
    found = _quotients(study, first, second)
    if len(found) < 2:
        return not_run(claim, f"{first} and {second} were not timed at two sizes")
    if strangers := _strangers(study, (first, second)):
        return not_run(claim, strangers)
    value, low, high = (float((found[one].to_numpy()[1:] / found[other].to_numpy()[:-1]).min())
                        for one, other in ENDS.items())  # fmt: skip
    effect = Interval(value, low, high, len(found) - 1)
    return above(claim, effect, 1.0, note=_each(study, (first, second), found))


def slope(name: str, compare: Compare, study: Study, claim: Claim) -> Finding:
    """The log-log slope of seconds against pixels, by least squares with Student's interval, against 1."""
    rows = study.frame("timing").query("name == @name")
    if len(rows) < 3:
        return not_run(claim, f"{name} was not timed at three sizes")
    if strangers := _strangers(study, [name]):
        return not_run(claim, strangers)
    fit = stats.linregress(2 * np.log(rows["width"]), np.log(rows["seconds_median"]))
    half = stats.t.ppf(0.975, len(rows) - 2) * fit.stderr
    effect = Interval(float(fit.slope), float(fit.slope - half), float(fit.slope + half), len(rows))
    return compare(claim, effect, 1.0, note=_where(study))


def real_time(study: Study, claim: Claim) -> Finding:
    """Frames a second of S5 at the smallest size, which say nothing of the paper's GPU."""
    rows = study.frame("timing").query("name == 'S5' and width == 256")
    if rows.empty:
        return not_run(claim, "needs a GTX 1080 Ti; S5 was not timed at 256x128")
    rate = float(1 / rows["seconds_median"].iloc[0])
    return replace(not_run(claim, f"needs a GTX 1080 Ti; ours: frames a second on {_where(study)}"), n=1, effect=rate)


def _each(study: Study, pair: tuple[str, str], found: pd.DataFrame) -> str:
    values = zip(map(tables.size, found.index), found["value"], strict=True)
    labels = tables.labels(study)
    each = ", ".join(f"{size} {value:.3g}" for size, value in values)
    return f"{labels[pair[0]]}/{labels[pair[1]]}: {each}; {_where(study)}"


def _where(study: Study) -> str:
    about = study.about("timing")
    return f"{about['evaluation']['device']}, threads: {about['threads']}"
