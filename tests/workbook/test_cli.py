"""The command line: what each command prints, and that mistakes are one line and status 2."""

import json
import subprocess
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

import pytest

from lib import papers, weights
from lib.data import registry
from lib.search.runs import open_run
from lib.workbook import batch, dryrun, notebooks
from lib.workbook.cli import main

HEAVY = ("torch", "numpy", "pandas", "matplotlib", "papermill", "nbformat", "yaml")


def made(scores=(2.0, 1.0), **identity):
    with open_run("desk", "nst", "lr", identity) as run:
        for k, score in enumerate(scores):
            run.record.append({"k": k, "repeat": 0, "config": {"rate": 0.1}, "score": score, "curves": {"loss": [1.0]}})
    return run.folder.name


def test_help_imports_nothing_heavy_and_explains_the_exit_status():
    show = "import sys\nsys.argv = ['lib', '--help']\ntry:\n  import lib.__main__\nexcept SystemExit: pass\n"
    check = f"print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", show + check], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("[]\n")
    assert "130  stopped with Ctrl-C" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "COMMAND"),
        (["dance"], "invalid choice: 'dance'"),
        (["figures", "vgg"], "invalid choice: 'vgg'"),
        (["figures", "nst", "--profile", "dusk"], "invalid choice: 'dusk'"),
        (["run", "--minutes", "0"], "no positive number of minutes"),
        (["run", "--minutes", "soon"], "--minutes: soon is no positive number of minutes"),
    ],
)
def test_a_mistake_in_the_call_is_one_line(capsys, arguments, words):
    with pytest.raises(SystemExit) as leaving:
        main(arguments)
    error = capsys.readouterr().err
    assert leaving.value.code == 2
    assert words in error
    assert error.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "66_nothing"], "notebook '66_nothing' is unknown"),
        (["fetch", "weights", "vgg99"], "vgg99"),
        (["fetch", "data", "nothing"], "nothing"),
        (["fetch", "data"], "name the data sets"),
        (["best", "nothing"], "no run is named 'nothing'"),
        (["why", "nothing"], "no run is named 'nothing'"),
        (["diff", "a", "b"], "no run is named 'a'"),
        (["clean", "nothing"], "no run is named 'nothing'"),
    ],
)
def test_a_name_that_does_not_exist_is_one_line(capsys, arguments, words):
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert words in error
    assert error.startswith("error: ")
    assert error.count("\n") == 1


def test_a_traceback_is_there_for_those_who_ask(monkeypatch):
    monkeypatch.setenv("WORKBOOK_TRACEBACK", "1")
    with pytest.raises(ValueError, match="66_nothing"):
        main(["run", "66_nothing"])


def test_a_wrong_parameter_is_refused_before_anything_starts(toys, capsys, monkeypatch):
    monkeypatch.setattr(batch, "run_batch", lambda *_, **__: pytest.fail("started"))
    path = str(toys.notebook("toy"))
    for setting in ("stpes=3", "steps=3.5", "steps"):
        assert main(["run", path, "--set", setting]) == 2
    assert main(["run", path, "--profile", "dusk"]) == 2
    assert capsys.readouterr().err.count("\n") == 4


@pytest.mark.parametrize(("call", "words"), [
    (["01_nst", "--set", "steps=-5"], "steps is -5"),
    (["01_nst", "--workers", "processes:x"], "workers is 'processes:x'"),
])  # fmt: skip
def test_a_value_that_the_settings_refuse_starts_no_kernel(capsys, monkeypatch, call, words):
    monkeypatch.setattr(batch, "run_batch", lambda *_, **__: pytest.fail("started"))
    assert main(["run", *call]) == 2
    assert words in capsys.readouterr().err


