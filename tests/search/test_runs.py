"""Run folders: equal settings meet again, other settings never do, and every run can be asked about."""

import dataclasses
import json
import time

import numpy as np
import pytest

from lib.search import runs
from lib.search.record import RecordError, RecordMismatch
from lib.search.runs import OutOfTime, check_time, identity_hash, open_run, time_left


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBOOK_RUNS", str(tmp_path))
    return tmp_path


def made(experiment="lr", scores=(2.0, 1.0), profile="desk", **identity):
    with open_run(profile, "nst", experiment, {"seed": 0, **identity}) as run:
        for k, score in enumerate(scores):
            reason = "diverged" if score is None else ""
            run.record.append({"k": k, "repeat": 0, "score": score, "seconds": 1.5, "reason": reason})
    return run.folder


def test_equal_settings_meet_in_one_folder_and_others_do_not(folder):
    first = made()
    assert made(scores=()) == first
    assert made(steps=5) != first
    assert first.relative_to(folder).parts[:2] == ("desk", "nst")
    assert first.name.startswith("lr-")


def test_the_hash_is_permanent_and_follows_values_not_order():
    @dataclasses.dataclass
    class Settings:
        rate: float
        sizes: tuple[int, ...]

    assert (
        identity_hash({"a": 1, "b": [2.5, None]}) == identity_hash({"b": (2.5, None), "a": np.int64(1)}) == "0342cfcd"
    )
    assert identity_hash(Settings(0.1, (1, 2))) == identity_hash({"rate": 0.1, "sizes": [1, 2]})
    assert identity_hash({"a": 1}) != identity_hash({"a": 2})


def test_the_hash_refuses_what_json_cannot_hold():
    with pytest.raises(TypeError, match="set"):
        identity_hash({1, 2})
    with pytest.raises(ValueError, match="JSON compliant"):
        identity_hash(float("nan"))


def test_a_folder_named_explicitly_refuses_other_settings(tmp_path):
    open_run("desk", "nst", "lr", {"seed": 0}, folder=tmp_path / "mine").record.close()
    with pytest.raises(RecordMismatch, match=r"identity\.seed: 0 \| 1"):
        open_run("desk", "nst", "lr", {"seed": 1}, folder=tmp_path / "mine")


@pytest.mark.parametrize("name", ["", "..", "a/b", ".hidden", "with space"])
def test_a_name_that_is_no_folder_name_is_refused(name):
    with pytest.raises(ValueError, match="cannot be named"):
        open_run("desk", "nst", name, {})


def test_the_manifest_is_json_beside_the_record():
    with open_run("smoke", "nst", "lr", {}) as run:
        path = run.write_manifest({"seconds": np.float64(1.5), "where": run.folder})
        assert run.artifacts.is_dir()
    assert json.loads(path.read_text()) == {"seconds": 1.5, "where": f"nst/{run.folder.name}"}


def test_runs_are_listed_with_their_best_score_and_failures():
    made(scores=(2.0, None, 1.0))
    made("damaged").joinpath("record.jsonl").write_text("nothing\n")
    table = runs.list_runs()
    line = table.iloc[1]
    assert line[["state", "rows", "failed", "invalid", "best", "seconds"]].tolist() == ["idle", 3, 1, 0, 1.0, 4.5]
    assert table.iloc[0]["state"].startswith("damaged")


def test_an_invalid_genome_is_no_failure_and_a_run_with_its_manifest_is_finished():
    with open_run("desk", "toy", "search", {}) as run:
        run.record.append({"k": 0, "repeat": 0, "score": None, "reason": "invalid: size_mismatch"})
        run.record.append({"k": 1, "repeat": 0, "score": None, "reason": "failed: exception"})
        run.write_manifest({})
    line = runs.list_runs().iloc[0]
    assert line[["state", "rows", "failed", "invalid"]].tolist() == ["finished", 2, 1, 1]
    assert "2 rows, 1 of them failed, 1 invalid genomes; finished" in runs.why(run.folder.name)[0]
    with open_run("desk", "toy", "search", {}) as run:
        run.record.append({"k": 2, "repeat": 0, "score": 1.0})
    assert runs.list_runs()["state"].tolist() == ["idle"]


