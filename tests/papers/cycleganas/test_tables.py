"""The tables: printed numbers beside ours under their own names, and what the records say of sizes, costs and sets."""

import pytest

from lib.papers.cycleganas import experiments, records, tables
from lib.papers.study import Study
from lib.spaces.cycleganas import cyclegan, parameters
from tests.papers.cycleganas import world


@pytest.fixture
def empty(tmp_path):
    return Study("cycleganas", "desk", folder=tmp_path)


@pytest.fixture
def text(study):
    return tables.text_numbers(study).set_index("quantity")


def test_figure_6_has_the_printed_means_and_what_they_are_of_cyclegans(study):
    table = tables.fig6_numbers(study).set_index(tables.PLACE).sort_index()
    assert len(table["paper: FID"].dropna()) == 12
    assert table.loc[("horse2zebra", "AtoB", "N"), ["paper: FID", "paper: to C"]].to_list() == pytest.approx(
        [38.05, 1 - 0.169], abs=5e-4
    )
    assert table.loc[("iphone2dslr_flower", "BtoA", "C'"), "paper: to C"] == pytest.approx(1.019, abs=5e-4)
    assert table.loc["horse2zebra", "KD-lite0 ↓"].isna().all()


def test_ours_stand_under_the_name_of_their_score_with_their_own_ratio(study):
    table = tables.fig6_numbers(study).set_index(tables.PLACE).sort_index()
    ours = table.loc[("facades", "AtoB")]
    assert list(ours.index) == ["C", "C'", "N", "R"]
    assert list(ours["trainings"]) == [3, 3, 3, 3]
    assert not [column for column in table if column.startswith("FID")]
    frame = records.trainings(study).query("data == 'facades' and target == 16 and part == 'matched'")
    means = frame.groupby("method")["fd_AtoB"].mean()
    assert ours.loc["N", ["FD-lite0 ↓", "FD-lite0 ↓, to C"]].to_list() == pytest.approx(
        [means["N"], means["N"] / means["C"]]
    )
    assert ours["note"].unique() == ["ours: last scores, features lite0, 64 px; not the paper's quantity"]


def test_on_the_papers_sets_and_features_both_stand_in_one_row(tmp_path):
    sizes = world.PAPER
    for part in ("matched", "controls"):
        world.write(tmp_path, part, world.trained(part, sizes), world.about(sizes))
    table = tables.fig6_numbers(Study("cycleganas", "paper", folder=tmp_path)).set_index(tables.PLACE).sort_index()
    row = table.loc[("horse2zebra", "BtoA", "N")]
    assert row["paper: FID"] == 131.44
    assert (row["target"], row["trainings"]) == (64, 5)
    assert row["FID ↓"] > 0
    assert row["note"] == "ours: last scores, features inception-2015, 256 px"


def test_the_text_s_sizes_are_counted_exactly(empty):
    text = tables.text_numbers(empty).set_index("quantity")
    assert text.loc["generators", "ours"] == "2,197,265,625,000,000"
    assert text.loc["discriminators", "ours"] == "4,096"
    assert text.loc["architectures of all four networks", "ours"] == "81" + ",000" * 12
    assert "misprint" in text.loc["the same, in the conclusion", "note"]
    assert text.loc["size of C32's generator", "ours"] == "2,850,563 parameters, 11.402 MB"
    assert "11,378,179 parameters" in text.loc["size of C32's generator", "note"]
    assert "H of the lowest FID" not in text.index


def test_settings_and_measurements_stand_beside_the_text(text):
    assert text.loc["epochs of a search", "ours"] == "800 iterations"
    assert text.loc["Adam's learning rate, of weights and logits", "ours"] == "0.0002, 0.005"
    assert text.loc["updates of OF, over those of two steps", "ours"] == "0.5 TF, 1 TH, 1 THS"
    assert text.loc["trainings of an architecture", "ours"] == "1 to 3"


def test_the_gain_at_the_larger_size_is_that_of_the_best_set(study, text):
    frame = records.trainings(study).query("part == 'matched' and target == 16")
    means = frame.groupby(["data", "method"])["kd_BtoA"].mean().unstack()
    best = (1 - means["N"] / means["C"]).max()
    assert text.loc["gain of N over C at the larger size, BtoA", "ours"].startswith(f"KD-lite0 {100 * best:.0f} % (")


