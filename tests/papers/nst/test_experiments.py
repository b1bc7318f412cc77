"""The study's plans: which configurations each part holds, how they are batched, what they cost."""

from collections import Counter
from dataclasses import replace

import pytest

from lib.papers.nst import PAPER, experiments, optimisers, plan, presets
from lib.papers.nst.experiments import PARTS, Configuration, batches
from lib.papers.nst.settings import GROUPS, TEXTURE_RATE, TV


@pytest.fixture(scope="module")
def settings(tiny):
    """The shape of the desk profile with bundled pictures."""
    usual = {
        "contents": ["astronaut", "chelsea", "china", "flower", "page"],
        "styles": ["swirl", "gradient", "ink", "hatching", "pixels"], "shown_styles": ["ink"],
        "contrast_styles": ["china"], "side": 128, "steps": 200, "log_every": 20, "batch": 8, "replicates": 3,
        "rates": [1e-4, 0.01, 0.05, 0.06], "small_side": 64, "small_steps": 150,
        "heatmap_rates": [1e-3, 0.1], "heatmap_ratios": [1e-8, 1e-7, 2e-4],
    }  # fmt: skip
    return lambda **changes: tiny(**{**usual, **changes})


def loss_weights(items):
    return [(item.configuration.style_weight, item.configuration.content_weight) for item in items]


@pytest.mark.parametrize(("part", "rows"), [
    ("rates", 2 + 2 * 3),  # the two compared rates have replicates
    ("groups", 2 * 3 + 3 * 3 + 1),  # replicates at the texture rate, and content weight 50
    ("tv", 3 * (3 + 3 + 1 + 1)), ("second", 9), ("grid", 25), ("contrast", 6), ("heatmap", 6), ("presets", 4),
    ("decision", 0),
])  # fmt: skip
def test_a_part_has_as_many_rows_as_its_design_says(settings, part, rows):
    assert len(experiments.plan(settings(), part)) == rows


def test_every_part_is_planned_computed_and_described(settings, weights):
    named = {row["part"]: row for row in plan(settings())}
    assert set(named) == {*PARTS, "pareto_tpe", "pareto_random", "optimisers"} <= set(PAPER.computers)
    for part in PARTS:
        assert named[part]["rows"] == len(experiments.plan(settings(), part))
        assert (named[part]["flops"] > 0) == (part != "decision")
    assert named["pareto_tpe"]["rows"] == 6
    assert named["optimisers"]["rows"] == len(optimisers.plan(settings()))
    assert {"astronaut", "swirl", "china"} <= set(named["grid"]["data"])
    assert "vgg16" in named["grid"]["weights"]


def test_planned_cost_is_the_specifications_for_vgg16(settings, weights):
    (row,) = [row for row in plan(settings(side=128, steps=1)) if row["part"] == "grid"]
    assert row["flops"] / 25 == pytest.approx(21e9, rel=0.03)


@pytest.mark.parametrize("part", PARTS)
def test_no_configuration_stands_twice_in_a_part_and_k_counts_them(settings, part):
    items = experiments.plan(settings(encoder="vgg19"), part)
    first = [item.configuration for item in items if item.repeat == 0]
    assert len(set(first)) == len(first)
    assert [item.k for item in items if item.repeat == 0] == list(range(len(first)))
    assert all(items[i].configuration == first[items[i].k] for i in range(len(items)))


def test_groups_run_at_every_rate_with_the_printed_weights_and_one_sensitivity_run(settings):
    items = experiments.plan(settings(), "groups")
    counts = Counter(loss_weights(items))
    assert counts == {GROUPS["G1"]: 5, GROUPS["G2"]: 5, GROUPS["G3"]: 5, (1e-3, 50.0): 1}
    assert {item.configuration.tv_weight for item in items} == {TV}


def test_the_groups_have_replicates_at_the_rate_of_the_figures(settings):
    items = experiments.plan(settings(), "groups")
    at_rate = [item for item in items if item.configuration.lr == TEXTURE_RATE]
    assert Counter(loss_weights(at_rate)) == {**dict.fromkeys(GROUPS.values(), 3), (1e-3, 50.0): 1}


