"""The Pareto search: its proposals are replayed from the record, never drawn anew or taken from a changed one."""

import json
import re
import shutil

import optuna
import pytest

from lib.data import pictures
from lib.papers.nst import pareto
from lib.papers.nst.pareto import RANGES
from lib.papers.nst.transfer import Scene
from lib.papers.study import Study
from lib.search import record, runs
from lib.search.record import Record

pytestmark = pytest.mark.usefixtures("slim_encoder")

TRIALS = 14  # TPE draws its first ten at random, so the last batch is proposed by its model


def search(settings, kind="tpe", **options):
    study = Study("nst", "custom", **options)
    pareto.compute(study, settings, f"pareto_{kind}")
    return study


def stored():
    (folder,) = runs.run_folders()
    rows = [{**row, "seconds": None} for row in record.read(folder / "record.jsonl")[1]]
    return rows, {path.name: path.read_bytes() for path in sorted((folder / "artifacts").iterdir())}


@pytest.fixture(scope="module")
def settings(tiny):
    return tiny(trials=TRIALS, batch=4, small_steps=1)


@pytest.fixture(scope="module")
def uninterrupted(settings, slim_encoder, tmp_path_factory):
    """Rows, pictures and study of each sampler's whole search."""
    found = {}
    for kind in ("tpe", "random"):
        with pytest.MonkeyPatch.context() as patch:
            for folder in ("RUNS", "FIGURES"):
                patch.setenv(f"WORKBOOK_{folder}", str(tmp_path_factory.mktemp(folder.lower())))
            study = search(settings, kind)
            found[kind] = (*stored(), study, runs.run_folders()[0])
    return found


@pytest.fixture
def finished(uninterrupted):
    """The whole TPE search in this test's own folder of runs."""
    shutil.copytree(uninterrupted["tpe"][3].parents[1], runs.runs_dir() / "custom")


@pytest.mark.parametrize("kind", ["tpe", "random"])
def test_every_trial_is_a_row_with_values_in_their_ranges(uninterrupted, kind):
    rows, files, study, _ = uninterrupted[kind]
    assert [row["k"] for row in rows] == list(range(TRIALS))
    assert len(files) == TRIALS
    for row in rows:
        assert set(row["config"]) == set(RANGES)
        assert all(low <= row["config"][name] <= high for name, (low, high) in RANGES.items())
        assert row["score"] == pytest.approx(row["metrics"]["style_ratio"] + row["metrics"]["content_ratio"])
    assert (study.frame(f"pareto_{kind}")["style_ratio"] > 0).all()


def test_only_the_knees_picture_is_exported(uninterrupted):
    rows, _, study, _ = uninterrupted["tpe"]
    knee = min(rows, key=lambda row: row["metrics"]["style_ratio"] ** 2 + row["metrics"]["content_ratio"] ** 2)
    assert [path.name for path in study.records.rglob("*.png")] == [f"pareto_tpe-{knee['k']:03d}-0.png"]


def interrupted(monkeypatch, settings, kind, at):
    """A search that Ctrl-C stops before row `at` is stored."""
    append = Record.append

    def stop(self, row):
        if row["k"] == at:
            raise KeyboardInterrupt
        return append(self, row)

    with monkeypatch.context() as patch:
        patch.setattr(Record, "append", stop)
        with pytest.raises(KeyboardInterrupt):
            search(settings, kind)


@pytest.mark.parametrize(("kind", "at"), [("tpe", 6), ("tpe", 12), ("random", 9)])
def test_an_interrupted_search_continues_with_the_proposals_of_an_uninterrupted_one(
    uninterrupted, settings, monkeypatch, kind, at
):
    interrupted(monkeypatch, settings, kind, at)
    assert [row["k"] for row in stored()[0]] == list(range(at))
    search(settings, kind)
    assert stored() == uninterrupted[kind][:2]


def test_a_finished_search_is_replayed_without_computing(uninterrupted, finished, settings, monkeypatch):
    told = []
    original = optuna.Study.tell

    def tell(self, trial, values):
        told.append(values)
        return original(self, trial, values)

    def refuse(*arguments):
        raise AssertionError("computed again")

    monkeypatch.setattr(optuna.Study, "tell", tell)
    monkeypatch.setattr(pareto, "_evaluate", refuse)
    search(settings)
    rows = uninterrupted["tpe"][0]
    assert told == [[row["metrics"]["style_ratio"], row["metrics"]["content_ratio"]] for row in rows]


def tampered(change):
    """Change the stored rows by hand."""
    (folder,) = runs.run_folders()
    path = folder / "record.jsonl"
    header, *rows = map(json.loads, path.read_text().splitlines())
    change(rows)
    path.write_text("".join(json.dumps(line) + "\n" for line in (header, *rows)))


def test_a_row_that_optuna_did_not_propose_is_refused_by_name(finished, settings):
    tampered(lambda rows: rows[2]["config"].update(lr=0.0123))
    with pytest.raises(ValueError, match=r"row k=2 has lr 0.0123, but Optuna now proposes .*fresh=True"):
        search(settings)
    search(settings, fresh=True)


def test_changed_scores_lead_the_model_elsewhere_and_are_noticed(finished, settings):
    def change(rows):
        for row in rows[:8]:
            row["metrics"]["style_ratio"] = 2 - row["metrics"]["style_ratio"]

    tampered(change)
    with pytest.raises(ValueError, match=re.escape("but Optuna now proposes")):
        search(settings)


def test_spent_time_stops_between_batches(settings, monkeypatch):
    monkeypatch.setenv("WORKBOOK_DEADLINE", "1")
    with pytest.raises(runs.OutOfTime):
        search(settings)
    assert runs.list_runs()["rows"].tolist() == [0]


def test_the_content_is_forgotten_at_the_mean_loss_of_the_other_photos(tiny):
    photo, painting = (pictures.picture(name, side=32) for name in ("astronaut", "pixels"))
    scene = Scene.of("paper", "vgg16", photo, painting)
    alone = [pareto.unrelated_content_loss(scene, tiny(contents=["astronaut", name])) for name in ("coffee", "page")]
    both = pareto.unrelated_content_loss(scene, tiny(contents=["coffee", "astronaut", "page"]))
    assert both == pytest.approx(sum(alone) / 2)
    assert min(alone) > 0


def test_a_search_without_another_content_to_compare_with_is_refused(tiny):
    with pytest.raises(ValueError, match="contents holds nothing but the content 'astronaut'"):
        search(tiny(contents=["astronaut"]))
