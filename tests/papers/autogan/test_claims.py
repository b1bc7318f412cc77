"""The verdicts: a world in which much of the paper holds, and worlds in which one thing is otherwise."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from lib.papers.autogan import claims, comparisons, printed
from lib.papers.study import Study
from lib.spaces.autogan import NAMED
from tests.papers.autogan import world
from tests.reference.stored_study import rewritten

CLAIMS = {claim.id: claim for claim in claims.CLAIMS}
STAND_INS = {f"{name}-s" for name in ("C1", "C2", "C5", "C7", "C7b", *(f"C{n}" for n in range(8, 15)))}
ALONE = {"C8b-s", "C9a-s", "C10c-s"}  # compare seconds


@pytest.fixture(scope="module", autouse=True)
def few_draws():
    """Intervals by resampling in a fraction of the time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(comparisons, "DRAWS", 200)
        yield


@pytest.fixture(scope="module")
def table(stored_folder, tmp_path_factory):
    """Every verdict in the usual world."""
    study = Study("autogan", "desk", folder=stored_folder)
    study.folder, study.records = tmp_path_factory.mktemp("claims"), stored_folder / "records"
    return claims.judge_all(study).set_index("id")


def found(study, name):
    """The finding of one test on a study's records."""
    return CLAIMS[name].test(study, CLAIMS[name])


def verdict(study, name):
    return str(found(study, name).verdict)


def changed(study, part, change):
    """A record with `change` applied to each row's parts in place."""
    with rewritten(study, part) as rows:
        for row in rows:
            change(row)
    return study


def searches(study, change, *parts):
    """All searches of these parts, changed."""
    for part in parts or ("mlas",):
        for seed in range(world.SEEDS[part]):
            changed(study, f"{part}-{seed}", change)
    return study


def scored(study, part, **kds):
    """The KD of some networks, a little different in every training."""

    def change(row):
        if (name := row["config"]["name"]) in kds:
            row["metrics"]["kd"] = kds[name] + 1e-4 * row["repeat"]

    return changed(study, part, change)


def test_every_claim_of_the_paper_has_a_row_and_every_stand_in_its_own():
    assert {f"C{n}" for n in range(1, 16)} | {"C7b", "C8b"} | STAND_INS | ALONE <= set(CLAIMS)


def test_desk_decides_stand_ins_and_leaves_the_papers_own_claims_to_larger_profiles(table):
    own = [name for name in table.index if name[0] == "C" and not name.endswith("-s") and not name.startswith("C6")]
    assert set(table.loc[own, "verdict"]) == {"not run"}
    assert "not run" not in set(table.loc[sorted(STAND_INS), "verdict"])
    assert {CLAIMS[name].minimum_profile for name in own if CLAIMS[name].test} == {"day", "paper"}


def test_the_usual_world(table):
    supported = ["C1-s", "C7-s", "C7-high-s", "C7b-s", "C8-s", "C9b-s", "C9c-s", "C10b-s", "C11b-s", "C12a-s", "C13b-s",
                 "C14-s", "O1", "O2", "O3"]  # fmt: skip
    assert set(table.loc[supported, "verdict"]) == {"supported"}
    assert table.loc[["C10-s", "C10a-s"], "verdict"].to_list() == ["contradicted", "contradicted"]
    assert table.loc["C12-s", "verdict"] == "undecided"  # as one of its parts is
    assert table.loc[["C5-s", "C11a-s"], "verdict"].to_list() == ["undecided"] * 2  # of single trainings


def test_seconds_are_compared_only_where_searches_run_alone(study, table):
    assert set(table.loc[sorted(ALONE), "note"]) == {"needs profile day or larger"}
    assert {verdict(study, name) for name in ALONE} == {"supported"}


def test_smoke_decides_what_code_can_count_and_what_the_paper_itself_prints(study):
    study.profile = "smoke"
    verdicts = claims.judge_all(study).set_index("id")["verdict"]
    decided = verdicts[verdicts != "not run"]
    assert set(decided.index) == {claim.id for claim in printed.CLAIMS}
    assert set(decided[decided == "contradicted"].index) == {"P-C1-fair", "P-A2"}


def test_exact_claims_name_the_counts(table):
    assert table.loc["E1", "note"] == "373,248 = 36 x 72 x 144"
    assert table.loc["E3", "note"] == "82,810, 83,212, 83,614"
    assert table.loc["C6a", "note"].startswith("1.765 G")


