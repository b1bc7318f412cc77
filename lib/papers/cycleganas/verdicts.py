"""What each claim asks of a study's records.

A test is asked about a set, or about all of them, and raises `Lacks` where the study has not what it needs.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np
from scipy import stats

from lib.papers.cycleganas.comparisons import (
    BOTH,
    SEED,
    Arm,
    Asked,
    Evidence,
    Lacks,
    Side,
    caveats,
    quotient,
    ratio,
    score,
    together,
    usable,
)
from lib.papers.cycleganas.experiments import pair
from lib.papers.cycleganas.records import DIRECTIONS, Stored
from lib.report import statistics
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
On = Callable[[Asked], Evidence]
Statistic = Callable[[np.ndarray], np.ndarray]  # of an array with any leading axis


def arms(a: Arm, rivals: Sequence[Arm], way: str, ask: Asked) -> Evidence:
    """The quotients of one arm's scores and of every rival's."""
    return together(ratio(ask, way, a, rival) for rival in rivals)


def everywhere(on: On, ask: Asked) -> Evidence:
    """A test on every set that it can be run on."""
    return together(usable(ask, on).values())


def where_harder(on: On, ask: Asked) -> Evidence:
    """A test on a set whose way from B to A is the harder one, by CycleGAN's own errors; Lacks where it is not.

    These are the distances to true translations, else those of pictures to their way there and back.
    """
    rows = ask.rows("C")
    truly, cycle = (rows.reindex(columns=names).to_numpy(float)
                    for names in (["l1_AtoB", "l1_BtoA"], ["cycle_A", "cycle_B"]))  # fmt: skip
    known = bool(np.isfinite(truly).all())
    found = truly if known else cycle
    if not len(rows) or not np.isfinite(found).all():
        raise Lacks(f"CycleGAN's errors on {ask.data} are not known")
    words = "A to B {:.3f}, B to A {:.3f}" if known else "A there and back {:.3f}, B {:.3f}"
    note = f"CycleGAN's own L1 on {ask.data}: {words.format(*found.mean(0))} ({len(rows)} trainings)"
    if not over_seeds(np.log(found[:, 1] / found[:, 0])).low > 0:
        raise Lacks(f"needs a set whose way from B to A is the harder one for CycleGAN; {note}")
    return together([on(ask), Evidence([], [note])])


def alike_sizes(ask: Asked) -> Evidence:
    """Are the generators of all schemes alike in size at an equal width, each direction for itself?"""
    effects, notes = [], []
    for network in ("G_A", "G_B"):
        sizes = {scheme: ask.size(scheme, network) for scheme in SCHEMES}
        means = ", ".join(f"{name} {np.exp(one.mean()) / 1e6:.2f}" for name, (one, _) in sizes.items())
        notes.append(f"millions of parameters of {network} at H = 64, {ask.data}: {means}")
        effects += [quotient(student(a, b, noise)) for (a, noise), (b, _) in combinations(sizes.values(), 2)]
    return Evidence(effects, notes)


def larger(scheme: str, ask: Asked) -> Evidence:
    """Which generator does a scheme make larger? The logarithm of the size of G_B over G_A."""
    each, noise = ask.size(scheme, "rho")
    return Evidence([student(each, (), noise)], [_rho(ask.data, scheme, each)])


def uneven(ask: Asked) -> Evidence:
    """Are the generators of a set less alike in size than those of every even one?"""
    each, noise = ask.size("OF", "rho")
    even = [name for name in ask.known.sets if name not in UNEVEN]
    others = usable(ask, lambda one: one.size("OF", "rho")[0], even)
    effects = [student(each * np.sign(each.mean()), other * np.sign(other.mean()), noise) for other in others.values()]
    return Evidence(effects, [_rho(name, "OF", rho) for name, rho in {ask.data: each, **others}.items()])


def _rho(data: str, scheme: str, each: np.ndarray) -> str:
    return f"log S(G_B) / S(G_A) at H = 64, {data}, {scheme}: {', '.join(f'{value:+.2f}' for value in each)}"


def least(best: str, way: str, ask: Asked) -> Evidence:
    """Is the lowest score of a scheme below that of every other, of as many trainings of one search?"""
    sides = _schemes(best, way, ask)
    count = min(len(side.values) for side in sides.values())
    own, *others = (side.values[:count] for side in sides.values())
    noise, _ = ask.noise(way)
    each = ", ".join(f"{scheme} {np.exp(side.values[:count].min()):.4g}" for scheme, side in sides.items())
    note = (f"lowest {ask.score} {way or 'of both directions'} of {count}, one search each, {ask.data}: {each}; "
            f"{_missed(sides.values())}")  # fmt: skip
    gaps = [simulated(lambda x: x.min(-1) @ GAP, np.array([own, other]), np.ones((2, count)), noise, seed=SEED)
            for other in others]  # fmt: skip
    return Evidence(list(map(quotient, gaps)), [note])


def steadiest(best: str, way: str, ask: Asked) -> Evidence:
    """Do the trainings of a scheme differ less than those of every other, one search each?"""
    own, *others = sides = _schemes(best, way, ask).values()
    effects = [spread(np.exp(own.values), np.exp(other.values)) for other in others]
    return Evidence(effects, [ask.words(way, sides)])


def spread(a: np.ndarray, b: np.ndarray) -> Interval:
    """Standard deviation of a over that of b with the F interval of normal samples; Lacks where b has none."""
    if min(len(a), len(b)) < 2:
        return Interval(np.nan, np.nan, np.nan, len(a) + len(b))
    if not b.std():
        raise Lacks("trainings do not differ")
    value = float(a.std(ddof=1) / b.std(ddof=1))
    high, low = np.sqrt(stats.f.ppf([0.025, 0.975], len(a) - 1, len(b) - 1))
    return Interval(value, value / float(low), value / float(high), len(a) + len(b))


def _schemes(best: str, way: str, ask: Asked) -> dict[str, Side]:
    """What the first search of each scheme found, the best one before the others."""
    return {
        scheme: ask.side(way, Arm("N", "controlled", scheme, first=True)) for scheme in dict.fromkeys([best, *SCHEMES])
    }


def steadily_good(best: str, ask: Asked) -> Evidence:
    """Is a scheme's worst regret over sets and directions smaller than every other's? Regret: over the best scheme."""
    made = usable(ask, lambda one: [one.side(way, Arm("N", "controlled", scheme))
                                    for way in DIRECTIONS for scheme in SCHEMES])  # fmt: skip
    noise, between = ask.noise(*DIRECTIONS, sets=made)
    level = between if between[1] else noise
    sides = [side for each in made.values() for side in each]
    means, counts = _averaged([side.means if between[1] else side.values for side in sides], (-1, len(SCHEMES)))

    def worst(x: np.ndarray) -> np.ndarray:
        return np.asarray((np.exp(x - x.min(-1, keepdims=True)) - 1).max(-2))

    each = ", ".join(f"{name} {value:.1%}" for name, value in zip(SCHEMES, worst(means), strict=True))
    note = f"worst regret in {ask.score} on {', '.join(made)}: {each}; {_missed(sides)}"

    def against(rival: str) -> Interval:
        signs = np.array([(scheme == rival) - (scheme == best) for scheme in SCHEMES], float)
        return simulated(lambda x: worst(x) @ signs, means, counts, level, seed=SEED)

    return Evidence([against(rival) for rival in SCHEMES if rival != best], [note])


def lowest_over_widths(ask: Asked) -> Evidence:
    """The lowest score of searched pairs over all sizes, over CycleGAN's."""
    sides = [side for method in "NC" for side in _cells(ask, BOTH, method, _widths(ask))]
    return _effect(ask, BOTH, {ask.data: sides}, lambda x: x.min(-1) @ GAP, (2, -1))


