"""Computing the parts: what they share, what continues, and that pictures and fresh scores belong to the searches."""

from collections.abc import Iterator

import pytest
from PIL import Image

from lib.papers import nasdip
from lib.papers.nasdip import computing, evaluate, records
from lib.papers.nasdip.computing import Trained
from lib.papers.study import Study

COMPUTED = ("truth", "random", "mutation", "baselines", "rescored", "pictures")


def compute(settings, *parts):
    """A study of these parts."""
    study = Study("nasdip", "custom")
    nasdip.compute(study, settings, *parts)
    return study


@pytest.fixture(scope="module")
def own(tmp_path_factory) -> str:
    """A user's picture, which may not be shown."""
    path = tmp_path_factory.mktemp("own") / "my photo.png"
    Image.radial_gradient("L").save(path)
    return str(path)


@pytest.fixture(scope="module")
def settings(tiny, own):
    return tiny(rows=["astronaut", own], blind_rows=[], shown_rows=["astronaut"], swept_rows=["astronaut"])


@pytest.fixture(scope="module")
def study(settings, tmp_path_factory) -> Iterator[Study]:
    with pytest.MonkeyPatch.context() as patch:
        for kind in ("RUNS", "FIGURES"):
            patch.setenv(f"WORKBOOK_{kind}", str(tmp_path_factory.mktemp(kind.lower())))
        yield compute(settings, *COMPUTED)


def trainings(frame):
    """The distinct networks of a search's scored rows."""
    return int((frame["cached"] != "record").sum())


def name(study, part):
    """The record of the part's search of the user's picture."""
    (path,) = study.records.glob(f"{part}-*photo.png-0.jsonl.gz")
    return path.name.removesuffix(".jsonl.gz")


def test_random_search_begins_with_the_genetic_algorithms_generation_0_from_the_cache(study):
    for row in ("astronaut", None):
        twin, random = (f"{part}-{row}-0" if row else name(study, part) for part in ("truth", "random"))
        first = study.frame(twin).query("generation == 0")
        begun = study.frame(random).head(len(first))
        for column in ("genome", "score", "psnr", "seed"):
            assert begun[column].tolist() == first[column].tolist()
        assert set(first["cached"]) <= {"", "record"}
        assert set(begun["cached"]) <= {"disk", "record"}


def test_random_search_gets_exactly_the_distinct_trainings_of_its_twin(study):
    for row in ("astronaut", None):
        twin, random = (study.frame(f"{part}-{row}-0" if row else name(study, part)) for part in ("truth", "random"))
        spaces = [set(frame.loc[frame["cached"] != "record", "genome"]) for frame in (twin, random)]
        assert len(spaces[0]) == len(spaces[1]) == trainings(random) == trainings(twin)


def test_random_search_gets_its_trainings_even_where_most_genomes_are_invalid(tiny):
    settings = tiny(rows=["astronaut"], blind_rows=[], init="uniform", population=8, iterations=1)
    study = compute(settings, "truth", "random")
    twin, random = (study.frame(f"{part}-astronaut-0") for part in ("truth", "random"))
    assert trainings(random) == trainings(twin) > 0
    assert study.failures("random-astronaut-0")


def test_winners_are_scored_again_with_the_same_fresh_seeds(study, settings):
    assert study.failures("rescored") == []
    frame = study.frame("rescored")
    searches = ["truth-astronaut-0", name(study, "truth"), "random-astronaut-0", name(study, "random"),
                "mutation-astronaut-0.1-0"]  # fmt: skip
    assert set(frame["search"]) == set(searches)
    fresh = frame.groupby("repeat")["seed"].unique()
    assert [len(seeds) for seeds in fresh] == [1, 1]
    for search in searches:
        found = study.frame(search)
        assert set(frame.loc[frame["search"] == search, "text"]) == {found.loc[found["score"].idxmin(), "genome"]}
        assert not set(found["seed"]) & set(frame["seed"])


def test_a_winner_trained_again_with_its_own_seed_has_its_own_score(study, settings, tmp_path):
    best = records.load(study, "truth-astronaut-0").winner
    task = Trained(evaluate.Evaluation.of(settings, "astronaut"), best["genome"])
    assert computing.train_again(task, int(best["seed"]), tmp_path).score == best["score"]


def test_a_winner_is_painted_with_a_fresh_seed_and_with_the_one_of_its_search(study):
    frame = study.frame("pictures").query("row == 'astronaut'").set_index("what")
    assert frame.loc["winner_own", "lpips_truth"] == study.frame("truth-astronaut-0")["score"].min()
    fresh = study.frame("rescored").query("search == 'truth-astronaut-0' and repeat == 0")
    assert frame.loc["winner", "lpips_truth"] == fresh["score"].item()


def test_pictures_that_may_not_be_shown_lie_apart(study, own):
    frame = study.frame("pictures")
    assert study.failures("pictures") == []
    for row, shown in (("astronaut", True), (own, False)):
        images = [artifacts["image"] for artifacts in frame.loc[frame["row"] == row, "artifacts"]]
        assert len(images) >= 3
        assert all((study.picture("pictures", image) is not None) == shown for image in images)
        assert all(study.picture("pictures", image, private=True).shape == (32, 32, 3) for image in images)


def test_baselines_are_there_for_every_row_without_failures(study, own):
    assert study.failures("baselines") == []
    methods = study.frame("baselines").groupby("row")["method"].unique().map(set)
    assert methods["astronaut"] == {"untouched", "dip_scaled"}
    assert methods[own] == {"untouched", "telea", "navier_stokes", "biharmonic", "dip_scaled"}


def test_a_part_that_is_there_is_not_computed_again(tiny, monkeypatch):
    settings = tiny(rows=["astronaut"], blind_rows=[], classical=[], iterations=1, rescored=1)
    parts = ("truth", "random", "rescored", "pictures")
    before = compute(settings, *parts)
    monkeypatch.delattr(evaluate, "reconstruct")
    after = compute(settings, *parts)
    for part in ("truth-astronaut-0", "random-astronaut-0", "rescored", "pictures"):
        assert not after.frame(part).empty
        assert after.frame(part, failed=True).equals(before.frame(part, failed=True))


def test_a_run_of_some_parts_does_not_replace_what_needs_all_of_them(tiny):
    settings = tiny(rows=["astronaut"], blind_rows=[], classical=[], parts=["rescored", "pictures"])
    study = compute(settings, "rescored", "pictures")
    assert not any(study.has(part) for part in ("rescored", "pictures"))
    assert "leaves out" in study.missing["rescored"]


def test_random_search_without_its_twin_is_noted_as_missing(tiny):
    study = compute(tiny(rows=["astronaut"], blind_rows=[]), "random")
    assert not study.has("random-astronaut-0")
    assert "truth-astronaut-0" in study.missing["random-astronaut-0"]


def test_a_search_that_found_nothing_has_no_winner(tiny, monkeypatch):
    monkeypatch.delattr(evaluate, "reconstruct")
    settings = tiny(rows=["astronaut"], blind_rows=[], swept_rows=[], classical=[])
    study = compute(settings, "truth", "random", "rescored", "pictures")
    assert len(study.failures("truth-astronaut-0")) == 7
    assert study.frame("rescored").empty
    assert study.frame("pictures")["what"].tolist() == ["truth", "untouched"]
    assert "random-astronaut-0" in study.missing
