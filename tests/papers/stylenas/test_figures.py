"""The figures, drawn from synthetic records: what is on them, and what they leave out."""

import numpy as np
import pandas as pd
import pytest

from lib.papers.stylenas import figures, figures_search, records, tables
from lib.papers.stylenas.figures_search import Stored
from tests.reference import stylenas_world as world
from tests.reference.stored_study import Unsaved, drawn, texts

LOG = pd.DataFrame({"index": range(6), "genome": ["0"] * 3 + ["1"] * 3, "L": [0.2, 0.1, 0.12, 0.09, 0.1, 0.08]})


@pytest.fixture(scope="module")
def study(stored_folder):
    """Every figure drawn, with a log of the authors and few controls by chance."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(records, "REPLICAS", 200)
        patch.setattr(figures_search.log, "read", lambda: LOG)
        return drawn("stylenas", stored_folder, figures.PRODUCTS)


def pictures(figure):
    """The rows of a grid of pictures, each the pixel of every picture in it."""
    places = [
        (round(ax.get_position().y0, 3), tuple(ax.images[0].get_array()[0, 0])) for ax in figure.axes if ax.images
    ]
    return [[pixel for y, pixel in places if y == row] for row in dict.fromkeys(y for y, _ in places)]


def test_every_figure_of_the_paper_is_drawn_and_our_own(study):
    assert set(study.drawn) == {
        "fig1", "fig2", "fig3", "fig4", "fig5a", "fig5b", "fig5c", "fig5d", "fig6", "extra_bits", "extra_pareto",
        "extra_ablation",
    }  # fmt: skip
    assert set(study.hidden) == {"fig4", "fig6"}


def test_figure_1_names_the_number_of_operators_that_a_search_really_found(study):
    bits = {name: text.count("1") for name, text in records.genomes(study).items()}
    assert {f"{name}: {bits[name]} operators" for name in ("S5", "S7", "S9")} <= set(texts(study.drawn["fig1"]))


def test_figure_2_has_measured_seconds_under_the_networks_and_none_under_the_photos(study):
    found = texts(study.drawn["fig2"])
    seconds = study.frame("timing").query("width == 256").set_index("name")["seconds_median"]
    captions = [text for text in found if text.endswith("at 256x128")]
    assert captions == [f"{seconds[name]:.2f} s at 256x128" for name in ("PhotoWCT", "S5", "S7", "S9")]
    assert {"S5", "S7", "S9"} <= set(found)


def test_the_style_is_inset_in_the_lower_left_of_the_content():
    content, style = np.zeros((30, 60, 3), np.uint8), np.full((30, 60, 3), 99, np.uint8)
    whole = figures._inset(content, style)
    assert (whole[-10:, :20] == 99).all()
    assert (whole[-12:-10, :20] == 255).all()
    assert not whole[:-12].any()
    assert not whole[:, 22:].any()
    assert not content.any()


def test_figure_4_has_three_pairs_by_the_papers_eight_columns_the_printed_s7_and_evolutions_best(study):
    grid = pictures(study.drawn["fig4"])
    assert [len(row) for row in grid] == [10, 10, 10]
    assert len({pixel for row in grid for pixel in row}) == 30
    assert "VGG-16, 32x16" in texts(study.drawn["fig4"])


def test_pictures_that_may_not_be_shown_are_on_private_sheets_alone(study):
    hidden = {tuple(picture[0, 0]) for row in figures.album(study, private=True).values() for picture in row.values()}
    assert len(hidden) == 3 * len(world.experiments.SHOWN)
    for private, sheets in ((False, study.drawn), (True, study.hidden)):
        for figure in sheets.values():
            shown = {tuple(pixel) for row in pictures(figure) for pixel in row if np.ndim(pixel)}
            assert bool(shown & hidden) == private


def test_the_best_so_far_never_rises_and_outlasts_a_failure(stored_study):
    frame = figures_search.curves(records.stored(stored_study))
    evolution = frame.query("series == 'evolution' and seed == 0")["L"].to_numpy()
    assert len(evolution) == world.SETTINGS.evaluations
    assert (np.diff(evolution) <= 0).all()
    assert evolution[-1] == records.stored(stored_study, "evolution")[0].scored["L"].min()


def test_figure_5a_sets_the_three_searches_beside_the_authors_log(study):
    found = texts(study.drawn["fig5a"])
    assert {"evolution", "random search", "stratified random search", "± noise of a repeat (1 s.d.)"} <= set(found)
    assert "651 of 660 scored, VGG-16, 12 pairs at 256x128" in found
    assert "the authors' log of later work: 6 scored" in found


def test_figure_5b_traces_each_search(study):
    titles = [ax.get_title() for ax in study.drawn["fig5b"].axes]
    assert [title for title in titles if title] == [f"search {seed}: 119 of 120 scored" for seed in range(3)]


def test_the_control_has_its_best_as_late_as_the_search(stored_study):
    one = records.stored(stored_study, "evolution")[1]
    control = one.by_chance()
    late = int(one.scored["score"].argmin())
    assert control.distances.shape == (records.REPLICAS, len(one.scored))
    assert (control.distances[:, late] == 0).all()


def test_a_search_that_goes_to_its_best_in_a_straight_line_has_the_lowest_rank_correlation():
    genomes = ["1" * k + "0" * (32 - k) for k in (0, 1, 2, 3, 4, 5)]
    about, scores = {"settings": {"weights": [0.8, 0.1, 0.1]}}, np.arange(6.0)[::-1]
    rows = pd.DataFrame({"k": range(6), "genome": genomes, "score": scores, "E": scores, "P": scores})
    frame, trend = figures_search.distances(Stored("evolution", 0, rows, about), genomes[-1])
    assert frame["distance"].to_list() == [5, 4, 3, 2, 1, 0]
    assert trend == pytest.approx(-1)


def test_the_effects_of_the_bits_are_those_of_the_formula(stored_study):
    frame = figures_search.effects(records.measured(stored_study)).set_index("operator")
    assert len(frame) == 31
    assert frame["value"].is_monotonic_increasing
    for position, (effect, _) in world.surrogate.EFFECTS.items():
        row = frame.loc[f"{figures_search.OPERATORS[position].name} ({position})"]
        assert row["value"] == pytest.approx(effect, abs=0.06)
        assert row["low"] <= row["value"] <= row["high"]


def test_the_compared_networks_are_ringed_among_the_candidates(study):
    names = {tables.labels(study)[name] for name in records.genomes(study)}
    assert names <= set(texts(study.drawn["extra_pareto"]))


def test_the_bars_of_an_operator_sum_to_what_the_objective_gains_without_it(study):
    heights = {}
    for bar in study.drawn["extra_ablation"].axes[0].patches:
        heights.setdefault(round(bar.get_x() + bar.get_width() / 2), []).append(bar.get_height())
    frame = study.frame("ablation")
    gains = frame["L"].iloc[1:] - frame["L"].iloc[0]
    assert [sum(heights[place]) for place in range(len(gains))] == pytest.approx(gains.to_list())


def test_without_records_only_the_space_is_drawn(tmp_path):
    study = Unsaved("stylenas", "desk", folder=tmp_path)
    assert [product(study) for product in figures.PRODUCTS if product is not figures.fig3] == [None] * 11
