"""What a release is: a version, what changed, how to cite it, a wheel that imports anywhere, CI that only reads."""

import re
import shutil
import subprocess
import sys
import tomllib
import zipfile

import pytest
import yaml

from lib import __version__
from lib.papers import PAPERS
from lib.paths import ROOT

CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
WORKFLOW = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8"))
PACKED = ("lib", "data/paper_numbers")
EVERY_MODULE = """
import importlib, pkgutil, lib
names = [module.name for module in pkgutil.walk_packages(lib.__path__, "lib.")]
for name in names:
    name == "lib.__main__" or importlib.import_module(name)
print(lib.__file__, len(names))
"""


def test_the_newest_entry_of_the_changelog_is_this_version():
    newest = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert newest[1] == __version__ == CITATION["version"]


def test_the_citation_has_what_its_format_asks_for():
    assert CITATION["cff-version"] == "1.2.0"
    assert {"message", "title", "authors"} <= CITATION.keys()
    for reference in CITATION["references"]:
        assert {"type", "title", "authors"} <= reference.keys()
        assert all({"family-names", "given-names"} <= author.keys() for author in reference["authors"])


def test_the_citation_refers_to_every_paper_by_its_notebook():
    notes = [reference["notes"] for reference in CITATION["references"]]
    assert [note.removeprefix("Notebook ").rstrip(".").partition("_")[2] for note in notes] == list(PAPERS)


def test_ci_runs_the_one_script_and_may_only_read():
    assert WORKFLOW["permissions"] == {"contents": "read"}
    (job,) = WORKFLOW["jobs"].values()
    assert "permissions" not in job
    assert [step["run"] for step in job["steps"] if "run" in step] == [".ci/run"]
    python = next(step["with"] for step in job["steps"] if "setup-python" in step.get("uses", ""))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["requires-python"] == f">={python['python-version']}"
    assert (ROOT / python["cache-dependency-path"]).is_file()


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, built from a copy of what is checked in, so that nothing is left here."""
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for folder in PACKED:
        shutil.copytree(ROOT / folder, source / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    pip(["wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", target, source])
    (found,) = target.glob("*.whl")
    return found


def pip(arguments) -> None:
    """Run pip without asking any index."""
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *map(str, arguments)]
    subprocess.run(command, check=True, capture_output=True)


def test_the_wheel_holds_every_file_of_the_package_and_its_licence(wheel):
    assert wheel.name == f"nas_workbook-{__version__}-py3-none-any.whl"
    inside = zipfile.ZipFile(wheel).namelist()
    files = [path for folder in PACKED for path in (ROOT / folder).rglob("*") if path.is_file()]
    named = {path.relative_to(ROOT).as_posix() for path in files if "__pycache__" not in path.parts}
    assert {name for name in inside if not name.startswith("nas_workbook-")} == named
    assert any(name.endswith("/LICENSE") for name in inside)


def test_the_installed_wheel_imports_outside_the_project(wheel, tmp_path):
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")  # which is how a wheel of plain Python is installed
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(tmp_path / 'site')!r}){EVERY_MODULE}"]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    place, count = result.stdout.split()
    assert place.startswith(str(tmp_path / "site"))
    assert int(count) > 100
