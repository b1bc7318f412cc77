"""A part's rows: what they hold, and that no interruption, of whatever kind, costs or changes one."""

import json
import os
import shutil
import signal

import pytest
import torch
from PIL import Image

from lib.data import pictures
from lib.papers.nst import evaluate, experiments
from lib.papers.nst.transfer import Scene
from lib.papers.study import Study
from lib.search import record, runs
from lib.search.record import Record

PART, ROWS, BATCH = "rates", 6, 2

pytestmark = pytest.mark.usefixtures("slim_encoder")


def sweep(settings, part=PART, **options):
    """Compute the part and return the study."""
    study = Study("nst", "custom", **options)
    evaluate.compute(study, settings, part)
    return study


def run_folder(part=PART):
    (folder,) = (one for one in runs.run_folders() if one.name.startswith(f"{part}-"))
    return folder


def stored(part=PART):
    """The rows of the run's record without their seconds, and the bytes of its pictures."""
    folder = run_folder(part)
    rows = [{**row, "seconds": None} for row in record.read(folder / "record.jsonl")[1]]
    return rows, {path.name: path.read_bytes() for path in sorted((folder / "artifacts").iterdir())}


@pytest.fixture(scope="module")
def tiny(tiny):
    """The smallest settings with a sweep of six rates."""
    return lambda **changes: tiny(**{"rates": [0.005, 0.01, 0.02, 0.03, 0.05, 0.06], "side": 32, **changes})


@pytest.fixture(scope="module")
def uninterrupted(tiny, slim_encoder, tmp_path_factory):
    """Rows, pictures and study of a run that nothing interrupted."""
    with pytest.MonkeyPatch.context() as patch:
        for kind in ("RUNS", "FIGURES"):
            patch.setenv(f"WORKBOOK_{kind}", str(tmp_path_factory.mktemp(kind.lower())))
        study = sweep(tiny())
        return *stored(), study, run_folder()


@pytest.fixture
def finished(uninterrupted):
    """The uninterrupted run in this test's own folder of runs."""
    folder = runs.runs_dir() / "custom"
    shutil.copytree(uninterrupted[3].parents[1], folder)


def interrupted_append(monkeypatch, at, action):
    """Run `action` instead of the append with this number, counted from 1; later appends work again."""
    original, calls = Record.append, []

    def append(self, row):
        calls.append(row["k"])
        return action() if len(calls) == at else original(self, row)

    monkeypatch.setattr(Record, "append", append)


def ctrl_c():
    raise KeyboardInterrupt


def test_a_row_holds_configuration_losses_measures_curves_and_picture(uninterrupted, tiny):
    rows, files = uninterrupted[:2]
    assert [(row["k"], row["repeat"]) for row in rows] == [(k, 0) for k in range(ROWS)]
    for item, row in zip(experiments.plan(tiny(), PART), rows, strict=True):
        c, metrics, curves = item.configuration, row["metrics"], row["curves"]
        assert row["config"] == vars(c)
        weighted = (c.style_weight * metrics["style_loss"] + c.content_weight * metrics["content_loss"]
                    + c.tv_weight * (512 / 32) ** 2 * metrics["tv_loss"])  # fmt: skip
        assert row["score"] == pytest.approx(weighted)
        assert metrics["style_ratio"] == pytest.approx(curves["style"][-1] / curves["style"][0], rel=1e-5)
        assert curves["step"] == [0, 1, 2]
        assert set(curves) >= {"style", "content", "tv", "gradient_style", "gradient_content", "gradient_tv"}
        assert len(curves["spectrum"]) == 16
        assert row["reason"] == ""
        assert {"hf", "slope", "centroid", "r2", "r4", "lpips_half"} <= set(metrics)
        assert {"proxy_lpips_content", "proxy_tv_ratio", "proxy_hf_excess", "proxy_artfid1"} <= set(metrics)
        assert row["artifacts"]["image"] == f"artifacts/{row['k']:03d}-0.png"
    assert list(files) == [f"{k:03d}-0.png" for k in range(ROWS)]


