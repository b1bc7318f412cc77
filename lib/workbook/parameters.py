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
    """One line of the parameters cell: `name: type = default`."""

    name: str
    type: str
    default: Any


def load_yaml(text: str, loader: Any = Plain) -> Any:
    """The value of a YAML text, or ParameterError saying where it is malformed."""
    try:
        return yaml.load(text, loader)
    except yaml.YAMLError as error:
        raise ParameterError(" ".join(str(error).split())) from error


def declared(notebook: Path) -> dict[str, Parameter]:
    """The parameters of a notebook by name; empty if it has no parameters cell.

    Raises ParameterError for a line of another form, or a default that is not of its type.
    """
    import nbformat

    cells = nbformat.read(notebook, as_version=4).cells
    tagged = [cell.source for cell in cells if "parameters" in cell.metadata.get("tags", [])]
    found = [_parameter(line, shown(notebook)) for line in ast.parse(tagged[0] if tagged else "").body]
    return {parameter.name: parameter for parameter in found}


def _parameter(line: ast.stmt, notebook: str) -> Parameter:
    """One line of the cell, checked."""
    if not isinstance(line, ast.AnnAssign) or not isinstance(line.target, ast.Name) or line.value is None:
        raise ParameterError(f"{notebook}: {ast.unparse(line)!r} is not of the form name: type = value  # unit")
    name, kind = line.target.id, ast.unparse(line.annotation)
    try:
        value = ast.literal_eval(line.value)
    except ValueError as error:
        raise ParameterError(f"{name}: the default {ast.unparse(line.value)!r} is no plain value") from error
    if not re.fullmatch(r"int|float|str|bool|dict|list(\[(int|float|str|bool)\])?", kind):
        raise ParameterError(f"{name}: the type {kind!r} is none of {', '.join(TYPES)}, list[...] of the first four")
    return Parameter(name, kind, convert(value, Parameter(name, kind, value)))


def parse(text: str, parameter: Parameter) -> Any:
    """The value of `--set name=text`: text stays text where a string is declared, else it is read as YAML."""
    return convert(_parse(text, parameter.type), parameter)


def _parse(text: str, kind: str) -> Any:
    if kind == "str":
        return load_yaml(text) if text[:1] in ("'", '"') else text
    items = load_yaml(text, yaml.BaseLoader)  # every scalar stays text, so that bit strings keep their leading zeros
    if kind.startswith("list[") and isinstance(items, list):
        return [_parse(item, kind[5:-1]) if isinstance(item, str) else item for item in items]
    return load_yaml(text)


def convert(value: Any, parameter: Parameter, kind: str = "") -> Any:
    """The value if it has the declared type (a whole number counts as a float), else ParameterError.

    `kind` is the type of an item of a list.
    """
    kind = kind or parameter.type
    base: Any = TYPES[kind.partition("[")[0]]
    if base is float and type(value) is int:
        return float(value)
    if type(value) is not base:
        is_a = f"{value!r} is a {type(value).__name__}"
        raise ParameterError(f"{parameter.name}: {is_a}; declared is {parameter.type}, such as {parameter.default!r}")
    return [convert(item, parameter, kind[5:-1]) for item in value] if kind.startswith("list[") else value
