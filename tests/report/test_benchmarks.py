"""The table made of a benchmark file."""

import json

import pandas as pd
import pytest

from lib.report import benchmarks


def entry(group, name, seconds, **extra):
    """One benchmark as pytest-benchmark stores it."""
    return {"group": group, "name": name, "stats": {"min": seconds, "mean": 2 * seconds}, "extra_info": extra}


@pytest.fixture
def table(tmp_path):
    """Two groups: one with its work counted, one without, and one benchmark that says nothing of itself."""
    entries = [
        entry("sweep", "test_batch[64]", 2.0, role="fast", threads=2, gflop=300.0, peak_gflops=200.0),
        entry("distance", "test_root", 10.0, role="reference", threads=1),
        entry("sweep", "test_plain_loop[64]", 5.0, role="reference", threads=2, gflop=400.0, peak_gflops=160.0),
        entry("distance", "test_values", 0.5, role="fast", threads=1),
        entry("alone", "test_alone", 1.0),
    ]
    path = tmp_path / "results.json"
    path.write_text(json.dumps({"benchmarks": entries}))
    return benchmarks.read(path).set_index("name")


def test_ratio_is_the_references_time_over_this_ones_within_a_group(table):
    assert table["ratio"].dropna().to_dict() == {"root": 1, "values": 20, "batch[64]": 2.5, "plain loop[64]": 1}


def test_share_of_the_peak_is_work_over_time_over_the_peak_measured_beside_it(table):
    assert table.loc["batch[64]", ["GFLOP/s", "share of peak"]].tolist() == [150, 0.75]
    assert table.loc["plain loop[64]", ["GFLOP/s", "share of peak"]].tolist() == [80, 0.5]


def test_what_was_not_counted_is_missing(table):
    assert table.loc[["root", "values", "alone"], ["GFLOP/s", "share of peak"]].isna().all(axis=None)
    assert pd.isna(table.loc["alone", "ratio"])


def test_groups_stay_together(table):
    assert table["group"].tolist() == ["alone", "distance", "distance", "sweep", "sweep"]


def test_groups_of_other_sizes_follow_each_other_by_number(tmp_path):
    path = tmp_path / "results.json"
    groups = ["step at 128 px", "step at 64 px (H 16)", "step at 64 px (H 8)", "root"]
    path.write_text(json.dumps({"benchmarks": [entry(group, "test_it", 1.0, role="fast") for group in groups]}))
    assert benchmarks.read(path)["group"].tolist() == [groups[3], groups[2], groups[1], groups[0]]


@pytest.fixture
def kept(tmp_path):
    """Two files of benchmarks as `keep` joins them, with a ratio beyond the axis and one group without counted work."""
    entries = [
        entry("sweep", "test_plain_loop", 5.0, role="reference", threads=2, gflop=400.0, peak_gflops=160.0),
        entry("sweep", "test_batch", 0.5, role="fast", threads=2, gflop=400.0, peak_gflops=160.0, accuracy="1e-7"),
        entry("alone", "test_alone", 1.0),
    ]
    about = {"cpu": {"brand_raw": "A processor", "count": 2}, "system": "Linux", "python_version": "3.11.7"}
    (tmp_path / "measured").mkdir()
    for name, part in (("first", entries[:2]), ("second", entries[2:])):
        full = {"machine_info": {**about, "node": "secret-host"}, "commit_info": {"id": "abc"}, "benchmarks": part,
                "datetime": "2026-01-02T03:04:05"}  # fmt: skip
        (tmp_path / "measured" / f"{name}.json").write_text(json.dumps(full))
    return benchmarks.keep(tmp_path / "measured", tmp_path / "kept.json")


def test_what_is_kept_names_the_machine_but_not_the_host(kept):
    assert benchmarks.machine(kept).startswith("A processor, 2 cores, Linux, Python 3.11.7, torch ")
    assert "secret" not in kept.read_text()
    assert benchmarks.read(kept)["ratio"].dropna().tolist() == [1, 10]


def test_accuracy_is_what_the_benchmark_says(kept):
    assert benchmarks.read(kept).set_index("name")["accuracy"].dropna().to_dict() == {"batch": "1e-7"}


def test_the_chart_has_a_line_a_group_with_what_ours_gains_and_its_share_of_the_peak(kept):
    left, right = benchmarks.chart(benchmarks.read(kept)).axes
    assert [label.get_text() for label in left.get_yticklabels()] == ["sweep", "alone"]
    assert [text.get_text().strip() for ax in (left, right) for text in ax.texts] == ["10×", "500%"]
    (bar,) = left.patches
    assert (bar.get_x(), bar.get_width()) == (1, 9)


def test_before_the_first_run_the_error_names_the_command(tmp_path):
    with pytest.raises(FileNotFoundError, match="make bench"):
        benchmarks.keep(tmp_path)