def test_a_run_is_found_by_path_by_name_and_by_hash(folder):
    made(steps=9)
    target = made()
    for name in (str(target), runs.run_name(target), target.name, target.name.split("-")[1]):
        assert runs.find_run(name) == target
    other = made("truth-chelsea-0")
    assert runs.find_run("truth-chelsea") == runs.find_run("truth-chelsea-0") == other
    with pytest.raises(FileNotFoundError, match=r"no run is named 'ls'; .*lists the 3 there are"):
        runs.find_run("ls")


def test_a_name_that_fits_several_runs_is_refused():
    a, b = made(), made(profile="smoke")
    assert a.name == b.name
    with pytest.raises(ValueError, match="fits several"):
        runs.find_run(a.name)


def test_a_run_in_progress_is_listed_as_running_and_not_cleaned():
    with open_run("desk", "nst", "lr", {}) as run:
        assert runs.list_runs()["state"].tolist() == ["running"]
        with pytest.raises(RecordError, match="being written"):
            runs.clean(yes=True)
    assert run.folder.exists()


def test_best_is_the_lowest_score_and_a_run_without_scores_says_so():
    assert runs.best(str(made()))["k"] == 1
    with pytest.raises(ValueError, match="no row with a score"):
        runs.best(str(made("empty", scores=(None,))))


def test_the_best_of_a_search_in_stages_is_that_of_the_last_one():
    with open_run("desk", "toy", "search", {}) as run:
        for k, (stage, score) in enumerate([(0, -3.0), (1, -1.0), (1, -2.0), (1, -1.5)]):
            run.record.append({"k": k, "repeat": 0, "score": score, "config": {"stage": stage, "greedy": f"g{k}"}})
    assert runs.best(run.folder.name)["config"]["greedy"] == "g2"
    assert runs.list_runs()["best"].tolist() == [-2.0]


def test_the_best_of_a_training_is_its_last_row():
    with open_run("desk", "toy", "training", {}) as run:
        for k in range(3):
            run.record.append({"k": k, "repeat": 0, "metrics": {"loss": 1.0}, "config": {"genotype": f"t{k}"}})
    assert runs.best(run.folder.name)["config"]["genotype"] == "t2"


def test_the_best_of_several_repeats_is_the_best_mean_with_its_genome():
    with open_run("desk", "toy", "search", {}) as run:
        for k, scores in enumerate([(0.1, 0.9), (0.4, 0.2)]):
            for repeat, score in enumerate(scores):
                run.record.append({"k": k, "repeat": repeat, "genome": f"g{k}", "score": score})
    found = runs.best("search-" + run.folder.name.split("-")[1])
    assert (found["genome"], found["score"], found["mean"]) == ("g1", 0.4, pytest.approx(0.3))
    assert runs.list_runs()["best"].tolist() == [pytest.approx(0.3)]


def test_diff_names_settings_and_rows():
    found = runs.diff(str(made()), str(made(scores=(2.0, 3.0), steps=5)))
    assert found == ["identity.steps: absent | 5", "k=1 repeat=0: score: 1.0 | 3.0"]


def test_why_names_the_settings_and_the_difference_from_its_siblings():
    other = made(steps=5)
    text = "\n".join(runs.why(str(made())))
    assert "2 rows, 0 of them failed, 0 invalid genomes; idle" in text
    assert "seed=0" in text
    assert f"Not {other.name}, because (there | here): steps: 5 | absent" in text


def test_clean_is_dry_unless_told_and_keeps_what_does_not_fit():
    kept, gone = made(), made(profile="smoke")
    assert runs.clean(profile="smoke")["run"].tolist() == [runs.run_name(gone)]
    assert gone.exists()
    runs.clean(profile="smoke", yes=True)
    assert not gone.exists()
    assert kept.exists()


def test_time_is_unlimited_without_a_deadline(monkeypatch):
    monkeypatch.delenv("WORKBOOK_DEADLINE", raising=False)
    assert time_left() == float("inf")
    check_time()


def test_a_passed_deadline_stops(monkeypatch):
    monkeypatch.setenv("WORKBOOK_DEADLINE", str(time.time() + 60))
    assert 55 < time_left() <= 60
    check_time()
    with runs.deadline(-1), pytest.raises(OutOfTime, match="same command continues"):
        check_time()
    check_time()
