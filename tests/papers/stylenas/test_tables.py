"""The tables, from synthetic records whose values are known."""

import numpy as np
import pandas as pd
import pytest

from lib.papers.study import Study
from lib.papers.stylenas import records, tables
from lib.papers.stylenas.records import SPACE
from tests.reference import stylenas_world as world
from tests.reference.stored_study import cell


@pytest.fixture(autouse=True)
def without_the_log(monkeypatch):
    monkeypatch.setattr(tables.log, "read", lambda: None)


def test_table_1_sets_the_papers_number_beside_a_score_named_after_its_features(stored_study):
    row = {"measure": "FD-lite0 to styles ↓", "method": "S9"}
    table = tables.table1(stored_study)
    assert cell(table, "paper", **row) == 172.00
    assert cell(table, "paper's measure", **row) == "FID-Style"
    assert cell(table, "ours, low", **row) < cell(table, "ours", **row) < cell(table, "ours, high", **row)
    assert cell(table, "search pairs", **row) == pytest.approx(1.2 * 172)
    assert cell(table, "held-out pairs", **row) == pytest.approx(1.1 * 172)
    assert not table["measure"].str.contains("FID").any()


def test_table_1_has_every_measure_of_contents_styles_oracle_and_colour_transfer(stored_study):
    shown = tables.table1(stored_study).groupby("measure")["method"].apply(set)
    assert all({"content", "colour transfer"} <= methods for methods in shown)
    assert shown["TV ↑"] - shown["FD-lite0 to oracle ↓"] == {"oracle"}
    assert shown["TV ↑"] - shown["KD-lite0 to styles ↓"] == {"style"}


@pytest.mark.parametrize(("width", "pairs", "features", "known"), [
    (768, "style/photoreal", "inception-2015", {"TV ↑", "FID to styles ↓", "FID to oracle ↓"}),
    (768, "style/photoreal", "efficientnet-lite0", {"TV ↑"}),
    (512, "style/photoreal", "inception-2015", set()),
    (768, "bundled", "inception-2015", set()),
])  # fmt: skip
def test_the_relative_difference_is_that_of_the_papers_quantity_alone(tmp_path, width, pairs, features, known):
    values = {"tv": 6.14 * 1.5, "fd_style": 173.18 * 1.5, "fd_oracle": 50.71 * 1.5, "kd_style": 0.2}
    rows = [({"name": "S7", "text": "", **world.RATED, "width": width}, values)]
    world.write(tmp_path, "quality", world.listed(rows, "tv"), evaluation={"pairs": pairs}, weights={features: "0"})
    table = tables.table1(Study("stylenas", "desk", folder=tmp_path)).dropna(subset="relative difference")
    assert set(table["measure"]) == known
    assert np.allclose(table["relative difference"], 0.5)


def test_table_2_sets_our_quotients_beside_the_papers(stored_study):
    table = tables.table2(stored_study)
    row = {"size": "1024x512", "method": "S5"}
    assert cell(table, "paper: times faster", **row) == pytest.approx(666, abs=0.5)
    slow = cell(table, "ours: seconds", size="1024x512", method="PhotoWCT")
    assert cell(table, "ours: times faster", **row) == pytest.approx(slow / cell(table, "ours: seconds", **row))
    whole = table["networks"] + table["smoothing"].fillna(0)
    assert whole.to_list() == pytest.approx(table["ours: seconds"].to_list())
    assert set(table.dropna(subset="smoothing")["method"]) == {"PhotoWCT", "PhotoWCT, guided filter"}
    assert set(table["on"]) == {"cpu, threads: 1"}


def test_a_size_that_the_paper_has_not_timed_has_no_number_of_it(tmp_path):
    rows = [({"name": "S5", "text": "", "width": 128},
             {"seconds_median": 0.1, "networks_s": 0.1, "smoothing_s": 0.0, "runs": 3})]  # fmt: skip
    world.write(tmp_path, "timing", world.listed(rows, "runs"), evaluation={"device": "cpu"}, threads=1)
    table = tables.table2(Study("stylenas", "desk", folder=tmp_path))
    assert table[["paper: seconds", "paper: times faster", "ours: times faster"]].isna().all(axis=None)


def test_networks_are_compared_with_a_colour_transfer(stored_study):
    table = tables.anchors(stored_study).set_index("what")
    below = table["E below a colour transfer's"]
    assert below[["S7", "S9", "S7 as printed"]].all()
    assert not below[["content", "colour transfer", "oracle, no transforms"]].any()


