"""The figures, drawn from synthetic records: what is on them, and what they leave out."""

import re

import pytest

from lib.papers.nasdip import figures
from lib.papers.study import Study
from tests.reference import nasdip_world as world
from tests.reference.stored_study import drawn, texts


@pytest.fixture(scope="module")
def study(stored_folder):
    """Every figure drawn."""
    return drawn("nasdip", stored_folder, figures.PRODUCTS)


def test_every_figure_of_the_paper_is_drawn(study):
    names = {"fig1", "fig2", "fig3", "fig4", "fig5a", "fig5b", "fig6", "fig7", "fig8", "fig8_samples"}
    assert names <= set(study.drawn)
    assert set(study.missing) == {"fig6_results"}  # the swept rows may not be shown


def test_figure_1_shows_denoising_above_inpainting_and_only_what_may_be_shown(study):
    found = texts(study.drawn["fig1"])
    assert found.index("Astronaut: denoising") < found.index("Chelsea: inpainting")
    assert {"input", "DIP, matched", "NAS-DIP (oracle fitness), fresh seed", "truth"} <= set(found)
    assert not any("Plane" in text or "rights" in text for text in found)
    assert any("dB" in text and "LPIPS" in text for text in found)


def test_figure_4_has_the_papers_panels_with_the_classical_line(study):
    found = texts(study.drawn["fig4"])
    for row in ("Vase", "Plane", "Zebra 4x"):
        assert any(text.startswith(f"{row}: best") for text in found)
    assert {"NAS-DIP", "random search", "Sym NAS-DIP", "NAS-DIP-T", "DIP, matched"} <= set(found)


def test_a_series_of_figure_4_has_one_colour_in_all_panels(study):
    colours = {}
    for ax in study.drawn["fig4"].axes:
        for line in ax.get_lines():
            colours.setdefault(line.get_label(), set()).add(line.get_color())
    assert all(len(colours[name]) == 1 for name in figures.SERIES.values())


def test_random_search_is_drawn_where_it_had_as_many_trainings_as_its_twin(study):
    curves = figures.curves(study, "vase").query("seed == 0").set_index(["series", "generation"])
    assert curves.loc[("random search", 0), "fmax"] == curves.loc[("NAS-DIP", 0), "fmax"]
    assert (curves.loc["random search", "trainings"] == curves.loc["NAS-DIP", "trainings"]).all()


def test_figure_5_embeds_a_population_by_its_bits_and_by_its_networks(study):
    found = texts(study.drawn["fig5a"])
    assert {"t-SNE of bits", "t-SNE of canonical bits", "fitness"} <= set(found)
    assert {"Zebra 4x: classical", "best found"} <= set(texts(study.drawn["fig5b"]))


def test_figure_6_compares_the_four_rates(study):
    assert {"rate 0.01", "rate 0.02", "rate 0.05", "rate 0.1"} <= set(texts(study.drawn["fig6"]))


def test_one_fresh_seed_gives_no_spread_and_two_do(study, monkeypatch):
    assert re.fullmatch(r" ±\d\.\d{3}", figures.noise(study, "vase"))
    once = study.frame("rescored").query("repeat == 0")
    monkeypatch.setattr(study, "frame", lambda part: once)
    assert figures.noise(study, "vase") == ""


def test_an_empty_cell_says_that_it_was_not_computed(study, monkeypatch):
    shown = {key: row for key, row in figures.album(study).items() if key[1] != "dip_matched"}
    monkeypatch.setattr(figures, "album", lambda study: shown)
    found = texts(figures.fig1(study))
    assert figures.ABSENT in found
    assert figures.RIGHTS not in found


def test_figure_7_names_its_substitutes(study):
    expected = {"Telea", "Navier-Stokes", "biharmonic", "NAS-DIP (oracle fitness), fresh seed"}
    assert expected <= set(texts(study.drawn["fig7"]))


@pytest.mark.parametrize("name", ["fig1", "fig3", "fig4", "fig6", "fig7"])
def test_a_figure_of_searches_by_the_truth_says_that_it_is_an_oracle(study, name):
    assert any("oracle" in text for text in texts(study.drawn[name]))


def test_figure_8_tells_the_media_apart(study):
    assert set(world.MEDIA) <= set(texts(study.drawn["fig8"]))
    assert set(world.MEDIA) <= set(texts(study.drawn["fig8_samples"]))


def test_without_records_nothing_is_drawn(tmp_path):
    study = Study("nasdip", "desk", folder=tmp_path)
    assert [product(study) for product in figures.PRODUCTS] == [None] * len(figures.PRODUCTS)
    assert "artworks" in study.missing["fig8"]


def test_pictures_that_may_not_be_shown_are_nowhere(study):
    shown = figures.album(study)
    assert {row for row, _ in shown if "/" not in row} == {"astronaut", "chelsea"}
