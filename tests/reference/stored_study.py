"""What tests of figures and claims of several papers need: records as an export leaves them, and figures unsaved."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from lib.papers.study import Study
from lib.search import record


class Unsaved(Study):
    """A study that keeps its figures instead of saving them; in `drawn`, those that may not be shown in `hidden`."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.drawn, self.hidden = {}, {}

    def figure(self, name, figure, *, private=False):
        (self.hidden if private else self.drawn)[name] = figure
        return figure


def drawn(slug, folder, products):
    """A study that holds every figure of these products."""
    study = Unsaved(slug, "desk", folder=folder)
    for product in products:
        product(study)
    return study


def cell(table, column, **keys):
    """One value of a table."""
    chosen = table[(table[list(keys)] == pd.Series(keys)).all(axis=1)]
    assert len(chosen) == 1
    return chosen[column].iloc[0]


def texts(figure):
    """Every text on a figure, in one line each."""
    found = [text.get_text() for text in figure.findobj(lambda artist: hasattr(artist, "get_text"))]
    return [" ".join(text.split()) for text in found if text]


def write(slug: str, folder: Path, part: str, rows: Iterable[dict[str, Any]], identity: dict[str, Any]) -> None:
    """A record as an export leaves it; one that is there is replaced."""
    plain = folder / f"{part}.jsonl"
    plain.unlink(missing_ok=True)
    with record.Record.open(plain, {"slug": slug, "identity": identity}) as kept:
        for row in rows:
            kept.append(row, sync=False)
    target = folder / "records" / f"{part}.jsonl.gz"
    target.unlink(missing_ok=True)  # a link to another study's
    record.export(plain, target)
    for left in (plain, plain.with_suffix(".jsonl.lock")):
        left.unlink(missing_ok=True)


@contextmanager
def rewritten(study: Study, part: str) -> Iterator[list[dict[str, Any]]]:
    """The rows of a study's record, to be changed in place; then they are written back."""
    header, rows = record.read(study.records / f"{part}.jsonl.gz")
    yield rows
    write(study.slug, study.folder, part, rows, header["identity"])


def fixtures(slug: str, fill: Callable[[Path], Any]) -> tuple[Any, Any]:
    """For a conftest: the figure folder with all records that `fill` makes, once, and a test's own study of them.

    What that study draws, and records that a test writes, go to the test's own folder.
    """

    @pytest.fixture(scope="session")
    def stored_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
        folder = tmp_path_factory.mktemp(f"{slug}-world")
        fill(folder)
        return folder

    @pytest.fixture
    def study(stored_folder: Path, tmp_path: Path) -> Study:
        records = tmp_path / "study" / "records"
        records.mkdir(parents=True)
        for path in (stored_folder / "records").iterdir():
            (records / path.name).symlink_to(path)
        return Study(slug, "desk", folder=records.parent)

    return stored_folder, study
