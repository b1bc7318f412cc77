"""The figures, drawn from synthetic records: what is on them, and what they leave out."""

import numpy as np
import pytest

from lib.papers.autogan import figures, figures_search, records
from lib.papers.study import Study
from tests.papers.autogan import world


class Unsaved(Study):
    """A study that keeps its figures instead of saving them."""

    def figure(self, name, figure, *, private=False):
        self.drawn = {**getattr(self, "drawn", {}), name: figure}
        return figure


@pytest.fixture(scope="module")
def drawn(stored_folder):
    """Every figure."""
    study = Unsaved("autogan", "desk", folder=stored_folder)
    for product in figures.PRODUCTS:
        product(study)
    return study.drawn


def texts(figure):
    """Every text on a figure, in one line each."""
    found = [text.get_text() for text in figure.findobj(lambda artist: hasattr(artist, "get_text"))]
    return [" ".join(text.split()) for text in found if text]


def lines(ax, faint):
    """The drawn lines, the faint ones of seeds or the others with more than two points."""
    return [line for line in ax.lines if (line.get_alpha() == 0.4) == faint and len(line.get_xdata()) > 2]


def test_every_figure_of_the_paper_is_drawn_and_our_own(drawn):
    assert set(drawn) == {f"fig{n}" for n in range(1, 11)} | {
        "extra_controller", "extra_marginals", "extra_windows", "extra_derived", "extra_policy"
    }  # fmt: skip


def test_no_panel_is_empty(drawn):
    bare = [name for name, figure in drawn.items() for ax in figure.axes
            if not (ax.lines or ax.collections or ax.patches or ax.images or ax.texts)]  # fmt: skip
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


def test_without_a_finished_search_figure_5_has_the_papers_two(study):
    rows = [row for row in world.searched("mlas", 0) if row["k"] < 3]
    world.write(study.folder, "mlas-0", rows, world.searching("mlas", 0))
    assert "our top1" not in texts(figures.fig5(Unsaved("autogan", "desk", folder=study.folder)))


def test_samples_stand_above_the_score_that_decides(drawn):
    found = texts(drawn["fig4"])
    assert sum(text.split()[-2] == "KD-lite0" for text in found) == len(world.KD)
    assert "unpicked; ours: 1,000 pictures, features lite0, cifar10-jpeg" in found


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


def test_time_runs_in_minutes_or_hours(study):
    frame = figures_search.rows_of(records.searches(study, "mlas"))
    assert figures_search._clock(frame)[1] == "minutes"
    long, unit = figures_search._clock(frame.assign(gone=3600.0 * frame["iteration"]))
    assert (unit, long["hours"].max()) == ("hours", 15)


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
