"""Tables, figures and verdicts, drawn from records alone: synthetic ones in which every claim can be made to fail."""

import shutil
from dataclasses import asdict, replace

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from lib.papers import nst
from lib.papers.nst import claims, experiments, extras, figures, poll, tables
from lib.papers.nst.settings import GROUPS
from lib.papers.study import Study
from lib.report import saving
from lib.report.claims import order
from lib.report.statistics import Interval
from tests.papers.quick import quick_save
from tests.reference.nst_world import (
    PARTS,
    SECRET,
    STYLES,
    WORLD,
    contrast,
    decades,
    magnitude,
    paint,
    row,
    swept,
    synthetic,
    write,
)

CLAIMS = {claim.id: claim for claim in claims.CLAIMS}
RATES = [0.0001, 0.0003, 0.001, 0.0017, 0.005, 0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07, 0.08, 0.09, 0.1]


@pytest.fixture(scope="module")
def settings(tiny):
    """The desk profile's shape."""
    return tiny(
        rates=RATES, replicates=3, styles=STYLES, contents=["astronaut", "chelsea", "china", "flower", "page"],
        trials=8, encoder="vgg19", contrast_styles=[f"painting-{i}" for i in range(7)],
        heatmap_rates=[0.001, 0.02, 0.05], heatmap_ratios=[1e-7, 2e-4],
    )  # fmt: skip


def verdict(study, name):
    return str(CLAIMS[name].test(study, CLAIMS[name]).verdict)


@pytest.fixture(scope="module")
def paper_world(settings, tmp_path_factory):
    return synthetic(tmp_path_factory.mktemp("world"), settings, PARTS)


@pytest.fixture
def judged(settings, tmp_path):
    """The verdict on one claim where one measure of the world is changed."""

    def judge(name, **changes):
        return verdict(synthetic(tmp_path, settings, CLAIMS[name].needs, **changes), name)

    return judge


def test_where_the_world_is_as_the_paper_says_its_claims_are_supported(paper_world):
    table = claims.judge_all(paper_world).set_index("id")
    verdicts = table["verdict"].to_dict()
    assert {name for name, found in verdicts.items() if found == "contradicted"} == {"P-C2b"}
    assert {name for name, found in verdicts.items() if found == "not run"} == {"C3", "O5"}
    assert {name for name, found in verdicts.items() if found == "undecided"} == set()
    assert (paper_world.folder / "claims.csv").is_file()
    assert (paper_world.folder / "claims.md").is_file()


def test_claims_are_listed_by_kind_and_number():
    assert sorted(claims.CLAIMS, key=order) == claims.CLAIMS


def test_the_printed_numbers_decide_their_own_claims_without_any_run(tmp_path):
    table = claims.judge_all(Study("nst", "smoke", folder=tmp_path)).set_index("id")
    assert table["verdict"].to_dict() == {
        **dict.fromkeys(CLAIMS, "not run"), "P-C5": "supported", "P-C2b": "contradicted",
    }  # fmt: skip
    assert "99.8" in table.loc["P-C5", "note"]
    assert table.loc["P-C2b", "note"] == "printed content loss least at 0.06, printed style loss at 0.05"
    assert "part grid was not run" in table.loc["C1", "note"]


@pytest.mark.parametrize("profile", ["smoke", "custom"])
def test_small_profiles_decide_only_claims_of_arithmetic_and_equal_bits(settings, tmp_path, profile):
    table = claims.judge_all(synthetic(tmp_path, settings, PARTS, profile=profile)).set_index("id")
    decided = table.index[table["verdict"] != "not run"]
    assert set(decided) == {"P-C5", "P-C2b", "O1"}
    assert table.loc["O1", "verdict"] == "supported"
    assert "needs profile desk or larger" in table.loc["C9", "note"] + table.loc["C9a", "note"]


def at(value, elsewhere):
    """A measure that depends on whether the style is an oil."""
    return lambda c: (value if c.style in STYLES[:2] else elsewhere) * (1 + 0.01 * len(c.content))


def by_rate(**values):
    """A measure that is 1 but for some learning rates, named like `at_0_06`."""
    named = {float(name[3:].replace("_", ".")): value for name, value in values.items()}
    return lambda c: named.get(c.lr, 1.0)


