import io
import json
import re
from pathlib import Path

import pytest
from PIL import Image

from lib.papers import PAPERS as PAPERS_OF_THE_WORKBOOK
from lib.report import claims, overview, tables
from lib.report.claims import Claim
from lib.report.statistics import Interval

PAPERS = {"nst": "Style transfer", "autogan": "AutoGAN", "nasdip": "NAS-DIP"}
CLAIMS = [Claim(f"C{n}", f"Claim {n}", "", "") for n in range(1, 5)]


@pytest.fixture
def figures(tmp_path: Path) -> Path:
    """Desk and smoke results of one paper."""
    findings = [
        claims.above(CLAIMS[0], Interval(0.5, 0.1, 0.9, 12), 0),
        claims.inside_band(CLAIMS[1], Interval(1, 0.9, 1.2, 8), (0.95, 1.05)),
        claims.exact(CLAIMS[2], False), claims.outside_band(CLAIMS[3], Interval(2, 1.5, 2.5, 8), (0.95, 1.05)),
    ]  # fmt: skip
    for profile in ("smoke", "desk"):
        folder = tmp_path / profile / "nst"
        found = findings if profile == "desk" else [claims.not_run(claim, "smoke") for claim in CLAIMS]
        tables.save(claims.table(found, CLAIMS, profile), folder, "claims")
        for name in ("extra_map", "fig2", "fig1"):
            (folder / f"{name}.png").write_bytes(b"")
    content = {"commit": "0123456789abcdef", "dirty": True,
               "device": {"device": "cpu", "cpu_capability": "AVX2", "threads": 2}, "versions": {"torch": "2.0"},
               "missing": {"fig4": "no votes yet"},
               "computed": {"a": "GPU, torch 2.1", "b": "CPU, torch 2.0", "c": "GPU, torch 2.1"}}  # fmt: skip
    (tmp_path / "desk" / "nst" / "manifest.json").write_text(json.dumps(content))
    return tmp_path


def test_the_highest_profile_present_is_found(figures: Path) -> None:
    assert overview.highest("nst", [figures]) == ("desk", figures / "desk" / "nst")
    assert overview.highest("autogan", [figures]) is None


def test_figures_of_this_machine_stand_beside_the_checked_in_ones(tmp_path: Path) -> None:
    assert overview.folders() == [overview.CHECKED_IN, tmp_path / "figures"]


def test_status_counts_the_verdicts_of_every_paper(figures: Path) -> None:
    found = overview.status(PAPERS, claims.gather(figures), [figures]).set_index("paper")
    assert found["profile"].tolist() == ["desk", "", ""]
    assert found.loc["nst", ["claims", "supported", "contradicted", "undecided", "not run"]].tolist() == [4, 2, 1, 1, 0]
    assert found.loc["nasdip", "claims"] == 0


def test_the_front_table_links_each_paper_to_its_section(figures: Path) -> None:
    text = overview.front(overview.status(PAPERS, claims.gather(figures), [figures]))
    assert "| [Style transfer](#Style-transfer) | 2 | 1 | 1 | 0 | desk |" in text


@pytest.mark.parametrize(("asked", "found"), [("extra_map", "extra_map"), ("fig2", "fig2"), ("absent", "fig1")])
def test_the_headline_is_the_named_figure_or_the_papers_first(figures: Path, asked: str, found: str) -> None:
    picture = overview.headline(figures / "desk" / "nst", asked)
    assert picture is not None
    assert picture.stem == found


def test_a_folder_without_figures_has_no_headline(tmp_path: Path) -> None:
    assert overview.headline(tmp_path, "fig1") is None


def test_the_ledger_counts_the_verdicts_and_keeps_the_order_of_claims(figures: Path) -> None:
    text = overview.ledger(claims.gather(figures))
    assert "<summary>✓\u00a02 supported, ✗\u00a01 contradicted, ?\u00a01 undecided</summary>" in text
    assert re.findall(r"^\| (C\d)", text, re.MULTILINE) == ["C1", "C2", "C3", "C4"]


