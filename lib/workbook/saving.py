"""Keep the outputs of a smoke run in the notebooks themselves, as they are committed."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lib.paths import atomic, shown
from lib.workbook.batch import Outcome, executed_path
from lib.workbook.notebooks import Job
from lib.workbook.parameters import declared

WIDGET = "application/vnd.jupyter.widget-view+json"


def smoke_fingerprint(notebook: Path) -> str:
    """The fingerprint of the values in the parameters cell, by which a notebook knows that they are untouched."""
    from lib.papers.settings import fingerprint

    return fingerprint({name: parameter.default for name, parameter in declared(notebook).items()})


def prepare(jobs: Sequence[Job]) -> None:
    """Note the fingerprint of the smoke values in each notebook, and silence progress for what they print.

    Raises ValueError for a job with other values than those in its notebook.
    """
    import nbformat

    for job in jobs:
        if job.profile != "smoke" or job.injected:
            raise ValueError(
                f"--save keeps outputs of the smoke profile with its own values; {job.notebook.stem} has others"
            )
    for job in jobs:
        page = nbformat.read(job.notebook, as_version=4)
        page.metadata["workbook"] = {"smoke": smoke_fingerprint(job.notebook)}
        _write(page, job.notebook)
    os.environ["WORKBOOK_QUIET"] = "1"


def keep(outcomes: Sequence[Outcome]) -> None:
    """Copy the outputs of finished notebooks into their sources."""
    for outcome in outcomes:
        if outcome.status == "ok":
            _copy(executed_path(outcome.job), outcome.job.notebook)


def _copy(executed: Path, source: Path) -> None:
    """Copy counts and outputs, but no widget views, timings or notes of papermill.

    Raises ValueError if the source changed while it ran.
    """
    import nbformat

    page, done = (nbformat.read(path, as_version=4) for path in (source, executed))
    if [cell.source for cell in page.cells] != [cell.source for cell in done.cells]:
        raise ValueError(f"{shown(source)} changed while it ran; run it again")
    for cell, ran in zip(page.cells, done.cells, strict=True):
        if cell.cell_type == "code":
            cell.execution_count, cell.outputs = ran.execution_count, [_static(output) for output in ran.outputs]
            cell.metadata.pop("execution", None)
    for name in ("widgets", "papermill"):
        page.metadata.pop(name, None)
    _write(page, source)


def _static(output: Any) -> Any:
    """The output without its widget view, whose text stays."""
    output.get("data", {}).pop(WIDGET, None)
    return output


def _write(page: Any, notebook: Path) -> None:
    import nbformat

    with atomic(notebook) as temporary:
        nbformat.write(page, temporary)
