"""What each claim asks of a study's records.

A test is asked about a set, or about all of them, and raises `Lacks` where the study has not what it needs. A rule
compares an interval with its threshold, such as `below` 1.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np
from scipy import stats

from lib.papers.cycleganas.comparisons import (
    BOTH,
    SEED,
    Arm,
    Asked,
    Lacks,
    Noise,
    Side,
    all_of,
    caveats,
    grouped,
    quotient,
    ratio,
    score,
    usable,
)
from lib.papers.cycleganas.experiments import pair
from lib.papers.cycleganas.records import DIRECTIONS, Stored
from lib.report import statistics
from lib.report.claims import Finding, above, below, inside_band
from lib.report.statistics import Interval, contrast, over_seeds, pooled, simulated, student
from lib.searchers.differentiable import SCHEMES
from lib.spaces.cycleganas import RESIDUAL, TAPS

SIMILAR = 1.25  # sizes that differ by less are alike (C3, C12)
NORMAL = float(stats.norm.ppf(0.975))  # half an interval in standard deviations
HARDER = ("horse2zebra", "horse2giraffe", "synthetic-imbalanced", "showable")  # expected: B to A
UNEVEN = (*HARDER, "iphone2dslr_flower")
MIDDLE = (32, 96)  # widths where the optimum usually lies (C9)
FEWEST_WIDTHS, FEWEST_RANKED = 3, 4
UNIFORM = float(np.mean([TAPS[name] for name in RESIDUAL]))  # taps of a random residual operation
GAP = np.array([1, -1])  # the first less the second: logarithms of N and C
On = Callable[[Asked], Finding]
Rule = Callable[..., Finding]
Made = dict[str, list[Side]]  # of each set


def arms(a: Arm, rivals: Sequence[Arm], rule: Rule, way: str, ask: Asked) -> Finding:
    """Is the quotient of one arm's scores and of every rival's where it should be?"""
    effects = [ratio(ask, way, a, rival) for rival in rivals]
    return all_of(ask, [rule(ask.claim, effect, note=note) for effect, note in effects])


def everywhere(on: On, ask: Asked) -> Finding:
    """A test on every set that it can be run on."""
    return all_of(ask, list(usable(ask, on).values()))


def where_harder(on: On, ask: Asked) -> Finding:
    """A test on a set whose way from B to A is the harder one, by CycleGAN's own errors; Lacks where it is not.

    These are the distances to true translations, else those of pictures to their way there and back.
    """
    rows = ask.known.rows(ask.data, "C")
    errors = [np.array([[row.get(name, math.nan) for name in names] for row in rows]).reshape(-1, 2)
              for names in (("l1_AtoB", "l1_BtoA"), ("cycle_A", "cycle_B"))]  # fmt: skip
    known = bool(np.isfinite(errors[0]).all())
    found = errors[0 if known else 1]
    if not len(rows) or not np.isfinite(found).all():
        raise Lacks(f"CycleGAN's errors on {ask.data} are not known")
    words = "A to B {:.3f}, B to A {:.3f}" if known else "A there and back {:.3f}, B {:.3f}"
    note = f"CycleGAN's own L1 on {ask.data}: {words.format(*found.mean(0))} ({len(rows)} trainings)"
    if not over_seeds(np.log(found[:, 1] / found[:, 0])).low > 0:
        raise Lacks(f"needs a set whose way from B to A is the harder one for CycleGAN; {note}")
    finding = on(ask)
    return replace(finding, note=f"{finding.note}; {note}")


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
    """Is the lowest score of a scheme below that of every other, of as many trainings of one search?"""
    sides = _schemes(ask, way)
    count = min(len(side.values) for side in sides.values())
    cut = np.array([side.values[:count] for side in (sides[best], *_others(sides, best))])
    noise = ask.known.noise([ask.data], ask.measure, way)
    each = ", ".join(f"{scheme} {np.exp(side.values[:count].min()):.4g}" for scheme, side in sides.items())
    note = (f"lowest {ask.score} {way or 'of both directions'} of {count}, one search each, {ask.data}: {each}; "
            f"{_missed(sides.values())}")  # fmt: skip
    gaps = [simulated(lambda x: x.min(-1) @ GAP, cut[[0, rival]], np.ones((2, count)), noise, seed=SEED)
            for rival in range(1, len(cut))]  # fmt: skip
    return all_of(ask, [below(ask.claim, quotient(effect), 1.0, note=note) for effect in gaps])


def steadiest(best: str, way: str, ask: Asked) -> Finding:
    """Do the trainings of a scheme differ less than those of every other, one search each?"""
    sides = _schemes(ask, way)
    effects = [spread(np.exp(sides[best].values), np.exp(side.values)) for side in _others(sides, best)]
    note = ask.words(way, sides.values())
    return all_of(ask, [below(ask.claim, effect, 1.0, note=note) for effect in effects])


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


def _others(sides: dict[str, Side], best: str) -> list[Side]:
    return [side for scheme, side in sides.items() if scheme != best]


def steadily_good(best: str, ask: Asked) -> Finding:
    """Is a scheme's worst regret over sets and directions smaller than every other's? Regret: over the best scheme."""
    cells = [(way, Arm("N", "controlled", scheme)) for way in DIRECTIONS for scheme in SCHEMES]
    made = usable(ask, lambda one: [one.side(way, arm) for way, arm in cells])
    means, counts, level = _measured(ask, made, *DIRECTIONS, over_searches=True)
    means, counts = (each.reshape(-1, len(SCHEMES)) for each in (means, counts))  # sets and directions, schemes

    def worst(x: np.ndarray) -> np.ndarray:
        return np.asarray((np.exp(x - x.min(-1, keepdims=True)) - 1).max(-2))

    each = ", ".join(f"{name} {value:.1%}" for name, value in zip(SCHEMES, worst(means), strict=True))
    missed = _missed(side for sides in made.values() for side in sides)
    note = f"worst regret in {ask.score} on {', '.join(made)}: {each}; {missed}"

    def against(rival: str) -> Interval:
        signs = np.array([(scheme == rival) - (scheme == best) for scheme in SCHEMES], float)
        return simulated(lambda x: worst(x) @ signs, means, counts, level, seed=SEED)

    return all_of(ask, [above(ask.claim, against(rival), 0.0, note=note) for rival in SCHEMES if rival != best])


def lowest_over_widths(rule: Rule, ask: Asked) -> Finding:
    """The lowest score of searched pairs over all sizes, over CycleGAN's."""
    sides = [side for method in "NC" for side in _along(method, _widths(ask), ask)]
    effect, note = _effect(ask, BOTH, {ask.data: sides}, (2, -1), lambda x: x.min(-1) @ GAP)
    return rule(ask.claim, quotient(effect), note=note)


