import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import LogNorm, to_hex
from matplotlib.figure import Figure

from lib.report import plots, saving, style
from lib.report.heatmaps import heatmap
from lib.report.pictures import image_grid

RATES = [1e-4, 3e-4, 1e-3, 0.0017, 0.005, 0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07, 0.08, 0.09, 0.1]


@pytest.fixture
def sweep() -> pd.DataFrame:
    """Three groups at three rates, out of order."""
    rows = [(lr, group, lr * k, lr * k * 0.9, lr * k * 1.1) for k, group in ((1, "G1"), (2, "G2"), (3, "G3")) for lr in (0.1, 0.001, 0.01)]  # fmt: skip # noqa: E501
    return pd.DataFrame(rows, columns=["lr", "group", "loss", "low", "high"])


def texts(fig: Figure) -> list[str]:
    legend = fig.axes[0].get_legend()
    return [] if legend is None else [text.get_text() for text in legend.get_texts()]


def test_lines_are_drawn_in_order_of_x_one_a_group(sweep: pd.DataFrame) -> None:
    fig = plots.lines(sweep, "lr", "loss", "group", logx=True, band=("low", "high"))
    drawn = {line.get_label(): line for line in fig.axes[0].lines}
    assert list(drawn) == ["G1", "G2", "G3"]
    assert drawn["G2"].get_xdata().tolist() == [0.001, 0.01, 0.1]
    assert drawn["G2"].get_ydata() == pytest.approx([0.002, 0.02, 0.2])
    assert len(fig.axes[0].collections) == 3
    assert texts(fig) == ["G1", "G2", "G3"]


def test_groups_differ_in_marker_as_well_as_colour(sweep: pd.DataFrame) -> None:
    drawn = plots.lines(sweep, "lr", "loss", "group").axes[0].lines
    assert len({line.get_marker() for line in drawn}) == len({to_hex(line.get_color()) for line in drawn}) == 3


def test_a_legend_that_would_cover_data_moves_below_the_axes() -> None:
    steps = np.linspace(0, 1, 50)
    waves = [pd.DataFrame({"x": steps, "y": np.sin(40 * steps + k), "g": f"wave {k}"}) for k in range(3)]
    fig = plots.lines(pd.concat(waves), "x", "y", "g")
    fig.canvas.draw()
    legend = fig.axes[0].get_legend().get_window_extent()
    assert legend.y1 < fig.axes[0].get_window_extent().y0
    assert not any(label.get_window_extent().overlaps(legend) for label in fig.axes[0].get_xticklabels())


def test_a_logarithmic_axis_without_a_positive_value_stays_linear() -> None:
    fig = plots.lines(pd.DataFrame({"x": [1, 2], "y": [0.0, 0.0]}), "x", "y", logx=True, logy=True)
    assert (fig.axes[0].get_xscale(), fig.axes[0].get_yscale()) == ("log", "linear")


def test_long_category_names_are_broken_into_lines() -> None:
    frame = pd.DataFrame(
        {"setting": ["TV 30 fixed (as in the paper)", "TV scaled", "TV 0", "eps 1e-8"], "HF": [1, 2, 3, 4]}
    )
    fig = plots.bars(frame.assign(group="G1"), "setting", "HF", "group")
    fig.canvas.draw()
    boxes = [text.get_window_extent() for text in fig.axes[0].get_xticklabels()]
    assert not any(a.overlaps(b) for a, b in pairwise(boxes))
    legend = fig.axes[0].get_legend().get_window_extent()
    assert not any(box.overlaps(legend) for box in [*boxes, fig.axes[0].xaxis.label.get_window_extent()])


def test_the_papers_points_are_hollow_and_ours_are_not(sweep: pd.DataFrame) -> None:
    ours = sweep[sweep["group"] == "G1"]
    fig = plots.lines(ours, "lr", "loss", points=pd.DataFrame({"lr": [0.01], "loss": [0.5]}))
    own, paper = fig.axes[0].lines
    assert (paper.get_xdata().tolist(), paper.get_ydata().tolist()) == ([0.01], [0.5])
    assert paper.get_markerfacecolor() == "none"
    assert paper.get_linestyle() == "None"
    assert own.get_markerfacecolor() != "none"
    assert texts(fig) == ["ours", "paper"]


def test_a_series_can_have_another_look_than_its_place_gives(sweep: pd.DataFrame) -> None:
    fig = plots.lines(sweep, "lr", "loss", "group", looks={"G3": 0, "G1": 8})
    first, _, third = fig.axes[0].lines[:3]
    assert first.get_color() == third.get_color() == style.COLOURS[0]
    assert (first.get_linestyle(), third.get_linestyle()) == ("--", "-")


