"""The live measurement of what searching costs."""

import pytest

from lib.papers.speed import check, overhead
from lib.searchers import SEARCHERS


def test_every_searcher_is_timed_alone_and_in_the_loop_with_every_row_stored(tmp_path):
    costs = overhead(12, tmp_path, bits=6)
    assert list(dict.fromkeys(costs["searcher"])) == [name.replace("_", " ") for name in SEARCHERS]
    assert set(costs["part"]) == {"ask and tell", "loop, record, flush"}
    assert set(costs["stored"]) == {12}
    assert (costs.groupby("searcher")["ms"].sum() > 0).all()


@pytest.mark.parametrize(("change", "message"), [
    ({"candidates": -1}, "candidates is -1; allowed are whole numbers from 1"),
    ({"slots": []}, r"slots is \[\]; allowed are one or more"),
    ({"windows": [0.5]}, r"windows is \[0.5\]; allowed are one or more numbers from 1"),
    ({"spread": -0.1}, "spread is -0.1"),
])  # fmt: skip
def test_values_that_nothing_can_be_measured_with_are_refused(change, message):
    good = {"candidates": 1, "slots": [5], "windows": [1.0], "spread": 0.0, "seed": 0}
    check(good)
    with pytest.raises(ValueError, match=message):
        check(good | change)
