"""The paper's claims C1 to C14 and our own, each tested on the records of a study (specification section 1).

A claim about a named archive needs that archive, FIDs of the 2015 Inception, nine residual cells, 256 px and the
paper's epochs; `-s` is its stand-in on sets of the study, where KD decides and FD stands beside it, for records that
lack one of these. Scores are those after the last iteration, the paper's the best of all epochs (section 8.9). `P-` is
what the paper's own numbers say, `E` what code can count, `O` our own observation.

`C_H` is CycleGAN of stem width H; our searched pairs and random architectures of "the size of C_H" have an H of their
own.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import pandas as pd

from lib.papers.cycleganas import printed, verdicts
from lib.papers.cycleganas.comparisons import BOTH, Arm, Asked, Known, Lacks, known
from lib.papers.cycleganas.experiments import TRAININGS
from lib.papers.cycleganas.records import DIRECTIONS
from lib.papers.cycleganas.verdicts import HARDER, SIMILAR, On, Rule, arms, everywhere
from lib.papers.study import Study
from lib.report.claims import Claim, Finding, Verdict, above, below, inside_band, not_run, order
from lib.searchers.differentiable import SCHEMES

ARCHIVES = {"fa": "facades", "ma": "maps", "ao": "apple2orange", "hz": "horse2zebra", "sw": "summer2winter_yosemite",
            "ip": "iphone2dslr_flower"}  # fmt: skip
EVERY = tuple(ARCHIVES.values())
LESS: Rule = partial(below, threshold=1.0)
BELOW, ABOVE = (partial(compare, threshold=0.0) for compare in (below, above))
RELATIONS: dict[str, tuple[Rule, str]] = {  # of N to C, as a rule on the quotient of their scores and in words
    "better": (LESS, "better than"),
    "comparable": (partial(inside_band, band=(0.95, 1.05)), "comparable with"),
    "not_better": (partial(above, threshold=1.0, strict=False), "not better than"),
}
WAYS = {"": BOTH, **{f"-{way}": way for way in DIRECTIONS}}
SCHEMED, CONTROLLED = ("matched", "schemes"), ("matched", "controls")  # parts that claims need


@dataclass(frozen=True)
class Row:
    """A claim on records: its sentence and evidence, and what is asked of the records.

    `of` is the archive it is about, empty where it is about several; `others` are those it needs too. `stands` says
    where its stand-in looks, empty without one: on the study's `first` set, on one whose way from B to A is the harder
    one by CycleGAN's own errors (`uneven`), or on `all`. `least` is the smallest profile that can decide the stand-in.
    `scored` is off for claims on architectures alone, `needs` are parts.
    """

    text: str
    place: str
    of: str
    on: On
    stands: str = ""
    least: str = "desk"
    scored: bool = True
    needs: tuple[str, ...] = ("matched",)
    others: tuple[str, ...] = ()

    @property
    def archives(self) -> tuple[str, ...]:
        """All that it needs."""
        return (*([self.of] if self.of else []), *self.others)

    def sentence(self, stand_in: bool) -> str:
        """What is claimed."""
        start = f"for {self.of}" if self.of else "on the study's sets"
        start = f"Stand-in {start}: " if stand_in else f"{self.of}: " if self.of else ""
        return start + self.text if start else self.text[0].upper() + self.text[1:]


def _scheme(name: str) -> Arm:
    return Arm("N", "controlled", name)


def _rivals(*but: str) -> list[Arm]:
    return [_scheme(name) for name in SCHEMES if name not in but]


def _figure3() -> Iterator[tuple[str, Row]]:
    """Search schemes on three sets: C3 to C7."""
    facades, zebra, phone = ARCHIVES["fa"], ARCHIVES["hz"], ARCHIVES["ip"]
    yield "C3a", Row("all search schemes give generators of similar size", "Fig. 3", facades, verdicts.alike_sizes,
                     "first", scored=False, needs=())  # fmt: skip
    for end, way in WAYS.items():
        where = f", {way}" if way else ", both directions"
        yield f"C3b{end}", Row(f"swapped halves (THS) have the single best score of the search schemes{where}",
                               "Fig. 3", facades, partial(verdicts.least, "THS", way), "first", "day",
                               needs=SCHEMED)  # fmt: skip
        yield f"C3c{end}", Row(f"trainings of what OF found differ less than those of other search schemes{where}",
                               "Fig. 3", facades, partial(verdicts.steadiest, "OF", way), "first", "day",
                               needs=SCHEMED)  # fmt: skip
        yield f"C3d{end}", Row(f"OF is on average the best search scheme{where}", "Fig. 3", facades,
                               partial(arms, _scheme("OF"), _rivals("OF"), LESS, way), "first",
                               needs=SCHEMED)  # fmt: skip
    for part, scheme in zip("abcd", SCHEMES, strict=True):
        yield f"C4{part}", Row(f"{scheme} makes the generator of the harder way, B to A, the larger one", "Fig. 3",
                               zebra, partial(verdicts.larger, scheme, ABOVE), "uneven",
                               "desk" if scheme == "OF" else "day", False, ())  # fmt: skip
    for part, scheme in zip("ab", ("THS", "OF"), strict=True):
        yield f"C5{part}", Row(f"what {scheme} found beats what TH found", "Fig. 3", zebra,
                               partial(arms, _scheme(scheme), [_scheme("TH")], LESS, BOTH), "uneven", "day",
                               needs=SCHEMED)  # fmt: skip
    for part, scheme in zip("abcd", ("OF", "TF", "THS", "TH"), strict=True):
        rule, larger = (ABOVE, "to iPhone") if scheme == "TH" else (BELOW, "to DSLR")
        yield f"C6{part}", Row(f"{scheme} makes the generator {larger} the larger one", "Fig. 3", phone,
                               partial(verdicts.larger, scheme, rule), scored=False, needs=())  # fmt: skip
    yield "C6e", Row("OF has the single best score of the search schemes", "Fig. 3", phone,
                     partial(verdicts.least, "OF", BOTH), "uneven", "day", needs=SCHEMED)  # fmt: skip
    near = partial(below, threshold=1.05, strict=False)
    yield (
        "C6f",
        Row(
            "what TH found is comparable with what the other search schemes found",
            "Fig. 3",
            phone,
            partial(arms, _scheme("TH"), _rivals("TH"), near, BOTH),
            "uneven",
            "day",
            needs=SCHEMED,
        ),
    )
    yield "C7", Row("OF is close to the best search scheme on every task, two-step schemes vary with it", "Sec. 4.1",
                    "", partial(verdicts.steadily_good, "OF"), "all", needs=SCHEMED,
                    others=(facades, zebra, phone))  # fmt: skip


def _figure4() -> Iterator[tuple[str, Row]]:
    """Widths: C8, C9 and C14. No profile but the paper's own trains an uneven set at the widths that C8 needs."""
    for code, archive, relation in _said("C8"):
        rule, words = RELATIONS[relation]
        yield f"C8-{code}", Row(f"the searched pair at its best size of a C_H is {words} the best C_H", "Fig. 4",
                                archive, partial(verdicts.lowest_over_widths, rule),
                                "first" if code == "fa" else "")  # fmt: skip
    for method, who in (("C", "CycleGANs"), ("N", "searched pairs at the sizes of C_H")):
        middle = "those of the middle one (or two)"
        for part, place, end in (("a", -1, "largest"), ("b", 0, "smallest")):
            yield f"C9{part}-{method}", Row(f"of {who}, those of the {end} H are worse than {middle}", "Fig. 4", "",
                                            partial(verdicts.over_widths, partial(verdicts.off_end, place), method),
                                            "all", others=EVERY)  # fmt: skip
        yield f"C9c-{method}", Row(f"{who} are better with an own H from 32 to 96 than with others", "Fig. 4", "",
                                   partial(verdicts.over_widths, verdicts.within, method), others=EVERY)  # fmt: skip
    yield "C14a", Row("the gain of searched pairs over C_H, at its size, does not fall with H", "implied by C8 to C13",
                      "", partial(verdicts.transfer, "trend"), "all", others=EVERY)  # fmt: skip
    yield "C14b", Row("at the size of the largest C_H searched pairs are better than it", "implied by C8 to C13", "",
                      partial(verdicts.transfer, "widest"), "all", others=EVERY)  # fmt: skip


