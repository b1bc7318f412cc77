"""Each house rule finds the notebook that breaks it."""

import nbformat
import pytest
from nbformat import v4

from lib.papers.settings import fingerprint
from lib.paths import ROOT
from lib.workbook import saving
from lib.workbook.batch import Outcome, executed_path
from lib.workbook.notebooks import job
from tests.workbook.rules import breaches

PARAMETERS = 'profile: str = "smoke"  # smoke or desk\nrate: float = 0.1  # per step'
MARK = "# NBVAL_CHECK_OUTPUT\n"


@pytest.fixture
def good(toys):
    """A notebook that keeps every rule."""
    path = toys.notebook("good", *[f"{MARK}print({n})" for n in range(3)], parameters=PARAMETERS)
    change(path, lambda page: [run(cell, n) for n, cell in enumerate(code(page), start=1)])
    return path


def code(page):
    return [cell for cell in page.cells if cell.cell_type == "code"]


def run(cell, count, text="1\n"):
    """What a kernel would have left in a cell."""
    cell.execution_count = count
    cell.outputs = [] if "parameters" in cell.metadata.get("tags", []) else [v4.new_output("stream", text=text)]


def change(path, alter):
    """Apply a change to a notebook file."""
    page = nbformat.read(path, as_version=4)
    alter(page)
    nbformat.write(page, path)


def source(text):
    return lambda page: page.cells[2].update(source=MARK + text)


def output(**fields):
    return lambda page: page.cells[3].outputs.append(v4.new_output(**fields))


def test_a_notebook_that_keeps_the_rules_has_no_breach(good):
    assert breaches(good) == []


@pytest.mark.parametrize(
    ("alter", "words"),
    [
        (lambda page: page.cells[1].metadata.update(tags=[]), "0 cells are tagged parameters"),
        (lambda page: page.cells[1].update(source="profile: str = 'smoke'"), "profile has no comment"),
        (lambda page: page.cells[1].update(source="profile: str = 'desk'  # name"), "value 'smoke'"),
        (lambda page: page.cells[1].update(source=f"import os\n{PARAMETERS}"), "'import os' is not of the form"),
        (lambda page: page.cells[1].update(source=f"{PARAMETERS}, was lr=1"), "papermill cannot read 'rate: float"),
        (source("\n".join(["x = 1"] * 26)), "cell 3 has 26 lines of code; at most 25"),
        (source("def f():\n" + "\n".join(["    x = 1"] * 10)), "defines f in more than 10 lines"),
        (source("import sys\nsys.path.insert(0, '..')"), "changes the import path"),
        (source("%cd .."), "changes the import path or the working directory"),
        (source("open('/home/someone/file')"), "names a place on one machine: /home/someone"),
        (lambda page: page.cells[0].update(source=f"see {ROOT}/lib"), "names a place on one machine"),
        (output(output_type="stream", text="/tmp/x/y.png"), "names a place on one machine: /tmp/x"),
        (output(output_type="stream", name="stderr", text="hm"), "marked cell 4 prints to stderr"),
        (output(output_type="error", ename="ValueError", evalue="", traceback=[]), "cell 4 holds an error: ValueError"),
        (output(output_type="display_data", data={saving.WIDGET: {}}), "cell 4 holds a widget view"),
        (lambda page: page.cells[3].update(execution_count=None), "cell 4 has the execution count None"),
        (lambda page: page.cells[3].update(outputs=[]), "marked cell 4 has no output"),
        (lambda page: page.cells[4].update(source="print(2)"), "2 cells are marked for nbval"),
        (lambda page: page.metadata.kernelspec.update(name="conda-env"), "the kernel is 'conda-env'"),
        (lambda page: page.metadata.update(widgets={}), "the metadata hold widgets"),
        (lambda page: page.metadata.update(workbook={"smoke": "00000000"}), "fingerprint"),
        (output(output_type="display_data", data={"image/png": "A" * 6_000_000}), "at most 5"),
    ],
)
def test_a_breach_is_found_and_named(good, alter, words):
    change(good, alter)
    assert words in "\n".join(breaches(good))


def test_too_much_code_in_all_is_found(good):
    more = [v4.new_code_cell("\n".join(["x = 1"] * 24), execution_count=n) for n in range(5, 10)]
    change(good, lambda page: page.cells.extend(more))
    assert breaches(good) == ["123 lines of code beside the parameters; at most 120"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("profile: desk\n", "do not both name rate"),
        ("profile: desk\nrate: 1\n", "other YAML readers take rate for 1; write it as 1.0"),
        ("profile: desk\nrate: 1e-3\n", "other YAML readers take rate for '1e-3'; write it as 0.001"),
        ("profile: day\nrate: 0.5\n", "profile is 'day'"),
    ],
)
def test_a_profile_file_that_does_not_fit_is_found(good, toys, text, words):
    toys.profile("good", text)
    assert words in "\n".join(breaches(good))


def test_a_profile_file_that_fits_is_no_breach(good, toys):
    toys.profile("good", "profile: desk\nrate: 1.0e-3\n")
    assert breaches(good) == []


def test_saving_keeps_outputs_without_widgets_timings_or_notes_of_the_run(good):
    work = job(good, "smoke", {}, {})
    saving.prepare([work])
    executed = nbformat.read(good, as_version=4)
    executed.metadata.update(widgets={"state": {}}, papermill={"input_path": "/tmp/x"})
    for count, cell in enumerate(code(executed), start=1):
        run(cell, count, text="new\n")
        cell.metadata.update(execution={"started": "now"}, papermill={"duration": 1})
    executed.cells[4].outputs.append(v4.new_output("display_data", data={saving.WIDGET: {}, "text/plain": "a ballot"}))
    executed_path(work).parent.mkdir(parents=True)
    nbformat.write(executed, executed_path(work))
    saving.keep([Outcome(work, "ok")])
    saved = nbformat.read(good, as_version=4)
    assert saved.cells[2].outputs[0].text == "new\n"
    assert saved.cells[4].outputs[1].data == {"text/plain": "a ballot"}
    assert saved.cells[2].metadata == {}
    assert saved.metadata.workbook.smoke == fingerprint({"profile": "smoke", "rate": 0.1})


def test_saving_refuses_other_values_and_changed_sources(good):
    with pytest.raises(ValueError, match="good has others"):
        saving.prepare([job(good, "smoke", {"rate": "0.2"}, {})])
    work = job(good, "smoke", {}, {})
    executed_path(work).parent.mkdir(parents=True)
    executed_path(work).write_bytes(good.read_bytes())
    change(good, source("print('another')"))
    with pytest.raises(ValueError, match="changed while it ran"):
        saving.keep([Outcome(work, "ok")])


def test_an_unfinished_notebook_is_not_saved(good):
    before = good.read_bytes()
    saving.keep([Outcome(job(good, "smoke", {}, {}), "failed")])
    assert good.read_bytes() == before
