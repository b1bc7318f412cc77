"""What a run would cost: operations as specified, and plans that follow the settings without opening a picture."""

import dataclasses

import pytest
import yaml

from lib.papers.cycleganas import experiments, planning
from lib.papers.cycleganas.settings import Settings
from lib.paths import notebooks_dir


@pytest.fixture
def settings():
    """The desk settings on a small supernetwork."""
    text = (notebooks_dir() / "profiles" / "desk" / "05_cycleganas.yaml").read_text()
    return Settings.pick({**yaml.safe_load(text), "blocks": 1, "search_width": 2, "search_ndf": 2})


def by_part(settings):
    return {row["part"]: row for row in planning.plan(settings)}


@pytest.mark.parametrize(
    ("side", "H", "blocks", "ndf", "golden"),
    [(256, 64, 9, 64, 942_276_083_712), (256, 32, 9, 64, 278_879_797_248), (128, 64, 9, 64, 235_053_514_752),
     (128, 32, 9, 64, 69_204_443_136), (64, 16, 2, 16, 1_549_664_256), (64, 8, 2, 16, 611_844_096)],
)  # fmt: skip
def test_a_training_step_takes_the_specified_operations(side, H, blocks, ndf, golden):
    assert planning.step(*planning.trained(blocks, H, ndf, side)) == golden


@pytest.mark.parametrize(
    ("form", "side", "widths", "golden"),
    [("plain", 64, (2, 4, 4), 897_785_856), ("merged9", 64, (2, 4, 4), 634_134_528),
     ("plain", 64, (3, 8, 4), 4_282_785_792), ("merged9", 64, (3, 8, 4), 2_982_223_872),
     ("merged9", 128, (9, 8, 16), 32_404_176_896)],
)  # fmt: skip
def test_a_search_step_takes_the_specified_operations_but_for_smaller_decode_layers(form, side, widths, golden):
    generator, discriminator = planning.searched(*widths, preset="paper", form=form, side=side)
    # the specification counts 17 taps a decode layer: 1x1 convolutions on enlarged maps, and no 3x3 kernel for two
    taps = {"plain": 11, "merged9": 10}[form]
    spared = (17 - taps) * side**2 * widths[1] ** 2
    assert planning.step(generator + spared, discriminator) == golden


def test_leaving_the_dilated_5x5_alone_takes_fewer_operations():
    networks = [planning.searched(2, 4, 4, preset="paper", form=form, side=64) for form in ("merged9", "merged7")]
    assert all(merged7 < merged9 for merged9, merged7 in zip(*networks, strict=True))


def test_every_part_is_planned_with_its_rows(settings):
    plan = by_part(settings)
    assert list(plan) == list(experiments.PARTS)
    for part in experiments.TRAININGS:
        assert plan[part]["rows"] == len(experiments.trainings(settings, part))
    # two sets of OF, two more seeds, three more schemes; C, what seven minus one searches of facades found, randoms
    assert {part: plan[part]["rows"] for part in ("domains", "search", "ranks")} == {
        "domains": 4, "search": 7 * settings.chunks, "ranks": 1 + 6 + 3}  # fmt: skip
    assert all(row["flops"] > 0 and row["memory"] > 0 for row in plan.values())


def test_two_steps_on_all_data_cost_twice_one_step_and_on_halves_the_same(settings):
    of = experiments.Search("facades", "OF", 0)
    costs = {scheme: planning._search(settings, dataclasses.replace(of, scheme=scheme)) for scheme in settings.schemes}
    assert costs["TF"] == 2 * costs["OF"]
    assert costs["TH"] == costs["THS"] == costs["OF"]


def test_epochs_count_the_pictures_of_the_larger_domain(settings):
    by_steps = by_part(dataclasses.replace(settings, train_steps=300 * 7))["widths"]["flops"]
    by_epochs = by_part(dataclasses.replace(settings, train_steps=0, train_epochs=7))["widths"]["flops"]
    assert by_epochs == by_steps  # facades has 300


def test_more_steps_cost_more_where_they_are_made(settings):
    few, many = by_part(settings), by_part(dataclasses.replace(settings, search_steps=2 * settings.search_steps))
    assert many["search"]["flops"] == 2 * few["search"]["flops"]
    assert many["matched"]["flops"] == few["matched"]["flops"]


def test_an_own_folder_is_counted_and_wide_networks_need_more_memory(settings, tmp_path):
    for part, count in {"trainA": 3, "trainB": 5, "testA": 2, "testB": 1}.items():
        (tmp_path / part).mkdir()
        for i in range(count):
            (tmp_path / part / f"{i}.png").touch()
    assert planning._sizes(str(tmp_path)) == (5, 3)
    wide = dataclasses.replace(settings, widths=[128])
    assert planning._memory(wide) > 3 * planning._memory(settings)


def test_sets_that_are_not_here_are_planned_for_all_the_same(settings):
    sets = {name: ["horse2zebra"] for name in ("data", "scheme_data", "width_data", "control_data")}
    plan = by_part(dataclasses.replace(settings, **sets, train_steps=0))
    assert plan["matched"]["data"] == ["horse2zebra"]
    assert plan["matched"]["flops"] > 0
