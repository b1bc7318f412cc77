"""An executed notebook as one small HTML file that needs neither network nor other files."""

import html
import re
from pathlib import Path
from string import Template

from lib.paths import shown, write_text

OUTSIDE = re.compile(
    r"""<(?:script|link|img|iframe)\b[^>]*\s(?:src|href)\s*=\s*["']?(?:https?:)?//[^>]*>(?:</script>)?""", re.IGNORECASE
)
LOADING = re.compile(r"""<(?:script|link|img|iframe)\b[^>]*\s(?:src|href)\s*=\s*(?!["']?data:)[^>]*>""", re.IGNORECASE)
STYLE = Path(__file__).with_suffix(".css")
PAGE = Template("""\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<style>
$style</style>
</head>
<body>
<nav aria-label="Sections">$menu</nav>
<main>
$body
</main>
</body>
</html>
""")


def render(notebook: Path, target: Path) -> Path:
    """Write the notebook as one page: pictures embedded, code hidden, no script or style from elsewhere.

    A menu leads to the headings of second order; those below it lose their anchors, as their words repeat. Tables get
    boxes of their own, which scroll where they are wider than the window; cells that begin with a sign before a fixed
    space, as verdicts do, name it for the style. What would be loaded from the network is left out; ValueError for what
    would be loaded from another file.
    """
    import nbformat
    from nbconvert import HTMLExporter

    exporter = HTMLExporter(
        template_name="basic", anchor_link_text="", exclude_input=True, exclude_input_prompt=True,
        exclude_output_prompt=True,
    )  # fmt: skip
    body, _ = exporter.from_notebook_node(nbformat.read(notebook, as_version=4))
    body = re.sub(r'<a class="anchor-link"[^>]*></a>|(?<=<h3) id="[^"]*"', "", OUTSIDE.sub("", body))
    body = re.sub(r"<table.*?</table>", r'<div class="box">\g<0></div>', body, flags=re.DOTALL)
    body = re.sub("<td([^>]*)>(?=(.)\u00a0)", r'<td data-sign="\2"\1>', body)
    if left := LOADING.search(body):
        raise ValueError(f"{shown(target)} would load {left[0][:80]} from another file")
    page = PAGE.substitute(title=_title(body, notebook.stem), style=STYLE.read_text(), menu=_menu(body), body=body)
    return write_text(target, page)


def _title(body: str, default: str) -> str:
    found = re.search(r"<h1[^>]*>(.*?)</h1>", body, re.DOTALL)
    return _plain(found[1]) if found else default


def _menu(body: str) -> str:
    """Links to the headings of second order."""
    headings = re.findall(r'<h2 id="([^"]+)"[^>]*>(.*?)</h2>', body, re.DOTALL)
    return "\n".join(f'<a href="#{place}">{_plain(text)}</a>' for place, text in headings)


def _plain(text: str) -> str:
    """A heading without tags."""
    return html.escape(html.unescape(re.sub(r"<[^>]+>", "", text)).strip())
