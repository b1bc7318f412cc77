"""The live measurement of what searching costs."""

from lib.papers.speed import overhead
from lib.searchers import SEARCHERS


def test_every_searcher_is_timed_alone_and_in_the_loop_with_every_row_stored(tmp_path):
    costs = overhead(12, tmp_path, bits=6)
    assert list(dict.fromkeys(costs["searcher"])) == [name.replace("_", " ") for name in SEARCHERS]
    assert set(costs["part"]) == {"ask and tell", "loop, record, flush"}
    assert set(costs["stored"]) == {12}
    assert (costs.groupby("searcher")["ms"].sum() > 0).all()
