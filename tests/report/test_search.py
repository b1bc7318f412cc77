import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from scipy import stats

from lib.report import search


@pytest.fixture
def curves() -> pd.DataFrame:
    """Three seeds of two methods on two pictures; the last seed stops after two of four generations."""
    rows = [
        (row, method, seed, step, 0.5 + 0.1 * step + 0.01 * seed + 0.2 * (method == "ours"))
        for row in ("Vase", "Plane") for method in ("ours", "random search") for seed in range(3)
        for step in range(2 if seed == 2 else 4)
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["row", "method", "seed", "generation", "fmax"])


def legend(fig: Figure) -> list[str]:
    boxes = [*fig.legends, *(ax.get_legend() for ax in fig.axes)]
    return [text.get_text() for box in boxes if box for text in box.get_texts()]


def test_seeds_are_averaged_and_one_that_stopped_keeps_its_last_value(curves: pd.DataFrame) -> None:
    part = curves[(curves["row"] == "Vase") & (curves["method"] == "ours")]
    found = search.over_seeds(part, "generation", "fmax", "method").set_index("generation")
    assert found["n"].tolist() == [3] * 4
    assert found.loc[3, "fmax"] == pytest.approx(np.mean([1.0, 1.01, 0.82]))
    assert (found.loc[3, "low"], found.loc[3, "high"]) == (pytest.approx(0.82), pytest.approx(1.01))


def test_the_band_is_the_range_of_few_seeds_and_the_interval_of_five(curves: pd.DataFrame) -> None:
    few = search.over_seeds(curves, "generation", "fmax", "row", band="auto")
    assert few["low"].equals(search.over_seeds(curves, "generation", "fmax", "row")["low"])
    many = pd.DataFrame({"step": 0, "seed": range(5), "score": [1.0, 2.0, 4.0, 3.0, 9.0], "searcher": "a"})
    found = search.over_seeds(many, "step", "score", "searcher", band="auto").iloc[0]
    theirs = stats.t.interval(0.95, 4, many["score"].mean(), stats.sem(many["score"]))
    assert (found["low"], found["high"]) == pytest.approx(theirs)
    alone = search.over_seeds(many[:1], "step", "score", "searcher", band="auto").iloc[0]
    assert np.isnan([alone["low"], alone["high"]]).all()


def test_a_method_keeps_its_colour_in_a_panel_that_lacks_another(curves: pd.DataFrame) -> None:
    lacking = curves[(curves["row"] == "Vase") | (curves["method"] == "random search")]
    first, second = search.convergence(lacking, "generation", "fmax", "method", panel="row").axes
    colours = [{line.get_label(): line.get_color() for line in ax.lines} for ax in (first, second)]
    assert colours[0]["random search"] == colours[1]["random search"] != colours[0]["ours"]


def test_convergence_has_a_panel_a_picture_a_line_a_method_and_each_panel_s_baseline(curves: pd.DataFrame) -> None:
    fig = search.convergence(curves, "generation", "fmax", "method", panel="row", ylabel="best fitness",
                             baselines={"Vase": {"DIP": 0.7}, "Plane": {"DIP": 0.6, "bicubic": 0.4}})  # fmt: skip
    first, second = fig.axes
    assert [ax.get_title() for ax in fig.axes] == ["Vase", "Plane"]
    assert (first.get_ylabel(), second.get_ylabel()) == ("best fitness", "")
    assert first.get_xlabel() == "generation"
    assert [len(ax.collections) for ax in fig.axes] == [2, 2]
    assert [text.get_text() for text in second.texts] == ["DIP", "bicubic"]
    assert legend(fig) == ["ours", "random search"]
    drawn = {line.get_label(): line.get_ydata() for line in first.lines}
    assert drawn["ours"][0] == pytest.approx(0.71)


def test_lines_that_coincide_are_told_apart_and_whole_steps_have_whole_ticks(curves: pd.DataFrame) -> None:
    fig = search.convergence(curves, "generation", "fmax", "method", panel="row", dashes=True, note="a line is a mean")
    first = fig.axes[0]
    assert len({line.get_linestyle() for line in first.lines}) == 2
    assert all(tick == round(tick) for tick in first.get_xticks())
    assert fig.legends[0].get_title().get_text() == "a line is a mean"


