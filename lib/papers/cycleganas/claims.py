"""The paper's claims C1 to C14 and our own, each tested on the records of a study (specification section 1).

A claim about a named archive needs that archive, FIDs of the 2015 Inception, nine residual cells, 256 px and the
paper's epochs; `-s` is its stand-in on sets of the study, where KD decides and FD stands beside it, for records that
lack one of these. Scores are those after the last iteration, the paper's the best of all epochs (section 8.9). `P-` is
what the paper's own numbers say, `E` what code can count, `O` our own observation.

`C_H` is CycleGAN of stem width H; our searched pairs and random architectures of "the size of C_H" have an H of their
own.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import pandas as pd

from lib.papers.cycleganas import printed, verdicts
from lib.papers.cycleganas.comparisons import BOTH, Arm, Asked, Known, Lacks, known
from lib.papers.cycleganas.experiments import TRAININGS
from lib.papers.cycleganas.printed import Test
from lib.papers.cycleganas.records import DIRECTIONS
from lib.papers.cycleganas.verdicts import HARDER, SIMILAR, On, Rule, arms, everywhere
from lib.papers.study import Study
from lib.paths import PROFILES
from lib.report.claims import Claim, Finding, Verdict, above, below, inside_band, not_run, order
from lib.searchers.differentiable import SCHEMES

ARCHIVES = {"fa": "facades", "ma": "maps", "ao": "apple2orange", "hz": "horse2zebra", "sw": "summer2winter_yosemite",
            "ip": "iphone2dslr_flower"}  # fmt: skip
EVERY = tuple(ARCHIVES.values())
STANDING = {"first": "on the study's first set; on desk the CMP facades at 64 px, with 3 residual cells",
            "uneven": "on a set of the study whose way from B to A is the harder one by CycleGAN's own errors",
            "all": "on all sets of the study"}  # fmt: skip
LESS: Rule = partial(below, threshold=1.0)
BELOW, ABOVE = (partial(compare, threshold=0.0) for compare in (below, above))
RELATIONS: dict[str, tuple[Rule, str, str]] = {  # of N to C: the rule, and both in words
    "better": (LESS, "{F}(N) / {F}(C) < 1", "better than"),
    "comparable": (partial(inside_band, band=(0.95, 1.05)), "{F}(N) / {F}(C) in [0.95, 1.05]", "comparable with"),
    "not_better": (partial(above, threshold=1.0, strict=False), "{F}(N) / {F}(C) >= 1", "not better than"),
}
WAYS = {"": BOTH, **{f"-{way}": way for way in DIRECTIONS}}


@dataclass(frozen=True)
class Row:
    """A claim on records: its sentence, evidence and test in words, where {F} is the measure that decides.

    `of` is the archive it is about, empty where it is about several; `others` are those it needs too. `stands` says
    where its stand-in looks, empty without one, and `least` the smallest profile that can decide this. `scored` is off
    for claims on architectures alone, `needs` are parts.
    """

    text: str
    place: str
    test: str
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
    facades, needs = "facades", ("matched", "schemes")
    yield "C3a", Row("all search schemes give generators of similar size", "Fig. 3",
                     "quotient of sizes of any two schemes in [0.8, 1.25], each generator", facades,
                     verdicts.alike_sizes, "first", scored=False, needs=())  # fmt: skip
    for end, way in WAYS.items():
        where = f", {way}" if way else ", both directions"
        yield f"C3b{end}", Row(f"swapped halves (THS) have the single best score of the search schemes{where}",
                               "Fig. 3", "lowest {F} of THS / that of any other < 1", facades,
                               partial(verdicts.least, "THS", way), "first", "day", needs=needs)  # fmt: skip
        yield f"C3c{end}", Row(f"trainings of what OF found differ less than those of other search schemes{where}",
                               "Fig. 3", "deviation of {F} of OF / that of any other < 1", facades,
                               partial(verdicts.steadiest, "OF", way), "first", "day", needs=needs)  # fmt: skip
        yield f"C3d{end}", Row(f"OF is on average the best search scheme{where}", "Fig. 3",
                               "{F}(OF) / {F}(any other) < 1", facades,
                               partial(arms, _scheme("OF"), _rivals("OF"), LESS, way), "first",
                               needs=needs)  # fmt: skip
    for part, scheme in zip("abcd", SCHEMES, strict=True):
        yield f"C4{part}", Row(f"{scheme} makes the generator of the harder way, B to A, the larger one", "Fig. 3",
                               "log S(G_B) / S(G_A) > 0", "horse2zebra", partial(verdicts.larger, scheme, ABOVE),
                               "uneven", "desk" if scheme == "OF" else "day", False, ())  # fmt: skip
    for part, scheme in zip("ab", ("THS", "OF"), strict=True):
        yield f"C5{part}", Row(f"what {scheme} found beats what TH found", "Fig. 3", f"{{F}}({scheme}) / {{F}}(TH) < 1",
                               "horse2zebra", partial(arms, _scheme(scheme), [_scheme("TH")], LESS, BOTH), "uneven",
                               "day", needs=needs)  # fmt: skip
    phone = "iphone2dslr_flower"
    for part, scheme in zip("abcd", ("OF", "TF", "THS", "TH"), strict=True):
        rule, sign, larger = (ABOVE, ">", "to iPhone") if scheme == "TH" else (BELOW, "<", "to DSLR")
        yield f"C6{part}", Row(f"{scheme} makes the generator {larger} the larger one", "Fig. 3",
                               f"log S(G_B) / S(G_A) {sign} 0", phone, partial(verdicts.larger, scheme, rule),
                               scored=False, needs=())  # fmt: skip
    yield "C6e", Row("OF has the single best score of the search schemes", "Fig. 3",
                     "lowest {F} of OF / that of any other < 1", phone, partial(verdicts.least, "OF", BOTH), "uneven",
                     "day", needs=needs)  # fmt: skip
    near = partial(below, threshold=1.05, strict=False)
    yield "C6f", Row("what TH found is comparable with what the other search schemes found", "Fig. 3",
                     "{F}(TH) / {F}(any other) <= 1.05", phone,
                     partial(arms, _scheme("TH"), _rivals("TH"), near, BOTH), "uneven", "day",
                     needs=needs)  # fmt: skip
    yield "C7", Row("OF is close to the best search scheme on every task, two-step schemes vary with it", "Sec. 4.1",
                    "worst regret in {F} over sets and directions: any other's - OF's > 0", "",
                    partial(verdicts.steadily_good, "OF"), "all", needs=needs,
                    others=tuple(ARCHIVES[code] for code in ("fa", "hz", "ip")))  # fmt: skip


def _figure4() -> Iterator[tuple[str, Row]]:
    """Widths: C8, C9 and C14. No profile but the paper's own trains an uneven set at the widths that C8 needs."""
    for code, archive, relation in _said("C8"):
        rule, test, words = RELATIONS[relation]
        yield f"C8-{code}", Row(f"the searched pair at its best size of a C_H is {words} the best C_H", "Fig. 4",
                                f"lowest over sizes of C_H: {test}", archive,
                                partial(verdicts.lowest_over_widths, rule),
                                "first" if code == "fa" else "")  # fmt: skip
    for method, who in (("C", "CycleGANs"), ("N", "searched pairs at the sizes of C_H")):
        middle = "those of the middle one (or two)"
        for part, place, end in (("a", -1, "largest"), ("b", 0, "smallest")):
            yield f"C9{part}-{method}", Row(f"of {who}, those of the {end} H are worse than {middle}", "Fig. 4",
                                            f"{{F}} at the middle H / at the {end} < 1, mean of sets", "",
                                            partial(verdicts.over_widths, partial(verdicts.off_end, place), method),
                                            "all", others=EVERY)  # fmt: skip
        yield f"C9c-{method}", Row(f"{who} are better with an own H from 32 to 96 than with others", "Fig. 4",
                                   "{F} with H in [32, 96] / with others < 1, mean of sets", "",
                                   partial(verdicts.over_widths, verdicts.within, method), others=EVERY)  # fmt: skip
    yield "C14a", Row("the gain of searched pairs over C_H, at its size, does not fall with H", "implied by C8 to C13",
                      "Spearman of {F}(N) / {F}(C) with H <= 0, mean of sets", "",
                      partial(verdicts.transfer, "trend"), "all", others=EVERY)  # fmt: skip
    yield "C14b", Row("at the size of the largest C_H searched pairs are better than it", "implied by C8 to C13",
                      "{F}(N) / {F}(C) at the largest size < 1, mean of sets", "",
                      partial(verdicts.transfer, "widest"), "all", others=EVERY)  # fmt: skip


