"""What the tour shows."""

import numpy as np
import pytest
from PIL import Image

from lib import weights as lib_weights
from lib.papers import PAPERS
from lib.report.claims import Verdict
from lib.workbook import tour


def test_the_check_says_yes_where_everything_is_here(weights):
    assert tour.check()[:3] == ["Python 3.11 or newer: yes", "packages: yes", "packaged weights: yes"]


def test_the_check_says_what_to_do_where_something_is_missing(monkeypatch):
    monkeypatch.setattr(tour, "IMPORTED", ("torch", "no_such_package"))
    monkeypatch.setattr(lib_weights, "status", lambda: [{"name": n, "present": False} for n in lib_weights.packaged()])
    lines = tour.check()
    assert lines[1] == "packages: no; see the README for no_such_package"
    assert lines[2] == "packaged weights: no; run: python -m lib fetch weights"


def test_every_paper_is_listed_with_its_notebook_and_its_verdicts():
    table = tour.papers()
    assert table["title"].tolist() == list(PAPERS.values())
    assert table["notebook"].str.fullmatch(r"\[(\d\d_\w+)\]\(\1\.ipynb\)").all()
    assert (table["claims"] == table[[*map(str, Verdict)]].sum(axis=1)).all()


def test_every_bundled_picture_is_listed_with_its_hash():
    assert tour.bundled()["sha256"].str.fullmatch("[0-9a-f]{12}").all()


@pytest.fixture
def figures(tmp_path, monkeypatch):
    """Checked-in figures of two papers."""
    monkeypatch.setattr(tour, "ROOT", tmp_path)
    for name in ("nst/fig1", "nst/fig2", "nst/fig3", "nasdip/fig1"):
        path = tmp_path / "figures" / "desk" / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((600, 1200, 4), 128, np.uint8)).save(path)


def test_the_gallery_takes_figures_of_the_papers_in_turn(figures):
    found = tour.gallery("desk", 3)
    assert list(found) == ["nasdip/fig1", "nst/fig1", "nst/fig2"]
    assert {image.shape for image in found.values()} == {(240, 480, 3)}


def test_a_profile_without_figures_has_an_empty_gallery(figures):
    assert tour.gallery("paper", 3) == {}


def test_items_are_put_in_rows():
    assert tour.rows_of([1, 2, 3], 2, 0) == [[1, 2], [3, 0]]
