"""The verdicts: a world in which much of the paper holds, and worlds in which one thing is otherwise."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from lib.papers.cycleganas import claims, comparisons, experiments, printed, verdicts
from lib.papers.cycleganas.comparisons import Asked, Lacks, known
from lib.papers.study import Study
from tests.papers.cycleganas import world
from tests.reference.stored_study import rewritten

CLAIMS = {claim.id: claim for claim in claims.CLAIMS}


@pytest.fixture(scope="module")
def desk(stored_folder):
    """What the usual records say."""
    return known(Study("cycleganas", "desk", folder=stored_folder))


@pytest.fixture(scope="module")
def paper(tmp_path_factory):
    """What records on the paper's archives and features say."""
    folder = tmp_path_factory.mktemp("cycleganas-paper")
    world.fill(folder, world.PAPER)
    return known(Study("cycleganas", "paper", folder=folder))


@pytest.fixture(scope="module")
def table(stored_folder, tmp_path_factory):
    """Every verdict in the usual world."""
    study = Study("cycleganas", "desk", folder=stored_folder)
    study.folder, study.records = tmp_path_factory.mktemp("claims"), stored_folder / "records"
    return claims.judge_all(study).set_index("id")


def found(what, name):
    """The finding of one claim on what is known."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(claims, "known", lambda study: what)
        return CLAIMS[name].test(None, CLAIMS[name])


def verdict(what, name):
    return str(found(what, name).verdict)


def scored(what, kd):
    """Other scores in all trainings: `kd(rows, before)` of each direction."""
    rows = what.trainings
    kds = {way: kd(rows, rows[f"kd_{way}"]) for way in world.DIRECTIONS}
    return replace(what, trainings=rows.assign(**world.scores(kds)))


def times(what, factor, **of):
    """All scores of trainings with these columns times a factor."""

    def kd(rows, before):
        alike = [rows[name].isin(value if isinstance(value, tuple) else (value,)) for name, value in of.items()]
        return before.mask(np.logical_and.reduce(alike), factor * before)

    return scored(what, kd)


def searched(what, text, *schemes, data=("facades", "showable")):
    """Searches of these schemes that found `text(one)`."""
    searches = [replace(one, rows=one.rows.assign(genotype=text(one)))
                if one.scheme in schemes and one.data in data else one for one in what.searches]  # fmt: skip
    return replace(what, searches=searches)


def genotype(G_A, G_B):
    """Text of three residual cells of one operation for each generator."""
    of = " ; ".join(" ".join(["c3", "c3", *[code] * 6, "t3", "t3"]) for code in (G_A, G_B))
    return f"{of} ; c4 c4 c4 c4 ; c4 c4 c4 c4"


def test_every_claim_of_the_paper_is_listed():
    assert {f"C{n}" for n in range(1, 15)} | {"O1", "O2", "O4", "O5", "O6", "O7"} <= set(CLAIMS)


def test_the_papers_orderings_are_all_claimed():
    rows = printed.orderings()
    for claim in ("C8", "C10", "C12", "C13"):
        codes = {code for code, name in claims.ARCHIVES.items() if name in set(rows[rows["claim"] == claim]["dataset"])}
        assert codes == {name.split("-")[1] for name in claims.ROWS if name.startswith(f"{claim}-")}


def test_desk_decides_stand_ins_and_leaves_the_papers_own_claims_to_larger_profiles(table):
    named = [name for name in claims.ROWS if not name.endswith("-s")]
    assert set(table.loc[named, "verdict"]) == {"not run"}
    assert set(table.loc[named, "note"]) == {"needs profile paper or larger"}
    least = {claim.id: claim.minimum_profile for claim in claims.CLAIMS if claim.id.endswith("-s") and claim.test}
    later = [name for name, profile in least.items() if profile == "day"]
    assert set(table.loc[later, "note"]) == {"needs profile day or larger"}
    decided = [*(name for name in least if name not in later), "C9-s", "C12-s", "C14-s"]
    assert "not run" not in set(table.loc[decided, "verdict"])
    assert {"C3b-s", "C3c-AtoB-s", "C4b-s", "C5a-s", "C6e-s", "C13-hz-AtoB-best-s"} <= set(later)
    assert least["C3d-s"] == least["C7-s"] == "desk"


def test_the_usual_world(table, desk):
    supported = ["C1", "C2", "C8-fa-s", "C10-s", "C11c-s", "C12-hz-s", "C14-s", "O1", "O2", "O4", "O5", "O6", "O7"]
    assert {name: table.loc[name, "verdict"] for name in supported} == dict.fromkeys(supported, "supported")
    assert [verdict(desk, name) for name in ("C5a-s", "C5b-s", "C13-hz-AtoB-best-s")] == ["supported"] * 3
    assert verdict(desk, "C6f-s") == "contradicted"  # TH is far from comparable


def test_smoke_decides_what_code_can_count_and_what_the_paper_itself_prints(study):
    study.profile = "smoke"
    verdicts = claims.judge_all(study).set_index("id")["verdict"]
    decided = verdicts[verdicts != "not run"]
    assert set(decided.index) == {claim.id for claim in printed.CLAIMS}
    assert set(decided[decided == "contradicted"].index) == {"P-A1", "P-A6", "P-C2"}


def test_exact_claims_name_the_counts(table):
    assert table.loc["C1", "note"].startswith(f"{81 * 10**36:,}")
    assert table.loc["E2", "note"] == "C32 2,850,563, C64 11,378,179, PatchGAN 2,764,737"
    assert table.loc["P-C11", "note"].startswith("AtoB at most 16.9 % of 30 %, BtoA at most 2.1 % of 10 %")
    assert "C32's 2,850,563 are 11.402 MB" in table.loc["P-A6", "note"]
    assert table.loc["P-C13a", "note"] == "-1.3%, -0.1%, -0.4%, +1.9%"


def test_a_record_with_another_number_of_updates_contradicts_c2(study):
    with rewritten(study, "search-facades-TF-0") as rows:
        rows[-1]["metrics"]["updates"] -= 1
    finding = CLAIMS["C2"].test(study, CLAIMS["C2"])
    assert str(finding.verdict) == "contradicted"
    assert "facades TF 0: 1,599 in 800 iterations" in finding.note


def test_without_records_nothing_but_exact_claims_is_decided(tmp_path):
    table = claims.judge_all(Study("cycleganas", "desk", folder=tmp_path)).set_index("id")
    assert set(table[table["verdict"] != "not run"].index) == {claim.id for claim in printed.CLAIMS}
    assert table.loc[["C10-fa-large-s", "C3a-s", "O4"], "note"].to_list() == [
        "part matched was not run", "nothing was run", "part ranks was not run"]  # fmt: skip


@pytest.mark.parametrize(("failed", "name", "note"), [
    (["ranks"], "O4", "trained and ranked on facades; there are 0"),
    (["matched", "schemes", "controls"], "C10-fa-large-s", "needs figure 5's trainings of C and N on facades"),
    (["matched", "widths", "schemes", "controls"], "O4", "trained and ranked on facades; there are 0"),
])  # fmt: skip
def test_where_every_row_of_a_part_failed_its_claims_are_not_run(study, failed, name, note):
    for part in failed:
        with rewritten(study, part) as rows:
            for row in rows:
                row.update(score=None, metrics={}, reason="failed: diverged")
    judged = claims.judge_all(study).set_index("id").loc[name]
    assert judged["verdict"] == "not run"
    assert note in judged["note"]


@pytest.mark.parametrize(("change", "lacking"), [
    ({"features": "lite0"}, "needs the 2015 Inception; the scores are on lite0"),
    ({"profile": "day"}, "needs profile paper"),
    ({"keys": frozenset({"unpaired/facades"})}, "needs facades; the study has unpaired/facades"), ({}, ""),
])  # fmt: skip
def test_the_papers_own_claims_need_the_papers_quantities(paper, change, lacking):
    finding = found(replace(paper, **change), "C10-fa-large")
    assert (str(finding.verdict) == "not run") == bool(lacking)
    assert lacking in finding.note


def test_a_stand_in_is_not_run_where_the_named_claim_is(paper):
    assert found(paper, "C10-fa-large-s").note == "C10-fa-large itself is run on facades"
    assert found(paper, "C5a-s").note == "C5a itself is run on horse2zebra"


def test_claims_on_sizes_need_no_inception(paper):
    assert found(replace(paper, features="lite0"), "C4a").effect > 0


def test_the_papers_own_claims_are_judged_where_its_quantities_are_there(paper):
    names = ("C8-ao", "C8-ip", "C9c-C", "C10-ma-large", "C11c", "C13-hz-AtoB-best")
    assert [verdict(paper, name) for name in names] == [
        "supported", "contradicted", "supported", "contradicted", "supported", "supported"]  # fmt: skip
    assert found(paper, "C10-ao-large").note.startswith("FID of both directions, apple2orange: N64")
    assert "beside it KID" in found(paper, "C10-ao-large").note


def test_one_search_a_scheme_decides_nothing_on_sizes(paper):
    assert [verdict(paper, name) for name in ("C3a", "C4a", "C6a", "C12-fa", "C12-hz")] == ["undecided"] * 5
    assert "no interval: too few observations" in found(paper, "C4a").note


@pytest.mark.parametrize(("factor", "expected"), [(1.0, "supported"), (1.25, "undecided"), (1.6, "contradicted")])
def test_searched_pairs_must_be_better_at_equal_size(desk, factor, expected):
    changed = times(desk, factor, method="N")
    assert verdict(changed, "C10-fa-large-s") == expected
    assert verdict(changed, "C8-fa-s") == expected
    assert verdict(changed, "C13-hz-BtoA-best-s") == expected


@pytest.mark.parametrize(("factor", "expected"), [(1.25, "supported"), (1.32, "undecided"), (1.0, "contradicted")])
def test_comparable_needs_the_whole_interval_inside_the_band(paper, factor, expected):
    assert verdict(times(paper, factor, method="N"), "C10-sw-large") == expected


@pytest.mark.parametrize(("factor", "expected"), [(1.0, "contradicted"), (1.4, "supported")])
def test_not_better_is_the_opposite_of_better(paper, factor, expected):
    assert verdict(times(paper, factor, method="N"), "C10-ma-small") == expected


def test_notes_say_by_how_much_sizes_are_missed(desk):
    row = desk.trainings.query("data == 'facades' and name == 'N8'").iloc[0]
    note = found(desk, "C10-fa-small-s").note
    size = f"H {row['H_A']}, size missed by {abs(row['mismatch']):.1%})"
    assert f"N8 0.09704 (geometric mean of 2 trainings, {size}" in note
    assert comparisons.DISCRIMINATORS in note
    assert "of this searched pair only" in found(desk, "C8-fa-s").note
    turned = desk.trainings.assign(mismatch=lambda rows: (-1) ** rows["repeat"] * rows["mismatch"])
    assert size in found(replace(desk, trainings=turned), "C10-fa-small-s").note
    assert "sizes missed by" in found(desk, "C7-s").note


def spread_of(rows, *by):
    """The pooled deviation of logarithms of scores, of rows alike in `by`, and its degrees of freedom."""
    groups = np.log(rows["score"]).groupby([rows[name] for name in by])
    free = int((groups.size() - 1).sum())
    return np.sqrt((groups.var(ddof=0) * groups.size()).sum() / free), free


def test_noise_of_trainings_is_pooled_over_architectures_trained_again(desk):
    sd, free = spread_of(desk.trainings.query("data == 'facades'"), "name", "scheme", "search")
    ask = Asked(desk, "facades", "kd")
    assert ask.noise("")[0] == (pytest.approx(sd), free)
    assert ask.noise(*world.DIRECTIONS)[0][1] == free  # both are of one training


def test_one_search_at_a_size_has_the_noise_between_searches_at_another(desk):
    sd, free = spread_of(desk.trainings.query("data == 'facades'"), "name", "scheme", "search")
    _, (between, searches) = Asked(desk, "facades", "kd").noise("")
    effect = found(desk, "C10-fa-small-s")
    variances, frees = np.array([sd**2 / 2, between**2]), np.array([free, searches])
    half = stats.t.ppf(0.975, variances.sum() ** 2 / (variances**2 / frees).sum()) * np.sqrt(variances.sum())
    assert np.log([effect.low, effect.high]) == pytest.approx(np.log(effect.effect) + np.array([-half, half]))
    assert f"searches differ by {between:.1%} ({searches} degrees of freedom)" in effect.note
    alone = replace(desk, trainings=desk.trainings.query("search <= 0"))
    assert "of this searched pair only" in found(alone, "C10-fa-small-s").note
    assert "of this searched pair only" not in effect.note


def test_searches_and_random_architectures_are_compared_by_welchs_interval(desk):
    rows = desk.trainings.query("data == 'facades' and target == 16").assign(log=lambda rows: np.log(rows["score"]))
    random, own = rows.query("method == 'R'")["log"], rows.query("method == 'N' and scheme == 'OF'")
    means = own.groupby("search")["log"].mean()
    limits = stats.ttest_ind(means, random, equal_var=False).confidence_interval()
    effect = found(desk.only(["facades"]), "O1")
    assert (effect.low, effect.high) == pytest.approx((np.exp(limits.low), np.exp(limits.high)))
    assert effect.n == 6


def test_schemes_are_compared_with_what_searches_of_one_scheme_differ(desk):
    assert "searches differ by" in found(desk, "C5b-s").note
    alone = replace(desk, trainings=desk.trainings.query("search <= 0"))
    assert "trainings differ by" in found(alone, "C5b-s").note
    assert "of this searched pair only" in found(alone, "C5b-s").note
    assert found(alone, "C5b-s").n == 5


def test_without_a_second_training_nothing_is_decided(desk):
    single = replace(desk, trainings=desk.trainings.query("repeat == 0 and search <= 0"))
    names = ["C3b-s", "C3c-s", "C3d-s", "C7-s", "C8-fa-s", "C9a-N-s", "C10-fa-large-s", "C11c-s", "C14-s"]
    assert {verdict(single, name) for name in names} == {"undecided"}
    assert "a training with another seed is needed" in found(single, "C10-fa-large-s").note


def test_a_score_that_is_not_positive_has_no_quotient(desk):
    changed = times(desk, -0.01, name="C16")
    assert found(changed, "C10-fa-large-s").note == "KD-lite0 of C16 on facades is not known to be positive"


@pytest.mark.parametrize(("factor", "expected"), [(0.6, "supported"), (1.0, "undecided"), (1.6, "contradicted")])
def test_the_single_best_score_is_compared_with_that_of_every_other_scheme(paper, factor, expected):
    changed = times(paper, factor, scheme="THS", method="N", data="facades")
    assert verdict(changed, "C3b") == expected
    assert found(changed, "C3b").n == 6  # as many trainings of each


@pytest.mark.parametrize(("spread", "expected"), [(1e-6, "supported"), (1.0, "undecided"), (1e6, "contradicted")])
def test_the_steadiest_scheme_differs_less_than_every_other(desk, spread, expected):
    def kd(rows, before):
        return 0.1 * (1 + 1e-7 * rows["repeat"] * np.where(rows["scheme"] == "OF", spread, 1.0))

    assert verdict(scored(desk, kd), "C3c-s") == expected


@pytest.mark.parametrize(("factor", "expected"), [(0.6, "supported"), (0.985, "undecided"), (1.6, "contradicted")])
def test_the_best_average_is_below_every_others(desk, factor, expected):
    changed = times(desk, factor, scheme="OF", method="N")
    assert verdict(changed, "C3d-s") == expected
    assert verdict(changed, "C7-s") == expected


@pytest.mark.parametrize(("factor", "expected"), [(0.8, ["supported"] * 2), (2.0, ["contradicted"] * 2)])
def test_th_is_beaten_by_both_or_not(desk, factor, expected):
    changed = times(desk, factor, scheme=("OF", "THS"), method="N")
    assert [verdict(changed, name) for name in ("C5a-s", "C5b-s")] == expected
    assert verdict(times(desk, 0.6, scheme="TH", method="N"), "C6f-s") == "supported"


def test_generators_alike_in_size_under_every_scheme(desk):
    every = searched(desk, lambda one: genotype("c5", "c5"), *world.SCHEMES)
    assert verdict(every, "C3a-s") == "supported"
    assert verdict(searched(every, lambda one: genotype("c7", "c3"), "TH"), "C3a-s") == "contradicted"
    assert verdict(desk, "C3a-s") == "undecided"


def test_the_larger_generator_is_that_of_the_harder_direction(desk):
    changed = searched(desk, lambda one: genotype("c7", "c3"), *world.SCHEMES)
    assert [verdict(changed, f"C4{part}-s") for part in "abcd"] == ["contradicted"] * 4
    assert "showable, OF" in found(changed, "C4a-s").note
    assert [verdict(desk.only(["facades"]), name) for name in ("C4a-s", "C5a-s", "C6e-s", "C13-hz-AtoB-same-s")] == [
        "not run"] * 4  # fmt: skip


def with_errors(what, **columns):
    """Other errors in all trainings of CycleGAN."""
    rows = what.trainings
    own = {name: rows[name].mask(rows["method"] == "C", value) for name, value in columns.items()}
    return replace(what, trainings=rows.assign(**own))


def test_stand_ins_of_uneven_sets_ask_cyclegan_which_way_is_the_harder(desk):
    assert "CycleGAN's own L1 on showable: A to B 0.1" in found(desk, "C4a-s").note
    level = with_errors(desk, l1_AtoB=0.2, l1_BtoA=0.2)
    names = ["C4a-s", "C5a-s", "C6f-s", "C10-hz-large-s", "C12-hz-s", "C13-hz-AtoB-best-s"]
    assert {verdict(level, name) for name in names} == {"not run"}
    assert found(level, "C5a-s").note.startswith("needs a set whose way from B to A is the harder one for CycleGAN;")
    unknown = with_errors(desk, l1_AtoB=np.nan, l1_BtoA=np.nan)
    assert "CycleGAN's own L1 on showable: A there and back 0.050, B 0.060" in found(unknown, "C4a-s").note
    assert verdict(with_errors(unknown, cycle_B=0.04), "C4a-s") == "not run"


def test_unequal_pairs_appear_only_where_the_directions_are_uneven(desk):
    even = searched(desk, lambda one: genotype("c5", "c5"), "OF", data=["facades"])
    assert [verdict(even, name) for name in ("C12-fa-s", "C12-hz-s")] == ["supported", "supported"]
    turned = searched(desk, lambda one: genotype("c3", "c7"), "OF", data=["facades"])
    turned = searched(turned, lambda one: genotype("c5", "c5"), "OF", data=["showable"])
    assert [verdict(turned, name) for name in ("C12-fa-s", "C12-hz-s")] == ["contradicted", "contradicted"]


def test_the_largest_width_is_the_best_in_a_world_where_wider_is_better(desk):
    changed = scored(desk, lambda rows, before: before / rows["target"] ** 2)
    usual = replace(desk, trainings=desk.trainings.query("target != 4"))
    for method in "CN":
        assert [verdict(changed, f"C9{part}-{method}-s") for part in "ab"] == ["contradicted", "supported"]
        assert [verdict(usual, f"C9{part}-{method}-s") for part in "ab"] == ["supported", "supported"]


def test_the_ends_are_compared_with_one_middle_width_or_two():
    weights = {count: verdicts.off_end(-1, [None] * count).tolist() for count in (3, 4, 5)}
    assert weights == {3: [0, 1, -1], 4: [0, 0.5, 0.5, -1], 5: [0, 0, 1, 0, -1]}
    assert verdicts.off_end(0, [None] * 3).tolist() == [-1, 1, 0]


def test_best_widths_are_the_networks_own(paper):
    """C's are 16 to 128; those of searched pairs are narrower at the same size."""
    ask = Asked(paper, "facades", "fd")
    sides = {method: [ask.side("", comparisons.Arm(method, target, first=True)) for target in (16, 32, 64, 96, 128)]
             for method in "CN"}  # fmt: skip
    inside = {method: (verdicts.within(each) > 0).tolist() for method, each in sides.items()}
    assert inside["C"] == [False, True, True, True, False]
    assert inside["N"] == [32 <= side.H <= 96 for side in sides["N"]] != inside["C"]