def _figure5() -> Iterator[tuple[str, Row]]:
    """Equal sizes: C10 to C12."""
    for code, archive, relation in _said("C10"):
        rule, words = RELATIONS[relation]
        for place in ("small", "large"):
            size = f"{place.removesuffix('e')}er"
            on = partial(arms, Arm("N", place), [Arm("C", place)], rule, BOTH)
            yield f"C10-{code}-{place}", Row(f"at the size of the {size} CycleGAN the searched pair is {words} it",
                                             "Fig. 5", archive, on, _stands(code))  # fmt: skip
    for part, way, gain, low, high in (("a", "AtoB", 0.3, 0.25, 0.35), ("b", "BtoA", 0.1, 0.05, 0.15)):
        yield f"C11{part}", Row(f"at the larger size searched pairs gain up to {gain:.0%} over CycleGAN, {way}",
                                "Sec. 4.2", "",
                                partial(verdicts.largest_gain, way, partial(inside_band, band=(low, high))),
                                others=EVERY)  # fmt: skip
    yield "C11c", Row("searched pairs gain more over CycleGAN at the larger size than at the smaller", "Fig. 5", "",
                      verdicts.gains_grow, "all", others=EVERY)  # fmt: skip
    alike = partial(inside_band, band=(-math.log(SIMILAR), math.log(SIMILAR)))
    for code, archive, relation in _said("C12"):
        even = relation == "similar"
        others = () if even else tuple(name for _, name, other in _said("C12") if other == "similar")
        text = "alike in size" if even else "less alike in size than those of every even set"
        sizes: On = partial(verdicts.larger, "OF", alike) if even else verdicts.uneven
        yield f"C12-{code}", Row(f"the generators that OF found are {text}", "Fig. 5", archive, sizes, _stands(code),
                                 scored=False, needs=(), others=others)  # fmt: skip