def test_without_records_nothing_but_exact_claims_is_decided(tmp_path):
    table = claims.judge_all(Study("autogan", "desk", folder=tmp_path)).set_index("id")
    assert table.loc[["C1-s", "C9a-s", "O1"], "note"].to_list() == [
        "part derived was not run", "part mlas-0 was not run", "part derived was not run"]  # fmt: skip
    assert set(table.loc[table["verdict"] != "not run"].index) == {claim.id for claim in printed.CLAIMS}


@pytest.mark.parametrize(("sngan", "expected"), [(0.09, "supported"), (0.0606, "undecided"), (0.05, "contradicted")])
def test_the_generator_of_lower_kd_is_better_beyond_the_noise_of_training(study, sngan, expected):
    assert verdict(scored(study, "derived", sngan=sngan), "C1-s") == expected


def test_noise_is_pooled_over_the_networks_trained_twice(study):
    values = study.frame("derived").groupby("name")["kd"]
    free, sd = 2, np.sqrt((values.get_group("a").var() + values.get_group("sngan").var()) / 2)
    effect = found(study, "O2")
    half = stats.t.ppf(0.975, free) * sd * np.sqrt(2)
    assert (effect.effect - effect.low, effect.high - effect.effect) == pytest.approx((half, half))
    assert "2 degrees of freedom" in effect.note


def test_without_a_second_training_nothing_is_decided(study):
    effect = found(study, "C5-s")
    assert (str(effect.verdict), effect.effect > 0) == ("undecided", True)
    assert np.isnan([effect.low, effect.high]).all()
    assert "a training with another seed is needed" in effect.note


def winners(study, **kds):
    """The usual trainings with random search trained three times and these KD of searches' best networks."""
    rows = list(world.trained(world.KD))
    again = [({"name": "rsws", "text": "", "repeat": repeat}, rows[0][1] | {"kd": 0.075 + 1e-3 * repeat})
             for repeat in (1, 2)]  # fmt: skip
    world.write(study.folder, "derived", world.listed([*rows, *again], "kd"), world.about())
    return scored(study, "derived", rsws=0.075, **kds)


def test_the_best_of_all_searches_are_compared_by_welchs_interval(study):
    effect = found(winners(study, **{"top1": 0.061, "top1-1": 0.063, "top1-2": 0.066}), "C11a-s")
    limits = stats.ttest_ind([0.075, 0.0751, 0.0752], [0.061, 0.063, 0.066], equal_var=False).confidence_interval()
    assert (effect.low, effect.high) == pytest.approx((limits.low, limits.high))
    assert (str(effect.verdict), effect.n) == ("supported", 6)


def test_one_search_of_three_whose_best_is_far_worse_leaves_the_rest_undecided(study):
    winners(study, **{"top1": 0.061, "top1-1": 0.0611, "top1-2": 0.099})
    assert found(study, "C11a-s").effect > 0
    assert [verdict(study, name) for name in ("C11a-s", "O1")] == ["undecided", "undecided"]


def test_a_single_training_of_one_side_leaves_the_best_of_searches_undecided(study):
    assert "a training with another seed is needed" in found(study, "C11a-s").note


def test_random_searches_say_what_either_side_cost(study):
    steps = np.mean([study.frame(f"mlas-{seed}")["d_steps"].iloc[-1] for seed in range(3)])
    assert found(study, "C11a-s").note.endswith(f"D-steps of a search: rsws 3,000, mlas {steps:,.0f}")
    assert found(study, "C11b-s").note.endswith("D-steps of a search: rses 12,000, rsws 3,000")
    assert "budget" not in CLAIMS["C11-s"].text
    failed = {"k": 0, "repeat": 0, "score": None, "metrics": {}, "config": {"rung": 0}, "reason": "loss is nan"}
    world.write(study.folder, "rses", [failed], world.about())
    again = Study("autogan", "desk", folder=study.folder)  # which has read nothing yet
    assert found(again, "C11b-s").note.endswith("D-steps of a search: rsws 3,000")
    (study.records / "rses.jsonl.gz").unlink()
    assert found(study, "C11b-s").note.endswith("D-steps of a search: rsws 3,000")


def test_multi_level_search_says_how_often_controllers_were_updated(study):
    several = ", ".join(f"mlas-{seed} 310" for seed in range(3))
    assert found(study, "C10a-s").note.endswith(f"updates of controllers: {several}, slas-0 180")


