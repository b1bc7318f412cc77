"""What the study searches and trains, under which sizes, and a whole small study on drawn pictures."""

import dataclasses
import json

import pytest
import torch
import yaml
from torch import nn

from lib.metrics.features import Features
from lib.papers import cycleganas, kept, networks
from lib.papers.cycleganas import computing, experiments, records, scores
from lib.papers.cycleganas.experiments import Search, Training
from lib.papers.cycleganas.scores import Scores
from lib.papers.cycleganas.settings import Settings
from lib.papers.study import Study
from lib.paths import notebooks_dir
from lib.search import record, runs
from lib.spaces.base import keyed
from lib.spaces.cycleganas import match, parameters

DESK = yaml.safe_load((notebooks_dir() / "profiles" / "desk" / "05_cycleganas.yaml").read_text())
TINY = {**{name: ["synthetic"] for name in ("data", "scheme_data", "width_data", "control_data")}, "test_pictures": 4,
        "device": "cpu", "side": 32, "blocks": 1, "search_width": 2, "search_ndf": 2, "form": "plain", "searches": 1,
        "schemes": ["OF", "THS"], "search_steps": 4, "matched": [4], "widths": [3], "controlled": 4, "ndf": 2,
        "train_steps": 4, "repeats": 1, "randoms": 1, "chunks": 2, "evaluations": 2, "alpha_lr": 0.1}  # fmt: skip


def settings(**changes):
    return Settings.pick({**DESK, **changes})


class Pooled(nn.Module):
    """Means of picture parts as features: cheap, and different for different pictures."""

    def forward(self, x):
        seen = nn.functional.adaptive_avg_pool2d(x, 2).flatten(1)
        return seen, seen


@pytest.fixture
def cheap(monkeypatch):
    """Scores on a few means instead of a large network's features."""
    monkeypatch.setattr(
        networks, "features", lambda name, where: Features("lite0", Pooled().eval(), 32, "area", "none")
    )
    scores.target.cache_clear()
    yield
    scores.target.cache_clear()


def test_desk_searches_with_three_seeds_of_one_step_and_with_every_other_scheme():
    found = [one.name for one in experiments.searches(settings())]
    assert found == ["search-facades-OF-0", "search-showable-OF-0", "search-facades-OF-1", "search-facades-OF-2",
                     "search-facades-TF-0", "search-facades-TH-0", "search-facades-THS-0"]  # fmt: skip


def test_desk_trains_every_pair_that_a_figure_compares_and_none_twice():
    chosen = settings()
    found = [one for part in experiments.TRAININGS for one in experiments.trainings(chosen, part)]
    assert len(set(found)) == len(found) == 24
    names = {(one.data, one.name) for one in found}
    assert names >= {("facades", name) for name in ("C8", "N8", "C16", "N16", "C'16", "R16", "C32", "N32")}
    assert {one.search.scheme for one in experiments.trainings(chosen, "schemes")} == {"OF", "TF", "TH", "THS"}


def test_a_searched_pair_has_one_width_for_the_size_of_two_cyclegans_and_its_control_one_for_each_generator():
    chosen, space = settings(), experiments.space(settings())
    genotype = space.decode(space.sample(keyed(3)))
    generators = experiments.pair(genotype)
    H = experiments.widths(chosen, Training("facades", "N", 16, 0), genotype)
    assert (match(generators, experiments.size(chosen, 16)),) * 2 == H
    H_A, H_B = experiments.widths(chosen, Training("facades", "C'", 16, 0), genotype)
    for wide, generator in zip((H_A, H_B), generators, strict=True):
        near = [
            abs(experiments.size(chosen, other) - parameters(generator, H[0])) for other in (wide - 1, wide, wide + 1)
        ]
        assert near[1] == min(near)
    assert experiments.widths(chosen, Training("facades", "C", 16, 0), genotype) == (16, 16)


def test_a_width_below_one_is_refused():
    chosen, space = settings(), experiments.space(settings())
    genome = [max(range(len(gene.choices)), key=lambda i, gene=gene: "7x7" in gene.choices[i]) for gene in space.genes]
    with pytest.raises(ValueError, match="already a width of 1 has"):
        experiments.widths(dataclasses.replace(chosen), Training("facades", "N", 1, 0), space.decode(tuple(genome)))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"scheme_data": ["maps"]}, "scheme_data names 'maps'; allowed are those of data"),
        ({"width_data": ["showable", "showable"]}, "width_data names 'showable' twice"),
        ({"schemes": ["TF"]}, "OF must be among them"),
        ({"controlled": 24}, "controlled is 24; allowed are those of matched"),
        ({"side": 40}, "side is 40; allowed are multiples of 16"),
        ({"gan": "hinge"}, "gan is 'hinge'; allowed are lsgan, bce"),
        ({"schemes": ["OF", "XY"]}, "schemes is 'XY'"),
        ({"search_steps": 1}, "search_steps is 1"),
        ({"matched": []}, "matched is empty"),
    ],
)
def test_settings_that_cannot_be_are_refused_by_name(changes, message):
    with pytest.raises(ValueError, match=message):
        settings(**changes)


def test_two_sets_of_one_short_name_are_refused():
    with pytest.raises(ValueError, match="data names 'facades' twice"):
        experiments.check_names(settings(data=["facades", "unpaired/facades"], scheme_data=[], width_data=[],
                                         control_data=[]))  # fmt: skip