def test_the_settings_reach_the_batch(toys, monkeypatch):
    seen = {}
    monkeypatch.setattr(batch, "run_batch", lambda jobs, minutes: seen.update(jobs=jobs, minutes=minutes) or [])
    toy = toys.notebook("toy")
    toys.profile("toy")
    assert main(["run", str(toy), "--profile", "desk", "--workers", "processes:2", "--fresh", "--minutes", "20"]) == 0
    (job,) = seen["jobs"]
    assert (job.profile, seen["minutes"]) == ("desk", 20.0)
    assert (job.values["workers"], job.values["fresh"]) == ("processes:2", True)


def test_runs_are_listed_compared_explained_and_cleaned(capsys):
    assert main(["runs"]) == 0
    assert capsys.readouterr().out == "no runs yet\n"
    first, second = made(seed=0), made(seed=1)
    main(["runs"])
    assert first in capsys.readouterr().out
    assert main(["diff", first, second]) == 1
    assert "identity.seed: 0 | 1" in capsys.readouterr().out
    assert main(["diff", first, first]) == 0
    assert capsys.readouterr().out == "identical\n"
    assert main(["why", first]) == 0
    told = capsys.readouterr().out
    assert f"Not {second}" in told
    assert max(map(len, told.splitlines())) <= 120
    assert main(["clean", first]) == 0
    assert "would remove" in capsys.readouterr().out
    assert main(["clean", first, "--yes"]) == 0
    assert main(["why", first]) == 2