def test_without_claims_the_ledger_says_so(figures: Path) -> None:
    assert overview.ledger(claims.gather(figures).head(0)) == "No claims to show yet."


def test_claims_keep_their_stars_and_signs_in_markdown(figures: Path) -> None:
    gathered = claims.gather(figures).assign(note="2*3*4 <b", threshold="< 1")
    row = overview.readable(gathered).iloc[0]
    assert (row["note"], row["threshold"]) == (r"2\*3\*4 &lt;b", "&lt; 1")


def test_deviations_are_read_from_the_papers_notebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overview, "notebooks_dir", lambda: tmp_path)
    table = "| # | item |\n| ---: | --- |\n| 1 | size |\n| 2 | steps |"
    cells = [{"cell_type": "code", "source": ["## Deviations"]},
             {"cell_type": "markdown", "source": ["## Deviations\n", "\n", table]},
             {"cell_type": "markdown", "source": "## Try it"}]  # fmt: skip
    (tmp_path / "01_nst.ipynb").write_text(json.dumps({"cells": cells}))
    assert overview.deviations("nst") == overview.folded("2 deviations", table)
    assert overview.deviations("autogan") == "Its notebook lists none."


@pytest.mark.parametrize("slug", PAPERS_OF_THE_WORKBOOK)
def test_every_papers_notebook_numbers_its_deviations(slug: str) -> None:
    text = overview.deviations(slug)
    count = int(re.search(r"<summary>(\d+) deviations", text)[1])
    assert count > 5
    assert re.findall(r"^\| (\d+) \|", text, re.MULTILINE) == [str(n) for n in range(1, count + 1)]


def test_a_preview_is_a_small_jpeg_of_the_same_shape(tmp_path: Path) -> None:
    Image.new("RGB", (2000, 500), "teal").save(tmp_path / "fig1.png")
    shown = Image.open(io.BytesIO(overview.preview(tmp_path / "fig1.png", width=400)))
    assert (shown.format, shown.size) == ("JPEG", (400, 100))


def test_provenance_tells_commit_device_and_what_is_missing(figures: Path) -> None:
    (row,) = overview.provenance(list(PAPERS), [figures]).to_dict("records")
    assert (row["paper"], row["profile"], row["commit"], row["torch"]) == ("nst", "desk", "01234567+", "2.0")
    assert row["missing"] == "fig4: no votes yet"
    assert row["computed"] == "GPU, torch 2.1: 2 parts; CPU, torch 2.0: 1 part"


def test_readable_claims_show_signs_and_the_interval_beside_the_effect(figures: Path) -> None:
    found = overview.readable(claims.gather(figures))
    assert found["verdict"].tolist() == [
        "✓\u00a0supported", "?\u00a0undecided", "✗\u00a0contradicted", "✓\u00a0supported",
    ]  # fmt: skip
    assert found["effect [95% interval]"].tolist() == [
        "0.5 [0.1,\u00a00.9]", "1 [0.9,\u00a01.2]", "-", "2 [1.5,\u00a02.5]",
    ]  # fmt: skip


def test_verdicts_that_follow_from_their_interval_pass_the_recheck(figures: Path) -> None:
    assert overview.rechecked(claims.gather(figures)).empty


@pytest.mark.parametrize("claim", ["C1", "C2", "C4"])
def test_a_verdict_that_its_interval_denies_is_found(figures: Path, claim: str) -> None:
    gathered = claims.gather(figures)
    gathered.loc[gathered["id"] == claim, "verdict"] = "contradicted"
    assert overview.rechecked(gathered)["id"].tolist() == [claim]


def test_the_chart_stacks_every_verdict_and_names_papers_without_results(figures: Path) -> None:
    ax = overview.chart(overview.status(PAPERS, claims.gather(figures), [figures])).axes[0]
    assert [text.get_text() for text in ax.get_yticklabels()] == ["Style transfer", "AutoGAN", "NAS-DIP"]
    widths = [[bar.get_width() for bar in bars] for bars in ax.containers]
    assert widths == [[2, 0, 0], [1, 0, 0], [1, 0, 0], [0, 0, 0]]
    assert "no results yet" in [text.get_text() for text in ax.texts]
