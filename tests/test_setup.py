"""One lock file for pip, conda and CI: complete, exact, and without packages that only CUDA needs."""

import os
import re
import shutil
import subprocess
import tomllib
from importlib.metadata import PackageNotFoundError, version

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from lib import paths

LOCK = (paths.ROOT / "requirements.lock").read_text()
LOCKED = [Requirement(line.split("#")[0]) for line in LOCK.splitlines() if not line.startswith("#")]
PROJECT = tomllib.loads((paths.ROOT / "pyproject.toml").read_text())["project"]
DIRECT = {
    canonicalize_name(Requirement(text).name)
    for text in PROJECT["dependencies"] + PROJECT["optional-dependencies"]["dev"]
}


def makefile(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """What `make --dry-run` would do with these arguments."""
    command = ["make", "--dry-run", "--no-print-directory", *arguments]
    return subprocess.run(
        command, cwd=paths.ROOT, env=os.environ | environment, capture_output=True, text=True, check=False
    )


def test_every_locked_version_is_exact():
    assert all(re.fullmatch(r"==[\w.]+", str(requirement.specifier)) for requirement in LOCKED)


def test_the_lock_covers_and_marks_the_direct_dependencies():
    marked = {line.split("==")[0] for line in LOCK.splitlines() if re.search(r"[ ,]direct(,|$)", line)}
    assert marked == DIRECT


def test_the_lock_leaves_out_what_only_cuda_needs():
    names = {requirement.name for requirement in LOCKED}
    assert not {name for name in names if name.startswith(("nvidia", "cuda", "triton"))}


def test_the_lock_names_no_index():
    assert not re.search(r"://|--(extra-)?index-url|--find-links", LOCK)


def test_a_cpu_only_torch_satisfies_the_lock():
    torch = next(requirement for requirement in LOCKED if requirement.name == "torch")
    assert torch.specifier.contains(f"{str(torch.specifier).removeprefix('==')}+cpu")


def test_the_environment_has_the_locked_versions():
    wrong = {}
    for requirement in LOCKED:
        if requirement.marker is None or requirement.marker.evaluate():
            try:
                installed = version(requirement.name)
            except PackageNotFoundError:
                installed = "nothing"
            if not requirement.specifier.contains(installed):
                wrong[requirement.name] = f"{installed} is installed, {requirement.specifier} is locked"
    assert not wrong


def test_conda_installs_from_the_same_lock():
    environment = yaml.safe_load((paths.ROOT / "environment.yml").read_text())
    pip = next(entry["pip"] for entry in environment["dependencies"] if isinstance(entry, dict))
    assert pip == ["-r requirements.lock", "-e ."]


@pytest.mark.parametrize("goal", ["figures", "test", "report", "lab", "bench", "desk", "test-slow", "test-browser"])
def test_every_command_makes_the_environment_where_it_is_missing(goal):
    commands = makefile(goal, "READY=.venv/none").stdout
    assert commands.index("-m venv .venv") < commands.index("-r requirements.lock") < commands.index("-e .")


def test_a_ready_environment_is_not_made_again():
    assert "-m venv" not in makefile("figures", "READY=requirements.lock").stdout


def test_figures_takes_profile_notebook_and_workers():
    commands = makefile("figures", "PROFILE=desk", "NOTEBOOK=01_nst", "WORKERS=processes:2").stdout
    assert "-m lib run 01_nst --profile desk --workers processes:2" in commands


@pytest.mark.parametrize(("script", "reason"), [
    ("exit 1", "Python 3.11 or newer was not found"),
    ('case "$2" in *ensurepip*) exit 1;; esac', "python3-venv"),
], ids=["old", "without venv"])  # fmt: skip
def test_a_python_that_makes_no_environment_is_refused_with_a_reason(tmp_path, script, reason):
    python = tmp_path / "python3"
    python.write_text(f"#!/bin/sh\n{script}\n")
    python.chmod(0o755)
    command = ["make", f"PYTHON={python}", f"READY={tmp_path}/ready", f"{tmp_path}/ready"]
    result = subprocess.run(command, cwd=paths.ROOT, capture_output=True, text=True, check=False)
    assert result.returncode != 0
    assert reason in result.stderr


@pytest.fixture
def ci(tmp_path):
    """Run `.ci/run` in an otherwise empty project whose `make` is the shell script given."""

    def run(script: str) -> subprocess.CompletedProcess[str]:
        project, tools = tmp_path / "project", tmp_path / "tools"
        (project / ".ci").mkdir(parents=True)
        tools.mkdir()
        shutil.copy(paths.ROOT / ".ci" / "run", project / ".ci")
        (tools / "make").write_text(f"#!/bin/sh\n{script}\n")
        (tools / "make").chmod(0o755)
        kept = {name: value for name, value in os.environ.items() if name != "WORKBOOK_DATA"}
        path = f"{tools}{os.pathsep}{os.environ['PATH']}"
        command = ["bash", project / ".ci" / "run"]
        return subprocess.run(command, env=kept | {"PATH": path}, capture_output=True, text=True, check=False)

    return run


@pytest.mark.parametrize(("script", "code", "last"), [
    ('echo "=== 3 passed in 0.10s ==="; echo "=== 2 passed in 65.00s (0:01:05) ==="; echo "bye"', 0,
     "=== 2 passed in 65.00s (0:01:05) ==="),
    ('echo "=== 1 failed, 3 passed in 0.10s ==="; echo "=== 2 passed in 5.00s ==="; exit 2', 2,
     "=== 1 failed, 3 passed in 0.10s ==="),
    ("echo no space left; exit 7", 7, "no space left"),
], ids=["passed", "failed", "no tests"])  # fmt: skip
def test_ci_ends_with_the_summary_of_the_failed_or_the_last_run_or_what_it_said_without(ci, script, code, last):
    result = ci(script)
    assert result.returncode == code
    assert result.stdout.rstrip().splitlines()[-1] == last


def test_ci_uses_the_shared_data_where_it_lies_beside_the_project(ci, tmp_path):
    (tmp_path / "shared" / "data").mkdir(parents=True)
    assert f"data: {tmp_path}/shared/data\n" in ci('echo "data: $WORKBOOK_DATA"').stdout


def test_ci_sets_no_data_folder_otherwise(ci):
    assert "data: none\n" in ci('echo "data: ${WORKBOOK_DATA-none}"').stdout