def drawn(fig: Figure, label: str) -> tuple[list[float], list[float], str]:
    """Places and marker of a series."""
    line = next(line for line in fig.axes[0].lines if line.get_label() == label)
    return list(line.get_xdata()), list(line.get_ydata()), str(line.get_marker())


def test_crosses_have_a_dash_at_the_mean_of_their_series(sweep: pd.DataFrame) -> None:
    fig = plots.crosses(sweep, "lr", "loss", "group", looks={"G2": 8})
    assert drawn(fig, "G1") == ([0.1, 0.001, 0.01], [0.1, 0.001, 0.01], "x")
    assert drawn(fig, "G2")[2] == "+"
    dash = fig.axes[0].lines[1]
    assert (dash.get_marker(), list(dash.get_xdata()), list(dash.get_ydata())) == (
        "_", pytest.approx([0.037]), pytest.approx([0.037]))  # fmt: skip


def test_crosses_over_names_stand_side_by_side_with_the_papers_points_to_their_right(sweep: pd.DataFrame) -> None:
    frame = sweep.assign(lr=sweep["lr"].map(str)).query("group != 'G3' or lr == '0.1'")
    fig = plots.crosses(frame, "lr", "loss", "group", points=pd.DataFrame({"lr": ["0.01"], "loss": [0.5]}))
    ax = fig.axes[0]
    assert [text.get_text() for text in ax.get_xticklabels()] == ["0.1", "0.001", "0.01"]
    assert drawn(fig, "G1")[0] == pytest.approx([-0.8 / 3, 0.8, 1.8])
    assert drawn(fig, "G3")[0] == pytest.approx([0.8 / 3])
    assert 2.2 < drawn(fig, "paper")[0][0] < 2.5
    dashes = [line for line in ax.lines if line.get_marker() == "_"]
    assert [len(dash.get_xdata()) for dash in dashes] == [3, 3, 1]


def test_a_small_title_is_broken_to_the_width_of_its_figure(sweep: pd.DataFrame) -> None:
    fig = plots.headed(plots.lines(sweep, "lr", "loss"), "a title of words " * 12 + "\nown line")
    assert fig.get_suptitle().endswith("\nown line")
    fig.draw_without_rendering()
    assert fig._suptitle.get_window_extent().width < fig.bbox.width  # type: ignore[attr-defined]


def test_fifteen_rates_become_a_colour_scale_instead_of_a_legend() -> None:
    frame = pd.DataFrame([(lr, step, lr * step) for lr in RATES for step in range(3)], columns=["lr", "step", "loss"])
    fig = plots.lines(frame, "step", "loss", "lr")
    assert texts(fig) == []
    assert fig.axes[1].get_ylabel() == "lr"
    assert len({to_hex(line.get_color()) for line in fig.axes[0].lines}) == 15
    assert isinstance(style.scale_of(RATES), LogNorm)


def test_named_references_are_written_beside_their_line(sweep: pd.DataFrame) -> None:
    ax = plots.lines(sweep, "lr", "loss", "group", hlines={"content": 0.05}, vlines=[0.02]).axes[0]
    assert "content" in [text.get_text() for text in ax.texts]
    assert [0.05, 0.05] in [list(line.get_ydata()) for line in ax.lines]
    assert [0.02, 0.02] in [list(line.get_xdata()) for line in ax.lines]


def test_charts_fill_the_axes_they_are_given(sweep: pd.DataFrame) -> None:
    fig, axes = plots.panels((2, 2))
    assert plots.lines(sweep, "lr", "loss", "group", ax=axes[2], title="Loss") is fig
    assert [len(ax.lines) for ax in axes] == [0, 0, 3, 0]
    assert [ax.get_title(loc="left") for ax in axes] == ["a", "b", "c", "d"]
    assert axes[2].get_title() == "Loss"


def test_panels_can_share_one_legend(sweep: pd.DataFrame) -> None:
    fig, axes = plots.panels(2)
    for ax in axes:
        plots.lines(sweep, "lr", "loss", "group", ax=ax)
    plots.shared_legend(fig)
    assert [ax.get_legend() for ax in axes] == [None, None]
    assert [text.get_text() for text in fig.legends[0].get_texts()] == ["G1", "G2", "G3"]