CASES = [
    ("C1", "contradicted", {"style_ratio": at(0.5, 0.1)}),
    ("C1", "undecided", {"style_ratio": lambda c: 0.1 * (1 + len(c.content + c.style) % 4)}),
    ("C2a1", "contradicted", {"style_loss": lambda c: 2 + c.lr if c.lr != 0.06 else 1.0}),
    ("C2a1", "undecided", {"style_loss": lambda c: c.lr}),  # least at the smallest rate: nothing below it
    ("C2a2", "contradicted", {"style_loss": lambda c: 1 / c.lr}),
    ("C2a3", "contradicted", {"content_loss": lambda c: 1 + decades(c)}),
    ("C2b1", "contradicted", {"style_loss": by_rate(at_0_05=0.9)}),
    ("C2b1", "undecided", {"style_loss": by_rate(at_0_06=0.9999)}),
    ("C2b2", "contradicted", {"content_loss": by_rate(at_0_1=0.8)}),
    ("C3-s", "contradicted", {"proxy_artfid1": by_rate(at_0_06=0.5)}),
    ("C4", "contradicted", {"proxy_lpips_content": decades}),
    ("C5a", "contradicted", {"style_loss": lambda c: 1.0}),
    ("C5b", "contradicted", {"style_loss": lambda c: 1.01 if c.style_weight > 1e-2 else 1.0}),
    ("C5b", "undecided", {"style_loss": lambda c: 1.05 if c.style_weight > 1e-2 else 1.0}),
    ("C6a", "contradicted", {"hf": lambda c: 1 / (1 + magnitude(c))}),
    ("C6a", "undecided", {"hf": lambda c: 0.2 + 1e-6 * magnitude(c)}),
    ("C6b", "contradicted", {"hf": lambda c: 0.2 if c.style_weight < 1e-2 else 0.1}),
    ("C7", "contradicted", {"r2": lambda c: 0.5 - 0.1 * magnitude(c)}),
    ("C8", "contradicted", {"proxy_lpips_content": lambda c: -contrast(c.style)}),
    ("C9a", "contradicted", {"hf": lambda c: 0.1 + 0.1 * np.log10(c.style_weight / 1e-5)}),
    ("C9b", "contradicted", {"hf": lambda c: 0.1 + 0.1 * np.log10(c.style_weight / 1e-5)}),
    ("C9a", "undecided", {"hf": lambda c: 0.2 if c.style_weight != 1e-5 else 0.216}),
    ("O1", "contradicted", {"identical": lambda one: float(one.scale != 64)}),
    ("O2", "contradicted", {"difference": lambda one: 0.01 * (one.scale == 100)}),
    ("O3", "contradicted", {"final_loss": lambda one: 100.0 + 10 * (one.scale == 1e-9)}),
    ("O4", "contradicted", {"moved": lambda one: 0.1}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "expected", "changes"), CASES, ids=lambda case: case if isinstance(case, str) else "")
def test_a_claim_falls_or_stays_open_where_its_measure_says_so(judged, name, expected, changes):
    assert judged(name, **changes) == expected


def test_a_run_that_failed_decides_nothing(judged, settings, tmp_path):
    def lost(scale):
        return lambda one: None if one.scale == scale else 100.0

    assert judged("O1", final_loss=lost(64)) == "not run"
    assert judged("O2", final_loss=lost(100)) == "not run"
    assert judged("O3", final_loss=lost(1e-9)) == "not run"
    assert judged("O3", final_loss=lost(1)) == "not run"
    assert judged("O4", final_loss=lost(1e-2)) == "not run"


def test_a_part_with_failed_rows_decides_no_claim(settings, tmp_path):
    rows = list(swept(settings, "grid", WORLD))
    rows[3] |= {"score": None, "reason": "3 values of the picture are NaN or infinite"}
    write(tmp_path, "grid", rows)
    table = claims.judge_all(Study("nst", "desk", folder=tmp_path)).set_index("id")
    assert table.loc["C1", "verdict"] == "not run"
    assert table.loc["C1", "note"] == "1 rows of part grid failed: 3 values of the picture are NaN or infinite"


def test_without_repeats_a_difference_of_means_stays_open(settings, tmp_path):
    alone = synthetic(tmp_path, replace(settings, replicates=1), ["rates"])
    assert verdict(alone, "C2b1") == "undecided"


def test_votes_decide_claim_c3(paper_world, monkeypatch):
    for low, expected in ((0.1, "supported"), (-0.1, "undecided")):
        answer = [Interval(0.5, 0.3, 0.7, 40), Interval(0.4, low, 0.7, 40)]
        monkeypatch.setattr(poll, "shortfall", lambda cast: "")
        monkeypatch.setattr(poll, "preferences", lambda cast, seed, answer=answer: answer)
        assert verdict(paper_world, "C3") == expected


