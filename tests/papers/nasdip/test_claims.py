"""The verdicts: a world in which the paper is right, and worlds in which one thing is otherwise."""

import numpy as np
import pytest

from lib.papers.nasdip import claims, records
from lib.papers.study import Study
from tests.reference import nasdip_world as world
from tests.reference.stored_study import rewritten

CLAIMS = {claim.id: claim for claim in claims.CLAIMS}


def judged(study, name):
    return CLAIMS[name].test(study, CLAIMS[name])


@pytest.fixture(scope="module", autouse=True)
def few_draws():
    """Intervals by resampling in a fraction of the time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(claims, "DRAWS", 100)
        yield


@pytest.fixture(scope="module")
def table(stored_folder):
    """Every verdict, with few shuffles."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(claims, "SHUFFLES", 1)
        return claims.judge_all(Study("nasdip", "desk", folder=stored_folder)).set_index("id")


@pytest.fixture
def other(study):
    """The verdict on a claim, and its note, where arms are worth something else."""

    def judge(name, worth):
        found = judged(world.compare(study.folder, worth), name)
        return str(found.verdict), found.note

    return judge


def test_where_the_paper_is_right_its_claims_are_supported(table):
    names = ["C1", "C1-blind", "C2a", "C2b", "C2c", "C4b", "C5", "C6", "C7", "C9", "C10a", "C14", "C15", "O1", "O3"]
    assert {name: verdict for name, verdict in table["verdict"][names].items() if verdict != "supported"} == {}


def test_every_arm_is_compared_on_every_row_where_it_was_run(table):
    counts = {"C1": 3 * 3, "C4b": 3 + 3 + 2, "C6a": 2 * 2, "C7": 3, "C8": 2 * 3, "C9b": 2 * 3}  # rows, measures, arms
    assert table.loc[list(counts), "n"].to_dict() == counts


def test_the_papers_own_numbers_contradict_some_of_its_claims(table):
    own = table[[name.startswith("P-") or name == "C17" for name in table.index]]
    assert set(own.index[own["verdict"] == "supported"]) == {"P-C1", "P-C2", "P-C9"}
    assert table.loc["P-C6", "note"] == "PSNR 2 of 5, LPIPS 5 of 5, SSIM 5 of 5"
    assert table.loc["P-C7", "note"] == "PSNR 2 of 2, LPIPS 1 of 2, SSIM 0 of 2"
    assert table.loc["P-C8", "note"] == "PSNR 2 of 7, LPIPS 5 of 7, SSIM 5 of 7"
    assert "27.3, mean 28.5" in table.loc["P-A1", "note"]
    assert "PSNR Asym NAS-DIP-T 6 of 7" in table.loc["P-A2", "note"]


def test_blind_fitness_misleads_where_noise_may_be_fitted(table):
    assert table.loc["C10b1", "verdict"] == "supported"
    assert table.loc["C10b2", "verdict"] == "contradicted"
    assert table.loc["C10", "verdict"] == "contradicted"


def test_what_cannot_be_had_is_not_run_and_says_why(table):
    assert set(table.index[table["verdict"] == "not run"]) == {"C2d", "C3", "C13", "C16"}
    assert "16 GPUs" in table.loc["C16", "note"]


def test_styles_are_told_apart_only_where_their_winners_are_alike(table):
    assert table.loc[["C11a", "C11b"], "verdict"].isin(["supported", "undecided"]).all()
    assert table.loc["C11a", "n"] == 12
    assert "different winners of 12: all searches began with the same random genomes" in table.loc["C11a", "note"]


def test_claims_that_came_after_the_results_say_so(table):
    late = table["claim"].str.contains("added after the desk run")
    assert set(table.index[late]) == {"O5", "O6"}


def arm(name, value, row=""):
    """The usual worths, but for one arm (on one row)."""
    return lambda at, which: value if which == name and row in ("", at) else world.usual(at, which)


CASES = [
    ("C1", "contradicted", arm("truth", -0.4)),
    ("C1", "contradicted", arm("truth", -0.4, "plane")),
    ("C1", "undecided", arm("truth", -0.2, "plane")),
    ("C1-blind", "contradicted", arm("observed", -0.4, "plane")),
    ("C2a", "contradicted", arm("dip_matched", 0.9)),
    ("C4b", "contradicted", arm("epochs", -0.4)),
    ("C6a", "contradicted", arm("sym", 0.5)),
    ("C6c", "undecided", arm("sym", 0.2, "plane")),
    ("C7", "contradicted", arm("sym", -0.3)),
    ("C8", "contradicted", arm("epochs", 0.6)),
    ("C9b", "contradicted", arm("rate 0.01", 0.6, "plane")),
    ("C15a", "contradicted", arm("truth", -0.5)),
    ("C15b", "contradicted", arm("random", 0.3)),
    ("C15b", "undecided", arm("random", 0.2)),
    ("O2", "contradicted", arm("heldout", -0.3)),
    ("O3", "contradicted", arm("untouched", 0.9, "zebra4")),
    ("O5", "contradicted", arm("biharmonic", 0.9)),
    ("O5", "undecided", arm("biharmonic", 0.205, "chelsea")),
    ("O6", "contradicted", arm("dip_scaled", 0.9, "plane")),
    ("O6", "supported", arm("dip_scaled", 0.0)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "expected", "worth"), CASES)
