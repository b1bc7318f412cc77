"""Searches read back from records: generations rebuilt, winners, fresh scores, and what a study lacks."""

import numpy as np
import pytest

from lib.papers.nasdip import records
from lib.papers.nasdip.experiments import Search
from lib.papers.study import Study
from lib.searchers.base import drive
from lib.searchers.genetic import Genetic
from tests.reference import nasdip_world as world

SETTINGS = world.settings()
LADDER = Search("truth", "truth-vase-0", "vase", 0.05, 0, 4, 2)


def study_of(folder, search, scores, **fields):
    """A study with one search whose candidates have these (generation, score) and the fields given by k."""
    space = world.space_of(SETTINGS, search)
    genome = space.text((0,) * len(space.genes))
    rows = [
        {"k": k, "repeat": 0, "seed": 1, "genome": genome, "score": score, "seconds": 1.0, "cached": "",
         "config": {"generation": generation, "slot": 0} if generation is not None else {},
         "metrics": {} if score is None else {"stages": 3, "lpips_truth": score},
         "reason": "invalid: empty" if score is None else "", "artifacts": {}} | fields.get(f"k{k}", {})
        for k, (generation, score) in enumerate(scores)
    ]  # fmt: skip
    world.write(folder, search.name, rows, search=vars(search), settings=world.evaluation(SETTINGS, search))
    return Study("nasdip", "desk", folder=folder)


@pytest.fixture
def ladder(tmp_path):
    """Two generations of four: the second begins with the elite of the first, which is not asked again."""
    scores = [(0, 0.5), (0, 0.2), (0, None), (0, 0.4), (1, 0.3), (1, 0.1), (1, 0.6)]
    return records.stored(study_of(tmp_path, LADDER, scores, k4={"cached": "record"}))[0]


def test_the_elite_of_a_generation_is_a_member_of_the_next(ladder):
    assert [list(members["k"]) for members in ladder.populations] == [[1, 3, 0, 2], [5, 1, 4, 6]]


def test_a_generation_has_the_best_and_the_mean_fitness_of_its_valid_members(ladder):
    first, last = ladder.generations.to_dict("records")
    assert first["fmax"] == pytest.approx(0.8)
    assert first["fmean"] == pytest.approx(np.mean([0.8, 0.6, 0.5]))
    assert last["fmax"] == pytest.approx(0.9)


def test_repeats_of_a_network_and_invalid_genomes_are_no_trainings(ladder):
    assert list(ladder.trained) == [True, True, False, True, False, True, True]
    assert list(ladder.generations["trainings"]) == [3, 5]


def test_a_generation_that_was_cut_short_is_left_out(tmp_path):
    study = study_of(tmp_path, LADDER, [(0, 0.5), (0, 0.2), (0, 0.3), (0, 0.4), (1, 0.3)])
    assert len(records.stored(study)[0].populations) == 1


def test_the_rebuilt_populations_are_those_that_the_genetic_algorithm_had(tmp_path):
    search = Search("truth", "truth-vase-3", "vase", 0.05, 3, 8, 3)
    rows = list(world.searched(SETTINGS, search))
    world.write(tmp_path, search.name, rows, search=vars(search), settings=world.evaluation(SETTINGS, search))
    one = records.stored(Study("nasdip", "desk", folder=tmp_path))[0]
    searcher = Genetic(one.space, 3, population=8, rate=0.05, parents="survivors", fitness="rank", init="valid")
    scores = {row["genome"]: np.inf if row["score"] is None else row["score"] for row in rows}
    list(drive(searcher, lambda genome: scores[one.space.text(genome)], len(rows)))
    assert [member.k for member in searcher.population] == list(one.populations[-1]["k"])
    assert [best for best, _ in searcher.trace] == pytest.approx(list(one.generations["fmax"] - 1))


def test_a_live_study_sees_only_what_it_exported(tmp_path):
    study_of(tmp_path, LADDER, [(0, 0.5)])
    live = Study("nasdip", "desk")
    live.folder = tmp_path
    assert records.stored(live) == []


def test_a_search_counts_once_however_many_fresh_seeds_scored_its_winner(tmp_path):
    searches = [Search("truth", f"truth-vase-{i}", "vase", 0.05, i, 4, 2) for i in range(2)]
    searches += [Search("mutation", "mutation-vase-0.01-0", "vase", 0.01, 0, 4, 2)]
    world.write(tmp_path, "rescored", world.listed(world.fresh(SETTINGS, searches, world.usual)))
    arms = records.arms(Study("nasdip", "desk", folder=tmp_path))
    assert list(arms["arm"]) == ["truth", "truth", "rate 0.01"]
    assert list(arms["unit"]) == [0, 1, 0]
    assert len(records.values(arms, "vase", "truth", "psnr")) == 2


def test_without_fresh_scores_and_baselines_there_are_no_arms(tmp_path):
    assert records.arms(Study("nasdip", "desk", folder=tmp_path)).empty


NAMES = [("vase", "inpainting", "Vase"), ("snail", "denoising", "Snail"),
         ("zebra8", "super-resolution", "Zebra 8x"), ("works/ink/1.png", "inpainting", "works/ink/1.png")]  # fmt: skip


@pytest.mark.parametrize(("row", "task", "title"), NAMES)
def test_rows_have_the_papers_names(row, task, title):
    assert (records.task(row), records.title(row)) == (task, title)
