"""What is computed under which name: identities, rungs, places of genomes, and what a bad setting says."""

import dataclasses
import json
import math

import pytest
import yaml

from lib.papers.autogan import computing, experiments, records
from lib.papers.autogan.computing import Task, _chunk
from lib.papers.autogan.experiments import FIXTURES, SPACE
from lib.papers.autogan.scores import splits
from lib.papers.autogan.settings import VARIANTS, Settings
from lib.papers.study import Study
from lib.paths import notebooks_dir
from lib.search.workers import Outcome
from lib.spaces.autogan import NAMED

DESK = yaml.safe_load((notebooks_dir() / "profiles" / "desk" / "04_autogan.yaml").read_text())


@pytest.fixture
def settings():
    """The desk settings on bundled patches, which are always there."""
    changed = {"data": "patches", "transfer_data": "patches", "pictures": 64, "features": "task", "device": "cpu"}
    return Settings.pick({**DESK, **changed})


def searched(settings):
    return computing._identity(settings, experiments.searches(settings, "mlas")[0])


def test_a_search_does_not_depend_on_final_pictures_or_workers_but_on_its_reward(settings):
    more = {"images": 9000, "features": "auto", "workers": "processes:2"}
    large = dataclasses.replace(settings, images=6000)
    assert searched(dataclasses.replace(large, **more)) == searched(large)
    assert searched(dataclasses.replace(settings, reward_images=400)) != searched(settings)
    assert searched(dataclasses.replace(settings, stages=[4, 6, 5])) != searched(settings)


def test_an_identity_is_plain_json_and_names_no_device(settings):
    text = json.dumps(searched(settings))
    assert json.loads(text) == searched(settings)
    assert "device" not in text


def test_how_often_a_training_is_scored_is_part_of_its_task(settings):
    genome = SPACE.named("a")
    assert repr(Task(settings, "a", genome, 1200, chunk=200)) != repr(Task(settings, "a", genome, 1200, chunk=400))
    assert "processes" not in repr(Task(dataclasses.replace(settings, workers="processes:2"), "a", genome, 1200))


@pytest.mark.parametrize(("steps", "chunk"), [(1200, 200), (50_000, 1000), (4692, 782), (4, 1), (14, 7), (9973, 9973)])
def test_a_training_is_scored_in_equal_chunks(steps, chunk):
    assert _chunk(steps) == chunk


def test_each_rung_keeps_one_in_eta(settings):
    assert experiments.rungs(settings) == [(8, 200), (2, 800)]
    assert experiments.rungs(dataclasses.replace(settings, rses_steps=[10, 20, 40])) == [(32, 10), (8, 20), (2, 40)]


def test_a_random_search_in_which_every_genome_fails_ends_after_its_first_rung(settings, monkeypatch):
    monkeypatch.setattr(computing, "rung_score", lambda *_: Outcome(math.inf, reason="loss is nan"))
    study = Study("autogan", "custom")
    computing.rses(study, settings, "rses")
    assert len(study.failures("rses")) == 8
    assert records.survivor(study) == ""


def test_a_network_is_trained_with_a_seed_each_time_it_is_named(settings, monkeypatch):
    found = []
    monkeypatch.setattr(computing.rows, "compute", lambda study, part, jobs, *_, **__: found.extend(jobs))
    computing.derived(None, dataclasses.replace(settings, derived=["a", "a", "b", "a"]), "derived")
    assert [(job.k, job.repeat, job.task.repeat, job.config["name"]) for job in found] == [
        (0, 0, 0, "a"), (0, 1, 1, "a"), (0, 2, 2, "a"), (1, 0, 0, "b")]  # fmt: skip


def test_a_network_whose_search_kept_no_such_genome_is_named_as_missing(settings, study, monkeypatch):
    monkeypatch.setattr(computing, "finished", lambda *_: (None, [SPACE.named("b")]))
    found = computing.networks_of(study, dataclasses.replace(settings, derived=["a", "top1", "top2", "rses"]))
    best = study.frame("rses").query("rung == 2")["text"].item()
    assert found == {"a": NAMED["a"], "top1": NAMED["b"], "rses": best}
    assert list(study.missing) == ["top2"]


