"""A person's way through JupyterLab: open a notebook, run it all, see the figures, cast a vote."""

import pytest

from lib.papers.nst import votes
from tests.browser.driving import open_notebook, run_all, shot

pytestmark = pytest.mark.browser
LOADED = "images => images.filter(image => image.complete && image.naturalWidth > 100).length"


def test_the_server_asks_for_its_token(lab):
    assert not lab.answers("wrong")


def test_lab_opens_on_the_tour_without_a_news_question(page, lab):
    page.goto(f"{lab.url}/?token={lab.token}")
    page.wait_for_selector(".jp-NotebookPanel .jp-CodeCell")
    page.wait_for_timeout(3000)
    assert page.url.endswith("00_tour.ipynb")
    assert page.locator("text=/get notified|official Jupyter news/i").count() == 0
    shot(page, "tour")


def test_a_person_runs_the_study_sees_its_figures_and_votes(page, lab):
    open_notebook(page, lab, "01_nst")
    run_all(page)
    errors = page.locator("[data-mime-type='application/vnd.jupyter.stderr']", has_text="Traceback")
    assert not errors.all_inner_texts()
    figures = page.locator(".jp-RenderedImage img")
    assert figures.evaluate_all(LOADED) >= 5
    figures.first.scroll_into_view_if_needed()
    shot(page, "nst")

    button = page.get_by_role("button", name="Left", exact=True)
    button.scroll_into_view_if_needed()
    assert page.locator(".jupyter-widgets img:visible").evaluate_all(LOADED) == 2
    shot(page, "ballot")
    button.click()
    page.wait_for_timeout(2000)
    shot(page, "vote")
    cast = votes.read(lab.folder / "votes" / "nst.csv")
    assert cast["voter"].tolist() == ["simulated"]
    assert cast["choice"].tolist() == ["left"]
    assert votes.real(cast).empty
