"""Outcomes on the disk, shared by all runs: the same network, settings, data, seed, code and machine give the same.

Only successes are kept, and none with artifacts, since those lie in the folder of the run that made them.
"""

import ast
import hashlib
import inspect
import json
import math
from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

from lib.paths import ROOT, cache_dir, write_text
from lib.search.runs import as_json, environment, identity_hash
from lib.search.workers import Outcome

ENVIRONMENT = ("torch", "numpy", "device", "cpu_capability")  # what moves the last digits of a result
ENGINE = ("lib.search", "lib.report", "lib.workbook")  # parts that no outcome depends on


class Cache:
    """The outcomes of one evaluation function with one `settings`, by the text of a canonical genome and the seed.

    Any number of searches may use it at once. `data` are the hashes of the pictures or sets, `threads` those of a
    candidate. Worker machines are taken to be like this one.
    """

    def __init__(self, evaluate: Callable[..., Any], settings: Any, *, data: Any = None, threads: int = 1) -> None:
        now = environment()
        machine = {name: now[name] for name in ENVIRONMENT}
        parts = {"evaluate": name_of(evaluate), "code": code_hash(evaluate), "settings": settings, "data": data,
                 "threads": threads, **machine}  # fmt: skip
        self.folder = cache_dir() / identity_hash(parts, digits=16)

    def get(self, genome: str, seed: int) -> Outcome | None:
        """The stored outcome, with zero seconds; None if there is none (or its file is damaged)."""
        try:
            stored = json.loads(self._path(genome, seed).read_text(encoding="utf-8"))
            return Outcome(score=stored["score"], metrics=stored["metrics"], reason=stored["reason"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def put(self, genome: str, seed: int, outcome: Outcome) -> None:
        """Store a success without artifacts, in one step; leave out all others."""
        numbers = [outcome.score, *outcome.metrics.values()]
        if outcome.reason.startswith("failed") or outcome.artifacts or not all(map(math.isfinite, numbers)):
            return
        text = json.dumps({"genome": genome, "seed": seed, **asdict(outcome)}, default=as_json)
        write_text(self._path(genome, seed), text + "\n")

    def _path(self, genome: str, seed: int) -> Path:
        key = identity_hash(genome, seed, digits=34)
        return self.folder / key[:2] / f"{key[2:]}.json"


def name_of(function: Callable[..., Any]) -> str:
    """`module.function`; ValueError for what is no function of a module, such as one of a notebook cell."""
    module, name = getattr(function, "__module__", "__main__"), getattr(function, "__qualname__", "?")
    if module == "__main__" or "<" in name or "?" in name:
        raise ValueError(f"{function!r} is no function of a module, so its code cannot be told from another's")
    return f"{module}.{name}"


@cache
def code_hash(function: Callable[..., Any]) -> str:
    """Sixteen hexadecimal digits of the source of a function's module and all of `lib` that it imports.

    The engine and the reports are left out, for no outcome depends on them. Comments count: any edit is another code.
    """
    name_of(function)
    digest = hashlib.sha256()
    for path in sorted(_sources(Path(inspect.getfile(function)))):
        digest.update(f"{path.name}\n".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def _sources(start: Path) -> set[Path]:
    """The file and those of `lib` that it imports, directly or through others, anywhere in their code."""
    found, left = set(), [start]
    while left:
        path = left.pop()
        if path not in found:
            found.add(path)
            left += [file for name in _imports(path) if (file := _file(name))]
    return found


def _imports(path: Path) -> Iterator[str]:
    """Names of modules that a file may import; `from a import b` gives both a and a.b."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _file(module: str) -> Path | None:
    """The source of a module of `lib`; None for others and for the engine's."""
    if not module.startswith("lib.") or module.startswith(ENGINE):
        return None
    base = ROOT.joinpath(*module.split("."))
    return next((path for path in (base.with_suffix(".py"), base / "__init__.py") if path.is_file()), None)