def over_widths(weigh: Callable[[Sequence[Side]], np.ndarray], method: str, ask: Asked) -> Evidence:
    """A comparison of a method's scores at some widths with those at others, fixed beforehand; the mean of sets."""

    def weighed(one: Asked) -> tuple[list[Side], np.ndarray]:
        sides = _cells(one, BOTH, method, _widths(one))
        return sides, weigh(sides)

    made = usable(ask, weighed)
    weights = np.concatenate([each for _, each in made.values()]) / len(made)
    return _effect(ask, BOTH, {data: sides for data, (sides, _) in made.items()}, weights)


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


def largest_gain(way: str, ask: Asked) -> Evidence:
    """The largest gain of searched pairs over CycleGAN over sets, at the larger size of figure 5."""
    made = usable(ask, lambda one: _cells(one, way, "NC", ["large"]))
    return _effect(ask, way, made, lambda x: (1 - np.exp(x @ GAP)).max(-1), (-1, 2), logarithm=False)


def gains_grow(ask: Asked) -> Evidence:
    """N over C at the larger size over the same at the smaller one, the mean of sets."""
    made = usable(ask, lambda one: _cells(one, BOTH, "NC", ["large", "small"]))
    return _effect(ask, BOTH, made, np.tile(np.outer(GAP, GAP).ravel(), len(made)) / len(made))


