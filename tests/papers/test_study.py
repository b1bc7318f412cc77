"""A study's folder: records and pictures exported to it, and drawn from it alone."""

import json
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from lib.papers.settings import fingerprint
from lib.papers.study import Study, needs, resolved_profile
from lib.paths import ROOT
from lib.report import plots, style
from lib.report.pictures import image_grid
from lib.search import runs


def row(k, **fields):
    return {"k": k, "repeat": 0, "seed": 0, "config": {"lr": 0.1 * (k + 1)}, "score": float(k),
            "metrics": {"loss": float(k)}, "seconds": 0.0, "reason": "", **fields}  # fmt: skip


def computed(study, shown, identity=None):
    """A run of two rows with a picture each, exported; `shown` says which may be shown."""
    with study.open_run("toy", identity or {"seed": 0}) as run:
        for k, showable in enumerate(shown):
            path = run.artifacts / f"{k:03d}-0.png"
            Image.new("RGB", (4, 3), (k, 200 * showable, 0)).save(path)
            if (k, 0) not in run.record.done:
                run.record.append(row(k, artifacts={"image": f"artifacts/{path.name}"}))
        study.export(run, "toy", {f"artifacts/{k:03d}-0.png": one for k, one in enumerate(shown)})
    return study


def exported(study):
    return sorted(path.relative_to(study.records).as_posix() for path in study.records.rglob("*.png"))


def test_rows_are_read_from_the_export_not_from_the_run():
    study = computed(Study("nst", "smoke"), [True, True])
    frame = Study("nst", "smoke", folder=study.folder).frame("toy")
    assert frame["lr"].tolist() == [0.1, 0.2]
    assert frame["loss"].tolist() == [0.0, 1.0]


def test_a_live_study_does_not_take_an_older_export_for_its_own():
    computed(Study("nst", "smoke"), [True, True])
    later = Study("nst", "smoke")
    assert not later.has("toy")
    assert computed(later, [True, True]).has("toy")


def test_failed_rows_are_told_apart():
    study = Study("nst", "smoke")
    with study.open_run("toy", {"seed": 0}) as run:
        run.record.append(row(0))
        run.record.append(row(1, score=None, reason="diverged"))
        study.export(run, "toy", {})
    assert study.frame("toy")["k"].tolist() == [0]
    assert study.failures("toy") == ["diverged"]
    assert study.frame("toy", failed=True)["reason"].tolist() == ["", "diverged"]


def test_a_part_that_was_not_run_is_named():
    study = Study("nst", "smoke")
    assert not study.has("grid")
    with pytest.raises(KeyError, match="part 'grid' was not run for profile 'smoke'"):
        study.frame("grid")


def test_a_product_is_drawn_only_where_all_its_parts_were_run():
    product = needs("toy")(lambda study: len(study.frame("toy")))
    assert product(computed(Study("nst", "smoke"), [True, True])) == 2
    assert product(Study("nst", "smoke")) is None


def test_pictures_that_may_not_be_shown_lie_apart_and_are_shown_only_on_request():
    study = computed(Study("nst", "smoke"), [True, False])
    assert exported(study) == ["pictures/toy-000-0.png", "private/toy-001-0.png"]
    assert study.picture("toy", "artifacts/000-0.png").shape == (3, 4, 3)
    assert study.picture("toy", "artifacts/001-0.png") is None
    assert study.picture("toy", "artifacts/001-0.png", private=True)[0, 0].tolist() == [1, 0, 0]
    assert study.picture("toy", "artifacts/002-0.png", private=True) is None


def test_a_new_export_removes_pictures_of_an_older_one():
    study = computed(Study("nst", "smoke"), [True, True, True])
    (study.records / "pictures" / "toys-000-0.png").write_bytes(b"of another part")
    computed(study, [True, False], identity={"seed": 1})
    assert exported(study) == ["pictures/toy-000-0.png", "pictures/toys-000-0.png", "private/toy-001-0.png"]


def test_fresh_starts_a_part_over_once_a_session():
    computed(Study("nst", "smoke"), [True, True])
    study = Study("nst", "smoke", fresh=True)
    with study.open_run("toy", {"seed": 0}) as run:
        assert run.record.rows == []
        run.record.append(row(0))
    with study.open_run("toy", {"seed": 0}) as run:
        assert len(run.record.rows) == 1
    with study.open_run("other", {"seed": 0}) as run:
        assert run.record.rows == []


def test_figures_and_tables_are_listed_once_and_private_ones_lie_apart():
    study = Study("nst", "smoke")
    for _ in range(2):
        figure, _ = plots.panels(1)
        study.figure("one", figure)
    figure, _ = plots.panels(1)
    study.figure("two", figure, private=True)
    study.table("three", pd.DataFrame({"a": [1.5]}))
    names = [path.relative_to(study.folder).as_posix() for path in study.written]
    assert names == ["one.png", "one.pdf", "private/two.png", "private/two.pdf", "three.csv", "three.md"]
    assert [Path(path).name for path in study.files()] == sorted(Path(name).name for name in names)