def test_not_below_allows_two_standard_deviations_of_training(study):
    scored(study, "derived", a=0.06, sngan=0.09, b=0.0600, c=0.0599)
    assert verdict(study, "C2b-s") != "contradicted"
    again = Study("autogan", "desk", folder=study.folder)  # which has read nothing yet
    assert verdict(scored(again, "derived", c=0.05), "C2b-s") == "contradicted"


def test_a_network_that_was_not_trained_leaves_its_claims_not_run(study):
    world.write(study.folder, "derived", world.listed(world.trained(["a", "sngan"]), "kd"), world.about())
    assert found(study, "C11a-s").note == "network rsws has no KD-lite0 in part derived"
    assert verdict(study, "C1-s") == "supported"


@pytest.mark.parametrize(("changes", "lacking"), [
    ({"features": "lite0"}, "needs the 2015 Inception"), ({"data": "cifar10-jpeg"}, "needs cifar10"),
    ({"images": 10_000}, "needs 50,000 pictures"), ({}, ""),
])  # fmt: skip
def test_the_papers_own_claims_need_the_papers_quantities(study, changes, lacking):
    world.inception(study.folder, **changes)
    finding = found(study, "C1a")
    assert (str(finding.verdict) == "not run") == bool(lacking)
    assert lacking in finding.note


def test_the_papers_numbers_are_judged_where_they_are_ours_too(study):
    world.inception(study.folder)
    assert [verdict(study, name) for name in ("C3a", "C3c", "C4")] == ["supported"] * 3
    assert found(study, "C7").note.startswith("needs the 2015 Inception; the scores of part correlation are on task")
    assert verdict(study, "C15") == "not run"


def related(study, change):
    return changed(study, "correlation", lambda row: row["metrics"].update(change(row["k"], row["metrics"])))


def test_proxies_that_rank_otherwise_contradict_c7(study):
    related(study, lambda k, metrics: {"real_is": 4 - 0.1 * k})
    assert [verdict(study, name) for name in ("C7-s", "C7-high-s")] == ["contradicted", "contradicted"]
    assert found(study, "C7-s").n == 10


def test_a_weak_correlation_is_undecided(study):
    order = np.random.default_rng(3).permutation(10)
    related(study, lambda k, metrics: {"real_is": float(order[k])})
    assert verdict(study, "C7-s") == "undecided"


def test_proxies_above_the_real_scores_contradict_c7b(study):
    related(study, lambda k, metrics: {"real_is": metrics["proxy_is"] - 0.2 - 0.01 * k})
    assert verdict(study, "C7b-s") == "contradicted"


def greedy(name, add):
    def change(row):
        row["metrics"][f"greedy_{name}"] += add

    return change


@pytest.mark.parametrize(("add", "expected"), [(0.0, "supported"), (0.45, "undecided"), (1.5, "contradicted")])
def test_comparable_needs_the_whole_interval_inside_the_band(study, add, expected):
    assert verdict(searches(study, greedy("is", add), "fid"), "C8-is-s") == expected


def test_one_search_of_each_kind_decides_nothing_about_seeds(study):
    for seed in (1, 2):
        (study.records / f"mlas-{seed}.jsonl.gz").unlink()
    assert [verdict(study, name) for name in ("C8-is-s", "C10a-s", "C14b-s", "C9a-s")] == ["undecided"] * 4


def test_cheaper_fd_rewards_contradict_c8b(study):
    def cheap(row):
        row["metrics"]["seconds_scoring"] /= 3 if row["k"] else 1e-6  # the first iteration does not count

    assert verdict(searches(study, cheap, "fid"), "C8b-s") == "contradicted"


def test_the_rise_of_rewards_stands_beside_that_of_training_alone(study):
    rows = study.frame("rsws-0")["reward_mean"]
    note = f"training alone gives {rows[-5:].mean() - rows[:5].mean():+.3g} to uniform genomes"
    assert found(study, "C14a-s").note.startswith("2 iterations at each end of a stage")
    assert note in found(study, "C14a-s").note
    (study.records / "rsws-0.jsonl.gz").unlink()
    assert "alone" not in found(study, "C14a-s").note