def _figure6() -> Iterator[tuple[str, Row]]:
    """Width scaling: C13. C' has the sizes of the first search's pair, so that only this is compared."""
    C, scaled, N = Arm("C", "controlled"), Arm("C'", "controlled"), Arm("N", "controlled", first=True)
    same = partial(inside_band, band=(0.97, 1.03))
    for code in ("hz", "ip"):
        for way in DIRECTIONS:
            rest = "uneven" if code == "hz" else "", "day", True, CONTROLLED
            yield f"C13-{code}-{way}-same", Row(f"unequal widths do not help CycleGAN, {way}", "Fig. 6",
                                                ARCHIVES[code], partial(arms, scaled, [C], same, way),
                                                *rest)  # fmt: skip
            yield f"C13-{code}-{way}-best", Row(f"the searched pair beats CycleGANs of equal and of its widths, {way}",
                                                "Fig. 6", ARCHIVES[code], partial(arms, N, [C, scaled], LESS, way),
                                                *rest)  # fmt: skip


def _said(claim: str) -> list[tuple[str, str, str]]:
    """What a claim says of each archive: its code, name and relation."""
    rows = printed.orderings().query("claim == @claim").set_index("dataset")["relation"]
    return [(code, archive, rows[archive]) for code, archive in ARCHIVES.items()]


def _stands(code: str) -> str:
    return {"fa": "first", "hz": "uneven"}.get(code, "")


