"""The rules every notebook of the workbook keeps, as one list of breaches."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from lib.paths import PROFILES, ROOT
from lib.workbook.notebooks import profile_file, profile_values
from lib.workbook.parameters import ParameterError, declared
from lib.workbook.saving import WIDGET, smoke_fingerprint

CODE_LINES, CELL_LINES, FUNCTION_LINES = 120, 25, 10
MARKED = 3  # cells that nbval compares, at least
MEGABYTES = 5.0
SOMEWHERE = re.compile(r"(?<![\w.:/~-])(/(home|root|tmp|Users|usr|opt|var|mnt|srv|work)/\S+|[A-Z]:\\\S+)")


def breaches(notebook: Path) -> list[str]:
    """What is wrong with a notebook, one sentence a breach; empty for one that keeps every rule."""
    import nbformat

    page = nbformat.read(notebook, as_version=4)
    rules = (
        _parameters(notebook, page),
        _profiles(notebook),
        _code(page),
        _outputs(page),
        _marked(page),
        _file(notebook, page),
    )
    return [breach for rule in rules for breach in rule]


def marked(cell: Any) -> bool:
    """Whether nbval compares the cell's output."""
    comment = re.search(r"^#\s*NBVAL_CHECK_OUTPUT", cell.source, re.MULTILINE)
    return cell.cell_type == "code" and (comment is not None or "nbval-check-output" in cell.metadata.get("tags", []))


def code_lines(source: str) -> int:
    """Lines that are neither empty nor only a comment."""
    return sum(bool(line.strip()) and not line.strip().startswith("#") for line in source.splitlines())


def _parameters(notebook: Path, page: Any) -> Iterator[str]:
    """One flat parameters cell: a comment on every line, no expressions, smoke as its profile."""
    tagged = [cell for cell in page.cells if "parameters" in cell.metadata.get("tags", [])]
    if len(tagged) != 1:
        yield f"{len(tagged)} cells are tagged parameters; one must be"
        return
    try:
        parameters = declared(notebook)
    except ParameterError as error:
        yield str(error)
        return
    for line in tagged[0].source.splitlines():
        value, _, comment = line.partition("  # ")
        if not comment.strip():
            yield f"parameter {value.partition(':')[0]} has no comment with its unit or reason"
        if comment.count("="):
            yield f"papermill cannot read {line!r}: a comment holds an equals sign"
    if "profile" not in parameters or parameters["profile"].default != "smoke":
        yield "the parameters cell does not declare profile with the value 'smoke'"


def _profiles(notebook: Path) -> Iterator[str]:
    """Profile files name every parameter with its type, so that any YAML reader agrees on the values."""
    for profile in PROFILES[1:]:
        path = profile_file(notebook, profile)
        if not path.is_file():
            continue
        try:
            values = profile_values(notebook, profile)
        except ParameterError as error:
            yield str(error)
            continue
        others = yaml.safe_load(path.read_text(encoding="utf-8"))
        yield from (
            f"{profile}: other YAML readers take {name} for {others[name]!r}; write it as {value!r}"
            for name, value in values.items()
            if repr(others[name]) != repr(value)
        )


def _code(page: Any) -> Iterator[str]:
    """Little code, in small cells, independent of where the notebook is run."""
    sources = {n: c.source for n, c in _code_cells(page) if "parameters" not in c.metadata.get("tags", [])}
    counts = {number: code_lines(source) for number, source in sources.items()}
    if sum(counts.values()) > CODE_LINES:
        yield f"{sum(counts.values())} lines of code beside the parameters; at most {CODE_LINES}"
    yield from (
        f"cell {n} has {count} lines of code; at most {CELL_LINES}" for n, count in counts.items() if count > CELL_LINES
    )
    for number, source in sources.items():
        python = "\n".join("" if line.startswith(("%", "!")) else line for line in source.splitlines())
        for node in ast.walk(ast.parse(python)):
            if isinstance(node, ast.FunctionDef) and (node.end_lineno or 0) - node.lineno >= FUNCTION_LINES:
                yield f"cell {number} defines {node.name} in more than {FUNCTION_LINES} lines; it belongs in lib"
        if re.search(r"\bsys\.path\b|\bos\.chdir\b|^%cd\b", source, re.MULTILINE):
            yield f"cell {number} changes the import path or the working directory"


def _outputs(page: Any) -> Iterator[str]:
    """Every code cell was run from top to bottom, without errors, machine paths or widget state."""
    for expected, (number, cell) in enumerate(((n, c) for n, c in _code_cells(page) if c.source.strip()), start=1):
        if cell.execution_count != expected:
            yield f"cell {number} has the execution count {cell.execution_count}; it must be {expected}"
        for output in cell.outputs:
            if output.output_type == "error":
                yield f"cell {number} holds an error: {output.ename}"
            if WIDGET in output.get("data", {}):
                yield f"cell {number} holds a widget view, which cannot be drawn without its state"
    for number, cell in enumerate(page.cells, start=1):
        for text in [cell.source, *map(_text, cell.get("outputs", []))]:
            if found := SOMEWHERE.search(text) or re.search(re.escape(str(ROOT)), text):
                yield f"cell {number} names a place on one machine: {found[0][:60]}"


def _marked(page: Any) -> Iterator[str]:
    """Enough cells that nbval compares, each with a plain text that is the same on every machine."""
    cells = [(number, cell) for number, cell in _code_cells(page) if marked(cell)]
    if len(cells) < MARKED:
        yield f"{len(cells)} cells are marked for nbval; at least {MARKED} must be"
    for number, cell in cells:
        if not cell.outputs or cell.execution_count is None:
            yield f"marked cell {number} has no output or execution count, so nbval would pass whatever it prints"
        if any(output.get("name") == "stderr" for output in cell.outputs):
            yield f"marked cell {number} prints to stderr"


def _file(notebook: Path, page: Any) -> Iterator[str]:
    """The file itself: its kernel, its metadata, its size."""
    if page.metadata.get("kernelspec", {}).get("name") != "python3":
        yield f"the kernel is {page.metadata.get('kernelspec', {}).get('name')!r}; it must be 'python3'"
    if (stamped := page.metadata.get("workbook", {}).get("smoke")) and stamped != smoke_fingerprint(notebook):
        yield "the fingerprint of the smoke values is that of other values; python -m lib run --save renews it"
    yield from (f"the metadata hold {name}" for name in ("widgets", "papermill") if name in page.metadata)
    if notebook.stat().st_size > MEGABYTES * 1e6:
        yield f"the file has {notebook.stat().st_size / 1e6:.1f} MB; at most {MEGABYTES:g}"


def _code_cells(page: Any) -> list[tuple[int, Any]]:
    """The code cells with their numbers, counted from 1 over all cells."""
    return [(number, cell) for number, cell in enumerate(page.cells, start=1) if cell.cell_type == "code"]


def _text(output: Any) -> str:
    """All readable text of an output."""
    data = [str(value) for kind, value in output.get("data", {}).items() if kind.startswith("text/")]
    return "\n".join([str(output.get("text", "")), *data])