def test_bars_stand_in_the_order_of_the_frame_with_their_limits(sweep: pd.DataFrame) -> None:
    fig = plots.bars(sweep, "lr", "loss", "group", error=("low", "high"))
    ax = fig.axes[0]
    assert [text.get_text() for text in ax.get_xticklabels()] == ["0.1", "0.001", "0.01"]
    assert [bar.get_height() for bar in ax.patches] == pytest.approx(sweep["loss"])
    whiskers = ax.collections[0].get_segments()
    assert whiskers[0][:, 1] == pytest.approx([0.09, 0.11])


def test_scatter_joins_the_front_of_each_series_to_a_staircase() -> None:
    frame = pd.DataFrame({"a": [3.0, 1.0, 2.0, 2.0], "b": [1.0, 3.0, 3.5, 2.0], "of": [*"xxx", "y"]})
    ax = plots.scatter(frame, "a", "b", "of", front=True, marks={"knee": (1, 3)}).axes[0]
    assert ax.collections[0].get_offsets().tolist() == [[3, 1], [1, 3], [2, 3.5]]
    assert [line.get_xdata().tolist() for line in ax.lines] == [[1, 3], [2], [1]]  # a front a series, then the mark
    assert ax.lines[0].get_drawstyle() == "steps-post"


def test_scatter_shows_a_numeric_column_as_colour() -> None:
    frame = pd.DataFrame({"a": [1, 2], "b": [1, 2], "lr": [1e-4, 0.1]})
    fig = plots.scatter(frame, "a", "b", colour="lr")
    assert fig.axes[0].collections[0].get_array().tolist() == [1e-4, 0.1]
    assert fig.axes[1].get_ylabel() == "lr"


def test_spectra_are_logarithmic_with_dashed_references() -> None:
    frame = pd.DataFrame([(f, f**-k, name) for k, name in ((2, "content"), (1, "G1")) for f in (0.1, 0.2, 0.4)], columns=["frequency", "power", "picture"])  # fmt: skip # noqa: E501
    ax = plots.spectra(frame, references=["content"]).axes[0]
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    assert {line.get_label(): line.get_linestyle() for line in ax.lines} == {"content": "--", "G1": "-"}


def test_intervals_read_from_top_to_bottom_with_a_chance_line() -> None:
    frame = pd.DataFrame({"label": ["a", "b"], "value": [0.6, 0.4], "low": [0.5, np.nan], "high": [0.7, np.nan]})
    ax = plots.intervals(frame, reference=0.5).axes[0]
    assert [text.get_text() for text in ax.get_yticklabels()] == ["a", "b"]
    assert ax.yaxis_inverted()
    assert ax.collections[0].get_segments()[0][:, 0] == pytest.approx([0.5, 0.7])
    assert [0.5, 0.5] in [list(line.get_xdata()) for line in ax.lines]


@pytest.mark.parametrize("count", [2, 4, 9])
def test_intervals_of_one_label_stay_nearer_to_each_other_than_to_the_next_label_s(count: int) -> None:
    rows = [(label, f"series {n}", 0.5, 0.4, 0.6) for n in range(count) for label in "ab"]
    frame = pd.DataFrame(rows, columns=["label", "group", "value", "low", "high"])
    ax = plots.intervals(frame, by="group", reference=0.5).axes[0]
    marked = [line.get_ydata() for line in ax.lines if line.get_marker() not in ("None", "", "|")]
    at = np.sort(np.concatenate(marked).astype(float))
    gaps = np.diff(np.unique(at.round(6)))
    assert len(gaps) == 2 * count - 1
    assert gaps[count - 1] > 1.2 * np.delete(gaps, count - 1).max()


@pytest.mark.parametrize("draw", [plots.lines, plots.bars, plots.scatter])
def test_an_unknown_option_is_named(draw, sweep: pd.DataFrame) -> None:
    with pytest.raises(TypeError, match="logz"):
        draw(sweep, "lr", "loss", logz=True)


@pytest.mark.parametrize(
    ("low", "high"), [(0.05, 0.1), (4.4e5, 6.0e5), (1e-4, 1e-2), (0.098, 4.5), (1.0, 1.01), (0.02, 0.5)]
)
def test_short_logarithmic_axes_have_three_to_six_ticks_inside(low: float, high: float) -> None:
    ticks = style.ticks_between(low, high)
    assert 3 <= len(ticks) <= 6
    assert all(low * 0.998 <= tick <= high * 1.002 for tick in ticks)
    assert ticks == sorted(ticks)


