"""The figures of translations, genotypes and scores, drawn from made-up records: what is on them and what is not."""

import numpy as np
import pytest

from lib.papers.cycleganas import figures, figures_scores, records
from lib.spaces.cycleganas import cyclegan, parameters
from tests.papers.cycleganas import world
from tests.reference.stored_study import Unsaved, drawn, texts

PRODUCTS = (*figures.PRODUCTS, *figures_scores.PRODUCTS)
PAPERS = {f"fig{n}" for n in range(1, 7)}
OWN = {"extra_genotypes", "extra_generators", "extra_training"}


@pytest.fixture(scope="module")
def shown(stored_folder):
    """The study with every figure drawn."""
    with pytest.MonkeyPatch.context() as patch:
        for name, count in (("PICTURES", 2), ("BESIDE", 1), ("LAST", 2)):  # many pictures are slow
            patch.setattr(figures, name, count)
        return drawn("cycleganas", stored_folder, PRODUCTS)


@pytest.fixture
def unsaved(study):
    """A study of its own, of which a test may change the records."""
    return Unsaved("cycleganas", "desk", folder=study.folder)


def titles(figure):
    return [ax.get_title() for ax in figure.axes]


def crosses(ax, label):
    """Places of the crosses of a series, (2, n)."""
    return np.array(next(line.get_data() for line in ax.lines if line.get_label() == label), float)


def marks(ax, marker):
    """Places of all marks of a kind, (n, 2)."""
    return np.concatenate([np.array(line.get_data()).T for line in ax.lines if line.get_marker() == marker])


def trained(study, **wanted):
    """The trainings with these values."""
    frame = records.trainings(study)
    for name, value in wanted.items():
        frame = frame[frame[name] == value]
    return frame


def without(study, part, *, keep):
    """Write a part's record again with those rows that `keep` returns true of."""
    world.write(study.folder, part, (row for row in world.trained(part) if keep(row["config"])), world.about())


def test_every_figure_is_drawn_and_the_sheet_of_each_set(shown):
    assert set(shown.drawn) == PAPERS | OWN | {"fig_translations", "extra_translations_showable"}
    assert set(shown.hidden) == {"fig_translations", "extra_translations_facades"}
    assert shown.missing == {}


def test_no_panel_is_empty(shown):
    bare = [name for name, figure in shown.drawn.items() for ax in figure.axes
            if not (ax.lines or ax.collections or ax.patches or ax.images or ax.texts)]  # fmt: skip
    assert bare == []


def test_without_records_only_the_diagrams_are_drawn(tmp_path):
    (tmp_path / "records").mkdir()
    study = Unsaved("cycleganas", "desk", folder=tmp_path)
    for product in PRODUCTS:
        product(study)
    assert set(study.drawn) == {"fig1", "fig2"}


def test_a_part_of_which_every_row_failed_is_not_drawn(unsaved):
    world.write(unsaved.folder, "controls", [row | {"score": None, "reason": "diverged"}
                                             for row in world.trained("controls")], world.about())  # fmt: skip
    assert figures_scores.fig6(unsaved) is None
    assert figures_scores.fig5(unsaved) is not None


def test_figure_1_takes_each_picture_there_and_back_and_judges_the_translation():
    diagram = figures.flow()
    labels = {node["id"]: node["label"] for node in diagram["nodes"]}
    ways = {(labels[edge["source"]], labels[edge["target"]]) for edge in diagram["edges"]}
    assert {("G_A", "G_A(a)"), ("G_A(a)", "G_B"), ("G_B", "G_B(G_A(a))"), ("G_A(a)", "D_B"), ("G_B(b)", "D_A")} <= ways
    assert {labels[source] for source, target in ((e["source"], e["target"]) for e in diagram["edges"])
            if labels[target] == "D_B"} == {"G_A(a)", "b, a picture\nof B"}  # fmt: skip


def test_figure_2_has_every_candidate_of_a_residual_layer(shown):
    assert {"β₁ 3×3", "β₂ 5×5", "β₃ 7×7", "β₄ dil 3×3", "β₅ dil 5×5"} <= set(texts(shown.drawn["fig2"]))
    assert any("to encode: 8 candidates" in text for text in texts(shown.drawn["fig2"]))