def _own() -> Iterator[tuple[str, Row]]:
    """Controls that the paper lacks: they speak of all sets of the study."""

    def row(text: str, on: On, *needs: str, scored: bool = True) -> Row:
        return Row(f"Ours: {text}", "ours", "", on, "all", scored=scored, needs=needs)

    random = partial(arms, Arm("N", "controlled"), [Arm("R", "controlled")], LESS, BOTH)
    yield "O1", row("searched pairs are better than random architectures of their size", partial(everywhere, random),
                    *CONTROLLED)  # fmt: skip
    yield "O2", row("searches with other seeds agree more than chance", verdicts.agreement, scored=False)
    yield "O4", row("the supernetwork ranks architectures other than its own choice as trainings from scratch do",
                    partial(everywhere, verdicts.ranks_alike), "ranks", "matched")  # fmt: skip
    many = partial(above, threshold=verdicts.UNIFORM)
    yield "O5", row("searches choose larger kernels than chance",
                    partial(verdicts.over_searches, verdicts.taps, many, "OF"), scored=False)  # fmt: skip
    for method, who in (("C", "CycleGAN's translations"), ("N", "searched pairs' translations")):
        for way in DIRECTIONS:
            nearer = partial(everywhere, partial(verdicts.nearer, method, way))
            yield f"O6-{method}-{way}", row(f"{who} {way} are nearer to the other domain than untranslated pictures",
                                            nearer, "domains", "matched")  # fmt: skip
            yield f"O7-{method}-{way}", row(f"{who} {way} are nearer to the true ones than untranslated pictures",
                                            partial(_by_l1, nearer), "domains", "matched", scored=False)  # fmt: skip
    beside = partial(verdicts.over_searches, beside=verdicts.undecided)
    yield "O8a", row("the genotype of a search settles: fewer genes change a chunk in its last fifth than in its first",
                     partial(beside, verdicts.settling, BELOW, ""), scored=False)  # fmt: skip
    yield "O8b", row("the mixture of a supernetwork is decided at the end of its search",
                     partial(beside, verdicts.decided, partial(above, threshold=0.5), ""), scored=False)  # fmt: skip


def _by_l1(on: On, ask: Asked) -> Finding:
    return on(replace(ask, measure="l1"))


ROWS = dict([*_figure3(), *_figure4(), *_figure5(), *_figure6()])
OWN = dict(_own())
WHOLE = {  # compound claims: sentence, evidence; those of stand-ins where they have fewer parts
    "C3": ("facades: all search schemes give similar sizes, THS the best score, OF the steadiest and best on average",
           "Fig. 3, Sec. 4.1"),
    "C4": ("horse2zebra: every search scheme makes the generator from zebra to horse the larger one", "Fig. 3"),
    "C4-s": ("horse2zebra: every search scheme makes the generator of the harder way the larger one", "Fig. 3"),
    "C5": ("horse2zebra: what THS and OF found beats what TH found", "Fig. 3"),
    "C6": ("iphone2dslr: all search schemes but TH enlarge the generator to DSLR; OF has the best score", "Fig. 3"),
    "C6-s": ("iphone2dslr: OF has the best score, TH a comparable one", "Fig. 3"),
    "C8": ("The best size of searched pairs beats CycleGAN's best on four sets and is comparable on two", "Fig. 4"),
    "C9": ("Wider is not always better", "Fig. 4"),
    "C10": ("At equal size searched pairs are better on three sets, comparable on two, not better on maps", "Fig. 5"),
    "C10-s": ("At equal size searched pairs are better than CycleGAN", "Fig. 5"),
    "C11": ("The gain of searched pairs at equal size is larger for larger networks", "Fig. 5, Sec. 4.2"),
    "C12": ("Unequal pairs of generators appear only for uneven sets", "Fig. 5"),
    "C13": ("Unequal widths do not help CycleGAN, searched operations do", "Fig. 6"),
    "C14": ("What a narrow supernetwork found holds for wider networks", "implied by C8 to C13"),
    "O6": ("Ours: translations are nearer to the other domain than untranslated pictures", "ours"),
    "O7": ("Ours: where true translations are known, ours are nearer to them than untranslated pictures", "ours"),
    "O8": ("Ours: searches settle and decide themselves", "ours"),
}  # fmt: skip


