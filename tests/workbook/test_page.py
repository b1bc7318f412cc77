"""The report page: one file that loads nothing from elsewhere."""

import re

import nbformat
import pytest
from nbformat import v4

from lib.workbook import page

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


@pytest.fixture
def notebook(tmp_path):
    """A notebook with a picture, a table and outside references in its outputs."""
    hostile = '<img src="https://example.org/a.png"><script src="//example.org/b.js"></script><b>kept</b>'
    outputs = [
        v4.new_output("display_data", data={"image/png": PIXEL, "text/plain": "<Figure>"}),
        v4.new_output("execute_result", data={"text/html": hostile, "text/plain": "x"}, execution_count=1),
    ]
    cells = [
        v4.new_markdown_cell("# Claims\n\nSee [the paper](https://example.org/paper)."),
        v4.new_code_cell("secret_source = 1", outputs=outputs, execution_count=1),
    ]
    path = tmp_path / "99_report.ipynb"
    nbformat.write(v4.new_notebook(cells=cells), path)
    return path


def test_the_page_loads_nothing_from_outside_and_keeps_pictures_and_links(notebook, tmp_path):
    text = page.render(notebook, tmp_path / "report.html").read_text()
    assert PIXEL in text.replace("\n", "")
    assert '<a href="https://example.org/paper"' in text
    assert "<b>kept</b>" in text
    assert not re.search(r"<(script|img|link|iframe)[^>]*(src|href)=[\"']?(https?:)?//", text)
    assert 'type="module"' not in text


def test_the_page_hides_the_code(notebook, tmp_path):
    assert "secret_source" not in page.render(notebook, tmp_path / "report.html").read_text()
