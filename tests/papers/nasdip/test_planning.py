"""What a profile would cost is told before its data are here."""

import pytest
import yaml

from lib.papers.nasdip import planning
from lib.papers.nasdip.settings import Settings
from lib.paths import notebooks_dir


@pytest.fixture
def no_data(monkeypatch, tmp_path):
    """Neither a data folder nor a download."""
    monkeypatch.delenv("WORKBOOK_DATA", raising=False)
    monkeypatch.setattr("lib.data.registry.downloads_dir", lambda: tmp_path)


@pytest.mark.usefixtures("no_data")
@pytest.mark.parametrize("profile", ["desk", "paper"])
def test_a_plan_names_the_data_that_are_not_here_and_counts_their_searches(profile):
    values = yaml.safe_load((notebooks_dir() / "profiles" / profile / "02_nasdip.yaml").read_text())
    parts = {part["part"]: part for part in planning.plan(Settings.pick(values))}
    assert all({"art_media", "dip/inpainting", "dip/sr"} <= set(part["data"]) for part in parts.values())
    assert all(part["rows"] > 0 and part["flops"] > 0 for part in parts.values())
    artworks = planning.MEDIA * values["artworks_per_medium"]
    assert parts["artworks"]["rows"] % artworks == 0


def test_a_plan_is_the_same_whether_the_artworks_are_here_or_not(tiny, monkeypatch, tmp_path):
    monkeypatch.setenv("WORKBOOK_DATA", str(tmp_path))
    monkeypatch.setattr(planning, "MEDIA", 2)
    known = tiny(artworks="procedural", artworks_per_medium=2)
    absent = tiny(artworks="art_media", artworks_per_medium=1)
    here, guessed = (planning.plan(settings) for settings in (known, absent))
    assert [part["flops"] for part in here] == [part["flops"] for part in guessed]