def test_points_of_one_place_stand_beside_each_other() -> None:
    points = pd.DataFrame({"x": [0.0, 0.0, 1.0], "y": [0.0, 0.0, 1.0], "medium": ["oil", "ink", "oil"]})
    fig = search.embedding(points.assign(count=1, of="all"), by="medium", panel="of")
    drawn = np.concatenate([dots.get_offsets() for dots in fig.axes[0].collections])
    assert len(np.unique(drawn, axis=0)) == 3
    assert [1.0, 1.0] in drawn.tolist()
    assert np.abs(drawn).min(axis=1).max() <= 1.0


def test_measured_noise_is_drawn_about_the_line(curves: pd.DataFrame) -> None:
    part = curves[(curves["row"] == "Vase") & (curves["method"] == "ours")]
    fig = search.convergence(part, "generation", "fmax", "method", panel="row", noise={"Vase": 0.05})
    dotted = [line.get_ydata() for line in fig.axes[0].lines if line.get_linestyle() == ":" and len(line.get_ydata())]
    assert dotted[1] - dotted[0] == pytest.approx(np.full(4, 0.1))
    assert "± noise of a repeat (1 s.d.)" in legend(fig)


def test_the_distance_of_a_population_is_shown_with_the_neutral_control() -> None:
    frame = pd.DataFrame({"seed": [0, 0, 1, 1], "evaluations": [16, 32, 16, 32], "distance": [80.0, 40, 84, 44],
                          "searcher": "a", "told": "its scores"})  # fmt: skip
    control = frame.assign(distance=85.0)
    fig = search.convergence(frame, "evaluations", "distance", "told", panel="searcher", control=control)
    grey = next(line for line in fig.axes[0].lines if line.get_label() == "control: random fitness")
    assert list(grey.get_ydata()) == [85, 85]


def test_an_embedding_shades_by_number_and_sizes_by_count_over_two_seeds() -> None:
    frame = pd.DataFrame({"x": [0.0, 1, 2, 3], "y": [0.0, 1, 0, 1], "fitness": [0.1, 0.2, 0.3, 0.4],
                          "count": [1, 3, 1, 1], "seed": [0, 0, 1, 1]})  # fmt: skip
    fig = search.embedding(frame, colour="fitness", panel="seed")
    first, second, bar = fig.axes
    assert (first.get_title(), second.get_title(), bar.get_ylabel()) == ("seed 0", "seed 1", "fitness")
    assert first.collections[0].get_sizes().tolist() == [12, 36]
    assert first.collections[0].norm is second.collections[0].norm
    assert not len(first.get_xticks())
    assert "equal genomes" in first.get_xlabel()


def test_an_embedding_by_category_has_a_marker_each() -> None:
    frame = pd.DataFrame({"x": range(6), "y": range(6), "medium": list("aabbcc"), "count": 1, "of": "all"})
    fig = search.embedding(frame, by="medium", panel="of")
    assert legend(fig) == ["a", "b", "c"]
    assert len(fig.axes) == 1
    assert len(fig.axes[0].collections) == 3


def test_utilisation_has_a_panel_a_way_to_tell_and_a_line_a_window() -> None:
    rows = [(slots, window, tells, 1 / slots) for tells in ("ordered", "unordered") for window in (1.0, 2.0) for slots in (1, 10, 100)]  # fmt: skip # noqa: E501
    fig = search.utilisation(pd.DataFrame(rows, columns=["slots", "window", "tells", "utilisation"]))
    assert [ax.get_title() for ax in fig.axes] == ["ordered", "unordered"]
    assert fig.axes[0].get_xscale() == "log"
    assert legend(fig) == ["window 1× the slots", "window 2× the slots"]
    assert [line.get_ydata().tolist() for line in fig.axes[0].lines] == [[1, 0.1, 0.01]] * 2


def test_panels_beyond_a_row_continue_below(curves: pd.DataFrame) -> None:
    many = pd.concat([curves.assign(row=f"{name} {row}") for name in "ab" for row in "xy"])
    fig = search.convergence(many, "generation", "fmax", "method", panel="row")
    assert len(fig.axes) == 4
    assert [bool(ax.get_ylabel()) for ax in fig.axes] == [True, False, False, True]
