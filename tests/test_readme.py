"""The README tells the truth: its table counts the checked-in claims, and what it shows and names is there."""

import re

import pytest

from lib.papers import PAPERS
from lib.paths import ROOT
from lib.report import claims
from lib.report.claims import Verdict
from lib.workbook import tour
from lib.workbook.cli import parser

README = (ROOT / "README.md").read_text(encoding="utf-8")
FIRST = README.partition("\n## ")[0]


def test_the_front_table_counts_the_checked_in_claims():
    known = tour.papers()
    shown = re.findall(r"^\| \[`(\d\d_\w+)`\].*?\|((?: \d+ \|){5})$", FIRST, re.MULTILINE)
    numbers = {name: [int(number) for number in re.findall(r"\d+", text)] for name, text in shown}
    rows = known[["claims", *map(str, Verdict)]].to_numpy().tolist()
    assert numbers == dict(zip(known["notebook"].str.extract(r"\[(\w+)\]")[0], rows, strict=True))


def _findings():
    """The rows of the README's tables of claims: slug, id, verdict and what was measured."""
    for slug, rows in re.findall(r"^\| (\w+) \| claim \|.*\n\|[- |]+\n((?:\|.*\n)+)", README, re.MULTILINE):
        for row in rows.splitlines():
            name, _, verdict, measured = (cell.strip() for cell in row.strip("|").split(" | "))
            yield slug, name, verdict, measured


@pytest.mark.parametrize(("slug", "name", "verdict", "measured"), list(_findings()))
def test_a_finding_has_the_verdict_and_the_interval_of_the_checked_in_claim(slug, name, verdict, measured):
    claim = claims.read(ROOT / "figures" / "desk" / slug / "claims.csv").set_index("id").loc[name]
    assert claim["verdict"] == verdict
    if shown := re.match(r"(-?[\d.]+) \[(-?[\d.]+), (-?[\d.]+)\]", measured):
        known = claim[["effect", "low", "high"]].astype(float)
        assert [float(one) for one in shown.groups()] == pytest.approx(known.tolist(), rel=0.005)


def test_every_paper_has_findings():
    assert {slug for slug, *_ in _findings()} == set(PAPERS)


@pytest.mark.parametrize("place", sorted(set(re.findall(r'(?:\]\(|src=")([^)#"]+)[)"]', README))))
def test_what_is_shown_or_linked_is_checked_in(place):
    assert (ROOT / place).exists()


def test_every_heading_that_is_linked_is_there():
    headings = {
        title.lower().replace(",", "").replace(" ", "-") for title in re.findall(r"^## (.+)$", README, re.MULTILINE)
    }
    assert set(re.findall(r"\]\(#([\w-]+)\)", README)) <= headings


def test_the_file_map_is_short_and_names_what_is_there():
    commands, listed = re.findall(r"```\n(.*?)```", FIRST, re.DOTALL)
    assert len(commands.splitlines()) == 2
    assert len(listed.splitlines()) <= 12
    assert all((ROOT / place).exists() for place in re.findall(r"(?<!\S)([\w.]+/(?:\w+/)?)(?=\s)", listed))


def test_every_command_that_is_named_is_one():
    known = set(re.findall(r"^    (\w+) ", parser().format_help(), re.MULTILINE))
    assert set(re.findall(r"python -m lib (\w+)", README)) <= known