@pytest.mark.parametrize(("large", "expected"), [(1.0, "supported"), (1.06, "undecided"), (1.5, "contradicted")])
def test_the_gain_is_larger_at_the_larger_size(desk, large, expected):
    assert verdict(times(desk, large, method="N", target=16), "C11c-s") == expected


@pytest.mark.parametrize(("factor", "expected"), [(0.91, "supported"), (0.82, "contradicted")])
def test_the_largest_gain_is_near_the_printed_one(paper, factor, expected):
    assert verdict(times(paper, factor, method="N", target=64), "C11a") == expected


@pytest.mark.parametrize(("factor", "expected"), [(1.0, "supported"), (1.03, "undecided"), (1.2, "contradicted")])
def test_unequal_widths_help_cyclegan_or_do_not(paper, factor, expected):
    assert verdict(times(paper, factor, method="C'"), "C13-hz-AtoB-same") == expected


def test_a_gain_that_falls_with_the_width_does_not_transfer(desk):
    falling = scored(desk, lambda rows, before: before * rows["target"] ** (0.4 * (rows["method"] == "N")))
    assert verdict(falling, "C14-s") == "contradicted"


def test_random_architectures_that_are_as_good_contradict_o1(desk):
    assert verdict(times(desk, 0.5, method="R"), "O1") == "contradicted"
    assert verdict(times(desk, 0.87, method="R"), "O1") == "undecided"
    assert verdict(times(desk, 0.5, method="R", data="showable"), "O1") == "contradicted"  # of one set


