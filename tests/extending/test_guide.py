"""The guide to extending, as the README gives it: its code and its steps, carried out on a copy of the project."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
import torch

from lib.paths import ROOT, weights_dir
from lib.report import claims
from lib.search import loop, runs
from lib.search.workers import Outcome
from lib.searchers.base import drive
from lib.searchers.random_search import RandomSearch
from lib.spaces.toy import BitString
from tests.workbook.rules import breaches

GUIDE = (ROOT / "README.md").read_text(encoding="utf-8").partition("\n## Extend\n")[2].partition("\n## ")[0]
BLOCKS = dict(re.findall(r"`([\w/]+\.py)`:\n\n```python\n(.*?)```", GUIDE, re.DOTALL))  # by the file that they are
SEARCHER, METRIC, PAPERS = "lib/searchers/climber.py", "lib/metrics/colourfulness.py", "lib/papers/__init__.py"
TOY = ROOT / "tests" / "extending" / "blur"
BITS = BitString(12, block=6)


class Project:
    """A copy of the project, in which the guide is followed."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for folder in ("lib", "data/paper_numbers"):
            shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__"))

    def change(self, path: str, old: str, new: str) -> None:
        """Replace a text that stands once in a file."""
        text = (self.root / path).read_text()
        assert text.count(old) == 1
        (self.root / path).write_text(text.replace(old, new))

    def python(self, *arguments: str) -> str:
        """What Python prints in the copy, with folders of its own; it must end well."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("WORKBOOK_")}
        result = subprocess.run(
            [sys.executable, *arguments], cwd=self.root, env=kept | {"WORKBOOK_WEIGHTS": str(weights_dir())},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project after all steps of the guide and a run of the toy paper's notebook and of the report."""
    made = Project(tmp_path_factory.mktemp("extended") / "project")
    for path in (SEARCHER, METRIC):
        (made.root / path).write_text(BLOCKS[path])
    known = "lib/searchers/__init__.py"
    made.change(known, "\nSEARCHERS:", "from lib.searchers.climber import HillClimber\n\nSEARCHERS:")
    made.change(known, "Reinforce)", "Reinforce, HillClimber)")
    shutil.copytree(TOY, made.root, dirs_exist_ok=True)
    shutil.copy(ROOT / "notebooks" / "99_report.ipynb", made.root / "notebooks")
    made.change(PAPERS, "}\nFRONT", f"{BLOCKS[PAPERS]}}}\nFRONT")
    made.python("-m", "lib", "run", "blur", "99_report", "--save")
    return made


@pytest.fixture
def figures(project):
    """The folder of the toy paper's figures."""
    return project.root / "figures" / "smoke" / "blur"


def block(path: str) -> SimpleNamespace:
    """What a block of the guide defines."""
    names: dict[str, object] = {"__name__": Path(path).stem}
    exec(compile(BLOCKS[path], path, "exec"), names)
    return SimpleNamespace(**names)


def lows(searcher) -> int:
    """In how many of 20 searches the optimum of the bits is found."""
    found = [min(score for _, score in drive(searcher(BITS, seed), BITS.score, 160)) for seed in range(20)]
    return found.count(0)


def evaluate(settings, genome, seed) -> Outcome:
    return Outcome(BITS.score(genome))


def test_the_guide_holds_a_searcher_a_metric_and_the_line_of_a_paper():
    assert set(BLOCKS) == {SEARCHER, METRIC, PAPERS}
    assert BLOCKS[SEARCHER].count("\n") <= 32
    assert BLOCKS[PAPERS].count("\n") == 1