def _figure5() -> Iterator[tuple[str, Row]]:
    """Equal sizes: C10 to C12."""
    for code, archive, relation in _said("C10"):
        rule, test, words = RELATIONS[relation]
        for place in ("small", "large"):
            size = f"{place.removesuffix('e')}er"
            on = partial(arms, Arm("N", place), [Arm("C", place)], rule, BOTH)
            yield f"C10-{code}-{place}", Row(f"at the size of the {size} CycleGAN the searched pair is {words} it",
                                             "Fig. 5", test, archive, on, _stands(code))  # fmt: skip
    for part, way, gain, low, high in (("a", "AtoB", 0.3, 0.25, 0.35), ("b", "BtoA", 0.1, 0.05, 0.15)):
        yield f"C11{part}", Row(f"at the larger size searched pairs gain up to {gain:.0%} over CycleGAN, {way}",
                                "Sec. 4.2", f"largest 1 - {{F}}(N) / {{F}}(C) of sets in [{low:g}, {high:g}]", "",
                                partial(verdicts.largest_gain, way, partial(inside_band, band=(low, high))),
                                others=EVERY)  # fmt: skip
    yield "C11c", Row("searched pairs gain more over CycleGAN at the larger size than at the smaller", "Fig. 5",
                      "{F}(N) / {F}(C) at the larger size over that at the smaller < 1, mean of sets", "",
                      verdicts.gains_grow, "all", others=EVERY)  # fmt: skip
    alike = partial(inside_band, band=(-math.log(SIMILAR), math.log(SIMILAR)))
    for code, archive, relation in _said("C12"):
        even = relation == "similar"
        others = () if even else tuple(name for _, name, other in _said("C12") if other == "similar")
        text, test = ("alike in size", "< log 1.25") if even else (
            "less alike in size than those of every even set", "above any even set's")  # fmt: skip
        sizes: On = partial(verdicts.larger, "OF", alike) if even else verdicts.uneven
        yield f"C12-{code}", Row(f"the generators that OF found are {text}", "Fig. 5",
                                 f"abs log S(G_B) / S(G_A) {test}", archive, sizes, _stands(code), scored=False,
                                 needs=(), others=others)  # fmt: skip


