"""What a person does in JupyterLab: open a notebook, run all of it, look at the page."""

from pathlib import Path

from playwright.sync_api import TimeoutError

from lib import paths

RUN_MS = 420_000  # a notebook takes up to two minutes on two idle cores
CLEARED = """() => document.querySelectorAll('.jp-OutputArea-output').length === 0"""
DONE = """() => {
    const prompts = [...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')].map(node => node.textContent.trim());
    const errors = [...document.querySelectorAll('[data-mime-type="application/vnd.jupyter.stderr"]')];
    if (errors.some(node => node.textContent.includes('Traceback'))) return true;
    return prompts.length > 0 && prompts.every(text => /^\\[\\d+\\]:$/.test(text));
}"""


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