def test_tv_is_scaled_with_the_weights_switched_off_and_met_by_a_tiny_epsilon(settings):
    items = [item.configuration for item in experiments.plan(settings(replicates=1), "tv")]
    scaled = {c.style_weight: c.tv_weight for c in items if c.eps == 0.1 and c.tv_weight}
    assert scaled == pytest.approx({1e-5: 0.3, 1e-3: 30.0, 1e-1: 3000.0})
    assert scaled[1e-3] == TV
    assert sum(c.tv_weight == 0 for c in items) == 6
    assert {c.tv_weight for c in items if c.eps == 1e-8} == {0.0, TV}


def test_the_grid_crosses_every_style_with_every_content_and_keeps_the_order(settings):
    items = [item.configuration for item in experiments.plan(settings(shown_styles=["ink", "china"]), "grid")]
    assert list(dict.fromkeys(c.style for c in items)) == ["swirl", "gradient", "ink", "hatching", "pixels", "china"]
    assert Counter(c.content for c in items) == dict.fromkeys(settings().contents, 6)
    assert {(c.lr, c.style_weight, c.content_weight) for c in items} == {(0.02, 1e-3, 1e4)}


def test_the_heatmap_crosses_rates_and_ratios_at_the_small_size(settings):
    items = [item.configuration for item in experiments.plan(settings(), "heatmap")]
    assert {(c.side, c.steps) for c in items} == {(64, 150)}
    assert {round(c.style_weight / c.content_weight, 12) for c in items} == {1e-8, 1e-7, 2e-4}


def test_presets_run_published_programs_with_their_own_weights(settings):
    items = {item.configuration.preset: item.configuration for item in experiments.plan(settings(), "presets")}
    assert set(items) == {"paper", "gatys", "multi-scale", "gordic"}
    for name, configuration in items.items():
        assert configuration.content_weight == presets.preset(name).content_weight


def test_a_single_style_leaves_figure_7_out(settings):
    assert experiments.plan(settings(styles=["swirl"]), "second") == []


def test_the_decision_compares_both_readings_only_where_vgg19_is_there(settings):
    assert experiments.plan(settings(), "decision") == []
    items = experiments.plan(settings(encoder="vgg19"), "decision")
    assert Counter(item.configuration.preset for item in items) == {"paper": 6, "reading_b": 6}


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("size", [1, 3, 100])
def test_batches_hold_every_row_once_and_share_a_scene(settings, part, size):
    items = experiments.plan(settings(encoder="vgg19"), part)
    divided = list(batches(items, size))
    assert sorted((i.k, i.repeat) for batch in divided for i in batch) == sorted((i.k, i.repeat) for i in items)
    for batch in divided:
        assert len(batch) <= size
        scenes = {(c.content, c.style, c.side, c.steps, c.preset) for c in (item.configuration for item in batch)}
        assert len(scenes) == 1


def test_batches_are_filled_in_order(settings):
    items = experiments.plan(settings(), "tv")
    assert [len(batch) for batch in batches(items, 5)] == [5, 5, 5, 5, 4]


def test_weights_stated_for_512_pixels_are_scaled_to_the_size_unless_the_program_sums():
    c = Configuration("a", "b", 0.02, 1.0, 1.0, 30.0, 0.1, 128, 10)
    assert c.scale() == 16
    assert replace(c, side=512).scale() == 1
    assert replace(c, preset="reading_b").scale() == 1


def test_pictures_are_listed_once_a_role(settings):
    named = experiments.pictures(settings())
    assert len(named) == len(set(named))
    assert ("content", "china") in named
    assert ("style", "china") in named


def test_an_unknown_preset_names_the_allowed_ones():
    with pytest.raises(
        ValueError, match="preset is 'johnson'; allowed are paper, reading_b, gatys, multi-scale, gordic"
    ):
        presets.preset("johnson")
