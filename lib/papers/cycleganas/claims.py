"""The paper's claims C1 to C14 and our own, each tested on the records of a study (specification section 1).

A claim about a named archive needs that archive, FIDs of the 2015 Inception and nine residual cells; `-s` is its
stand-in on sets of the study, where KD decides and FD stands beside it. Scores are those after the last iteration, the
paper's the best of all epochs (section 8.9). `P-` is what the paper's own numbers say, `E` what code can count, `O` our
own observation.
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
from lib.report.claims import Claim, Finding, above, below, inside_band, not_run, order
from lib.searchers.differentiable import SCHEMES

ARCHIVES = {"fa": "facades", "ma": "maps", "ao": "apple2orange", "hz": "horse2zebra", "sw": "summer2winter_yosemite",
            "ip": "iphone2dslr_flower"}  # fmt: skip
DAY = {"facades", "horse2zebra"}  # what the day profile has
STANDING = {"first": "the study's first set; on desk the CMP facades at 64 px, with 3 residual cells",
            "uneven": "a set of the study whose way from B to A is the harder one",
            "any": "such a set of the study, or another one", "all": "all sets of the study"}  # fmt: skip
LESS: Rule = partial(below, threshold=1.0)
BELOW, ABOVE = (partial(compare, threshold=0.0) for compare in (below, above))
RELATIONS: dict[str, tuple[Rule, str, str]] = {  # of N to C: the rule, and both in words
    "better": (LESS, "{F}(N) / {F}(C) < 1", "is better than"),
    "comparable": (partial(inside_band, band=(0.95, 1.05)), "{F}(N) / {F}(C) in [0.95, 1.05]", "is comparable with"),
    "not_better": (partial(above, threshold=1.0, strict=False), "{F}(N) / {F}(C) >= 1", "is not better than"),
}
WAYS = {"": BOTH, **{f"-{way}": way for way in DIRECTIONS}}


@dataclass(frozen=True)
class Row:
    """A claim on records: its sentence, evidence and test in words, where {F} is the measure that decides.

    `archives` are those it needs, the first the one it is about; `stands` says where its stand-in looks, empty without
    one. `scored` is off for claims on architectures alone, `needs` are parts.
    """

    text: str
    place: str
    test: str
    archives: tuple[str, ...]
    on: On
    stands: str = ""
    scored: bool = True
    needs: tuple[str, ...] = ("matched",)


def _scheme(name: str) -> Arm:
    return Arm("N", "controlled", name)


def _rivals(*but: str) -> list[Arm]:
    return [_scheme(name) for name in SCHEMES if name not in but]


def _figure3() -> Iterator[tuple[str, Row]]:
    """Search schemes on three sets: C3 to C7."""
    facades, needs = ("facades",), ("matched", "schemes")
    yield "C3a", Row("... all schemes give generators of similar size", "Fig. 3",
                     "quotient of sizes of any two schemes in [0.8, 1.25], each generator", facades,
                     verdicts.alike_sizes, "first", False, ())  # fmt: skip
    for end, way in WAYS.items():
        where = f", {way}" if way else ", both directions"
        yield f"C3b{end}", Row(f"... swapped halves (THS) have the single best score{where}", "Fig. 3",
                               "lowest {F} of THS / that of any other < 1", facades,
                               partial(verdicts.least, "THS", way), "first", needs=needs)  # fmt: skip
        yield f"C3c{end}", Row(f"... trainings of OF's pair differ the least{where}", "Fig. 3",
                               "deviation of {F} of OF / that of any other < 1", facades,
                               partial(verdicts.steadiest, "OF", way), "first", needs=needs)  # fmt: skip
        yield f"C3d{end}", Row(f"... OF is the best on average{where}", "Fig. 3", "{F}(OF) / {F}(any other) < 1",
                               facades, partial(arms, _scheme("OF"), _rivals("OF"), LESS, way), "first",
                               needs=needs)  # fmt: skip
    for part, scheme in zip("abcd", SCHEMES, strict=True):
        yield f"C4{part}", Row(f"... {scheme}", "Fig. 3", "log S(G_B) / S(G_A) > 0", ("horse2zebra",),
                               partial(verdicts.larger, scheme, ABOVE), "uneven", False, ())  # fmt: skip
    for part, scheme in zip("ab", ("THS", "OF"), strict=True):
        yield f"C5{part}", Row(f"... {scheme} beats TH", "Fig. 3", f"{{F}}({scheme}) / {{F}}(TH) < 1", ("horse2zebra",),
                               partial(arms, _scheme(scheme), [_scheme("TH")], LESS, BOTH), "any",
                               needs=needs)  # fmt: skip
    for part, scheme in zip("abcd", ("OF", "TF", "THS", "TH"), strict=True):
        rule, sign, larger = (ABOVE, ">", "to iPhone") if scheme == "TH" else (BELOW, "<", "to DSLR")
        yield f"C6{part}", Row(f"... {scheme} makes the generator {larger} the larger", "Fig. 3",
                               f"log S(G_B) / S(G_A) {sign} 0", ("iphone2dslr_flower",),
                               partial(verdicts.larger, scheme, rule), scored=False, needs=())  # fmt: skip
    yield "C6e", Row("... OF has the single best score", "Fig. 3", "lowest {F} of OF / that of any other < 1",
                     ("iphone2dslr_flower",), partial(verdicts.least, "OF", BOTH), "any", needs=needs)  # fmt: skip
    near = partial(below, threshold=1.05, strict=False)
    yield "C6f", Row("... TH is comparable all the same", "Fig. 3", "{F}(TH) / {F}(any other) <= 1.05",
                     ("iphone2dslr_flower",), partial(arms, _scheme("TH"), _rivals("TH"), near, BOTH), "any",
                     needs=needs)  # fmt: skip
    yield "C7", Row("OF is close to the best on every task, two-step schemes vary with it", "Sec. 4.1",
                    "worst regret in {F} over sets and directions: any other's - OF's > 0",
                    tuple(ARCHIVES[code] for code in ("fa", "hz", "ip")), partial(verdicts.steadily_good, "OF"), "all",
                    needs=needs)  # fmt: skip


def _figure4() -> Iterator[tuple[str, Row]]:
    """Widths: C8, C9 and C14."""
    for code, archive, relation in _said("C8"):
        rule, test, words = RELATIONS[relation]
        yield f"C8-{code}", Row(f"... {archive}: N {words} C", "Fig. 4", f"lowest over widths: {test}", (archive,),
                                partial(verdicts.lowest_over_widths, rule), _stands(code))  # fmt: skip
    every = tuple(ARCHIVES.values())
    for part, of, words in (("a", "not largest", "not the largest"), ("b", "not smallest", "not the smallest"),
                            ("c", "middle", "between 32 and 96")):  # fmt: skip
        yield f"C9{part}", Row(f"... the best width is {words}", "Fig. 4",
                               "lowest {F} there / lowest elsewhere < 1, C and N, mean of sets", every,
                               partial(verdicts.best_widths, of), "" if part == "c" else "all")  # fmt: skip
    yield "C14a", Row("... its gain does not fall with the width", "implied by C8 to C13",
                      "Spearman of {F}(N) / {F}(C) with width <= 0, mean of sets", every,
                      partial(verdicts.transfer, "trend"), "all")  # fmt: skip
    yield "C14b", Row("... it is better at the largest width", "implied by C8 to C13",
                      "{F}(N) / {F}(C) at the largest width < 1, mean of sets", every,
                      partial(verdicts.transfer, "widest"), "all")  # fmt: skip


def _figure5() -> Iterator[tuple[str, Row]]:
    """Equal sizes: C10 to C12."""
    for code, archive, relation in _said("C10"):
        rule, test, words = RELATIONS[relation]
        for place in ("small", "large"):
            size = f"{place.removesuffix('e')}er"
            on = partial(arms, Arm("N", place), [Arm("C", place)], rule, BOTH)
            yield f"C10-{code}-{place}", Row(f"... {archive}: N {words} C at the {size} size", "Fig. 5", test,
                                             (archive,), on, _stands(code))  # fmt: skip
    every = tuple(ARCHIVES.values())
    for part, way, gain, low, high in (("a", "AtoB", 0.3, 0.25, 0.35), ("b", "BtoA", 0.1, 0.05, 0.15)):
        yield f"C11{part}", Row(f"... up to {gain:.0%} {way}", "Sec. 4.2",
                                f"largest 1 - {{F}}(N) / {{F}}(C) of sets in [{low:g}, {high:g}]", every,
                                partial(verdicts.largest_gain, way,
                                        partial(inside_band, band=(low, high))))  # fmt: skip
    yield "C11c", Row("... more than at the smaller size", "Fig. 5",
                      "{F}(N) / {F}(C) at the larger size over that at the smaller < 1, mean of sets", every,
                      verdicts.gains_grow, "all")  # fmt: skip
    alike = partial(inside_band, band=(-math.log(SIMILAR), math.log(SIMILAR)))
    for code, archive, relation in _said("C12"):
        even = relation == "similar"
        others = () if even else tuple(name for _, name, other in _said("C12") if other == "similar")
        text, test = (
            ("alike in size", "< log 1.25") if even else ("less alike than of even sets", "above any even set's")
        )
        sizes: On = partial(verdicts.larger, "OF", alike) if even else verdicts.uneven
        yield f"C12-{code}", Row(f"... {archive}: generators {text}", "Fig. 5", f"abs log S(G_B) / S(G_A) {test}",
                                 (archive, *others), sizes, _stands(code), False, ())  # fmt: skip


def _figure6() -> Iterator[tuple[str, Row]]:
    """Width scaling: C13."""
    C, scaled, N = (Arm(method, "controlled") for method in ("C", "C'", "N"))
    same, needs = partial(inside_band, band=(0.97, 1.03)), ("matched", "controls")
    for code, stands in (("hz", "any"), ("ip", "")):
        archive = ARCHIVES[code]
        for way in DIRECTIONS:
            yield f"C13-{code}-{way}-same", Row(f"... {archive} {way}: unequal widths do not help CycleGAN", "Fig. 6",
                                                "{F}(C') / {F}(C) in [0.97, 1.03]", (archive,),
                                                partial(arms, scaled, [C], same, way), stands, needs=needs)  # fmt: skip
            yield f"C13-{code}-{way}-best", Row(f"... {archive} {way}: the searched pair is better than both", "Fig. 6",
                                                "{F}(N) / {F}(C) and {F}(N) / {F}(C') < 1", (archive,),
                                                partial(arms, N, [C, scaled], LESS, way), stands,
                                                needs=needs)  # fmt: skip


def _said(claim: str) -> list[tuple[str, str, str]]:
    """What a claim says of each archive: its code, name and relation."""
    rows = printed.orderings().query("claim == @claim").set_index("dataset")["relation"]
    return [(code, archive, rows[archive]) for code, archive in ARCHIVES.items()]


def _stands(code: str) -> str:
    return {"fa": "first", "hz": "uneven"}.get(code, "")


def _own() -> Iterator[tuple[str, Row]]:
    """Controls that the paper lacks: they speak of all sets of the study."""

    def row(text: str, test: str, on: On, *needs: str, scored: bool = True) -> Row:
        return Row(text, "ours", test, (), on, "all", scored, needs)

    random = partial(arms, Arm("N", "controlled"), [Arm("R", "controlled")], LESS, BOTH)
    yield "O1", row("Ours: searched pairs are better than random architectures of their size",
                    "{F}(N) / {F}(R) < 1, Welch over searches and architectures, every set",
                    partial(everywhere, random), "matched", "controls")  # fmt: skip
    yield "O2", row("Ours: searches with other seeds agree more than chance",
                    "share of differing genes by chance - found > 0, bootstrap over genes", verdicts.agreement,
                    scored=False)  # fmt: skip
    yield "O3", row("Ours: the best score during a training flatters it",
                    "share by which the best {F} is below the last > 0, over trainings, every set",
                    partial(everywhere, verdicts.optimism), "matched")  # fmt: skip
    yield "O4", row("Ours: the supernetwork ranks architectures as trainings from scratch do",
                    "Spearman of {F} > 0, every set", partial(everywhere, verdicts.ranks_alike), "ranks",
                    "matched")  # fmt: skip
    yield "O5", row("Ours: searches choose larger kernels than chance",
                    f"mean taps of residual operations > {verdicts.UNIFORM:g}, over searches with OF",
                    partial(verdicts.over_searches, verdicts.taps, partial(above, threshold=verdicts.UNIFORM), "OF"),
                    scored=False)  # fmt: skip
    for method in "CN":
        for way in DIRECTIONS:
            yield f"O6-{method}-{way}", row(f"... {method} {way}", "{F} of translations / of untranslated pictures < 1",
                                            partial(everywhere, partial(verdicts.nearer, method, way)), "domains",
                                            "matched")  # fmt: skip
            yield f"O7-{method}-{way}", row(f"... {method} {way}", "L1 of translations / of untranslated pictures < 1",
                                            partial(_by_l1, partial(verdicts.nearer, method, way)), "domains",
                                            "matched", scored=False)  # fmt: skip
    for part, column, rule in (("a", "entropy", BELOW), ("b", "gap", ABOVE)):
        yield f"O8{part}", row(f"... the {column} {'falls' if column == 'entropy' else 'rises'}",
                               f"its change {'<' if column == 'entropy' else '>'} 0, over searches",
                               partial(verdicts.over_searches, partial(verdicts.change, column), rule, ""),
                               scored=False)  # fmt: skip


def _by_l1(on: On, ask: Asked) -> Finding:
    return everywhere(on, replace(ask, measure="l1"))


ROWS = dict([*_figure3(), *_figure4(), *_figure5(), *_figure6()])
OWN = dict(_own())
WHOLE = {  # compound claims: sentence, evidence; those of stand-ins where they have fewer parts
    "C3": ("facades: all schemes give similar sizes, THS the best score, OF the steadiest and best on average",
           "Fig. 3, Sec. 4.1"),
    "C4": ("horse2zebra: every scheme makes the generator from zebra to horse the larger one", "Fig. 3"),
    "C5": ("horse2zebra: THS and OF beat TH", "Fig. 3"),
    "C6": ("iphone2dslr: all schemes but TH enlarge the generator to DSLR; OF has the best score", "Fig. 3"),
    "C6-s": ("iphone2dslr: OF has the best score, TH a comparable one", "Fig. 3"),
    "C8": ("The best width of searched pairs beats CycleGAN's best on four sets and is comparable on two", "Fig. 4"),
    "C8-s": ("The best width of searched pairs beats CycleGAN's best", "Fig. 4"),
    "C9": ("Wider is not always better", "Fig. 4"),
    "C10": ("At equal size searched pairs are better on three sets, comparable on two, not better on maps", "Fig. 5"),
    "C10-s": ("At equal size searched pairs are better", "Fig. 5"),
    "C11": ("The gain at equal size is larger for larger networks", "Fig. 5, Sec. 4.2"),
    "C12": ("Unequal pairs of generators appear only for uneven sets", "Fig. 5"),
    "C13": ("Unequal widths do not help CycleGAN, searched operations do", "Fig. 6"),
    "C14": ("What a narrow supernetwork found holds for wider networks", "implied by C8 to C13"),
    "O6": ("Ours: translations are nearer to the other domain than untranslated pictures", "ours"),
    "O7": ("Ours: where true translations are known, ours are nearer to them than untranslated pictures", "ours"),
    "O8": ("Ours: searches decide themselves", "ours"),
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


def _by_day(row: Row) -> bool:
    return set(row.archives) <= DAY


def _claims() -> Iterator[Claim]:
    """Every claim on records."""
    for name, row in ROWS.items():
        yield Claim(name, row.text, row.place, f"{row.test.format(F='FID')}; needs {', '.join(row.archives)}",
                    "day" if _by_day(row) else "paper")  # fmt: skip
        if row.stands:
            text, where = row.text.replace(row.archives[0], f"stand-in of {row.archives[0]}"), STANDING[row.stands]
            if not any(f"{name}-s" in parts for parts in PARENTS.values()):
                text = f"{text} (stand-in: {where})"
            yield Claim(f"{name}-s", text, row.place, f"{row.test.format(F='KD')}; {where}")
    for name, row in OWN.items():
        yield Claim(name, row.text, row.place, row.test.format(F="KD"))
    for name, parts in PARENTS.items():
        (text, place), stand_in = WHOLE.get(name) or WHOLE[name.removesuffix("-s")], name.endswith("-s")
        sets = dict.fromkeys(STANDING[ROWS[part.removesuffix("-s")].stands] for part in parts if stand_in)
        text = f"{text} (stand-in: {'; '.join(sets)})" if stand_in else text
        here = stand_in or name[0] == "O"
        profile = "desk" if here else "day" if all(_by_day(ROWS[part]) for part in parts) else "paper"
        yield Claim(name, text, place, f"all of {', '.join(parts)}", profile)


CLAIMS = sorted([*_claims(), *printed.CLAIMS], key=order)


def _named(row: Row, found: Known, claim: Claim) -> Finding:
    """A claim on the paper's own quantities, not run with what is lacking."""
    if lacking := found.lacks(row.archives, scored=row.scored):
        return not_run(claim, lacking)
    return _tried(row, found.only(row.archives), row.archives[:1], ("fd", "kd"), claim)


def _standing(row: Row, found: Known, claim: Claim) -> Finding:
    """A claim on the first set of those where its row looks that has what it needs."""
    harder = [data for data in HARDER if data in found.sets]
    sets = {"first": found.sets, "uneven": harder, "all": [""],
            "any": list(dict.fromkeys([*harder, *found.sets]))}[row.stands]  # fmt: skip
    return _tried(row, found, sets, ("kd", "fd"), claim)


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
    return not_run(claim, reasons[0] if reasons else absent)


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