def test_figure_3_measures_sizes_by_cyclegan_and_scores_by_the_mean_of_of(shown):
    ax = shown.drawn["fig3"].axes[0]
    rows = trained(shown, data="facades", method="N", target=16)
    mean = rows[rows["scheme"] == "OF"].groupby("search")["kd_AtoB"].mean().mean()
    size = parameters(cyclegan(3), 16)
    own = rows[rows["scheme"] == "TH"]
    assert crosses(ax, "TH") == pytest.approx(np.array([own["params_G_A"] / size, own["kd_AtoB"] / mean]))


def test_figure_3_tells_the_searches_of_of_apart_and_counts_the_trainings(shown):
    ax = shown.drawn["fig3"].axes[0]
    looks = {line.get_label(): (line.get_color(), line.get_marker()) for line in ax.lines}
    assert looks["OF-0"][0] == looks["OF-1"][0] != looks["TF"][0]
    assert len({looks[f"OF-{seed}"][1] for seed in range(3)}) == 3
    assert "facades, A to B\nn: OF-0 3, OF-1 2, OF-2 2, TF 2, TH 2, THS 2" in titles(shown.drawn["fig3"])


def test_figure_3_is_noted_where_of_was_not_trained(unsaved):
    without(unsaved, "matched", keep=lambda config: config["method"] == "C")
    without(unsaved, "schemes", keep=lambda config: config["scheme"] != "OF")
    assert figures_scores.fig3(unsaved) is None
    assert "OF" in unsaved.missing["fig3"]


def test_figure_4_stands_at_the_width_of_the_network_itself(shown):
    ax = shown.drawn["fig4"].axes[1]
    rows = trained(shown, data="facades", method="N", scheme="OF", search=0)
    means = rows.groupby("H_A")["kd_BtoA"].mean()
    drawn = crosses(ax, "CycleGANAS")
    assert list(drawn[0]) == list(means.index) != [4, 8, 16, 32]
    assert drawn[1] == pytest.approx(means.to_numpy())
    assert list(crosses(ax, "CycleGAN")[0]) == [4, 8, 16, 32]


def test_figure_4_shows_the_papers_range_only_where_a_width_lies_in_it(shown, unsaved):
    assert not any("best H" in text for text in texts(shown.drawn["fig4"]))  # the widest is 32 itself
    rows = [row | {"config": row["config"] | {"H_A": 2 * row["config"]["H_A"]}} for row in world.trained("widths")]
    world.write(unsaved.folder, "widths", rows, world.about())
    assert "paper: best H 32 to 96" in texts(figures_scores.fig4(unsaved))


def test_figure_5_relates_sizes_and_scores_to_the_smallest_cyclegan(shown):
    figure = shown.drawn["fig5"]
    ax = dict(zip((title.split("\n")[0] for title in titles(figure)), figure.axes, strict=True))["showable, B to A"]
    rows = trained(shown, data="showable", part="matched")
    own = rows[(rows["method"] == "C") & (rows["target"] == 8)]
    pairs = rows[(rows["method"] == "N") & (rows["target"] == 16)]
    expected = [pairs["params_G_B"] / own["params_G_B"].mean(), pairs["kd_BtoA"] / own["kd_BtoA"].mean()]
    assert crosses(ax, "N16") == pytest.approx(np.array(expected))
    assert "up to 30 % A to B, 10 % B to A less FID" in figure.get_suptitle()


def test_figure_6_has_all_trainings_and_the_random_ones_apart(shown):
    ax = shown.drawn["fig6"].axes[0]
    labels = [label.get_text().split("\n")[0] for label in ax.get_xticklabels()]
    assert labels == ["C16", "C'16", "N16", "R16"]
    assert crosses(ax, "random").shape == (2, 3)
    assert 2.5 in [line.get_xdata()[0] for line in ax.lines if len(line.get_xdata()) == 2]
    assert "facades, A to B\nn 3 each" in titles(shown.drawn["fig6"])


def test_figure_6_shows_the_printed_ratios_of_both_sets_beside_stand_ins(shown):
    hollow = marks(shown.drawn["fig6"].axes[0], "o")
    assert sorted(hollow[:, 1]) == pytest.approx([38.05 / 45.78, 45.19 / 45.78])
    assert {"paper: FID, horse2zebra", "paper: FID, iphone2dslr_flower"} <= set(texts(shown.drawn["fig6"]))


