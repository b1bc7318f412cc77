"""The tables: literature beside ours under its own name, costs, sizes and checks."""

import numpy as np
import pytest

from lib.papers.autogan import printed, tables
from lib.papers.study import Study
from lib.spaces.autogan import NAMED
from tests.papers.autogan import world


@pytest.fixture
def table(study):
    return tables.table1(study).set_index("method")


def test_table_1_has_every_printed_row_and_every_network_of_ours(table):
    assert set(printed.table(1).index) <= set(table.index)
    assert {"our top1", "our top3", "random search, shared weights", "SN-GAN, first author's"} <= set(table.index)
    assert list(table["trainings"].dropna()) == [2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1]
    assert "our top1, search 2" in table.index


def test_a_score_on_other_features_stands_under_its_own_name_and_has_no_difference_to_the_papers(table):
    assert table.loc["AutoGAN-top1", ["paper: IS", "paper: FID"]].to_list() == [8.55, 12.42]
    assert {"IS-lite0 ↑", "FD-lite0 ↓", "KD-lite0 ↓", "IS-task ↑"} <= set(table)
    assert not {"IS ↑", "FID ↓"} & set(table)
    assert table[["ours - paper: IS", "ours - paper: FID"]].isna().all(axis=None)


def test_the_note_says_how_ours_were_trained_and_scored(table):
    assert table.loc["AutoGAN-top1", "note"].endswith(
        "ours: 1,200 G-steps, widths 32 and 32, pictures cifar10-jpeg; scored on 1,000 pictures, features lite0"
    )


def test_the_best_checkpoint_stands_with_its_step(study, table):
    best = study.frame("derived").query("name == 'a'")["best_fd_task"].mean()
    assert table.loc["AutoGAN-top1", ["best FD-task ↓", "at G-step"]].to_list() == [pytest.approx(best), "1000, 1000"]


def test_with_inception_and_as_many_pictures_the_difference_is_given(study):
    world.inception(study.folder)
    table = tables.table1(study).set_index("method")
    assert table.loc["SN-GAN", "ours - paper: IS"] == pytest.approx(8.21 - 8.22)
    assert table.loc["random search, no sharing", "ours - paper: FID"] == pytest.approx(0)
    assert np.isnan(table.loc["our top1", "ours - paper: FID"])


def test_fewer_pictures_or_other_ones_are_no_difference(study):
    for changes in ({"images": 10_000}, {"data": "cifar10-jpeg"}):
        world.inception(study.folder, **changes)
        assert tables.table1(study)["ours - paper: FID"].isna().all()


def test_the_note_says_under_which_protocol_a_row_was_printed(table):
    assert table.loc["SN-GAN", "note"].startswith(tables.FEWER)
    assert table.loc["SN-GAN, first author's", "note"] == tables.EXTERNAL
    assert table.loc["MGAN", "note"] == tables.QUOTED


def test_a_training_again_gives_the_spread_of_trainings(study, table):
    kd = study.frame("derived").query("name == 'sngan'")["kd"]
    assert table.loc["SN-GAN", "KD-lite0 ↓"] == pytest.approx(kd.mean())
    assert table.loc["SN-GAN", "KD-lite0 ↓, sd"] == pytest.approx(kd.std())
    assert np.isnan(table.loc["our top1", "KD-lite0 ↓, sd"])


def test_table_2_is_the_larger_pictures(study):
    table = tables.table2(study).set_index("method")
    assert table.loc["AutoGAN", ["paper: IS", "paper: FID"]].to_list() == [9.16, 31.01]
    assert "IS-task ↑" not in table  # photos without labels
    assert "pictures photos48, which stand in for STL-10" in table.loc["SN-GAN", "note"]


def test_on_the_papers_pictures_nothing_stands_in(study):
    world.write(study.folder, "transfer", world.listed(world.trained(("a",)), "kd"), world.about(data="stl10"))
    assert "stand in" not in tables.table2(study).set_index("method").loc["AutoGAN", "note"]


def test_a_network_that_failed_is_left_out(study):
    world.write(study.folder, "derived", [row for row in world.listed(world.trained(["a", "b"]), "kd")
                                          if row["config"]["name"] == "a"], world.about())  # fmt: skip
    assert tables.table1(study).set_index("method")["trainings"].dropna().to_dict() == {"AutoGAN-top1": 2}


def test_costs_of_searches_add_up(study):
    table = tables.searches(study)
    first = table.iloc[0]
    assert first["seconds"] == pytest.approx(first[[f"s, {name}" for name in tables.SPENT]].sum())
    assert list(table["search"].value_counts(sort=False)) == [3, 1, 1, 1, 1, 1]
    assert first["best"] == study.frame("mlas-0")["beams"].iloc[-1][0]


def test_the_memo_stands_beside_what_uniform_draws_would_save(study):
    table = tables.searches(study).set_index("search")
    rows = study.frame("fid-0").query("stage == 0")
    saved = (rows["memo_hits"] + rows["memo_misses"]).sum() / rows["memo_misses"].sum()
    assert table.loc["1/FD as reward", "memo saves, first stage"] == pytest.approx(saved)
    assert table.loc["1/FD as reward", "uniform draws would"] == pytest.approx(1.46, abs=0.005)
    assert np.isnan(table.loc["single-level", "memo saves, first stage"])


def test_early_stopping_counts_each_genome_to_its_last_rung(study):
    last = tables.searches(study).set_index("search").loc["random search, no sharing"]
    steps = 12 * 60 + 3 * 240 + 960
    assert (last["genomes"], last["G-steps"], last["D-steps"]) == (16, steps, 5 * steps)


def test_seconds_of_a_longer_training_contain_those_of_the_shorter_one(study):
    def cumulative(row):
        row["seconds"] = float(row["config"]["g_iters"])
        return row

    world.write(study.folder, "rses", map(cumulative, world.listed(world.laddered(), "minus")), world.about())
    table = tables.searches(study).set_index("search")
    assert table.loc["random search, no sharing", "seconds"] == 12 * 60 + 3 * 240 + 960


def test_sizes_are_the_known_ones_and_need_no_record(study):
    table = tables.complexity(study).set_index("generator")
    assert table.loc["SN-GAN", "parameters"] == 4_276_739
    assert table.loc["a, the paper's top1", ["GMACs at 32 px", "GMACs at 48 px"]].to_list() == pytest.approx(
        [1.765, 3.971], abs=5e-4
    )
    assert len(table) == len(NAMED) + 1


def test_checks_name_the_features(study):
    assert list(tables.checks(study)) == ["pictures", "IS-lite0 ↑", "FD-lite0 ↓", "KD-lite0 ↓", "IS-task ↑",
                                          "FD-task ↓", "KD-task ↓"]  # fmt: skip


def test_without_records_only_the_sizes_are_written(tmp_path):
    empty = Study("autogan", "desk", folder=tmp_path)
    assert [product.__name__ for product in tables.PRODUCTS if product(empty) is not None] == ["complexity"]


def test_a_part_in_which_everything_failed_is_noted(study):
    row = {"k": 0, "repeat": 0, "score": None, "metrics": {}, "config": {"name": "a"}, "reason": "loss is nan"}
    world.write(study.folder, "derived", [row], world.about())
    assert tables.table1(study) is None
    assert "loss is nan" in study.missing["table1"]