def test_on_the_task_classifier_alone_o3_has_nothing_to_compare(study):
    world.write(study.folder, "derived", world.listed(world.trained(world.KD), "kd"), world.about(features="task"))
    assert found(study, "O3").note == "the tables are on the task classifier already"


def test_without_a_reset_its_claims_are_not_run(study):
    def never(row):
        row["config"]["reset"] = False

    searches(study, never)
    assert {verdict(study, name) for name in ("C9a-s", "C9b-s", "C9c-s")} == {"not run"}


def test_resets_that_cost_more_steps_contradict_c9(study):
    def longer(row):
        row["metrics"]["d_steps"] *= 2

    assert verdict(searches(study, longer), "C9b-s") == "contradicted"


def test_multi_level_search_that_ends_above_supports_c10a(study):
    assert verdict(searches(study, greedy("is", 1.5)), "C10a-s") == "supported"


def test_preferences_are_counted_over_cells_and_possible_skips():
    genomes = [NAMED[name] for name in ("a", "sngan")]
    shares = {of: comparisons.share(of, genomes) for of in ("pre", "no deconv", "no norm", "skips")}
    assert shares == {"pre": 1.0, "no deconv": 1.0, "no norm": 0.5, "skips": 0.5}


def test_searches_that_keep_deconvolutions_contradict_c12(study):
    def deconv(row):
        row["config"]["beams"] = ["0 2 2 0 ; 0 2 2 0 0 ; 0 2 2 0 0"] * 3

    searches(study, deconv)
    assert [verdict(study, f"C12{x}-s") for x in "abcd"] == ["contradicted"] * 4


def test_variance_that_falls_as_the_score_rises_contradicts_c13(study):
    def turned(row):
        row["metrics"]["variance_d"] = 1 / row["metrics"]["greedy_is"]

    assert verdict(searches(study, turned, "mlas", "noreset"), "C13a-s") == "contradicted"


def test_triggers_are_compared_within_their_stage(study):
    def better(row):
        row["metrics"]["greedy_is"] = 3 * row["config"]["stage"] + 0.01 * row["k"] + row["config"]["would_reset"]

    assert verdict(searches(study, better, "mlas", "noreset"), "C13b-s") == "contradicted"


def test_a_policy_no_better_than_chance_is_not_said_to_learn(study):
    def chance(row):
        if "control" in row["metrics"]:
            row["metrics"]["uniform_mean"] = row["metrics"]["policy_mean"] + 0.01 * (row["seed"] - 1)

    searches(study, chance)
    assert verdict(study, "C14b-s") == "undecided"
    assert found(study, "C14b-s").n == 3


def test_the_interval_of_one_comparison_with_chance_is_welchs(study):
    one = comparisons.records.searches(study, "mlas")[0]
    row, n = one.rows.dropna(subset="control").iloc[0], world.CONTROL
    first = comparisons.control(one).iloc[0]
    policy, uniform = (row[f"{name}_std"] * stats.zscore(np.arange(n), ddof=1) + row[f"{name}_mean"] for name in
                       ("policy", "uniform"))  # fmt: skip
    limits = stats.ttest_ind(policy, uniform, equal_var=False).confidence_interval()
    assert (first["low"], first["high"]) == pytest.approx((limits.low, limits.high))


def test_a_memo_that_saves_nothing_contradicts_o4(study):
    def poor(row):
        asked = row["metrics"]["memo_hits"] + row["metrics"]["memo_misses"]
        row["metrics"] |= {"memo_hits": 1, "memo_misses": asked - 1 + row["seed"] % 2}

    assert verdict(searches(study, poor), "O4") == "contradicted"


def test_the_papers_preferences_are_those_of_its_genomes():
    holds, note = printed._preferred()
    assert holds
    assert note.startswith("pre 1.00 (chance 0.50), no deconv 1.00")
    assert NAMED["c"].startswith("1 1")  # the one normalisation of nine


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(-9, 9), st.integers(-9, 9)), min_size=4, max_size=9))
def test_the_rank_correlation_is_spearmans(pairs):
    frame = pd.DataFrame(pairs, columns=["x", "y"]).astype(float)
    effect = comparisons.rank_correlation(frame, "x", "y")
    if frame["x"].nunique() > 1 and frame["y"].nunique() > 1:
        assert effect.value == pytest.approx(stats.spearmanr(frame["x"], frame["y"]).statistic)
    assert -1 <= effect.low <= effect.high <= 1 + 1e-12
