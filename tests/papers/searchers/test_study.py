"""The comparison of searchers: equal budgets, what a paper registers, and what tables and figures make of records."""

import sys
from importlib.machinery import ModuleSpec
from types import ModuleType

import numpy as np
import pandas as pd
import pytest

from lib import papers
from lib.papers import searchers
from lib.papers.problem import Problem
from lib.papers.searchers import computing, figures, problems, tables
from lib.papers.searchers.settings import Settings
from lib.report import saving
from lib.searchers.differentiable import SCHEMES
from lib.spaces.toy import BitString
from tests.papers.quick import quick_save

pytestmark = pytest.mark.usefixtures("weights")  # the problems of papers name those that they read
SMALL = {
    "profile": "custom", "parts": [], "device": "cpu", "threads": 1, "fresh": False, "seed": 0, "workers": "serial",
    "searched": ["bits", "grid"], "compared": ["random", "stratified", "aging_evolution", "genetic"],
    "toy_seeds": 2, "toy_budget": 32, "standin_seeds": 2, "standin_budget": 30, "real_seeds": 2, "real_budget": 4,
    "control_seeds": 2, "generations": 4, "window": 2, "noise": 0.1, "repeats": 2, "side": 64, "iterations": 1,
}  # fmt: skip


def settings(**changes) -> Settings:
    return Settings.pick(SMALL | changes)


@pytest.fixture(scope="module")
def small(tmp_path_factory, weights):
    """The study of the toys, computed once, with the rows of all its records."""
    with pytest.MonkeyPatch.context() as patch:
        for kind in ("RUNS", "FIGURES"):
            patch.setenv(f"WORKBOOK_{kind}", str(tmp_path_factory.mktemp(kind)))
        study, chosen = searchers.open_study(SMALL)
        searchers.compute(study, chosen)
    return study, tables.load(study)


@pytest.fixture
def toy_paper(monkeypatch):
    """A paper of which nothing exists but a module with one problem, whose trainings are counted."""
    paper, module = ModuleType("lib.papers.toy"), ModuleType("lib.papers.toy.problems")
    paper.__path__, module.__spec__ = [], ModuleSpec("lib.papers.toy.problems", None)
    paper.__spec__ = ModuleSpec("lib.papers.toy", None, is_package=True)
    space = BitString(8)
    module.problems = lambda settings: [
        Problem("toy", "toy paper", "real", space, problems.score, problems.Toy(space), {"of": "toy"}, "error")
    ]
    monkeypatch.setitem(sys.modules, "lib.papers.toy", paper)
    monkeypatch.setitem(sys.modules, "lib.papers.toy.problems", module)
    monkeypatch.setitem(papers.PAPERS, "toy", "A toy")


def test_a_paper_s_space_appears_in_the_study_by_being_registered(toy_paper):
    assert [problem.name for problem in problems.registered(settings())][-1] == "toy"
    study, chosen = searchers.open_study(SMALL | {"searched": ["toy"], "parts": ["toy"], "fresh": True})
    assert [part["part"] for part in searchers.plan(chosen)] == ["toy", "controls", "noise", "differentiable"]
    searchers.compute(study, chosen)
    rows = tables.load(study)
    assert set(rows["problem"]) == {"toy paper"}
    assert set(rows["arm"]) == set(SMALL["compared"])
    assert rows.groupby(["arm", "search"])["spent"].max().max() == SMALL["real_budget"]  # trainings, not candidates


def test_every_searcher_gets_the_same_budget_on_every_space_it_can_search(small):
    _, rows = small
    asked = rows[rows["experiment"] == "search"].groupby(["name", "arm", "search"]).size()
    assert set(asked) == {SMALL["toy_budget"]}
    assert asked.index.droplevel("search").unique().tolist() == [
        *(("bits", arm) for arm in sorted(SMALL["compared"])),
        *(("grid", arm) for arm in sorted(SMALL["compared"]) if arm != "stratified"),
    ]


def test_best_is_the_lowest_score_so_far_of_each_search(small):
    _, rows = small
    for _, part in rows.groupby(["name", "arm", "search"]):
        assert np.array_equal(part["best"], np.minimum.accumulate(part["score"]))


def test_random_search_and_the_evolutions_start_from_the_same_genomes(small):
    _, rows = small
    starts = rows[(rows["name"] == "grid") & (rows["k"] < 5)].pivot(
        index=["search", "k"], columns="arm", values="genome"
    )
    assert (starts["random"] == starts["genetic"]).all()
    assert (starts["random"] == starts["aging_evolution"]).all()


def test_the_control_is_told_scores_that_say_nothing(small):
    _, rows = small
    control = rows[(rows["name"] == "control-bits") & (rows["arm"] == "random")]
    same = rows[(rows["name"] == "bits") & (rows["arm"] == "random") & (rows["search"] < 2)]
    assert control["genome"].tolist() == same["genome"].tolist()
    assert abs(np.corrcoef(control["score"], same["score"])[0, 1]) < 0.3
    assert control["score"].nunique() == len(control)