def test_best_prints_the_best_row(capsys):
    name = made()
    assert main(["best", name]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found == {"k": 1, "repeat": 0, "config": {"rate": 0.1}, "score": 1.0, "reason": ""}


def test_a_damaged_record_is_named_with_its_line(capsys):
    folder = Path(open_run("desk", "nst", "lr", {}).folder)
    (folder / "record.jsonl").write_text((folder / "record.jsonl").read_text() + "{broken}\n")
    assert main(["why", folder.name]) == 2
    assert "line 2" in capsys.readouterr().err


def test_weights_that_are_here_are_not_fetched_again(weights, capsys):
    assert main(["fetch", "weights"]) == 0
    assert capsys.readouterr().out == "fetched nothing: all are here\n"


def test_a_source_out_of_reach_is_one_line(monkeypatch, capsys):
    def unreachable(names):
        raise weights.FetchFailed("no index answers")

    monkeypatch.setattr(weights, "fetch", unreachable)
    assert main(["fetch", "weights"]) == 2
    assert capsys.readouterr().err == "error: no index answers\n"


def test_figures_are_redrawn_by_the_paper(monkeypatch, capsys, tmp_path):
    paper = ModuleType("lib.papers.nst")
    paper.__spec__ = ModuleSpec("lib.papers.nst", None)
    paper.redraw = lambda profile: [tmp_path / profile / "fig2.png"]
    monkeypatch.setitem(sys.modules, "lib.papers.nst", paper)
    assert main(["figures", "nst"]) == 0
    assert capsys.readouterr().out == f"{tmp_path}/desk/fig2.png\n"


MONA = {"key": "mona", "title": "Mona", "present": False, "command": "", "place": "art/mona.png"}
PARTS = [
    {"part": "rates", "rows": 15, "flops": 2e12, "memory": 2**30, "data": ["coffee", "mona"], "weights": ["vgg16"]},
    {"part": "grid", "rows": 25, "flops": 0, "seconds": 60.0, "data": [], "weights": ["vgg19"]},
]


@pytest.fixture
def toy_paper(toys, monkeypatch):
    """A notebook `01_toy` of a paper `toy` that needs a picture and weights which are not here."""
    settings, paper = ModuleType("lib.papers.toy.settings"), ModuleType("lib.papers.toy")
    settings.Settings = type("Settings", (), {"pick": staticmethod(dict)})
    paper.plan = lambda settings: PARTS if settings["steps"] > 3 else []
    monkeypatch.setitem(sys.modules, "lib.papers.toy", paper)
    monkeypatch.setitem(sys.modules, "lib.papers.toy.settings", settings)
    monkeypatch.setitem(papers.PAPERS, "toy", "A toy")
    monkeypatch.setattr(dryrun, "measured_flops", lambda: 1e11)
    monkeypatch.setattr(notebooks, "notebooks_dir", lambda: toys.folder)
    monkeypatch.setattr(registry, "status", lambda: [MONA])
    monkeypatch.setattr(weights, "status", lambda: [_weight("vgg16", True), _weight("vgg19", False)])
    toys.profile("01_toy")
    return toys.notebook("01_toy")


def _weight(name, present):
    return {
        "name": name,
        "present": present,
        "intact": present or None,
        "bytes": 11_000,
        "purpose": "tests",
        "source": "here",
    }


def test_a_dry_run_says_what_would_run_how_long_and_what_is_missing(toy_paper, capsys):
    assert main(["run", "toy", "--profile", "desk", "--dry-run"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("this machine: 100 GFLOP/s")
    assert lines[1] == "01_toy, profile desk"
    assert lines[3].split() == ["rates", "15", "2.00", "1.0", "GB", "20", "s"]
    assert lines[4].split() == ["grid", "25", "0.00", "0.0", "GB", "1", "min", "0", "s"]
    assert lines[5].split() == ["start,", "figures", "0", "0.00", "0.0", "GB", "30", "s"]
    assert lines[6].split() == ["all", "40", "2.00", "1.0", "GB", "1", "min", "50", "s"]
    assert lines[7:] == [
        "  data: coffee, mona",
        "  weights: vgg16, vgg19",
        "  missing vgg19: python -m lib fetch weights vgg19",
        "  missing mona: put art/mona.png into a folder named by WORKBOOK_DATA; see Run in the README",
    ]


def test_a_dry_run_names_the_changed_values(toy_paper, capsys):
    main(["run", "toy", "--profile", "desk", "--set", "rate=1e-2", "--dry-run"])
    assert capsys.readouterr().out.splitlines()[1] == "01_toy, profile custom (desk with rate=0.01)"


@pytest.mark.usefixtures("toy_paper")
def test_a_dry_run_survives_a_plan_that_must_open_what_is_not_here(monkeypatch, capsys):
    def plan(settings):
        raise registry.MissingData("no mona here")

    monkeypatch.setattr(sys.modules["lib.papers.toy"], "plan", plan)
    assert main(["run", "toy", "--dry-run"]) == 1
    assert "missing data of 01_toy: no mona here" in capsys.readouterr().out
    assert main(["doctor"]) == 1
    assert "smoke: lacks\n    data of 01_toy: no mona here" in capsys.readouterr().out


@pytest.mark.parametrize(("call", "words"), [
    (["06_searchers", "--workers", "processes:x"], "workers is 'processes:x'"),
    (["02_nasdip", "--set", "workers=foo"], "workers is 'foo'"),
    (["07_speed", "--set", "candidates=-1"], "candidates is -1"),
])  # fmt: skip
def test_a_value_that_a_notebook_would_refuse_ends_the_dry_run(capsys, call, words):
    assert main(["run", *call, "--dry-run"]) == 2
    assert words in capsys.readouterr().err


def test_a_dry_run_with_everything_here_ends_well(toy_paper, capsys):
    assert main(["run", "toy", "--dry-run"]) == 0
    assert "no search or training of its own" in capsys.readouterr().out


def test_the_doctor_says_what_each_profile_needs(toy_paper, capsys):
    assert main(["doctor"]) == 0
    text = capsys.readouterr().out
    assert "kernel python3: found" in text
    assert "vgg16 (0.01 MB) for tests" in text
    assert "smoke: has all it needs" in text
    assert "desk: lacks\n    vgg19: python -m lib fetch weights vgg19" in text
    assert "01_toy has no profile 'paper'" in text


def test_a_measured_speed_is_a_positive_number(monkeypatch):
    monkeypatch.setattr(dryrun, "MEASURE_S", 0.01)
    assert dryrun.measured_flops() > 1e6