def over_widths(weigh: Callable[[Sequence[Side]], np.ndarray], method: str, ask: Asked) -> Finding:
    """A comparison of a method's scores at some widths with those at others, fixed beforehand; the mean of sets."""

    def weighed(one: Asked) -> tuple[list[Side], np.ndarray]:
        sides = _along(method, _widths(one), one)
        return sides, weigh(sides)

    made = usable(ask, weighed)
    weights = np.concatenate([each for _, each in made.values()]) / len(made)
    return _linear(ask, {data: sides for data, (sides, _) in made.items()}, weights)


def off_end(place: int, sides: Sequence[Side]) -> np.ndarray:
    """The middle width, or both where they are even in number, less that of a place."""
    weights = np.zeros(len(sides))
    for middle in ((len(sides) - 1) // 2, len(sides) // 2):
        weights[middle] += 0.5
    weights[place] -= 1
    return weights


def within(sides: Sequence[Side]) -> np.ndarray:
    """The networks whose own H is from 32 to 96, less the others."""
    inside = np.array([MIDDLE[0] <= side.H <= MIDDLE[1] for side in sides])
    if inside.all() or not inside.any():
        raise Lacks(f"needs networks of H inside and outside {MIDDLE[0]} to {MIDDLE[1]}")
    return np.where(inside, 1 / inside.sum(), -1 / (~inside).sum())


def _widths(ask: Asked) -> list[int]:
    targets = ask.known.targets(ask.data, "matched", "widths")
    if len(targets) < FEWEST_WIDTHS:
        raise Lacks(f"needs C and N at {FEWEST_WIDTHS} widths; {ask.data} has {len(targets)}")
    return targets


def _first(ask: Asked, way: str, method: str, target: int | str) -> Side:
    return ask.side(way, Arm(method, target, first=True))


def _along(method: str, targets: Sequence[int], ask: Asked) -> list[Side]:
    return [_first(ask, BOTH, method, target) for target in targets]


def _measured(ask: Asked, made: Made, *ways: str, over_searches: bool = False) -> tuple[np.ndarray, np.ndarray, Noise]:
    """Mean, count and noise of sides: over searches where that is asked and they differ, else over trainings."""
    sides, level = [side for each in made.values() for side in each], ask.known.noise(made, ask.measure, *ways)
    units = [side.values for side in sides]
    if over_searches and (between := ask.known.between(made, ask.measure, *ways))[1]:
        units, level = [side.means for side in sides], between
    return np.array([unit.mean() for unit in units]), np.array([len(unit) for unit in units]), level


def _effect(ask: Asked, way: str, made: Made, shape: tuple[int, ...],
            statistic: Callable[[np.ndarray], np.ndarray]) -> tuple[Interval, str]:  # fmt: skip
    """A statistic of the means of trainings, the sides of all sets in a shape; and the sides in words."""
    means, counts, level = _measured(ask, made, way)
    effect = simulated(statistic, means.reshape(shape), counts.reshape(shape), level, seed=SEED)
    return effect, _said(ask, way, made)


def _linear(ask: Asked, made: Made, weights: np.ndarray) -> Finding:
    """Is a weighted sum of the means of trainings of all sets below 1, as a quotient?"""
    effect = contrast(weights, *_measured(ask, made, BOTH))
    return below(ask.claim, quotient(effect), 1.0, note=_said(ask, BOTH, made))


def _said(ask: Asked, way: str, made: Made) -> str:
    words = "; ".join(replace(ask, data=data).words(way, each) for data, each in made.items())
    return words + caveats([side for each in made.values() for side in each], single=True)


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
    return _linear(ask, made, np.tile(np.outer(GAP, GAP).ravel(), len(made)) / len(made))


def transfer(ask: Asked) -> Finding:
    """Does N over C not grow with the width? The mean rank correlation of sets."""
    known = usable(ask, _widths)
    fewest = min(map(len, known.values()))
    made = usable(ask, lambda one: [_first(one, BOTH, method, target) for target in known[one.data][-fewest:]
                                    for method in "NC"], known)  # fmt: skip
    effect, note = _effect(ask, BOTH, made, (len(made), fewest, 2), lambda x: rank_correlations(x @ GAP).mean(-1))
    return below(ask.claim, effect, 0.0, strict=False, note=note)


def rank_correlations(x: np.ndarray) -> np.ndarray:
    """Spearman's correlation of the last axis with its own order; the values differ."""
    n = x.shape[-1]
    apart = x.argsort(-1).argsort(-1) - np.arange(n)
    return np.asarray(1 - 6 * (apart**2).sum(-1) / (n**3 - n))


def nearer(method: str, way: str, ask: Asked) -> Finding:
    """The score of translations over that of untranslated pictures: is it below 1?

    What test pictures were drawn makes both uncertain; of untranslated ones the record holds by how much.
    """
    side, known = ask.side(way, Arm(method, "controlled")), ask.known
    same = [row for row in known.anchors if (row["data"], row["name"]) == (ask.data, "untranslated")]
    anchor = score(same[0], ask.measure, way) if same else math.nan
    if not anchor > 0:
        raise Lacks(f"{ask.score} of untranslated pictures of {ask.data} is not known to be positive")
    alone = side.values, known.noise([ask.data], ask.measure, way)
    units, (sd, free) = (side.means, pooled([side.means])) if len(side.each) > 1 else alone
    low, high = (same[0].get(f"{ask.measure}_{way}_{end}", anchor) for end in ("low", "high"))
    variances = [sd**2 / len(units), ((high - low) / (2 * NORMAL) / anchor) ** 2]
    effect = statistics.satterthwaite(float(units.mean() - math.log(anchor)), variances, [free, math.inf], len(units))
    note = f"{ask.words(way, [side])}, untranslated {anchor:.4g} [{low:.4g}, {high:.4g}]"
    return below(ask.claim, quotient(effect), 1.0, note=note)


def agreement(ask: Asked) -> Finding:
    """Do searches of one set differ in fewer genes than uniform genotypes would? Bootstrap over genes."""
    excess, notes = [], []
    found = [one for one in ask.known.searches if one.scheme == "OF"]
    for name, searches in grouped(found, lambda one: one.data).items():
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


def ranks_alike(ask: Asked) -> Finding:
    """Does the supernetwork rank architectures as trainings from scratch do? Spearman's correlation.

    Its own choice is left out, as its weights are made for that one.
    """
    alone = grouped(ask.known.rows(ask.data, "C", "N", "R"), lambda row: (row["name"], row["text"]))
    pairs = {}
    for row in ask.known.ranks:
        own = (row["method"], row["scheme"], row["search"]) == ("N", "OF", 0)
        if row["data"] == ask.data and not own and (found := alone.get((row["name"], row["text"]))):
            alone_scores = np.mean([score(one, ask.measure, BOTH) for one in found])
            pairs[f"{row['name']} {row['scheme']} {row['search']}"] = score(row, ask.measure, BOTH), alone_scores
    if len(pairs) < FEWEST_RANKED:
        raise Lacks(f"needs {FEWEST_RANKED} architectures trained and ranked on {ask.data}; there are {len(pairs)}")
    each = ", ".join(f"{name} {shared:.3g} {own:.3g}" for name, (shared, own) in pairs.items())
    note = f"{ask.score} of both directions, {ask.data}, with shared weights and its own: {each}"
    return above(ask.claim, statistics.spearman(*zip(*pairs.values(), strict=True)), 0.0, note=note)


def over_searches(of: Callable[[Stored], float], threshold: float, ask: Asked) -> Finding:
    """Is a number of OF's searches above the threshold? The mean over searches."""
    chosen = [one for one in ask.known.searches if one.scheme == "OF"]
    if not chosen:
        raise Lacks("nothing was searched")
    each = [of(one) for one in chosen]
    note = ", ".join(f"{one.data} OF {one.seed} {value:.3g}" for one, value in zip(chosen, each, strict=True))
    return above(ask.claim, over_seeds(each), threshold, note=note)


def taps(one: Stored) -> float:
    """Mean weights a channel pair of the residual operations that a search chose for its generators."""
    return float(np.mean([TAPS[name] for net in pair(one.genotype) for name in net.residual]))


def gap(one: Stored) -> float:
    """How far apart the two largest beta of a layer are at the end of a search, the mean of its layers."""
    return float(one.rows["gap"].iloc[-1])
