"""The parameters cell of a notebook: what it declares, and which values for it are accepted."""

import ast
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from lib.papers.settings import Plain
from lib.paths import shown

TYPES: dict[str, type] = {"int": int, "float": float, "str": str, "bool": bool, "list": list, "dict": dict}


class ParameterError(ValueError):
    """A parameter is unknown, or a value is not of its declared type."""


@dataclass(frozen=True)
class Parameter:
    """One line of the parameters cell: `name: type = default  # help`."""

    name: str
    type: str
    default: Any
    help: str


def load_yaml(text: str) -> Any:
    """The value of a YAML text, or ParameterError saying where it is malformed."""
    try:
        return yaml.load(text, Plain)
    except yaml.YAMLError as error:
        raise ParameterError(" ".join(str(error).split())) from error


def declared(notebook: Path) -> dict[str, Parameter]:
    """The parameters of a notebook by name, as papermill reads them; empty if it has no parameters cell.

    Raises ParameterError for a line that papermill would silently pass over, or a default that is not of its type.
    """
    from papermill import inspect_notebook

    found = {name: _parameter(**entry) for name, entry in inspect_notebook(notebook).items()}
    missed = [name for name in _assigned(notebook) if name not in found]
    if missed:
        rule = "write each as one line, name: type = value  # unit, with no second equals sign"
        raise ParameterError(f"{shown(notebook)}: papermill cannot read {', '.join(missed)}; {rule}")
    return found


def convert(value: Any, parameter: Parameter) -> Any:
    """The value if it has the declared type (a whole number counts as a float), else ParameterError."""
    return _convert(value, parameter.type, parameter)


def parse(text: str, parameter: Parameter) -> Any:
    """The value of `--set name=text`: text stays text where a string is declared, else it is read as YAML."""
    return convert(_parse(text, parameter.type), parameter)


def _parse(text: str, kind: str) -> Any:
    if kind == "str":
        return load_yaml(text) if text[:1] in ("'", '"') else text
    if kind.startswith("list[") and isinstance(items := _load_text(text), list):
        return [_parse(item, kind[5:-1]) if isinstance(item, str) else item for item in items]
    return load_yaml(text)


def _load_text(text: str) -> Any:
    """YAML in which every scalar stays text, so that a list of bit strings keeps its leading zeros."""
    try:
        return yaml.load(text, yaml.BaseLoader)
    except yaml.YAMLError as error:
        raise ParameterError(" ".join(str(error).split())) from error


def _convert(value: Any, kind: str, parameter: Parameter) -> Any:
    base = TYPES[kind.partition("[")[0]]
    if base is float and type(value) is int:
        return float(value)
    if type(value) is not base:
        is_a = f"{value!r} is a {type(value).__name__}"
        raise ParameterError(f"{parameter.name}: {is_a}; declared is {parameter.type}, such as {parameter.default!r}")
    if kind.startswith("list[") and isinstance(value, list):
        return [_convert(item, kind[5:-1], parameter) for item in value]
    return value


def _parameter(name: str, inferred_type_name: str, default: str, help: str) -> Parameter:
    """One entry of papermill's inspection, checked."""
    try:
        value = ast.literal_eval(default)
    except (ValueError, SyntaxError) as error:
        raise ParameterError(f"{name}: the default {default!r} is no plain value") from error
    kind = inferred_type_name.replace(" ", "")
    kind = type(value).__name__ if kind == "None" else kind
    if not re.fullmatch(r"int|float|str|bool|dict|list(\[(int|float|str|bool)\])?", kind):
        raise ParameterError(f"{name}: the type {kind!r} is none of {', '.join(TYPES)}, list[...] of the first four")
    parameter = Parameter(name, kind, value, help)
    return Parameter(name, kind, convert(value, parameter), help)


def parameters_cell(notebook: Path) -> str:
    """The source of the cell tagged `parameters`; empty if there is none."""
    import nbformat

    cells = nbformat.read(notebook, as_version=4).cells
    tagged = [cell.source for cell in cells if "parameters" in cell.metadata.get("tags", [])]
    return tagged[0] if tagged else ""


def _assigned(notebook: Path) -> list[str]:
    """The names that Python would bind in the parameters cell."""
    tree = ast.parse(parameters_cell(notebook))
    return [node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)]
