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


def written(tmp_path, *cells) -> str:
    """The page of a notebook with these Markdown texts."""
    path = tmp_path / "n.ipynb"
    nbformat.write(v4.new_notebook(cells=[v4.new_markdown_cell(text) for text in cells]), path)
    return page.render(path, tmp_path / "report.html").read_text()


def test_the_page_names_its_language_title_and_width(tmp_path):
    text = written(tmp_path, "# Claims *& more*")
    assert text.startswith('<!DOCTYPE html>\n<html lang="en">')
    assert "<title>Claims &amp; more</title>" in text
    assert '<meta name="viewport" content="width=device-width' in text


def test_a_menu_leads_to_every_section(tmp_path):
    text = written(tmp_path, "## One paper\n\n### Claims", "## Another\n\n### Claims")
    assert '<a href="#One-paper">One paper</a>\n<a href="#Another">Another</a></nav>' in text
    ids = re.findall(r'<h\d[^>]* id="([^"]+)"', text)
    assert ids == ["One-paper", "Another"]


def test_every_table_has_a_box_to_scroll_in_and_stays_folded(tmp_path):
    table = "| a | b |\n| --- | --- |\n| 1 | 2 |\n"
    text = written(tmp_path, f"{table}\n<details>\n<summary>more</summary>\n\n{table}\n</details>")
    assert text.count('<div class="box"><table>') == text.count("</table></div>") == 2
    assert text.index("<summary>more") < text.rindex("<table>") < text.index("</details>")


def test_a_cell_with_a_signed_verdict_names_its_sign(tmp_path):
    text = written(tmp_path, "| a | b |\n| :--- | --- |\n| ✗\u00a0contradicted | 1 2 |\n")
    assert re.search(r'<td data-sign="✗" style="[^"]*">✗\u00a0contradicted</td>', text)
    assert "<td>1 2</td>" in text


def test_a_page_of_few_words_is_small(tmp_path):
    assert len(written(tmp_path, "# Title")) < 6000


@pytest.mark.parametrize(
    "text",
    ['<img src="figures/a.png">', "<script src=a.js></script>", '<link rel="x" href="a.css">', '<iframe src="a.html">'],
)
def test_what_lies_in_another_file_is_refused(tmp_path, text):
    with pytest.raises(ValueError, match=f"would load {text[:5]}"):
        written(tmp_path, text)