def test_searches_that_find_random_genotypes_agree_no_more_than_chance(desk):
    space = experiments.space(world.DESK)
    drawn = searched(desk, lambda one: space.text(space.sample(np.random.default_rng(one.seed))), "OF")
    assert verdict(drawn, "O2") == "undecided"
    expected = sum(1 - 1 / len(gene.choices) for gene in space.genes)
    assert f"{expected:.1f} by chance" in found(desk, "O2").note
    codes = {0: ("c3", "c5"), 1: ("c5", "c7"), 2: ("c7", "d3")}
    apart = searched(desk, lambda one: genotype(*codes[one.seed]).replace("c4", ("c4", "mp", "ap")[one.seed]), "OF")
    differ = [one.genomes()[-1] for one in apart.searches if (one.data, one.scheme) == ("facades", "OF")]
    mean = np.mean([space.distance(a, b) for a, b in zip(differ, differ[1:] + differ[:1], strict=True)])
    assert f"{mean:.1f} of 28 genes differ in 3 searches" in found(apart, "O2").note


def test_ranks_of_the_supernetwork_may_be_turned(desk):
    ranks = desk.ranks.assign(**world.scores({way: 1 / desk.ranks[f"kd_{way}"] for way in world.DIRECTIONS}))
    assert verdict(replace(desk, ranks=ranks), "O4") == "contradicted"
    assert found(replace(desk, ranks=ranks[:4]), "O4").note.endswith("on facades; there are 3")  # not its own choice


