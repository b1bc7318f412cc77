"""A person plays with the genome explorer and the comparison slider in JupyterLab."""

import io
import re

import nbformat
import numpy as np
import pytest
from PIL import Image

from tests.browser.driving import open_notebook, run_all, shot

pytestmark = pytest.mark.browser
EXPLORER = "from lib.papers import {0}\n\n{0}.explore()"
SLIDER = """from lib.data import images, pictures
from lib.report.interactive import Comparison

photo = images.to_uint8(images.fitted(pictures.picture("coffee"), 192))
Comparison(photo, 255 - photo, ("photo", "negative"))"""


@pytest.fixture
def opened(page, lab):
    """A function that runs a notebook of some cells in the page."""

    def run(name, *cells):
        written = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
        written.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
        nbformat.write(written, lab.folder / "notebooks" / f"{name}.ipynb")
        open_notebook(page, lab, name)
        run_all(page)
        return page

    return run


def pixels(locator):
    return np.asarray(Image.open(io.BytesIO(locator.screenshot())).convert("RGB")).astype(int)


def said(page):
    """The parameters and multiply-accumulates that the first explorer shows."""
    return re.findall(r"[\d,]{5,}", page.locator(".widget-html", has_text="parameters").first.inner_text())


def drawings(page):
    return page.locator(".jupyter-widgets img:visible").evaluate_all("all => all.map(image => image.src)")


def changed(page, what, before):
    """Wait until something is no longer as it was, and return it."""
    for _ in range(1200):  # a minute, on a busy machine
        if (now := what(page)) != before:
            return now
        page.wait_for_timeout(50)
    pytest.fail(f"{before} did not change")


def drag(page, share):
    """Drag the slider to a share of its length, in steps as a hand does."""
    track, handle = (page.locator(name).bounding_box() for name in (".noUi-base", ".noUi-handle"))
    height = handle["y"] + handle["height"] / 2
    page.mouse.move(handle["x"] + handle["width"] / 2, height)
    page.mouse.down()
    page.mouse.move(track["x"] + share * track["width"], height, steps=12)
    page.mouse.up()


def test_a_person_changes_a_network_and_uncovers_a_picture(opened):
    page = opened("widgets", SLIDER, EXPLORER.format("stylenas"))
    frame = page.locator(".widget-gridbox")
    before, width = pixels(frame), frame.bounding_box()["width"]
    shot(page, "slider")
    drag(page, 0.9)
    page.wait_for_timeout(1000)
    shot(page, "slider-dragged")
    differs = np.abs(pixels(frame) - before).sum(2).mean(0) > 30  # of each column of pixels
    assert not differs[: int(0.48 * width)].any()  # the first picture stays where it was uncovered before
    assert differs[int(0.52 * width) : int(0.88 * width)].mean() > 0.9
    assert not differs[int(0.92 * width) :].any()

    page.get_by_role("button", name="d2.conv", exact=True).scroll_into_view_if_needed()
    shot(page, "explorer")
    counts, drawn = said(page), drawings(page)
    page.get_by_role("button", name="d2.conv", exact=True).click()
    assert len(changed(page, said, counts)) == 2
    changed(page, drawings, drawn)
    shot(page, "explorer-toggled")


def test_a_person_explores_the_other_papers_and_sees_why_a_genome_is_invalid(opened):
    page = opened("explorers", *map(EXPLORER.format, ("cycleganas", "autogan", "nasdip")))
    for place, slug in enumerate(("cycleganas", "autogan", "nasdip")):
        button = page.get_by_role("button", name="Random", exact=True).nth(place)
        button.scroll_into_view_if_needed()
        drawn = drawings(page)
        button.click()
        changed(page, drawings, drawn)
        shot(page, f"explorer-{slug}")
    drawn = drawings(page)
    page.get_by_role("button", name="E1.s", exact=True).click()
    page.wait_for_selector("text=No network")
    assert changed(page, drawings, drawn) == drawn[:-1]
    shot(page, "explorer-invalid")