def transfer(ask: Asked) -> Evidence:
    """Does N over C grow with the width? The mean rank correlation of sets."""
    known = usable(ask, _widths)
    fewest = min(map(len, known.values()))
    made = usable(ask, lambda one: _cells(one, BOTH, "NC", known[one.data][-fewest:]), known)
    return _effect(ask, BOTH, made, lambda x: rank_correlations(x @ GAP).mean(-1), (len(made), fewest, 2),
                   logarithm=False)  # fmt: skip


def rank_correlations(x: np.ndarray) -> np.ndarray:
    """Spearman's correlation of the last axis with its own order; the values differ."""
    n = x.shape[-1]
    apart = x.argsort(-1).argsort(-1) - np.arange(n)
    return np.asarray(1 - 6 * (apart**2).sum(-1) / (n**3 - n))


def _widths(ask: Asked) -> list[int]:
    targets = ask.targets("matched", "widths")
    if len(targets) < FEWEST_WIDTHS:
        raise Lacks(f"needs C and N at {FEWEST_WIDTHS} widths; {ask.data} has {len(targets)}")
    return targets


def _cells(ask: Asked, way: str, methods: str, targets: Sequence[int | str]) -> list[Side]:
    """What these methods score at each size, searched pairs being those of the first search."""
    return [ask.side(way, Arm(method, target, first=True)) for target in targets for method in methods]


def _effect(ask: Asked, way: str, made: Mapping[str, Sequence[Side]], statistic: Statistic | np.ndarray,
            shape: tuple[int, ...] = (-1,), *, logarithm: bool = True) -> Evidence:  # fmt: skip
    """A statistic of the means of trainings of the sides of all sets, in a shape, or their sum by weights.

    Where it is a `logarithm`, the effect is the quotient that it stands for.
    """
    sides, (level, _) = [side for each in made.values() for side in each], ask.noise(way, sets=made)
    means, counts = _averaged([side.values for side in sides], shape)
    effect = (contrast(statistic, means, counts, level) if isinstance(statistic, np.ndarray)
              else simulated(statistic, means, counts, level, seed=SEED))  # fmt: skip
    words = "; ".join(replace(ask, data=data).words(way, each) for data, each in made.items())
    return Evidence([quotient(effect) if logarithm else effect], [words + caveats(sides, single=True)])