def test_the_best_width_is_given_of_sets_trained_at_three_or_more(text):
    found = text.loc["H of the lowest FID", "ours"]
    assert found.startswith("KD-lite0: facades, C: 16 of 4, 8, 16, 32; facades, N: ")
    assert "showable" not in found


def test_every_training_has_a_row_a_direction(study):
    table, frame = tables.extra_trainings(study), records.trainings(study)
    assert len(table) == 2 * len(frame)
    row, source = table.iloc[1], frame.iloc[0]
    assert (row["direction"], row["network"]) == ("BtoA", source["name"])
    assert row["KD-lite0 ↓"] == source["kd_BtoA"]
    assert row["FD-lite0 ↓, best"] == source["fd_BtoA_best"]
    assert row["S(G_B)"] == source["params_G_B"]
    assert row["off C's size, %"] == 100 * source["mismatch"]
    assert {"seconds", "updates", "seed", "H_A", "H_B", "repeat", "scheme", "L1", "SSIM"} <= set(table)


def test_every_search_has_its_cost_end_and_sizes(study):
    table = tables.extra_searches(study).set_index(["set", "scheme", "seed"])
    assert len(table) == len(experiments.searches(world.DESK))
    row, last = table.loc[("showable", "TF", 0)], records.searches(study, data="showable", scheme="TF")[0]
    assert (row["iterations"], row["updates"], row["images"], row["seconds"]) == (800, 1600, 3200, 320)
    assert row["genes changed in the last chunk"] == last.rows["hamming"].iloc[-1]
    assert row["S(G_A) / S(C) at H 64"] == parameters(last.genotype.G_A, 64) / parameters(cyclegan(3), 64)
    assert row["genotype"] == last.space.text(last.genomes()[-1])


def test_equal_layers_have_one_row_of_times(study):
    (row,) = tables.extra_forms(study).to_dict("records")
    assert row == {"kind": "residual", "channels in": 32, "channels out": 32, "side": 16, "plain, ms": 3.0,
                   "merged9, ms": 2.0, "merged7, ms": 1.5, "form": "merged7", "layers": 2,
                   "search": "search-facades-OF-0"}  # fmt: skip


def test_without_timed_forms_there_is_no_such_table(study):
    for one in experiments.searches(world.DESK):
        rows = [row | {"config": {key: value for key, value in row["config"].items() if key != "forms"}}
                for row in world.searched(one)]  # fmt: skip
        world.write(study.folder, one.name, rows, world.searching(one))
    assert tables.extra_forms(study) is None


def test_a_set_stands_between_untranslated_and_other_pictures(study):
    table = tables.extra_domains(study).set_index("set")
    assert list(table.index) == ["facades", "showable"]
    assert list(table["showable"]) == [False, True]
    for direction in records.DIRECTIONS:
        assert (table[f"KD-lite0 ↓ {direction}, untranslated"] > table[f"KD-lite0 ↓ {direction}, other pictures"]).all()


def test_ranks_stand_beside_the_mean_of_the_same_network_s_trainings(study):
    table = tables.extra_ranks(study)
    row = table.query(
        "set == 'facades' and network == 'N16' and search == 0 and scheme == 'OF' and direction == 'BtoA'"
    )
    frame = records.trainings(study).query("data == 'facades' and name == 'N16' and scheme == 'OF' and search == 0")
    assert row["trainings"].item() == len(frame) == 3
    assert row["KD-lite0 ↓, alone"].item() == pytest.approx(frame["kd_BtoA"].mean())
    cyclegans = table.query("network == 'C16' and direction == 'AtoB'").set_index("set")
    own = records.trainings(study).query("data == 'facades' and name == 'C16'")
    assert cyclegans.loc["facades", "KD-lite0 ↓, alone"] == pytest.approx(own["kd_AtoB"].mean())
    assert len(table) == 2 * len(study.frame("ranks"))


def test_without_records_only_what_the_paper_prints_is_written(empty):
    made = [product(empty) is not None for product in tables.PRODUCTS]
    assert made == [True, True, False, False, False, False, False]


def test_a_part_of_which_everything_failed_makes_no_table(study):
    row = {"k": 0, "repeat": 0, "score": None, "metrics": {}, "config": {"data": "facades"}, "reason": "loss is nan"}
    for part in ("controls", "domains", "ranks"):
        world.write(study.folder, part, [row], world.about())
    assert tables.extra_domains(study) is tables.extra_ranks(study) is None
    assert len(tables.fig6_numbers(study)) == 12