def _named(row: Row, study: Study, claim: Claim) -> Finding:
    """A claim on the paper's own quantities, not run with what is lacking."""
    found = known(study)
    if lacking := found.lacks(row.archives, scored=row.scored):
        return not_run(claim, lacking)
    return _tried(row, found.only(row.archives), [row.archives[0]], ("fd", "kd"), claim)


def _standing(row: Row, study: Study, claim: Claim) -> Finding:
    """A claim on the first set of those where its row looks that has what it needs."""
    if row.archives and _named(row, study, claim).verdict is not Verdict.NOT_RUN:
        return not_run(claim, f"{claim.id.removesuffix('-s')} itself is run on {', '.join(row.archives)}")
    found = known(study)
    if row.stands == "uneven":
        row = replace(row, on=partial(verdicts.where_harder, row.on))
    harder = [data for data in HARDER if data in found.sets]
    return _tried(row, found, {"first": found.sets[:1], "uneven": harder, "all": [""]}[row.stands], ("kd", "fd"), claim)


def _tried(row: Row, found: Known, sets: Sequence[str], measures: Sequence[str], claim: Claim) -> Finding:
    """The test on the first set that lacks nothing; the second measure stands beside the one that decides."""
    reasons = []
    for data in sets:
        try:
            finding = row.on(Asked(found, data, measures[0], claim))
            return replace(finding, note=finding.note + _beside(row, found, data, measures[1], claim))
        except Lacks as lacking:
            reasons.append(str(lacking))
    absent = f"needs one of {', '.join(HARDER)}; the study has none" if found.sets else "nothing was run"
    return not_run(claim, "; ".join(dict.fromkeys(reasons)) or absent)


def _beside(row: Row, found: Known, data: str, measure: str, claim: Claim) -> str:
    try:
        other = row.on(Asked(found, data, measure, claim)) if row.scored else None
    except Lacks:
        return ""
    if other is None or other.effect is None:
        return ""
    return f"; beside it {found.names[measure]}: {other.effect:.3g} [{other.low:.3g}, {other.high:.3g}]"


def _simple() -> Iterator[Claim]:
    """Every claim on records that is no compound."""
    for name, row in ROWS.items():
        yield Claim(name, row.sentence(False), row.place, partial(_named, row), "paper", row.needs)
        if row.stands:
            yield Claim(f"{name}-s", row.sentence(True), row.place, partial(_standing, row), row.least, row.needs)
    for name, row in OWN.items():
        yield Claim(name, row.text, row.place, partial(_standing, row), needs=row.needs)


def _compound() -> Iterator[Claim]:
    """The compound claims and their stand-ins, with their parts."""
    found: dict[str, list[str]] = {}
    for claim in _simple():
        whole = claim.id[0] + str(order(claim)[1])
        if whole in WHOLE:
            found.setdefault(whole + "-s" * claim.id.endswith("-s"), []).append(claim.id)
    for name, parts in found.items():
        if len(parts) > 1:
            (text, place), stand_in = WHOLE.get(name) or WHOLE[name.removesuffix("-s")], name.endswith("-s")
            start = ("Stand-in: " if text[0].isupper() else "Stand-in for ") if stand_in else ""
            yield Claim(name, f"{start}{text}", place, parts=tuple(parts))


def _place(claim: Claim) -> tuple[int, int, bool, str]:
    """For sorting, a whole stand-in before its parts too."""
    kind, number, stand_in, rest = order(claim)
    return kind, number, stand_in, rest.removesuffix("-s")


CLAIMS = sorted([*_simple(), *_compound(), *printed.CLAIMS], key=_place)
FAILING = {*TRAININGS, "ranks", "domains"}  # failed rows are left out


def judge_all(study: Study) -> pd.DataFrame:
    """Judge every claim that the study's records reach, and write `claims.csv`."""
    return study.judge(CLAIMS, failing=FAILING)
