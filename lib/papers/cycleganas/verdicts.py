"""What each claim asks of a study's records (specification section 1).

A test is asked about a set, or about all of them, and raises `Lacks` where the study has not what it needs. A rule
compares an interval with its threshold, such as `below` 1.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from itertools import combinations
from typing import Any

import numpy as np
from scipy import stats

from lib.papers.cycleganas.comparisons import (
    BOTH,
    DRAWS,
    SEED,
    Arm,
    Asked,
    Lacks,
    Side,
    all_of,
    grouped,
    moments,
    quotient,
    ratio,
    score,
    simulated,
    usable,
)
from lib.papers.cycleganas.records import DIRECTIONS, Search
from lib.report import statistics
from lib.report.claims import Finding, above, below, inside_band
from lib.report.statistics import Interval, over_seeds, pooled, student
from lib.searchers.differentiable import SCHEMES
from lib.spaces.cycleganas import RESIDUAL, TAPS

SIMILAR = 1.25  # sizes that differ by less are alike (C3, C12)
HARDER = ("horse2zebra", "horse2giraffe", "synthetic-imbalanced", "showable")  # sets whose way from B to A is harder
UNEVEN = (*HARDER, "iphone2dslr_flower")
MIDDLE = (32, 96)  # widths where the optimum usually lies (C9)
FEWEST_WIDTHS, FEWEST_RANKED = 3, 4
UNIFORM = float(np.mean([TAPS[name] for name in RESIDUAL]))  # taps of a random residual operation
GAP = np.array([1, -1])  # the first less the second: logarithms of N and C
On = Callable[[Asked], Finding]
Rule = Callable[..., Finding]
Statistic = Callable[[np.ndarray], np.ndarray]


def arms(a: Arm, rivals: Sequence[Arm], rule: Rule, way: str, ask: Asked) -> Finding:
    """Is the quotient of one arm's scores and of every rival's where it should be?"""
    effects = [ratio(ask, way, a, rival) for rival in rivals]
    return all_of(ask, [rule(ask.claim, effect, note=note) for effect, note in effects])


def everywhere(on: On, ask: Asked) -> Finding:
    """A test on every set that it can be run on."""
    return all_of(ask, list(usable(ask, on).values()))


def alike_sizes(ask: Asked) -> Finding:
    """Are the generators of all schemes alike in size at an equal width, each direction for itself?"""
    findings = []
    for network in ("G_A", "G_B"):
        sizes = {scheme: ask.known.size(ask.data, scheme, network) for scheme in SCHEMES}
        means = ", ".join(f"{name} {np.exp(one.mean()) / 1e6:.2f}" for name, (one, _) in sizes.items())
        note = f"millions of parameters of {network} at H = 64, {ask.data}: {means}"
        for (a, noise), (b, _) in combinations(sizes.values(), 2):
            effect = quotient(student(a, b, noise))
            findings.append(inside_band(ask.claim, effect, (1 / SIMILAR, SIMILAR), note=note))
    return all_of(ask, findings)


def larger(scheme: str, rule: Rule, ask: Asked) -> Finding:
    """Which generator does a scheme make larger? The logarithm of the size of G_B over G_A."""
    each, noise = ask.known.size(ask.data, scheme, "rho")
    return rule(ask.claim, student(each, (), noise), note=_rho(ask.data, scheme, each))


def uneven(ask: Asked) -> Finding:
    """Are the generators of a set less alike in size than those of every even one?"""
    each, noise = ask.known.size(ask.data, "OF", "rho")
    even = [name for name in ask.known.sets if name not in UNEVEN]
    findings = []
    for name, other in usable(ask, lambda one: ask.known.size(one.data, "OF", "rho")[0], even).items():
        effect = student(each * np.sign(each.mean()), other * np.sign(other.mean()), noise)
        note = f"{_rho(ask.data, 'OF', each)}; {_rho(name, 'OF', other)}"
        findings.append(above(ask.claim, effect, 0.0, note=note))
    return all_of(ask, findings)


def _rho(data: str, scheme: str, each: np.ndarray) -> str:
    return f"log S(G_B) / S(G_A) at H = 64, {data}, {scheme}: {', '.join(f'{value:+.2f}' for value in each)}"


def least(best: str, way: str, ask: Asked) -> Finding:
    """Is the lowest score of a scheme below that of every other, of as many trainings of one search? Bootstrap."""
    sides, rng = _schemes(ask, way), np.random.default_rng(SEED)
    count = min(len(side.values) for side in sides.values())
    cut = {scheme: side.values[:count] for scheme, side in sides.items()}
    drawn = {scheme: values[rng.integers(0, count, (DRAWS, count))].min(1) for scheme, values in cut.items()}
    each = ", ".join(f"{scheme} {np.exp(values.min()):.4g}" for scheme, values in cut.items())
    note = f"lowest {ask.score} {way or 'of both directions'} of {count}, {ask.data}: {each}; {_missed(sides.values())}"
    findings = []
    for rival, values in cut.items():
        if rival != best:
            low, high = np.percentile(drawn[best] - drawn[rival], [2.5, 97.5]) if count > 1 else (np.nan, np.nan)
            effect = Interval(cut[best].min() - values.min(), float(low), float(high), 2 * count)
            findings.append(below(ask.claim, quotient(effect), 1.0, note=note))
    return all_of(ask, findings)


def steadiest(best: str, way: str, ask: Asked) -> Finding:
    """Do the trainings of a scheme differ less than those of every other, one search each?"""
    sides = _schemes(ask, way)
    each = {scheme: np.exp(side.values) for scheme, side in sides.items()}
    rivals = [spread(each[best], values) for scheme, values in each.items() if scheme != best]
    note = ask.words(way, sides.values())
    return all_of(ask, [below(ask.claim, effect, 1.0, note=note) for effect in rivals])


def spread(a: np.ndarray, b: np.ndarray) -> Interval:
    """Standard deviation of a over that of b with the F interval of normal samples; Lacks where b has none."""
    if min(len(a), len(b)) < 2:
        return Interval(np.nan, np.nan, np.nan, len(a) + len(b))
    if not b.std():
        raise Lacks("trainings do not differ")
    value = float(a.std(ddof=1) / b.std(ddof=1))
    high, low = np.sqrt(stats.f.ppf([0.025, 0.975], len(a) - 1, len(b) - 1))
    return Interval(value, value / float(low), value / float(high), len(a) + len(b))


def _schemes(ask: Asked, way: str) -> dict[str, Side]:
    return {scheme: ask.side(way, Arm("N", "controlled", scheme, first=True)) for scheme in SCHEMES}


def steadily_good(best: str, ask: Asked) -> Finding:
    """Is a scheme's worst regret over sets and directions smaller than every other's? Regret: over the best scheme."""
    cells = [(way, Arm("N", "controlled", scheme)) for way in DIRECTIONS for scheme in SCHEMES]
    made = usable(ask, lambda one: [one.side(way, arm) for way, arm in cells])
    sides = [side for each in made.values() for side in each]
    noise, between = (of(made, ask.measure, *DIRECTIONS) for of in (ask.known.noise, ask.known.between))
    means, counts, level = moments(sides, noise, between)
    shape = (-1, len(SCHEMES))  # sets and directions, schemes

    def worst(x: np.ndarray) -> np.ndarray:
        return np.asarray((np.exp(x - x.min(-1, keepdims=True)) - 1).max(-2))

    found = dict(zip(SCHEMES, worst(means.reshape(shape)), strict=True))
    each = ", ".join(f"{name} {value:.1%}" for name, value in found.items())
    note = f"worst regret in {ask.score} on {', '.join(made)}: {each}; {_missed(sides)}"

    def against(rival: str) -> Interval:
        signs = np.array([(scheme == rival) - (scheme == best) for scheme in SCHEMES], float)
        return simulated(means.reshape(shape), counts.reshape(shape), level, lambda x: worst(x) @ signs)

    return all_of(ask, [above(ask.claim, against(rival), 0.0, note=note) for rival in SCHEMES if rival != best])


def lowest_over_widths(rule: Rule, ask: Asked) -> Finding:
    """The lowest score of searched pairs over all widths, over CycleGAN's."""
    sides = [side for method in "NC" for side in _along(method, _widths(ask), ask)]
    effect, _ = _effect(ask, BOTH, {ask.data: sides}, (2, -1), lambda x: x.min(-1) @ GAP)
    return rule(ask.claim, quotient(effect), note=ask.words(BOTH, sides))