def _figure6() -> Iterator[tuple[str, Row]]:
    """Width scaling: C13. C' has the sizes of the first search's pair, so that only this is compared."""
    C, scaled, N = Arm("C", "controlled"), Arm("C'", "controlled"), Arm("N", "controlled", first=True)
    same, needs = partial(inside_band, band=(0.97, 1.03)), ("matched", "controls")
    for code in ("hz", "ip"):
        for way in DIRECTIONS:
            rest = "uneven" if code == "hz" else "", "day", True, needs
            yield f"C13-{code}-{way}-same", Row(f"unequal widths do not help CycleGAN, {way}", "Fig. 6",
                                                "{F}(C') / {F}(C) in [0.97, 1.03]", ARCHIVES[code],
                                                partial(arms, scaled, [C], same, way), *rest)  # fmt: skip
            yield f"C13-{code}-{way}-best", Row(f"the searched pair beats CycleGANs of equal and of its widths, {way}",
                                                "Fig. 6", "{F}(N) / {F}(C) and {F}(N) / {F}(C') < 1", ARCHIVES[code],
                                                partial(arms, N, [C, scaled], LESS, way), *rest)  # fmt: skip


def _said(claim: str) -> list[tuple[str, str, str]]:
    """What a claim says of each archive: its code, name and relation."""
    rows = printed.orderings().query("claim == @claim").set_index("dataset")["relation"]
    return [(code, archive, rows[archive]) for code, archive in ARCHIVES.items()]


def _stands(code: str) -> str:
    return {"fa": "first", "hz": "uneven"}.get(code, "")


def _own() -> Iterator[tuple[str, Row]]:
    """Controls that the paper lacks: they speak of all sets of the study."""

    def row(text: str, test: str, on: On, *needs: str, scored: bool = True) -> Row:
        return Row(f"Ours: {text}", "ours", test, "", on, "all", scored=scored, needs=needs)

    random = partial(arms, Arm("N", "controlled"), [Arm("R", "controlled")], LESS, BOTH)
    yield "O1", row("searched pairs are better than random architectures of their size",
                    "{F}(N) / {F}(R) < 1, Welch over searches and architectures, every set",
                    partial(everywhere, random), "matched", "controls")  # fmt: skip
    yield "O2", row("searches with other seeds agree more than chance",
                    "share of differing genes by chance - found > 0, bootstrap over genes", verdicts.agreement,
                    scored=False)  # fmt: skip
    yield "O4", row("the supernetwork ranks architectures other than its own choice as trainings from scratch do",
                    "Spearman of {F} > 0, every set", partial(everywhere, verdicts.ranks_alike), "ranks",
                    "matched")  # fmt: skip
    yield "O5", row("searches choose larger kernels than chance",
                    f"mean taps of residual operations > {verdicts.UNIFORM:g}, over searches with OF",
                    partial(verdicts.over_searches, verdicts.taps, partial(above, threshold=verdicts.UNIFORM), "OF"),
                    scored=False)  # fmt: skip
    for method, who in (("C", "CycleGAN's translations"), ("N", "searched pairs' translations")):
        for way in DIRECTIONS:
            nearer = partial(everywhere, partial(verdicts.nearer, method, way))
            yield f"O6-{method}-{way}", row(f"{who} {way} are nearer to the other domain than untranslated pictures",
                                            "{F} of translations / of untranslated pictures < 1", nearer, "domains",
                                            "matched")  # fmt: skip
            yield f"O7-{method}-{way}", row(f"{who} {way} are nearer to the true ones than untranslated pictures",
                                            "L1 of translations / of untranslated pictures < 1",
                                            partial(_by_l1, nearer), "domains", "matched", scored=False)  # fmt: skip
    yield "O8a", row("the genotype of a search settles: fewer genes change a chunk in its last fifth than in its first",
                     "genes that change in the last fifth - in the first < 0, over searches",
                     partial(verdicts.over_searches, verdicts.settling, BELOW, "", beside=verdicts.undecided),
                     scored=False)  # fmt: skip
    yield "O8b", row("the mixture of a supernetwork is decided at the end of its search",
                     "mean gap of the two largest beta > 0.5, over searches",
                     partial(verdicts.over_searches, verdicts.decided, partial(above, threshold=0.5), "",
                             beside=verdicts.undecided), scored=False)  # fmt: skip


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