@pytest.mark.parametrize("at", [1, 4])
def test_ctrl_c_loses_no_finished_row_and_the_resumed_run_equals_an_uninterrupted_one(
    uninterrupted, tiny, monkeypatch, at
):
    with monkeypatch.context() as patch:
        interrupted_append(patch, at, ctrl_c)
        with pytest.raises(KeyboardInterrupt):
            sweep(tiny())
    assert [row["k"] for row in stored()[0]] == list(range(at - 1))
    assert not runs.is_running(run_folder())
    sweep(tiny())
    rows, files = stored()
    assert record.differences(rows, uninterrupted[0]) == []
    assert sorted(rows, key=lambda row: row["k"]) == uninterrupted[0]
    assert files == uninterrupted[1]


def test_ctrl_c_during_the_computation_leaves_the_batches_before_it(uninterrupted, tiny, monkeypatch):
    original, calls = evaluate.measure, []

    def measure(*arguments):
        calls.append(1)
        return signal.raise_signal(signal.SIGINT) if len(calls) == 2 else original(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(evaluate, "measure", measure)
        with pytest.raises(KeyboardInterrupt):
            sweep(tiny())
    assert len(stored()[0]) == BATCH
    sweep(tiny())
    assert stored() == uninterrupted[:2]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a system that forks")
def test_a_killed_process_loses_no_finished_row(uninterrupted, tiny):
    child = os.fork()
    if child == 0:
        with pytest.MonkeyPatch.context() as patch:
            interrupted_append(patch, 4, lambda: os.kill(os.getpid(), signal.SIGKILL))
            try:
                sweep(tiny())
            finally:
                os._exit(1)
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL
    assert [row["k"] for row in stored()[0]] == [0, 1, 2]
    sweep(tiny())
    assert stored() == uninterrupted[:2]


def test_spent_time_stops_between_batches_and_the_same_call_continues(uninterrupted, tiny, monkeypatch):
    original = evaluate.measure

    def measure(*arguments):
        monkeypatch.setenv("WORKBOOK_DEADLINE", "1")
        return original(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(evaluate, "measure", measure)
        with pytest.raises(runs.OutOfTime, match="the same command continues"):
            sweep(tiny())
    assert len(stored()[0]) == BATCH
    with pytest.raises(runs.OutOfTime):
        sweep(tiny())
    monkeypatch.delenv("WORKBOOK_DEADLINE")
    study = sweep(tiny())
    assert stored() == uninterrupted[:2]
    assert study.has(PART)


def refuse(*arguments):
    raise AssertionError("computed again")


def test_a_finished_part_is_exported_again_without_computing(uninterrupted, finished, tiny, monkeypatch):
    monkeypatch.setattr(evaluate, "evaluate", refuse)
    one, other = (
        {path.name: path.read_bytes() for path in study.records.rglob("*") if path.is_file()}
        for study in (uninterrupted[2], sweep(tiny()))
    )
    assert one == other
    assert len(one) == 1 + ROWS


@pytest.mark.parametrize("changes", [{"seed": 1}, {"batch": 3}, {"steps": 3}, {"styles": ["hatching", "pixels"]}])
def test_other_settings_have_another_run(tiny, changes):
    def name(settings):
        return runs.identity_hash(evaluate.identity(settings, experiments.plan(settings, PART)))

    assert name(tiny(**changes)) != name(tiny())
    assert name(tiny(threads=0, parts=[PART], small_side=64)) == name(tiny())


def test_replicates_start_beside_the_photo_each_from_its_own_noise(tiny):
    photo, painting = (pictures.picture(name, side=32) for name in ("astronaut", "pixels"))
    scene = Scene.of("paper", "vgg16", photo, painting)
    starts = scene.start([0, 1, 2], seed=0)
    assert torch.equal(starts[0], photo)
    for i, j in ((0, 1), (0, 2), (1, 2)):
        assert 1e-4 < (starts[i] - starts[j]).abs().mean() < 3e-3
    assert torch.equal(scene.start([2], seed=0)[0], starts[2])
    assert not torch.equal(scene.start([2], seed=1)[0], starts[2])


def test_every_published_program_runs_as_a_row(tiny):
    settings = tiny(log_every=2)
    rows = sweep(settings, "presets").frame("presets")
    assert rows["preset"].tolist() == ["paper", "gatys", "multi-scale", "gordic"]
    assert rows["score"].notna().all()
    assert rows["proxy_lpips_content"].between(0, 2).all()


def test_a_picture_with_values_that_are_not_finite_becomes_a_failed_row(uninterrupted, tiny, monkeypatch):
    original = evaluate.staged

    def staged(encoder, content, style, items, **options):
        scene, result = original(encoder, content, style, items, **options)
        for i, item in enumerate(items):
            if item.k == 1:
                result.images[i, :, :3] = float("nan")
        return scene, result

    monkeypatch.setattr(evaluate, "staged", staged)
    study = sweep(tiny())
    rows, files = stored()
    assert record.differences(rows[:1] + rows[2:], uninterrupted[0][:1] + uninterrupted[0][2:]) == []
    assert rows[1]["score"] is None
    assert "288 values of the picture are NaN or infinite" in rows[1]["reason"]
    assert rows[1]["metrics"] == {}
    assert rows[1]["artifacts"] == {}
    assert sorted(files) == [f"{k:03d}-0.png" for k in range(ROWS) if k != 1]
    assert study.frame(PART)["k"].tolist() == [0, 2, 3, 4, 5]
    assert study.failures(PART) == [rows[1]["reason"]]
    monkeypatch.setattr(evaluate, "evaluate", refuse)
    sweep(tiny())  # a failed row is a row: it is not tried again


def test_a_style_that_is_the_content_has_no_style_ratio_and_says_so(tiny):
    study = sweep(tiny(styles=["pixels", "astronaut"], contents=["astronaut", "coffee"], side=48), "grid")
    same, other = study.frame("grid").query("style == 'astronaut'").to_dict("records")
    assert same["style_loss"] > 0
    assert same["style_ratio"] != same["style_ratio"]
    assert "style_ratio is nan" in same["reason"]
    assert other["style_ratio"] > 0


@pytest.fixture
def own_picture(tmp_path):
    path = tmp_path / "own painting.png"
    Image.radial_gradient("L").resize((40, 36)).convert("RGB").save(path)
    return str(path)


def test_pictures_that_may_not_be_shown_are_exported_apart(tiny, own_picture):
    study = sweep(tiny(styles=["pixels", own_picture], contents=["astronaut"], side=32, batch=1), "grid")
    frame = study.frame("grid")
    named = dict(zip(frame["style"], (one["image"] for one in frame["artifacts"]), strict=True))
    assert study.picture("grid", named["pixels"]) is not None
    assert study.picture("grid", named[own_picture]) is None
    assert study.picture("grid", named[own_picture], private=True).shape == (32, 32, 3)
    assert [path.name for path in (study.records / "private").iterdir()] == ["grid-001-0.png"]


def test_parts_of_which_no_figure_shows_a_picture_export_none(tiny):
    study = sweep(tiny(heatmap_rates=[0.01], heatmap_ratios=[2e-4]), "heatmap")
    assert study.has("heatmap")
    assert list(study.records.rglob("*.png")) == []


def test_the_record_opens_with_what_the_results_depend_on(uninterrupted):
    header = record.read(uninterrupted[2].records / f"{PART}.jsonl.gz")[0]
    assert header["identity"]["pictures"] == {name: pictures.info(name).sha256 for name in ("astronaut", "pixels")}
    assert len(header["identity"]["weights"]) == 64
    manifest = json.loads((uninterrupted[3] / "manifest.json").read_text())
    assert manifest["parameters"] == header["identity"]