def best_widths(of: str, ask: Asked) -> Finding:
    """Is the best width among those of a kind, for CycleGAN and for searched pairs? Means over sets.

    `of` is `not largest`, `not smallest` or `middle` (32 to 96).
    """
    known = usable(ask, _widths)
    targets = np.array(next(iter(known.values())))
    sets = [name for name, own in known.items() if own == targets.tolist()]
    inside = {"not largest": targets < targets.max(), "not smallest": targets > targets.min(),
              "middle": (targets >= MIDDLE[0]) & (targets <= MIDDLE[1])}[of]  # fmt: skip
    if inside.all() or not inside.any():
        raise Lacks(f"needs widths inside and outside {MIDDLE[0]} to {MIDDLE[1]}")

    def gap(x: np.ndarray) -> np.ndarray:
        mean = x.mean(-2)  # of sets
        return np.asarray(mean[..., inside].min(-1) - mean[..., ~inside].min(-1))

    findings = []
    for method in "CN":
        made = usable(ask, partial(_along, method, targets.tolist()), sets)
        effect, note = _effect(ask, BOTH, made, (len(made), -1), gap)
        findings.append(below(ask.claim, quotient(effect), 1.0, note=note))
    return all_of(ask, findings)


def _widths(ask: Asked) -> list[int]:
    targets = ask.known.targets(ask.data, "matched", "widths")
    if len(targets) < FEWEST_WIDTHS:
        raise Lacks(f"needs C and N at {FEWEST_WIDTHS} widths; {ask.data} has {len(targets)}")
    return targets


