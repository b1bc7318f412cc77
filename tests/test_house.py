"""The house in order: lint, types, layers, sizes, and a command line that starts without torch."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from lib import paths

SOURCES = sorted((paths.ROOT / "lib").rglob("*.py"))
LAYERS = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
CHECKS = {
    "lint": ("-m", "ruff", "check", "--output-format=concise", "."),
    "format": ("-m", "ruff", "format", "--check", "."),
    "types": ("-m", "mypy"),
    "layers": ("-c", LAYERS),
}
LONGEST_FILE, LONGEST_FUNCTION, USUAL_FUNCTION = 400, 60, 25


def run(*command: str, folder: Path = paths.ROOT) -> subprocess.CompletedProcess[str]:
    """Run Python with these arguments in a folder and return what it printed."""
    return subprocess.run([sys.executable, *command], cwd=folder, capture_output=True, text=True, check=False)


def functions(path: Path) -> list[tuple[str, int]]:
    """Name and length in lines of every function of a file."""
    nodes = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)]
    return [(f"{paths.shown(path)}: {node.name}", node.end_lineno - node.lineno + 1) for node in nodes]


@pytest.fixture(scope="module", autouse=True)
def checks():
    """Every check of the whole code, running beside the other tests of this file."""
    options = {"cwd": paths.ROOT, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    return {name: subprocess.Popen([sys.executable, *command], **options) for name, command in CHECKS.items()}


def test_an_import_against_the_layers_is_found(tmp_path):
    for part in {path.relative_to(paths.ROOT / "lib").parts[0].removesuffix(".py") for path in SOURCES} - {"__init__"}:
        (tmp_path / "lib" / part).mkdir(parents=True)
        (tmp_path / "lib" / part / "__init__.py").touch()
    (tmp_path / "lib" / "__init__.py").touch()
    (tmp_path / "pyproject.toml").write_text((paths.ROOT / "pyproject.toml").read_text())
    assert run("-c", LAYERS, folder=tmp_path).returncode == 0
    (tmp_path / "lib" / "models" / "__init__.py").write_text("import lib.report\n")
    assert "lib.models is not allowed to import lib.report" in run("-c", LAYERS, folder=tmp_path).stdout


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"]])
def test_help_does_not_import_torch(arguments):
    code = (
        "import runpy, sys\n"
        f"sys.argv[1:] = {arguments}\n"
        "try: runpy.run_module('lib', run_name='__main__')\n"
        "except SystemExit as end: assert not end.code\n"
        "sys.exit('torch' in sys.modules)"
    )
    result = run("-c", code)
    assert result.returncode == 0, result.stderr
    assert "usage" in result.stdout.lower()


def test_what_needs_no_torch_does_not_import_it():
    light = [path for part in ("spaces", "searchers") for path in (paths.ROOT / "lib" / part).glob("[!_]*.py")]
    names = ["lib.device", "lib.weights", *(f"lib.{path.parent.name}.{path.stem}" for path in light)]
    names.remove("lib.searchers.controller")
    result = run("-c", f"import sys, {', '.join(names)}; sys.exit('torch' in sys.modules)")
    assert result.returncode == 0, result.stderr


def test_files_are_short():
    lengths = {paths.shown(path): path.read_text().count("\n") for path in SOURCES}
    assert not {name: lines for name, lines in lengths.items() if lines > LONGEST_FILE}


def test_functions_are_short():
    lengths = [entry for path in SOURCES for entry in functions(path)]
    assert not [entry for entry in lengths if entry[1] > LONGEST_FUNCTION]
    usual = sorted(length for _, length in lengths)[int(0.9 * (len(lengths) - 1))]
    assert usual <= USUAL_FUNCTION


def test_public_functions_say_what_they_do():
    silent = [
        f"{paths.shown(path)}: {node.name}"
        for path in SOURCES
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]
    assert not silent


def test_tests_mirror_the_package():
    """Each `tests/<part>/test_<file>.py` stands for `lib/<part>/<file>.py`, whatever other kinds of tests there are."""
    other_kinds = {"notebooks", "extending", "end_to_end", "faults", "benchmarks", "reference", "browser"}
    found = [path.relative_to(paths.ROOT / "tests") for path in (paths.ROOT / "tests").rglob("test_*.py")]
    mirrors = [path for path in found if len(path.parts) > 1 and path.parts[0] not in other_kinds]
    strays = [p.as_posix() for p in mirrors if not (paths.ROOT / "lib" / p.parent).is_dir()]
    assert not strays


@pytest.mark.parametrize("name", CHECKS)
def test_the_code_passes(checks, name):
    said, _ = checks[name].communicate()
    assert checks[name].returncode == 0, said
