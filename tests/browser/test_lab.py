"""A person's way through JupyterLab: open a notebook, run it all, see the figures, cast a vote."""

from pathlib import Path

import pytest
from playwright.sync_api import TimeoutError

from lib import paths
from lib.papers.nst import votes

pytestmark = pytest.mark.browser
RUN_MS = 420_000  # a notebook takes up to two minutes on two idle cores
CLEARED = """() => document.querySelectorAll('.jp-OutputArea-output').length === 0"""
DONE = """() => {
    const prompts = [...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')].map(node => node.textContent.trim());
    const errors = [...document.querySelectorAll('[data-mime-type="application/vnd.jupyter.stderr"]')];
    if (errors.some(node => node.textContent.includes('Traceback'))) return true;
    return prompts.length > 0 && prompts.every(text => /^\\[\\d+\\]:$/.test(text));
}"""
LOADED = "images => images.filter(image => image.complete && image.naturalWidth > 100).length"


def shot(page, name: str) -> Path:
    """Save a screenshot for people to look at, below data/browser."""
    target = paths.ROOT / "data" / "browser" / f"{name}.png"
    target.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=target)
    return target


def open_notebook(page, lab, name: str) -> None:
    """Open a notebook and wait for its kernel."""
    page.goto(f"{lab.url}/lab/tree/notebooks/{name}.ipynb?token={lab.token}")
    page.wait_for_selector(".jp-NotebookPanel .jp-CodeCell")
    for _ in range(120):
        if lab.idle_kernels():
            break
        page.wait_for_timeout(500)
    page.wait_for_selector("text=/\\| Idle/")
    page.wait_for_timeout(1000)  # the page asks for a kernel if told to run before it knows its own


def choose(page, menu: str, entry: str) -> None:
    """Open a menu of the menu bar and click an entry."""
    page.locator(".lm-MenuBar-itemLabel", has_text=menu).first.click()
    page.locator(".lm-Menu-item:not(.lm-mod-disabled) .lm-Menu-itemLabel", has_text=entry).first.click()


def run_all(page) -> None:
    """Clear the outputs, choose Run > Run All Cells, wait for the last cell or for the error that stops the rest."""
    choose(page, "Edit", "Clear Outputs of All Cells")
    page.wait_for_function(CLEARED)
    choose(page, "Run", "Run All Cells")
    try:
        page.wait_for_function(DONE, timeout=RUN_MS)
    except TimeoutError:
        shot(page, "unfinished")
        raise


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