def _averaged(units: Sequence[np.ndarray], shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Their means and lengths, in a shape."""
    return np.reshape([unit.mean() for unit in units], shape), np.reshape(list(map(len, units)), shape)


def _missed(sides: Iterable[Side]) -> str:
    return f"sizes missed by {max(side.missed for side in sides):.1%} at most"


def nearer(method: str, way: str, ask: Asked) -> Evidence:
    """The score of translations over that of untranslated pictures.

    What test pictures were drawn makes both uncertain; of untranslated ones the record holds by how much.
    """
    side = ask.side(way, Arm(method, "controlled"))
    same = ask.known.anchors.query("data == @ask.data and name == 'untranslated'")
    anchor = float(score(same, ask.measure, way).mean())
    if not anchor > 0:
        raise Lacks(f"{ask.score} of untranslated pictures of {ask.data} is not known to be positive")
    several = len(side.means) > 1
    units, (sd, free) = (side.means, pooled([side.means])) if several else (side.values, ask.noise(way)[0])
    low, high = same.reindex(columns=[f"{ask.measure}_{way}_{end}" for end in ("low", "high")]).mean().fillna(anchor)
    variances = [sd**2 / len(units), ((high - low) / (2 * NORMAL) / anchor) ** 2]
    effect = statistics.satterthwaite(float(units.mean() - math.log(anchor)), variances, [free, math.inf], len(units))
    note = f"{ask.words(way, [side])}, untranslated {anchor:.4g} [{low:.4g}, {high:.4g}]"
    return Evidence([quotient(effect)], [note])


def agreement(ask: Asked) -> Evidence:
    """Do searches of one set differ in fewer genes than uniform genotypes would? Bootstrap over genes."""
    excess, notes = [], []
    for name in ask.known.sets:
        searches = [one for one in ask.known.searches if (one.data, one.scheme) == (name, "OF")]
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
    return Evidence([effect], notes)


def ranks_alike(ask: Asked) -> Evidence:
    """Does the supernetwork rank architectures as trainings from scratch do? Spearman's correlation.

    Its own choice is left out, as its weights are made for that one.
    """
    trained, ranks = ask.known.only([ask.data]).trainings, ask.known.ranks.query("data == @ask.data")
    alone = trained.assign(alone=score(trained, ask.measure, BOTH)).groupby(["name", "text"])["alone"].mean()
    others = ranks.query("not (method == 'N' and scheme == 'OF' and search == 0)").join(alone, on=["name", "text"])
    rows = others.assign(shared=score(others, ask.measure, BOTH)).dropna(subset="alone")
    if len(rows) < FEWEST_RANKED:
        raise Lacks(f"needs {FEWEST_RANKED} architectures trained and ranked on {ask.data}; there are {len(rows)}")
    each = ", ".join(f"{row['name']} {row['scheme']} {row['search']} {row['shared']:.3g} {row['alone']:.3g}"
                     for _, row in rows.iterrows())  # fmt: skip
    note = f"{ask.score} of both directions, {ask.data}, with shared weights and its own: {each}"
    return Evidence([statistics.spearman(rows["shared"], rows["alone"])], [note])


def over_searches(of: Callable[[Stored], float], ask: Asked) -> Evidence:
    """A number of OF's searches, the mean over them."""
    chosen = [one for one in ask.known.searches if one.scheme == "OF"]
    if not chosen:
        raise Lacks("nothing was searched")
    each = [of(one) for one in chosen]
    note = ", ".join(f"{one.data} OF {one.seed} {value:.3g}" for one, value in zip(chosen, each, strict=True))
    return Evidence([over_seeds(each)], [note])


def taps(one: Stored) -> float:
    """Mean weights a channel pair of the residual operations that a search chose for its generators."""
    return float(np.mean([TAPS[name] for net in pair(one.genotype) for name in net.residual]))


def gap(one: Stored) -> float:
    """How far apart the two largest beta of a layer are at the end of a search, the mean of its layers."""
    return float(one.rows["gap"].iloc[-1])