def test_a_claim_falls_or_stays_open_where_its_arms_say_so(other, name, expected, worth):
    assert other(name, worth)[0] == expected


def test_the_note_names_what_is_worse_beyond_noise(other):
    note = other("C1", arm("truth", -0.4, "plane"))[1]
    assert "6 of 9 better" in note
    assert "Plane PSNR, Plane LPIPS, Plane SSIM" in note


def test_a_network_that_scores_otherwise_the_second_time_contradicts_c14(study):
    with rewritten(study, "pictures") as rows:
        winner = next(row for row in rows if row["config"]["what"] == "winner_own")
        winner["metrics"]["ssim"] = np.nextafter(winner["metrics"]["ssim"], 1)
    assert judged(study, "C14").verdict == "contradicted"


def test_a_parent_that_was_in_no_population_contradicts_c5(study):
    with rewritten(study, "truth-vase-0") as rows:
        worst = max((row for row in rows[:8] if row["score"] is not None), key=lambda row: row["score"])
        rows[-1]["config"]["parents"] = [worst["k"], worst["k"]]
    assert judged(study, "C5").verdict == "contradicted"


def test_a_parent_that_stayed_without_being_the_best_contradicts_c5(study):
    with rewritten(study, "truth-vase-0") as rows:
        first = [row["k"] for row in rows if row["config"]["generation"] == 0 and row["score"] is not None]
        for row in rows:
            row["score"] = row["score"] and 1 - row["k"] / 1000  # each better than all before
        bred = next(row for row in rows if row["config"]["generation"] == 2)
        bred["config"]["parents"] = [first[-1]] * 2
    assert judged(study, "C5").verdict == "contradicted"


def test_what_the_searches_by_the_truth_show_is_called_an_oracles(table):
    oracle = ["C1", "C2", "C4", "C6", "C7", "C8", "C9", "C15", "O3"]
    assert table.loc[oracle, "claim"].str.endswith("(oracle fitness)").all()
    assert not table.loc[["P-C1", "C1-blind", "C10b", "O2", "P-A1"], "claim"].str.contains("oracle").any()


def test_the_notes_say_what_else_a_verdict_hangs_on(table):
    assert "searches (of DIP: seeds) 3/1" in table.loc["C6a", "note"]
    assert "K = 8, 3 generations, N = 3 (paper" in table.loc["C12a", "note"]


def test_smoke_decides_only_what_is_exact(study):
    table = claims.judge_all(Study("nasdip", "smoke", folder=study.folder)).set_index("id")
    own = {name for name in table.index if name.startswith("P-")}
    assert set(table.index[table["verdict"] != "not run"]) == own | {"C5", "C14", "C17"}


def test_without_records_the_papers_numbers_are_still_judged(tmp_path):
    table = claims.judge_all(Study("nasdip", "desk", folder=tmp_path)).set_index("id")
    assert (table["verdict"] != "not run").sum() == 10
    assert table.loc["C1", "note"] == "part rescored was not run"


def test_a_difference_has_students_interval():
    a, b = np.array([1.0, 2.0, 3.0]), np.array([0.0, 1.0])
    found = records.difference([(a, b)])
    spread = np.sqrt((2 + 0.5) / 3 * (1 / 3 + 1 / 2))
    assert found.value == 1.5
    assert found.high == pytest.approx(1.5 + 3.182446 * spread)


def test_one_value_borrows_the_other_sides_variance_and_two_single_ones_have_none():
    one, many = np.array([1.0]), np.array([0.0, 0.1, 0.2])
    assert records.difference([(one, many)]).low < 0.9 < records.difference([(one, many)]).high
    assert np.isnan(records.difference([(one, one)]).low)
    assert records.difference([(many, one[:0])]).n == 3


def test_over_rows_the_differences_are_averaged():
    pairs = [(np.array([1.0, 1.2]), np.array([0.0, 0.2])), (np.array([3.0, 3.2]), np.array([0.0, 0.2]))]
    found = records.difference(pairs)
    assert found.value == pytest.approx(2.0)
    assert found.n == 8
    assert found.low < 2 < found.high


def test_the_claims_know_the_rows_of_the_paper_only(study):
    assert records.rows_of(study, "truth") == ["vase", "plane", "zebra4", "astronaut", "chelsea"]
    assert claims._rows(study) == ["vase", "plane", "zebra4"]
