"""The checked-in numbers of the paper say what the study's text says about them."""

import numpy as np
import pandas as pd
import pytest

from lib.paths import paper_numbers

PAIR = ["table", "lr", "style_weight", "content_weight"]
G1, G2, G3 = 1e-5, 1e-3, 1e-1  # style weights of the groups


def table(name):
    return pd.read_csv(paper_numbers(f"nst_{name}"))


@pytest.fixture
def printed():
    """Both tables, one row a setting, the two losses as printed."""
    frame = pd.concat([table("table1"), table("table2")])
    return frame.pivot(index=PAIR, columns="metric", values="value").reset_index()


@pytest.fixture
def sweep(printed):
    """The learning-rate sweep of the middle group, over both tables."""
    return printed[printed["style_weight"] == G2].set_index("lr").sort_index()


@pytest.fixture
def read():
    return table("tables_reconstructed")


def test_table_1_holds_the_printed_values():
    losses = table("table1").pivot(index="lr", columns="metric", values="value").sort_index()
    assert losses.index.tolist() == [0.05, 0.06, 0.07, 0.08, 0.09, 0.10]
    assert losses["style_loss"].tolist() == [121042.4, 121758.7, 122625.5, 122270.1, 125227.6, 128796.3]
    assert losses["content_loss"].tolist() == [442938.7, 441330.9, 452391.4, 485189.1, 534438.4, 595586.1]


def test_table_2_holds_nine_settings_at_one_ratio(printed):
    settings = printed[printed["table"] == "table2"]
    assert sorted(zip(settings["style_weight"], settings["lr"], strict=True)) == [
        (group, lr) for group in (G1, G2, G3) for lr in (1e-4, 1e-3, 1e-2)
    ]
    np.testing.assert_allclose(printed["style_weight"] / printed["content_weight"], 2e-4)


def test_falling_loss_has_an_interior_minimum_at_0_06(sweep):
    falling = sweep["content_loss"]
    assert falling.idxmin() == 0.06
    assert falling.loc[:0.06].is_monotonic_decreasing
    assert falling.loc[0.06:].is_monotonic_increasing
    assert falling.loc[0.10] / falling.min() == pytest.approx(1.35, abs=0.005)


def test_flat_loss_hardly_moves(sweep):
    flat = sweep["style_loss"]
    assert (flat.min(), flat.max()) == (109168.7, 136995.4)
    flat = flat.loc[1e-3:]
    assert (flat.max() - flat.min()) / flat.mean() <= 0.3


def test_the_two_losses_do_not_share_their_minimum(sweep):
    flat = sweep["style_loss"]
    assert flat.idxmin() == 1e-4
    assert flat.loc[0.05:].idxmin() == 0.05
    assert (flat.loc[0.05], flat.loc[0.06]) == (121042.4, 121758.7)
    assert flat.loc[0.10] / flat.loc[0.05] - 1 == pytest.approx(0.064, abs=0.0005)


def test_falling_loss_at_0_05_and_0_06_differs_by_less_than_the_noise(sweep):
    assert sweep.loc[0.05, "content_loss"] / sweep.loc[0.06, "content_loss"] - 1 == pytest.approx(0.0036, abs=5e-5)


@pytest.mark.parametrize(
    ("loss", "ratios"),
    [("content_loss", [99.8, 100.3, 98.6]), ("style_loss", [10.7, 12.7, 14.9])],
    ids=["falling", "flat"],
)
def test_largest_group_over_middle_group(printed, loss, ratios):
    groups = printed[printed["table"] == "table2"].pivot(index="lr", columns="style_weight", values=loss)
    np.testing.assert_allclose(groups[G3] / groups[G2], ratios, atol=0.05)


def test_one_row_alone_has_its_losses_in_the_other_order(printed):
    other = printed[printed["style_loss"] > printed["content_loss"]]
    assert other[["style_weight", "lr", "style_loss", "content_loss"]].to_numpy().tolist() == [
        [G1, 1e-4, 416605.1, 58.5]
    ]


def test_reconstruction_covers_every_printed_cell(printed, read):
    weights = {"style_weight_stated": "style_weight", "content_weight_stated": "content_weight"}
    cells = (
        read.rename(columns=weights).pivot(index=PAIR, columns="metric_printed", values="value_weighted").reset_index()
    )
    pd.testing.assert_frame_equal(cells, printed, check_names=False)


@pytest.mark.parametrize("reading", ["a", "b"])
def test_unweighted_values_are_the_printed_ones_over_the_weight(read, reading):
    ours = read["value_weighted"] / read[f"weight_used_reading_{reading}"]
    np.testing.assert_allclose(read[f"value_unweighted_reading_{reading}"], ours, rtol=5e-4)  # kept to four digits


def test_readings_differ_from_the_printed_labels_as_described(read):
    odd_row = (read["group"] == "G1") & (read["lr"] == 1e-4)
    for reading, swapped in (("a", ~odd_row), ("b", odd_row)):
        assert ((read[f"metric_reading_{reading}"] != read["metric_printed"]) == swapped).all()


def test_only_the_flat_loss_of_the_middle_group_needs_another_weight(read):
    doubted = read["doubt"].str.startswith("high")
    assert (doubted == ((read["group"] == "G2") & (read["metric_printed"] == "style_loss"))).all()
    for reading, weight in (("a", 50), ("b", 1e-2)):
        used = read[f"weight_used_reading_{reading}"]
        stated = read["content_weight_stated"].where(
            read[f"metric_reading_{reading}"] == "content_loss", read["style_weight_stated"]
        )
        assert (np.isclose(used, stated) == ~doubted).all()
        assert (used[doubted] == weight).all()


def test_style_loss_under_reading_a_is_the_one_of_the_comparison(read):
    style = read[(read["table"] == "table2") & (read["metric_reading_a"] == "style_loss")]
    values = style.pivot(index="group", columns="lr", values="value_unweighted_reading_a")
    expected = [[4.17e10, 2.43e10, 1.40e10], [1.757e10, 3.41e9, 7.83e8], [1.753e10, 3.42e9, 7.73e8]]
    np.testing.assert_allclose(values, expected, rtol=2e-3)


def test_anchors_hold_the_public_total_losses():
    anchors = table("anchors")
    first_stage = anchors[anchors["setting"].str.startswith("L-BFGS")].set_index("iteration")["value"]
    assert first_stage.loc[[50, 100, 200, 500]].round().tolist() == [1388532, 707861, 469375, 368494]
    assert first_stage.is_monotonic_decreasing


def test_anchors_of_the_tutorial_log_give_the_quoted_unweighted_losses():
    anchors = table("anchors")
    log = anchors[anchors["source"].str.contains("2018")].pivot(index="iteration", columns="metric", values="value")
    style, content = log["weighted_style_loss"] / 1e-2, log["weighted_content_loss"] / 1e3
    assert (style[0], content[0]) == (pytest.approx(4.8e10, rel=0.01), 0)
    assert style[200] == pytest.approx(1.2e8, rel=0.05)
    assert content.loc[200:].agg(["min", "max"]).round().tolist() == [641, 1038]
