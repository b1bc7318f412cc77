"""The report as `make report` writes it, opened from the disk with no network, on a desk, on a phone and on paper."""

import re
from pathlib import Path

import pytest

from lib import paths
from lib.papers import FRONT
from lib.report.claims import Verdict, read
from lib.report.overview import SIGNS
from lib.workbook import cli

pytestmark = pytest.mark.browser
WINDOWS = {"desktop": (1280, 900), "phone": (390, 844)}
LARGEST_MB = 4
FRONT_TABLE = "table => [...table.rows].slice(1).map(row => [...row.cells].map(cell => cell.innerText.trim()))"
LOADED = "images => images.every(image => image.complete && image.naturalWidth > 300 && image.alt)"
WIDTHS = "() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]"
OUTSIDE_BOXES = """() => [...document.querySelectorAll('main *')].filter(node => !node.closest('.box, pre, svg')
    && node.getBoundingClientRect().right > innerWidth + 1).map(node => node.tagName)"""


@pytest.fixture(scope="module")
def report(tmp_path_factory) -> Path:
    """The page that the command writes, of what is checked in."""
    folder = tmp_path_factory.mktemp("report")
    with pytest.MonkeyPatch.context() as patch:
        for kind in ("RUNS", "FIGURES"):
            patch.setenv(f"WORKBOOK_{kind}", str(folder / kind.lower()))
        assert cli.main(["report"]) == 0
    return folder / "figures" / "report.html"


@pytest.fixture(params=WINDOWS)
def window(request, browser, report):
    """The report in a window of either size; every request but the file's own, and every complaint, fails the test."""
    width, height = WINDOWS[request.param]
    page, troubles = browser.new_page(viewport={"width": width, "height": height}), []
    page.on("console", lambda message: troubles.append(message.text))
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.route(re.compile(r"^(?!file:|data:)"), lambda route: (troubles.append(route.request.url), route.abort()))
    page.goto(report.as_uri())
    yield page
    target = paths.ROOT / "data" / "browser" / f"report-{request.param}.png"
    target.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=target)
    assert troubles == []


def counts(slug: str) -> list[str]:
    """How many claims of the checked-in desk run have each verdict."""
    verdicts = read(paths.ROOT / "figures" / "desk" / slug / "claims.csv")["verdict"].tolist()
    return [str(verdicts.count(verdict)) for verdict in Verdict]


def test_the_page_is_one_small_file(report):
    assert report.stat().st_size < LARGEST_MB * 1e6


def test_nothing_is_wider_than_the_window_folded_or_not(window):
    for opened in (False, True):
        window.eval_on_selector_all("details", "(all, open) => all.forEach(one => one.open = open)", opened)
        wide, room = window.evaluate(WIDTHS)
        assert wide <= room
        assert window.evaluate(OUTSIDE_BOXES) == []


def test_the_front_table_counts_the_claims(window):
    rows = window.eval_on_selector("table", FRONT_TABLE)
    assert rows == [[name, *counts(slug), "desk"] for slug, (name, _, _) in FRONT.items()]


def test_the_front_table_is_seen_at_once(window):
    box = window.locator("table").first.bounding_box()
    assert box["y"] + box["height"] < window.viewport_size["height"]


def test_every_paper_has_its_headline_figure_and_all_pictures_are_loaded(window):
    assert window.eval_on_selector_all("img", LOADED)
    shown = window.eval_on_selector_all("img", "images => images.map(image => image.alt)")
    assert shown[1:] == [caption for _, _, caption in FRONT.values()]


def test_a_link_of_the_front_table_leads_to_the_papers_section(window):
    window.locator("table").first.get_by_role("link", name="NAS-DIP").click()
    heading = window.get_by_role("heading", name="NAS-DIP", exact=True)
    assert 0 <= heading.bounding_box()["y"] < window.viewport_size["height"] / 2


def test_a_ledger_opens_and_shows_every_claim_with_its_verdict(window):
    for place, slug in enumerate(FRONT):
        ledger = window.locator("details", has=window.locator("th", has_text="verdict")).nth(place)
        assert not ledger.locator("table").is_visible()
        ledger.locator("summary").click()
        assert ledger.locator("table").is_visible()
        assert [str(ledger.locator(f"td[data-sign='{sign}']").count()) for sign in SIGNS.values()] == counts(slug)


def test_on_paper_every_ledger_is_open_and_the_menu_is_gone(window):
    window.emulate_media(media="print")
    tables = window.locator("details table")
    assert tables.count() > 20
    assert all(table.is_visible() for table in tables.all())
    assert not window.locator("nav").is_visible()
    background = window.evaluate("() => getComputedStyle(document.body).backgroundColor")
    assert background == "rgb(255, 255, 255)"


def test_on_paper_no_table_is_cut_off(window):
    window.set_viewport_size({"width": 1032, "height": 700})  # A4 across, less its margins, in CSS pixels
    window.emulate_media(media="print")
    assert window.eval_on_selector_all("table", "all => all.every(one => one.getBoundingClientRect().right <= 1032)")
    assert window.pdf(prefer_css_page_size=True).startswith(b"%PDF")
