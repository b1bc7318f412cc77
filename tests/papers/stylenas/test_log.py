"""The authors' log: what it says where it is present, and the same reading of searches of our own where it is not."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from lib.data import registry
from lib.papers.stylenas import log, surrogate
from lib.searchers.aging_evolution import AgingEvolution
from lib.searchers.base import drive
from lib.spaces.stylenas import RESERVED
from tests.reference.retold_search import SPACE, explained, replay

LINES = [("0" * 32, 0.2), ("1" * 32, 0.3), ("0" * 32, 0.4), ("01" * 16, 0.1)]


@pytest.fixture(scope="module")
def own() -> pd.DataFrame:
    """A search of our own like the authors', on the surrogate: genome, score, parents and population after the tell."""
    searcher = AgingEvolution(SPACE, 3, population=50, sample=10)

    def score(genome: tuple[int, ...]) -> float:
        return (
            math.inf
            if sum(genome) % 7 == 0
            else surrogate.evaluate(None, genome[:RESERVED] + genome[RESERVED + 1 :], 0).score
        )

    rows = [
        (SPACE.text(proposal.genome), value, proposal.origin["parents"], tuple(m.k for m in searcher.population))
        for proposal, value in drive(searcher, score, 200)
    ]
    return pd.DataFrame(rows, columns=["genome", "score", "parents", "population"])


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with nothing downloaded; where the log would lie on it."""
    monkeypatch.delenv("WORKBOOK_DATA", raising=False)
    monkeypatch.setattr(registry, "downloads_dir", lambda: tmp_path)
    (tmp_path / "stylenas").mkdir()
    return tmp_path / "stylenas" / "record.txt"


def test_without_the_log_nothing_is_read(elsewhere: Path) -> None:
    assert log.read() is None


def test_another_file_in_its_place_is_refused(elsewhere: Path) -> None:
    elsewhere.write_text("0" * 32 + ", 0.1, 0.1, 0.1, 0.1\n")
    with pytest.raises(registry.CorruptData, match=r"record\.txt"):
        log.read()


def test_rows_keep_their_order_and_count_earlier_trainings_of_the_genome(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "record.txt"
    file.write_text("".join(f"{genome}, {score}, 0.01, 1.5, 0.25\n" for genome, score in LINES))
    monkeypatch.setattr(registry, "find", lambda key: file)
    table = log.read()
    assert table is not None
    assert table.columns.tolist() == ["index", "genome", "L", "E", "P", "O", "repeat"]
    assert list(zip(table["genome"], table["L"], strict=True)) == LINES
    assert table["repeat"].tolist() == [0, 0, 1, 0]
    assert log.noise(table) == pytest.approx(math.sqrt(0.02))


def test_a_search_of_our_own_is_retold_as_it_went(own: pd.DataFrame) -> None:
    retold = replay(own["genome"], own["score"])
    assert retold["population"].tolist() == own["population"].tolist()
    assert explained(retold) == 1
    for parents, near in zip(own["parents"], retold["parents"], strict=True):
        assert set(parents) <= set(near)


def test_every_line_of_the_log_agrees_with_itself(authors: pd.DataFrame) -> None:
    assert authors["index"].tolist() == list(range(200))
    assert set(authors["genome"].str.len()) == {32}
    ones = authors["genome"].str.count("1") / 32
    assert (authors["O"] - ones).abs().max() <= 5.01e-5
    assert (authors["L"] - 0.8 * authors["E"] - 0.1 * authors["P"] - 0.1 * authors["O"]).abs().max() <= 1.01e-4


def test_the_log_has_181_genomes_145_networks_and_115_trainings(authors: pd.DataFrame) -> None:
    genomes = [SPACE.parse(text) for text in authors["genome"]]
    counts = [len(set(map(of, genomes))) for of in (tuple, SPACE.active, SPACE.training_key)]
    assert counts == [181, 145, 115]
    assert authors.loc[authors["repeat"] > 0, "genome"].nunique() == 15
    assert log.noise(authors) == pytest.approx(0.0025, abs=5e-5)


def test_the_log_shows_the_convergence_that_the_specification_tells(authors: pd.DataFrame) -> None:
    best = authors["L"].cummin()[[19, 49, 74, 99, 124, 149, 174, 199]].tolist()
    assert best == [0.0849, 0.0809, 0.0707, 0.0665, 0.0608, 0.0595, 0.0565, 0.0533]
    winner = SPACE.parse(authors["genome"][authors["L"].idxmin()])
    assert winner == SPACE.named("S5-ref")
    distance = [SPACE.distance(SPACE.parse(text), winner) for text in authors["genome"]]
    found = [spearmanr(authors["index"], values)[0] for values in (*(authors[c] for c in "LEPO"), distance)]
    assert np.round(found, 2).tolist() == [-0.72, -0.36, -0.45, -0.87, -0.90]
    assert (np.mean(distance[:20]), np.mean(distance[-20:])) == pytest.approx((14.6, 2.35))


def test_every_genome_of_the_log_after_the_first_50_is_one_flip_from_a_living_one(authors: pd.DataFrame) -> None:
    retold = replay(authors["genome"], authors["L"])
    assert explained(retold) == 1
    assert [*map(list, retold["population"])] == [list(range(max(0, k - 49), k + 1)) for k in range(200)]
