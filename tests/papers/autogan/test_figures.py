"""The figures, drawn from synthetic records: what is on them, and what they leave out."""

import numpy as np
import pytest

from lib.papers.autogan import figures, figures_search, records
from tests.papers.autogan import world
from tests.reference import stored_study
from tests.reference.stored_study import Unsaved, texts


@pytest.fixture(scope="module")
def drawn(stored_folder):
    return stored_study.drawn("autogan", stored_folder, figures.PRODUCTS).drawn


def lines(ax, faint):
    """The drawn lines, the faint ones of seeds or the others with more than two points."""
    return [line for line in ax.lines if (line.get_alpha() == 0.4) == faint and len(line.get_xdata()) > 2]


def test_every_figure_of_the_paper_is_drawn_and_our_own(drawn):
    assert set(drawn) == {f"fig{n}" for n in range(1, 11)} | {
        "extra_controller", "extra_marginals", "extra_windows", "extra_derived", "extra_policy"
    }  # fmt: skip


def test_no_panel_is_empty(drawn):
    bare = [name for name, figure in drawn.items() for ax in figure.axes
            if ax.axison and not (ax.lines or ax.collections or ax.patches or ax.texts)]  # fmt: skip
    assert bare == []


def test_figure_1_greys_what_genome_a_does_not_take(drawn):
    ax = drawn["fig1"].axes[0]
    grey = {text.get_text() for text in ax.texts if text.get_color() == "#AAAAAA"}
    assert {"post", "batch", "inst.", "deconv", "cell 1"} <= grey
    assert not {"pre", "both"} & grey


def test_the_diagrams_are_those_of_the_genomes(drawn):
    assert {"a: the paper's top1", "SN-GAN, in the same space"} <= set(texts(drawn["fig3"]))
    assert {"b: the paper's top2", "c: the paper's top3", "our top1"} <= set(texts(drawn["fig5"]))
    assert "1 channel" not in texts(drawn["fig3"])  # no skip of ours has a weight


def test_samples_stand_above_the_score_that_decides(drawn):
    found = texts(drawn["fig4"])
    assert sum("KD-lite0" in text.split()[-2:] for text in found) == len(world.KD)
    assert ("unpicked, averaged weights; ours: 1,200 G-steps, widths 32 and 32, pictures cifar10-jpeg; scored on 1,000 "
            "pictures, features lite0") in found  # fmt: skip
    assert any("photos48, which stand in for STL-10" in text for text in texts(drawn["fig6"]))


def test_pictures_that_may_not_be_shown_are_not_drawn(study):
    (study.folder / "records" / "pictures").unlink()
    assert figures.fig4(study) is None


def test_figure_7_names_the_correlation_its_interval_and_n(study, drawn):
    titles = [ax.get_title() for ax in drawn["fig7"].axes]
    assert all(title.startswith("Spearman") and title.endswith("n 10") for title in titles)
    diagonal = drawn["fig7"].axes[0].lines[0]
    assert list(diagonal.get_xdata()) == list(diagonal.get_ydata())


def test_each_seed_is_faint_beside_the_mean_of_all(study, drawn):
    ax = drawn["fig8"].axes[0]
    assert len(lines(ax, faint=True)) == 3
    mean = np.mean([one.rows["greedy_is"] for one in records.searches(study, "mlas")], axis=0)
    assert lines(ax, faint=False)[0].get_ydata() == pytest.approx(mean)


def test_later_stages_are_marked_where_they_begin(drawn):
    left = drawn["fig10"].axes[0]
    assert {"16 px", "32 px"} <= {text.get_text() for text in left.texts}
    assert {5.5, 10.5} <= {line.get_xdata()[0] for line in left.lines}


def test_resets_are_marked_on_the_curves(drawn):
    marked = {line.get_label(): sorted(line.get_xdata()) for line in drawn["fig9"].axes[0].lines if
              line.get_marker() in ("x", "+")}  # fmt: skip
    assert marked == {"reset": [4, 5, 6, 12, 12, 12], "would have been reset": [4, 12]}


