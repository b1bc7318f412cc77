"""A paper made of its parts: what is checked when its study is opened, what is computed, drawn and redrawn."""

import json
from dataclasses import dataclass, replace

import pytest

from lib import device
from lib.data import pictures
from lib.papers import settings
from lib.papers.paper import Paper, planned
from lib.papers.study import Study

GOOD = {"profile": "custom", "parts": [], "device": "cpu", "threads": 1, "fresh": True, "seed": 5, "rows": 2}


@dataclass(frozen=True)
class Settings(settings.Settings):
    rows: int


def count(study, settings, part):
    """So many rows."""
    with study.open_run(part, {"rows": settings.rows}) as run:
        for k in range(settings.rows):
            run.record.append({"k": k, "repeat": 0, "seed": 0, "config": {}, "score": float(k), "metrics": {},
                               "seconds": 0.0, "reason": ""})  # fmt: skip
        study.export(run, part, {})


TOY = Paper(
    "09_toy",
    Settings,
    {"first": count, "second": count},
    (lambda study: study.table("rows", study.frame("first")),),
    used_weights=lambda settings: (),
    used_pictures=lambda settings: ("chelsea",),
)


def test_an_opened_study_is_seeded_and_knows_its_profile(monkeypatch):
    seeds = []
    monkeypatch.setattr(device, "seed_everything", seeds.append)
    study, chosen = TOY.open_study({**GOOD, "unrelated": 1})
    assert seeds == [5]
    assert (study.profile, study.slug, study.fresh) == ("custom", "toy", True)
    assert chosen == Settings.pick(GOOD)


def test_settings_are_checked_before_parts_these_before_pictures_and_what_is_read_last(monkeypatch):
    order = []
    monkeypatch.setattr(pictures, "info", lambda name: order.append(name) or pytest.fail("read too early"))
    strict = replace(TOY, checks=(lambda settings: order.append("settings"),),
                     data_checks=(lambda settings: order.append("data"),))  # fmt: skip
    with pytest.raises(ValueError, match="parts names 'third'; allowed are first, second"):
        strict.open_study({**GOOD, "parts": ["third"]})
    assert order == ["settings"]
    monkeypatch.undo()
    strict.open_study(GOOD)
    assert order == ["settings", "settings", "data"]


@pytest.mark.parametrize(("change", "message"), [
    ({"rows": "2"}, "rows is '2' of type str"), ({"device": "tpu"}, "device is 'tpu'"),
    ({"threads": 99999}, "threads is 99999; allowed are 0"), ({"profile": "laptop"}, "profile is 'laptop'"),
])  # fmt: skip
def test_a_bad_parameter_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        TOY.open_study(GOOD | change)


def test_a_picture_that_is_not_there_is_named():
    with pytest.raises(ValueError, match="picture is 'moonlight'"):
        replace(TOY, used_pictures=lambda settings: ["moonlight"]).open_study(GOOD)


def test_only_the_parts_asked_for_are_computed_and_all_where_none_is_named():
    calls = []
    recorded = replace(TOY, computers=lambda settings: dict.fromkeys("abc", lambda *given: calls.append(given[2])))
    cases = ([], "ab", "ab"), (["b", "c"], "ab", "b"), (["c"], "", "c"), ([], "", "abc")
    for parts, named, computed in cases:
        recorded.compute(None, Settings.pick({**GOOD, "parts": parts}), *named)
        assert calls == list(computed)
        calls.clear()


def test_a_finished_study_leaves_a_manifest_of_all_it_used():
    study, chosen = TOY.open_study(GOOD)
    study.lack("fig3", "no rates")
    manifest = json.loads(TOY.finish(study, chosen).read_text())
    assert manifest["parameters"] == {"profile": "custom", "device": "cpu", "threads": 1, "seed": 5, "rows": 2}
    assert manifest["missing"] == {"fig3": "no rates"}
    assert manifest["weights"] == {}
    assert manifest["data"] == {"chelsea": pictures.info("chelsea").sha256}


def test_a_redraw_reads_the_checked_in_records_and_writes_where_figures_go(monkeypatch, tmp_path):
    monkeypatch.setattr("lib.papers.study.ROOT", tmp_path)
    monkeypatch.setenv("WORKBOOK_FIGURES", str(tmp_path / "figures"))
    count(Study("toy", "desk"), Settings.pick(GOOD), "first")
    monkeypatch.setenv("WORKBOOK_FIGURES", str(tmp_path / "elsewhere"))
    written = TOY.redraw()
    assert {path.parent for path in written} == {tmp_path / "elsewhere" / "desk" / "toy"}
    count(Study("toy", "desk"), Settings.pick({**GOOD, "rows": 3}), "first")
    (manifest := tmp_path / "elsewhere/desk/toy/manifest.json").write_text(json.dumps({"seeds": [5], "files": {}}))
    assert TOY.redraw("desk") == written
    assert json.loads(manifest.read_text())["seeds"] == [5]
    assert set(json.loads(manifest.read_text())["files"]) >= {path.name for path in written}
    with pytest.raises(FileNotFoundError, match="figures/day/toy has no records; run: python -m lib run 09_toy"):
        TOY.redraw("day")


def test_a_plan_says_of_each_part_what_it_costs():
    lines = planned({"first": (2, 8.0), "second": (0, 0.0)}, memory=3, weights=["vgg16"])
    assert lines[0] == {"part": "first", "rows": 2, "flops": 8.0, "memory": 3, "weights": ["vgg16"]}
    assert [line["part"] for line in lines] == ["first", "second"]