@pytest.mark.parametrize(("code", "expected"), [("c7", "supported"), ("c3", "contradicted")])
def test_kernels_are_compared_with_chance(desk, code, expected):
    jitter = {0: code, 1: code, 2: "c5"}
    changed = searched(desk, lambda one: genotype(code, jitter[one.seed]), "OF")
    assert verdict(changed, "O5") == expected


def test_translations_no_nearer_than_untranslated_pictures_contradict_o6_and_o7(desk):
    far = desk.anchors.assign(**world.scores(dict.fromkeys(world.DIRECTIONS, 0.01)))
    names = [f"{name}-{method}-{way}" for name in ("O6", "O7") for method in "CN" for way in world.DIRECTIONS]
    assert {verdict(replace(desk, anchors=far), name) for name in names} == {"contradicted"}


def test_untranslated_pictures_are_as_uncertain_as_their_test_pictures(desk):
    wide = desk.anchors.assign(kd_AtoB_low=-0.15, kd_AtoB_high=0.85)
    effect, before = (found(what, "O6-C-AtoB") for what in (replace(desk, anchors=wide), desk))
    assert effect.effect == before.effect
    assert (str(effect.verdict), str(before.verdict)) == ("undecided", "supported")


def test_where_no_truth_is_known_o7_is_not_run(desk):
    rows = desk.trainings.drop(columns=["l1_AtoB", "l1_BtoA"])
    finding = found(replace(desk, trainings=rows), "O7-C-AtoB")
    assert (str(finding.verdict), finding.note) == ("not run", "L1 of C16 on facades is not known to be positive")