def test_figure_9_says_where_no_search_was_reset(study, drawn):
    other = "both are the same algorithm with other seeds"
    assert not any(other in text for text in texts(drawn["fig9"]))
    for seed in range(3):
        rows = [row | {"config": row["config"] | {"reset": False}} for row in world.searched("mlas", seed)]
        world.write(study.folder, f"mlas-{seed}", rows, world.searching("mlas", seed))
    assert any(other in text for text in texts(figures_search.fig9(Unsaved("autogan", "desk", folder=study.folder))))


@pytest.mark.parametrize(("figure", "labels"), [
    ("fig8", {"IS as reward, mean of 3", "1/FD as reward, one search"}),
    ("fig9", {"AutoGAN, mean of 3", "no dynamic reset, one search"}),
    ("fig10", {"AutoGAN, mean of 3", "single-level, one search"}),
])  # fmt: skip
def test_legends_say_of_how_many_searches_a_line_is(drawn, figure, labels):
    assert labels <= set(texts(drawn[figure]))


def test_the_policys_gain_says_what_its_bars_are_and_which_children_the_weights_know(study, drawn):
    found = texts(drawn["extra_policy"])
    assert any(text.endswith("on the policy's own children bars: Welch's interval over 20 children a side")
               for text in found)  # fmt: skip

    def equal(row):
        row["metrics"] |= {"policy_std": 0.0} if "control" in row["metrics"] else {}
        return row

    world.write(study.folder, "mlas-0", map(equal, world.searched("mlas", 0)), world.searching("mlas", 0))
    other = figures_search.policy(Unsaved("autogan", "desk", folder=study.folder))
    assert any(text.endswith("equal children were scored once where std is 0") for text in texts(other))


def test_training_curves_say_how_they_were_trained_and_scored(drawn):
    assert any(text.startswith("means over trainings; checkpoints scored on 500 pictures 1,200 G-steps, widths 32")
               for text in texts(drawn["extra_derived"]))  # fmt: skip


def test_time_runs_in_minutes_or_hours(study, drawn, monkeypatch):
    assert drawn["fig10"].axes[1].get_xlabel() == "minutes since the start"
    monkeypatch.setattr(figures_search, "LONG", 60)
    fig = figures_search.fig10(Unsaved("autogan", "desk", folder=study.folder))
    assert fig.axes[1].get_xlabel() == "hours since the start"


def test_marginals_of_a_token_sum_to_one_and_have_their_own_words(study):
    frame = figures_search._marginal(records.searches(study, "mlas"), "k2")
    assert set(frame["word"]) == {"none", "cell 1", "cell 0", "both"}
    assert frame.groupby(["seed", "at"])["value"].sum().to_numpy() == pytest.approx(1)
    assert set(frame["iteration"]) == set(range(11, 16))


def test_a_window_that_was_never_full_has_no_panel(study):
    def without(row):
        row["metrics"]["variance_d"] = row["metrics"]["variance_g"] = float("nan")
        row["curves"]["variances_d"] = []
        return row

    for part, seed in (("mlas", 0), ("mlas", 1), ("mlas", 2), ("noreset", 0)):
        world.write(study.folder, f"{part}-{seed}", map(without, world.searched(part, seed)),
                    world.searching(part, seed))  # fmt: skip
    assert figures_search.windows(study) is None
    assert "extra_windows" in study.missing


def test_without_records_only_tokens_cells_and_known_networks_are_drawn(tmp_path):
    study = Unsaved("autogan", "desk", folder=tmp_path)
    for product in figures.PRODUCTS:
        product(study)
    assert set(study.drawn) == {"fig1", "fig2", "fig3", "fig5"}


def test_no_title_is_wider_than_its_figure(drawn):
    def width(figure):
        return figure._suptitle.get_window_extent(figure.canvas.get_renderer()).width

    assert all(width(figure) <= figure.bbox.width for figure in drawn.values() if figure._suptitle)