def test_with_the_papers_own_set_only_its_printed_ratios_stand_beside(tmp_path):
    (tmp_path / "records").mkdir()
    for part in ("matched", "controls"):
        world.write(tmp_path, part, world.trained(part, world.PAPER), world.about(world.PAPER))
    drawn = figures_scores.fig6(Unsaved("cycleganas", "paper", folder=tmp_path))
    panels = dict(zip(titles(drawn), drawn.axes, strict=True))
    ax = next(ax for title, ax in panels.items() if title.startswith("horse2zebra, A to B"))
    printed = [line.get_label() for line in ax.lines if str(line.get_label()).startswith("paper")]
    assert printed == ["paper: FID"]
    assert ax.get_ylabel() == "FID / C64's mean"


def test_the_headline_has_the_searched_pair_above_cyclegan_for_the_same_pictures(shown):
    figure = shown.drawn["fig_translations"]
    rows = [text.split()[-1] for text in texts(figure) if text.split()[-1] in ("N16", "C16")]
    assert rows == ["N16", "C16"] * 2
    pictures = [np.asarray(ax.images[0].get_array()) for ax in figure.axes]
    sheet = shown.picture("matched", "showable-N16-OF0-0.png")
    assert len(pictures) == 24
    assert np.array_equal(pictures[12], sheet[68:132, 2:66])  # a, the second picture, by N16


def test_pictures_that_may_not_be_shown_stay_private(unsaved, monkeypatch):
    for name in ("PICTURES", "BESIDE", "LAST"):
        monkeypatch.setattr(figures, name, 1)
    (unsaved.folder / "records" / "pictures").unlink()
    assert figures.fig_translations(unsaved) is None
    assert "fig_translations" in unsaved.missing
    assert not getattr(unsaved, "drawn", {})
    assert set(unsaved.hidden) == {"fig_translations", "extra_translations_facades"}


def test_the_sheet_of_a_set_has_a_row_a_trained_pair(shown):
    pairs = figures.albums(shown)["showable"]
    assert list(pairs) == ["C8", "N8", "C16", "N16", "N16 OF-1", "N16 OF-2", "N16 TF", "N16 TH", "N16 THS", "C'16",
                           "R16 0", "R16 1", "R16 2"]  # fmt: skip
    figure = shown.drawn["extra_translations_showable"]
    assert {"C8", "N8"} <= set(texts(figure))
    assert np.array_equal(figure.axes[7].images[0].get_array(), pairs["N8"][0][1])  # G_A(a)


def test_genotypes_stand_in_rows_of_searches_with_the_discriminator_that_judges(shown):
    found = records.searches(shown)
    grid = figures.genotypes(found, ("G_A", "D_B"))
    assert list(grid.index)[:2] == ["CycleGAN", "facades OF-0"]
    assert len(grid) == 1 + len(found)
    operations = found[0].rows["genotype"].iloc[-1].split(" ; ")
    assert list(grid.loc["facades OF-0"]) == [*operations[0].split(), "", *operations[3].split()]
    assert list(grid.columns) == ["e0", "e1", *(f"r{n:02}" for n in range(6)), "d0", "d1", "", "D0", "D1", "D2", "D3"]


def test_the_found_pair_is_drawn_with_its_sizes(shown):
    one = records.searches(shown, scheme="OF")[0]
    sizes = [parameters(found, 8) / parameters(cyclegan(3), 8) for found in (one.genotype.G_A, one.genotype.G_B)]
    assert f"G_A {sizes[0]:.2f}, G_B {sizes[1]:.2f}" in shown.drawn["extra_generators"].get_suptitle()
    nodes = len(one.genotype.diagram()["nodes"])
    assert sum("\n" in text or bool(text) for text in texts(shown.drawn["extra_generators"])) >= nodes


def test_courses_are_means_of_the_trainings_of_a_set_and_direction(shown):
    ax = shown.drawn["extra_training"].axes[0]
    curves = trained(shown, data="facades", part="matched", target=16, method="N")["curves"]
    drawn = crosses(ax, "CycleGANAS")
    assert drawn[0].tolist() == [1000, 2000, 3000]
    assert drawn[1] == pytest.approx(np.mean([one["kd_AtoB"] for one in curves], axis=0))