@pytest.mark.parametrize(("low", "high"), [(1e-4, 0.1), (0.05, 0.1), (4e5, 2e7), (1e-9, 1)])
def test_labels_of_logarithmic_axes_do_not_overlap(low: float, high: float) -> None:
    frame = pd.DataFrame({"x": np.geomspace(low, high, 5), "y": np.geomspace(low, high, 5)})
    fig = plots.lines(frame, "x", "y", logx=True, logy=True)
    fig.canvas.draw()
    labels = [text.get_window_extent() for text in fig.axes[0].get_xticklabels() if text.get_text()]
    drawn = [box for box in labels if box.width > 1]
    assert len(drawn) >= 3
    assert not any(a.overlaps(b) for a, b in pairwise(drawn))


@pytest.mark.parametrize("kind", ["bars", "heatmap", "image_grid", "intervals", "lines"])
def test_saving_writes_png_and_pdf_with_equal_bytes_each_time(
    tmp_path: Path, sweep: pd.DataFrame, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(style, "PRINT_DPI", 60)
    figures = {
        "bars": lambda: plots.bars(sweep, "lr", "loss", "group"),
        "heatmap": lambda: heatmap(pd.DataFrame(np.eye(3)), marks={"here": (0, 0)}),
        "image_grid": lambda: image_grid([[np.eye(8, dtype=np.uint8), "none"]], columns=["é", "b"]),
        "intervals": lambda: plots.intervals(sweep, "lr", "loss", by="group", reference=0.1),
        "lines": lambda: plots.lines(sweep, "lr", "loss", "group", logx=True, title="Verlust α"),
    }
    fig = figures[kind]()
    first = saving.save(fig, tmp_path, "one")
    assert [path.name for path in first] == ["one.png", "one.pdf"]
    again, fresh = saving.save(fig, tmp_path, "two"), saving.save(figures[kind](), tmp_path, "three")
    for path, same, other in zip(first, again, fresh, strict=True):
        assert path.read_bytes() == same.read_bytes() == other.read_bytes()
    assert b"CreationDate" not in first[1].read_bytes()
    assert len(list(tmp_path.iterdir())) == 6


def test_bytes_do_not_depend_on_the_hash_seed_of_python(tmp_path: Path) -> None:
    script = (
        "import sys, pandas as pd\nfrom lib.report import plots, saving\n"
        "saving.save(plots.lines(pd.DataFrame({'a': [1, 2], 'b': [1, 2]}), 'a', 'b', title='é α'), sys.argv[1], 'f')"
    )
    root = Path(plots.__file__).parents[2]
    begun = [
        subprocess.Popen(
            [sys.executable, "-c", script, tmp_path / seed], env=os.environ | {"PYTHONHASHSEED": seed}, cwd=root
        )
        for seed in ("1", "2")
    ]
    assert [process.wait() for process in begun] == [0, 0]
    for ending in ("png", "pdf"):
        one, two = ((tmp_path / seed / f"f.{ending}").read_bytes() for seed in ("1", "2"))
        assert one == two


def test_pdf_text_is_embedded_truetype(tmp_path: Path, sweep: pd.DataFrame) -> None:
    pdf = saving.save(plots.lines(sweep, "lr", "loss"), tmp_path, "f")[1].read_bytes()
    assert b"/CIDFontType2" in pdf
    assert b"/Type3" not in pdf


def test_a_failed_save_keeps_the_last_good_file(
    tmp_path: Path, sweep: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    fig = plots.lines(sweep, "lr", "loss")
    good = saving.save(fig, tmp_path, "f")[0].read_bytes()

    def full_disk(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(fig, "savefig", full_disk)
    with pytest.raises(OSError, match="No space"):
        saving.save(fig, tmp_path, "f")
    assert (tmp_path / "f.png").read_bytes() == good
    assert sorted(path.name for path in tmp_path.iterdir()) == ["f.pdf", "f.png"]


def test_drawing_leaves_the_callers_settings_and_pyplot_alone(sweep: pd.DataFrame) -> None:
    before = dict(matplotlib.rcParams)
    plots.lines(sweep, "lr", "loss")
    assert dict(matplotlib.rcParams) == before
    import matplotlib.pyplot as plt

    assert plt.get_fignums() == []


def test_a_figure_shows_itself_in_a_notebook(sweep: pd.DataFrame) -> None:
    png, size = plots.lines(sweep, "lr", "loss")._repr_png_()
    assert png.startswith(b"\x89PNG")
    assert size["width"] == 363


def test_a_watermark_crosses_the_figure(sweep: pd.DataFrame) -> None:
    fig = plots.watermark(plots.lines(sweep, "lr", "loss"), "simulated")
    assert [text.get_text() for text in fig.texts] == ["simulated"]