def test_the_decision_between_the_readings_follows_the_nearer_one(settings, tmp_path):
    paper = tables.printed("table2")
    for near, far, expected in (("a", "b", "supported"), ("b", "a", "contradicted")):
        rows = []
        for item in experiments.plan(settings, "decision"):
            c = item.configuration
            group = next(name for name, weights in GROUPS.items() if weights == (c.style_weight, c.content_weight))
            letter = {"paper": "a", "reading_b": "b"}[c.preset]
            cells = paper[(paper["group"] == group) & np.isclose(paper["lr"], c.lr)]
            printed = cells.set_index(f"metric_reading_{letter}")[f"value_unweighted_reading_{letter}"]
            off = 1.0 if letter == near else 10 ** (1 + 0.1 * (item.k % 3))
            rows.append(row(item.k, 0, asdict(c), {name: float(value * off) for name, value in printed.items()}))
        write(tmp_path, "decision", rows)
        study_ = Study("nst", "day", folder=tmp_path)
        assert verdict(study_, "O5") == expected
        fit = tables.decision_table(study_).set_index("reading")
        assert fit["cells"].tolist() == [12, 12]
        assert fit.loc[near.upper(), "RMS decades"] == pytest.approx(0, abs=1e-9)
        assert 0.9 < fit.loc[far.upper(), "RMS decades"] < 1.3


def test_table_1_and_2_stand_beside_the_printed_values(paper_world):
    one, two = tables.table1(paper_world), tables.table2(paper_world)
    assert one["learning rate"].tolist() == [0.05, 0.06, 0.07, 0.08, 0.09, 0.1]
    assert one.loc[one["learning rate"] == 0.06, "paper: falling loss"].item() == 441330.9
    assert len(two) == 9
    cell = two[(two["group"] == "G3") & (two["learning rate"] == 0.01)].iloc[0]
    assert cell["ours: falling loss"] == pytest.approx(0.1 * cell["unweighted style loss"])
    assert cell["ours / paper: flat loss"] == pytest.approx(
        500 * cell["unweighted content loss"] / cell["paper: flat loss"]
    )
    assert cell["paper: falling loss"] == 77280724.5
    assert cell["ours: falling loss, low"] < cell["ours: falling loss"] < cell["ours: falling loss, high"]


def test_the_texture_table_compares_every_setting_with_its_own_middle_group(paper_world):
    table = tables.texture_table(paper_world).set_index(["setting", "group"])
    assert len(table) == 5 * 3
    assert table.loc[(tables.FIXED_TV, "G3"), "HF ratio / that of G2"] > 1.5
    assert table.loc[(tables.SCALED_TV, "G2"), "n"] == 3  # shared with fixed TV, where both are the same run
    assert table.loc[(tables.NO_TV, "G1"), "HF ratio / that of G2"] == pytest.approx(1)


def secret_style(config):
    return config.get("style") == "ink" or config.get("picture") == "ink"


@pytest.fixture
def quickly(monkeypatch):
    monkeypatch.setattr(saving, "save", quick_save)


@pytest.fixture(scope="module")
def small(settings):
    """Fewer cells in figure 1, which takes longest."""
    return replace(settings, contents=settings.contents[:1], styles=STYLES[:3], contrast_styles=[])


@pytest.fixture(scope="module")
def drawn(small, tmp_path_factory):
    """A study with everything drawn; one style of the grid may not be shown."""
    folder = tmp_path_factory.mktemp("figures") / "desk" / "nst"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKBOOK_VOTES", str(folder.parent / "votes"))
        patch.setattr(saving, "save", quick_save)
        whole = synthetic(folder, small, PARTS, secret=secret_style)
        nst.draw(whole)
    return whole


def test_every_figure_and_table_of_the_study_is_drawn(drawn):
    names = {path.relative_to(drawn.folder).as_posix() for path in drawn.written}
    expected = {
        "fig1", "extra_fig1_losses", "fig2", "extra_steps", "fig3", "fig4", "fig5", "fig5_spectra", "fig6", "fig7",
        "fig6_residuals", "fig7_residuals", "extra_tv", "extra_tv_pictures", "extra_forces", "extra_heatmap",
        "extra_pareto", "extra_optimisers", "extra_presets",
    }  # fmt: skip
    assert {f"{name}.png" for name in expected} <= names
    listed = {"table1", "table2", "table2_repaired", "extra_tv", "extra_invariance", "extra_decision",
              "claims"}  # fmt: skip
    assert {f"{name}.{kind}" for name in listed for kind in ("csv", "md")} <= names
    assert drawn.missing == {"extra_votes": "no votes yet; cast some in the notebook's last section"}