def _first(ask: Asked, way: str, method: str, target: int | str) -> Side:
    return ask.side(way, Arm(method, target, first=True))


def _along(method: str, targets: Sequence[int], ask: Asked) -> list[Side]:
    return [_first(ask, BOTH, method, target) for target in targets]


def _effect(ask: Asked, way: str, made: dict[str, list[Side]], shape: tuple[int, ...],
            statistic: Statistic) -> tuple[Interval, str]:  # fmt: skip
    """A statistic of the means of trainings, the sides of all sets in a shape; and the sides in words."""
    sides = [side for each in made.values() for side in each]
    means, counts, level = moments(sides, ask.known.noise(made, ask.measure, way), (math.nan, 0))
    words = "; ".join(replace(ask, data=data).words(way, each) for data, each in made.items())
    return simulated(means.reshape(shape), counts.reshape(shape), level, statistic), words


def _missed(sides: Iterable[Side]) -> str:
    return f"sizes missed by {max(abs(side.missed) for side in sides):.1%} at most"


def largest_gain(way: str, rule: Rule, ask: Asked) -> Finding:
    """The largest gain of searched pairs over CycleGAN over sets, at the larger size of figure 5."""
    made = usable(ask, lambda one: [_first(one, way, method, "large") for method in "NC"])
    effect, note = _effect(ask, way, made, (-1, 2), lambda x: (1 - np.exp(x @ GAP)).max(-1))
    return rule(ask.claim, effect, note=note)


def gains_grow(ask: Asked) -> Finding:
    """N over C at the larger size over the same at the smaller one, the mean of sets: is it below 1?"""
    cells = [(method, place) for place in ("large", "small") for method in "NC"]
    made = usable(ask, lambda one: [_first(one, BOTH, method, place) for method, place in cells])
    effect, note = _effect(ask, BOTH, made, (-1, 2, 2), lambda x: (x @ GAP @ GAP).mean(-1))
    return below(ask.claim, quotient(effect), 1.0, note=note)


def transfer(of: str, ask: Asked) -> Finding:
    """Does N over C not grow with the width (`trend`: rank correlation), and is it below 1 at the `widest`?"""
    known = usable(ask, _widths)
    fewest = min(map(len, known.values()))
    made = usable(ask, lambda one: [_first(one, BOTH, method, target) for target in known[one.data][-fewest:]
                                    for method in "NC"], known)  # fmt: skip
    shape = (len(made), fewest, 2)
    if of == "widest":
        effect, note = _effect(ask, BOTH, made, shape, lambda x: (x @ GAP)[..., -1].mean(-1))
        return below(ask.claim, quotient(effect), 1.0, note=note)
    effect, note = _effect(ask, BOTH, made, shape, lambda x: rank_correlations(x @ GAP).mean(-1))
    return below(ask.claim, effect, 0.0, strict=False, note=note)


def rank_correlations(x: np.ndarray) -> np.ndarray:
    """Spearman's correlation of the last axis with its own order; the values differ."""
    n = x.shape[-1]
    apart = x.argsort(-1).argsort(-1) - np.arange(n)
    return np.asarray(1 - 6 * (apart**2).sum(-1) / (n**3 - n))


