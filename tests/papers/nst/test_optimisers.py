"""Optimisers under a scaled loss: which of them see the factor, and that resuming changes nothing."""

import math
from dataclasses import asdict

import pytest
import torch

from lib.data import pictures
from lib.papers.nst import optimisers, transfer
from lib.papers.nst.optimisers import OptimiserRun
from lib.papers.nst.transfer import Scene
from lib.papers.study import Study
from lib.search import record, runs
from lib.search.record import Record

SIDE = 32


@pytest.fixture(scope="module")
def scene(weights):
    photo, painting = (pictures.picture(name, side=SIDE) for name in ("astronaut", "pixels"))
    return Scene.of("paper", "vgg16", photo, painting)


def metrics(scene, optimiser, scale, *, lr=0.01, eps=0.0, evaluations=4, references=None):
    one = OptimiserRun(optimiser, lr, eps, 0.0, scale, evaluations)
    ((row, _),) = optimisers._row(0, scene, one, SIDE, {} if references is None else references)
    return row["metrics"]


def test_the_plan_runs_every_optimiser_at_every_scale_and_once_with_tv(tiny):
    plan = optimisers.plan(tiny())
    assert len(set(plan)) == len(plan)
    for scale in optimisers.SCALES:
        names = [(one.optimiser, one.eps) for one in plan if one.scale == scale and one.tv_weight == 0 and
                 not one.optimiser.startswith("lbfgs") and one.lr in (0.01, 1e-3)]  # fmt: skip
        assert set(names) == {("adam", 1e-8), ("adam", 0.1), ("adam-scaled-eps", 0.1), ("sgd", 0.0)}
    assert {one.scale for one in plan if one.optimiser == "lbfgs"} == set(optimisers.LBFGS_SCALES)
    with_tv = [one for one in plan if one.tv_weight]
    assert {one.optimiser for one in with_tv} == {"adam", "sgd", "lbfgs", "lbfgs-wolfe"}
    assert {(one.tv_weight, one.scale) for one in with_tv} == {(30.0, 1.0)}
    assert {one.evaluations for one in plan} == {3}


@pytest.mark.parametrize("optimiser", ["adam", "sgd", "lbfgs"])
def test_a_run_is_its_own_reference_at_scale_one(scene, optimiser):
    found = metrics(scene, optimiser, 1.0, eps=0.1)
    assert found["difference"] == 0
    assert found["identical"] == 1
    assert found["moved"] > 0


def test_adam_with_epsilon_scaled_along_gives_the_same_picture_bit_for_bit(scene):
    assert metrics(scene, "adam-scaled-eps", 64.0, eps=0.1)["identical"] == 1
    assert metrics(scene, "adam-scaled-eps", 100.0, eps=0.1)["difference"] < 1e-3


def test_adam_with_a_large_epsilon_sees_a_tiny_loss(scene):
    references = {}
    usual = metrics(scene, "adam", 1.0, eps=0.1, references=references)
    tiny = metrics(scene, "adam", 1e-6, eps=0.1, references=references)
    assert tiny["moved"] < 0.5 * usual["moved"]
    assert tiny["identical"] == 0


def test_gradient_descent_moves_in_proportion_to_the_scale(scene):
    references = {}
    moved = {k: metrics(scene, "sgd", k, lr=1e-3, evaluations=2, references=references)["moved"] for k in (1.0, 0.01)}
    assert moved[0.01] / moved[1.0] == pytest.approx(0.01, rel=0.05)


def test_gradient_descents_rate_is_the_size_of_its_first_step(scene):
    hyper = optimisers.hyperparameters(scene, OptimiserRun("sgd", 1e-3, 0.0, 0.0, 1.0, 2), SIDE)
    assert float(hyper.lr * optimisers._gradient_rms(scene, hyper)) == pytest.approx(1e-3, rel=1e-4)


def test_lbfgs_does_not_see_the_scale(scene):
    references = {}
    found = {k: metrics(scene, "lbfgs", k, lr=1.0, references=references) for k in (1.0, 1e-9)}
    assert found[1e-9]["final_loss"] == pytest.approx(found[1.0]["final_loss"], rel=0.05)
    assert found[1e-9]["moved"] > 0


def test_weights_are_converted_to_the_size(scene):
    hyper = optimisers.hyperparameters(scene, OptimiserRun("adam", 0.01, 0.1, 30.0, 2.0, 2), SIDE)
    values = {name: value.item() for name, value in vars(hyper).items()}
    assert values == pytest.approx({"lr": 0.01, "style": 2e-3, "content": 10.0, "tv": 30 * 256 * 2, "eps": 0.1 * 256})


@pytest.fixture
def short_plan(monkeypatch):
    """Five runs instead of forty; the reference of the third and fourth stands before them."""
    plan = [OptimiserRun("sgd", 1e-3, 0.0, 0.0, 1.0, 3), OptimiserRun("lbfgs", 1.0, 0.0, 0.0, 1.0, 3),
            OptimiserRun("sgd", 1e-3, 0.0, 0.0, 64.0, 3), OptimiserRun("lbfgs", 1.0, 0.0, 0.0, 1e-2, 3),
            OptimiserRun("adam", 0.01, 0.1, 30.0, 1.0, 3)]  # fmt: skip
    monkeypatch.setattr(optimisers, "plan", lambda settings: plan)
    return plan


def test_a_resumed_part_equals_an_uninterrupted_one(tiny, slim, monkeypatch, short_plan):
    monkeypatch.setattr(transfer, "encoder_for", slim)
    study = Study("nst", "custom")
    optimisers.compute(study, tiny())
    (whole,) = runs.run_folders()
    expected = record.read(whole / "record.jsonl")[1]
    assert [row["config"] for row in expected] == [asdict(one) for one in short_plan]
    append = Record.append
    fresh = Study("nst", "custom", fresh=True)
    with monkeypatch.context() as patch:
        patch.setattr(Record, "append", lambda self, row: append(self, row) if row["k"] < 2 else spent())
        with pytest.raises(runs.OutOfTime):
            optimisers.compute(fresh, tiny())
    assert len(record.read(whole / "record.jsonl")[1]) == 2
    optimisers.compute(fresh, tiny())
    rows = record.read(whole / "record.jsonl")[1]
    assert record.differences(rows, expected) == []
    assert [row["curves"] for row in rows] == [row["curves"] for row in expected]
    assert study.frame("optimisers")["final_loss"].tolist() == [row["metrics"]["final_loss"] for row in expected]


def spent():
    raise runs.OutOfTime("spent")


def test_a_run_that_diverges_is_stored_as_failed(tiny, slim, monkeypatch, short_plan):
    original = optimisers.descend

    def descend(scene, one, side):
        result = original(scene, one, side)
        if one.optimiser == "adam":
            result.images.fill_(math.nan)
            result.losses["style"][-1] = torch.nan
        return result

    monkeypatch.setattr(transfer, "encoder_for", slim)
    monkeypatch.setattr(optimisers, "descend", descend)
    study = Study("nst", "custom")
    optimisers.compute(study, tiny())
    assert study.frame("optimisers")["moved"].notna().tolist() == [True] * 4
    assert ["score is nan" in reason for reason in study.failures("optimisers")] == [True]
