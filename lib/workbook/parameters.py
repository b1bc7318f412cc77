"""The parameters cell of a notebook: what it declares, and which values for it are accepted."""

import ast
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from lib.papers.settings import Plain, typed
from lib.paths import shown

TYPES = {"int": int, "float": float, "str": str, "bool": bool, "list": list}  # a paper's settings check a list's items


class ParameterError(ValueError):
    """A parameter is unknown, or a value is not of its declared type."""


@dataclass(frozen=True)
class Parameter:
    """One line of the parameters cell: `name: type = default`."""

    name: str
    type: str
    default: Any


def load_yaml(text: str) -> Any:
    """The value of a YAML text, or ParameterError saying where it is malformed."""
    try:
        return yaml.load(text, Plain)
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
    if kind not in TYPES:
        raise ParameterError(f"{name}: the type {kind!r} is none of {', '.join(TYPES)}")
    return Parameter(name, kind, convert(value, Parameter(name, kind, value)))


def parse(text: str, parameter: Parameter) -> Any:
    """The value of `--set name=text`: plain text stays text where a string is declared, else it is read as YAML."""
    plain = parameter.type == "str" and text[:1] not in ("'", '"')
    return convert(text if plain else load_yaml(text), parameter)


def convert(value: Any, parameter: Parameter) -> Any:
    """The value if it has the declared type (a whole number counts as a float), else ParameterError."""
    try:
        return typed(parameter.name, TYPES[parameter.type], value)
    except ValueError as error:
        raise ParameterError(str(error)) from error