def test_the_fixtures_hold_every_value_of_every_token():
    genomes = [SPACE.parse(text) for text in FIXTURES]
    for place, gene in enumerate(SPACE.genes):
        assert {genome[place] for genome in genomes} == set(range(len(gene.choices))), gene.name


def test_variants_change_what_they_are_called_after(settings):
    usual, other = (
        experiments.plan(chosen, experiments.searches(chosen, "mlas")[0])
        for chosen in (settings, dataclasses.replace(settings, variants=list(VARIANTS)))
    )
    assert (usual.memo, usual.order, usual.official_entropy, usual.nan) == (True, "code", False, "reset")
    assert (other.memo, other.order, other.official_entropy, other.nan) == (False, "paper", True, "stop")
    chosen = dataclasses.replace(settings, variants=list(VARIANTS))
    assert experiments.plan(chosen, experiments.searches(chosen, "slas")[0]).order == "code"
    gans = [computing.gan_settings(one, derived=True) for one in (settings, chosen)]
    assert [(gan.skip_out, gan.precision) for gan in gans] == [("pre_sum", "float32"), ("post_sum", "bfloat16")]


@pytest.mark.parametrize(("images", "count"), [(100, 1), (300, 1), (1000, 5), (5000, 10), (50_000, 10)])
def test_an_inception_score_has_ten_splits_unless_they_would_be_small(images, count):
    assert splits(images) == count


@pytest.mark.parametrize(("steps", "decay"), [(14, 1 / 7), (1200, 0.99), (50_000, 0.999), (5, 0)])
def test_the_averaged_weights_forget_the_first_ones(settings, steps, decay):
    assert dataclasses.replace(settings, derived_steps=[steps, 600, 400]).ema == pytest.approx(decay)


def test_names_of_found_genomes_say_where_they_come_from():
    assert experiments.found_by("top2") == ("mlas", 0, 1)
    assert experiments.found_by("top1-2") == ("mlas", 2, 0)
    assert experiments.found_by("rsws") == ("rsws", 0, 0)
    assert experiments.found_by("a") is None


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"derived": ["top1-7"]}, "derived names 'top1-7', but there are 3 searches of mlas"),
        ({"derived": ["d"]}, "d"),
        ({"derived": []}, "derived is empty; give at least one network"),
        ({"stages": [5, 0, 5]}, "stages is 0; allowed are 1 to"),
        ({"controller_steps": [1, 2]}, r"controller_steps is \[1, 2\]; 3 numbers are needed"),
        ({"beams": [10, 11]}, r"beams is \[10, 11\]; at most all"),
        ({"rses_steps": [200, 300]}, "multiples of the first"),
        ({"side": 24}, "side is 24"),
        ({"reward": "vgg"}, "reward is 'vgg'"),
        ({"variants": ["ignore_nan"]}, "variants is 'ignore_nan'; allowed are no_memo"),
    ],
)
def test_a_bad_setting_is_named_with_what_is_allowed(changed, message):
    with pytest.raises(ValueError, match=message):
        experiments.check_names(Settings.pick({**DESK, **changed}))


def test_a_plan_counts_every_part_and_more_steps_cost_more(settings):
    from lib.papers.autogan import planning

    plans = [planning.plan(dataclasses.replace(settings, derived_steps=[steps, 600, 400])) for steps in (1200, 2400)]
    assert [row["part"] for row in plans[0]] == list(experiments.PARTS)
    by_part = [{row["part"]: row["flops"] for row in plan} for plan in plans]
    assert by_part[1]["derived"] > 1.9 * by_part[0]["derived"]
    assert by_part[1]["mlas"] == by_part[0]["mlas"] > 0