def test_of_a_pair_one_wins_what_the_other_loses(small):
    _, rows = small
    table = tables.wins(rows).set_index(["problem", "searcher", "against"])
    for (problem, a, b), row in table.iterrows():
        assert row["wins"] + table.loc[(problem, b, a), "wins"] == pytest.approx(1)
        assert row["wins, low"] - 1e-9 <= row["wins"] <= row["wins, high"] + 1e-9


def test_the_earlier_optimum_wins_between_equal_scores(small):
    _, rows = small
    first, second = (rows[(rows["name"] == "bits") & (rows["arm"] == arm)] for arm in ("random", "genetic"))
    early, late = (part.assign(best=(part["spent"] < at).astype(float)) for part, at in ((first, 10), (second, 20)))
    table = tables.wins(pd.concat([early, late])).set_index("searcher")
    assert table["wins"].to_dict() == {"random": 1.0, "genetic": 0.0}


def test_repeats_cost_as_much_as_candidates_and_give_a_band(small):
    _, rows = small
    noisy = rows[rows["experiment"] == "noise"]
    assert set(noisy.groupby(["repeats", "search"]).size()) == {SMALL["toy_budget"]}
    one, two = (figures.incumbents(part) for _, part in noisy.groupby("repeats"))
    assert one["low"].isna().all()
    assert (two["low"] < two["best"]).all()
    assert one["spent"].max() == two["spent"].max() == SMALL["toy_budget"]


def test_differentiable_searches_have_a_table_of_their_own(small):
    study, rows = small
    assert "differentiable" not in set(rows["name"])
    table = tables.schemes(study).set_index("scheme")
    assert table["searches"].to_dict() == dict.fromkeys(SCHEMES, SMALL["toy_seeds"])
    assert table.loc["OF", "updates"] * 2 == table.loc["TF", "updates"]
    ends = study.frame("differentiable").groupby("scheme")["to_best"]
    assert table["wrong"].to_dict() == ends.mean().to_dict()
    assert table["best found"].to_dict() == ends.agg(lambda values: (values == 0).mean()).to_dict()


def test_a_search_is_settled_when_its_genotype_is_the_final_one_for_good(small, monkeypatch):
    study, _ = small
    curves = {"iteration": [0, 10, 20, 30], "to_final": [0, 2, 0, 0]}
    stored = study.frame("differentiable")
    stored["curves"] = [curves] * len(stored)
    monkeypatch.setattr(study, "frame", lambda part: stored)
    assert set(tables.schemes(study)["settled"]) == {20}


def test_everything_is_drawn_from_the_records_alone(small, monkeypatch):
    study, _ = small
    rows = tables.load(type(study)("searchers", "custom", folder=study.folder))
    again = type(study)("searchers", "custom", folder=study.folder)
    monkeypatch.setattr(
        figures, "EACH", {figures.hamming: ("bits", "absent")}
    )  # an embedding takes seconds, another panel a second
    monkeypatch.setattr(tables, "load", lambda study: rows[rows["name"] != "grid"])
    monkeypatch.setattr(saving, "save", quick_save)
    searchers.draw(again)
    names = {path.name for path in again.written if path.suffix in (".png", ".csv")}
    assert names == {"best.png", "optimum.png", "against_random.png", "noise.png", "hamming_bits.png", "found.csv",
                     "wins.csv", "differentiable.png", "differentiable.csv"}  # fmt: skip


def test_genomes_of_any_text_become_codes_that_keep_equality():
    assert figures.codes(["01-1", "00-1"]).tolist() == [[0, 1, 0], [0, 0, 0]]
    assert figures.codes(["a=3 b=x", "a=3 b=y", "a=1 b=x"]).tolist() == [[1, 0], [1, 1], [0, 0]]


def test_populations_fit_the_budget():
    bits = problems.registered(settings())[0]
    assert computing.population(settings(toy_budget=400, generations=8), bits) == 50
    assert computing.population(settings(toy_budget=8), bits) == 4


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"compared": ["genetic"]}, "'random' must be among them"),
        ({"compared": ["random", "annealing"]}, "compared is 'annealing'"),
        ({"repeats": 1}, "repeats is 1"),
        ({"workers": "foo"}, "workers is 'foo'; allowed are 'serial', 'processes:N'"),
        ({"workers": "processes:x"}, "workers is 'processes:x'; allowed are"),
    ],
)
def test_settings_against_the_rules_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        settings(**changes)


def test_an_unknown_problem_is_refused_by_name():
    with pytest.raises(ValueError, match="searched names 'mnist'; allowed are bits, grid"):
        problems.chosen(settings(searched=["mnist"]))