def nearer(method: str, way: str, ask: Asked) -> Finding:
    """The score of translations over that of untranslated pictures: is it below 1?"""
    side, known = ask.side(way, Arm(method, "controlled")), ask.known
    same = [row for row in known.anchors if (row["data"], row["name"]) == (ask.data, "untranslated")]
    anchor = score(same[0], ask.measure, way) if same else math.nan
    if not anchor > 0:
        raise Lacks(f"{ask.score} of untranslated pictures of {ask.data} is not known to be positive")
    alone = side.values, known.noise([ask.data], ask.measure, way)
    units, level = (side.means, pooled([side.means])) if len(side.each) > 1 else alone
    effect = quotient(student(units - math.log(anchor), (), level))
    return below(ask.claim, effect, 1.0, note=f"{ask.words(way, [side])}, untranslated {anchor:.4g}")


def agreement(ask: Asked) -> Finding:
    """Do searches of one set differ in fewer genes than uniform genotypes would? Bootstrap over genes."""
    excess, notes = [], []
    for name in ask.known.sets:
        searches = [one for one in ask.known.searches if one.data == name and one.scheme == "OF"]
        if len(searches) > 1:
            chance = 1 - 1 / np.array([len(gene.choices) for gene in searches[0].space.genes])
            genomes = np.array([one.genomes()[-1] for one in searches])
            differ = np.mean([a != b for a, b in combinations(genomes, 2)], axis=0)
            excess.append(chance - differ)
            of = f"{differ.sum():.1f} of {len(chance)} genes differ in {len(searches)} searches"
            notes.append(f"{name}: {of}, {chance.sum():.1f} by chance")
    if not excess:
        raise Lacks("needs two searches of a set with OF")
    effect = statistics.bootstrap(np.concatenate(excess), seed=SEED)
    return above(ask.claim, effect, 0.0, note="; ".join(notes))


def optimism(ask: Asked) -> Finding:
    """By what share of its set's mean the best score of a training is below its last, over trainings."""
    rows = ask.known.rows(ask.data, "C", "N", "C'", "R")
    if max((len(row["curves"]["step"]) for row in rows), default=0) < 2:
        raise Lacks(f"no training on {ask.data} was scored twice")
    last, best = (np.array([[row[f"{ask.measure}_{way}{end}"] for way in DIRECTIONS] for row in rows])
                  for end in ("", "_best"))  # fmt: skip
    effect = over_seeds(((last - best) / last.mean(0)).mean(1))
    return above(ask.claim, effect, 0.0, note=f"{ask.score} on {ask.data}, as a share of the mean last one")


def ranks_alike(ask: Asked) -> Finding:
    """Does the supernetwork rank architectures as trainings from scratch do? Spearman's correlation."""
    alone = grouped(ask.known.rows(ask.data, "C", "N", "R"), lambda row: (row["name"], row["text"]))
    pairs = {}
    for row in ask.known.ranks:
        if row["data"] == ask.data and (found := alone.get((row["name"], row["text"]))):
            mean = np.mean([score(one, ask.measure, BOTH) for one in found])
            pairs[f"{row['name']} {row['scheme']} {row['search']}"] = score(row, ask.measure, BOTH), mean
    if len(pairs) < FEWEST_RANKED:
        raise Lacks(f"needs {FEWEST_RANKED} architectures trained and ranked on {ask.data}; there are {len(pairs)}")
    each = ", ".join(f"{name} {shared:.3g} {own:.3g}" for name, (shared, own) in pairs.items())
    note = f"{ask.score} of both directions, {ask.data}, with shared weights and its own: {each}"
    return above(ask.claim, statistics.spearman(*zip(*pairs.values(), strict=True)), 0.0, note=note)


def over_searches(of: Callable[[Search], float], rule: Rule, scheme: str, ask: Asked) -> Finding:
    """The mean of a number of each search, of one scheme or all, with Student's interval."""
    chosen = [one for one in ask.known.searches if scheme in ("", one.scheme)]
    if not chosen:
        raise Lacks("nothing was searched")
    each: dict[str, Any] = {f"{one.data} {one.scheme} {one.seed}": of(one) for one in chosen}
    note = ", ".join(f"{name} {value:.3g}" for name, value in each.items())
    return rule(ask.claim, over_seeds(each.values()), note=note)


def taps(one: Search) -> float:
    """Mean weights a channel pair of the residual operations that a search chose for its generators."""
    return float(np.mean([TAPS[name] for net in (one.genotype.G_A, one.genotype.G_B) for name in net.residual]))


def change(column: str, one: Search) -> float:
    """By how much a column of a search's rows rose from the first to the last."""
    return float(one.rows[column].iloc[-1] - one.rows[column].iloc[0])