def test_the_compared_networks_are_described_by_their_genomes(stored_study):
    table = tables.networks(stored_study).set_index("network")
    fixed = table.loc["S7 as printed"]
    assert (fixed["bits"], fixed["active"], fixed["transforms"]) == (7, 7, 2)
    assert fixed["parameters (1e6)"] == pytest.approx(6.141, abs=1e-3)
    assert fixed["GMACs at 256x128"] == pytest.approx(9.10 / 2, rel=1e-2)
    weighted = 0.8 * table["E"] + 0.1 * table["P"] + 0.1 * table["O"]
    assert weighted.to_numpy() == pytest.approx(table["L"].to_numpy())


def test_a_network_that_was_no_candidate_has_no_score(tmp_path):
    world.write(tmp_path, "evolution-0", world.searched(world.SETTINGS, world.Search("evolution", 1, 12)),
                settings=world.evaluation())  # fmt: skip
    table = tables.networks(Study("stylenas", "desk", folder=tmp_path)).set_index("network")
    assert list(table.index[-3:]) == ["evolution's best", "S7 as printed", "S9 stand-in"]
    assert table["L"].notna().to_list()[-3:] == [True, False, False]


def test_the_noise_is_pooled_over_genomes_and_set_beside_that_of_the_log(stored_study, monkeypatch):
    table = tables.noise(stored_study).set_index("genome")
    each = table.loc[world.SETTINGS.noise_genomes, "L, sd"]
    assert table.loc["pooled", "L, sd"] == pytest.approx(np.sqrt((each**2).mean()))
    assert "authors' log" not in table.index
    log = pd.DataFrame({"genome": ["a", "a", "b"], "L": [0.1, 0.3, 0.2]})
    monkeypatch.setattr(tables.log, "read", lambda: log)
    table = tables.noise(stored_study).set_index("genome")
    assert table.loc["authors' log", "L, sd"] == pytest.approx(np.std([0.1, 0.3], ddof=1))


def test_the_searches_say_what_they_found_and_what_shared_trainings_saved(stored_study):
    table = tables.searches(stored_study).set_index(["search", "seed"])
    one = records.stored(stored_study, "evolution")[0]
    row = table.loc[("evolution", 0)]
    keys = {SPACE.training_key(SPACE.parse(text)) for text in one.rows["genome"]}
    assert (row["asked"], row["scored"], row["failed"]) == (120, 119, 1)
    assert row["trainings avoided"] == 120 - len(keys)
    assert row["best L"] == one.scored["L"].min()
    assert row["best L of 40"] == one.scored.query("k < 40")["L"].min()
    assert row["best 0.8E+0.1P of 40"] >= row["best 0.8E+0.1P"]
    assert row["bits of the best"] == SPACE.ones(SPACE.parse(one.winner["genome"]))


def test_every_table_is_saved(stored_study):
    for product in tables.PRODUCTS:
        product(stored_study)
    saved = {path.stem for path in stored_study.folder.glob("*.csv")}
    assert saved == {"table1", "table2", "extra_anchors", "extra_networks", "extra_noise", "extra_searches"}


def test_without_records_there_is_no_table(tmp_path):
    study = Study("stylenas", "desk", folder=tmp_path)
    assert [product(study) for product in tables.PRODUCTS] == [None] * len(tables.PRODUCTS)


def test_a_searched_network_of_another_search_says_so(stored_study, monkeypatch):
    assert tables.labels(stored_study)["S5"] == "S5"
    known = records.compared(stored_study)
    known.loc["S5", "part"] = "stratified"
    monkeypatch.setattr(records, "compared", lambda study: known)
    called = tables.labels(stored_study)
    assert (called["S5"], called["S7"], called["S9"]) == ("S5 (5 bits, stratified)", "S7", "S9")
    assert called["RS"] == "random search's best"


def test_a_part_of_which_every_row_failed_makes_no_table_and_says_why(tmp_path):
    row = {
        "k": 0,
        "repeat": 0,
        "seed": 0,
        "config": {"name": "S7"},
        "score": None,
        "metrics": {},
        "reason": "no memory",
    }
    world.write(tmp_path, "quality", [row], evaluation={"pairs": "bundled"}, weights={})
    world.write(tmp_path, "evolution-0", [{**row, "genome": "0" * 32, "config": {}}], settings={})
    study = Study("stylenas", "desk", folder=tmp_path)
    assert [product(study) for product in tables.PRODUCTS] == [None] * len(tables.PRODUCTS)
    assert "no memory" in study.missing["table1"]