def magenta(path):
    """Whether a picture has a patch in the colour of those that may not be shown."""
    pixels = np.asarray(Image.open(path).convert("RGB")).astype(int)
    return int((abs(pixels - SECRET).sum(2) < 12).sum()) > 20


def test_pictures_that_may_not_be_shown_stand_in_no_public_figure(drawn):
    public = sorted(drawn.folder.glob("*.png"))
    assert len(public) > 15
    assert [path.name for path in public if magenta(path)] == []
    assert magenta(drawn.folder / "private" / "fig1.png")


SOME = (figures.fig1, figures.steps)
EVERY = (*figures.PRODUCTS, *extras.PRODUCTS)


@pytest.mark.parametrize("products", [SOME, pytest.param(EVERY, marks=pytest.mark.slow)], ids=["some", "every"])
def test_redrawing_from_the_records_alone_gives_the_same_bytes(small, tmp_path, monkeypatch, products):
    paper = replace(nst.PAPER, products=(*tables.PRODUCTS, *products, claims.judge_all))
    first, second = (tmp_path / name / "desk" / "nst" for name in ("first", "second"))
    paper.draw(synthetic(first, small, PARTS, secret=secret_style))
    shutil.copytree(first / "records", second / "records", ignore=shutil.ignore_patterns("private"))
    monkeypatch.setenv("WORKBOOK_FIGURES", str(tmp_path / "second"))
    written = paper.redraw("desk")
    public = [path for path in first.iterdir() if path.is_file()]
    assert {"fig1.png", "fig1.pdf", "table2.csv", "claims.md"} <= {path.name for path in public}
    assert {path.name for path in public} == {path.name for path in second.iterdir() if path.is_file()}
    assert [path.name for path in public if path.read_bytes() != (second / path.name).read_bytes()] == []
    assert set(written) >= {second / path.name for path in public}


def test_redrawing_a_profile_without_records_says_how_to_make_them(tmp_path, monkeypatch):
    monkeypatch.setattr("lib.papers.paper.checked_in", lambda slug, profile: tmp_path)
    with pytest.raises(FileNotFoundError, match="run: python -m lib run 01_nst --profile day"):
        nst.redraw("day")


def test_where_no_picture_may_be_shown_the_figures_say_so(small, tmp_path, quickly):
    hidden = synthetic(tmp_path, small, ["rates", "groups", "grid"], secret=lambda config: True)
    figures.fig3(hidden)
    assert figures.fig5(hidden) is None
    assert hidden.missing["fig5"] == "the pictures may not be shown"
    figures.fig6(hidden)
    figures.fig1(hidden)
    assert [path.name for path in sorted(tmp_path.glob("*.png")) if magenta(path)] == []


def test_an_original_that_was_not_computed_is_no_matter_of_rights(small, tmp_path, quickly):
    sheet = figures.fig1(synthetic(tmp_path, small, ["grid"], secret=lambda config: False))
    found = {" ".join(text.get_text().split()) for ax in sheet.axes for text in ax.texts}
    assert "not computed" in found
    assert figures.RIGHTS not in found


def test_a_study_of_few_parts_is_drawn_as_far_as_it_goes(tmp_path, settings, quickly):
    few = synthetic(tmp_path, settings, ["groups"], secret=lambda config: False)  # no references, no repeats of TV
    nst.draw(few)
    names = {path.name for path in few.written}
    assert {"fig5.png", "fig5_spectra.png", "fig6.png", "extra_forces.png", "table2.csv", "claims.csv"} <= names
    assert "fig1.png" not in names
    assert "extra_tv.png" not in names


def test_a_failed_row_leaves_its_cell_empty(settings, tmp_path, quickly):
    rows = list(swept(settings, "presets", WORLD))
    rows[1] |= {"score": None, "reason": "diverged", "artifacts": {}, "metrics": dict.fromkeys(rows[1]["metrics"])}
    write(tmp_path, "presets", rows)
    paint(tmp_path, "presets", [one for one in rows if one["artifacts"]], lambda config: False)
    assert extras.programs(Study("nst", "desk", folder=tmp_path)) is not None


def test_nothing_is_drawn_of_a_study_without_records(tmp_path):
    empty = Study("nst", "smoke", folder=tmp_path)
    for product in (*tables.PRODUCTS, *figures.PRODUCTS, *extras.PRODUCTS):
        answer = product(empty)
        assert answer is None or isinstance(answer, pd.DataFrame)
    assert {path.name for path in tmp_path.iterdir()} == {"table2_repaired.csv", "table2_repaired.md"}
