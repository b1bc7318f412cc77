"""What the search loop costs a candidate: ask, dispatch, record, flush, tell, beside a plain loop without all that.

The evaluation takes no time, so that everything is overhead. Both put every result on the disk before it is told; the
loop lets results that come together share a flush.
"""

import numpy as np
import pytest

from lib.search.loop import identity, run_search
from lib.search.record import Record
from lib.search.workers import Outcome
from lib.searchers import SEARCHERS
from lib.searchers.base import Searcher
from lib.spaces.toy import BitString
from tests.reference import plain_search

CANDIDATES = 1000


def evaluate(settings, genome, seed):
    return Outcome(float(sum(genome)))


def searcher() -> Searcher:
    return SEARCHERS["random"](BitString(64), 0)


@pytest.mark.benchmark(group=f"search, {CANDIDATES} candidates that take no time")
def test_plain_loop(benchmark, tmp_path):
    benchmark.extra_info.update(role="reference", threads=1)
    arguments = (evaluate, tmp_path / "lines", CANDIDATES)
    scores = benchmark.pedantic(lambda: plain_search.search(searcher(), *arguments), rounds=3)
    assert len(scores) == CANDIDATES


@pytest.mark.benchmark(group=f"search, {CANDIDATES} candidates that take no time")
def test_search_loop(benchmark, tmp_path):
    benchmark.extra_info.update(role="fast", threads=1, accuracy="the same scores")

    def fast():
        one = searcher()
        with Record.open(tmp_path / "record.jsonl", {"identity": identity(one, None)}, fresh=True) as record:
            return run_search(one, evaluate, None, record=record, budget=CANDIDATES)

    found = benchmark.pedantic(fast, rounds=3)
    assert np.array_equal(
        list(found.scores.values()), plain_search.search(searcher(), evaluate, tmp_path / "lines", CANDIDATES)
    )