def test_epochs_count_pictures_of_the_larger_domain_and_halves_have_half_of_them():
    chosen = settings(search_steps=0, search_epochs=2, data=["synthetic-imbalanced"], scheme_data=[], width_data=[],
                      control_data=[])  # fmt: skip
    steps = {name: computing.search_training(chosen, Search("synthetic-imbalanced", name, 0)).iterations
             for name in ("OF", "TF", "TH", "THS")}  # fmt: skip
    assert steps == {"OF": 128, "TF": 128, "TH": 64, "THS": 64}


def test_an_identity_is_plain_json_and_names_no_device_nor_workers():
    chosen = settings(**TINY)
    found = computing.long_run(chosen, Search("synthetic", "OF", 0)).identity
    assert json.loads(json.dumps(found)) == found
    assert "device" not in json.dumps(found)
    other = dataclasses.replace(chosen, workers="processes:2", train_steps=8, evaluations=1)
    assert computing.long_run(other, Search("synthetic", "OF", 0)).identity == found


def test_untranslated_pictures_are_far_and_other_real_ones_near(cheap):
    chosen = settings(**{**TINY, "test_pictures": 24})
    tasks = [computing.Task(chosen, "synthetic", name) for name in ("untranslated", "other pictures")]
    far, near = (computing.anchor(task, 0, None).metrics for task in tasks)
    assert all(near[f"kd_{direction}"] < far[f"kd_{direction}"] for direction in scores.DIRECTIONS)
    assert far["l1_AtoB"] > 0.1
    assert "l1_AtoB" not in near


def test_true_translations_score_no_error_and_no_distance_to_themselves(cheap):
    known = Scores.of(settings(**TINY), "synthetic")
    made = {direction: truth.float() / 255 for direction, truth in scores.truths(known).items()}
    assert scores.errors(known, made) == pytest.approx(
        {"l1_AtoB": 0, "ssim_AtoB": 1, "l1_BtoA": 0, "ssim_BtoA": 1}, abs=1e-6
    )
    turned = {"AtoB": scores.sources(known)["BtoA"].float() / 255, "BtoA": scores.sources(known)["AtoB"].float() / 255}
    assert scores.distances(known, turned)["fd_AtoB"] == pytest.approx(0, abs=1e-6)


def test_a_sheet_shows_each_picture_its_translation_and_the_way_back():
    known = Scores.of(settings(**TINY), "synthetic")
    sheet = scores.sheet(known, lambda pictures, direction: 1 - pictures)
    assert sheet.shape == (3, 4 * 34 + 2, 6 * 34 + 2)
    first, made, back = (sheet[:, 2:34, 2 + 34 * column :][..., :32] for column in range(3))
    assert torch.allclose(made, 1 - first)
    assert torch.allclose(back, first)


@pytest.fixture
def whole(cheap, weights, monkeypatch, tmp_path):
    """A small study of all parts, computed, and its settings."""
    monkeypatch.setattr(kept, "cache_dir", lambda: tmp_path / "cache")
    chosen, study = settings(**TINY), Study("cycleganas", "custom")
    cycleganas.compute(study, chosen)
    return study, chosen


def test_a_whole_study_leaves_records_that_say_what_was_done_and_computing_again_does_nothing(whole, monkeypatch):
    study, chosen = whole
    searched, found = records.searches(study), records.trainings(study)
    assert [one.name for one in searched] == ["search-synthetic-OF-0", "search-synthetic-THS-0"]
    assert [one.rows["updates"].iloc[-1] for one in searched] == [4, 4]
    assert sorted(set(found["name"])) == ["C'4", "C3", "C4", "N3", "N4", "R4"]
    assert found["kd_AtoB_best"].le(found["kd_AtoB"] + 1e-9).all()
    assert found["cycle_A"].between(0, 1).all()
    assert (found["updates"] == 4).all()
    mine = found[(found["name"] == "N4") & (found["scheme"] == "OF")].iloc[0]
    assert mine["text"] == searched[0].rows["genotype"].iloc[-1]
    assert mine["params_G_A"] == parameters(searched[0].genotype.G_A, mine["H_A"])
    assert study.picture("matched", mine["artifacts"]["image"]) is not None
    assert set(study.frame("ranks")["method"]) == {"C", "N", "R"}
    before = {path.name: record.read(path)[1] for path in study.records.glob("*.gz")}
    monkeypatch.setattr(computing, "train", None)
    monkeypatch.setattr(computing, "begin_search", None)
    cycleganas.compute(study, chosen)
    assert {path.name: record.read(path)[1] for path in study.records.glob("*.gz")} == before


def test_a_training_needs_its_search(cheap, weights):
    with pytest.raises(ValueError, match="search-synthetic-OF-0 has 0 of 2 steps"):
        computing.train_all(Study("cycleganas", "custom"), settings(**TINY), "matched")


def test_a_search_stops_cleanly_where_time_runs_out(cheap):
    study, chosen = Study("cycleganas", "custom"), settings(**TINY)
    with runs.deadline(0), pytest.raises(runs.OutOfTime):
        computing.search(study, chosen, "search")
    computing.search(study, chosen, "search")
    assert len(records.searches(study)[0].rows) == 2
