"""The paper's tables beside ours, from synthetic records whose values are known."""

import pandas as pd
import pytest

from lib.papers.nasdip import printed, tables
from lib.papers.nasdip.records import ORACLE
from lib.papers.study import Study
from tests.reference.stored_study import cell


def test_table_1_has_the_papers_means_and_ours_for_the_data_that_we_have(study):
    table = tables.table1(study)
    assert cell(table, "paper: NAS-DIP", data="DIP", task="inpainting", metric="PSNR") == 27.3
    ours = f"ours: NAS-DIP{ORACLE}"
    assert cell(table, ours, data="DIP", task="inpainting", metric="PSNR") == pytest.approx(22.5, abs=0.2)
    low = cell(table, f"{ours}, low", data="DIP", task="inpainting", metric="PSNR")
    assert low < cell(table, ours, data="DIP", task="inpainting", metric="PSNR")
    assert cell(table, "note", data="BAM!", task="inpainting", metric="SSIM") == "data not available"
    assert pd.isna(cell(table, "ours: DIP", data="Places2", task="inpainting", metric="LPIPS"))


def test_table_2_sets_our_methods_beside_the_papers(study):
    table = tables.table2(study)
    assert cell(table, "paper: Asym", row="Vase", metric="PSNR") == 29.2
    assert cell(table, f"ours: Asym{ORACLE}", row="Vase", metric="PSNR") == pytest.approx(12 + 15 * 0.7, abs=0.2)
    assert cell(table, "ours: DIP", row="Vase", metric="PSNR") == pytest.approx(12 + 15 * 0.3, abs=0.2)
    assert cell(table, "searches", row="Plane", metric="LPIPS") == "1/3/1/3"
    low, high = (cell(table, f"ours: Asym{ORACLE}, {end}", row="Vase", metric="PSNR") for end in ("low", "high"))
    assert low < cell(table, f"ours: Asym{ORACLE}", row="Vase", metric="PSNR") < high
    assert f"ours: Sym{ORACLE}, low" not in table  # one search of each row has no interval
    assert pd.isna(cell(table, "paper: Sym", row="Astronaut", metric="PSNR"))
    assert list(table["row"].unique()) == ["Vase", "Plane", "Zebra 4x", "Astronaut", "Chelsea"]


def test_table_3_marks_what_cannot_be_read_and_shows_ours_where_it_was_swept(study):
    table = tables.table3(study)
    assert cell(table, "paper: 0.02", row="Plane", metric="LPIPS") == "0.01?"
    assert cell(table, "paper: 0.02", row="Plane", metric="SSIM") == "?"
    assert cell(table, "paper: 0.05", row="Vase", metric="PSNR") == "30.2"
    ours = f"ours: 0.05{ORACLE}"
    assert cell(table, "searches", row="Plane", metric="SSIM") == "1/1/3/1"
    assert cell(table, ours, row="Plane", metric="SSIM") == pytest.approx(0.2 + 0.8 * 0.7, abs=0.01)
    assert pd.isna(cell(table, ours, row="Vase", metric="SSIM"))


def test_the_oracle_stop_and_the_averaged_output_are_baselines_of_their_own(study):
    vase = tables.baselines(study).query("row == 'Vase'").set_index("method")
    stopped = vase.loc["DIP, matched, ORACLE stop"]
    assert stopped["PSNR"] == pytest.approx(vase.loc["DIP, matched", "PSNR"] + 0.75)
    assert pd.isna(stopped[["SSIM", "LPIPS"]]).all()
    averaged = vase[vase.index.str.startswith("DIP published") & vase.index.str.endswith("averaged output")]
    assert averaged[["PSNR", "SSIM", "LPIPS"]].notna().all(axis=None)


def test_a_published_network_that_was_cut_short_says_by_how_much(study):
    assert any(name.startswith("DIP published (") and "% of its steps" in name for name in tables.table2(study))


def test_the_searches_are_counted_with_what_the_cache_saved(study):
    table = tables.searches(study).set_index("part")
    assert table.loc["truth", "searches"] == 11
    assert table.loc["truth", "asked"] == 11 * (8 + 3 * 7)
    assert table.loc["random", "valid share"] == 1
    truth = table.loc["truth"]
    assert truth["trainings"] + truth["repeats of a network"] == round(truth["valid share"] * truth["asked"])
    assert truth["seconds a proposal"] == pytest.approx(2 * truth["trainings"] / truth["asked"])
    assert truth["of them saved by the cache"] <= truth["repeats of a network"]


def test_without_records_there_is_no_table(tmp_path):
    study = Study("nasdip", "desk", folder=tmp_path)
    assert [product(study) for product in tables.PRODUCTS] == [None] * len(tables.PRODUCTS)


def test_the_papers_rows_have_names_here():
    assert printed.rows() == ["vase", "library", "face", "plane", "snail", "zebra4", "zebra8"]