def test_every_sentence_stands_alone():
    assert not [claim.id for claim in claims.CLAIMS if claim.text.startswith(("...", "its")) or "..." in claim.text]
    assert {claim.text.startswith("Stand-in") for claim in claims.CLAIMS if claim.id.endswith("-s")} == {True}
    assert len({claim.text for claim in claims.CLAIMS}) == len(claims.CLAIMS)
    order = {claim.id: place for place, claim in enumerate(claims.CLAIMS)}
    assert all(order[claim.id] < order[part] for claim in claims.CLAIMS for part in claim.parts)


def test_scaled_cyclegans_are_compared_with_the_search_whose_sizes_they_have(desk):
    other = times(desk, 9.0, method="N", scheme="OF", search=(1, 2))
    assert verdict(other, "C13-hz-AtoB-best-s") == verdict(desk, "C13-hz-AtoB-best-s") == "supported"
    assert "of this searched pair only" in found(desk, "C13-hz-AtoB-best-s").note


def test_compound_claims_follow_from_their_parts(table):
    for name, parts in ((claim.id, claim.parts) for claim in claims.CLAIMS if claim.parts):
        verdicts = set(table.loc[list(parts), "verdict"])
        if "contradicted" in verdicts:
            assert table.loc[name, "verdict"] == "contradicted"
        elif len(verdicts) == 1:
            assert table.loc[name, "verdict"] == verdicts.pop()
        else:
            assert table.loc[name, "verdict"] == "undecided"


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(-3, 3), min_size=3, max_size=8, unique=True))
def test_rank_correlations_are_spearmans(values):
    expected = stats.spearmanr(values, range(len(values))).statistic
    assert verdicts.rank_correlations(np.array([values, values])) == pytest.approx([expected] * 2)


def test_the_interval_of_a_quotient_of_deviations_is_that_of_fs_test():
    a, b = np.array([1.0, 2.0, 4.0, 3.5]), np.array([0.0, 0.5, 0.7])
    effect, low = verdicts.spread(a, b), verdicts.spread(b, a)
    p = stats.f.cdf((effect.value / effect.low) ** 2, 3, 2)
    assert (p, effect.value) == (pytest.approx(0.975), pytest.approx(1 / low.value))
    assert (1 / low.high, 1 / low.low) == pytest.approx((effect.low, effect.high))
    with pytest.raises(Lacks, match="do not differ"):
        verdicts.spread(a, b * 0)
