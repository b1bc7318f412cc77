"""An executed notebook as one HTML file that needs neither network nor other files."""

import re
from pathlib import Path

from lib.paths import shown, write_text

OUTSIDE = re.compile(
    r"""<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)\s*=\s*["']?(?:https?:)?//[^>]*>(?:</script>)?"""
)
IMPORTS = re.compile(r"""<script\b[^>]*(?:\btype\s*=\s*["']module["']|\bsrc="")[^>]*>.*?</script>""", re.DOTALL)


def render(notebook: Path, target: Path) -> Path:
    """Write the notebook as one page: pictures embedded, code hidden, no script or style from elsewhere.

    Raises ValueError if the page would still load something from outside.
    """
    import nbformat
    from nbconvert import HTMLExporter

    exporter = HTMLExporter(
        embed_images=True, exclude_input=True, exclude_input_prompt=True, exclude_output_prompt=True
    )
    exporter.mathjax_url = exporter.require_js_url = exporter.jquery_url = ""
    page, _ = exporter.from_notebook_node(nbformat.read(notebook, as_version=4))
    page = OUTSIDE.sub("", IMPORTS.sub("", page))
    if left := OUTSIDE.search(page):
        raise ValueError(f"{shown(target)} would load {left[0][:80]} from outside")
    return write_text(target, page)
