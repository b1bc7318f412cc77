"""What is computed under which name: identities, rungs, places of genomes, and what a bad setting says."""

import dataclasses
import json

import pytest
import yaml

from lib.papers.autogan import computing, experiments
from lib.papers.autogan.computing import Task, _chunk
from lib.papers.autogan.experiments import FIXTURES, SPACE
from lib.papers.autogan.settings import Settings
from lib.paths import notebooks_dir

DESK = yaml.safe_load((notebooks_dir() / "profiles" / "desk" / "04_autogan.yaml").read_text())


@pytest.fixture
def settings():
    """The desk settings on bundled patches, which are always there."""
    changed = {"data": "patches", "transfer_data": "patches", "pictures": 64, "features": "task", "device": "cpu"}
    return Settings.pick({**DESK, **changed})


def searched(settings):
    return computing._identity(settings, experiments.searches(settings, "mlas")[0])


def test_a_search_does_not_depend_on_final_pictures_or_workers_but_on_its_reward(settings):
    assert searched(dataclasses.replace(settings, images=500, splits=2, workers="processes:2")) == searched(settings)
    assert searched(dataclasses.replace(settings, classifier_epochs=2)) != searched(settings)
    assert searched(dataclasses.replace(settings, growth=[4, 10])) != searched(settings)


def test_an_identity_is_plain_json_and_names_no_device(settings):
    text = json.dumps(searched(settings))
    assert json.loads(text) == searched(settings)
    assert "device" not in text


def test_how_often_a_training_is_scored_is_part_of_its_task(settings):
    genome = SPACE.named("a")
    tasks = [Task(dataclasses.replace(settings, derived_scored=scored), "a", genome, 1200) for scored in (200, 400)]
    assert repr(tasks[0]) != repr(tasks[1])
    assert "processes" not in repr(Task(dataclasses.replace(settings, workers="processes:2"), "a", genome, 1200))


@pytest.mark.parametrize(
    ("steps", "most", "chunk"), [(1200, 200, 200), (4692, 1000, 782), (30, 200, 30), (9973, 1000, 9973)]
)
def test_a_training_is_scored_in_equal_chunks(steps, most, chunk):
    assert _chunk(steps, most) == chunk


def test_each_rung_keeps_one_in_eta(settings):
    assert experiments.rungs(settings) == [(8, 200), (2, 800)]
    assert experiments.rungs(dataclasses.replace(settings, rses_genomes=0)) == []


def test_the_fixtures_hold_every_value_of_every_token():
    genomes = [SPACE.parse(text) for text in FIXTURES]
    for place, gene in enumerate(SPACE.genes):
        assert {genome[place] for genome in genomes} == set(range(len(gene.choices))), gene.name


def test_names_of_found_genomes_say_where_they_come_from():
    assert experiments.found_by("top2") == experiments.Place("mlas", 0, 1)
    assert experiments.found_by("top1-2") == experiments.Place("mlas", 2, 0)
    assert experiments.found_by("rsws") == experiments.Place("rsws", 0, 0)
    assert experiments.found_by("a") is None


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"derived": ["top1-7"]}, "derived names 'top1-7', but there are 3 searches of mlas"),
        ({"derived": ["rses"], "rses_genomes": 0}, "derived names 'rses', but rses_genomes is 0"),
        ({"derived": ["d"]}, "d"),
        ({"growth": [10, 5]}, r"growth is \[10, 5\]"),
        ({"growth": [5, 15]}, r"growth is \[5, 15\]"),
        ({"controller_steps": [1, 2]}, "controller_steps is"),
        ({"kept": 11}, "kept is 11"),
        ({"rses_steps": [200, 300]}, "multiples of the first"),
        ({"images": 9}, "images is 9; two a split are needed"),
        ({"side": 24}, "side is 24"),
        ({"reward": "vgg"}, "reward is 'vgg'"),
        ({"nan": "ignore"}, "nan is 'ignore'"),
    ],
)
def test_a_bad_setting_is_named_with_what_is_allowed(changed, message):
    with pytest.raises(ValueError, match=message):
        experiments.check_names(Settings.pick({**DESK, **changed}))


def test_a_plan_counts_every_part_and_more_steps_cost_more(settings):
    from lib.papers.autogan import planning

    plans = [planning.plan(dataclasses.replace(settings, derived_steps=steps)) for steps in (1200, 2400)]
    assert [row["part"] for row in plans[0]] == list(experiments.PARTS)
    by_part = [{row["part"]: row["flops"] for row in plan} for plan in plans]
    assert by_part[1]["derived"] > 1.9 * by_part[0]["derived"]
    assert by_part[1]["mlas"] == by_part[0]["mlas"] > 0