def test_fingerprint_sees_every_result_parameter_and_no_other():
    parameters = {"profile": "smoke", "side": 64, "rates": [0.1, 0.2]}
    assert fingerprint({**parameters, "threads": 4, "parts": ["a"], "profile": "desk"}) == fingerprint(parameters)
    assert fingerprint({**parameters, "side": 65}) != fingerprint(parameters)
    assert fingerprint({**parameters, "rates": [0.2, 0.1]}) != fingerprint(parameters)
    assert fingerprint(dict(reversed(parameters.items()))) == fingerprint(parameters)


def test_a_large_picture_is_exported_as_jpeg_and_found_by_its_own_name():
    study = Study("nst", "smoke")
    pixels = np.random.default_rng(0).integers(0, 255, (200, 300, 3), np.uint8)
    with study.open_run("toy", {"seed": 0}) as run:
        Image.fromarray(pixels).save(run.artifacts / "000-0.png")
        run.record.append(row(0, artifacts={"image": "artifacts/000-0.png"}))
        for _ in range(2):
            study.export(run, "toy", {"artifacts/000-0.png": True})
    assert [path.name for path in (study.records / "pictures").iterdir()] == ["toy-000-0.jpg"]
    assert study.picture("toy", "artifacts/000-0.png").shape == (200, 300, 3)
    assert (run.folder / "artifacts" / "000-0.png").is_file()


def test_the_manifest_says_where_each_part_was_computed():
    study = computed(Study("nst", "smoke"), [True, True])
    path = study.finish(parameters={"seed": 0}, weights={}, data={})
    (where,) = json.loads(path.read_text())["computed"].values()
    assert f"torch {torch.__version__.partition('+')[0]}" in where


def test_a_part_computed_on_two_machines_names_both(monkeypatch):
    study = Study("nst", "smoke")
    for k, device in enumerate(("one", "one", "another")):
        monkeypatch.setattr(runs, "environment", lambda device=device: {"device": device, "torch": "2.0"})
        with warnings.catch_warnings(action="ignore"), study.open_run("toy", {"seed": 0}) as run:
            run.record.append(row(k))
            study.export(run, "toy", {})
    path = study.finish(parameters={"seed": 0}, weights={}, data={})
    assert json.loads(path.read_text())["computed"] == {
        "toy": "2 rows on one, torch 2.0 and 1 row on another, torch 2.0"
    }


@pytest.mark.parametrize(("slug", "profile", "texts"), [("nst", "smoke", 1), ("nst", "desk", 0), ("speed", "smoke", 0)])
def test_a_paper_s_smoke_figures_say_that_they_are_no_evidence(tmp_path, slug, profile, texts):
    figure = style.figure(2, 1)
    Study(slug, profile, folder=tmp_path).figure("fig1", figure)
    assert [text.get_text() for text in figure.texts] == ["smoke profile: it runs, no evidence"] * texts


def test_the_mark_of_smoke_lies_beside_the_pictures_of_a_sheet(tmp_path):
    sheet = image_grid([[np.zeros((8, 8, 3), np.uint8)] * 2], columns=["a", "b"])
    before = [ax.get_position().bounds[2] * sheet.get_figwidth() for ax in sheet.axes]
    Study("nst", "smoke", folder=tmp_path).figure("fig1", sheet)
    sheet.draw_without_rendering()
    mark = sheet.texts[-1].get_window_extent()
    assert not any(mark.overlaps(ax.get_window_extent()) for ax in sheet.axes)
    assert mark.x1 <= sheet.bbox.x1
    assert [ax.get_position().bounds[2] * sheet.get_figwidth() for ax in sheet.axes] == pytest.approx(before)


@pytest.mark.parametrize(("changes", "profile"), [({}, "desk"), ({"slots": [2]}, "custom")])
def test_a_page_without_parameter_files_has_its_own_values_on_every_profile(changes, profile):
    page = json.loads((ROOT / "notebooks" / "07_speed.ipynb").read_text(encoding="utf-8"))
    (cell,) = (cell for cell in page["cells"] if "parameters" in cell["metadata"].get("tags", []))
    values: dict = {}
    exec("".join(cell["source"]), values)
    parameters = {name: values[name] for name in values["__annotations__"]} | {"profile": "desk"} | changes
    assert resolved_profile("07_speed", parameters) == profile


def test_a_notebook_that_was_never_saved_has_smoke_s_values_whatever_they_are(tmp_path, monkeypatch):
    (tmp_path / "08_new.ipynb").write_text(json.dumps({"metadata": {}, "cells": []}))
    monkeypatch.setattr("lib.papers.study.notebooks_dir", lambda: tmp_path)
    assert resolved_profile("08_new", {"profile": "smoke", "side": 3}) == "smoke"