@pytest.mark.parametrize("path", [SEARCHER, METRIC])
@pytest.mark.parametrize("command", [["check"], ["format", "--check"]], ids=["lint", "format"])
def test_the_guide_s_code_keeps_the_house_s_style(path, command):
    arguments = [sys.executable, "-m", "ruff", *command, "--stdin-filename", path, "-"]
    result = subprocess.run(arguments, cwd=ROOT, input=BLOCKS[path], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_guide_s_metric_gives_values_known_by_hand():
    pictures = torch.zeros(2, 3, 4, 4)
    pictures[0], pictures[1, 0] = 0.5, 1  # grey, plain red
    measure = block(METRIC).colourfulness
    assert measure(pictures).tolist() == pytest.approx([0, 0.3 * 1.25**0.5])
    with pytest.raises(ValueError, match="x ranges over"):
        measure(2 * pictures)


def test_the_guide_s_searcher_finds_what_random_search_does_not():
    assert lows(RandomSearch) < 5
    assert lows(block(SEARCHER).HillClimber) > 15


def test_the_guide_s_searcher_resumes_from_its_record():
    climber, found = block(SEARCHER).HillClimber, {}
    for name, budgets in {"whole": [40], "stopped": [17, 40]}.items():
        for budget in budgets:
            one = climber(BITS, 3)
            with runs.open_run("smoke", "guide", name, loop.identity(one, None, window=2)) as run:
                rows = loop.run_search(one, evaluate, None, record=run.record, budget=budget, window=2).rows
        found[name] = sorted((row["k"], row["genome"], row["score"]) for row in rows)
    assert len(found["whole"]) == 40
    assert found["stopped"] == found["whole"]


def test_a_paper_s_notebook_writes_its_table_figure_claims_and_manifest(figures):
    table = pd.read_csv(figures / "table1.csv")
    assert {"paper: PSNR", "ours: PSNR"} <= set(table.columns)
    assert table["ours: PSNR"].notna().sum() >= 4
    assert (figures / "fig1.png").stat().st_size > 5_000
    verdicts = claims.read(figures / "claims.csv").set_index("id")["verdict"]
    assert verdicts.to_dict() == {"C1": "not run", "E1": "supported"}
    manifest = json.loads((figures / "manifest.json").read_text())
    assert manifest["parameters"]["noise"] == 0.1
    assert list(manifest["data"]) == ["chelsea"]


def test_a_paper_s_notebook_keeps_the_house_rules(project):
    assert breaches(project.root / "notebooks" / "08_blur.ipynb") == []


def test_a_paper_s_claims_are_in_the_report(project):
    gathered = claims.gather(project.root / "figures")
    assert gathered[["paper", "id"]].to_numpy().tolist() == [["blur", "C1"], ["blur", "E1"]]
    page = (project.root / "notebooks" / "99_report.ipynb").read_text(encoding="utf-8")
    for shown in ("## How wide a blur undoes noise", "The space has eight blurs", "7 values", "1 deviations"):
        assert shown in page


LATER = """
from lib.searchers import SEARCHERS
from lib.workbook import cli, tour
print(*SEARCHERS, *tour.papers().notebook)
cli.main(["run", "blur", "--profile", "desk", "--dry-run"])
cli.main(["figures", "blur", "--profile", "smoke"])
"""


@pytest.fixture(scope="module")
def later(project):
    """What a later process prints of the paper, and its table before that process drew it from the records alone."""
    folder = project.root / "figures" / "smoke" / "blur"
    before = (folder / "table1.csv").read_bytes()
    for path in (folder / "table1.csv", folder / "fig1.png"):
        path.unlink()
    shutil.rmtree(project.root / "data" / "runs")
    return project.python("-c", LATER).splitlines(), before


def test_a_paper_is_redrawn_from_its_records_alone(later, figures):
    lines, before = later
    assert "figures/smoke/blur/fig1.png" in lines
    assert (figures / "fig1.png").is_file()
    assert (figures / "table1.csv").read_bytes() == before


def test_what_was_added_is_known_to_the_tour_and_to_the_dry_run(later):
    (known, *lines), _ = later
    assert {"climber", "[08_blur](08_blur.ipynb)"} <= set(known.split())
    assert next(line.split()[:2] for line in lines if line.startswith("  search")) == ["search", "200"]


@pytest.mark.slow
def test_the_guide_s_searcher_stands_beside_the_others(project):
    (command,) = re.findall(r'`python (-m lib run 06_searchers) --set "(compared=[^"]+)"`', GUIDE)
    shutil.copy(ROOT / "notebooks" / "06_searchers.ipynb", project.root / "notebooks")
    project.python(*command[0].split(), "--set", command[1])
    wins = pd.read_csv(project.root / "figures" / "custom" / "searchers" / "wins.csv")
    assert "climber" in set(wins["searcher"])