def _parents() -> dict[str, list[str]]:
    """The compound claims and their stand-ins, with their parts."""
    found: dict[str, list[str]] = {}
    for name, row in (ROWS | OWN).items():
        whole = name[0] + str(order(Claim(name, "", "", ""))[1])
        if whole in WHOLE:
            found.setdefault(whole, []).append(name)
            if name in ROWS and row.stands:
                found.setdefault(f"{whole}-s", []).append(f"{name}-s")
    return {name: parts for name, parts in found.items() if len(parts) > 1}


PARENTS = _parents()


def _claims() -> Iterator[Claim]:
    """Every claim on records."""
    for name, row in ROWS.items():
        test = f"{row.test.format(F='FID')}; needs {', '.join(row.archives)}"
        yield Claim(name, row.sentence(False), row.place, test, "paper")
        if row.stands:
            test = f"{row.test.format(F='KD')}; {STANDING[row.stands]}"
            yield Claim(f"{name}-s", row.sentence(True), row.place, test, row.least)
    for name, row in OWN.items():
        yield Claim(name, row.text, row.place, row.test.format(F="KD"))
    for name, parts in PARENTS.items():
        (text, place), stand_in = WHOLE.get(name) or WHOLE[name.removesuffix("-s")], name.endswith("-s")
        rows = [(ROWS | OWN)[part.removesuffix("-s")] for part in parts]
        own = stand_in or name[0] == "O"
        profile = max((row.least for row in rows), key=PROFILES.index) if own else "paper"
        start = ("Stand-in: " if text[0].isupper() else "Stand-in for ") if stand_in else ""
        yield Claim(name, f"{start}{text}", place, f"all of {', '.join(parts)}", profile)


def _place(claim: Claim) -> tuple[int, int, bool, str]:
    """For sorting, a whole stand-in before its parts too."""
    kind, number, stand_in, rest = order(claim)
    return kind, number, stand_in, rest.removesuffix("-s")


CLAIMS = sorted([*_claims(), *printed.CLAIMS], key=_place)


def _named(row: Row, found: Known, claim: Claim) -> Finding:
    """A claim on the paper's own quantities, not run with what is lacking."""
    if lacking := found.lacks(row.archives, scored=row.scored):
        return not_run(claim, lacking)
    return _tried(row, found.only(row.archives), [row.archives[0]], ("fd", "kd"), claim)


def _standing(row: Row, found: Known, claim: Claim) -> Finding:
    """A claim on the first set of those where its row looks that has what it needs."""
    if row.archives and _named(row, found, claim).verdict is not Verdict.NOT_RUN:
        return not_run(claim, f"{claim.id.removesuffix('-s')} itself is run on {', '.join(row.archives)}")
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


JUDGES: dict[str, Callable[[Known, Claim], Finding]] = {
    **{name: partial(_named, row) for name, row in ROWS.items()},
    **{f"{name}-s": partial(_standing, row) for name, row in ROWS.items() if row.stands},
    **{name: partial(_standing, row) for name, row in OWN.items()},
}


def _on_records(name: str, study: Study, claim: Claim) -> Finding:
    return JUDGES[name](known(study), claim)


TESTS: dict[str, Test] = {**{name: partial(_on_records, name) for name in JUDGES}, **printed.TESTS}
NEEDS: dict[str, tuple[str, ...]] = {
    name: row.needs for base, row in (ROWS | OWN).items() for name in (base, f"{base}-s") if name in TESTS
}
FAILING = {*TRAININGS, "ranks", "domains"}  # failed rows are left out


def judge_all(study: Study) -> pd.DataFrame:
    """Judge every claim that the study's records reach, and write `claims.csv`."""
    return study.judge(CLAIMS, TESTS, NEEDS, PARENTS, failing=FAILING)
